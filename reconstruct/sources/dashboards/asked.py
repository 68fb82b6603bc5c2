"""What several dashboards ask of one server: signals, and what has to be said of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reconstruct.model import Gap, Signal, Window
from reconstruct.packs import Catalogue
from reconstruct.packs.catalogue import MetricInfo
from reconstruct.sources.dashboards.panels import Dashboard
from reconstruct.sources.dashboards.signals import dashboard_signals


def asked_by_dashboards(
    dashboards: Sequence[Dashboard],
    names: Mapping[str, MetricInfo],
    *,
    catalogue: Catalogue,
    window: Window,
    scope: str,
    scrape_s: Callable[[Sequence[str]], float],
) -> tuple[tuple[Signal, ...], tuple[Gap, ...], tuple[str, ...]]:
    """The panels' signals, a Gap with the reason for each that cannot be asked, and notes."""
    signals: dict[str, Signal] = {}
    gaps: list[Gap] = []
    notes: list[str] = []
    for dashboard in dashboards:
        made, left = dashboard_signals(
            dashboard,
            names,
            catalogue=catalogue,
            scope=scope,
            step_s=window.step_s,
            range_s=(window.end - window.start).total_seconds(),
            scrape_s=scrape_s,
        )
        signals |= {signal.id: signal for signal in made}
        gaps += [
            Gap("", dashboard.name, f"panel {one.title}", one.reason, matters=False)
            for one in (*dashboard.not_asked, *left)
        ]
        notes += [f"{dashboard.name}: {note}" for note in dashboard.notes]
        notes.append(f"{dashboard.name}: {len(made)} queries of its panels are signals")
    return tuple(signals.values()), tuple(gaps), tuple(notes)
