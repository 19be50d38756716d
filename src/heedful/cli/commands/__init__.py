"""The commands: each module holds one click command called `command`."""
