"""Symptoms with a value: "p95 latency rose from 20 ms to 1.2 s", "33 % of requests failed", "CPU peaked at 98 %".

A figure is held against a signal only where the words say which: what is measured, whose, and which way it counts. Any
other figure, and any that a near word turns into something else (an objective, a cache, a fleet), is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from reconstruct.model.verification import Finding, Verdict
from reconstruct.verify.calendar_dates import DAY_S
from reconstruct.verify.claims.alerts import note_near
from reconstruct.verify.claims.clues import is_confidence
from reconstruct.verify.claims.figure_options import Option, options_for, shown_at, shown_of, stated, total
from reconstruct.verify.claims.figure_roles import Role, role_of
from reconstruct.verify.claims.hits import Hit
from reconstruct.verify.claims.judging import Case, finding, off, outside, services_in, shown_alert
from reconstruct.verify.claims.read import Told, claim_of
from reconstruct.verify.claims.signal_words import WAYS, last_named, titled
from reconstruct.verify.claims.topics import LAYERS, topics
from reconstruct.verify.clock_times import Placed
from reconstruct.verify.folding import AnyCase
from reconstruct.verify.quantities import Figure, fits_unit, scale
from reconstruct.verify.record import Record
from reconstruct.verify.statements import Statement
from reconstruct.verify.vocabulary import phrase

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
_LENGTH: Final = AnyCase(
    r"\s*(?:later|after|earlier|long(?:er)?|more|less|of its|before (?:the|it|this)|old|ago|into|timeouts?"
    r"|window|interval|apart|delay)\b"
)
_FOR: Final = AnyCase(
    r"\b(?:for|lasted|after|within|every|step|time-?out of|last|took|takes|taking|the next|the first|over"
    r"|during|in)\s*(?:the\s*)?$"
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
_MINOR: Final = 2.0
"""An anomaly whose peak is so many times smaller than the worst of its signal is an aftershock."""
_BACK: Final = 4
"""Parts of a statement before a figure in which its subject may stand."""


def judge_figures(statement: Statement, case: Case, time: Placed | None) -> Iterator[Finding]:
    """Whether figures beside a signal's name were its values."""
    if not statement.figures or statement.hedged:
        return
    if last_named(statement) < 0 and not titled(statement, case.record):
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
        found = list(options_for(statement, own, part, figure, case.record))
        options = [o for o, _ in found if fits_unit(figure, o.metric.signal.unit)]
        if not options:
            continue
        exact = any(e for _, e in found)
        told = Told(statement, "symptom", Hit("symptom", figure.start, figure.end), time)
        role = role_of(statement, n)
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
    named = last_named(statement)
    while first > max(0, n - _BACK) and statement.segments[first].start > named:
        first -= 1
    last = min(len(statement.segments) - 1, n + 1)
    start, end = statement.segments[first].start, statement.segments[last].end
    return text[start : min(end, statement.end)]


def _own(statement: Statement, figure: Figure) -> str:
    """The figure's own part of the statement, where it names what is measured; "" where it does not."""
    one = statement.segments[statement.segment(figure.start)]
    text = statement.passage.text[one.start : min(one.end, statement.end)]
    return text if any(way.pattern.search(text) for way in WAYS) else ""


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


def _judged(
    told: Told, figure: Figure, options: Sequence[Option], role: Role, case: Case, *, exact: bool, elsewhere: bool
) -> Finding:
    """One signal that it fits is enough; wrong is only what fits none, where the words are clear."""
    verdicts = [_against(figure, option, role, told.time, case.record) for option in options]
    order: tuple[Verdict, ...] = ("confirmed", "unverifiable", "contradicted")
    verdict = min(verdicts, key=order.index)
    kept = [o for o, v in zip(options, verdicts, strict=True) if v == verdict]
    if verdict == "contradicted" and (elsewhere or (not exact and figure.kind == "seconds")):
        verdict = "unverifiable"  # a request may take longer than any mean or percentile; which is meant is not said
    kept.sort(key=lambda o: not o.anomalies)
    shown = tuple(shown_of(o) for o in kept[:2])
    claim = claim_of(told, subject=kept[0].metric.signal.title, value=figure.text, place=(figure.start, figure.end))
    reason = {"confirmed": "matches", "contradicted": "differs", "unverifiable": "lies-between"}[verdict]
    return Finding(claim, verdict, reason, shown)  # type: ignore[arg-type]


def _against(figure: Figure, option: Option, role: Role, time: Placed | None, record: Record) -> Verdict:
    by = scale(figure, option.metric.signal.unit)
    usual = [a.baseline * by for a in option.anomalies] + [s.usual * by for s in option.series if len(s.before)]
    usual = [1.0 - v for v in usual] if option.inverted else usual
    highest = option.values(figure, lambda s: s.highest)
    lowest = option.values(figure, lambda s: s.lowest)
    if role == "from":
        if any(figure.meets(v) for v in usual):
            return "confirmed"
        spans = [(s.spread[0] * by, s.spread[1] * by) for s in option.series if len(s.before)]
        inside = any(figure.meets(*span) for span in spans)
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
    told = [v for v in stated(option, record, figure) if not option.inverted]
    reached += [v for v in told if role != "any" or not risen or v >= max(reached) / _MINOR]
    least = lowest if role == "low" or (role == "any" and not risen) else ()
    if any(figure.meets(v) for v in (*highest, *reached, *shares, *least)):
        return "confirmed"
    if time is not None and time.may_be and (there := shown_at(option, time, record, figure)):
        if any(figure.meets(min(v), max(v)) for v in there):
            return "confirmed"
        return "contradicted"
    if not figure.meets(min(bottom, *usual, *reached), max(total(option, figure, top), *usual, *reached)):
        return "contradicted"
    middle = option.values(figure, lambda s: s.middle)
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
