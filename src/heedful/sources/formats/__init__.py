"""The formats that files come in, one module each. A module registers its format; nothing else names it."""
