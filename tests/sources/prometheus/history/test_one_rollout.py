"""One rollout is one event, however many of its traces the metrics hold."""

from __future__ import annotations

import pandas as pd

from reconstruct.model import Event, EventKind, Service
from reconstruct.sources.prometheus.history.one_rollout import one_rollout

SHOP = Service("shop", namespace="prod")


def at(clock: str) -> pd.Timestamp:
    return pd.Timestamp(f"2026-03-02T{clock}Z")


def event(kind: EventKind, clock: str, title: str, *, end: str = "", version: str = "", who: Service = SHOP) -> Event:
    return Event(
        id="",
        time=at(clock),
        kind=kind,
        service=who,
        title=title,
        end=at(end) if end else None,
        version=version,
        source="prometheus",
        source_id=f"{title}:{clock}",
    )


def test_a_version_its_replica_set_and_its_instances_are_one_change_with_a_length() -> None:
    version = event("deploy", "13:01", "shop deployed: 2", end="13:06", version="2")
    replica_set = event("deploy", "13:00:10", "shop rolled out as shop-7f9")
    started = event("restart", "13:01:05", "3 instances of shop started", end="13:07")
    (one,) = one_rollout((started, replica_set, version))
    assert (one.time, one.end, one.version, one.kind) == (at("13:00:10"), at("13:07"), "2", "deploy")
    assert one.title == "shop deployed: 2"
    assert "shop-7f9" in one.labels["witnesses"]
    assert "3 instances" in one.labels["witnesses"]


def test_two_versions_other_services_and_later_restarts_stay_apart() -> None:
    first = event("deploy", "13:00", "shop deployed: 2", version="2")
    back = event("rollback", "13:05", "shop rolled back to 1", version="1")
    other = event("deploy", "13:00", "cart rolled out as cart-1", who=Service("cart"))
    elsewhere = event("deploy", "13:00", "shop rolled out as shop-1", who=SHOP._replace(namespace="test"))
    later = event("restart", "13:30", "shop-1 restarted")
    dying = event("restart", "13:01", "shop-1 restarted 4 times", end="13:04")
    events = (first, back, other, elsewhere, later, dying)
    assert sorted(e.source_id for e in one_rollout(events)) == sorted(e.source_id for e in events)
