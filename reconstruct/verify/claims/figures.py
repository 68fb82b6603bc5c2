"""Symptoms with a value: "p95 latency rose from 20 ms to 1.2 s", "33 % of requests failed", "CPU peaked at 98 %".

A figure is held against a signal only where the words say which: what is measured, whose, and which way it counts. Any
other figure, and any that a near word turns into something else (an objective, a cache, a fleet), is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np

from reconstruct.model import Anomaly, Metric, Signal
from reconstruct.model.facts import Fact, Quantity
from reconstruct.model.verification import Finding, Shown, Verdict
from reconstruct.verify.calendar_dates import DAY_S
from reconstruct.verify.claims.alerts import note_near
from reconstruct.verify.claims.clues import is_confidence
from reconstruct.verify.claims.hits import Hit
from reconstruct.verify.claims.judging import Case, finding, off, outside, services_in, shown_alert
from reconstruct.verify.claims.read import Told, claim_of
from reconstruct.verify.claims.stated import facts_told
from reconstruct.verify.claims.topics import LAYERS, topics
from reconstruct.verify.clock_times import Placed
from reconstruct.verify.folding import AnyCase
from reconstruct.verify.quantities import Figure, fits_unit, scale
from reconstruct.verify.record import Record, Series, seconds, series_of
from reconstruct.verify.statements import Statement
from reconstruct.verify.vocabulary import phrase

Role = Literal["from", "to", "peak", "low", "any"]
"""Before it, after it, the most, what it fell to, or not said."""

_NOT_MEASURED: Final = AnyCase(
    r"\b(?:limits?|slos?|slas?|objectives?|budgets?|targets?|thresholds?|time-?outs?|quotas?|raised (?:to|the)"
    r"|lowered|configured|set (?:to|at)"
    r"|load[- ]?tests?|stress[- ]?tests?|staging|benchmarks?"
    r"|provisioned|allocated|reserved|capacity|usually|normally|typically|yesterday|last (?:week|month|year"
    r"|time)|next|cache[ds]?|hit rate|fleet|rolled out|rollout|canary"
    r"|customers?|users?|revenue|servers? (?:were|was)|instances? (?:were|was)|nodes? (?:were|was)"
    r"|pods? (?:were|was)|handles?|served from|confiden\w+|deployed to|of the time|faster|slower|cheaper|429s?"
    r"|4xx|404s?|403s?|401s?|rate[- ]limited|throttled)\b"
)
"""A figure beside these is what somebody set or wished, or counts something else."""
_FELL: Final = AnyCase(
    r"\b(?:fell|falls|fallen|dropped|drops|decreas\w+|improv\w+|went down|came down|recover\w+|back down)\b[^.;]*$"
)
"""What it fell from was no baseline."""
_TO: Final = AnyCase(
    r"\s*(?:[a-z]+ )?(?:to|->|→|–|up to)\s*(?:about |around |over |approximately |nearly |almost |~)?$"
)
_PEAK: Final = AnyCase(
    r"\b(?:peak(?:ed|ing|s)?|max(?:imum|ed)?|worst|up to|as (?:high|much) as|reach(?:ed|ing|es)|highest|topp?ed"
    r"|hit|climbed to|rose to|spiked to|jumped to|exceed\w*|went up to|rising to|increased to|grew to|above|over)\b"
)
_LENGTH: Final = AnyCase(
    r"\s*(?:later|after|earlier|long(?:er)?|more|less|of its|before (?:the|it|this)|old|ago|into|timeouts?"
    r"|window|interval|apart|delay)\b"
)
_FOR: Final = AnyCase(
    r"\b(?:for|lasted|after|within|every|step|time-?out of|last|took|takes|taking|the next|the first|over"
    r"|during|in)\s*(?:the\s*)?$"
)
_FAILED: Final = AnyCase(
    r"\b(?:of )?(?:all |the |our |user |http |incoming ){0,4}(?:requests?|calls?|traffic|responses?|queries|logins?"
    r"|orders?|checkouts?)\b(?: to [\w-]+| of [\w-]+)?(?: \w+){0,2}? (?:fail\w*|error\w*|lost|dropped|rejected"
    r"|(?:returned|answered|got|with|were|ended|met)(?: \w+){0,3} (?:5xx|50\d|errors?))\b"
    r"|\b(?:failed|failing|failure of) (?:requests?|calls?|responses?)\b"
    r"|\b(?:error rates?|error ratio|failure rates?|5xx(?: rates?| responses| errors)?|errors)\b"
)


_OWNER: Final = re.compile(
    r"\b(?:of|on|in|at|for)\s+(?:the |our |one |all |every |each )?(?P<one>[A-Za-z][\w-]*)(?:\s+(?P<two>host"
    r"|service|node|server|cluster|pod|vm|machine|instance)s?)?\b"
)
_ANYBODY_TEXT: Final = (
    "requests request traffic calls users customers peak most time times incident outage window period average"
    " total all service services"
    " worst average minutes minute seconds hours hour utc api site website system production application app backend"
    " day least first its it this that them orders logins payments cases"
)
_ANYBODY: Final = frozenset(_ANYBODY_TEXT.split())


_SOME: Final = re.compile(r"\b([A-Za-z][\w-]*) (?:requests?|calls?|responses?|traffic|queries)\b", re.IGNORECASE)
_ANY_REQUEST_TEXT: Final = (
    "of all the our user users customer http https incoming total failed failing these those such and"
    " service site every"
    " in with more to client failure or from some most"
)
_ANY_REQUEST: Final = frozenset(_ANY_REQUEST_TEXT.split())
"""Before "requests" these do not make it a part of them: "login requests" are."""


def _words(signal: Signal) -> frozenset[str]:
    return frozenset(phrase(f"{signal.title} {signal.id}"))


def _cpu(signal: Signal) -> bool:
    return signal.aspect == "utilisation" and ("cpu" in signal.tags or "cpu" in _words(signal))


@dataclass(frozen=True, slots=True)
class _Way:
    """How people call signals, and which they may mean."""

    pattern: AnyCase
    fits: Callable[[Signal], bool]
    exact: bool = False
    """The words leave no doubt on what is measured."""
    complement: Callable[[Signal], bool] | None = None
    """Signals of what is left over: memory in use is one minus what is available."""


def _w(pattern: str) -> AnyCase:
    return AnyCase(rf"\b(?:{pattern})\b")


_WAYS: Final[tuple[_Way, ...]] = (
    _Way(
        _w(
            r"(?:database|db|query|queries|statement|sql)(?: \w+){0,2} (?:latency|latencies|times?|durations?)"
            r"|(?:query|queries|statements?)(?: \w+){0,2} (?:took|takes|taking|needed)(?=.*\b(?:average|mean"
            r"|median)\b)"
        ),
        lambda s: s.aspect in ("latency", "saturation") and s.layer == "database",
    ),
    _Way(_w(r"(?:cpu|processor) pressure"), lambda s: "pressure" in _words(s) and "cpu" in _words(s), exact=True),
    _Way(_w(r"memory pressure"), lambda s: "pressure" in _words(s) and "memory" in _words(s), exact=True),
    _Way(
        _w(
            r"(?:database|db|postgres\w*|mysql)(?:['’]s)?(?: server)? (?:cpu|processor)(?: usage"
            r"| utili[sz]ation| load| time)?"
        ),
        lambda s: _cpu(s) and s.layer == "database",
        exact=True,
    ),
    _Way(
        _w(r"(?:host|machine|node|server) (?:cpu|processor)(?: usage| utili[sz]ation)?"),
        lambda s: _cpu(s) and s.layer == "host",
        exact=True,
    ),
    _Way(_w(r"cpu(?: usage| utili[sz]ation| load)?"), _cpu),
    _Way(
        _w(r"(?:available|free) memory|memory (?:available|free)"),
        lambda s: s.layer == "host" and "available" in _words(s) and "memory" in _words(s),
        exact=True,
    ),
    _Way(
        _w(r"(?:host|node|machine)(?:['’]s)? memory(?: usage| utili[sz]ation| use)?"),
        lambda s: s.layer == "host" and "memory" in _words(s) and "used" in _words(s),
        exact=True,
        complement=lambda s: s.layer == "host" and "available" in _words(s) and "memory" in _words(s),
    ),
    _Way(_FAILED, lambda s: s.aspect == "errors" and s.layer in ("edge", "app") and s.unit in ("ratio", "percent")),
    _Way(
        _w(r"latency|latencies|response times?|p\d{2}|\d{2}th percentile"),
        lambda s: s.aspect == "latency" and s.layer in ("edge", "app"),
    ),
    _Way(
        _w(r"request rate|throughput|requests? per second|rps"),
        lambda s: s.aspect == "traffic" and s.layer in ("edge", "app"),
    ),
)
_MINOR: Final = 2.0
"""An anomaly whose peak is so many times smaller than the worst of its signal is an aftershock."""
_BEFORE: Final = re.compile(r"\s*before\b")
_BACK: Final = 4
"""Parts of a statement before a figure in which its subject may stand."""
_PERCENTILE: Final = re.compile(r"\b(?:p(\d{2})\d?|(\d{2})th percentile)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Option:
    """One signal that a figure can be about, in the series that the statement speaks of."""

    metric: Metric
    series: tuple[Series, ...]
    anomalies: tuple[Anomaly, ...]
    inverted: bool = False

    def values(self, figure: Figure, take: Callable[[Series], float]) -> list[float]:
        """A statistic of each series in the figure's unit."""
        by = scale(figure, self.metric.signal.unit)
        found = [take(s) * by for s in self.series if len(s.during)]
        return [1.0 - v for v in found] if self.inverted else found


def judge_figures(statement: Statement, case: Case, time: Placed | None) -> Iterator[Finding]:
    """Whether figures beside a signal's name were its values."""
    if not statement.figures or statement.hedged:
        return
    if _last_named(statement) < 0 and not _titled(statement, case.record):
        return
    if _of_another_day(statement, case):
        return
    for n, figure in enumerate(statement.figures):
        if figure.signed or figure.kind == "bare" or _is_length(statement, figure) or is_confidence(statement, figure):
            continue
        if figure.kind == "seconds" and figure.value >= 300:
            continue  # no latency: a length of time
        part = _part(statement, figure)
        own = _own(statement, figure) or part
        if _NOT_MEASURED.search(own) or statement.negated(figure.start):
            continue
        found = list(_options(statement, own, part, figure, case.record))
        options = [o for o, _ in found if fits_unit(figure, o.metric.signal.unit)]
        if not options:
            continue
        exact = any(e for _, e in found)
        told = Told(statement, "symptom", Hit("symptom", figure.start, figure.end), time)
        role = _role(statement, n)
        yield _judged(told, figure, options, role, case, exact=exact, elsewhere=_elsewhere(part, case.record))


def _of_another_day(statement: Statement, case: Case) -> bool:
    """Whether the statement names a day of which the evidence knows nothing."""
    known = case.record
    days = [d for d in case.setting.dates(statement.text) if not d.ambiguous]
    return any(all(at + DAY_S <= known.known_from or at > known.known_until for at in d.may_be) for d in days)


def judge_symptom(told: Told, case: Case) -> Iterator[Finding]:
    """A symptom without a figure ("database CPU was excessive"): an alert about it that fires then, or a note."""
    time, record = told.time, case.record
    if time is None or outside(time, record):
        yield finding(told, "unverifiable", "outside" if time is not None else "not-measured", case=case)
        return
    wanted = topics(frozenset(phrase(told.text)))
    allowed = case.allowed(time.written)
    for one in record.firings:
        until = one.resolved if one.resolved is not None else record.known_until
        if wanted and wanted <= topics(one.words) and abs(off(time, one.fired, until)) <= allowed and not told.negated:
            yield finding(told, "confirmed", "matches", [shown_alert(one)], case=case)
            return
    note = note_near(told, case)
    if note is not None:
        yield finding(told, "confirmed", "matches", [note], case=case)
    else:
        yield finding(told, "unverifiable", "not-measured", case=case)


def _elsewhere(part: str, record: Record) -> bool:
    """Whether the words say whose it was, and the evidence knows none of that name."""
    kind = _SOME.search(part)
    if kind and kind[1].lower() not in _ANY_REQUEST and not services_in(record, kind[1]):
        return True
    for match in _OWNER.finditer(part):
        if match["one"].lower() not in (_ANYBODY | set(LAYERS) | {s.name.lower() for s in record.services}):
            return True
    return False


def _part(statement: Statement, figure: Figure) -> str:
    """The part of the statement around a figure, and what it continues."""
    text = statement.passage.text
    n = statement.segment(figure.start)
    first = max(0, n - 1)
    named = _last_named(statement)
    while first > max(0, n - _BACK) and statement.segments[first].start > named:
        first -= 1
    last = min(len(statement.segments) - 1, n + 1)
    start, end = statement.segments[first].start, statement.segments[last].end
    return text[start : min(end, statement.end)]


@lru_cache(maxsize=16)
def _last_named(statement: Statement) -> int:
    """Where a statement names for the last time what is measured; -1 where it names nothing."""
    text, start, end = statement.passage.text, statement.start, statement.end
    return max((match.start() for way in _WAYS for match in way.pattern.finditer(text, start, end)), default=-1)


def _own(statement: Statement, figure: Figure) -> str:
    """The figure's own part of the statement, where it names what is measured; "" where it does not."""
    one = statement.segments[statement.segment(figure.start)]
    text = statement.passage.text[one.start : min(one.end, statement.end)]
    return text if any(way.pattern.search(text) for way in _WAYS) else ""


def _is_length(statement: Statement, figure: Figure) -> bool:
    if figure.kind != "seconds":
        return False
    text = statement.passage.text
    return bool(
        _LENGTH.match(text, figure.end)
        or (
            _FOR.search(text[max(0, figure.start - 24) : figure.start])
            and not re.search(r"\b(?:over|took|takes|taking)\s*$", text[max(0, figure.start - 24) : figure.start])
        )
    )


def _options(
    statement: Statement, own: str, part: str, figure: Figure, record: Record
) -> Iterator[tuple[_Option, bool]]:
    exact = list(_named(statement, figure, record))
    if exact:
        for metric in exact:
            option = _option(metric, part, record)
            if option is not None:
                yield option, True
        return
    percentile = _PERCENTILE.search(own)
    wanted = f"p{percentile[1] or percentile[2]}" if percentile else ""
    for way in _WAYS:
        if not way.pattern.search(own):
            continue
        for metric in record.incident.evidence.metrics:
            signal = metric.signal
            inverted = way.complement is not None and way.complement(signal)
            if not (way.fits(signal) or inverted) or (wanted and wanted not in _words(signal)):
                continue
            option = _option(metric, part, record, inverted=inverted)
            if option is not None:
                yield option, way.exact or bool(wanted)
        return


def _named(statement: Statement, figure: Figure, record: Record) -> Iterator[Metric]:
    """Signals whose name or title stands before the figure, in the statement's words."""
    best: dict[str, int] = {}
    for place, size, one in _titled(statement, record):
        if place < figure.start:
            best[one] = max(best.get(one, 0), size)
    longest = max(best.values(), default=0)
    for one, size in best.items():
        if size == longest:
            yield record.metrics[one]


@lru_cache(maxsize=16)
def _titled(statement: Statement, record: Record) -> tuple[tuple[int, int, str], ...]:
    """Of every signal's name in a statement: where it stands first, of how many words it is, and the signal's id."""
    vocabulary = statement.vocabulary
    found = []
    for all_, words, one in record.title_words:
        if all_ <= vocabulary and (place := next(statement.places(words), None)) is not None:
            found.append((place[0], len(words), one))
    return tuple(found)


def _option(metric: Metric, part: str, record: Record, *, inverted: bool = False) -> _Option | None:
    services = services_in(record, part)
    layers = {LAYERS[w] for w in phrase(part) if w in LAYERS}
    columns = None
    if services and any(s.name for s in metric.services):
        columns = [n for n, s in enumerate(metric.services) if s.name in services]
        if not columns and metric.signal.layer not in layers:
            return None
        columns = columns or None
    series = tuple(series_of(metric, record, columns=columns))
    if not any(len(s.during) for s in series):
        return None
    anomalies = tuple(a for a in record.by_signal.get(metric.signal.id, ()) if columns is None or a.column in columns)
    return _Option(metric, series, anomalies, inverted)


def _role(statement: Statement, n: int) -> Role:
    figures, text = statement.figures, statement.passage.text
    figure = figures[n]
    if _FELL.search(text[max(statement.start, figure.start - 48) : figure.start]):
        return "low"
    if n + 1 < len(figures) and _joined(text, figure, figures[n + 1]):
        return "from"
    if n and _joined(text, figures[n - 1], figure):
        return "to"
    near = text[max(statement.start, figure.start - 48) : figure.start]
    if n and (behind := _BEFORE.match(text, figures[n - 1].end)):
        near = text[max(behind.end(), figure.start - 48) : figure.start]  # "44 ms before, 3.5 s during"
    if re.match(
        r"\s*(?:(?:had been|was|were|is|being) )?(?:before|usual|normal|otherwise|on (?:other|normal) days)\b",
        text[figure.end : figure.end + 32],
    ) or re.search(r"\b(?:before|baseline|usual\w*|normal\w*)\W*$", near):
        return "from"
    return "peak" if _PEAK.search(near) else "any"


def _joined(text: str, one: Figure, other: Figure) -> bool:
    between = text[one.end : other.start]
    ranged = re.search(
        r"\b(?:was|were|is|between|ranged(?: from)?|stayed(?: at)?)\s+$",
        text[max(0, one.start - 14) : one.start],
        re.IGNORECASE,
    )
    return not ranged and one.kind == other.kind and len(between) < 24 and bool(_TO.fullmatch(between))


def _judged(
    told: Told, figure: Figure, options: Sequence[_Option], role: Role, case: Case, *, exact: bool, elsewhere: bool
) -> Finding:
    """One signal that it fits is enough; wrong is only what fits none, where the words leave no doubt which is"
    " meant."""
    verdicts = [_against(figure, option, role, told.time, case.record) for option in options]
    order: tuple[Verdict, ...] = ("confirmed", "unverifiable", "contradicted")
    verdict = min(verdicts, key=order.index)
    kept = [o for o, v in zip(options, verdicts, strict=True) if v == verdict]
    if verdict == "contradicted" and (elsewhere or (not exact and figure.kind == "seconds")):
        verdict = "unverifiable"  # a request may take longer than any mean or percentile; which is meant is not said
    kept.sort(key=lambda o: not o.anomalies)
    shown = tuple(_shown(o) for o in kept[:2])
    claim = claim_of(told, subject=kept[0].metric.signal.title, value=figure.text, place=(figure.start, figure.end))
    reason = {"confirmed": "matches", "contradicted": "differs", "unverifiable": "lies-between"}[verdict]
    return Finding(claim, verdict, reason, shown)  # type: ignore[arg-type]


def _against(figure: Figure, option: _Option, role: Role, time: Placed | None, record: Record) -> Verdict:
    by = scale(figure, option.metric.signal.unit)
    usual = [a.baseline * by for a in option.anomalies] + [
        float(np.median(s.before)) * by for s in option.series if len(s.before)
    ]
    usual = [1.0 - v for v in usual] if option.inverted else usual
    highest = option.values(figure, lambda s: float(s.during.max()))
    lowest = option.values(figure, lambda s: float(s.during.min()))
    if role == "from":
        if any(figure.meets(v) for v in usual):
            return "confirmed"
        spans = [np.quantile(s.before, (0.05, 0.95)) * by for s in option.series if len(s.before)]
        inside = any(figure.meets(*map(float, span)) for span in spans)
        return "unverifiable" if inside or option.inverted else "contradicted"
    risen = bool(option.anomalies) and all(a.direction == "up" for a in option.anomalies) and not option.inverted
    top, bottom = max([*highest, *lowest]), min([*highest, *lowest])
    reached = [a.peak * by for a in option.anomalies] + [a.level * by for a in option.anomalies]
    reached = [1.0 - v for v in reached] if option.inverted else reached
    if role == "any" and risen and option.metric.signal.aspect == "errors":
        # A share of requests is said of the whole; what was left near its end is not that.
        reached = [v for v in reached if v >= max(reached) / _MINOR]
        highest = [v for v in highest if v >= max(highest) / _MINOR]
    shares = [
        v
        for i in record.incident.explanation.impact
        if i.unit == "ratio" and option.metric.signal.aspect == "errors"
        for v in (i.share or i.value, i.value)
    ]
    if role in ("peak", "to") and figure.open:
        return "confirmed" if figure.meets(top) else "contradicted"
    stated = [v for v in _stated(option, record, figure) if not option.inverted]
    reached += [v for v in stated if role != "any" or not risen or v >= max(reached) / _MINOR]
    least = lowest if role == "low" or (role == "any" and not risen) else ()
    if any(figure.meets(v) for v in (*highest, *reached, *shares, *least)):
        return "confirmed"
    if time is not None and time.may_be and (there := _at(option, time, record, figure)):
        if any(figure.meets(min(v), max(v)) for v in there):
            return "confirmed"
        return "contradicted"
    if not figure.meets(min(bottom, *usual, *reached), max(_total(option, figure, top), *usual, *reached)):
        return "contradicted"
    middle = option.values(figure, lambda s: float(np.median(s.during)))
    if role in ("any", "low") and any(figure.meets(v) for v in middle):
        return "confirmed"
    if role in ("any", "to") and risen and option.metric.signal.aspect == "errors":
        # Whatever it is a mean of, it is not below what half of the worst anomaly's samples passed.
        return "contradicted" if figure.high < max(a.level for a in option.anomalies) * by / 2 else "unverifiable"
    if role == "peak" and risen:
        # However it is smoothed, a peak is at least what half of the anomaly's samples passed.
        passed = min(a.level for a in option.anomalies) * by
        return "contradicted" if figure.high < min(passed, max(highest)) else "unverifiable"
    return "unverifiable"


def _stated(option: _Option, record: Record, figure: Figure) -> Iterator[float]:
    """What the incident itself states of the option's anomalies: a phase's mean, a step's before and after."""
    told = facts_told(record.incident, frozenset(a.id for a in option.anomalies), whole=False)
    for one in told:
        if isinstance(one, Quantity) and one.unit == option.metric.signal.unit:
            yield one.value * scale(figure, one.unit)


def _at(option: _Option, time: Placed, record: Record, figure: Figure) -> list[list[float]]:
    """What the series showed around a time, each in the figure's unit."""
    window = record.incident.evidence.window
    start, step = seconds(window.baseline_start), window.step_s
    by = scale(figure, option.metric.signal.unit)
    found = []
    for low, high in time.may_be:
        first, last = int((low - 180 - start) // step), int((high + 180 - start) // step) + 1
        for series in option.series:
            values = option.metric.values[series.column].to_numpy(dtype=float)[max(0, first) : max(0, last)]
            values = values[np.isfinite(values)]
            if len(values):
                told = [1.0 - float(v) * by if option.inverted else float(v) * by for v in (values.min(), values.max())]
                found.append(told)
    return found


def _total(option: _Option, figure: Figure, top: float) -> float:
    """The most that the samples, or their sum where one adds such figures up, can be meant to show."""
    if len(option.series) > 1 and option.metric.signal.unit not in ("seconds", "ratio", "percent"):
        return max(top, sum(option.values(figure, lambda s: float(s.during.max()))))
    return top


def _shown(option: _Option) -> Shown:
    signal = option.metric.signal
    facts: dict[str, Fact]
    if option.anomalies:
        a = max(option.anomalies, key=lambda a: a.score)
        facts = {
            "baseline": Quantity(a.baseline, signal.unit),
            "peak": Quantity(a.peak, signal.unit),
            "inverted": option.inverted,
        }
        return Shown("anomaly", signal.title, a.id, a.onset.earliest, a.onset.latest, facts=facts)
    values = [s for s in option.series if len(s.during)]
    low, high = min(float(s.during.min()) for s in values), max(float(s.during.max()) for s in values)
    facts = {"low": Quantity(low, signal.unit), "high": Quantity(high, signal.unit), "inverted": option.inverted}
    return Shown("value", signal.title, option.metric.query, facts=facts)
