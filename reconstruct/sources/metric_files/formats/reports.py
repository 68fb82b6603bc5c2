"""Reports for reading, which leave out what a series needs: what they are, and what to give instead."""

from __future__ import annotations

import re
from typing import Final

from reconstruct.errors import UsageError
from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed

_BANNER: Final = r"Linux \S+ \([^)]+\)[^\n]*CPU\)\s*\n"
_REPORTS: Final = (
    (re.compile(rf"{_BANNER}[\s\S]{{0,80}}avg-cpu:"), "iostat's report", "run `iostat -o JSON -t 10`"),
    (re.compile(rf"{_BANNER}[\s\S]{{0,80}}\bPID\b"), "pidstat's report", "give what `sar` or `mpstat -o JSON` tells"),
    (
        re.compile(rf"{_BANNER}\s*[^\n]+\n\d\d:\d\d:\d\d[^\n]*\s\d+(?:\.\d+)?[kMGT]\b"),
        "sar's report with rounded units",
        "run sar without -h, or `sadf -j`",
    ),
    (re.compile(r"name: \S+\n(?:tags: [^\n]*\n)?time\s"), "InfluxDB's table for reading", "run `influx -format csv`"),
    (re.compile(r"Running \S+ test @ \S+\n"), "wrk's summary, which tells no course", "use k6, Vegeta or Locust"),
    (re.compile(r"top - \d\d:\d\d:\d\d up "), "top's report", "run `vmstat -t 10`"),
    (re.compile(r"\s*<(?:\?xml|!DOCTYPE|html)[\s>]"), "XML or HTML", "export it as CSV or JSON (sysstat: `sadf -j`)"),
)


def read_report(content: Content, *, tz: str) -> Parsed | None:
    """None: it is none of these.

    Raises
    ------
    UsageError
        If it is one.
    """
    del tz
    head = content.text[:4096].lstrip("\ufeff")
    for pattern, what, instead in _REPORTS:
        if pattern.match(head):
            raise UsageError(f"{content.path} is {what}", hint=instead)
    return None
