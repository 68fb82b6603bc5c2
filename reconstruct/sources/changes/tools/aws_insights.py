"""Results of CloudWatch Logs Insights: every row a list of fields with their values; times are UTC."""

from __future__ import annotations

from typing import Final

from reconstruct.sources.changes.payload import at

_OWN: Final = "@ptr"
"""The field that only points back to the log."""
_TIMES: Final = frozenset({"@timestamp", "@ingestionTime"})


def insights_rows(whole: object) -> list[dict[str, object]] | None:
    """The rows of `get-query-results`, by field; None = it is something else.

    >>> insights_rows({"results": [[{"field": "@timestamp", "value": "2026-11-17 13:55:01.123"}]]})
    [{'@timestamp': '2026-11-17 13:55:01.123 UTC'}]
    """
    found = at(whole, "results")
    if not isinstance(found, list) or not found or not all(isinstance(row, list) and row for row in found):
        return None
    cells = [cell for row in found for cell in row]
    if not all(isinstance(cell, dict) and "field" in cell for cell in cells):
        return None
    return [
        {
            str(cell["field"]): f"{cell.get('value', '')} UTC" if cell["field"] in _TIMES else cell.get("value", "")
            for cell in row
            if cell["field"] != _OWN
        }
        for row in found
    ]
