"""`p95 latency rose from 20 ms to 1.2 s`: a signal's figures against its samples.

A first figure is held against what was usual before the window, a second one or a peak against what was reached. What
lies between is not called wrong: another step or range window shows another peak.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from reconstruct.model import Anomaly, Metric
from reconstruct.text.units import change, human
from reconstruct.verify.change_mentions import services_named
from reconstruct.verify.clauses import Clause, Finding, Verdict
from reconstruct.verify.evidence_index import Record, Series, series_of
from reconstruct.verify.quantities import Figure, fits_unit, scale
from reconstruct.verify.subjects import Subject, cited_items, cites_all, subjects

USUAL: Final = (0.05, 0.95)
"""Quantiles of the healthy time between which a value is no wrong name for what was usual."""
USUAL_CITED: Final = (0.25, 0.75)
"""The same where the line cites the very anomaly: then half of the healthy samples are what is meant."""
TOLD: Final = 2
_TO: Final = re.compile(r"\s*(?:[a-z]+ )?(?:to|->|→|–|up to|and(?= \d[^,;]*during))\s*$")
_RANGED: Final = re.compile(r"\b(?:was|were|is|between|ranged(?: from)?|stayed(?: at)?)\s+$", re.IGNORECASE)
"""`was 30 to 70 %` is a range, not from what to what."""
_PEAK: Final = re.compile(
    r"\b(?:peak(?:ed|ing|s)?|max(?:imum|ed)?|worst|up to|as (?:high|much) as|reach(?:ed|ing)|highest"
    r"|topp?ed)\b",
    re.IGNORECASE,
)
_DURATION: Final = re.compile(
    r"\s*(?:later|after|earlier|long(?:er)?|more|less|faster|slower|of its|before (?:the|it|this))\b"
    r"|\s*(?:the|an?) (?:onset|deploy|alert)",
    re.IGNORECASE,
)
_NOT_MEASURED: Final = re.compile(
    r"\b(?:limits?|slo|slos|sla|objectives?|budgets?|targets?|thresholds?|time-?outs?|quotas?|raised|lowered"
    r"|configured|set (?:to|at)|provisioned"
    r"|allocated|reserved|capacity|usually|normally|typically|yesterday|last (?:week|month|year|time)|next)\b",
    re.IGNORECASE,
)
"""A figure beside these is what somebody set or wished, or of another day."""
_FOR: Final = re.compile(
    r"\b(?:for|lasted|after|within|every|step|time-?out of|last|took|takes|taking)\s*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One signal that a figure can be about, in the series that the line speaks of."""

    metric: Metric
    series: tuple[Series, ...]
    anomalies: tuple[Anomaly, ...]
    cited: bool

    @property
    def unit(self) -> str:
        return self.metric.signal.unit


def signal_figures(clause: Clause, record: Record) -> Iterator[Finding]:
    """Whether the figures beside a signal's name were its values."""
    if clause.hedged or (_NOT_MEASURED.search(clause.text) and not clause.cited):
        return
    named = [s for s in subjects(clause, record) if s.kind == "signal"] or _titled_above(clause, record)
    if not named:
        return
    for n, figure in enumerate(clause.figures):
        before, after = _neighbour(clause, n - 1, n), _neighbour(clause, n, n + 1)
        if (
            figure.signed
            or (figure.kind == "bare" and before is None and after is None)
            or _is_duration(clause, figure)
        ):
            continue
        subject = _nearest(named, figure)
        options = [c for c in _candidates(clause, subject, record) if fits_unit(figure, c.unit)]
        if options:
            role = "from" if after is not None else "to" if before is not None else _alone(clause, figure)
            found = _judged(figure, options, role)
            if found.verdict == "contradicted" and subject.vague and figure.kind == "seconds":
                # A request may take longer than the 95th percentile; which of them is meant is not said.
                found = replace(found, verdict="not checked")
            yield found


def _titled_above(clause: Clause, record: Record) -> list[Subject]:
    """Where nothing is named: the one signal of the anomalies that the line cites."""
    signals = {i.signal.id for i in cited_items(clause, record) if isinstance(i, Anomaly)}
    return [Subject("signal", clause.start, clause.start, tuple(signals), cited=True)] if len(signals) == 1 else []


def _neighbour(clause: Clause, left: int, right: int) -> tuple[Figure, Figure] | None:
    """The two figures as `A to B`, if they are."""
    if left < 0 or right >= len(clause.figures):
        return None
    one, other = clause.figures[left], clause.figures[right]
    between = clause.line.text[one.end : other.start]
    ranged = bool(_RANGED.search(clause.line.text[max(clause.start, one.start - 12) : one.start]))
    joined = (
        not ranged and bool(_TO.fullmatch(between)) and (one.kind == other.kind or "bare" in (one.kind, other.kind))
    )
    return (one, other) if joined else None


def _is_duration(clause: Clause, figure: Figure) -> bool:
    if figure.kind != "seconds":
        return False
    after, before = clause.line.text[figure.end :], clause.line.text[: figure.start]
    return bool(_DURATION.match(after) or _FOR.search(before))


def _alone(clause: Clause, figure: Figure) -> str:
    near = clause.line.text[max(clause.start, figure.start - 40) : figure.start]
    after = clause.line.text[figure.end : figure.end + 12]
    if re.search(r"\(before:\s*$", near) or re.match(r"\s*before\b", after):
        return "from"
    return "peak" if _PEAK.search(near) else "any"


def _nearest(named: Sequence[Subject], figure: Figure) -> Subject:
    before = [s for s in named if s.end <= figure.start]
    return before[-1] if before else named[0]


def _candidates(clause: Clause, subject: Subject, record: Record) -> list[_Candidate]:
    cited = [i for i in cited_items(clause, record) if isinstance(i, Anomaly) and cites_all(clause)]
    services = services_named(clause, record)
    found = []
    for one in subject.ids:
        metric = record.metrics[one]
        own = tuple(a for a in cited if a.signal.id == one)
        anomalies = own or record.anomalies_of(one)
        columns = sorted({a.column for a in own}) if own else None
        if columns is None and any(s.name in services for s in metric.services):
            columns = [n for n, s in enumerate(metric.services) if s.name in services]
            anomalies = tuple(a for a in anomalies if a.column in columns)
        series = tuple(series_of(metric, record, columns=columns))
        if any(len(s.during) for s in series):
            found.append(_Candidate(metric, series, anomalies, bool(own)))
    cited_only = [c for c in found if c.cited]
    return cited_only or found


def _judged(figure: Figure, options: Sequence[_Candidate], role: str) -> Finding:
    """One candidate that it fits is enough; wrong is only what fits none."""
    verdicts = [_against(figure, option, role) for option in options]
    order: tuple[Verdict, ...] = ("holds", "not checked", "contradicted")
    verdict = min(verdicts, key=order.index)
    told = [o for o, v in zip(options, verdicts, strict=True) if v == verdict]
    told.sort(key=lambda o: not o.anomalies)
    says = "; ".join(_told(option) for option in told[:TOLD])
    says += f", not {figure.text}" if verdict == "contradicted" else ""
    says += f"; {figure.text} lies between" if verdict == "not checked" else ""
    ids = tuple(
        dict.fromkeys(
            i
            for o in told[:TOLD]
            for i in (*(a.id for a in o.anomalies[:1]), *([] if o.anomalies else [o.metric.query]))
        )
    )
    return Finding(verdict, says, ids, ((figure.start, figure.end),))


def _against(figure: Figure, option: _Candidate, role: str) -> Verdict:
    by = scale(figure, option.unit)
    usual = [a.baseline * by for a in option.anomalies] + [
        _middle(s.before) * by for s in option.series if len(s.before)
    ]
    reached = [v * by for a in option.anomalies for v in (a.peak, a.level)]
    highest = [float(s.during.max()) * by for s in option.series if len(s.during)]
    lowest = [float(s.during.min()) * by for s in option.series if len(s.during)]
    during = [_middle(s.during) * by for s in option.series if len(s.during)]
    if role == "from":
        if any(figure.meets(v) for v in usual):
            return "holds"
        spans = [
            np.quantile(s.before, USUAL_CITED if option.cited else USUAL) * by for s in option.series if len(s.before)
        ]
        spans += [np.array([v, v]) for v in usual[: len(option.anomalies)]]
        return "not checked" if any(figure.meets(*map(float, span)) for span in spans) else "contradicted"
    if any(figure.meets(v) for v in [*reached, *highest, *lowest, *during, *(usual if role == "any" else ())]):
        return "holds"
    top, bottom = _reach(option, [*highest, *usual, *reached], [*lowest, *usual, *reached], by)
    if not figure.meets(bottom, top):
        return "contradicted"
    if role == "to" and option.cited:
        levels = [sorted((a.level * by, a.peak * by)) for a in option.anomalies]
        return "not checked" if any(figure.meets(*span) for span in levels) else "contradicted"
    if role == "peak" and option.anomalies and all(a.direction == "up" for a in option.anomalies):
        # However it is smoothed, a peak is at least what half of the anomaly's samples passed.
        passed = min(a.level for a in option.anomalies) * by
        return "contradicted" if figure.high < min(passed, max(highest)) else "not checked"
    return "holds" if role == "any" and math.isinf(figure.high - figure.low) else "not checked"


def _reach(option: _Candidate, high: Sequence[float], low: Sequence[float], by: float) -> tuple[float, float]:
    """Highest and lowest that the samples, or their sum where one adds such figures up, can be meant to show."""
    top, bottom = max(high), min(low)
    if len(option.series) > 1 and not option.cited and option.unit not in ("seconds", "ratio", "percent"):
        top = max(top, sum(float(s.during.max()) * by for s in option.series if len(s.during)))
    return top, bottom


def _middle(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(np.median(values)) if len(values) else math.nan


def _told(option: _Candidate) -> str:
    signal = option.metric.signal
    if option.anomalies:
        a = max(option.anomalies, key=lambda a: a.score)
        return f"{signal.title}: {change(a.baseline, a.peak, signal.unit)} at its worst ({a.id})"
    values = [s for s in option.series if len(s.during)]
    low, high = min(float(s.during.min()) for s in values), max(float(s.during.max()) for s in values)
    return (
        f"{signal.title}: {human(low, signal.unit)} to {human(high, signal.unit)} in the window ({option.metric.query})"
    )
