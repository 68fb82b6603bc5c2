"""Who or what a clause speaks of: events, alerts, signals and milestones of the evidence, by name or by id."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from reconstruct.model import Alert, Anomaly, Event, Signal
from reconstruct.verify.change_mentions import changes_named
from reconstruct.verify.clauses import Clause
from reconstruct.verify.clock_times import Written
from reconstruct.verify.entity_aliases import spoken_signals
from reconstruct.verify.evidence_index import Record

SubjectKind = Literal["event", "alert", "signal", "milestone"]

ALERT_VERB: Final = re.compile(
    r"\b(?:fir(?:e|ed|es|ing)|alert(?:s|ed|ing)?|paged?|pages|triggered|resolved|cleared|condition of"
    r"|ended with its data"
    r"|went off|pending)\b",
    re.IGNORECASE,
)
_MORE: Final = re.compile(r", \d+ more\b")
_APART: Final = 6
"""So many other words may stand between the words of a signal's name ("the p95 of shop's request latency")."""
_FOLLOWS_NAME: Final = re.compile(
    r"\s*(?:of [\w-]+\s+|\([^)]*\)\s*)?(?:at its worst|rises|falls|becomes|leaves|:?\s*[\d.,]+)"
)

MILESTONES: Final = {
    "onset": "the onset",
    "detected": "the first alert",
    "mitigated": "what undid it",
    "recovered": "the recovery",
}
"""What the answers call them."""
MILESTONE_WORDS: Final = {
    "onset": re.compile(
        r"\bonset\b|\bfirst symptoms?\b|\bwithout harm until\b|\bfelt it from\b|\b(?:start"
        r"|beginning) of (?:the )?(?:incident|outage"
        r"|impact)\b|\b(?:incident|outage|impact) (?:start|began)(?: time)?\b"
        r"|(?:\b(?:incident|outage|impact|degradation|disruption)|^\W*it)\s+(?:first\s+)?(?:beg[aiu]ns?"
        r"|start(?:s|ed)?)\b",
        re.IGNORECASE,
    ),
    "detected": re.compile(r"\bdetected\b|\bdetection\b(?! to)|\bfirst alert(?: fired)?\b", re.IGNORECASE),
    "mitigated": re.compile(r"\bmitigat(?:ed|ion)\b(?! to)|\bwhat undid it began\b", re.IGNORECASE),
    "recovered": re.compile(
        r"\brecovered\b|\bimpact lasted until\b|\brecovery\b(?! (?:of|plan|point|time))|\bback to normal\b"
        r"|\bsymptoms (?:were "
        r"|was )?(?:gone|over)\b"
        r"|\b(?:incident|outage|impact) (?:was |is )?(?:over|end(?:ed|s)?)\b"
        r"|\b(?:incident|outage|service|issue) (?:was |is )?(?:fully )?(?:resolved|restored)\b",
        re.IGNORECASE,
    ),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """Something in a clause that the evidence may know."""

    kind: SubjectKind
    start: int
    end: int
    ids: tuple[str, ...]
    """Ids of events or alerts, ids of signals, or the milestone's name; () = named, and unknown to the evidence."""
    cited: bool = False
    """By an id at the end of the line rather than by name."""
    vague: bool = False
    """A way of speaking ("latency") that does not say which mean or percentile."""


@lru_cache(maxsize=1)  # every check of a clause asks this of it, one after the other
def subjects(clause: Clause, record: Record) -> tuple[Subject, ...]:
    """All that a clause names, in order; a name within a longer one is not told."""
    alerts = list(alerts_named(clause, record))
    signals = list(signals_named(clause, record))
    if ALERT_VERB.search(clause.text):
        signals = [s for s in signals if not any(_same(s, a) for a in alerts)]
    else:  # "HostCpuHigh rises" is the alert's condition as a signal
        alerts = [a for a in alerts if not any(_same(s, a) for s in signals)]
    found = [
        *(Subject("event", c.start, c.end, c.ids) for c in changes_named(clause, record)),
        *alerts,
        *signals,
        *_milestones(clause),
    ]
    kept = [s for s in found if not any(_within(s, other) for other in found)]
    return tuple(sorted(kept, key=lambda s: (s.start, s.end)))


def about(clause: Clause, time: Written, named: Sequence[Subject], record: Record) -> Subject | None:
    """What a time in the clause is the time of: what the line begins with, or else the nearest name before it.

    A range (`14:00 to 15:20`) speaks of what its first time does. Where nothing is named, the ids of the line stand for
    it, if they are this draft's.
    """
    if time is clause.stamp:
        acts = [s for s in named if s.kind != "signal"]
        chosen = next(iter(acts or named), None)
    else:
        before = [s for s in named if s.end <= time.start]
        after = [s for s in named if s.start >= time.end]
        chosen = before[-1] if before else next(iter(after), None)
    return chosen or _by_id(clause, record)


def cites_all(clause: Clause) -> bool:
    """Whether the ids in the line are all that it rests on; our tables show a few and say how many more there are."""
    return not _MORE.search(clause.line.text)


def cited_items(clause: Clause, record: Record) -> tuple[Event | Alert | Anomaly, ...]:
    """Events, alerts and anomalies whose ids stand in the line."""
    items = [record.item(c.id) for c in clause.cited]
    return tuple(i for i in items if isinstance(i, Event | Alert | Anomaly))


def alerts_named(clause: Clause, record: Record) -> Iterator[Subject]:
    """Alerting rules that fired, by their names."""
    for rule, words in record.rules.items():
        ids = tuple(a.id for a in record.incident.evidence.alerts if a.rule == rule)
        if cites_all(clause):
            ids = tuple(c.id for c in clause.cited if record.item(c.id) and c.id in ids) or ids
        for start, end in clause.places(words):
            if len(words) > 1 or clause.line.text[start:end] == rule:
                yield Subject("alert", start, end, ids)


def signals_named(clause: Clause, record: Record) -> Iterator[Subject]:
    """Signals by title, id, or the words of either; then by how people call them."""
    exact = list(_exact(clause, record))
    if exact:
        yield from exact
        return
    loose = list(_loose(clause, record))
    longest = max((len(words) for words, _ in loose), default=0)
    merged: dict[tuple[int, int], list[str]] = {}
    for words, subject in loose:
        if len(words) == longest:
            merged.setdefault((subject.start, subject.end), []).extend(subject.ids)
    for (start, end), ids in merged.items():
        yield Subject("signal", start, end, tuple(dict.fromkeys(ids)))
    if not loose:
        for spoken in spoken_signals(clause.text, clause.start):
            ids = [m.signal.id for m in record.incident.evidence.metrics if spoken.fits(m.signal)]
            if ids:
                yield Subject("signal", spoken.start, spoken.end, tuple(ids), vague=not spoken.percentile)


def _exact(clause: Clause, record: Record) -> Iterator[Subject]:
    found: dict[tuple[int, int], list[str]] = {}
    for one, many in record.names.items():
        for words in many:
            for start, end in clause.places(words):
                if len(words) > 1 or _stands_for_itself(clause, start, end, record.metrics[one].signal):
                    found.setdefault((start, end), []).append(one)
    for (start, end), ids in found.items():
        yield Subject("signal", start, end, tuple(dict.fromkeys(ids)))


def _stands_for_itself(clause: Clause, start: int, end: int, signal: Signal) -> bool:
    """A title of one word ("Requests") is a name only where figures or a movement follow at once."""
    text = clause.line.text[start:end]
    return text.lower() == signal.title.lower() and bool(_FOLLOWS_NAME.match(clause.line.text, end))


def _loose(clause: Clause, record: Record) -> Iterator[tuple[frozenset[str], Subject]]:
    """Signals whose words all stand close together in whatever order."""
    here = [w.text for w in clause.words]
    for one, many in record.word_sets.items():
        for wanted in many:
            if not wanted <= set(here):
                continue
            spots = [n for n, text in enumerate(here) if text in wanted]
            first, last = spots[0], spots[-1]
            if last - first < len(wanted) + _APART:
                yield wanted, Subject("signal", clause.words[first].start, clause.words[last].end, (one,))


def _milestones(clause: Clause) -> Iterator[Subject]:
    for name, pattern in MILESTONE_WORDS.items():
        for match in pattern.finditer(clause.text):
            yield Subject("milestone", clause.start + match.start(), clause.start + match.end(), (name,))


def _by_id(clause: Clause, record: Record) -> Subject | None:
    items = cited_items(clause, record)
    end = len(clause.line.text)
    events = tuple(i.id for i in items if isinstance(i, Event))
    alerts = tuple(i.id for i in items if isinstance(i, Alert))
    if alerts and not cites_all(clause):
        rules = {i.rule for i in items if isinstance(i, Alert)}
        alerts = tuple(a.id for a in record.incident.evidence.alerts if a.rule in rules)
    signals = tuple(dict.fromkeys(i.signal.id for i in items if isinstance(i, Anomaly)))
    if sum(map(bool, (events, alerts, signals))) != 1:
        return None
    if events:
        return Subject("event", end, end, events, cited=True)
    return Subject("alert" if alerts else "signal", end, end, alerts or signals, cited=True)


def _same(one: Subject, other: Subject) -> bool:
    return (one.start, one.end) == (other.start, other.end)


def _within(one: Subject, other: Subject) -> bool:
    inside = other.start <= one.start and one.end <= other.end
    return inside and other.end - other.start > one.end - one.start
