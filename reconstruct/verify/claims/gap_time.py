"""`not seen: job shop, 13:55:45 to 13:56:00`: what the monitoring missed, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pandas as pd

from reconstruct.model import Gap
from reconstruct.verify.clauses import Clause, Finding
from reconstruct.verify.clock_times import fits
from reconstruct.verify.evidence_index import Record
from reconstruct.verify.vocabulary import phrase

_SAYS_GAP: Final = re.compile(
    r"\b(?:not seen|scrape failed|no samples|series ended|missing (?:data"
    r"|samples))\b",
    re.IGNORECASE,
)


def gap_time(clause: Clause, record: Record) -> Iterator[Finding]:
    """Whether times told of something that was not seen are those of the gap."""
    cites = any(isinstance(record.item(c.id), Gap) for c in clause.cited)
    if not cites and not _SAYS_GAP.search(clause.line.text):
        return
    gaps = _gaps(clause, record)
    if not gaps:
        return
    window = record.incident.evidence.window
    for time in clause.times:
        ends = [(g, t) for g in gaps for t in (g.start, g.end) if t is not None]
        # What began before the window stands at the window's start in our drafts.
        ends += [(g, window.start) for g in gaps if g.start is not None and g.start < window.start]
        fit = next((g for g, t in ends if time.may_be and fits(time, t, t)), None)
        if fit is not None:
            yield Finding(
                "holds",
                f"{fit.missing}: {fit.cause}, {_when(fit, record)} ({fit.id})",
                (fit.id,),
                ((time.start, time.end),),
            )
        elif len(gaps) == 1 or clause.cited:
            says = f"{gaps[0].missing} was not seen {_when(gaps[0], record)} ({gaps[0].id}), not {time.text}"
            yield Finding("contradicted", says, (gaps[0].id,), ((time.start, time.end),))


def _gaps(clause: Clause, record: Record) -> list[Gap]:
    """Those that the line cites, else those whose words it says."""
    cited = [i for i in (record.item(c.id) for c in clause.cited) if isinstance(i, Gap)]
    if cited:
        return cited
    return [
        gap
        for gap in record.incident.evidence.gaps
        if (words := phrase(gap.missing)) and len(words) > 1 and any(clause.places(words))
    ]


def _when(gap: Gap, record: Record) -> str:
    def told(time: pd.Timestamp | None) -> str:
        return record.clock(time) if time is not None else "the end"

    return f"from {told(gap.start)} to {told(gap.end)}" if gap.start is not None else f"until {told(gap.end)}"
