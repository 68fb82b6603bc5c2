"""Where in a query a parse error lies."""

from __future__ import annotations

import re
from typing import Final

from reconstruct.promql.tokens import unquoted

_PLACE: Final = re.compile(r"(\d+):(\d+): parse error")
_PLACE_BY_CHARACTER: Final = re.compile(r"parse error at char (\d+)")
_UNPARSED: Final = re.compile(r'(?:unparsed data|unparsed tail|context)[^"]*"((?:\\.|[^"\\])*)"')


def caret(query: str, message: str) -> str:
    """The query's line with a caret under the place that a parse error names; "" where it names none.

    Prometheus says `1:18: parse error: ...` (line, column in bytes), VictoriaMetrics quotes what it could not read.

    >>> print(caret("sum(rate(x[5m])", "1:16: parse error: unclosed left parenthesis"))
    sum(rate(x[5m])
                   ^
    """
    lines = query.splitlines() or [""]
    if found := _PLACE.search(message):
        row = min(int(found.group(1)), len(lines)) - 1
        line = lines[row]
        column = len(line.encode()[: max(0, int(found.group(2)) - 1)].decode(errors="ignore"))
    elif found := _PLACE_BY_CHARACTER.search(message):
        row, column = _row_and_column(query, int(found.group(1)) - 1)
    elif (found := _UNPARSED.search(message)) and (tail := unquoted(f'"{found.group(1)}"')) and tail in query:
        row, column = _row_and_column(query, query.rfind(tail))
    else:
        return ""
    line = lines[row] if row < len(lines) else ""
    indent = "".join("\t" if character == "\t" else " " for character in line[:column].ljust(column))
    return f"{line}\n{indent}^"


def _row_and_column(query: str, position: int) -> tuple[int, int]:
    before = query[: max(0, position)]
    return before.count("\n"), len(before) - (before.rfind("\n") + 1)
