"""`34 % of requests failed`, `18,231 failed requests`: how much users felt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconstruct.text.units import human
from reconstruct.verify.change_mentions import services_named
from reconstruct.verify.clauses import Clause, Finding
from reconstruct.verify.evidence_index import Record, series_of
from reconstruct.verify.quantities import Figure

_SHARE: Final = re.compile(
    r"\s*of (?:all |the )?(?:\w+ )?(?:requests|traffic|users'? requests"
    r"|calls)\b",
    re.IGNORECASE,
)
_COUNT: Final = re.compile(r"\s*(?:failed (?:HTTP )?(?:requests|calls)|(?:requests|calls) failed)\b", re.IGNORECASE)


def error_ratio(clause: Clause, record: Record) -> Iterator[Finding]:
    """Whether as many requests failed as is said."""
    if clause.hedged:
        return
    for figure in clause.figures:
        after = clause.line.text[figure.end :]
        if figure.kind == "ratio" and _SHARE.match(after):
            yield from _share(clause, figure, record)
        elif figure.kind == "bare" and _COUNT.match(after):
            yield from _count(figure, record)


def _share(clause: Clause, figure: Figure, record: Record) -> Iterator[Finding]:
    place = ((figure.start, figure.end),)
    services = services_named(clause, record)
    felt = [i for i in record.incident.explanation.impact if i.share is not None]
    for impact in [i for i in felt if i.service.name in services] or felt:
        if impact.share is not None and figure.meets(impact.share):
            says = f"{impact.service.name}: {human(impact.share, 'ratio')} of requests ({', '.join(impact.evidence)})"
            yield Finding("holds", says.removeprefix(": "), impact.evidence, place)
            return
    shares = [
        (float(series.during.max()), metric)
        for metric in record.incident.evidence.metrics
        if metric.signal.aspect == "errors" and metric.signal.unit == "ratio" and metric.signal.layer in ("edge", "app")
        for series in series_of(metric, record)
        if len(series.during)
    ]
    if not shares:
        return
    most, metric = max(shares, key=lambda pair: pair[0])
    says = f"{metric.signal.title} was {human(most, 'ratio')} at most ({metric.query})"
    if figure.low > most:
        yield Finding("contradicted", f"{says}, not {figure.text}", (metric.query,), place)
    else:
        yield Finding(
            "not checked", f"{says}; over which time {figure.text} is meant is not said", (metric.query,), place
        )


def _count(figure: Figure, record: Record) -> Iterator[Finding]:
    place = ((figure.start, figure.end),)
    counts = [i for i in record.incident.explanation.impact if i.what == "failed requests" and i.unit == "count"]
    for impact in counts:
        says = f"{human(impact.value, 'count')} failed requests ({', '.join(impact.evidence)})"
        if figure.meets(impact.value):
            yield Finding("holds", says, impact.evidence, place)
            return
    if counts:
        total = sum(i.value for i in counts)
        ids = tuple(dict.fromkeys(one for i in counts for one in i.evidence))
        says = f"{human(total, 'count')} failed requests in all as counted ({', '.join(ids)})"
        if figure.low > total:
            yield Finding("contradicted", f"{says}, not {figure.text}", ids, place)
        else:
            yield Finding("not checked", f"{says}; of what {figure.text} is the count is not said", ids, place)
    else:
        yield Finding("not checked", "no count of failed requests can be made from the evidence", (), place)
