"""How metrics that no pack knows are looked at series by series: `gather` asks for it, `reconstruct.scan` does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from reconstruct.model import ScanResult, Window
from reconstruct.packs.catalogue import Conventions
from reconstruct.packs.survey import Seen
from reconstruct.sources.prometheus.client import Prometheus


class ScanUnknown(Protocol):
    """`reconstruct.scan.scan_unknown`, given by who calls `gather`: stages side by side do not know each other."""

    def __call__(
        self,
        server: Prometheus,
        seen: Mapping[str, Seen],
        *,
        known: Mapping[str, Seen],
        window: Window,
        matchers: str,
        conventions: Conventions,
        until_s: float,
        progress: Callable[[int, int, str], None],
    ) -> tuple[ScanResult, ...]:
        """What changed among the metrics of `seen`."""
