"""Grafana annotations: `GET /api/annotations`, by time and tags; what people and pipelines marked on dashboards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Final, cast
from urllib.parse import quote

import pandas as pd

from reconstruct.config import ReadTime
from reconstruct.errors import SourceError
from reconstruct.model import Event, Gap, Service, Window
from reconstruct.sources.changes.kinds import KINDS
from reconstruct.sources.changes.paged import get_json, open_source
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

LIMIT: Final = 5000
"""Asked for in one answer (Grafana's own default is 100); as many back means that there may be more: a Gap."""

OUR_TAG: Final = "reconstruct"
"""What `deliver.annotate` tags: our own earlier drafts are no evidence."""


def fetch_annotations(ask: SourceRequest) -> SourceResult:
    """The annotations of the Grafana at `ask.argument` (its URL) in the window.

    Options: `token`, `tags` (comma separated: all of them).

    Raises
    ------
    SourceError
        If Grafana does not answer or refuses the token.
    """
    params: dict[str, object] = {
        "from": ask.window.baseline_start.value // 1_000_000,
        "to": ask.window.end.value // 1_000_000,
        "limit": LIMIT,
    }
    tags = [tag.strip() for tag in ask.options.get("tags", "").split(",") if tag.strip()]
    query = "&".join(f"tags={quote(tag, safe='')}" for tag in tags)
    with open_source(ask, name="Grafana", url=ask.argument, token=ask.options.get("token", "")) as session:
        whole = get_json(session, "/api/annotations" + (f"?{query}" if query else ""), params=params)
        return parse_annotations(whole, source="grafana", base_url=session.settings.url, window=ask.window)


def parse_annotations(whole: object, *, source: str, base_url: str, window: Window) -> SourceResult:
    """Events of Grafana's list; alert annotations and our own are left out, one that cannot be read is a Gap.

    Raises
    ------
    SourceError
        If the answer is not a list.
    """
    if not isinstance(whole, list):
        raise SourceError("Grafana's answer is not a list of annotations", hint="give its base URL, without /api")
    events: list[Event] = []
    gaps: list[Gap] = []
    for number, item in enumerate(whole, start=1):
        try:
            if not item.get("alertId") and OUR_TAG not in (item.get("tags") or ()):
                events.append(_event(item, source=source, base_url=base_url))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            gaps.append(Gap(id="", source=source, missing=f"annotation {number}", cause=f"cannot be read: {error!r}"))
    if len(whole) >= LIMIT:
        cause = f"Grafana gave the {LIMIT} that were asked for"
        missing = "the rest of the annotations; narrow them by tags"
        gaps.append(Gap(id="", source=source, missing=missing, cause=cause, start=window.start, end=window.end))
    return SourceResult(events=tuple(sorted(events, key=lambda e: (e.time, e.source_id))), gaps=tuple(gaps))


def _event(item: Mapping[str, object], *, source: str, base_url: str) -> Event:
    start, end = _time(item["time"]), _time(item.get("timeEnd") or item["time"])
    tags = [str(tag) for tag in cast("list[object]", item.get("tags") or [])]
    named = dict(tag.split(":", 1) for tag in tags if ":" in tag)
    plain = [tag for tag in tags if ":" not in tag]
    kind = named.get("kind") or next((tag for tag in plain if re.sub(r"[^a-z]", "", tag.lower()) in KINDS), "")
    dashboard = str(item.get("dashboardUID") or "")
    return event(
        time=ReadTime(start, 0.0, zone_told=True),
        end=end if end > start else None,
        kind=kind or "note",
        service=Service(named.get("service", ""), named.get("namespace", ""), named.get("cluster", "")),
        title=unescape(re.sub(r"<[^>]*>", " ", str(item.get("text") or ""))),
        source=source,
        source_id=str(item["id"]),
        version=named.get("version", ""),
        url=f"{base_url}/d/{dashboard}" if dashboard else "",
        labels={"tags": ", ".join(tags)} if tags else {},
    )


def _time(milliseconds: object) -> pd.Timestamp:
    return pd.Timestamp(int(cast("int", milliseconds)), unit="ms", tz="UTC").as_unit("ns")
