"""Grafana annotations: `GET /api/annotations`, by time and tags; what people and pipelines marked on dashboards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Final
from urllib.parse import quote

from reconstruct.errors import SourceError
from reconstruct.model import Gap, Service
from reconstruct.sources.changes.kinds import KINDS, letters
from reconstruct.sources.changes.paged import get_json, open_source
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    at,
    begin,
    each,
    end,
    has,
    labels,
    text,
)
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
        base_url = session.settings.url
    if not isinstance(whole, list):
        raise SourceError("Grafana's answer is not a list of annotations", hint="give its base URL, without /api")
    told = ANNOTATIONS.parse(
        [item if isinstance(item, dict) else {} for item in whole], PayloadReading("grafana", ask, base_url=base_url)
    )
    if len(whole) < LIMIT:
        return told
    cause = f"Grafana gave the {LIMIT} that were asked for"
    missing = "the rest of the annotations; narrow them by tags"
    return told + SourceResult(gaps=(Gap("", "grafana", missing, cause, ask.window.start, ask.window.end),))


def _annotation(item: Item, reading: PayloadReading) -> Iterator[Told]:
    listed = at(item, "tags")
    tags = [str(tag) for tag in listed] if isinstance(listed, Sequence) and not isinstance(listed, str) else []
    if item.get("alertId"):
        yield f"{reading.source}: an annotation of an alert is passed over, it is no change"
        return
    if OUR_TAG in tags:
        return
    named = dict(tag.split(":", 1) for tag in tags if ":" in tag)
    plain = [tag for tag in tags if ":" not in tag]
    kind = named.get("kind") or next((tag for tag in plain if letters(tag) in KINDS), "")
    dashboard = text(item, "dashboardUID")
    yield event(
        time=begin(item, "time"),
        end=end(item, "timeEnd"),
        kind=kind or "note",
        service=Service(named.get("service", ""), named.get("namespace", ""), named.get("cluster", "")),
        title=unescape(re.sub(r"<[^>]*>", " ", text(item, "text"))),
        source=reading.source,
        source_id=text(item, "id"),
        version=named.get("version", ""),
        url=f"{reading.base_url}/d/{dashboard}" if dashboard and reading.base_url else "",
        labels=labels(tags=", ".join(tags)),
        environment=named.get("env") or named.get("environment", ""),
    )


ANNOTATIONS: Final = Format(
    "Grafana annotations",
    lambda item: (
        has(item, "time", "text", "tags")
        and any(has(item, name) for name in ("alertId", "dashboardId", "dashboardUID", "panelId", "timeEnd"))
    ),
    each(_annotation),
)
FORMATS: Final = (ANNOTATIONS,)
