"""Conversations: calls, interviews and focus groups, in the layouts in which they are written down.

A layout is one file here that registers a reader by `@reads`. Readers yield what they find in the order of the file:
`Opening` (a conversation and what is said of it), `Turn` and `Broken`. `relation.py` makes one relation of them,
whatever the layout, and `sources/formats/transcripts.py` offers each layout as a format of files.
"""
