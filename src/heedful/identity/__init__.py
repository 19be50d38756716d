"""One customer under several names: keyed hashes of names, the graph that joins them, and what people decided."""
