"""How long: "time to detect: 5 min", "the outage lasted an hour and a half", "25 minutes after the deploy"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from reconstruct.model.instants import MAX_SPAN_S
from reconstruct.model.verification import Finding, Shown
from reconstruct.verify.claims.judging import Case, services_in
from reconstruct.verify.claims.read import Hit, Told, claim_of
from reconstruct.verify.clock_times import Placed, Written
from reconstruct.verify.quantities import Figure
from reconstruct.verify.record import Record
from reconstruct.verify.statements import Statement

_LABELS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    (
        "detect",
        re.compile(
            r"\b(?:(?:mean )?time[ -]to[ -](?:detect\w*|discover\w*|notice)|m?ttd|detection (?:time|delay|took)"
            r"|detected within|detected (?:it |this |the \w+ )?(?=.{0,20}\b(?:after|later)\b)"
            r"|until (?:it was )?detect\w*)\b",
            re.IGNORECASE,
        ),
    ),
    ("mitigate", re.compile(r"\b(?:(?:mean )?time[ -]to[ -]mitigat\w*|m?ttm)\b", re.IGNORECASE)),
    ("detect-mitigate", re.compile(r"\bdetection to mitigation\b", re.IGNORECASE)),
    ("mitigate-recover", re.compile(r"\bmitigation to recovery\b", re.IGNORECASE)),
    (
        "recover",
        re.compile(
            r"\b(?:(?:mean )?time[ -]to[ -](?:re(?:cover|solv|stor|pair)\w*|fix|full recovery)|m?ttr"
            r"|resolution time|recovery time|total (?:duration|downtime|time)|how long)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "recover",
        re.compile(
            r"(?:^|[|*:(\s])(?:impact |incident |outage |total )?duration(?: of (?:the )?(?:impact|incident"
            r"|outage))?\s*[:|*–-]",
            re.IGNORECASE,
        ),
    ),
    (
        "recover",
        re.compile(
            r"\b(?:outage|incident|disruption|impact|downtime|degradation"
            r"|interruption)\b(?:(?! after).){0,40}\b(?:lasted|last(?:ing|s)|went on|continued|persisted|took"
            r"|of|for|was|over)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "recover",
        re.compile(
            r"\b(?:was|were) (?:completely |fully |partially |largely )?(?:down|unavailable|degraded"
            r"|unreachable|offline|slow|affected|impacted|inaccessible|malfunctioning) for\b|\b(?:lasted|lasting)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "recover",
        re.compile(
            r"-(?:minute|hour|min)s?(?:-long)? (?:outage|incident|disruption|downtime|degradation)", re.IGNORECASE
        ),
    ),
)
_FOREIGN: Final = re.compile(
    r"\b(?:deploy(?:ment)?|rollout|rollback|release|migration|restart|build|backup|job|query|queries|request"
    r"|requests|transaction|call|meeting|investigation|review|failover|requests? took|last (?:week|month|year)"
    r"|previous|earlier incident|SLO|SLA|objective|target|budget|maintenance|time-?out|window of|retention)\b",
    re.IGNORECASE,
)
_RELATIVE: Final = re.compile(
    r"\s*(?P<word>later|earlier|after|before|into|from|prior to|past)\b(?:\s+(?P<what>[^,;.|()]{0,60}))?", re.IGNORECASE
)
_CLOCKED: Final = re.compile(
    r"(?<![\d:])(\d{1,2}):([0-5]\d)(?::([0-5]\d))?(?![\d:])(?!\s?(?:UTC|[ap]\.?m|[A-Z]{2,4}\b))"
)
_SHORTEST_S: Final = 30.0
"""No outage is shorter: such a figure behind "impact" is a latency."""
_SLACK_SHARE: Final = 0.25
"""Of a length of time so much may be off where the tolerance is longer: 20 min is not "about 15 s"."""
_SLACK_S: Final = 30.0


def judge_durations(statement: Statement, case: Case) -> Iterator[Finding]:
    """Whether lengths of time that are said of the incident are those between its milestones."""
    for what, figure in durations_in(statement):
        spans = list(_spans(what, case.record, services_in(case.record, statement.text)))
        place = (figure.start, figure.end)
        told = Told(statement, "duration", Hit("duration", *place), None)
        claim = claim_of(told, value=figure.text, place=place)
        if not spans:
            yield Finding(claim, "unverifiable", "not-measured")
            continue
        low, high = min(s[0] for s in spans), max(s[1] for s in spans)
        slack = min(case.tolerance_s, _SLACK_SHARE * figure.value + _SLACK_S)
        if what in ("detect-mitigate", "mitigate-recover") or figure.value < 120:
            slack = min(slack, 30.0)
        exact = [s[2] for s in spans if figure.meets(s[0] - slack, s[1] + slack)]
        if exact or figure.meets(low - slack, high + slack):
            yield Finding(claim, "confirmed", "matches", tuple(exact[:1] or [spans[0][2]]), tolerance_s=slack)
        elif _days_told(statement, case):
            yield Finding(claim, "unverifiable", "outside")
        else:
            yield Finding(claim, "contradicted", "differs", (spans[0][2],), tolerance_s=slack)


def _days_told(statement: Statement, case: Case) -> bool:
    """Whether the statement's own times lie where the evidence knows nothing: then it is of another day."""
    spans = [t for t in statement.times if t.may_be]
    known = case.record
    return bool(spans) and all(b < known.known_from or a > known.known_until for t in spans for a, b in t.may_be)


def durations_in(statement: Statement) -> Iterator[tuple[str, Figure]]:
    """The lengths of time that are said of the incident, and which."""
    text = statement.text
    taken: set[int] = set()
    if statement.hedged:
        return
    for what, pattern in _LABELS:
        for match in pattern.finditer(text):
            if (
                what == "recover"
                and match[0].lstrip()[:1] != "-"
                and _FOREIGN.search(text, 0, match.end())
                and not re.search(r"outage|incident|downtime|impact|duration|time to", text, re.IGNORECASE)
            ):
                continue
            figure = _figure_for(statement, match.start() + statement.start, match.end() + statement.start, what)
            if (
                figure is not None
                and figure.start not in taken
                and (
                    what != "recover"
                    or figure.value >= _SHORTEST_S
                    or match[0].lower().startswith(("time", "mean", "mtt", "tt"))
                )
                and not (what != "recover" and _other_label(text, match.end(), figure.start - statement.start))
            ):
                taken.add(figure.start)
                yield what, figure
    for figure in statement.figures:
        if (
            figure.kind == "seconds"
            and figure.start not in taken
            and _OF_OUTAGE.match(statement.passage.text, figure.end)
        ):
            taken.add(figure.start)
            yield "recover", figure


_OF_OUTAGE: Final = re.compile(
    r" of (?:\w+ )?(?:degraded|downtime|outage|disruption|errors|unavailability|impact|slow\w*|degradation)\b",
    re.IGNORECASE,
)


def _other_label(text: str, start: int, end: int) -> bool:
    return any(p.search(text, start, max(start, end)) for _, p in _LABELS[:5])


def _figure_for(statement: Statement, start: int, end: int, what: str) -> Figure | None:
    """The length of time right behind a label, before any other, or within it ("91-minute outage")."""
    of_time = [f for f in statement.figures if f.kind == "seconds" and not f.signed and f.value >= 1.0]
    if statement.passage.text[start] == "-":
        return next(
            (
                f
                for f in of_time
                if f.start < start < f.end + 1
                or f.end in (start, start + len("-minute"), start + len("-hour"), start + len("-min"))
            ),
            None,
        )
    behind = next((f for f in of_time if f.start >= end and f.start - end < 80), None)
    between = statement.passage.text[end : behind.start] if behind else statement.passage.text[end : end + 24]
    clocked = _CLOCKED.search(between)
    if (
        clocked
        and what != "recover-range"
        and not any(t.written.role for t in statement.times if t.written.start >= end)
    ):
        first = end + clocked.start()
        if not re.search(r"\b(?:at|from|since|until|by)\s+$", statement.passage.text[:first][-8:]):
            return _clocked_figure(clocked, end)
    if behind is not None and _RELATIVE.match(statement.passage.text, behind.end) and what == "recover":
        word = _RELATIVE.match(statement.passage.text, behind.end)
        if word and word["word"].lower() in ("later", "earlier", "before", "into"):
            return None
    return behind


def _clocked_figure(match: re.Match[str], by: int) -> Figure:
    """`1:31` beside a label: hours and minutes, or minutes and seconds, whichever fits."""
    hours = int(match[1]) * 3600.0 + int(match[2]) * 60.0 + int(match[3] or 0)
    return Figure(by + match.start(), by + match.end(), match[0], "seconds", hours, hours - 30.0, hours + 30.0)


def _spans(what: str, record: Record, services: Sequence[str]) -> Iterator[tuple[float, float, Shown]]:
    """Lengths of time of the evidence that a label may mean: least, most, and what they are."""
    incident = record.incident
    named = {
        "detect": ("time_to_detect_s",),
        "mitigate": ("time_to_mitigate_s", "detect_to_mitigate_s"),
        "detect-mitigate": ("detect_to_mitigate_s",),
        "mitigate-recover": ("mitigate_to_recover_s",),
        "recover": ("time_to_recover_s",),
    }[what]
    for name in named:
        if (duration := incident.durations.get(name)) is not None:
            yield duration.low_s, duration.high_s, Shown("duration", name, facts={"value_s": duration.value_s})
    if what != "recover":
        return
    for impact in incident.explanation.impact:
        size = (impact.end - impact.start).total_seconds()
        if not services or impact.service.name in services:
            yield (
                size,
                size,
                Shown(
                    "impact",
                    impact.service.name,
                    next(iter(impact.evidence), ""),
                    impact.start,
                    impact.end,
                    facts={"value_s": size},
                ),
            )
    if "recovered" in record.stones and record.firings:
        size = record.stones["recovered"][1] - record.firings[0].fired
        yield size, size, Shown("duration", "detect_to_recover_s", facts={"value_s": size})
    if "onset" in record.stones:
        start = record.stones["onset"][0]
        for note in record.happenings:
            if (
                note.event.kind == "note"
                and re.search(r"\b(?:normal|restored|recovered|resolved|over)\b", note.event.title, re.IGNORECASE)
                and note.low > start
            ):
                yield (
                    note.low - start,
                    note.high - start,
                    Shown(
                        "note",
                        note.event.title,
                        note.event.id,
                        note.event.time,
                        note.event.time,
                        facts={"value_s": note.low - start},
                    ),
                )
        ends = [one.resolved for one in record.firings if one.resolved is not None]
        if ends:
            size = max(ends) - start
            yield size, size, Shown("duration", "onset_to_last_alert_s", facts={"value_s": size})


def relative_time(statement: Statement, case: Case) -> Placed | None:
    """The moment of `five minutes after the deploy` and of `25 minutes later`; None where nothing tells from when."""
    if any(t for t in statement.times):
        return None
    text = statement.passage.text
    for figure in statement.figures:
        if figure.kind != "seconds" or figure.signed or not figure.value <= MAX_SPAN_S:
            continue
        match = _RELATIVE.match(text, figure.end)
        if match is None or match.end("word") > statement.end:
            continue
        word, what = match["word"].lower(), (match["what"] or "").lower()
        anchors = (
            [case.last.may_be]
            if word in ("later", "earlier") and case.last is not None
            else [_anchor(what, case.record)]
        )
        spans = [span for anchor in anchors for span in anchor]
        if not spans or word in ("from", "past", "into"):
            continue
        sign = -1.0 if word in ("earlier", "before", "prior to") else 1.0
        off = max(60.0 if figure.value >= 60 else 1.0, 0.05 * figure.value) / 2
        may_be = tuple((low + sign * figure.value - off, high + sign * figure.value + 2 * off) for low, high in spans)
        end = min(match.end("word") if word in ("later", "earlier") else match.end(), statement.end)
        return Placed(Written(figure.start, end, text[figure.start : end].strip(), precision_s=2 * off), may_be)
    return None


def _anchor(what: str, record: Record) -> tuple[tuple[float, float], ...]:
    """What something is said to be after or before."""
    if re.search(r"\b(?:roll ?back|revert)", what):
        return tuple((one.low, one.end or one.high) for one in record.happenings if one.event.kind == "rollback")
    if re.search(r"\b(?:deploy|release|rollout|push)", what):
        triggers = {h.trigger for h in record.incident.explanation.hints[:1]}
        ours = [one for one in record.happenings if one.event.id in triggers]
        ours = ours or [one for one in record.happenings if one.event.kind == "deploy"]
        return tuple((one.low, one.end or one.high) for one in ours)
    for name, pattern in (
        ("detected", r"alert|detect|page\b"),
        ("onset", r"onset|it (?:began|started)|start|began|begin|outage|incident|impact"),
        ("recovered", r"recover|restor|resol"),
        ("mitigated", r"mitigat"),
    ):
        if re.search(rf"\b(?:{pattern})", what) and name in record.stones:
            return (record.stones[name][:2],)
    return ()
