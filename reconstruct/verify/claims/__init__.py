"""Kinds of claims, one file a concept: how each is recognised, and what of the evidence decides it."""
