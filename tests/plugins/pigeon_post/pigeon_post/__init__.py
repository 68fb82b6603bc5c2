"""A source of changes for reconstruct, in a package of its own."""
