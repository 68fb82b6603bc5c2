"""Lines of our own drafts: each cites what shows it, so its times, figures and names are those of what is cited.

Read by data, not by wording: whatever the sentence says, a time in it is one that the cited things have, a figure is
one of theirs, and a name beside an id is its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd

from reconstruct.model import Alert, Anomaly, Event, Gap, Metric, Query
from reconstruct.model.facts import Quantity
from reconstruct.model.verification import ClaimKind, Finding, Shown
from reconstruct.verify.claims.clues import is_confidence
from reconstruct.verify.claims.hits import Hit
from reconstruct.verify.claims.judging import Case, off
from reconstruct.verify.claims.read import Told, claim_of
from reconstruct.verify.claims.stated import Told as Fact
from reconstruct.verify.claims.stated import facts_told
from reconstruct.verify.claims.unaffected import figures_of
from reconstruct.verify.clock_times import Placed
from reconstruct.verify.passages import Passage
from reconstruct.verify.quantities import Figure, fits_unit, scale
from reconstruct.verify.record import Item, Record, Series, seconds, series_of, stamp
from reconstruct.verify.statements import Cited, Statement
from reconstruct.verify.vocabulary import phrase

KINDS: Final = ("a", "al", "e", "g", "q")
WRONG_AT_MOST: Final = 0.1
"""Share of the ids of a kind that may have a wrong name beside them (one always may): where more have, the document
was made from other evidence or by another version, and no line is to blame."""
_MORE: Final = re.compile(r"\b\d+ more\b|…")
_PHASE_S: Final = 360.0
"""So far around a line's times its figures may have been measured."""
_SHORTEST_S: Final = 5.0
"""Less is a latency, not the time between two moments."""
_LENGTH_S: Final = 60.0
"""A shorter time beside no signal of time may be anything."""
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


def trusted_kinds(cited: Sequence[Cited], record: Record) -> frozenset[str]:
    """Kinds of ids in a document that are those of this evidence."""
    trusted = set()
    for kind in KINDS:
        told = [name_right(c, record) for c in cited if c.id.rstrip("0123456789") == kind]
        known = [right for right in told if right is not None]
        if known.count(False) <= max(1.0, WRONG_AT_MOST * len(known)):
            trusted.add(kind)
    return frozenset(trusted)


def name_right(cited: Cited, record: Record) -> bool | None:
    """Whether the name beside an id is its own; None where it is no name that our drafts write."""
    item = record.items.get(cited.id)
    if item is None:
        return None if cited.id in record.other_ids else False
    said, own = phrase(cited.label), phrase(short(item))
    if not said or not own:
        return None
    if said[: len(own)] == own or (cited.label.endswith("…") and own[: len(said)] == said):
        return True
    others = (phrase(short(other)) for other in record.items.values() if type(other) is type(item))
    # "q1 http/latency-p95: 2 series" names another query; "a8 is the one to look at" names none.
    another = any(said == name or (len(name) > 1 and said[: len(name)] == name) for name in others)
    return False if another else None


def short(item: Item) -> str:
    """The name that our drafts write beside an id."""
    if isinstance(item, Event):
        return " ".join(part for part in (item.source, item.source_id) if part) or item.kind
    if isinstance(item, Alert):
        return item.rule
    if isinstance(item, Anomaly):
        return item.signal.id
    return item.signal if isinstance(item, Query) else f"gap in {item.source}" if isinstance(item, Gap) else ""


def cites_own(statement: Statement, record: Record) -> bool:
    """Whether the line rests on ids of this very draft."""
    return any(c.id.rstrip("0123456789") in record.trusted for c in statement.cited)


def judge_ids(statement: Statement, case: Case) -> Iterator[Finding]:
    """Whether each id of a passage stands for something, and for what its name beside it says."""
    record = case.record
    for cited in statement.cited:
        kind = cited.id.rstrip("0123456789")
        if kind not in {*record.trusted, "t", "ep"}:
            continue
        told = Told(statement, "reference", Hit("reference", cited.start, cited.end), None)
        if record.items.get(cited.id) is None and cited.id not in record.other_ids:
            yield Finding(claim_of(told, subject=cited.id), "contradicted", "no-such-id")
        elif name_right(cited, record) is False:
            item = record.items[cited.id]
            yield Finding(
                claim_of(told, subject=cited.label), "contradicted", "wrong-name", (Shown("id", short(item), cited.id),)
            )


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
            yield from _figure(statement, figure, items, moments, record, open_ended=open_ended)
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


def _figure(
    statement: Statement,
    figure: Figure,
    items: Sequence[Item],
    moments: Sequence[tuple[float, float, str]],
    record: Record,
    *,
    open_ended: bool,
) -> Iterator[Finding]:
    told = Told(statement, "symptom", Hit("symptom", figure.start, figure.end), None)
    claim = claim_of(told, value=figure.text, place=(figure.start, figure.end))
    ids = frozenset(i.id for i in items)
    stated = facts_told(record.incident, ids)
    fitting = [i for i in items if isinstance(i, Anomaly) and fits_unit(figure, i.signal.unit)]
    values = [(v * scale(figure, a.signal.unit), a.id) for a in fitting for v in _own_values(a)]
    values += [
        (q.value * scale(figure, q.unit), "") for q in stated if isinstance(q, Quantity) and fits_unit(figure, q.unit)
    ]
    for impact in record.incident.explanation.impact:
        if ids & set(impact.evidence):
            values += [(v, impact.evidence[0]) for v in (impact.value, impact.share) if v is not None]
    hit = next((one for v, one in values if figure.meets(v)), None)
    if hit is not None:
        yield Finding(claim, "confirmed", "matches", (Shown("id", hit or items[0].id, hit or items[0].id),))
        return
    if (
        figure.kind == "seconds"
        and figure.value >= _SHORTEST_S
        and _is_length(figure, moments, stated, record, exact=bool(stated))
    ):
        return
    if not stated and any(figure.meets(*span) for a in fitting for span in _near_values(a, figure, statement, record)):
        return
    sure = bool(stated) or (bool(fitting) and not open_ended)
    if (
        sure
        and figure.kind in ("ratio", "seconds", "bytes")
        and (fitting or (figure.kind == "seconds" and figure.value >= _LENGTH_S))
    ):
        yield Finding(claim, "contradicted", "differs", (_measured(fitting, items, stated, figure),))


def _measured(fitting: Sequence[Anomaly], items: Sequence[Item], stated: Sequence[Fact], figure: Figure) -> Shown:
    """What a figure beside ids was held against: an anomaly's figures, else the nearest length of time stated."""
    if fitting:
        return figures_of(fitting[0])
    one = items[0]
    lengths = [fact.total_seconds() for fact in stated if isinstance(fact, pd.Timedelta)]
    if not lengths:
        return Shown("id", one.id, one.id)
    return Shown("duration", "", one.id, facts={"value_s": min(lengths, key=lambda s: abs(s - figure.value))})


def _own_values(anomaly: Anomaly) -> Iterator[float]:
    yield from (anomaly.baseline, anomaly.peak, anomaly.level, anomaly.peak - anomaly.baseline)
    if anomaly.signal.threshold is not None:
        yield anomaly.signal.threshold


def _is_length(
    figure: Figure,
    moments: Sequence[tuple[float, float, str]],
    stated: Sequence[Fact],
    record: Record,
    *,
    exact: bool,
) -> bool:
    """Whether a length of time is one between two moments of what is cited, or one that an entry states."""
    unit = re.search(r"[^\W\d_]+$", figure.text)
    small = unit is not None and unit[0] in ("s", "sec", "seconds")
    half = (1.6 if small else 31.0 if figure.value < 36_000 else 1_800.0) if exact else 15.0
    if any(isinstance(one, pd.Timedelta) and abs(one.total_seconds() - figure.value) <= half for one in stated):
        return True
    times = {m for low, high, _ in moments for m in (low, high)} | {
        m for low, high, _ in record.stones.values() for m in (low, high)
    }
    times |= {seconds(one) for one in stated if isinstance(one, pd.Timestamp)}
    known = sorted(times)[:200]
    if exact:
        return any(abs(b - a - figure.value) <= half for n, a in enumerate(known) for b in known[n + 1 :])
    return any(figure.meets(b - a - half, b - a + half) for n, a in enumerate(known) for b in known[n + 1 :])


def _near_values(
    anomaly: Anomaly, figure: Figure, statement: Statement, record: Record
) -> Iterator[tuple[float, float]]:
    """Where nothing is stated: what the series showed before, at its worst, and around the statement's times."""
    metric = record.metrics.get(anomaly.signal.id)
    by = scale(figure, anomaly.signal.unit)
    for series in series_of(metric, record, columns=[anomaly.column]) if metric is not None else ():
        yield from _beside(series, metric, statement, record, by)
        if len(series.before):
            low, high = np.quantile(series.before, (0.25, 0.75)) * by
            yield float(low), float(high)
    least, most = sorted((anomaly.level * by, anomaly.peak * by))
    yield least, most


def _beside(
    series: Series, metric: Metric | None, statement: Statement, record: Record, by: float
) -> Iterator[tuple[float, float]]:
    """Least and most that a series showed around each time of a statement: a phase has figures of its own."""
    window = record.incident.evidence.window
    start, step = seconds(window.baseline_start), window.step_s
    for time in statement.times:
        for low, high in time.may_be if metric is not None else ():
            first, last = int((low - _PHASE_S - start) // step), int((high + _PHASE_S - start) // step) + 1
            values = metric.values[series.column].to_numpy(dtype=float)[max(0, first) : max(0, last)]  # type: ignore[union-attr]
            values = values[np.isfinite(values)]
            if len(values):
                yield float(values.min()) * by, float(values.max()) * by


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
