"""One ledger of all sources: each change once, and what the sources tell about each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconstruct.model import Event, Metric
from reconstruct.sources.changes.clocks import clock_notes
from reconstruct.sources.changes.merge import merge
from reconstruct.sources.changes.names import name_notes
from reconstruct.sources.result import SourceResult


def one_ledger(
    told: Sequence[SourceResult], derived: SourceResult, *, metrics: Iterable[Metric]
) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """All events, each change once; and notes on clocks that differ and names that may be one.

    Parameters
    ----------
    told : sequence of SourceResult
        By explicit sources, in the order given.
    derived : SourceResult
        What metrics show.
    metrics : iterable of Metric
        Their services are the names that are known.
    """
    explicit = [event for one in told for event in one.events]
    known = {service.name for metric in metrics for service in metric.services}
    notes = (
        *clock_notes((*explicit, *derived.events)),
        *name_notes((event.service.name for event in explicit), known=known),
    )
    return merge(*(one.events for one in told), derived.events), notes
