"""The frame with the fields that Grafana's API gives; the newest change stands first."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tests.sources.changes.reading import told

FIRED, OVER = pd.Timestamp("2026-11-17T14:00:35Z"), pd.Timestamp("2026-11-17T15:24:35Z")


def change(time: pd.Timestamp, previous: str, current: str, pod: str = "a") -> tuple[int, dict[str, Any]]:
    line = {
        "schemaVersion": 1, "previous": previous, "current": current, "values": {"B": 42}, "condition": "B",
        "dashboardUID": "d", "panelID": 3, "fingerprint": "f", "ruleTitle": "ShopLatency", "ruleID": 1, "ruleUID": "u",
        "labels": {"alertname": "ShopLatency", "service": "shop", "pod": pod},
    }  # fmt: skip
    return time.value // 1_000_000, line


def frame(*changes: tuple[int, dict[str, Any]]) -> dict[str, Any]:
    fields = [{"name": "time", "type": "time"}, {"name": "line", "type": "other"}, {"name": "labels", "type": "other"}]
    origin = [{"from": "state-history"}] * len(changes)
    return {
        "schema": {"name": "states", "fields": fields},
        "data": {"values": [[time for time, _ in changes], [line for _, line in changes], origin]},
    }


def test_an_alert_fires_from_alerting_to_the_next_state_of_the_same_instance() -> None:
    read = told(
        frame(
            change(OVER, "Alerting", "Normal"),
            change(FIRED + pd.Timedelta("5min"), "Normal", "Alerting (NoData)", pod="b"),
            change(FIRED, "Pending", "Alerting"),
            change(FIRED - pd.Timedelta("1min"), "Normal", "Pending"),
        )
    )
    first, second = read.alerts
    assert (first.rule, first.service.name, first.labels["pod"]) == ("ShopLatency", "shop", "a")
    assert (first.firing_at, first.resolved_at) == (FIRED, OVER)
    assert (second.labels["pod"], second.resolved_at) == ("b", None)


def test_what_fired_before_the_history_begins_is_a_gap() -> None:
    read = told(frame(change(OVER, "Alerting", "Normal")))
    assert read.alerts == ()
    assert "ShopLatency" in read.gaps[0].missing
