"""Azure's Log Analytics and Application Insights: tables of columns and rows, as their query API and CLI give them."""

from __future__ import annotations

import pandas as pd

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.table import read_table
from reconstruct.sources.metric_files.tracks import Parsed


def read_log_analytics(content: Content, *, tz: str) -> Parsed | None:
    """`{"tables": [{"name", "columns": [{"name", "type"}], "rows": [[...]]}]}`: the first table, as one of CSV.

    Source: learn.microsoft.com, Azure Monitor Log Analytics API response format.
    """
    document = content.document
    tables = document.get("tables") if isinstance(document, dict) else None
    if not isinstance(tables, list) or not tables or not isinstance(tables[0], dict) or "columns" not in tables[0]:
        return None
    names = [str(column.get("name", "")) for column in tables[0]["columns"] if isinstance(column, dict)]
    rows = pd.DataFrame(tables[0].get("rows") or [], columns=names)
    as_csv = Content(content.path, rows.to_csv(index=False).encode())
    return read_table(as_csv, tz=tz, chosen={})
