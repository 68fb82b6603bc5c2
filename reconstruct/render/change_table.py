"""Changes as a table for people, per service with what overlapped, and as lines that `--events` reads again."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from reconstruct.model import Alert, Event
from reconstruct.text.escape import clip, json_text, plain
from reconstruct.text.event_state import how_far
from reconstruct.text.times import clock, iso, spans_midnight

MAX_TITLE = 80
"""Characters of a title in the table: with time, kind and service it fits a wide terminal."""
MAX_OVERLAPS_SHOWN: Final = 20
BESIDE: Final = pd.Timedelta(minutes=5)
"""How soon after a change ended another still counts as beside it: effects show within minutes. A guess."""
_NO_CHANGE: Final = frozenset({"note", "alert"})


@dataclass(frozen=True, slots=True)
class _Row:
    """One line: an event, or an alert as one."""

    time: pd.Timestamp
    end: pd.Timestamp | None
    kind: str
    service: str
    title: str
    source: str
    change: bool
    """It changed something where the incident may be."""

    @property
    def over(self) -> pd.Timestamp:
        return self.end if self.end is not None else self.time


def to_table(events: Sequence[Event], alerts: Sequence[Alert] = ()) -> str:
    """One line an event or alert in order of time; then the changes of each service, and which overlapped."""
    unordered = [*map(_of_event, events), *map(_of_alert, alerts)]
    rows = sorted(unordered, key=lambda row: (row.time, row.service, row.title))
    if not rows:
        return "no changes\n"
    kinds = max(len(row.kind) for row in rows)
    services = min(24, max(len(row.service) for row in rows))
    lines = [
        f"{iso(row.time)}  {row.kind:{kinds}}  {clip(row.service, most=services):{services}}  "
        f"{clip(row.title, most=MAX_TITLE)}  ({row.source})".rstrip()
        for row in rows
    ]
    changes = [row for row in rows if row.change]
    dates = bool(changes) and spans_midnight(changes[0].time, changes[-1].time)
    parts = [lines, list(_by_service(changes, dates=dates)), list(_overlaps(rows, dates=dates))]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def to_jsonl(events: Sequence[Event], alerts: Sequence[Alert] = ()) -> str:
    """One JSON object an event or alert, as `--events FILE.jsonl` takes them: nothing of an event is lost."""
    told = [(event.time, _record(event)) for event in events] + [(alert.firing_at, _fired(alert)) for alert in alerts]
    ordered = sorted(told, key=lambda one: one[0])
    return "".join(json_text(json.dumps(record, ensure_ascii=False)) + "\n" for _, record in ordered)


def _of_event(event: Event) -> _Row:
    notable = how_far(event)
    also = event.labels.get("also_seen_in", "")
    source = event.source + (f" #{event.source_id}" if event.source_id else "") + (f"; also {also}" if also else "")
    return _Row(
        event.time,
        event.end,
        event.kind,
        plain(event.service.name),
        plain(event.title) + (f" [{plain(notable)}]" if notable else ""),
        plain(source),
        change=event.kind not in _NO_CHANGE and event.took_effect,
    )


def _of_alert(alert: Alert) -> _Row:
    until = f" (until {iso(alert.resolved_at)})" if alert.resolved_at is not None else ""
    name = plain(alert.service.name)
    return _Row(
        alert.firing_at, alert.resolved_at, "alert", name, f"{plain(alert.rule)} fired{until}", "alerts", change=False
    )


def _by_service(changes: Sequence[_Row], *, dates: bool) -> Iterator[str]:
    """Each service's changes on one line, those with most first."""
    groups: dict[str, list[_Row]] = defaultdict(list)
    for row in changes:
        groups[row.service or "(no service)"].append(row)
    if not groups:
        return
    yield "Changes by service:"
    for service, rows in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])):
        told = ", ".join(f"{clock(row.time, dates=dates)} {row.kind}" for row in rows)
        yield f"  {service}: {len(rows)} ({clip(told, most=2 * MAX_TITLE)})"


def _overlaps(rows: Sequence[_Row], *, dates: bool) -> Iterator[str]:
    """Pairs of a change with another service's change, or with an alert, that ran at the same time or right after."""
    pairs = list(_pairs([row for row in rows if row.change or row.kind == "alert"]))
    if not pairs:
        return
    yield f"Overlapping, or within {BESIDE.total_seconds() / 60:g} min:"
    for first, second in pairs[:MAX_OVERLAPS_SHOWN]:
        one, other = (
            f"{clock(row.time, dates=dates)} {row.kind} {row.service} {clip(row.title, most=MAX_TITLE // 2)}".strip()
            for row in (first, second)
        )
        yield f"  {one} | {other}"
    if len(pairs) > MAX_OVERLAPS_SHOWN:
        yield f"  and {len(pairs) - MAX_OVERLAPS_SHOWN} more"


def _pairs(rows: Sequence[_Row]) -> Iterator[tuple[_Row, _Row]]:
    """In order of time; each row is held against those that are not over yet."""
    running: list[_Row] = []
    for row in rows:
        running = [one for one in running if one.over + BESIDE >= row.time]
        for one in running:
            if {one.kind, row.kind} != {"alert"} and (one.service != row.service or "alert" in {one.kind, row.kind}):
                yield one, row
        running.append(row)


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


def _fired(alert: Alert) -> dict[str, object]:
    told = {
        "time": iso(alert.firing_at),
        "end": iso(alert.resolved_at) if alert.resolved_at is not None else None,
        "kind": "alert",
        "service": alert.service.name,
        "namespace": alert.service.namespace,
        "cluster": alert.service.cluster,
        "title": alert.rule,
        "source": "alerts",
    }
    return {key: value for key, value in told.items() if value}
