"""Gatling's `simulation.log` as text: one line a request, cells apart by tabs."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from reconstruct.sources.metric_files.cells import NO_TIME
from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.observations import Requests, tracks_of
from reconstruct.sources.metric_files.tracks import Parsed

_LINE: Final = re.compile(
    r"REQUEST\t(?:.*\t)?(?P<name>[^\t]+)\t(?P<start>\d{13})\t(?P<end>\d{13})\t(?P<status>OK|KO)(?:\t|$)"
)
_HEAD: Final = re.compile(r"(?:ASSERTION\t.*\n)*RUN\t")
_NS_A_MS: Final = 1_000_000


def read_gatling(content: Content, *, tz: str) -> Parsed | None:
    """Requests, failures and response times by the request's name; times are epoch milliseconds.

    Gatling 3.13 and later write a binary log, which is none.

    Source: docs.gatling.io, Reports: simulation.log; DataWriter of Gatling 2 to 3.12.
    """
    del tz
    if not _HEAD.match(content.text[:65_536]):
        return None
    groups: dict[str, list[tuple[int, int, bool]]] = {}
    for line in content.lines():
        if match := _LINE.match(line):
            start, end = int(match["start"]), int(match["end"])
            groups.setdefault(match["name"], []).append((start, end, match["status"] == "KO"))
    found = []
    for name, rows in sorted(groups.items()):
        starts = np.array([start * _NS_A_MS for start, _, _ in rows], dtype=np.int64)
        durations = np.array([(end - start) * 1e-3 for start, end, _ in rows])
        failed = np.array([ko for _, _, ko in rows], dtype=bool)
        found.append(Requests({"request": name}, np.where(starts > 0, starts, NO_TIME), durations, failed))
    return Parsed(tracks_of(found))
