"""Start, detection, mitigation, recovery: "the outage began at 13:56", "service restored at 15:30"."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Generator, Iterator, Sequence
from typing import Final, NamedTuple

from reconstruct.model.verification import Finding, Shown
from reconstruct.verify.claims.alert_words import RESOLVED
from reconstruct.verify.claims.alerts import judge_alert, note_near, rules_in
from reconstruct.verify.claims.judging import (
    Case,
    apart,
    finding,
    notes,
    off,
    outside,
    services_in,
    shown_alert,
    shown_event,
    shown_stone,
)
from reconstruct.verify.claims.read import Told
from reconstruct.verify.claims.topics import topics
from reconstruct.verify.folding import AnyCase
from reconstruct.verify.record import Record, seconds
from reconstruct.verify.vocabulary import phrase

_PARTIAL: Final = AnyCase(
    r"\b(?:partial\w*|partly|some|most|begin\w*|began|start\w*|brief\w*|temporar\w+|gradual\w*|slowly|improv\w+"
    r"|declared|marked|considered|closed|first signs?|recovering|starts?)\b"
)
"""A recovery with a condition: its time is not the recovery's."""
_RECOVERED: Final = AnyCase(
    r"\b(?:normal|restored|recovered|resolved|healthy|back (?:up|online|to normal)|incident (?:is |was )?over"
    r"|all clear)\b"
)
_BY_PEOPLE: Final = AnyCase(
    r"\b(?:customers?|users?|support|engineers?|complain\w*|tickets?|mails?|e-?mails?|manual\w*|colleague|staff"
    r"|clients?|reports?|calls?|tweets?|twitter|social)\b"
)
_ERRORS: Final = AnyCase(r"\b(?:errors?|5xx|50\d|fail\w*)\b(?!.*\b(?:latenc\w+|slow\w*|response times?)\b)")
"""What is said to have ended is errors, not slowness."""
_WORSE: Final = AnyCase(
    r"\b(?:second|again|further|another|additional|more|still|continu\w+|spread\w*|also|worse\w*|peak\w*)\b"
)


_LAST_OF_ALL: Final = AnyCase(
    r"\b(?:second|third|last|final\w*|fully|eventually|again|episodes?|for good|completely)\b"
)
"""An end with these may be a later episode's."""
_OF_INCIDENT: Final = AnyCase(
    r"incident|outage|impact|disruption|downtime|onset|degradation|it (?:began|start)|^starts?|first|(?:was"
    r"|were|went|became) "
    r"(?:\w+ )?(?:down|unavailable|offline|unreachable)"
)
"""Words of a start that speak of the whole, not of one of its symptoms."""


class Point(NamedTuple):
    """A moment of the evidence that a claim may mean."""

    low: float
    high: float
    shown: Shown


def judge_start(told: Told, case: Case) -> Iterator[Finding]:
    """Whether it began when it is said to: onset, first impact or first alert."""
    if not (yield from _signals(told, case)):
        yield from _judge(told, case, list(_starts(told, case.record)))


def judge_recovery(told: Told, case: Case) -> Iterator[Finding]:
    """Whether it was over when it is said to: recovery, end of impact, last alert resolved, or a note that says so."""
    if rules_in(told, case.record) and RESOLVED.search(told.text):
        yield from judge_alert(told, case)
        return
    if not (yield from _signals(told, case)):
        yield from _judge(told, case, list(_ends(told, case.record)))


def _signals(told: Told, case: Case) -> Generator[Finding, None, bool]:
    """A start or recovery of signals that are named by their titles: theirs, not the incident's."""
    time, record = told.time, case.record
    if time is None or not time.may_be:
        return False
    vocabulary = told.statement.vocabulary
    titles = {
        one for all_, words, one in record.title_words if all_ <= vocabulary and any(told.statement.places(words))
    }
    named = [a for one in sorted(titles) for a in record.by_signal.get(one, ())]
    if not named:
        return False
    for anomaly in named:
        moment = anomaly.onset if told.kind == "start" else anomaly.recovery
        if moment is not None and abs(off(time, seconds(moment.earliest), seconds(moment.latest))) <= case.allowed(
            time.written
        ):
            shown = Shown(
                "anomaly-start" if told.kind == "start" else "anomaly-end",
                anomaly.signal.title,
                anomaly.id,
                moment.earliest,
                moment.latest,
            )
            yield finding(told, "confirmed", "matches", [shown], case=case)
            return True
    yield finding(told, "unverifiable", "lies-between", case=case)
    return True


def judge_mitigation(told: Told, case: Case) -> Iterator[Finding]:
    """Whether what undid it was done when it is said to."""
    record, time = case.record, told.time
    points = []
    if time is not None and time.may_be and "mitigated" in record.stones:
        low, high, ids = record.stones["mitigated"]
        end = next((one.end for one in record.happenings if one.event.id in ids and one.end is not None), None)
        points.append(Point(low, max(high, end or high), shown_stone("mitigated", record, time)))
    yield from _judge(told, case, points, sure=bool(re.search(r"\bmitigat(?:ed|ion)\b", told.text, re.IGNORECASE)))


def judge_detection(told: Told, case: Case) -> Iterator[Finding]:
    """Whether it was detected when it is said to: by an alert, or by people, who may be later."""
    time, record = told.time, case.record
    if time is None:
        return
    if outside(time, record):
        yield finding(told, "unverifiable", "outside", case=case)
        return
    note = note_near(told, case)
    by_people = bool(_BY_PEOPLE.search(told.text)) and not told.by_alert
    near = [
        shown_alert(one, time)
        for one in record.firings
        if abs(off(time, one.fired - one.slack, one.fired)) <= case.allowed(time.written)
    ]
    if told.by_alert:
        about = topics(frozenset(phrase(told.text)))
        fit = [
            one
            for one in record.firings
            if about <= topics(one.words)
            and abs(off(time, one.fired - one.slack, one.fired)) <= case.allowed(time.written)
        ]
        near = [shown_alert(one, time) for one in fit] or near
    if by_people and note is None:
        verdict = _by_hand(told, case)
        if verdict is not None:
            yield verdict
            return
    if note is not None and not (near and told.by_alert):
        yield finding(told, "confirmed", "matches", [note], case=case)
        return
    if near and not by_people:
        yield finding(told, "confirmed", "matches", sorted(near, key=lambda one: abs(one.off_s)), case=case)
        return
    if "detected" not in record.stones or by_people:
        yield finding(told, "human", "human-act", _placed(told, record), case=case)
        return
    low, high, _ = record.stones["detected"]
    shown = [shown_stone("detected", record, time)]
    early = off(time, low, high) < 0
    if told.by_alert or re.search(r"\bdetect(?:ed|ion)\b", told.text, re.IGNORECASE) or early:
        yield finding(told, "contradicted", "differs", shown, case=case)
    else:
        yield finding(told, "human", "human-act", shown, case=case)


def _by_hand(told: Told, case: Case) -> Finding | None:
    """People see nothing before it began."""
    time, record = told.time, case.record
    assert time is not None  # noqa: S101
    if "onset" not in record.stones:
        return None
    low, high, _ = record.stones["onset"]
    if off(time, low, high) < -case.allowed(time.written):
        return finding(told, "unverifiable", "differs", [shown_stone("onset", record, time)], case=case)
    return finding(told, "human", "human-act", _placed(told, record), case=case)


def _placed(told: Told, record: Record) -> list[Shown]:
    """Where a human act lies: so long after the first alert, or the onset."""
    for name in ("detected", "onset"):
        if name in record.stones and told.time is not None:
            return [shown_stone(name, record, told.time)]
    return []


def _judge(told: Told, case: Case, points: Sequence[Point], *, sure: bool = True) -> Iterator[Finding]:
    time, record = told.time, case.record
    if time is None:
        return
    if outside(time, record):
        yield finding(told, "unverifiable", "outside", case=case)
        return
    if told.negated:
        yield finding(told, "unverifiable", "hedged", case=case)
        return
    allowed = case.allowed(time.written)
    before = time.written.before
    near = [p for p in points if abs(off(time, p.low, p.high)) <= allowed or (before and off(time, p.low, p.high) >= 0)]
    if near:
        best = sorted(near, key=lambda p: abs(apart(time, p.low)))
        yield finding(told, "confirmed", "matches", [p.shown for p in best], case=case)
        return
    note = note_near(told, case)
    if note is not None and told.kind != "mitigation":
        yield finding(told, "confirmed", "matches", [note], case=case)
        return
    if not points:
        yield finding(told, "unverifiable", "nothing-named", case=case)
        return
    shown = [p.shown for p in points]
    explained = record.incident.explanation
    later = [e.end for e in explained.episodes if e.end is not None and _LAST_OF_ALL.search(told.statement.text)]
    ends = [seconds(one) for one in (*(i.end for i in explained.impact), *later)]
    if told.kind == "recovery" and any(abs(off(time, end, end)) <= allowed for end in ends):
        yield finding(told, "unverifiable", "lies-between", shown, case=case)  # one of its symptoms was over
        return
    between = any(off(time, low, high) == 0.0 for low, high in _spans(points, record))
    narrow = _other_subject(told, record) or _during(told, record)
    if (
        not sure
        or between
        or narrow
        or (told.kind == "recovery" and _PARTIAL.search(told.text))
        or (told.kind == "start" and _WORSE.search(told.text))
    ):
        yield finding(told, "unverifiable", "lies-between" if between else "differs", shown, case=case)
    else:
        yield finding(told, "contradicted", "differs", shown, case=case)


def _spans(points: Sequence[Point], record: Record) -> Iterator[tuple[float, float]]:
    """From the first to the last point of each episode: what lies between two episodes is of neither."""
    starts = sorted(seconds(one.start) for one in record.incident.explanation.episodes)
    of: dict[int, list[Point]] = {}
    for point in points:
        of.setdefault(max(1, bisect_right(starts, point.high)), []).append(point)
    for same in of.values():
        yield min(p.low for p in same), max(p.high for p in same)


def _during(told: Told, record: Record) -> bool:
    """Whether it is a symptom, not the incident, that is said to have begun while the impact lasted."""
    time, hit = told.time, told.hit
    if told.kind != "start" or hit is None or time is None or "onset" not in record.stones:
        return False
    end = record.stones["recovered"][1] if "recovered" in record.stones else record.known_until
    within = off(time, record.stones["onset"][0], end) == 0.0
    return within and not _OF_INCIDENT.search(told.statement.passage.text[hit.start : hit.end])


def _other_subject(told: Told, record: Record) -> bool:
    """Whether it speaks of a service that was not among those that were hit, or of a part of one."""
    time = told.time
    services = services_in(record, told.text)
    affected = {s.name for s in record.incident.explanation.affected} | {
        i.service.name for i in record.incident.explanation.impact
    }
    if services and not affected & set(services):
        return True
    hit = told.hit
    if told.kind != "start" or hit is None:
        return False
    # "connections start to fail" is a start of something; of the incident only where the words say so.
    whole = told.statement.passage.text[hit.start : hit.end]
    return not _OF_INCIDENT.search(whole) and time is not None and time is told.statement.stamp


def _starts(told: Told, record: Record) -> Iterator[Point]:
    time = told.time
    if time is None or not time.may_be:
        return
    if "onset" in record.stones:
        low, high, _ = record.stones["onset"]
        yield Point(low, high, shown_stone("onset", record, time))
    for episode in record.incident.explanation.episodes:
        at = seconds(episode.start)
        if episode.id != record.incident.explanation.worst:
            yield Point(at, at, Shown("episode", episode.id, episode.id, episode.start, episode.start, apart(time, at)))
    for impact in record.incident.explanation.impact:
        at = seconds(impact.start)
        shown = Shown(
            "impact", impact.service.name, next(iter(impact.evidence), ""), impact.start, impact.start, apart(time, at)
        )
        yield Point(at, at, shown)
    if record.firings:
        first = record.firings[0]
        yield Point(first.fired, first.fired, shown_alert(first, time))


def _ends(told: Told, record: Record) -> Iterator[Point]:
    time = told.time
    if time is None or not time.may_be:
        return
    if "recovered" in record.stones:
        low, high, _ = record.stones["recovered"]
        yield Point(low, high, shown_stone("recovered", record, time))
    for note in notes(record):
        if _RECOVERED.search(note.event.title):
            yield Point(note.low, note.high, shown_event(note, time))
    ends = [one for one in record.firings if one.resolved is not None]
    if ends and all(one.resolved is not None for one in record.firings):
        last = max(ends, key=lambda one: one.resolved or 0.0)
        yield Point(last.resolved or 0.0, last.resolved or 0.0, shown_alert(last, time, edge="resolved"))
    for impact in record.incident.explanation.impact:
        at = seconds(impact.end)
        shown = Shown(
            "impact-end", impact.service.name, next(iter(impact.evidence), ""), impact.end, impact.end, apart(time, at)
        )
        errors = impact.unit == "ratio" and _ERRORS.search(told.text)
        if abs(off(time, at, at)) <= 60.0 and (errors or services_in(record, told.text) == (impact.service.name,)):
            yield Point(at, at, shown)
    services = services_in(record, told.text)
    for anomaly in record.incident.anomalies if services else ():
        if anomaly.service.name in services and anomaly.recovery is not None:
            low, high = seconds(anomaly.recovery.earliest), seconds(anomaly.recovery.latest)
            if abs(off(time, low, high)) <= 60.0:
                ended = Shown(
                    "anomaly-end", anomaly.signal.title, anomaly.id, anomaly.recovery.earliest, anomaly.recovery.latest
                )
                yield Point(low, high, ended)
    for one in record.happenings:
        if one.event.kind == "rollback" and one.end is not None and "rollback" in told.text.lower():
            yield Point(one.end, one.end, shown_event(one, time, end=True))
