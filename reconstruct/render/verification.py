"""What became of a written postmortem, line by line: a table for people, JSON for programs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import Final, Literal, Protocol

from reconstruct.model import Window
from reconstruct.text.escape import clip, plain
from reconstruct.text.times import iso
from reconstruct.text.wording import counted

SCHEMA: Final = "reconstruct/verification/1"
MAX_TEXT: Final = 300
"""Characters of a line of the document that are quoted in the table; JSON has all."""
MAX_SAYS: Final = 600
NARROWEST: Final = 60
_INK: Final = {"holds": "32", "contradicted": "31", "not checked": "33"}
_VERDICT: Final = len("contradicted")

Word = Literal["holds", "contradicted", "not checked"]


class Claim(Protocol):
    """One claim in a line."""

    @property
    def verdict(self) -> Word:
        """What the evidence makes of it."""

    @property
    def says(self) -> str:
        """Why, with figures and ids."""

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids."""


class CheckedLine(Claim, Protocol):
    """A line of the document that claims something."""

    @property
    def line(self) -> int:
        """Counted from 1."""

    @property
    def text(self) -> str:
        """As it stands in the document."""

    @property
    def claims(self) -> Sequence[Claim]:
        """Each claim in it."""


class Outcome(Protocol):
    """A whole document."""

    @property
    def lines(self) -> Sequence[CheckedLine]:
        """Those that claim something."""

    @property
    def silent(self) -> int:
        """How many claim nothing that can be checked."""

    @property
    def zone(self) -> str:
        """That times without a zone were read in."""


def counts(outcome: Outcome) -> Mapping[str, int]:
    """How many lines have which verdict."""
    return {word: sum(line.verdict == word for line in outcome.lines) for word in _INK}


def to_verification_table(outcome: Outcome, *, columns: int = 80, colour: bool = False) -> str:
    """Line number and verdict, the line itself, and below it what the evidence says; then the counts."""
    width = max(columns, NARROWEST)
    number = max([4, *(len(str(line.line)) for line in outcome.lines)])
    lines = (
        [f"{'line':>{number}}  {'verdict':<{_VERDICT}}  what is written, and what the evidence says"]
        if outcome.lines
        else []
    )
    indent = " " * (number + _VERDICT + 4)
    for one in outcome.lines:
        verdict = f"{one.verdict:<{_VERDICT}}"
        verdict = f"\x1b[{_INK[one.verdict]}m{verdict}\x1b[0m" if colour else verdict
        quoted = _wrapped(clip(plain(one.text), most=MAX_TEXT), width=width, indent=indent)
        said = _wrapped(clip(plain(one.says), most=MAX_SAYS), width=width, indent=indent + "  ")
        lines += [f"{one.line:>{number}}  {verdict}  {quoted.lstrip()}", said]
    if lines:
        lines.append("")
    return "\n".join([*lines, *textwrap.wrap(summary(outcome), width)]) + "\n"


def summary(outcome: Outcome) -> str:
    """The counts as a sentence."""
    told = counts(outcome)
    silent = counted(outcome.silent, one="line")
    if not outcome.lines:
        return f"No line claims anything that can be checked ({silent} read)."
    holds = counted(told["holds"], one="line holds", many="lines hold")
    return (
        f"{holds}, {told['contradicted']} contradicted, {told['not checked']} not checked; "
        f"{silent} without anything to check. Times of the evidence are UTC."
    )


def _wrapped(text: str, *, width: int, indent: str) -> str:
    shown = textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
    return "\n".join(shown) or indent


def to_verification_json(
    outcome: Outcome, *, file: str, window: Window, generator: Mapping[str, str], pretty: bool = True
) -> str:
    """The same as one JSON document; ids are those of incident.json over the same evidence."""
    document = {
        "schema": SCHEMA,
        "generator": dict(generator),
        "file": file,
        "window": {"start": iso(window.start), "end": iso(window.end)},
        "zone": outcome.zone,
        "counts": {word.replace(" ", "_"): count for word, count in counts(outcome).items()},
        "silent": outcome.silent,
        "lines": [
            {"line": one.line, "text": one.text, **_claim(one), "claims": [_claim(claim) for claim in one.claims]}
            for one in outcome.lines
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2 if pretty else None) + "\n"


def _claim(claim: Claim) -> dict[str, object]:
    return {"verdict": claim.verdict, "says": plain(claim.says), "evidence": list(claim.evidence)}
