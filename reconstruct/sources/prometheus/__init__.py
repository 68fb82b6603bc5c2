"""Prometheus and what speaks its API: one client, decoders, and what its own metrics tell of changes."""
