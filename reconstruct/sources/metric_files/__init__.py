"""Metrics from CSV and Parquet files."""
