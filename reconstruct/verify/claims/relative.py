"""Times that are told from another: "five minutes after the deploy", "25 minutes later", "three minutes after that"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from reconstruct.model.instants import MAX_SPAN_S
from reconstruct.verify.claims.judging import Case
from reconstruct.verify.clock_times import Placed, Written
from reconstruct.verify.record import Record
from reconstruct.verify.statements import Statement

RELATIVE: Final = re.compile(
    r"\s*(?P<word>later|earlier|after|before|into|from|prior to|past)\b(?:\s+(?P<what>[^,;.|()]{0,60}))?", re.IGNORECASE
)
"""What follows a length of time that is counted from something."""
_CHAINED: Final = re.compile(r"(?:that|this|which|it)\b(?!\s+\w+ (?:began|started))", re.IGNORECASE)


def with_relative(statement: Statement, case: Case) -> Statement:
    """The statement with its relative times among its times."""
    found = tuple(_relative_times(statement, case))
    if not found:
        return statement
    return replace(statement, times=tuple(sorted((*statement.times, *found), key=lambda t: t.written.start)))


def _relative_times(statement: Statement, case: Case) -> Iterator[Placed]:
    """The moment of each; none where nothing tells from when it counts."""
    text = statement.passage.text
    last = case.last
    for figure in statement.figures:
        if figure.kind != "seconds" or figure.signed or not figure.value <= MAX_SPAN_S:
            continue
        match = RELATIVE.match(text, figure.end)
        if match is None or match.end("word") > statement.end:
            continue
        word, what = match["word"].lower(), (match["what"] or "").lower()
        if word in ("from", "past", "into"):
            continue
        before = [t for t in statement.times if t.may_be and t.written.start < figure.start]
        if before and (last is None or last.written.start < before[-1].written.start):
            last = before[-1]
        chained = word in ("later", "earlier") or bool(_CHAINED.match(what))
        spans = last.may_be if chained and last is not None else () if chained else anchor(what, case.record)
        if not spans:
            continue
        sign = -1.0 if word in ("earlier", "before", "prior to") else 1.0
        off = max(60.0 if figure.value >= 60 else 1.0, 0.05 * figure.value) / 2
        may_be = tuple((low + sign * figure.value - off, high + sign * figure.value + 2 * off) for low, high in spans)
        if word in ("later", "earlier"):
            end = match.end("word")
        elif chained:
            end = match.start("what") + len(what.split()[0])
        else:
            end = match.end()
        end = min(end, statement.end)
        written = Written(figure.start, end, text[figure.start : end].strip(), precision_s=2 * off, counted=True)
        last = Placed(written, may_be)
        yield last


def anchor(what: str, record: Record) -> tuple[tuple[float, float], ...]:
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
