"""The measures that ship with Heedful, registered by the same call as anybody's own."""
