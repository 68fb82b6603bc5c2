"""Alert rules from Prometheus rule files, and what a server says they would have done."""
