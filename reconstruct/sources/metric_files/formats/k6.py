"""k6: `--out csv` and `--out json`, one sample a request."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from reconstruct.errors import UsageError
from reconstruct.sources.metric_files.cells import read_times
from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.observations import Requests, tracks_of
from reconstruct.sources.metric_files.tracks import Parsed, number

DURATION: Final = "http_req_duration"
FAILED: Final = "http_req_failed"
_HEADER: Final = "metric_name,timestamp,metric_value"
_Sample = tuple[str, Any, Any, Mapping[str, str]]
_Key = tuple[str, str]


def read_k6(content: Content, *, tz: str) -> Parsed | None:
    """Samples of `http_req_duration` (ms) become latency, requests a second and failures of each scenario and group.

    Other metrics of k6 describe the load, or repeat parts of these.

    Raises
    ------
    UsageError
        If it holds no request.

    Source: grafana.com/docs/k6, CSV and JSON outputs.
    """
    samples: Iterable[_Sample] = ()
    if content.text.lstrip("\ufeff").startswith(_HEADER):
        rows = csv.DictReader(io.StringIO(content.text.lstrip("\ufeff")))
        samples = ((row["metric_name"], row["timestamp"], row["metric_value"], row) for row in rows)
    elif (lines := content.json_lines) and all(line.get("type") in ("Metric", "Point") for line in lines):
        points = [line for line in lines if line["type"] == "Point"]
        samples = ((p["metric"], p["data"]["time"], p["data"]["value"], p["data"].get("tags") or {}) for p in points)
    else:
        return None
    kept = [one for one in samples if one[0] in (DURATION, FAILED)]
    if not kept:
        raise UsageError(f"{content.path}: k6's samples hold no {DURATION}", hint="export with http requests in it")
    return Parsed(tracks_of(_requests(kept, tz=tz)))


def _requests(samples: list[_Sample], *, tz: str) -> list[Requests]:
    groups: dict[_Key, list[_Sample]] = {}
    failures: dict[_Key, list[bool]] = {}
    for one in samples:
        tags = one[3]
        key = (tags.get("scenario") or "", (tags.get("group") or "").strip(":"))
        if one[0] == DURATION:
            groups.setdefault(key, []).append(one)
        else:
            failures.setdefault(key, []).append(number(one[2]) > 0)
    found = []
    for key, group in sorted(groups.items()):
        cells = pd.Series([time for _, time, _, _ in group], dtype=object)
        failed = failures.get(key, [])
        if len(failed) != len(group):
            failed = [_is_failed(tags) for _, _, _, tags in group]
        scenario, of_group = key
        labels = {"scenario": scenario} if scenario and scenario != "default" else {}
        labels |= {"group": of_group} if of_group else {}
        durations = np.array([number(value) * 1e-3 for _, _, value, _ in group])
        found.append(Requests(labels, read_times(cells, tz=tz).values, durations, np.array(failed, dtype=bool)))
    return found


def _is_failed(tags: Mapping[str, str]) -> bool:
    expected = str(tags.get("expected_response") or "").lower()
    status = str(tags.get("status") or "")
    return (
        expected == "false" if expected else status == "0" or status[:1] in ("4", "5") or bool(tags.get("error_code"))
    )
