"""Vegeta's results, one request a line: `vegeta encode` as JSON and as CSV, which has no header."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from reconstruct.errors import UsageError
from reconstruct.sources.metric_files.cells import read_times
from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.observations import Requests, tracks_of
from reconstruct.sources.metric_files.tracks import Parsed, number

MAX_REQUESTS: Final = 50
"""Different requests (method and path) told apart; with more, paths hold ids, and all requests are one."""
_CSV: Final = re.compile(r"\d{19},\d{1,3},\d+,\d+,\d+,")
_COLUMNS: Final = (
    *("timestamp", "code", "latency", "bytes_out", "bytes_in", "error", "body", "attack", "seq", "method", "url"),
    "headers",
)
_SUMMARY: Final = frozenset({"latencies", "bytes_in", "bytes_out", "rate", "throughput"})


def read_vegeta(content: Content, *, tz: str) -> Parsed | None:
    """Requests, failures and latency of each request; latencies are nanoseconds, a code of 0 is no answer.

    Raises
    ------
    UsageError
        If it is Vegeta's summary, which has no times.

    Source: github.com/tsenart/vegeta, encode command; lib.Result.
    """
    if isinstance(content.document, dict) and content.document.keys() >= _SUMMARY:
        raise UsageError(
            f"{content.path} is Vegeta's summary, which tells no course", hint="give `vegeta encode --to json`"
        )
    rows: Sequence[Mapping[str, Any]]
    if _CSV.match(content.text.lstrip("\ufeff")):
        read = csv.reader(io.StringIO(content.text.lstrip("\ufeff")))
        rows = [dict(zip(_COLUMNS, row, strict=False)) for row in read if row]
    elif (lines := content.json_lines) and all(
        {"latency", "code", "seq", "timestamp"} <= line.keys() for line in lines
    ):
        rows = lines
    else:
        return None
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault((str(row.get("attack") or ""), _request(row)), []).append(row)
    if len({request for _, request in groups}) > MAX_REQUESTS:
        together: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for (attack, _), group in groups.items():
            together.setdefault((attack, ""), []).extend(group)
        groups = together
    return Parsed(tracks_of([_requests(key, group, tz=tz) for key, group in sorted(groups.items())]))


def _request(row: Mapping[str, Any]) -> str:
    return f"{row.get('method') or ''} {urlsplit(str(row.get('url') or '')).path}".strip()


def _requests(key: tuple[str, str], rows: Sequence[Mapping[str, Any]], *, tz: str) -> Requests:
    labels = {name: text for name, text in zip(("attack", "request"), key, strict=True) if text}
    times = read_times(pd.Series([str(row["timestamp"]) for row in rows], dtype=object), tz=tz).values
    codes = np.array([number(row["code"]) for row in rows])
    durations = np.array([number(row["latency"]) * 1e-9 for row in rows])
    return Requests(labels, times, durations, ~((codes >= 200) & (codes < 400)))
