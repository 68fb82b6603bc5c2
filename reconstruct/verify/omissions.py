"""What the evidence shows and the document leaves out, although a reader would ask for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from reconstruct.model.verification import Omission, Shown
from reconstruct.verify.claims.judging import services_in, shown_alert, shown_event, shown_stone
from reconstruct.verify.claims.topics import LAYERS
from reconstruct.verify.consistency import Said
from reconstruct.verify.passages import Passage
from reconstruct.verify.record import Record, seconds
from reconstruct.verify.statements import cited_in

UNDETECTED_S: Final = 60.0
"""Impact that lasted so long before an alert fired is worth a line."""
BEFORE_S: Final = 1800.0
"""A change of an affected service so shortly before the onset."""
OFTEN: Final = 3
"""Passages that name a service of which the document speaks."""
_GAP: Final = re.compile(
    r"\b(?:monitoring|metrics?|scrap\w+|dashboards?|samples?|telemetry)\b[^.|]{0,60}\b(?:gap|missing"
    r"|unavailable|blind|lost|fail\w*|no data)\b|\bnot seen\b|\bgaps?\b",
    re.IGNORECASE,
)
_STEPS: Final = frozenset(("rollback", "scale", "restart", "config", "flag", "deploy"))


def left_out(
    said: Sequence[Said], passages: Sequence[Passage], record: Record, *, tolerance_s: float
) -> Iterator[Omission]:
    """Facts of the evidence that no claim of the document speaks of; none where it claims nothing of the incident."""
    bearing = [
        one.finding
        for one in said
        if one.finding.claim.kind not in ("human", "reference") and one.finding.verdict != "unverifiable"
    ]
    if not bearing:
        return
    cited = {shown.id for one in said for shown in one.finding.shown[:1] if shown.id} | {
        c.id for one in said for c in one.statement.cited
    }
    moments = sorted(seconds(one.finding.claim.time) for one in said if one.finding.claim.time is not None)
    yield from _undetected(said, record, tolerance_s)
    versions = frozenset(version for p in passages for version in record.versions if version in p.text)
    yield from _changes(cited, versions, moments, record, tolerance_s)
    yield from _episodes(moments, record, tolerance_s)
    yield from _alerts(said, record)
    if not any(_GAP.search(p.text) for p in passages):
        yield from _gaps(record)
    yield from _named_once(passages, record)


def _named_once(passages: Sequence[Passage], record: Record) -> Iterator[Omission]:
    """A service that one passage names and no other, in a document that speaks of others: what became of it?"""
    where: dict[str, list[Passage]] = {}
    for passage in passages:
        for name in services_in(record, passage.text):
            if name not in LAYERS:  # "the network" is a word, and may be no service
                where.setdefault(name, []).append(passage)
    if not any(len(found) >= OFTEN for found in where.values()):
        return
    for name, found in where.items():
        if len(found) == 1 and not found[0].ahead and not any(cited_in(found[0])):
            line, _ = found[0].place(max(0, found[0].text.lower().find(name.lower())))
            yield Omission("named-once", (Shown("line", name),), {"line": line})


def _undetected(said: Sequence[Said], record: Record, tolerance_s: float) -> Iterator[Omission]:
    if "onset" not in record.stones or "detected" not in record.stones:
        return
    late = record.stones["detected"][0] - record.stones["onset"][1]
    onset = record.stones["onset"]
    told = any(
        (one.finding.claim.kind == "duration" and any(s.name == "time_to_detect_s" for s in one.finding.shown))
        or (
            one.finding.claim.kind == "start"
            and one.finding.claim.time is not None
            and abs(seconds(one.finding.claim.time) - onset[0]) <= tolerance_s
        )
        for one in said
    )
    if late >= UNDETECTED_S and not told:
        yield Omission(
            "impact-before-detection",
            (shown_stone("onset", record), shown_stone("detected", record)),
            {"seconds": late},
        )


def _changes(
    cited: set[str], versions: frozenset[str], moments: Sequence[float], record: Record, tolerance_s: float
) -> Iterator[Omission]:
    """The change that the first hint speaks of, other changes of affected services, and steps that did not help."""
    incident = record.incident
    onset = record.stones.get("onset")
    if onset is None:
        return
    affected = {s.name for s in incident.explanation.affected} | {i.service.name for i in incident.explanation.impact}
    dismissed = {d.event for d in incident.explanation.dismissed_changes}
    begun = record.stones["detected"][0] if "detected" in record.stones else onset[1]
    undone = record.stones["mitigated"][0] if "mitigated" in record.stones else None
    for one in record.happenings:
        kind, event = one.event.kind, one.event
        if event.id in cited or kind in ("note", "alert", "job") or event.service.name not in affected:
            continue
        told = event.version in versions and event.version != event.previous
        if kind != "restart" and not told and event.id not in dismissed and onset[0] - BEFORE_S <= one.low <= onset[1]:
            yield Omission("change-before", (shown_event(one),), {"seconds": onset[0] - one.low})
        elif (
            kind in _STEPS
            and undone is not None
            and begun <= one.low < undone - 1
            and not _near(moments, one.low, tolerance_s)
        ):
            yield Omission("no-effect", (shown_event(one), shown_stone("mitigated", record)))


def _near(moments: Sequence[float], at: float, within: float) -> bool:
    return any(abs(moment - at) <= within for moment in moments)


def _episodes(moments: Sequence[float], record: Record, tolerance_s: float) -> Iterator[Omission]:
    explanation = record.incident.explanation
    for episode in explanation.episodes:
        at = seconds(episode.start)
        if episode.id != explanation.worst and not _near(moments, at, max(tolerance_s, 300.0)):
            yield Omission("episode", (Shown("episode", episode.id, episode.id, episode.start, episode.end),))


def _alerts(said: Sequence[Said], record: Record) -> Iterator[Omission]:
    """An alert that resolved well before the recovery: because its data ended, or to fire again."""
    if "recovered" not in record.stones:
        return
    recovered = record.stones["recovered"][0]
    told: set[str] = set()
    for one in record.firings:
        if one.resolved is None or one.resolved >= recovered - UNDETECTED_S or one.alert.rule in told:
            continue
        again = next(
            (
                o
                for o in record.firings
                if o.alert.rule == one.alert.rule and o.fired > one.resolved and o.alert.labels == one.alert.labels
            ),
            None,
        )
        if one.alert.ended_in_gap or again is not None:
            told.add(one.alert.rule)
            shown = [shown_alert(one, edge="resolved"), *([shown_alert(again)] if again else [])]
            if not any(
                f.finding.claim.subject == one.alert.rule and any(s.what == "alert-resolved" for s in f.finding.shown)
                for f in said
            ):
                yield Omission("early-resolve", tuple(shown), {"in_gap": one.alert.ended_in_gap})


def _gaps(record: Record) -> Iterator[Omission]:
    start = record.stones.get("onset")
    end = record.stones.get("recovered")
    if start is None:
        return
    last = end[1] if end is not None else record.known_until
    inside = [
        g
        for g in record.incident.evidence.gaps
        if g.start is not None and seconds(g.start) < last and (g.end is None or seconds(g.end) > start[0])
    ]
    if inside:
        yield Omission(
            "gap", tuple(Shown("gap", g.missing, g.id, g.start, g.end) for g in inside[:3]), {"count": len(inside)}
        )
