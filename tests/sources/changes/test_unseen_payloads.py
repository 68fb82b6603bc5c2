"""Webhooks, audit logs, histories and spreadsheets that no reader had been written for, after tools' documentation.

What is right was written before the first reading. Values are invented.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconstruct.errors import UsageError
from reconstruct.sources.changes.registry import read_source
from tests.sources.changes.reading import WINDOW
from tests.sources.changes.test_payloads_of_others import Row

FOLDER = Path(__file__).with_name("payloads_unseen")
PEOPLE = re.compile(r"mona|lisa", re.IGNORECASE)

READ: dict[str, list[Row]] = {
    "airbrake_deploys.json": [("13:55:01", "", "deploy", "done", "production", True, "shop", "2.20.0")],
    "amplify_jobs.json": [("13:55:01", "13:56:40", "deploy", "failed", "", False, "", "9fceb02d0ae5")],
    "ansible_json_callback.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "", "")],
    "apt_history.log": [
        ("13:55:01", "13:56:40", "deploy", "done", "", True, "", ""),
        ("14:10:00", "14:10:09", "deploy", "done", "", True, "", ""),
    ],
    "atlas_events.json": [
        ("13:55:01", "", "config", "requested", "", False, "shop-db", ""),
        ("13:56:40", "", "config", "done", "", True, "shop-db", ""),
    ],
    "awx_notification.json": [("13:55:01", "13:56:40", "deploy", "failed", "staging", False, "shop", "")],
    "azdo_hook_approval_pending.json": [("13:55:01", "", "deploy", "requested", "Prod", False, "shop", "Release-19")],
    "azdo_hook_build.json": [("13:55:01", "13:56:40", "deploy", "failed", "", False, "shop", "9fceb02d0ae5")],
    "azdo_hook_deployment_rejected.json": [
        ("13:55:01", "13:56:40", "deploy", "failed", "Prod", False, "shop", "Release-18")
    ],
    "azure_resource_changes.json": [("13:55:01", "", "config", "done", "", True, "shop", "")],
    "bugsnag_releases.json": [("13:55:01", "", "deploy", "done", "staging", False, "", "2.20.0")],
    "buildkite_blocked.json": [("13:55:01", "", "deploy", "requested", "", False, "shop", "9fceb02d0ae5")],
    "buildkite_webhook.json": [("13:55:01", "13:56:40", "deploy", "failed", "", False, "shop", "9fceb02d0ae5")],
    "capistrano_revisions.log": [],
    "circleci_webhook.json": [("13:55:01", "13:56:40", "deploy", "cancelled", "prod", False, "shop", "9fceb02d0ae5")],
    "cloudflare_audit.json": [
        ("13:55:01", "", "config", "done", "", True, "shop.example", ""),
        ("13:56:40", "", "config", "failed", "", False, "shop.example", ""),
    ],
    "cloudsql_operations.json": [
        ("13:55:01", "13:56:40", "restart", "done", "", True, "shop-db", ""),
        ("14:10:00", "", "job", "running", "", True, "shop-db", ""),
    ],
    "cloudtrail_denied.json": [("13:55:01", "", "deploy", "failed", "", False, "shop", "")],
    "codefresh_builds.json": [("13:55:01", "13:56:40", "deploy", "failed", "", False, "shop", "9fceb02d0ae5")],
    "docker_events.txt": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("13:56:40", "", "note", "done", "", True, "", ""),
    ],
    "dpkg.log": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("13:55:03", "", "note", "done", "", True, "", ""),
        ("13:56:40", "", "note", "done", "", True, "", ""),
    ],
    "ecs_failed_event.json": [("13:55:01", "", "deploy", "failed", "", False, "shop", "")],
    "excel_de.csv": [
        ("13:55:01", "", "deploy", "done", "Produktion", True, "shop", ""),
        ("14:10:00", "", "deploy", "requested", "Produktion", False, "cart", ""),
        ("14:20:00", "", "deploy", "running", "Abnahme", False, "cart", ""),
        ("14:30:00", "", "restart", "failed", "Produktion", False, "shop", ""),
    ],
    "excel_fr.csv": [
        ("13:55:01", "", "deploy", "done", "Production", True, "shop", ""),
        ("14:10:00", "", "deploy", "requested", "Production", False, "cart", ""),
        ("14:20:00", "", "deploy", "cancelled", "Production", False, "cart", ""),
        ("14:30:00", "", "restart", "failed", "Production", False, "shop", ""),
        ("14:40:00", "", "deploy", "done", "Recette", False, "shop", ""),
        ("14:50:00", "", "rollback", "running", "Production", True, "shop", ""),
    ],
    "fastly_events.json": [
        ("13:55:01", "", "config", "done", "", True, "SU1Z0isxPaozGVKXdv0eY", ""),
        ("13:56:40", "", "note", "done", "", True, "SU1Z0isxPaozGVKXdv0eY", ""),
    ],
    "firehydrant_changes.json": [("13:55:01", "13:56:40", "deploy", "done", "Staging", False, "shop", "")],
    "firehydrant_timeline.json": [("13:55:01", "", "note", "done", "", True, "", "")],
    "flagger_webhook.json": [("13:55:01", "", "deploy", "failed", "prod", False, "shop", "")],
    "flagsmith_webhook.json": [("13:55:01", "", "flag", "done", "Development", False, "", "")],
    "gcp_build_pubsub.json": [("13:55:01", "13:56:40", "deploy", "failed", "prod", False, "shop", "9fceb02d0ae5")],
    "gh_run_list.tsv": [],
    "git_fuller.txt": [("13:55:01", "", "note", "done", "", True, "", "9fceb02d0ae5")],
    "git_graph.txt": [
        ("12:10:00", "", "note", "done", "", True, "", "aaaaaaaaaaaa"),
        ("13:55:01", "", "note", "done", "", True, "", "9fceb02d0ae5"),
    ],
    "github_audit_log.json": [("13:55:01", "", "note", "done", "production", True, "shop", "")],
    "gitlab_environments.json": [("13:55:01", "13:56:40", "deploy", "done", "production", True, "", "9fceb02d")],
    "gitlab_feature_flag_hook.json": [],
    "growthbook_webhook.json": [("13:55:01", "", "flag", "done", "production", True, "", "")],
    "harness_approval_waiting.json": [("13:55:01", "", "deploy", "requested", "prod", False, "shop", "")],
    "heroku_webhook.json": [("13:55:01", "", "deploy", "failed", "", False, "shop", "113")],
    "honeybadger_deploys.json": [("13:55:01", "", "deploy", "done", "staging", False, "shop", "9fceb02d0ae5")],
    "icinga_downtimes.json": [("13:55:01", "13:56:40", "note", "requested", "", False, "db1", "")],
    "incidentio_updates.json": [("13:55:01", "", "note", "done", "", True, "", "")],
    "incidentio_webhook.json": [("13:55:01", "", "alert", "done", "", True, "", "")],
    "jira_webhook.json": [("13:55:01", "", "note", "done", "", True, "", "")],
    "journal_export.txt": [
        ("13:55:01", "", "note", "done", "", True, "systemd", ""),
        ("13:56:40", "", "note", "done", "", True, "systemd", ""),
    ],
    "journal_short_full.txt": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("13:56:40", "", "note", "done", "", True, "", ""),
    ],
    "journal_short_iso.txt": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("13:56:40", "", "note", "done", "", True, "", ""),
    ],
    "jsm_request.json": [("13:55:01", "", "deploy", "requested", "", False, "", "")],
    "ld_scheduled.json": [
        ("13:55:01", "", "flag", "requested", "production", False, "", ""),
        ("13:56:40", "", "flag", "requested", "production", False, "", ""),
    ],
    "nomad_events.jsonl": [("13:55:01", "13:56:40", "deploy", "failed", "", False, "shop", "12")],
    "pd_change_ingest.json": [("13:55:01", "", "deploy", "failed", "production", False, "", "")],
    "posthog_activity.json": [("13:55:01", "", "flag", "done", "", True, "", "")],
    "puppetdb_reports.json": [
        ("13:55:01", "13:56:40", "config", "done", "production", True, "web1.example", ""),
        ("14:10:00", "14:11:00", "config", "draft", "production", False, "web2.example", ""),
    ],
    "rootly_events.json": [("13:55:01", "", "note", "done", "", True, "", "")],
    "semaphore_webhook.json": [
        ("13:55:01", "13:56:40", "deploy", "failed", "production", False, "shop", "9fceb02d0ae5")
    ],
    "servicenow.csv": [
        ("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", ""),
        ("14:10:00", "14:20:00", "config", "requested", "", False, "shop-db", ""),
        ("14:30:00", "14:40:00", "restart", "cancelled", "", False, "cart", ""),
    ],
    "spacelift_proposed.json": [],
    "spacelift_tracked.json": [("13:56:40", "", "config", "done", "prod", True, "shop-prod", "9fceb02d0ae5")],
    "statsig_webhook.json": [("13:55:01", "", "flag", "done", "production", True, "", "")],
    "statuspage_component.json": [("13:55:01", "", "note", "done", "", True, "", "")],
    "uptimerobot_logs.json": [("13:55:01", "13:56:40", "alert", "done", "", True, "shop", "")],
    "vercel_webhook_error.json": [("13:55:01", "", "deploy", "failed", "production", False, "shop", "9fceb02d0ae5")],
    "vercel_webhook_preview.json": [("13:55:01", "", "deploy", "done", "", False, "shop", "9fceb02d0ae5")],
}
"""No row: it is refused, or passed over with a note."""


@pytest.mark.parametrize("name", sorted(READ))
def test_a_payload_that_nobody_had_seen_is_read_as_what_happened(name: str) -> None:
    try:
        told = read_source(str(FOLDER / name), window=WINDOW)
    except UsageError:
        assert READ[name] == []
        return
    assert [
        (
            f"{e.time:%H:%M:%S}",
            "" if e.end is None else f"{e.end:%H:%M:%S}",
            e.kind,
            e.state,
            e.environment,
            e.took_effect,
            e.service.name,
            e.version,
        )
        for e in told.events
    ] == READ[name]
    assert told.events or told.notes or told.gaps
    assert not PEOPLE.search(str(told.events))


def test_every_file_is_held_to_something() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(READ)
