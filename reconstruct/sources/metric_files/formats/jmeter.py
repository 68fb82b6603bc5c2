"""JMeter's results (JTL), as CSV and as XML: one row a sample."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd

from reconstruct.errors import UsageError
from reconstruct.sources.metric_files.cells import read_times
from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.observations import Requests, tracks_of
from reconstruct.sources.metric_files.tracks import Parsed, number

_DEFAULT_COLUMNS: Final = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success"
"""Of the columns that JMeter saves by default the ones read here, in its order; a log without a header has these."""
_HEADLESS: Final = re.compile(r"1\d{12},\d+,[^,]*,[^,]*,[^,]*,[^,]*,(?:text|bin|),(?:true|false)(?:,|$)")


def read_jmeter(content: Content, *, tz: str) -> Parsed | None:
    """`timeStamp,elapsed,label,...,success`, or `<testResults>`: latency, requests and failures of each label.

    Source: jmeter.apache.org, Listeners: CSV and XML log format.
    """
    head = content.text[:4096].lstrip("\ufeff \n")
    first = head.partition("\n")[0]
    if first.startswith("timeStamp") and "elapsed" in first:
        dialect = max(",;\t|", key=first.count)
        rows = list(_of_csv(content.text.lstrip("\ufeff"), dialect=dialect))
    elif _HEADLESS.match(first):
        rows = list(_of_csv(f"{_DEFAULT_COLUMNS}\n" + content.text.lstrip("\ufeff"), dialect=","))
    elif "<testResults" in head:
        rows = list(_of_xml(content))
    else:
        return None
    groups: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        groups.setdefault(row["label"], []).append(row)
    found = []
    for label, group in sorted(groups.items()):
        times = read_times(pd.Series([row["time"] for row in group], dtype=object), tz=tz).values
        durations = np.array([number(row["elapsed"]) * 1e-3 for row in group])
        failed = np.array([row["success"].lower() != "true" for row in group])
        found.append(Requests({"request": label} if label else {}, times, durations, failed))
    return Parsed(tracks_of(found))


def _of_csv(text: str, *, dialect: str) -> Iterator[Mapping[str, str]]:
    for row in csv.DictReader(io.StringIO(text), delimiter=dialect):
        yield {
            "time": row.get("timeStamp") or "",
            "elapsed": row.get("elapsed") or "",
            "label": row.get("label") or "",
            "success": row.get("success") or "true",
        }


def _of_xml(content: Content) -> Iterator[Mapping[str, str]]:
    if "<!DOCTYPE" in content.text[:4096]:
        raise UsageError(f"{content.path} has a document type", hint="a JTL has none: export it again, or as CSV")
    try:
        root = ET.fromstring(content.text)  # noqa: S314  (no document type, so no entities)
    except ET.ParseError as error:
        raise UsageError(f"{content.path}: not a whole JTL: {error}", hint="was the test still running?") from error
    for one in root:
        yield {
            "time": one.get("ts", ""),
            "elapsed": one.get("t", ""),
            "label": one.get("lb", ""),
            "success": one.get("s", "true"),
        }
