"""Lines of our own drafts: each cites what shows it, so its times, figures and names are those of what is cited.

Read by data, not by wording: whatever the sentence says, a time in it is one that the cited things have, a figure is
one of theirs, and a name beside an id is its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import pandas as pd

from reconstruct.model import Alert, Anomaly, Event, Gap, Query
from reconstruct.model.verification import ClaimKind, Finding, Shown
from reconstruct.verify.claims.cited_figures import judge_cited_figure
from reconstruct.verify.claims.clues import is_confidence
from reconstruct.verify.claims.hits import Hit
from reconstruct.verify.claims.id_names import short
from reconstruct.verify.claims.judging import Case, off
from reconstruct.verify.claims.read import Told, claim_of
from reconstruct.verify.claims.stated import facts_told
from reconstruct.verify.clock_times import Placed
from reconstruct.verify.passages import Passage
from reconstruct.verify.record import Item, Record, seconds, stamp
from reconstruct.verify.statements import Statement

_MORE: Final = re.compile(r"\b\d+ more\b|…")
_FEW_CELLS: Final = 4
_LATE_S: Final = 30.0
_CAMEL: Final = re.compile(r"\b(?:[A-Z][a-z0-9]+){2,}\b")
_COMPARED: Final = re.compile(r"\s+(?:longer|slower|faster|more|less)\b")
"""A difference, of things that may not be cited."""
_OWNER: Final = re.compile(
    r"[\s|*\d:−+±.-]*(?:(?:min|s|h)\b[\s|*\d:−+±.-]*)*(?:\w+:\s*\**\s*)?(?:Rollback (?:of )?)?(?P<name>[a-z][\w-]*)"
    r"(?P<rest> \((?:edge|app|database|cache|queue|host|network|runtime)\)| (?:to )?)"
)
"""Who a row is about: `shop (database): ...`, `shop 2.20.0: ...`, `Rollback shop to 2.14.1`."""
_EXACT_S: Final = 1.5
"""Our drafts round a time to the second."""
_RULE_NAME: Final = re.compile(
    r"\b(?:[A-Z][a-z0-9]+){2,}\b(?= (?:fired|resolved|first held|pending|and \d|went))|(?<=Condition of )\w+"
    r"|(?:[A-Z][a-z0-9]+){2,}(?=:? (?:fired|resolved))"
)


def cites_own(statement: Statement, record: Record) -> bool:
    """Whether the line rests on ids of this very draft."""
    return any(c.id.rstrip("0123456789") in record.trusted for c in statement.cited)


def judge_cited(statement: Statement, case: Case) -> Iterator[Finding]:
    """Whether the times, figures, versions and alerts of a statement are those of what the line cites."""
    record = case.record
    items = [i for c in statement.cited if (i := record.item(c.id)) is not None]
    if not items:
        return
    whole = statement.passage.text
    open_ended = bool(_MORE.search(whole))
    moments = list(_moments(items, record))
    stated = facts_told(record.incident, frozenset(i.id for i in items))
    quoted = [h for h in record.happenings if h.event.title and h.event.title in whole]
    for time in statement.times:
        if time.may_be:
            # Beside the row's own time a sentence may tell a milestone, an event by its title, or reach to a note.
            more: list[tuple[float, float, str]] = []
            if time is not statement.stamp:
                more += [(a, b, next(iter(c), "")) for a, b, c in record.stones.values()]
                more += [(seconds(one), seconds(one), "") for one in stated if isinstance(one, pd.Timestamp)]
                more += [(h.low, at, h.event.id) for h in quoted for at in (h.high, h.end) if at is not None]
            if time.written.role == "until":
                more += [(h.low, h.high, h.event.id) for h in record.happenings if h.event.kind == "note"]
            yield from _time(statement, time, (*moments, *more), items, open_ended=open_ended)
    for figure in statement.figures:
        if figure.kind == "bare" or figure.signed or is_confidence(statement, figure):
            continue
        if not _COMPARED.match(whole, figure.end):
            yield from judge_cited_figure(statement, figure, items, moments, record, open_ended=open_ended)
    versions = {v for i in items if isinstance(i, Event) for v in (i.version, i.previous) if v}
    if versions:
        titles = " ".join(i.title for i in items if isinstance(i, Event))
        for start, end, version in statement.versions:
            if version not in versions and whole[start:end] not in titles:
                told = Told(statement, "change", Hit("change", start, end), None)
                yield Finding(claim_of(told, value=version), "contradicted", "differs", _shown(items))
    yield from _names(statement, items, record, open_ended=open_ended)
    yield from _service(statement, items)


def _names(statement: Statement, items: Sequence[Item], record: Record, *, open_ended: bool) -> Iterator[Finding]:
    """Whether the alerts that a line names are those that it cites, each once."""
    rules = {i.rule for i in items if isinstance(i, Alert)}
    rules |= {
        i.signal.id.partition("/")[2] for i in items if isinstance(i, Anomaly) and i.signal.id.startswith("alert/")
    }
    if not any(isinstance(i, Alert) for i in items):
        return
    seen: set[str] = set()
    for match in _CAMEL.finditer(statement.text):
        name = match[0]
        known = name in record.rules
        told = bool(_RULE_NAME.match(statement.text, match.start())) or known
        # A row of a table says a name once; a file with many columns may tell it in several.
        again = name in seen and len(statement.passage.cells) <= _FEW_CELLS
        if not told or (name in rules and not again):
            seen.add(name)
            continue
        if open_ended and known and name not in seen and _fired_within(name, statement, record):
            seen.add(name)
            continue
        place = (statement.start + match.start(), statement.start + match.end())
        claimed = Told(statement, "alert", Hit("alert", *place), None)
        yield Finding(claim_of(claimed, subject=name), "contradicted", "wrong-name", _shown(items))


def _fired_within(name: str, statement: Statement, record: Record) -> bool:
    spans = [span for t in statement.times for span in t.may_be]
    if not spans:
        return True
    low, high = min(a for a, _ in spans) - _LATE_S, max(b for _, b in spans) + _LATE_S
    return any(one.alert.rule == name and low <= one.fired <= high for one in record.firings)


def _service(statement: Statement, items: Sequence[Item]) -> Iterator[Finding]:
    """Whether the service that a line begins with is that of what it cites."""
    match = _OWNER.match(statement.text) if statement.stamp is not None else None
    if match is None:
        return
    behind = statement.start + match.end()
    if "(" not in match["rest"] and not any(start == behind for start, _, _ in statement.versions):
        return
    name = match["name"].lower()
    events = [i for i in items if isinstance(i, Event)]
    words = {w for i in (events or items) for w in _about(i)}
    if name in words or not words:
        return
    place = (statement.start + match.start("name"), statement.start + match.end("name"))
    told = Told(statement, "reference", Hit("reference", *place), None)
    yield Finding(claim_of(told, subject=match["name"]), "contradicted", "wrong-name", _shown(items))


def _about(item: Item) -> Iterator[str]:
    """Names of whom an item is about, in lower case."""
    if isinstance(item, Event | Alert | Anomaly):
        yield item.service.name.lower()
    if isinstance(item, Event):
        yield from (word.lower() for word in re.findall(r"[\w-]+", item.title))
    elif isinstance(item, Alert | Anomaly):
        yield from (value.lower() for value in item.labels.values())
        yield from (part.lower() for value in item.labels.values() for part in re.split(r"[:.]", value))


def _time(
    statement: Statement,
    time: Placed,
    moments: Sequence[tuple[float, float, str]],
    items: Sequence[Item],
    *,
    open_ended: bool,
) -> Iterator[Finding]:
    slack = _EXACT_S if time.written.precision_s <= 1.0 else time.written.precision_s
    told = Told(statement, _kind(items), None, time)
    near = [(low, high, one) for low, high, one in moments if abs(off(time, low, high)) <= slack]
    if near:
        low, high, one = near[0]
        yield Finding(
            claim_of(told), "confirmed", "matches", (Shown("id", one, one, stamp(low), stamp(high)),), tolerance_s=slack
        )
    elif open_ended and time is not statement.stamp:
        yield Finding(claim_of(told), "unverifiable", "nothing-named")
    else:
        best = min(moments, key=lambda m: abs(off(time, m[0], m[1])), default=None)
        shown = (
            (Shown("id", best[2], best[2], stamp(best[0]), stamp(best[1]), off(time, best[0], best[1])),)
            if best
            else ()
        )
        yield Finding(claim_of(told), "contradicted", "differs", shown, tolerance_s=slack)


def _kind(items: Sequence[Item]) -> ClaimKind:
    if any(isinstance(i, Alert) for i in items):
        return "alert"
    if any(isinstance(i, Event) and i.kind != "note" for i in items):
        return "change"
    if any(isinstance(i, Gap) for i in items):
        return "gap"
    return "symptom" if any(isinstance(i, Anomaly) for i in items) else "other"


def _moments(items: Sequence[Item], record: Record) -> Iterator[tuple[float, float, str]]:
    """Every moment that one of the cited things has."""
    ids = {i.id for i in items}
    for one in items:
        if isinstance(one, Event):
            yield seconds(one.time), seconds(one.time) + one.resolution_s, one.id
            if one.end is not None:
                yield seconds(one.end), seconds(one.end), one.id
        elif isinstance(one, Alert):
            for at in (one.pending_at, one.firing_at, one.resolved_at):
                if at is not None:
                    yield seconds(at) - one.resolution_s, seconds(at), one.id
        elif isinstance(one, Anomaly):
            for moment in (one.onset, one.recovery):
                if moment is not None:
                    yield seconds(moment.earliest), seconds(moment.latest), one.id
            yield seconds(one.peak_time), seconds(one.peak_time), one.id
            if one.recovery is None:
                yield record.known_until, record.known_until, one.id
        elif isinstance(one, Gap):
            for at in (one.start, one.end):
                if at is not None:
                    yield seconds(at), seconds(at), one.id
                    if seconds(at) < seconds(record.incident.evidence.window.start):
                        yield (
                            seconds(record.incident.evidence.window.start),
                            seconds(record.incident.evidence.window.start),
                            one.id,
                        )
        else:
            yield seconds(one.start), seconds(one.start), one.id
            yield seconds(one.end), seconds(one.end), one.id
    for low, high, cited in record.stones.values():
        if ids & set(cited):
            yield low, high, next(iter(ids & set(cited)))
    for impact in record.incident.explanation.impact:
        if ids & set(impact.evidence):
            yield seconds(impact.start), seconds(impact.start), next(iter(ids & set(impact.evidence)))
            yield seconds(impact.end), seconds(impact.end), next(iter(ids & set(impact.evidence)))
    for entry in record.incident.timeline:
        if ids & set(entry.evidence) and len(ids & set(entry.evidence)) >= min(len(ids), len(entry.evidence)):
            yield seconds(entry.moment.earliest), seconds(entry.moment.latest), next(iter(ids))
    for hint in record.incident.explanation.hints:
        if ids & {hint.trigger, hint.metric}:
            for name in ("onset", "mitigated", "recovered"):
                if name in record.stones:
                    yield record.stones[name][0], record.stones[name][1], next(iter(ids))


def _shown(items: Sequence[Item]) -> tuple[Shown, ...]:
    return tuple(Shown("id", short(i), i.id) for i in items[:2])


def judge_query(block: Passage, above: Statement | None, case: Case) -> Iterator[Finding]:
    """Whether a code block under a line that begins with a query's id shows that query."""
    if above is None or block.language != "promql" or not above.cited:
        return
    first = above.cited[0]
    query = case.record.item(first.id)
    if first.start > 0 or not isinstance(query, Query):
        return
    told = Told(Statement(block, 0, block.text, (), (), None, (), ()), "reference", None, None)
    right = block.text.split() == query.query.split()
    yield Finding(
        claim_of(told, subject=query.id, place=(0, 1)),
        "confirmed" if right else "contradicted",
        "matches" if right else "differs",
        (Shown("id", query.query, query.id),),
    )
