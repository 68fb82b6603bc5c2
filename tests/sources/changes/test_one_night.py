"""One night of forty changes, told by six sources in three zones, skewed and duplicated: each change once."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reconstruct.model import Event, Service, Window
from reconstruct.sources.changes.ledger import one_ledger
from reconstruct.sources.changes.registry import read_source
from reconstruct.sources.result import SourceResult

EVENING = pd.Timestamp("2026-11-16T20:00:00Z")
NIGHT = Window(EVENING, EVENING + pd.Timedelta("12h"), pd.Timedelta("15s"), EVENING)
SERVICES = ("shop", "cart", "catalog", "login", "mail")
SOURCES = ("deploys.csv", "github.json", "helm.json", "kubernetes.json", "gitlab.json", "prometheus")
SKEW_S = {
    "deploys.csv": 0,
    "github.json": 37,
    "helm.json": -12,
    "kubernetes.json": 4,
    "gitlab.json": 90,
    "prometheus": 20,
}
"""How much later than it was each source's clock shows, in seconds."""


@dataclass(frozen=True)
class Change:
    service: str
    version: str
    time: pd.Timestamp
    told_by: tuple[str, ...]

    def at(self, source: str) -> pd.Timestamp:
        return self.time + pd.Timedelta(seconds=SKEW_S[source])


def night() -> list[Change]:
    chance = random.Random(41)
    changes = []
    for number in range(40):
        service = SERVICES[number % len(SERVICES)]
        time = EVENING + pd.Timedelta(minutes=16 * number + chance.randint(0, 8), seconds=chance.randint(0, 59))
        told = tuple(source for source in SOURCES if chance.random() < 0.5) or ("deploys.csv",)
        changes.append(Change(service, f"2.{number}.0", time, told))
    return changes


def write(folder: Path, changes: list[Change]) -> None:
    def of(source: str) -> Iterator[Change]:
        return (change for change in changes if source in change.told_by)

    with (folder / "deploys.csv").open("w", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(["deployed_at", "timezone", "service", "version"])
        for change in of("deploys.csv"):
            local = change.at("deploys.csv").tz_convert("Europe/Berlin")
            rows.writerow([f"{local:%d.%m.%Y %H:%M:%S}", "Europe/Berlin", change.service, change.version])
            if change.version.endswith("7.0"):  # somebody pasted a row twice
                rows.writerow([f"{local:%d.%m.%Y %H:%M:%S}", "Europe/Berlin", change.service, change.version])
    github = [
        {
            "id": place,
            "sha": f"{place:040x}",
            "ref": f"v{change.version}",
            "task": "deploy",
            "environment": "production",
            "created_at": f"{change.at('github.json'):%Y-%m-%dT%H:%M:%SZ}",
            "payload": {},
            "transient_environment": False,
            "repository_url": f"https://api.github.example/repos/acme/{change.service}",
            "creator": {"login": "jdoe"},
        }
        for place, change in enumerate(of("github.json"))
    ]
    helm = [
        {
            "name": change.service,
            "namespace": "prod",
            "revision": place,
            "status": "superseded",
            "updated": change.at("helm.json").tz_convert("Asia/Kolkata").isoformat(),
            "chart": f"{change.service}-1.0.0",
            "app_version": change.version,
            "description": "Upgrade complete",
        }
        for place, change in enumerate(of("helm.json"))
    ]
    kubernetes = [
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"{change.service}-{place}",
                "namespace": "prod",
                "annotations": {},
                "creationTimestamp": f"{change.at('kubernetes.json'):%Y-%m-%dT%H:%M:%SZ}",
                "ownerReferences": [{"kind": "Deployment", "name": change.service}],
            },
            "spec": {"template": {"spec": {"containers": [{"name": change.service, "image": f"x:{change.version}"}]}}},
        }
        for place, change in enumerate(of("kubernetes.json"))
    ]
    gitlab = [
        {
            "tag_name": f"v{change.version}",
            "name": f"v{change.version}",
            "created_at": "2026-11-10T00:00:00Z",
            "released_at": change.at("gitlab.json").tz_convert("America/New_York").isoformat(),
            "_links": {"self": f"https://gitlab.example/acme/{change.service}/-/releases/v{change.version}"},
        }
        for change in of("gitlab.json")
    ]
    for name, items in (("github", github), ("helm", helm), ("kubernetes", kubernetes), ("gitlab", gitlab)):
        (folder / f"{name}.json").write_text(json.dumps(items))


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    folder = tmp_path_factory.mktemp("night")
    changes = night()
    write(folder, changes)
    told = [read_source(str(folder / name), window=NIGHT) for name in SOURCES[:-1]]
    assert not any(one.gaps for one in told)
    seen: list[dict[str, Any]] = [
        {"service": Service(change.service, "prod"), "version": change.version, "time": change.at("prometheus")}
        for change in changes
        if "prometheus" in change.told_by
    ]
    derived = [Event(id="", kind="deploy", title="version seen", source="prometheus", **one) for one in seen]
    return one_ledger(told, SourceResult(events=tuple(derived)), metrics=())


def test_each_change_is_there_once_with_its_witnesses(ledger: tuple[tuple[Event, ...], tuple[str, ...]]) -> None:
    found = {(event.service.name, event.version): event for event in ledger[0]}
    assert len(ledger[0]) == len(found) == 40
    for change in night():
        event = found[change.service, change.version]
        first, *others = change.told_by
        assert event.source == first
        assert abs(event.time - change.at(first)) < pd.Timedelta("1s")
        assert event.labels.get("also_seen_in", "") == ", ".join(others)


def test_clocks_that_differ_are_said(ledger: tuple[tuple[Event, ...], tuple[str, ...]]) -> None:
    said = " ".join(ledger[1])
    assert "gitlab.json" in said
    assert not any("local time" in note for note in ledger[1])
