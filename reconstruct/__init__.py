"""Monitoring-driven timeline reconstruction: what a notebook imports."""

__version__ = "0.1.0"
