"""What a figure is said to be: what it was before, the most, what it fell to."""

from __future__ import annotations

import re
from typing import Final, Literal

from reconstruct.verify.folding import AnyCase
from reconstruct.verify.quantities import Figure
from reconstruct.verify.statements import Statement

Role = Literal["from", "to", "peak", "low", "any"]
"""Before it, after it, the most, what it fell to, or not said."""
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
_BEFORE: Final = re.compile(r"\s*before\b")


def role_of(statement: Statement, n: int) -> Role:
    """What the words around the `n`-th figure of a statement make of it."""
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
