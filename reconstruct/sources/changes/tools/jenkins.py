"""Jenkins: the builds of a job, `/job/NAME/api/json?tree=...`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

import pandas as pd

from reconstruct.model import Service
from reconstruct.sources.changes.columns import DRAFTS, cell_text, column_name, column_of, flags, on_paper
from reconstruct.sources.changes.environments import place_in
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
    items_at,
    labels,
    listed,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

MAX_BUILDS: Final = 200
_FIELDS: Final = "number,result,timestamp,duration,url,displayName,building,actions[parameters[name,value]]"
_TREE: Final = f"builds[{_FIELDS}]{{0,{MAX_BUILDS}}}"
_JOB: Final = re.compile(r"/job/([^/]+)")
_VERSION: Final = re.compile(r"(?<![\w.#])v?(\d+\.\d+(?:\.\d+)*(?:[-+][\w.]+)?)(?![\w.])")


_BRANCH: Final = re.compile(r"(?:PR|MR)-\d+|main|master|trunk|dev(?:elop)?|production|staging|.*/.*", re.IGNORECASE)
"""A multibranch pipeline has a job for each branch below its own."""


_STATES: Final = {"UNSTABLE": "done"}
"""Not fatal: what the build did, it did."""


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
    jobs = [unquote(unquote(name)) for name in _JOB.findall(text(item, "url"))]
    job = "/".join(jobs) or text(item, "fullDisplayName")
    name = jobs[-2] if len(jobs) > 1 and _BRANCH.fullmatch(jobs[-1]) else (jobs[-1] if jobs else "")
    asked = _parameters(item)
    dry_run = on_paper(asked) or bool(flags(asked) & DRAFTS)
    building = at(item, "building") is True or (item.get("result") is None and not text(item, "duration").strip("0"))
    duration = text(item, "duration")
    version = _VERSION.search(text(item, "displayName"))
    result = text(item, "result")
    yield event(
        time=began,
        end=began.time + pd.Timedelta(milliseconds=int(duration)) if duration.isdecimal() and not building else None,
        kind=kind_of_pipeline(job, otherwise="note"),
        service=Service(reading.service or without_pipeline_words(name)),
        title=f"{job} {text(item, 'displayName') or '#' + text(item, 'number')}",
        source=reading.source,
        source_id=f"{job} {text(item, 'number')}",
        version=version[1] if version else asked.get(column_of("version", asked) or "", ""),
        url=text(item, "url"),
        labels=labels(job=job, result=result),
        state="draft" if dry_run else "running" if building else _STATES.get(result, result),
        environment=asked.get(column_of("environment", asked) or "", "") or place_in(job),
    )


def _waiting(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A build in the queue: asked for, and not begun."""
    job = text(item, "task.name")
    yield event(
        time=begin(item, "inQueueSince"),
        kind=kind_of_pipeline(job, otherwise="note"),
        service=Service(reading.service or without_pipeline_words(job)),
        title=f"{job}: {text(item, 'why') or 'in the queue'}",
        source=reading.source,
        source_id=text(item, "id"),
        url=text(item, "task.url"),
        state="queued",
        environment=place_in(job),
    )


def _parameters(item: Item) -> dict[str, str]:
    """What a build was asked to do, by the names of its parameters in lower case."""
    return {
        column_name(text(one, "name")): cell_text(one.get("value"))
        for action in items_at(item, "actions")
        for one in items_at(action, "parameters")
    }


BUILDS: Final = Format("Jenkins builds", lambda item: has(item, "number", "timestamp", "result"), each(_build))
FORMATS: Final = (BUILDS, Format("Jenkins' queue", lambda item: has(item, "inQueueSince", "task.name"), each(_waiting)))
