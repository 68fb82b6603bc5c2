"""Dashboards as signals: Grafana's, Perses' and Prometheus rule files; what panels ask, and what cannot be asked."""
