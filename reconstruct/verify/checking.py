"""The whole document: every claim of every statement, then the document against itself, and one verdict a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from reconstruct.model import Incident
from reconstruct.model.verification import Finding, Line, Verdict, Verification
from reconstruct.verify.claims.alerts import judge_alert
from reconstruct.verify.claims.causes import judge_causes, names_cause
from reconstruct.verify.claims.changes import judge_change
from reconstruct.verify.claims.durations import judge_durations, relative_time
from reconstruct.verify.claims.figures import judge_figures, judge_symptom
from reconstruct.verify.claims.gaps import judge_gap
from reconstruct.verify.claims.judging import TOLERANCE_S, Case
from reconstruct.verify.claims.milestones import judge_detection, judge_mitigation, judge_recovery, judge_start
from reconstruct.verify.claims.people import judge_human, judge_users
from reconstruct.verify.claims.read import Hit, Told, claim_of, hits, timed
from reconstruct.verify.claims.references import KINDS, cites_own, judge_cited, judge_ids, judge_query, trusted_kinds
from reconstruct.verify.claims.unaffected import judge_unaffected
from reconstruct.verify.clock_times import Placed
from reconstruct.verify.consistency import Said, against_itself
from reconstruct.verify.document import Form, read_document
from reconstruct.verify.omissions import left_out
from reconstruct.verify.passages import pieces
from reconstruct.verify.reading import setting_of
from reconstruct.verify.record import Record
from reconstruct.verify.statements import Statement, cited_in, statements

_WEIGHT: Final[tuple[Verdict, ...]] = ("contradicted", "confirmed", "human", "unverifiable")
"""A line of several claims has the first verdict of these that one of them has."""
_JUDGES: Final = {
    "change": judge_change,
    "alert": judge_alert,
    "start": judge_start,
    "recovery": judge_recovery,
    "mitigation": judge_mitigation,
    "detection": judge_detection,
    "escalation": judge_human,
    "human": judge_human,
    "gap": judge_gap,
}


def verify(
    text: str, incident: Incident, *, zone: str = "UTC", tolerance_s: float = TOLERANCE_S, form: Form = "auto"
) -> Verification:
    """Hold every claim of a postmortem against the evidence, and against the rest of the document.

    Parameters
    ----------
    text : str
        Markdown, plain text or HTML: our own draft, edited or not, or written by hand.
    incident : Incident
        From `reconstruct.draft`, over the evidence of the same window.
    zone : str
        IANA name of the zone of times that tell none; a document that says "all times ..." is believed first.
    tolerance_s : float
        Seconds that a time written to the minute may be off; one written to the second at most a minute of it.
    form : {"auto", "markdown", "text", "html"}
        What it is written in.
    """
    passages = read_document(text, form=form)
    record = Record(incident)
    record = replace(record, trusted=trusted_kinds([c for p in passages for c in cited_in(p)], record))
    setting = setting_of(passages, record, zone=zone)
    case = Case(record, setting, tolerance_s)
    findings: list[Finding] = []
    said: list[Said] = []
    told: list[Statement] = []
    silent = 0
    above: Statement | None = None
    for passage in passages:
        if passage.kind == "code":
            findings += judge_query(passage, above, case)
            continue
        above = None
        setting.enter(passage)
        found: list[Finding] = []
        for piece in pieces(passage):
            for statement in statements(piece, setting):
                above = above or statement
                told.append(statement)
                mine = list(_judged(statement, case, first=statement is above))
                found += mine
                said += [Said(statement, one) for one in mine]
        findings += found
        silent += not found
    findings += against_itself(said, told, passages, case)
    lines = tuple(_lines(text, findings))
    foreign = tuple(k for k in KINDS if k not in record.trusted)
    return Verification(
        lines,
        silent,
        setting.zone.text,
        tolerance_s,
        tuple(left_out(said, passages, record, tolerance_s=tolerance_s)),
        foreign,
    )


def _judged(statement: Statement, case: Case, *, first: bool) -> Iterator[Finding]:
    if statement.cited and first:
        yield from judge_ids(statement, case)
    if statement.passage.ahead or statement.question:
        return
    if cites_own(statement, case.record):
        yield from judge_cited(statement, case)
        return
    if statement.passage.kind == "heading" and not statement.times:
        return
    found = hits(statement, case.record)
    taken: set[tuple[int, int]] = set()
    for one in _said(statement, found, case):
        for finding in one:
            taken.add((finding.claim.line, finding.claim.column))
            yield finding
    time = statement.stamp or (statement.times[0] if len(statement.times) == 1 else None)
    for finding in judge_figures(statement, case, time):
        yield finding
    yield from judge_durations(statement, case)
    yield from judge_users(statement, case)
    if not statement.times:
        yield from judge_unaffected(statement, case)
    yield from judge_causes(statement, case)


def _said(statement: Statement, found: Sequence[Hit], case: Case) -> Iterator[Iterator[Finding]]:
    told = list(timed(statement, found))
    if not told and (relative := relative_time(statement, case)) is not None and found:
        main = next(
            (h for h in found if not h.below and not relative.written.start <= h.start < relative.written.end), None
        )
        if main is not None and main.kind not in ("human", "escalation"):
            told = [Told(statement, main.kind, main, relative)]
    for one in told:
        yield _one(one, case)
    if not statement.times:
        for hit in found:
            spoken_of = statement.versions and not names_cause(statement)
            if hit.kind == "change" and not hit.below and (spoken_of or statement.negated(hit.start)):
                yield judge_change(Told(statement, "change", hit, None), case)
                break
    spoken = [t for t in statement.times if t.may_be and t.written.role != "until"]
    if spoken:
        case.last = spoken[-1]
    elif told and told[0].time is not None:
        case.last = told[0].time


def _one(told: Told, case: Case) -> Iterator[Finding]:
    time: Placed | None = told.time
    if time is not None and not time.may_be:
        yield Finding(claim_of(told), "unverifiable", "unread", facts={"why": time.written.unread})
        return
    if told.statement.hedged and told.kind not in ("human", "escalation"):
        yield Finding(claim_of(told), "unverifiable", "hedged")
        return
    if told.kind == "unaffected":
        yield from judge_unaffected(told.statement, case, told)
        return
    judge = _JUDGES.get(told.kind)
    if judge is not None:
        yield from judge(told, case)
    elif told.kind == "symptom":
        figures = list(judge_figures(told.statement, case, time))
        if not figures:
            yield from judge_symptom(told, case)
    else:
        yield from _other(told, case)


def _other(told: Told, case: Case) -> Iterator[Finding]:
    """A time of something that no kind fits: a note in like words may say the same."""
    from reconstruct.verify.claims.alerts import note_near

    note = note_near(told, case)
    if note is not None:
        yield Finding(claim_of(told), "confirmed", "matches", (note,))
    else:
        yield Finding(claim_of(told), "unverifiable", "nothing-named")


def _lines(text: str, findings: Sequence[Finding]) -> Iterator[Line]:
    source = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    by_line: dict[int, list[Finding]] = {}
    for finding in {(f.claim, f.reason, f.other_line): f for f in findings}.values():
        by_line.setdefault(finding.claim.line, []).append(finding)
    for number in sorted(by_line):
        mine = tuple(sorted(by_line[number], key=lambda f: f.claim.column))
        verdict = next(v for v in _WEIGHT if any(f.verdict == v for f in mine))
        shown = source[number - 1].strip() if number <= len(source) else ""
        yield Line(number, shown, verdict, mine)
