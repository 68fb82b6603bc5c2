"""What became of a written postmortem: a table for people, JSON, notes in the document, for GitHub and GitLab."""

from __future__ import annotations

import hashlib
import json
import re
import textwrap
from collections.abc import Mapping
from typing import Final

from reconstruct.model import Window
from reconstruct.model.verification import VERDICTS, Finding, Line, Omission, Shown, Verdict, Verification
from reconstruct.text.escape import clip, json_text, plain
from reconstruct.text.times import Clock, iso, iso_or_none, spans_midnight
from reconstruct.text.units import human_duration
from reconstruct.text.verification import line_worded, omission_worded, worded
from reconstruct.text.wording import counted

SCHEMA: Final = "reconstruct/verification/2"
FORMATS: Final = ("table", "json", "markdown", "github", "gitlab")
MAX_TEXT: Final = 300
"""Characters of a line of the document that are quoted in the table; JSON has all."""
MAX_SAYS: Final = 600
NARROWEST: Final = 60
_INK: Final[Mapping[Verdict, str]] = {"confirmed": "32", "contradicted": "31", "unverifiable": "33", "human": "36"}
_VERDICT: Final = len("unverifiable")
_FENCE: Final = re.compile(r"^ {0,3}(`{3,}|~{3,})")


def clock_of(window: Window) -> Clock:
    """How the answers write times: UTC, with dates where clock times alone are ambiguous."""
    return Clock(dates=spans_midnight(window.baseline_start, window.end))


def counts(outcome: Verification) -> Mapping[str, int]:
    """How many lines have which verdict."""
    return {verdict: outcome.count(verdict) for verdict in VERDICTS}


def summary(outcome: Verification) -> str:
    """The counts as a sentence."""
    silent = counted(outcome.silent, one="passage")
    if not outcome.lines:
        return f"No line claims anything that can be checked ({silent} read)."
    told = counts(outcome)
    lines = counted(told["confirmed"], one="line")
    return (
        f"{lines} confirmed, {told['contradicted']} contradicted, {told['unverifiable']} unverifiable, "
        f"{counted(told['human'], one='human act')}; {silent} without anything to check. Times to the minute may be "
        f"{human_duration(outcome.tolerance_s)} off (--tolerance). Times of the evidence are UTC."
    )


def to_verification_table(outcome: Verification, *, window: Window, columns: int = 80, colour: bool = False) -> str:
    """Line number and verdict, the line itself, and below it what the evidence says; what is left out; the counts."""
    clock = clock_of(window)
    width = max(columns, NARROWEST)
    number = max([4, *(len(str(line.line)) for line in outcome.lines)])
    head = f"{'line':>{number}}  {'verdict':<{_VERDICT}}  what is written, and what the evidence says"
    lines = [head] if outcome.lines else []
    indent = " " * (number + _VERDICT + 4)
    for one in outcome.lines:
        verdict = f"{one.verdict:<{_VERDICT}}"
        verdict = f"\x1b[{_INK[one.verdict]}m{verdict}\x1b[0m" if colour else verdict
        quoted = _wrapped(clip(plain(one.text), most=MAX_TEXT), width=width, indent=indent)
        said = _wrapped(clip(plain(line_worded(one, clock)), most=MAX_SAYS), width=width, indent=indent + "  ")
        lines += [f"{one.line:>{number}}  {verdict}  {quoted.lstrip()}", said]
    if outcome.omissions:
        lines += ["", "Not in the document:"]
        for omission in outcome.omissions:
            said = plain(omission_worded(omission, clock))
            lines += textwrap.wrap(f"- {said}", width, subsequent_indent="  ", break_on_hyphens=False)
    if lines:
        lines.append("")
    return "\n".join([*lines, *textwrap.wrap(summary(outcome), width)]) + "\n"


def _wrapped(text: str, *, width: int, indent: str) -> str:
    shown = textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
    return "\n".join(shown) or indent


def to_verification_json(
    outcome: Verification, *, file: str, window: Window, generator: Mapping[str, str], pretty: bool = True
) -> str:
    """The same as one JSON document; ids are those of incident.json over the same evidence."""
    clock = clock_of(window)
    document = {
        "schema": SCHEMA,
        "generator": dict(generator),
        "file": file,
        "window": {"start": iso(window.start), "end": iso(window.end)},
        "zone": outcome.zone,
        "tolerance_s": outcome.tolerance_s,
        "counts": counts(outcome),
        "silent": outcome.silent,
        "lines": [_line(one, clock) for one in outcome.lines],
        "left_out": [
            {"kind": one.kind, "text": plain(omission_worded(one, clock)), "evidence": list(one.evidence)}
            for one in outcome.omissions
        ],
    }
    return json_text(json.dumps(document, ensure_ascii=False, indent=2 if pretty else None)) + "\n"


def _line(line: Line, clock: Clock) -> dict[str, object]:
    return {
        "line": line.line,
        "text": line.text,
        "verdict": line.verdict,
        "says": plain(line_worded(line, clock)),
        "evidence": list(dict.fromkeys(i for f in line.findings if f.verdict == line.verdict for i in f.evidence)),
        "claims": [_claim(finding, clock) for finding in line.findings],
    }


def _claim(finding: Finding, clock: Clock) -> dict[str, object]:
    claim = finding.claim
    return {
        "kind": claim.kind,
        "verdict": finding.verdict,
        "reason": finding.reason,
        "says": plain(worded(finding, clock)),
        "line": claim.line,
        "column": claim.column,
        "end_line": claim.end_line,
        "end_column": claim.end_column,
        "text": claim.text,
        "subject": claim.subject or None,
        "time": iso_or_none(claim.time),
        "until": iso_or_none(claim.until),
        "value": claim.value or None,
        "negated": claim.negated,
        "tolerance_s": finding.tolerance_s or None,
        "other_line": finding.other_line or None,
        "evidence": list(finding.evidence),
        "measured": [_measured(one) for one in finding.shown if one.low is not None],
    }


def _measured(one: Shown) -> dict[str, object]:
    return {
        "what": one.what,
        "name": one.name,
        "id": one.id or None,
        "earliest": iso_or_none(one.low),
        "latest": iso_or_none(one.high),
        "written_later_s": round(one.off_s, 3),
    }


def to_annotated(text: str, outcome: Verification, *, window: Window, markup: bool = False) -> str:
    """The document as its author wrote it, with a footnote at the end of each line that claims something.

    Every character of the author's stays: without the marks and the notes at the end it is the same text. In HTML the
    notes are comments.
    """
    clock = clock_of(window)
    lines = text.split("\n")
    notes = []
    fenced = _fenced(lines)
    for n, one in enumerate(outcome.lines, 1):
        said = f"{one.verdict}: {clip(plain(line_worded(one, clock)), most=MAX_SAYS)}"
        at = one.line - 1
        if at >= len(lines):
            continue
        if markup:
            lines[at] = _before_end(lines[at], f"<!-- verify: {said.replace('--', '- -')} -->", cell=False)
            continue
        notes.append(f"[^verify-{n}]: **{one.verdict}**{said[len(one.verdict) :]}")
        if at not in fenced:
            lines[at] = _before_end(lines[at], f"[^verify-{n}]", cell=lines[at].rstrip().endswith("|"))
    left_out = [f"{plain(omission_worded(one, clock))}" for one in outcome.omissions]
    if markup:
        tail = [f"<!-- verify: not in the document: {one.replace('--', '- -')} -->" for one in left_out]
        return "\n".join(lines) + "".join(f"\n{one}" for one in tail)
    if left_out:
        notes.append(f"[^verify-left-out]: **not in the document**: {'; '.join(left_out)}")
    return "\n".join(lines) + "\n\n" + "\n".join(notes) + "\n" if notes else text


def _before_end(line: str, mark: str, *, cell: bool) -> str:
    """A mark at the end of a line: before blanks that mean a line break, and within the last cell of a table row."""
    body = line.rstrip("\r \t")
    if cell:
        body = body[:-1].rstrip()
    return body + (" " if mark.startswith("<") else "") + mark + line[len(body) :]


def _fenced(lines: list[str]) -> set[int]:
    """Lines within code blocks: a mark in one would be shown as it stands."""
    inside, fence = set(), ""
    for n, line in enumerate(lines):
        match = _FENCE.match(line)
        if fence:
            inside.add(n)
            if match and match[1][0] == fence[0] and len(match[1]) >= len(fence):
                fence = ""
        elif match:
            fence = match[1]
            inside.add(n)
    return inside


def _told(outcome: Verification) -> list[tuple[Finding, str]]:
    """What a reviewer is shown beside the line: errors, then what is left open."""
    level = {"contradicted": "error", "unverifiable": "notice"}
    return [(f, level[f.verdict]) for line in outcome.lines for f in line.findings if f.verdict in level]


def to_github(outcome: Verification, *, file: str, window: Window) -> str:
    """Workflow commands that GitHub Actions turns into annotations of the pull request.

    Format: docs.github.com/actions, "Workflow commands":
    `::error file=F,line=L,endLine=L,col=C,endColumn=C,title=T::message`.
    """
    clock = clock_of(window)
    lines = []
    for finding, level in _told(outcome):
        claim = finding.claim
        place = {"file": file, "line": claim.line, "endLine": claim.end_line}
        if claim.line == claim.end_line:  # GitHub takes columns only within one line
            place |= {"col": claim.column, "endColumn": claim.end_column}
        place["title"] = f"{finding.verdict}: {claim.text}"
        properties = ",".join(f"{key}={_property(str(value))}" for key, value in place.items())
        lines.append(f"::{level} {properties}::{_data(plain(worded(finding, clock)))}")
    lines += [
        f"::notice file={_property(file)},title=not in the document::{_data(plain(omission_worded(one, clock)))}"
        for one in outcome.omissions
    ]
    return "".join(f"{line}\n" for line in lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(plain(text)).replace(":", "%3A").replace(",", "%2C")


def to_gitlab(outcome: Verification, *, file: str, window: Window) -> str:
    """A code quality report, as GitLab reads it from `artifacts: reports: codequality`.

    Format: docs.gitlab.com/ci/testing/code_quality, "Code Quality report format".
    """
    clock = clock_of(window)
    severity = {"error": "major", "notice": "info"}
    rows = [
        _issue(file, finding.claim.line, finding.claim.end_line, f"verify-{finding.claim.kind}", severity[level],
               f"{finding.verdict}: {clip(finding.claim.text, most=80)}: {plain(worded(finding, clock))}",
               f"{finding.claim.text}{finding.reason}{finding.claim.column}")
        for finding, level in _told(outcome)
    ]  # fmt: skip
    rows += [_left_out(file, one, clock) for one in outcome.omissions]
    return json_text(json.dumps(rows, ensure_ascii=False, indent=2)) + "\n"


def _left_out(file: str, one: Omission, clock: Clock) -> dict[str, object]:
    said = plain(omission_worded(one, clock))
    return _issue(file, 1, 1, f"verify-{one.kind}", "info", f"not in the document: {said}", said)


def _issue(
    file: str, line: int, end: int, check: str, severity: str, description: str, identity: str
) -> dict[str, object]:
    told = hashlib.sha256(f"{file}\0{line}\0{check}\0{identity}".encode()).hexdigest()
    return {
        "description": description,
        "check_name": check,
        "fingerprint": told,
        "severity": severity,
        "location": {"path": file, "lines": {"begin": line, "end": end}},
    }
