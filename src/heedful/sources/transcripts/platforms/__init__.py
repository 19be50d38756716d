"""The JSON of call platforms, one module each. A module registers its shapes; nothing else names it."""
