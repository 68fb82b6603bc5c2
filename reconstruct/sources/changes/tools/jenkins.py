"""Jenkins: the builds of a job, `/job/NAME/api/json?tree=...`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

import pandas as pd

from reconstruct.model import Service
from reconstruct.sources.changes.kinds import kind_of_pipeline, without_pipeline_words
from reconstruct.sources.changes.paged import get_json, open_source
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    at,
    begin,
    cut_short,
    each,
    has,
    labels,
    listed,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

MAX_BUILDS: Final = 200
_TREE: Final = f"builds[number,result,timestamp,duration,url,displayName,building]{{0,{MAX_BUILDS}}}"
_JOB: Final = re.compile(r"/job/([^/]+)")
_VERSION: Final = re.compile(r"(?<![\w.#])v?(\d+\.\d+(?:\.\d+)*(?:[-+][\w.]+)?)(?![\w.])")


def fetch_builds(ask: SourceRequest) -> SourceResult:
    """The builds of the job at `ask.argument` (its URL) in the window, the newest 200.

    Options: `token` (an API token), `user` (whose it is), `service`.
    """
    user, token = ask.options.get("user", ""), ask.options.get("token", "")
    with open_source(ask, name="Jenkins", url=ask.argument, user=user, token=token) as session:
        whole = get_json(session, "/api/json", params={"tree": _TREE})
    reading = PayloadReading("jenkins", ask, service=ask.options.get("service", ""))
    builds = listed(whole, "builds", source="Jenkins")
    told = BUILDS.parse(builds, reading)
    gaps = cut_short(builds, "timestamp", limit=MAX_BUILDS, source="jenkins", ask=ask)
    return (SourceResult(gaps=tuple(gaps)) + told).within(ask)


def _build(item: Item, reading: PayloadReading) -> Iterator[Told]:
    began = begin(item, "timestamp")
    jobs = [unquote(name) for name in _JOB.findall(text(item, "url"))]
    job = "/".join(jobs) or text(item, "fullDisplayName")
    name = jobs[-2] if len(jobs) > 1 and jobs[-1] in ("main", "master", "production") else (jobs[-1] if jobs else "")
    building = at(item, "building") is True or (item.get("result") is None and not text(item, "duration").strip("0"))
    duration = text(item, "duration")
    version = _VERSION.search(text(item, "displayName"))
    yield event(
        time=began,
        end=began.time + pd.Timedelta(milliseconds=int(duration)) if duration.isdigit() and not building else None,
        kind=kind_of_pipeline(job, otherwise="note"),
        service=Service(reading.service or without_pipeline_words(name)),
        title=f"{job} {text(item, 'displayName') or '#' + text(item, 'number')}",
        source=reading.source,
        source_id=f"{job} {text(item, 'number')}",
        version=version[1] if version else "",
        url=text(item, "url"),
        labels=labels(job=job, result=text(item, "result")),
        state="running" if building else text(item, "result"),
    )


BUILDS: Final = Format("Jenkins builds", lambda item: has(item, "number", "timestamp", "result"), each(_build))
FORMATS: Final = (BUILDS,)
