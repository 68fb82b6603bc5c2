"""What is said to have had no part: "the network stayed healthy", "lock contention was ruled out"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconstruct.model import Anomaly, Signal
from reconstruct.model.facts import Fact, Quantity
from reconstruct.model.verification import Finding, Reason, Shown, Verdict
from reconstruct.verify.claims.health_words import UNAFFECTED, UNTIL_THEN
from reconstruct.verify.claims.hits import Hit
from reconstruct.verify.claims.judging import Case, services_in, shown_stone
from reconstruct.verify.claims.read import Told, claim_of
from reconstruct.verify.claims.topics import MECHANISMS, layer_in, topics
from reconstruct.verify.folding import AnyCase
from reconstruct.verify.record import Record
from reconstruct.verify.statements import Statement
from reconstruct.verify.vocabulary import phrase

MAX_TOLD: Final = 2
_ASPECTS: Final = {"latency": "latency", "errors": "errors"}
"""Topics that are no part of the system, but what its users meet, and the aspect of the signals that show it."""
_SPOKEN_OF: Final = AnyCase(r"\b(?:alerts?|alarms?|thresholds?|rules?|objectives?|sl[oa]s?|budgets?|targets?|is|are)\b")
"""An alert on latency is no latency, and what is fine now says nothing of then."""


def judge_unaffected(statement: Statement, case: Case, told: Told | None = None) -> Iterator[Finding]:
    """Whether what is said to have stayed healthy did, as far as the evidence shows."""
    match = UNAFFECTED.search(statement.text)
    if match is None or (told is None and (UNTIL_THEN.search(statement.text) or statement.hedged)):
        return
    place = (match.start() + statement.start, match.end() + statement.start)
    told = told or Told(statement, "unaffected", Hit("unaffected", *place), None)
    claim = claim_of(told)
    record = case.record
    words = phrase(statement.text)
    layer = layer_in(words)
    aspects = _ASPECTS.keys() & topics(frozenset(words)) if not _SPOKEN_OF.search(statement.text) else frozenset()
    # "Requests did not fail" is said of errors, not of traffic.
    mechanism = mechanism_in(statement.text, record) or ("" if aspects else _of_topic(statement.text, record))
    services = services_in(record, statement.text)
    placed = told.time is not None
    verdict: Verdict
    if mechanism:
        verdict, shown = _of_mechanism(mechanism, record)
    elif layer:
        out = next((r for r in record.incident.explanation.ruled_out if layer in phrase(r.mechanism)), None)
        if out is not None:
            verdict, shown = "confirmed", [Shown("ruled-out", out.mechanism, i) for i in out.evidence]
        else:
            verdict, shown = _of_anomalies(
                [m.query for m in record.incident.evidence.metrics if m.signal.layer == layer],
                [a for a in record.incident.anomalies if a.signal.layer == layer and a.worse],
                record,
            )
    elif services:
        verdict, shown = _of_anomalies(
            [m.query for m in record.incident.evidence.metrics if any(s.name in services for s in m.services)],
            [a for a in record.incident.anomalies if a.service.name in services and a.worse],
            record,
        )
    elif aspects and not placed:
        told_of = {_ASPECTS[one] for one in aspects}
        verdict, shown = _of_anomalies(
            [m.query for m in record.incident.evidence.metrics if _felt_as(m.signal, told_of)],
            [a for a in record.incident.anomalies if _felt_as(a.signal, told_of) and a.worse],
            record,
        )
    elif placed:
        yield Finding(
            claim,
            "human",
            "human-act",
            tuple(shown_stone(n, record, told.time) for n in ("detected",) if n in record.stones),
        )
        return
    else:
        return
    if placed and verdict == "contradicted":
        # A line of a timeline tells what people held to be true at the time.
        verdict = "unverifiable"
    if placed and verdict == "unverifiable":
        yield Finding(claim, "human", "human-act", tuple(shown[:MAX_TOLD]))
        return
    known: dict[Verdict, Reason] = {"confirmed": "healthy", "contradicted": "not-healthy"}
    reason = known.get(verdict, "moved" if shown else "not-measured")
    yield Finding(claim, verdict, reason, tuple(shown[: MAX_TOLD + 1]))


def _felt_as(signal: Signal, aspects: set[str]) -> bool:
    return signal.aspect in aspects and signal.layer in ("edge", "app")


def _of_topic(text: str, record: Record) -> str:
    """The mechanism that was ruled out of what a text speaks of: memory, disk, the network."""
    out = {r.mechanism for r in record.incident.explanation.ruled_out}
    found = topics(frozenset(phrase(text)))
    return next((m for topic, m in MECHANISMS.items() if topic in found and m in out), "")


def mechanism_in(text: str, record: Record) -> str:
    """The mechanism that a text names, by its id's words in order, or by all that tell it apart."""
    explanation = record.incident.explanation
    known = {r.mechanism for r in explanation.ruled_out} | {n.mechanism for n in explanation.not_checked}
    known |= {h.mechanism for h in explanation.hints}
    words = phrase(text)
    joined = " ".join(words)
    for one in sorted(known, key=lambda m: (-len(m), m)):
        if " ".join(phrase(one)) in joined:
            return one
    return ""


def _of_mechanism(mechanism: str, record: Record) -> tuple[Verdict, list[Shown]]:
    explanation = record.incident.explanation
    for out in explanation.ruled_out:
        if out.mechanism == mechanism:
            return "confirmed", [Shown("ruled-out", out.mechanism, i) for i in out.evidence]
    for hint in explanation.hints:
        if hint.mechanism == mechanism:
            shown = [Shown("hint", mechanism, hint.metric or hint.trigger or "", facts={"confidence": hint.confidence})]
            return ("contradicted" if hint.verdict == "supported" else "unverifiable"), shown
    return "unverifiable", []


def _of_anomalies(queries: list[str], moved: list[Anomaly], record: Record) -> tuple[Verdict, list[Shown]]:
    """Felt by users: contradicted; moved, and nobody can say that it was felt: unverifiable; still: confirmed."""
    explanation = record.incident.explanation
    felt = {one for i in explanation.impact for one in i.evidence} | set(explanation.onset_evidence)
    for anomaly in moved:
        if anomaly.id in felt and anomaly.signal.layer in ("edge", "app"):
            return "contradicted", [figures_of(anomaly)]
    if not queries:
        return "unverifiable", []
    if moved:
        return "unverifiable", [figures_of(a) for a in sorted(moved, key=lambda a: -a.score)[:MAX_TOLD]]
    return "confirmed", [Shown("calm", "", q) for q in queries[:MAX_TOLD]]


def figures_of(anomaly: Anomaly) -> Shown:
    """An anomaly with what it went from and to."""
    signal = anomaly.signal
    facts: dict[str, Fact] = {
        "baseline": Quantity(anomaly.baseline, signal.unit),
        "peak": Quantity(anomaly.peak, signal.unit),
        "service": anomaly.service,
    }
    return Shown("anomaly", signal.title, anomaly.id, anomaly.onset.earliest, anomaly.onset.latest, facts=facts)
