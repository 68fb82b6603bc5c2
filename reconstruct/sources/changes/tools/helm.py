"""Helm: a release's history (`helm history -o json`), and the latest revision of each (`helm list -o json`).

An upgrade that Helm refused changed nothing. One that timed out, or whose hooks failed after the objects were sent, is
called failed too and did change the cluster.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from reconstruct.model import Event, Service
from reconstruct.sources.changes.environments import placed_by_namespace
from reconstruct.sources.changes.payload import Format, Item, PayloadReading, Told, begin, each, has, labels, text
from reconstruct.sources.changes.record import event

_CHART: Final = re.compile(r"(?P<name>.+?)-(?P<version>v?\d+\.\d.*)")
_APPLIED: Final = re.compile(
    r"timed out waiting|context deadline exceeded|post-(?:upgrade|install|rollback) hooks? failed|not ready",
    re.IGNORECASE,
)
"""Words of Helm after the objects were already sent."""
STATES: Final[Mapping[str, str]] = {
    "deployed": "done",
    "superseded": "done",
    "failed": "failed",
    "pending-install": "running",
    "pending-upgrade": "running",
    "pending-rollback": "running",
    "uninstalled": "done",
    "uninstalling": "running",
}
"""Helm's words for a revision -> how far it got."""


def _revision(item: Item, reading: PayloadReading) -> Iterator[Told]:
    chart, release = text(item, "chart"), text(item, "name")
    named = _CHART.fullmatch(chart)
    said, status = text(item, "description"), text(item, "status")
    service = release or reading.service or (named["name"] if named else chart)
    version = text(item, "app_version") or (named["version"] if named else "")
    removed = status.startswith("uninstall")
    told = event(
        time=begin(item, "updated"),
        kind="rollback" if said.lower().startswith("rollback to") else "config" if removed else "deploy",
        service=Service(service, text(item, "namespace")),
        title=f"{service} {version}: {said or status}" if said or removed else "",
        source=reading.source,
        source_id=f"{service}/{text(item, 'revision')}",
        version=version,
        labels=labels(chart=chart, revision=text(item, "revision"), helm_status=status),
        state=STATES.get(status, status),
    )
    yield placed_by_namespace(reached_cluster(told, said))


def reached_cluster(told: Event, said: str) -> Event:
    """A failed event marked as applied, where Helm's words say that the objects had been sent."""
    return replace(told, seen_applied=True) if told.state == "failed" and _APPLIED.search(said) else told


def _status(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """`helm status -o json`: the latest revision of one release, with its chart as an object."""
    chart = "chart.metadata"
    yield from _revision(
        {
            "name": text(item, "name"),
            "namespace": text(item, "namespace"),
            "revision": text(item, "version"),
            "updated": text(item, "info.last_deployed"),
            "status": text(item, "info.status"),
            "description": text(item, "info.description"),
            "chart": f"{text(item, f'{chart}.name')}-{text(item, f'{chart}.version')}",
            "app_version": text(item, f"{chart}.appVersion"),
        },
        reading,
    )


FORMATS: Final = (
    Format("the status of a Helm release", lambda item: has(item, "info.last_deployed", "info.status"), each(_status)),
    Format("Helm revisions", lambda item: has(item, "revision", "updated", "chart"), each(_revision)),
)
