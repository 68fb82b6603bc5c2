"""Incident to pictures: one file a kind of chart, and what they share."""
