"""A release's history saved with `helm history RELEASE -o json`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from reconstruct.config import ReadTime, read_time
from reconstruct.errors import UsageError
from reconstruct.model import Event, Gap, Service
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceResult

_CHART: Final = re.compile(r"(?P<name>.+?)-(?P<version>v?\d+\.\d.*)")


def is_history(whole: object) -> bool:
    """Whether a JSON value looks like a release's history."""
    return (
        isinstance(whole, list)
        and bool(whole)
        and all(isinstance(item, dict) and {"revision", "updated", "chart"} <= item.keys() for item in whole)
    )


def parse_history(whole: object, *, source: str) -> SourceResult:
    """One event a revision: a deploy, or a rollback where Helm's description says so. The service is the chart."""
    events: list[Event] = []
    gaps: list[Gap] = []
    for number, item in enumerate(cast("Sequence[Mapping[str, Any]]", whole), start=1):
        try:
            events.append(_event(item, source=source))
        except (UsageError, KeyError, TypeError) as error:
            gaps.append(Gap("", source, f"revision {number}", f"cannot be read: {error}"))
    return SourceResult(events=tuple(events), gaps=tuple(gaps))


def _event(item: Mapping[str, Any], *, source: str) -> Event:
    chart = str(item["chart"])
    named = _CHART.fullmatch(chart)
    said = str(item.get("description") or "")
    service = named["name"] if named else chart
    version = str(item.get("app_version") or "")
    return event(
        time=ReadTime(read_time(str(item["updated"]), tz="UTC").time, 0.0, zone_told=True),
        kind="rollback" if said.lower().startswith("rollback to") else "deploy",
        service=Service(service),
        title=f"{service} {version}: {said}" if said else "",
        source=source,
        source_id=f"{service}/{item['revision']}",
        version=version or (named["version"] if named else ""),
        labels={"chart": chart, "revision": str(item["revision"]), "state": str(item.get("status") or "")},
    )
