"""Payloads of deployment tools, flags, monitors and pagers in the shapes of vendors' documentation.

Each is read as what it is: asked for, tried on paper, done elsewhere, undone. Values are invented.
Those that begin with `odd` are of no vendor: envelopes, zones, places and people in spellings of our own.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconstruct.sources.changes.registry import read_source
from tests.sources.changes.reading import WINDOW
from tests.sources.changes.test_payloads_of_others import Row

FOLDER = Path(__file__).with_name("payloads_documented")
PEOPLE = re.compile(r"mona|lisa|vinci", re.IGNORECASE)
SILENT = "argo_dry_run_done.json"
"""A dry run that is over is no part of an application's history: there is nothing to say of it."""

READ: dict[str, list[Row]] = {
    "argo_application_set.json": [],
    "argo_dry_run.json": [("13:55:01", "", "deploy", "draft", "", False, "shop", "9fceb02d0ae5")],
    "argo_dry_run_done.json": [],
    "argo_k8s_events.json": [
        ("13:55:01", "", "note", "done", "", True, "shop", ""),
        ("13:56:40", "", "note", "done", "", True, "shop", ""),
    ],
    "argo_multi_source.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "1.2.3, 9fceb02d0ae5")],
    "argo_staging_namespace.json": [
        ("13:55:01", "13:56:40", "deploy", "done", "staging", False, "shop-staging", "9fceb02d0ae5")
    ],
    "argo_succeeded_and_history.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "9fceb02d0ae5")],
    "dd_change_event_v2.json": [("13:55:01", "", "flag", "done", "prod", True, "shop", "")],
    "dd_deploy_failed.json": [("13:55:01", "", "deploy", "failed", "prod", False, "shop", "2.20.0")],
    "dd_monitor_v2.json": [("14:00:35", "", "alert", "done", "prod", True, "shop", "")],
    "flux_git_repository.json": [],
    "flux_hr_history.json": [
        ("12:10:00", "", "deploy", "done", "", True, "shop", "2.19.0"),
        ("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0"),
    ],
    "flux_ks_dependency.json": [("13:56:40", "", "note", "failed", "", False, "shop", "")],
    "flux_ks_healthcheck.json": [("13:56:40", "", "deploy", "failed", "", False, "shop", "9fceb02d0ae5")],
    "flux_ks_history.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "9fceb02d0ae5")],
    "flux_ks_returned.json": [
        ("13:55:01", "", "deploy", "done", "", True, "shop", "9fceb02d0ae5"),
        ("15:20:40", "", "rollback", "done", "", True, "shop", "53e28ff20cc5"),
    ],
    "flux_notification_dependency.json": [("13:56:40", "", "note", "done", "", True, "shop", "")],
    "flux_notification_error.json": [("13:56:40", "", "deploy", "failed", "", False, "shop", "2.20.0")],
    "jenkins_branch.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "")],
    "jenkins_last_build.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "")],
    "jenkins_multibranch_pr.json": [("13:55:01", "13:56:40", "deploy", "done", "pr-12", False, "shop", "")],
    "jenkins_not_built.json": [("13:55:01", "13:56:40", "deploy", "cancelled", "", False, "shop", "")],
    "jenkins_parameters_dry_run.json": [("13:55:01", "13:56:40", "deploy", "draft", "prod", False, "shop", "")],
    "jenkins_parameters_prod.json": [("13:55:01", "13:56:40", "deploy", "done", "production", True, "shop", "2.20.0")],
    "jenkins_parameters_staging.json": [("13:55:01", "13:56:40", "deploy", "done", "staging", False, "shop", "2.20.0")],
    "jenkins_paused_input.json": [("13:55:01", "", "deploy", "running", "", True, "shop", "")],
    "jenkins_queue.json": [("13:55:01", "", "deploy", "requested", "", False, "shop", "")],
    "jenkins_unstable.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "")],
    "mm_export.jsonl": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("13:56:40", "", "note", "done", "", True, "", ""),
    ],
    "mm_posts.json": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("13:56:01", "", "note", "done", "", True, "", ""),
        ("13:58:21", "", "note", "done", "", True, "", ""),
    ],
    "nr_change_event.json": [("13:55:01", "", "flag", "done", "", True, "shop", "")],
    "nr_issue_webhook.json": [("14:00:35", "", "alert", "done", "", True, "shop", "")],
    "nr_nerdgraph.json": [
        ("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0"),
        ("13:56:40", "", "deploy", "done", "", False, "shop", "2.21.0"),
    ],
    "nr_nrql_deployments.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0")],
    "nr_v2.json": [("13:55:01", "", "deploy", "done", "", True, "", "2.20.0")],
    "octo_dashboard.json": [
        ("13:55:01", "13:56:40", "deploy", "done", "Production", True, "Shop", "2.20.0"),
        ("14:00:00", "", "deploy", "requested", "Dev", False, "Shop", "2.21.0"),
    ],
    "octo_deployments_list.json": [("13:55:01", "", "deploy", "requested", "production", False, "Projects-1", "")],
    "octo_hook_created.json": [("13:55:01", "", "note", "done", "", True, "", "")],
    "octo_hook_failed.json": [("13:55:01", "", "deploy", "failed", "Staging", False, "Shop", "2.20.0")],
    "octo_hook_queued.json": [("13:55:01", "", "deploy", "requested", "Production", False, "Shop", "2.20.0")],
    "octo_hook_started.json": [("13:55:01", "", "deploy", "running", "Production", True, "Shop", "2.20.0")],
    "og_export.csv": [("14:00:35", "", "alert", "done", "", True, "shop", "")],
    "og_hook_close.json": [("14:00:35", "15:24:35", "alert", "done", "", True, "shop", "")],
    "og_hook_create.json": [("14:00:35", "", "alert", "done", "", True, "shop", "")],
    "og_hook_note.json": [("14:00:35", "", "alert", "done", "", True, "shop", "")],
    "og_incidents.json": [("14:02:00", "", "alert", "done", "", True, "", "")],
    "sentry_issue_hook.json": [("13:55:30", "", "note", "done", "", True, "shop", "")],
    "sentry_issues.json": [("13:55:30", "", "note", "done", "", True, "shop", "")],
    "sentry_metric_alert.json": [("14:00:35", "", "alert", "done", "production", True, "shop", "")],
    "sentry_release_only.json": [("13:55:01", "", "note", "done", "", True, "shop", "2.20.0")],
    "spin_dry_run.json": [("13:55:01", "13:56:40", "deploy", "draft", "prod-eu", False, "shop", "2.20.0")],
    "spin_judgment.json": [("13:55:01", "", "deploy", "requested", "prod-eu", False, "shop", "2.20.0")],
    "spin_not_started.json": [("13:55:00", "", "deploy", "requested", "prod-eu", False, "shop", "2.20.0")],
    "spin_pipeline.json": [("13:55:01", "13:56:40", "deploy", "done", "prod-eu", True, "shop", "2.20.0")],
    "spin_rollback.json": [("13:55:01", "13:56:40", "rollback", "done", "prod-eu", True, "shop", "2.20.0")],
    "spin_skipped_deploy.json": [("13:55:01", "13:56:40", "note", "done", "", True, "shop", "2.20.0")],
    "spin_staging_account.json": [("13:55:01", "13:56:40", "deploy", "done", "staging", False, "shop", "2.20.0")],
    "spin_starting_webhook.json": [("13:55:01", "", "deploy", "running", "prod-eu", True, "shop", "2.20.0")],
    "spin_two_accounts.json": [("13:55:01", "13:56:40", "deploy", "done", "prod", True, "shop", "2.20.0")],
    "tf_json_log.jsonl": [("13:55:30", "13:55:40", "config", "done", "", True, "", "")],
    "tfc_confirmed.json": [("13:50:00", "", "config", "requested", "", False, "", "")],
    "tfc_errored_in_plan.json": [("13:56:40", "", "config", "failed", "", False, "", "")],
    "tfc_hook_plan_only.json": [],
    "tfc_hook_planned.json": [("13:56:40", "", "config", "requested", "shop-prod", False, "shop-prod", "")],
    "tfc_hook_verification.json": [],
    "tfc_included_workspace.json": [
        ("13:55:01", "13:56:40", "config", "done", "shop-staging", False, "shop-staging", "")
    ],
    "tfc_planned.json": [("13:50:00", "", "config", "requested", "", False, "", "")],
    "tfc_refresh_only.json": [],
    "tfc_saved.json": [],
    "tfc_soft_failed.json": [("13:50:00", "", "config", "requested", "", False, "", "")],
    "unleash_many.json": [
        ("13:55:01", "", "flag", "done", "production", True, "", ""),
        ("13:55:01", "", "flag", "done", "development", False, "", ""),
        ("13:55:01", "", "flag", "done", "production", True, "", ""),
        ("13:55:01", "", "flag", "done", "", True, "", ""),
        ("13:55:01", "", "flag", "done", "", True, "", ""),
    ],
    "unleash_webhook.json": [("13:55:01", "", "flag", "done", "production", True, "", "")],
    "odd_env_graphql_edges.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "2.20.0")],
    "odd_env_jsonapi.json": [("13:55:01", "", "deploy", "done", "", True, "", "2.20.0")],
    "odd_env_soap_like.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0")],
    "odd_env_kafka.jsonl": [
        ("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0"),
        ("14:10:00", "", "deploy", "done", "", True, "cart", "1.1"),
    ],
    "odd_env_kafka_string.jsonl": [
        ("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0"),
        ("14:10:00", "", "deploy", "done", "", True, "cart", "1.1"),
    ],
    "odd_env_by_service.json": [
        ("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0"),
        ("14:10:00", "", "deploy", "done", "", True, "cart", "1.1"),
    ],
    "odd_env_by_date.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0")],
    "odd_ask_change_request.json": [("13:55:01", "14:30:00", "deploy", "requested", "", False, "shop", "")],
    "odd_ask_desired.json": [("13:55:01", "", "deploy", "requested", "", False, "shop", "2.20.0")],
    "odd_ask_completed_false.json": [("13:55:01", "", "deploy", "running", "", True, "shop", "2.20.0")],
    "odd_ask_rejected_flag.json": [("13:55:01", "", "deploy", "requested", "", False, "shop", "2.20.0")],
    "odd_ask_title_failed.csv": [
        ("13:55:01", "", "deploy", "failed", "", False, "shop", ""),
        ("14:10:00", "", "deploy", "done", "", True, "shop", ""),
    ],
    "odd_ask_title_planned.csv": [("13:55:01", "", "rollback", "requested", "", False, "shop", "")],
    "odd_ask_noop_chef.json": [("13:55:01", "13:56:40", "note", "draft", "", False, "", "")],
    "odd_ask_ansible_check.json": [("13:55:01", "13:56:40", "deploy", "draft", "", False, "", "")],
    "odd_place_branch.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0")],
    "odd_place_region.json": [("13:55:01", "", "deploy", "done", "prod", True, "shop", "2.20.0")],
    "odd_place_list.json": [("13:55:01", "", "deploy", "done", "production", True, "shop", "2.20.0")],
    "odd_place_list_staging.json": [("13:55:01", "", "deploy", "done", "staging", False, "shop", "2.20.0")],
    "odd_place_canary.json": [("13:55:01", "", "deploy", "done", "production-canary", True, "shop", "2.20.0")],
    "odd_place_cluster.json": [("13:55:01", "", "deploy", "done", "staging-eu-1", False, "shop", "2.20.0")],
    "odd_place_dr.csv": [("13:55:01", "", "deploy", "done", "PRE", False, "shop", "2.20.0")],
    "odd_zone_offset_col.csv": [("13:55:01", "", "deploy", "done", "", True, "shop", "")],
    "odd_zone_iana_in_cell.csv": [("13:55:01", "", "deploy", "done", "", True, "shop", "")],
    "odd_zone_bracket.csv": [("13:55:01", "", "deploy", "done", "", True, "shop", "")],
    "odd_zone_utc_plus.csv": [("13:55:01", "", "deploy", "done", "", True, "shop", "")],
    "odd_zone_no_colon.csv": [("13:55:01", "", "deploy", "done", "", True, "shop", "")],
    "odd_zone_dotnet.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "")],
    "odd_zone_dotnet_offset.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "")],
    "odd_zone_mongo.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0")],
    "odd_zone_mongo_long.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0")],
    "odd_people_speaker.csv": [
        ("13:55:01", "", "rollback", "done", "", True, "", ""),
        ("13:56:00", "", "note", "done", "", True, "", ""),
    ],
    "odd_people_list.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0")],
    "odd_people_chat.txt": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("13:56:00", "", "note", "done", "", True, "", ""),
    ],
    "odd_people_camel.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0")],
    "odd_people_slack_lines.txt": [
        ("13:55:00", "", "note", "done", "", True, "", ""),
        ("13:56:00", "", "note", "done", "", True, "", ""),
        ("13:57:00", "", "note", "done", "", True, "", ""),
    ],
}


@pytest.mark.parametrize("name", sorted(READ))
def test_a_documented_payload_is_read_as_what_happened(name: str) -> None:
    told = read_source(str(FOLDER / name), window=WINDOW)
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
    assert told.events or told.gaps or told.notes or name == SILENT, "lost without a word"
    assert not PEOPLE.search(repr(told))


def test_every_payload_has_a_line_here() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(READ)
