"""Payloads as tools write them, with invented values: each is read as what it is, or one line says what to give."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconstruct.errors import UsageError
from reconstruct.sources.changes.registry import read_source
from tests.sources.changes.reading import WINDOW

FOLDER = Path(__file__).with_name("payloads")
PEOPLE = re.compile(r"jdoe|invented|made-up|\banna\b|\bbob\b|\bJo\b|@[a-z][\w-]*\.\w", re.IGNORECASE)

Row = tuple[str, str, str, str, str, str, bool]
"""time, end, kind, service, version, state, took effect; times are UTC of 2026-11-17."""

READ: dict[str, list[Row]] = {
    "am_silences.json": [("14:10:00", "15:10:00", "note", "", "", "done", True)],
    "argo_api_applications.json": [
        ("13:55:01", "13:56:40", "deploy", "shop", "53e28ff20cc5", "done", True),
        ("14:40:00", "14:41:00", "note", "shop", "", "failed", False),
    ],
    "argo_app_get_nokind.json": [
        ("13:55:01", "13:56:40", "deploy", "shop", "53e28ff20cc5", "done", True),
        ("14:40:00", "14:41:00", "note", "shop", "", "failed", False),
    ],
    "argo_app_list_cli.json": [
        ("13:55:01", "13:56:40", "deploy", "shop", "53e28ff20cc5", "done", True),
        ("14:40:00", "14:41:00", "note", "shop", "", "failed", False),
    ],
    "argo_history.json": [("13:55:01", "13:56:40", "deploy", "shop", "53e28ff20cc5", "done", True)],
    "aws_ecs_describe.json": [
        ("13:55:01", "13:56:40", "deploy", "shop", "220", "done", True),
        ("13:55:10", "", "note", "shop", "", "done", True),
        ("13:56:40", "", "note", "shop", "", "done", True),
    ],
    "azure_activity.json": [("13:55:01", "", "deploy", "shop", "", "done", True)],
    "blame_helm_failed.json": [("13:55:20", "", "deploy", "shop", "2.21.0", "failed", False)],
    "blame_preview_environment.json": [("13:55:21", "", "deploy", "shop", "b84d88e", "done", False)],
    "cdevents.json": [("13:55:30", "", "deploy", "shop", "2.20.0", "done", True)],
    "chat_irc.txt": [("13:58:02", "", "note", "", "", "done", True), ("13:59:00", "", "note", "", "", "done", True)],
    "chat_ranges.txt": [
        ("14:00:00", "14:30:00", "note", "", "", "done", True),
        ("13:55:00", "14:10:00", "note", "", "", "done", True),
        ("14:00:00", "14:30:00", "note", "", "", "done", True),
    ],
    "chat_slack_copy.txt": [
        ("14:05:00", "", "note", "", "", "done", True),
        ("14:07:00", "", "note", "", "", "done", True),
    ],
    "chat_zone_abbrev.md": [
        ("13:55:00", "", "note", "", "", "done", True),
        ("13:57:00", "", "note", "", "", "done", True),
        ("14:00:00", "", "note", "", "", "done", True),
    ],
    "cloudtrail_log.json": [("13:55:01", "", "deploy", "shop", "220", "done", True)],
    "cloudtrail_lookup.json": [("13:55:01", "", "deploy", "shop", "", "done", True)],
    "csv_epoch_ms.csv": [("13:55:30", "", "deploy", "", "", "done", True)],
    "csv_epoch_ns.csv": [("13:55:30", "", "deploy", "", "", "done", True)],
    "csv_excel_serial.csv": [("13:55:30", "", "deploy", "", "", "done", True)],
    "csv_header_zone.csv": [("13:55:30", "", "deploy", "", "", "done", True)],
    "csv_iso_minute.csv": [("14:05:00", "", "deploy", "shop", "", "done", True)],
    "csv_iso_ms_nozone.csv": [
        ("13:55:30", "", "deploy", "", "", "done", True),
        ("13:55:30", "", "note", "", "", "done", True),
    ],
    "csv_month_name.csv": [
        ("13:55:30", "", "deploy", "", "", "done", True),
        ("13:56:00", "", "deploy", "", "", "done", True),
    ],
    "csv_odd_headers.csv": [("13:55:30", "", "deploy", "shop", "2.20.0", "done", True)],
    "csv_start_time.csv": [("13:55:30", "13:56:40", "note", "shop", "", "done", True)],
    "csv_timezone_column.csv": [
        ("13:55:30", "", "deploy", "shop", "2.20.0", "done", True),
        ("15:20:00", "", "rollback", "shop", "2.14.1", "done", True),
    ],
    "csv_us.csv": [("14:05:00", "", "deploy", "", "", "done", True)],
    "csv_zone_col.csv": [("13:55:30", "", "deploy", "", "", "done", True)],
    "datadog_events_v1.json": [("13:55:30", "", "deploy", "shop", "2.20.0", "done", True)],
    "flag_change_list.json": [("13:40:00", "", "flag", "shop", "", "done", True)],
    "flux_helmrelease.json": [("13:55:01", "", "deploy", "shop", "2.20.0", "done", True)],
    "gh_deployments.json": [
        ("13:50:01", "", "deploy", "shop", "b84d88e", "done", False),
        ("13:55:01", "", "deploy", "shop", "a84d88e", "done", True),
    ],
    "gh_releases.json": [("13:55:30", "", "deploy", "shop", "2.20.0", "done", True)],
    "gh_statuses_list.json": [("13:56:40", "", "deploy", "shop", "", "done", True)],
    "gh_workflow_runs.json": [("13:55:01", "13:56:40", "deploy", "shop", "acb5820ced94", "done", True)],
    "gitlog_default.txt": [("13:55:30", "", "note", "", "53e28ff20cc5", "done", True)],
    "gitlog_iso.txt": [("13:55:30", "", "note", "", "", "done", True), ("15:20:00", "", "note", "", "", "done", True)],
    "gitlog_isostrict.txt": [
        ("13:55:30", "", "note", "", "", "done", True),
        ("15:20:00", "", "note", "", "", "done", True),
    ],
    "gitlog_pipe.csv": [("13:55:30", "", "note", "", "", "done", True)],
    "gitlog_unix.csv": [("13:55:30", "", "note", "", "", "done", True)],
    "gl_deployments.json": [("13:55:01", "13:56:40", "deploy", "shop", "99d03678", "done", True)],
    "gl_releases.json": [("13:55:30", "", "deploy", "", "2.20.0", "done", True)],
    "grafana_annotations.json": [("13:55:01", "13:56:40", "deploy", "shop", "2.20.0", "done", True)],
    "helm_list.json": [("15:20:30", "", "deploy", "shop-prod", "2.14.1", "done", True)],
    "jenkins_builds.json": [
        ("12:55:01", "12:55:10", "deploy", "shop", "", "failed", False),
        ("13:55:01", "13:56:40", "deploy", "shop", "2.20.0", "done", True),
    ],
    "journal.jsonl": [
        ("13:54:01", "", "note", "shop", "", "done", True),
        ("13:55:01", "", "restart", "shop", "", "done", True),
    ],
    "kubectl_events.json": [
        ("13:55:04", "", "note", "shop", "", "done", True),
        ("13:55:05", "", "note", "", "", "done", True),
        ("13:55:05", "", "note", "shop", "", "done", True),
        ("13:55:05", "", "scale", "shop", "", "done", True),
        ("13:57:05", "15:10:05", "note", "shop", "", "done", True),
    ],
    "kubectl_mixed.json": [
        ("13:55:01", "", "deploy", "db", "", "done", True),
        ("13:55:01", "13:56:40", "deploy", "shop", "2.20.0", "done", True),
        ("13:55:05", "", "note", "shop", "", "done", True),
    ],
    "kubectl_rs.json": [("13:55:01", "", "deploy", "shop", "2.20.0", "done", True)],
    "launchdarkly_auditlog.json": [("13:55:00", "", "flag", "", "", "done", True)],
    "opsgenie_alerts.json": [("14:00:55", "14:01:56", "alert", "", "", "done", True)],
    "pd_change_events.json": [("13:55:30", "", "deploy", "shop", "", "done", True)],
    "prom_alerts_api.json": [("14:00:05", "", "note", "shop", "", "done", True)],
    "pd_incidents.json": [("14:01:00", "15:30:00", "alert", "shop", "", "done", True)],
    "sentry_releases.json": [("13:55:01", "13:56:40", "deploy", "shop", "2.20.0", "done", True)],
    "slack_2026-11-17.json": [
        ("13:55:30", "", "note", "", "", "done", True),
        ("14:02:00", "", "note", "", "", "done", True),
        ("15:19:30", "", "note", "", "", "done", True),
    ],
    "statuspage_incidents.json": [("13:56:00", "15:40:00", "note", "", "", "done", True)],
}

ALERTS = {
    "am_webhook.json": ("DbQueryLatencyHigh", "shop", "14:00:35", "15:24:35"),
}

REFUSED = {
    "kubectl_get_events_table.txt": "kubectl get events -A -o json",
    "kubectl_rollout_history.txt": "kubectl get replicasets -A -o json",
}


@pytest.mark.parametrize("name", sorted(READ))
def test_a_tools_payload_is_read_as_what_it_is(name: str) -> None:
    events = read_source(str(FOLDER / name), window=WINDOW).events
    assert [
        (
            f"{e.time:%H:%M:%S}",
            "" if e.end is None else f"{e.end:%H:%M:%S}",
            e.kind,
            e.service.name,
            e.version,
            e.state,
            e.took_effect,
        )
        for e in events
    ] == READ[name]


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_alerts_that_fired_are_alerts(name: str) -> None:
    (alert,) = read_source(str(FOLDER / name), window=WINDOW).alerts
    resolved = "" if alert.resolved_at is None else f"{alert.resolved_at:%H:%M:%S}"
    assert (alert.rule, alert.service.name, f"{alert.firing_at:%H:%M:%S}", resolved) == ALERTS[name]


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_text_that_leaves_out_the_times_says_what_to_give_instead(name: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_source(str(FOLDER / name), window=WINDOW)
    assert REFUSED[name] in raised.value.hint


def test_since_when_an_alert_is_pending_is_not_when_it_fired() -> None:
    told = read_source(str(FOLDER / "prom_alerts_api.json"), window=WINDOW)
    assert told.alerts == ()
    assert told.gaps[0].missing == "when DbQueryLatencyHigh fired"


def test_a_date_that_can_be_two_is_a_gap() -> None:
    told = read_source(str(FOLDER / "csv_ambiguous.csv"), window=WINDOW)
    assert told.events == ()
    assert "2026-03-11 or 2026-11-03" in told.gaps[0].cause


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
def test_no_payload_brings_a_persons_name(path: Path) -> None:
    try:
        said = repr(read_source(str(path), window=WINDOW))
    except UsageError as error:
        said = f"{error.message} {error.hint}"
    assert not PEOPLE.search(said)


def test_every_payload_has_a_line_here() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*READ, *ALERTS, *REFUSED, "csv_ambiguous.csv"}
