"""The whole document: every claim of every statement, then the document against itself, and one verdict a line."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from reconstruct.model import Incident
from reconstruct.model.verification import Claim, Finding, Line, Verdict, Verification
from reconstruct.verify.administrative import is_administrative
from reconstruct.verify.claims.alerts import judge_alert, note_near
from reconstruct.verify.claims.causes import judge_causes
from reconstruct.verify.claims.changes import judge_change
from reconstruct.verify.claims.durations import judge_durations
from reconstruct.verify.claims.figures import judge_figures, judge_symptom
from reconstruct.verify.claims.gaps import judge_gap
from reconstruct.verify.claims.hits import Hit, hits
from reconstruct.verify.claims.id_names import KINDS, judge_ids, trusted_kinds
from reconstruct.verify.claims.judging import TOLERANCE_S, Case, outside
from reconstruct.verify.claims.milestones import judge_detection, judge_mitigation, judge_recovery, judge_start
from reconstruct.verify.claims.people import judge_human, judge_users
from reconstruct.verify.claims.read import Told, claim_of, timed
from reconstruct.verify.claims.references import cites_own, judge_cited, judge_query
from reconstruct.verify.claims.relative import with_relative
from reconstruct.verify.claims.unaffected import judge_unaffected
from reconstruct.verify.claims.untimed import judge_untimed
from reconstruct.verify.clock_times import Placed
from reconstruct.verify.consistency import Said, against_itself
from reconstruct.verify.document import Form, read_document
from reconstruct.verify.drafted import Drafts, OwnLines, judge_copy, own_lines
from reconstruct.verify.omissions import left_out
from reconstruct.verify.passages import Passage, pieces
from reconstruct.verify.reading import State, setting_of
from reconstruct.verify.record import Record
from reconstruct.verify.statements import Statement, cited_in, statements

_WEIGHT: Final[tuple[Verdict, ...]] = ("contradicted", "confirmed", "human", "unverifiable")
"""A line of several claims has the first verdict of these that one of them has."""
MAX_STATEMENTS: Final = 4_000
"""Different sentences that are judged; no postmortem has so many. What comes after is unread, and that is said."""
MAX_CHARACTERS: Final = 300_000
"""Characters of different passages that are judged: fifty thousand words."""
MOST_TIMES: Final = 40
"""No sentence tells more times; one that does is not read."""
_RELATIVE: Final = re.compile(r"\b(?:later|earlier)\b")
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
    text: str,
    incident: Incident,
    *,
    zone: str = "UTC",
    tolerance_s: float = TOLERANCE_S,
    form: Form = "auto",
    drafts: Drafts | None = None,
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
    drafts : callable returning texts, optional
        What this version drafts of the incident, in all its forms, made when it is needed: lines of these stand.
    """
    passages = read_document(text, form=form)
    record = Record(incident)
    record = replace(record, trusted=trusted_kinds([c for p in passages for c in cited_in(p)], record))
    own = own_lines(text, passages, record, drafts)
    setting = setting_of(passages, record, zone=zone)
    case = Case(record, setting, tolerance_s)
    reader = _Reader(case, own)
    for passage in passages:
        reader.read(passage)
    findings = [*reader.findings, *_itself(reader, case)]
    if _of_another_time(reader.told, record):
        findings = [_open(one) for one in findings]
    return Verification(
        tuple(_lines(text, findings)),
        reader.silent,
        setting.zone.text,
        tolerance_s,
        tuple(left_out(reader.said, reader.distinct, record, tolerance_s=tolerance_s)),
        tuple(k for k in KINDS if k not in record.trusted),
    )


class _Reader:
    """What was found so far, and what was made of passages that come again: long documents take linear time."""

    def __init__(self, case: Case, own: OwnLines) -> None:
        self.case = case
        self.own = own
        self.drafted: set[int] = set()
        """Lines that are ours word for word."""
        self.findings: list[Finding] = []
        self.said: list[Said] = []
        self.told: list[Statement] = []
        self.distinct: list[Passage] = []
        self.silent = 0
        self._above: Statement | None = None
        self._seen: dict[Hashable, tuple[int, list[Finding], State]] = {}
        self._full = False
        self._read = 0

    def read(self, passage: Passage) -> None:
        """Judge a passage, or take over what was made of the same one in the same place."""
        case, setting = self.case, self.case.setting
        if passage.kind == "code":
            self.findings += judge_query(passage, self._above, case)
            return
        self._above = None
        if self.own.exact and self.own.has(passage):
            self.drafted.update(spot.line for spot in passage.spots)
        setting.enter(passage)
        first = passage.spots[0].line if passage.spots else 1
        key = _key(passage, case, first)
        before = self._seen.get(key)
        if before is not None:
            line, found, after = before
            self.findings += [_moved(one, first - line) for one in found]
            self.silent += not found
            setting.restore(after, passage)
            return
        if passage.kind == "unread" or self._spent():
            self._stop(passage)
            return
        found = self._judge(passage)
        self.distinct.append(passage)
        self.findings += found
        self.silent += not found
        if not any(s.passage.ticks for s in self.told[-1:]):
            self._seen[key] = (first, found, setting.state(passage))

    def _spent(self) -> bool:
        return len(self.told) >= MAX_STATEMENTS or self._read >= MAX_CHARACTERS

    def _stop(self, passage: Passage) -> None:
        """Say once from where on nothing was read."""
        if not self._full:
            self.findings.append(_unread(Statement(passage, 0, passage.text[:40], (), (), None, (), ()), "too-long"))
        self._full = True

    def _judge(self, passage: Passage) -> list[Finding]:
        found: list[Finding] = list(judge_copy(passage, self.own))
        ours = self.own.has(passage)
        for piece in pieces(passage):
            if self._spent():
                self._stop(piece)
                break
            self._read += len(piece.text)
            for statement in statements(piece, self.case.setting):
                self._above = self._above or statement
                if len(statement.times) > MOST_TIMES:
                    found.append(_unread(statement, "too-many-times"))
                    continue
                self.told.append(statement)
                mine = list(_judged(statement, self.case, first=statement is self._above))
                if ours:
                    mine = [one for one in mine if one.verdict != "contradicted"]
                found += mine
                self.said += [Said(statement, one) for one in mine]
        return found


def _of_another_time(told: Sequence[Statement], record: Record) -> bool:
    """Whether every time of the document lies where the evidence knows nothing: it tells of another incident."""
    times = [time for one in told for time in one.times if time.may_be]
    return bool(times) and all(outside(time, record) for time in times)


def _open(finding: Finding) -> Finding:
    if finding.verdict != "contradicted" or finding.reason.startswith("own-"):
        return finding
    return replace(finding, verdict="unverifiable", reason="outside", shown=())


def _itself(reader: _Reader, case: Case) -> Iterator[Finding]:
    """The document against itself; two lines that are ours word for word can only stand in the wrong order or zone."""
    for one in against_itself(reader.said, reader.told, reader.distinct, case):
        ours = one.claim.line in reader.drafted and one.other_line in reader.drafted
        if not ours or one.reason in ("own-order", "own-zone"):
            yield one


def _unread(statement: Statement, why: str) -> Finding:
    told = Told(replace(statement, text=statement.text[:40]), "other", None, None)
    return Finding(claim_of(told), "unverifiable", "unread", facts={"why": why})


def _key(passage: Passage, case: Case, first: int) -> Hashable:
    """All that the reading of a passage depends on, but the line that it stands in."""
    spots = tuple((s.offset, s.line - first, s.column) for s in passage.spots)
    last = case.last.may_be if case.last is not None and _RELATIVE.search(passage.text) else ()
    around = (passage.section, passage.kind, passage.cells, passage.breaks, passage.ticks)
    return passage.text, spots, around, case.setting.context(passage), last


def _moved(finding: Finding, by: int) -> Finding:
    # Not `replace`, which takes three times as long: a document may say the same a hundred thousand times.
    f, c = finding, finding.claim
    claim = Claim(
        c.kind,
        c.line + by,
        c.column,
        c.end_line + by,
        c.end_column,
        c.text,
        c.subject,
        c.time,
        c.until,
        c.value,
        c.negated,
    )
    return Finding(claim, f.verdict, f.reason, f.shown, f.facts, f.other_line, f.tolerance_s)


def _judged(statement: Statement, case: Case, *, first: bool) -> Iterator[Finding]:
    if statement.cited and first:
        yield from judge_ids(statement, case)
    if statement.passage.ahead or statement.question or (statement.times and is_administrative(statement)):
        return
    if cites_own(statement, case.record):
        yield from judge_cited(statement, case)
        return
    if statement.passage.kind == "heading" and not statement.times:
        return
    statement = with_relative(statement, case)
    found = hits(statement, case.record)
    told = [finding for one in _said(statement, found, case) for finding in one]
    yield from told
    time = statement.stamp or (statement.times[0] if len(statement.times) == 1 else None)
    yield from judge_figures(statement, case, time)
    yield from judge_durations(statement, case)
    yield from judge_users(statement, case)
    if not statement.times:
        yield from judge_unaffected(statement, case)
    elif not any(one.claim.kind == "unaffected" for one in told):
        yield from _beside(statement, found, case)
    yield from judge_causes(statement, case)


def _said(statement: Statement, found: Sequence[Hit], case: Case) -> Iterator[Iterator[Finding]]:
    told = [one for one in timed(statement, found, case.record) if one.hit or not _counted(one)]
    for one in told:
        yield _one(one, case) if one.sure and not statement.presumed else _at_most_open(_one(one, case))
    if not statement.times and not statement.hedged:
        yield judge_untimed(statement, found, case)
    spoken = [t for t in statement.times if t.may_be and t.written.role != "until"]
    if spoken:
        case.last = spoken[-1]


def _beside(statement: Statement, found: Sequence[Hit], case: Case) -> Iterator[Finding]:
    """What a part with no time of its own says to have had no part: "..., nothing wrong with the disks"."""
    for n, part in enumerate(statement.segments):
        end = min(part.end, statement.end)
        timed_here = any(part.start <= t.written.start < end for t in statement.times)
        if n and not timed_here and not any(h.segment == n for h in found):
            text = statement.passage.text[part.start : end]
            yield from judge_unaffected(replace(statement, start=part.start, text=text, times=(), figures=()), case)


def _counted(told: Told) -> bool:
    return told.time is not None and told.time.written.counted


def _at_most_open(findings: Iterator[Finding]) -> Iterator[Finding]:
    """What was not told by a verb, or tells when it was posted, is no ground for a contradiction."""
    for one in findings:
        yield replace(one, verdict="unverifiable") if one.verdict == "contradicted" else one


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
    note = note_near(told, case) if told.kind == "human" and not told.sure else None
    if note is not None:
        yield Finding(claim_of(told), "confirmed", "matches", (note,))
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
    note = note_near(told, case)
    if note is not None:
        yield Finding(claim_of(told), "confirmed", "matches", (note,))
    else:
        yield Finding(claim_of(told), "unverifiable", "nothing-named")


def _lines(text: str, findings: Sequence[Finding]) -> Iterator[Line]:
    source = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    by_line: dict[int, list[Finding]] = {}
    for finding in findings:
        by_line.setdefault(finding.claim.line, []).append(finding)
    for number in sorted(by_line):
        mine = tuple(_once(by_line[number]))
        verdict = next(v for v in _WEIGHT if any(f.verdict == v for f in mine))
        shown = source[number - 1].strip() if number <= len(source) else ""
        yield Line(number, shown, verdict, mine)


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """In order of their places; the same said twice of one place stands once."""
    if len(findings) == 1:
        return list(findings)
    seen = {(f.claim, f.reason, f.other_line): f for f in findings}
    return sorted(seen.values(), key=lambda f: f.claim.column)
