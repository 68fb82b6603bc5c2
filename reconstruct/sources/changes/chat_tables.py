"""Tables in notes (Markdown): the header tells which column holds people, and is no note itself."""

from __future__ import annotations

import re
from typing import Final

from reconstruct.sources.changes.columns import column_name
from reconstruct.sources.changes.people import names_person

_RULE: Final = re.compile(r"\s*\|?(?:\s*:?-{3,}:?\s*\|)+(?:\s*:?-{3,}:?\s*)?\s*")


def plain_tables(lines: list[str], *, authors: bool) -> list[str]:
    """The lines with the headers of tables left empty and, unless `authors`, without the cells that name people.

    >>> plain_tables(["| time | who | what |", "|---|---|---|", "| 13:55 | anna | deployed shop |"], authors=False)
    ['', '', '| 13:55 | deployed shop |']
    """
    found = list(lines)
    dropped: frozenset[int] | None = None
    for number, line in enumerate(lines):
        if _RULE.fullmatch(line) and number and "|" in lines[number - 1]:
            header = _cells(lines[number - 1])
            dropped = frozenset(place for place, name in enumerate(header) if names_person(column_name(name)))
            found[number - 1] = found[number] = ""
        elif "|" not in line:
            dropped = None
        elif dropped and not authors:
            kept = [cell for place, cell in enumerate(_cells(line)) if place not in dropped]
            found[number] = f"| {' | '.join(kept)} |"
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
