"""Tables and citations in Markdown: for timeline.md and for the forms that users fill."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from reconstruct.text.escape import clip, markdown, markdown_code
from reconstruct.text.references import Cited

MAX_SHORT: Final = 60
"""Characters of the name of a piece of evidence: it stands beside its id."""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are Markdown already: escaped, without line breaks."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def cite(ids: Sequence[str], known: Mapping[str, Cited], *, most: int | None = None) -> str:
    """Ids with what they stand for, past `most` counted: `e3` deploys.jsonl 41023, `a1` http/errors, 2 more."""
    shown = ids[:most]
    told = [
        f"{markdown_code(one, in_table=True)} {linked(known[one]) if one in known else ''}".rstrip() for one in shown
    ]
    return ", ".join([*told, *([f"{len(ids) - len(shown)} more"] if len(ids) > len(shown) else [])])


def ids_only(ids: Sequence[str]) -> str:
    """Ids in brackets, for the end of a sentence; "" for none."""
    return f"({', '.join(markdown_code(one) for one in ids)})" if ids else ""


def linked(one: Cited) -> str:
    """The short name of a piece of evidence, as a link where its source can show it."""
    short = markdown(clip(one.short, most=MAX_SHORT))
    return f"[{short}](<{one.url}>)" if one.url else short
