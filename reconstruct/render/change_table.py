"""Changes as a table for people, and as lines that `--events` reads again."""

from __future__ import annotations

import json
from collections.abc import Sequence

from reconstruct.model import Event
from reconstruct.text.escape import clip, plain
from reconstruct.text.times import iso

MAX_TITLE = 80
"""Characters of a title in the table: with time, kind and service it fits a wide terminal."""


def to_table(events: Sequence[Event]) -> str:
    """One line an event: time, kind, service, title, source."""
    if not events:
        return "no changes\n"
    kinds = max(len(event.kind) for event in events)
    services = min(24, max(len(plain(event.service.name)) for event in events))
    lines = []
    for event in events:
        service = clip(plain(event.service.name), most=services)
        title = clip(plain(event.title), most=MAX_TITLE)
        source = plain(event.source + (f" #{event.source_id}" if event.source_id else ""))
        lines.append(f"{iso(event.time)}  {event.kind:{kinds}}  {service:{services}}  {title}  ({source})".rstrip())
    return "\n".join(lines) + "\n"


def to_jsonl(events: Sequence[Event]) -> str:
    """One JSON object an event, as `--events FILE.jsonl` takes them: nothing of the event is lost."""
    return "".join(json.dumps(_record(event), ensure_ascii=False) + "\n" for event in events)


def _record(event: Event) -> dict[str, object]:
    told: dict[str, object] = {
        "time": iso(event.time),
        "end": iso(event.end) if event.end is not None else None,
        "id": event.source_id,
        "kind": event.kind,
        "service": event.service.name,
        "namespace": event.service.namespace,
        "cluster": event.service.cluster,
        "title": event.title,
        "version": event.version,
        "previous": event.previous,
        "url": event.url,
        "source": event.source,
        "state": event.state if event.state != "done" else None,
        "environment": event.environment,
        "production": None if event.production is None else str(event.production).lower(),
    }
    return {key: value for key, value in told.items() if value} | {
        key: value for key, value in event.labels.items() if key not in told
    }
