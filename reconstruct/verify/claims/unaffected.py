"""`the network stayed healthy`, `ruled out lock contention`: what is said to have had no part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from reconstruct.model import LAYERS, Anomaly, Layer, RuledOut
from reconstruct.text.units import change
from reconstruct.verify.change_mentions import services_named
from reconstruct.verify.clauses import Clause, Finding
from reconstruct.verify.evidence_index import Record
from reconstruct.verify.vocabulary import phrase

TOLD: Final = 2
_FINE: Final = re.compile(
    r"\bno (?:user )?(?:impact|effect) on\b|\b(?:was|were|is|are|stayed|remained) (?:all |always )?(?:healthy"
    r"|normal|unaffected|fine|stable)\b"
    r"|\b(?:was|were)(?:n't| not) (?:affected|impacted|involved|to blame)\b|\bunaffected\b|\bruled out\b"
    r"|\bnot (?:the|a) \w+ (?:problem|issue)\b",
    re.IGNORECASE,
)
_RULED_OUT: Final = "ruled out"
_LAYER_WORDS: Final[dict[str, Layer]] = {
    **{layer: layer for layer in LAYERS},
    "databases": "database",
    "db": "database",
    "caches": "cache",
    "queues": "queue",
    "hosts": "host",
    "networking": "network",
}
_OUT_OF_SCOPE: Final = re.compile(
    r"\bback to normal\b|\b(?:was|were) normal (?:again|before)\b|\bnormal (?:again|by|at)\b|\b(?:until"
    r"|before|at first|initially|again|after)\b",
    re.IGNORECASE,
)


def unaffected(clause: Clause, record: Record) -> Iterator[Finding]:
    """Whether what is said to have stayed healthy did, as far as the evidence shows."""
    under = bool(clause.line.section) and clause.line.section[-1].lower().startswith(_RULED_OUT) and clause.start == 0
    match = _FINE.search(clause.text)
    if clause.line.heading or (match is None and not under) or _OUT_OF_SCOPE.search(clause.text):
        return
    place = (clause.start + match.start(), clause.start + match.end()) if match else (clause.start, clause.start + 1)
    mechanism = _mechanism(clause, record)
    layer = next((_LAYER_WORDS[w.text] for w in clause.words if w.text in _LAYER_WORDS), None)
    if mechanism:
        found = _of_mechanism(mechanism, record, place)
        if found.verdict == "contradicted" and clause.line.text[:1].isdigit():
            # A line of a timeline tells what people held to be true at the time.
            found = replace(found, verdict="not checked")
        yield found
    elif layer is not None and not (under and match is None):
        yield _of_layer(layer, record, place)
    elif match is not None:
        for service in services_named(clause, record)[:1]:
            yield _of_service(service, record, place)


def _mechanism(clause: Clause, record: Record) -> str:
    """The mechanism that is named, by its id's words."""
    explanation = record.incident.explanation
    known = {r.mechanism for r in explanation.ruled_out} | {n.mechanism for n in explanation.not_checked}
    known |= {h.mechanism for h in explanation.hints}
    return next((one for one in sorted(known) if any(clause.places(phrase(one)))), "")


def _of_mechanism(mechanism: str, record: Record, place: tuple[int, int]) -> Finding:
    explanation = record.incident.explanation
    for out in explanation.ruled_out:
        if out.mechanism == mechanism:
            return Finding("holds", _out(out), out.evidence, (place,))
    for unchecked in explanation.not_checked:
        if unchecked.mechanism == mechanism:
            return Finding("not checked", unchecked.reason, (), (place,))
    hint = next(h for h in explanation.hints if h.mechanism == mechanism)
    ids = tuple(one for one in (hint.metric, hint.trigger) if one)
    if hint.verdict == "supported":
        return Finding("contradicted", f"the evidence supports it: {hint.statement}", ids, (place,))
    return Finding("not checked", f"a hint speaks of it ({hint.verdict}): {hint.statement}", ids, (place,))


def _of_layer(layer: Layer, record: Record, place: tuple[int, int]) -> Finding:
    explanation = record.incident.explanation
    for out in explanation.ruled_out:
        if layer in phrase(out.mechanism):
            return Finding("holds", _out(out), out.evidence, (place,))
    seen = [m for m in record.incident.evidence.metrics if m.signal.layer == layer]
    moved = [a for a in record.incident.anomalies if a.signal.layer == layer and a.worse]
    return _of_anomalies(f"{layer} signals", [m.query for m in seen], moved, record, place)


def _of_service(service: str, record: Record, place: tuple[int, int]) -> Finding:
    seen = [m for m in record.incident.evidence.metrics if any(s.name == service for s in m.services)]
    moved = [a for a in record.incident.anomalies if a.service.name == service and a.worse]
    return _of_anomalies(f"signals of {service}", [m.query for m in seen], moved, record, place)


def _of_anomalies(
    what: str, queries: list[str], moved: list[Anomaly], record: Record, place: tuple[int, int]
) -> Finding:
    """Felt by users: contradicted; moved, and nobody can say that it was felt: not checked; still: it holds."""
    incident = record.incident
    felt = {one for i in incident.explanation.impact for one in i.evidence} | set(incident.explanation.onset_evidence)
    for anomaly in moved:
        if anomaly.id in felt:
            says = f"users felt it: {_figures(anomaly)}"
            return Finding("contradicted", says, (anomaly.id,), (place,))
    if not queries:
        return Finding("not checked", f"the evidence has no {what}", (), (place,))
    if moved:
        told = "; ".join(_figures(a) for a in moved[:TOLD])
        ids = tuple(a.id for a in moved[:TOLD])
        return Finding("not checked", f"it moved, and whether that was felt is not shown: {told}", ids, (place,))
    says = f"none of {len(queries)} {what} got worse"
    return Finding("holds", says, tuple(queries[:TOLD]), (place,))


def _out(out: RuledOut) -> str:
    return f"ruled out: {out.says} ({', '.join(out.evidence[:TOLD])})"


def _figures(anomaly: Anomaly) -> str:
    signal = anomaly.signal
    return f"{signal.title} {change(anomaly.baseline, anomaly.peak, signal.unit)} ({anomaly.id})"
