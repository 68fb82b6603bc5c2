"""What the user configured, and times as the user writes them."""

from __future__ import annotations

from reconstruct.config.dates import is_day_first
from reconstruct.config.load import FILE_NAME, known_keys, load_config, parse_config
from reconstruct.config.settings import Config, Connection, EventSource, Grafana, Report, Target
from reconstruct.config.times import ReadTime, localize, parse_duration_s, parse_time, read_time
from reconstruct.config.zones import parse_zone

__all__ = [
    "FILE_NAME",
    "Config",
    "Connection",
    "EventSource",
    "Grafana",
    "ReadTime",
    "Report",
    "Target",
    "is_day_first",
    "known_keys",
    "load_config",
    "localize",
    "parse_config",
    "parse_duration_s",
    "parse_time",
    "parse_zone",
    "read_time",
]
