"""`p95 latency rose at 13:56`: when a signal moved, was at its worst, or came back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from reconstruct.model import Anomaly, Moment
from reconstruct.verify.change_mentions import services_named
from reconstruct.verify.clauses import Clause, Finding, around
from reconstruct.verify.clock_times import Written, distance_s, fits
from reconstruct.verify.evidence_index import Record
from reconstruct.verify.subjects import about, cited_items, cites_all, subjects

TOLD: Final = 3
_WORST: Final = re.compile(r"\b(?:worst|peak(?:ed|s)?|max(?:imum)?|highest)\b", re.IGNORECASE)
_BACK: Final = re.compile(r"\b(?:back|recovered|returned|normal again)\b", re.IGNORECASE)
_MOVED: Final = re.compile(
    r"\b(?:rises|rose|risen|falls|fell|leaves|left|climb\w*|spik\w+|jump\w*|increas\w+|drop\w*|becomes?"
    r"|degrad\w+|went|from)\b",
    re.IGNORECASE,
)


def signal_time(clause: Clause, record: Record) -> Iterator[Finding]:
    """Whether the signals that a clause names left their baseline, peaked or came back at the times it gives."""
    if clause.hedged:
        return
    named = subjects(clause, record)
    cited = [i for i in cited_items(clause, record) if isinstance(i, Anomaly)]
    for time in clause.times:
        subject = about(clause, time, named, record)
        if subject is None or subject.kind != "signal" or not time.may_be:
            continue
        own = [a for a in cited if a.signal.id in subject.ids]
        services = services_named(clause, record)
        known = (own if cites_all(clause) else []) or [a for one in subject.ids for a in record.anomalies_of(one)]
        if services and not own:
            known = [a for a in known if a.service.name in services] or known
        if known:
            # A row's stamp is the time of something it cites, be it among those that it leaves to "30 more".
            sure = bool(own) or (time is clause.stamp and bool(cited))
            said = around(clause, (time.start, time.end), (subject.start, subject.end))
            yield _held(said, time, known, record, cited=sure)


def _held(said: str, time: Written, anomalies: Sequence[Anomaly], record: Record, *, cited: bool) -> Finding:
    place = (time.start, time.end)
    moments = [(a, moment, word) for a in anomalies for moment, word in _moments(said, time, a, record)]
    for anomaly, moment, word in moments:
        if fits(time, moment.earliest, moment.latest):
            says = f"{anomaly.signal.title} {word} at {record.between(moment.earliest, moment.latest)} ({anomaly.id})"
            return Finding("holds", says, (anomaly.id,), (place,))
    ids = tuple(dict.fromkeys(a.id for a, _, _ in moments))[:TOLD]
    nearest = min(moments, key=lambda m: abs(distance_s(time, m[1].earliest, m[1].latest)))
    when = record.between(nearest[1].earliest, nearest[1].latest)
    told = f"{nearest[0].signal.title} {nearest[2]} at {when} ({nearest[0].id})"
    if cited:
        return Finding("contradicted", f"{told}, not {time.text}", ids, (place,))
    return Finding("not checked", f"nearest: {told}", ids, (place,))


def _moments(said: str, time: Written, anomaly: Anomaly, record: Record) -> Iterator[tuple[Moment, str]]:
    """What the clause says the signal did; all that it did where the clause says nothing."""
    if time.until:
        yield from _end(anomaly, record)
        return
    wants = [bool(pattern.search(said)) for pattern in (_MOVED, _WORST, _BACK)]
    every = not any(wants)
    if (wants[0] and not wants[1] and not wants[2]) or every or time.since:
        yield anomaly.onset, "left its baseline"
        # What users felt may begin where a creeping series broke: that milestone has an interval of its own.
        stone = record.stone("onset")
        if stone is not None and anomaly.id in stone.evidence:
            yield stone.moment, "was first felt"
    if wants[1] or every:
        yield Moment(anomaly.peak_time, anomaly.peak_time, anomaly.peak_time), "was at its worst"
    if wants[2] or every:
        yield from _end(anomaly, record)


def _end(anomaly: Anomaly, record: Record) -> Iterator[tuple[Moment, str]]:
    """When it was back; our drafts write the window's end where it was not."""
    if anomaly.recovery is None:
        end = record.known_until
        yield Moment(end, end, end), "was not back by the end of the window"
        return
    yield anomaly.recovery, "was back"
    over = record.stone("recovered")
    if over is not None and anomaly.id in over.evidence:
        yield over.moment, "was back"
