"""The state history of Grafana's alerts (`/api/v1/rules/history`): a frame of times and of what changed at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

from reconstruct.model import Gap
from reconstruct.sources.changes.payload import Format, Item, PayloadReading, Told, at, begin, each, end, has, text
from reconstruct.sources.changes.tools.alertmanager import alert_of_labels
from reconstruct.sources.result import SourceResult

_FIRING: Final = "Alerting"


def _changes(frame: Item) -> list[Item]:
    """The rows of one frame, oldest first: Grafana gives the newest first."""
    fields, columns = at(frame, "schema.fields"), at(frame, "data.values")
    if not isinstance(fields, list) or not isinstance(columns, list):
        return []
    named = {text(field, "name"): column for field, column in zip(fields, columns, strict=False)}
    times, lines = (named.get(name) for name in ("time", "line"))
    if not isinstance(times, list) or not isinstance(lines, list):
        return []
    rows = [{**line, "_time": time} for time, line in zip(times, lines, strict=False) if isinstance(line, dict)]
    return sorted(rows, key=lambda row: cast("float", row["_time"]))


def _parse(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Each alert from its change to `Alerting` to the next change of the same instance."""
    changes = [change for frame in items for change in _changes(frame)]
    firing: list[Item] = []
    opened: dict[str, dict[str, object]] = {}
    begun: list[str] = []
    for change in changes:
        key = f"{text(change, 'ruleUID', 'ruleTitle')} {sorted(_labels(change).items())}"
        fires = text(change, "current").startswith(_FIRING)
        if key in opened and not fires:
            opened.pop(key)["_over"] = change["_time"]
        elif fires and key not in opened:
            opened[key] = {**change}
            firing.append(opened[key])
        elif text(change, "previous").startswith(_FIRING) and not fires:
            begun.append(text(change, "ruleTitle"))
    gaps = tuple(
        Gap("", reading.source, f"when {rule} began to fire", "the history begins later")
        for rule in dict.fromkeys(begun)
    )
    return each(_alert)(firing, reading) + SourceResult(gaps=gaps)


def _alert(item: Item, reading: PayloadReading) -> Iterator[Told]:
    told = {"labels": {"alertname": text(item, "ruleTitle"), **_labels(item)}}
    alert = alert_of_labels(
        told,
        firing_at=begin(item, "_time").time,
        resolved_at=end(item, "_over"),
        own=reading.ask.service_labels,
    )
    yield replace(alert, rule=alert.rule or text(item, "ruleTitle"))


def _labels(change: Item) -> Mapping[str, object]:
    found = at(change, "labels")
    return found if isinstance(found, dict) else {}


FORMATS: Final = (
    Format(
        "the state history of Grafana's alerts",
        lambda item: has(item, "schema.fields", "data.values") and any("ruleTitle" in row for row in _changes(item)),
        _parse,
    ),
)
