"""The services that a server's metrics know."""

from __future__ import annotations

from typing import Final

from reconstruct.model import Window
from reconstruct.sources.prometheus.client import Prometheus

LABELS: Final = ("service", "service_name", "app", "application", "job")
"""The first of these that any series has: what people set themselves before what scraped it."""
MAX_SERVICES: Final = 50
"""Names that are written down; of more, the first."""


def metric_services(server: Prometheus, *, window: Window) -> tuple[str, ...]:
    """Names of services, by the label that names them here; () where no series has one."""
    for label in LABELS:
        values = [value for value in server.label_values(label, window=window) if value]
        if values:
            return tuple(sorted(values)[:MAX_SERVICES])
    return ()
