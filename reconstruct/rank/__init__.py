"""Rank columns by how much they changed: effect size, fault interval, attribution over the call graph."""
