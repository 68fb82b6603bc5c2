"""How long: "time to detect: 5 min", "the outage lasted an hour and a half", "25 minutes after the deploy"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from reconstruct.model.verification import Finding, Shown
from reconstruct.verify.claims import translations
from reconstruct.verify.claims.hits import Hit
from reconstruct.verify.claims.judging import Case, services_in
from reconstruct.verify.claims.read import Told, claim_of
from reconstruct.verify.claims.relative import RELATIVE
from reconstruct.verify.folding import AnyCase
from reconstruct.verify.quantities import Figure
from reconstruct.verify.record import Record
from reconstruct.verify.statements import Statement

_LABELS: Final[tuple[tuple[str, AnyCase], ...]] = (
    (
        "detect",
        AnyCase(
            r"\b(?:(?:mean )?time[ -]to[ -](?:detect\w*|discover\w*|notice)|m?ttd|detection (?:time|delay|took)"
            r"|(?:detected|noticed|learn(?:ed|t) of it|knew of it) within|took (?:us |the team |them"
            r" )?(?=[^.;]{0,32}\bto (?:detect"
            r"|notice|discover|find out))|detected (?:it |this |the \w+ )?(?=.{0,20}\b(?:after|later)\b)"
            r"|until (?:it was )?detect\w*|detection(?=: [^.;]{0,24}\bafter\b))\b"
        ),
    ),
    ("mitigate", AnyCase(r"\b(?:(?:mean )?time[ -]to[ -]mitigat\w*|m?ttm)\b")),
    ("detect-mitigate", AnyCase(r"\bdetection to mitigation\b")),
    ("mitigate-recover", AnyCase(r"\bmitigation to recovery\b")),
    (
        "recover",
        AnyCase(
            r"\b(?:(?:mean )?time[ -]to[ -](?:re(?:cover|solv|stor|pair)\w*|fix|full recovery)|m?ttr"
            r"|took (?:us |the team |them |it )?(?=[^.;]{0,32}\bto (?:recover|restore|fix it|resolve it))"
            r"|resolution time|recovery time|total (?:duration|downtime|time)|how long)\b"
        ),
    ),
    (
        "recover",
        AnyCase(
            r"(?:^|[|*:(\s])(?:impact |incident |outage |total )?(?:duration|dauer|durée|duración|(?:service"
            r" )?downtime)(?: of"
            r" (?:the )?(?:impact|incident"
            r"|outage))?\s*[:|*–-]"
        ),
    ),
    (
        "recover",
        AnyCase(
            r"\b(?:outage|incident|disruption|impact|downtime|degradation"
            r"|interruption)\b(?:(?! after).){0,40}\b(?:lasted|last(?:ing|s)|went on|continued|persisted|took"
            r"|of|for|was|over)\b"
        ),
    ),
    (
        "recover",
        AnyCase(
            r"\b(?:was|were) (?:completely |fully |partially |largely )?(?:down|unavailable|degraded"
            r"|unreachable|offline|slow|affected|impacted|inaccessible|malfunctioning) for\b|\bfail(?:ed|ing) for\b"
            r"|\b(?:unable to|could not|do without)\b[^.;]{0,40} for\b|\b(?:lasted|lasting)\b"
            rf"|\b(?:{'|'.join(translations.LASTED)})\b"
        ),
    ),
    (
        "recover",
        AnyCase(r"-(?:minute|hour|min)s?(?:-long)? (?:outage|incident|disruption|downtime|degradation)"),
    ),
)
_FOREIGN: Final = AnyCase(
    r"\b(?:deploy(?:ment)?|rollout|rollback|release|migration|restart|build|backup|job|query|queries|request"
    r"|requests|transaction|call|meeting|investigation|review|failover|requests? took|last (?:week|month|year)"
    r"|previous|earlier incident|slo|sla|objective|target|budget|maintenance|time-?out|window of|retention)\b"
)
_CLOCKED: Final = re.compile(
    r"(?<![\d:])(\d{1,2}):([0-5]\d)(?::([0-5]\d))?(?![\d:])(?!\s?(?:UTC|[ap]\.?m|[A-Z]{2,4}\b))"
)
_BEHIND: Final = 24
"""Characters behind a label within which its length of time stands."""
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
    if not _may_tell(statement) or statement.hedged:
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


def _may_tell(statement: Statement) -> bool:
    """Whether there is a length of time in a statement or right behind it at all."""
    return any(f.kind == "seconds" for f in statement.figures) or bool(
        _CLOCKED.search(statement.passage.text, statement.start, statement.end + _BEHIND)
    )


_OF_OUTAGE: Final = AnyCase(
    r" of (?:\w+ )?(?:degraded|downtime|outage|disruption|errors|unavailability|impact|slow\w*|degradation)\b"
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
    between = statement.passage.text[end : behind.start] if behind else statement.passage.text[end : end + _BEHIND]
    clocked = _CLOCKED.search(between)
    if (
        clocked
        and what != "recover-range"
        and not any(t.written.role for t in statement.times if t.written.start >= end)
    ):
        first = end + clocked.start()
        if not re.search(r"\b(?:at|from|since|until|by)\s+$", statement.passage.text[:first][-8:]):
            return _clocked_figure(clocked, end)
    if behind is not None and RELATIVE.match(statement.passage.text, behind.end) and what == "recover":
        word = RELATIVE.match(statement.passage.text, behind.end)
        if word and word["word"].lower() in ("later", "earlier", "before", "into"):
            return None
    return behind


def _clocked_figure(match: re.Match[str], by: int) -> Figure:
    """`1:31` beside a label: hours and minutes, or minutes and seconds, whichever fits."""
    hours = int(match[1]) * 3600.0 + int(match[2]) * 60.0 + int(match[3] or 0)
    return Figure(by + match.start(), by + match.end(), match[0], "seconds", hours, hours - 30.0, hours + 30.0)


_ENDS: Final = {
    "time_to_detect_s": "detected",
    "time_to_mitigate_s": "mitigated",
    "detect_to_mitigate_s": "mitigated",
    "mitigate_to_recover_s": "recovered",
    "time_to_recover_s": "recovered",
}
"""The milestone that a length of time ends with."""


def _source(stone: str, record: Record) -> str:
    """The first evidence of a milestone; "" where there is none."""
    return next(iter(record.stones[stone][2]), "") if stone in record.stones else ""


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
            shown = Shown("duration", name, _source(_ENDS[name], record), facts={"value_s": duration.value_s})
            yield duration.low_s, duration.high_s, shown
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
        shown = Shown("duration", "detect_to_recover_s", record.firings[0].alert.id, facts={"value_s": size})
        yield size, size, shown
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
        ends = [(one.resolved, one.alert.id) for one in record.firings if one.resolved is not None]
        if ends:
            end, last = max(ends, key=lambda one: one[0])
            yield (
                end - start,
                end - start,
                Shown("duration", "onset_to_last_alert_s", last, facts={"value_s": end - start}),
            )
