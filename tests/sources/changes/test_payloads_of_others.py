"""Payloads of tools beside those under payloads/, in the shapes that vendors document: each is read as what it is.

A file that is not read is refused with the entry for reconstruct.yaml, or with what to give instead: none is misread.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconstruct.errors import UsageError
from reconstruct.sources.changes.registry import read_source
from tests.sources.changes.reading import WINDOW

FOLDER = Path(__file__).with_name("payloads_of_others")
PEOPLE = re.compile(r"\bmona\b|\blisa\b|@acme|@x\.example", re.IGNORECASE)

Row = tuple[str, str, str, str, str, bool, str, str]
"""time, end, kind, state, environment, took effect, service, version; times are UTC of 2026-11-17."""

READ: dict[str, list[Row]] = {
    "a_de.csv": [
        ("14:55:01", "", "deploy", "done", "Produktion", True, "shop", ""),
        ("15:10:00", "", "deploy", "failed", "Produktion", False, "shop", ""),
        ("15:20:00", "", "deploy", "requested", "Test", False, "cart", ""),
    ],
    "appsignal_markers.json": [("13:55:01", "", "deploy", "done", "", True, "", "9fceb02")],
    "argo_app_get.yaml": [("13:55:01", "13:56:40", "deploy", "done", "prod", True, "shop", "9fceb02d0ae5")],
    "argo_rollouts.json": [],
    "aws_alarm_history.json": [("14:00:35", "15:24:35", "alert", "done", "", True, "", "")],
    "aws_batch_get.json": [
        ("13:55:01", "13:56:40", "deploy", "cancelled", "prod", False, "shop", "9fceb02d0ae5"),
        ("14:55:01", "14:56:40", "rollback", "done", "staging", False, "shop", "9fceb02d0ae5"),
    ],
    "aws_cfn_events.json": [
        ("13:55:01", "13:56:40", "config", "done", "", True, "shop", ""),
        ("13:55:31", "", "note", "done", "", True, "shop", ""),
    ],
    "aws_codepipeline_executions.json": [
        ("13:55:01", "13:56:40", "deploy", "done", "", True, "", "9fceb02d0ae5"),
        ("14:05:01", "14:06:40", "deploy", "cancelled", "", False, "", ""),
    ],
    "aws_eb_events.json": [("13:55:01", "", "note", "done", "shop-prod", True, "shop", "")],
    "aws_eventbridge.jsonl": [
        ("13:55:01", "", "deploy", "done", "shop-prod", True, "shop", ""),
        ("13:56:40", "", "deploy", "done", "", True, "shop", ""),
        ("14:00:35", "", "alert", "done", "", True, "", ""),
        ("14:10:00", "", "deploy", "failed", "", False, "shop", ""),
        ("14:15:00", "", "note", "done", "", True, "i-0abc", ""),
    ],
    "aws_get_deployment.json": [
        ("13:55:01", "13:56:40", "deploy", "done", "shop-prod", True, "shop", "shop-2.20.0.zip")
    ],
    "aws_get_deployment_epoch.json": [
        ("13:54:40", "", "deploy", "requested", "shop-prod", False, "shop", "shop-2.20.0.zip")
    ],
    "aws_lambda_versions.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "12")],
    "aws_rds_events.json": [("13:55:01", "", "restart", "done", "", True, "shop-db", "")],
    "aws_scaling_activities.json": [
        ("13:55:01", "13:56:40", "scale", "done", "", True, "shop-asg", ""),
        ("14:15:01", "", "scale", "failed", "", False, "shop-asg", ""),
    ],
    "aws_sns_alarm.json": [("14:00:35", "", "alert", "done", "", True, "", "")],
    "awx_jobs.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "", "")],
    "az_activity_portal.csv": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("14:20:01", "", "restart", "failed", "", False, "", ""),
    ],
    "az_containerapp_revisions.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "")],
    "az_deployment_group.json": [("13:55:01", "13:56:40", "config", "done", "", True, "shop-prod", "")],
    "az_monitor_alert_common.json": [("14:00:35", "", "alert", "done", "", True, "shop", "")],
    "azdo_builds.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "9fceb02d0ae5")],
    "azdo_deployments.json": [
        ("13:55:01", "13:56:40", "deploy", "done", "Prod", True, "shop", "2.20.0"),
        ("14:14:00", "", "deploy", "requested", "Staging", False, "shop", "Release-19"),
    ],
    "azdo_pipeline_runs.json": [("13:55:01", "13:56:40", "deploy", "cancelled", "", False, "shop", "")],
    "azure_failed_policy.json": [],
    "azure_rest.json": [("13:55:01", "13:56:40", "restart", "done", "", True, "shop", "")],
    "b_changes_md.md": [
        ("13:55:00", "", "note", "done", "", True, "", ""),
        ("14:10:00", "", "note", "done", "", True, "", ""),
    ],
    "bamboo_results.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "Shop", "")],
    "betteruptime_incidents.json": [("14:00:35", "15:24:35", "alert", "done", "", True, "shop.example", "")],
    "bitbucket_deployments.json": [("13:55:01", "13:56:40", "deploy", "done", "Production", True, "", "9fceb02d0ae5")],
    "bitbucket_pipelines.json": [("13:55:01", "13:56:40", "deploy", "failed", "prod", False, "shop", "9fceb02d0ae5")],
    "buildkite_builds.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "9fceb02d0ae5")],
    "c_ampm.csv": [
        ("13:55:01", "", "deploy", "done", "Prod", True, "", ""),
        ("14:10:00", "", "deploy", "done", "Staging", False, "", ""),
    ],
    "cdevents.jsonl": [
        ("13:50:00", "", "note", "done", "", True, "", ""),
        ("15:20:00", "", "rollback", "done", "production", True, "shop", "2.14.1"),
    ],
    "circleci_pipelines.json": [("13:55:01", "", "note", "done", "", True, "", "9fceb02d0ae5")],
    "circleci_workflows.json": [("13:55:01", "13:56:40", "deploy", "done", "production", True, "", "")],
    "cloudflare_pages.json": [
        ("13:55:01", "13:56:40", "deploy", "done", "production", True, "shop", "9fceb02d0ae5"),
        ("14:02:00", "14:03:00", "deploy", "done", "preview", False, "shop", "9fceb02d0ae5"),
    ],
    "concourse_builds.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "")],
    "configcat_audit.json": [("13:55:01", "", "flag", "done", "shop / Main Config / Production", True, "", "")],
    "crontab_log.csv": [
        ("13:55:01", "13:56:40", "job", "failed", "", True, "", ""),
        ("14:55:01", "14:56:40", "job", "done", "", True, "", ""),
    ],
    "cw_filter_log_events.json": [("13:55:01", "", "deploy", "done", "", True, "", "")],
    "cw_logs_insights.csv": [("13:55:01", "", "deploy", "done", "", True, "", "")],
    "cw_logs_insights.json": [("13:55:01", "", "deploy", "done", "", True, "", "")],
    "d_tz_suffix.csv": [
        ("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0"),
        ("13:55:01", "", "deploy", "done", "", True, "cart", "1.1"),
    ],
    "dd_dora.json": [("13:55:01", "13:56:40", "deploy", "done", "prod", True, "shop", "2.20.0")],
    "dd_events_v2.json": [("13:55:01", "", "deploy", "done", "prod", True, "shop", "2.20.0")],
    "dd_monitor_webhook.json": [("14:00:35", "", "note", "done", "", True, "", "")],
    "digitalocean_app.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "9fceb02d0ae5")],
    "discord_export.json": [("13:55:01", "", "note", "done", "", True, "", "")],
    "docker_events.jsonl": [
        ("13:54:58", "", "note", "done", "", True, "shop-1", ""),
        ("13:55:01", "", "restart", "done", "", True, "shop", ""),
    ],
    "drone_builds.json": [("13:55:01", "13:56:40", "deploy", "done", "production", True, "", "9fceb02d0ae5")],
    "dynatrace_events.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "2.20.0")],
    "dynatrace_problems.json": [("14:00:35", "", "alert", "done", "", True, "shop", "")],
    "e_dates_only.csv": [("00:00:00", "", "deploy", "done", "", True, "shop", "")],
    "elastic_hits.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "")],
    "f_two_zone_columns.csv": [("13:55:01", "", "deploy", "done", "", True, "shop", "")],
    "flagsmith_audit.json": [("13:55:01", "", "flag", "done", "Production", True, "", "")],
    "flux_kustomization.json": [("13:55:01", "", "deploy", "failed", "", False, "shop", "9fceb02d")],
    "flux_notification.json": [("13:56:40", "", "deploy", "done", "prod", True, "shop", "2.20.0")],
    "fly_releases.json": [("13:55:01", "", "deploy", "done", "", True, "", "15")],
    "flyway_info.json": [("13:55:01", "", "migration", "done", "", True, "", "2.20")],
    "flyway_schema_history.csv": [
        ("13:55:01", "", "migration", "done", "", True, "", "2.20"),
        ("14:30:01", "", "migration", "failed", "", False, "", "2.21"),
    ],
    "g_start_end_local.csv": [("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "")],
    "gcp_app_engine_versions.json": [("13:55:01", "", "deploy", "done", "", True, "default", "20261117t135501")],
    "gcp_audit_run.json": [
        ("13:55:01", "", "deploy", "done", "", True, "shop", ""),
        ("14:11:00", "", "restart", "failed", "", False, "shop-1", ""),
    ],
    "gcp_cloud_build.json": [("13:55:01", "13:56:40", "deploy", "done", "prod", True, "shop", "2.20.0")],
    "gcp_cloud_deploy_rollouts.json": [
        ("13:55:01", "13:56:40", "deploy", "done", "prod", True, "shop", "rel-2-20-0"),
        ("14:24:50", "", "deploy", "requested", "prod", False, "shop", "rel-2-21-0"),
    ],
    "gcp_gke_operations.json": [("13:55:01", "13:56:40", "config", "done", "", True, "", "")],
    "gcp_monitoring_webhook.json": [("13:55:01", "", "alert", "done", "", True, "shop", "")],
    "gcp_run_revisions.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "2.20.0")],
    "gh_events_api.json": [
        ("13:55:01", "", "note", "done", "", True, "shop", "9fceb02d0ae5"),
        ("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0"),
    ],
    "gh_graphql_deployments.json": [("13:55:01", "13:56:40", "deploy", "done", "production", True, "", "2.20.0")],
    "gh_jobs.json": [("13:55:01", "13:56:40", "deploy", "done", "production", True, "", "9fceb02d0ae5")],
    "gh_pr_list.json": [("13:55:01", "", "note", "done", "", True, "", "9fceb02d0ae5")],
    "gh_run_list.json": [
        ("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "9fceb02d0ae5"),
        ("14:10:58", "", "deploy", "requested", "", False, "shop", "9fceb02d0ae5"),
    ],
    "gh_webhook_deployment_status.json": [("13:55:01", "", "deploy", "running", "production", True, "shop", "2.20.0")],
    "gh_webhook_push.json": [("13:55:01", "", "note", "done", "", True, "shop", "9fceb02d0ae5")],
    "gh_webhook_release.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0")],
    "gh_webhook_workflow_run.json": [
        ("13:55:01", "13:56:40", "deploy", "done", "production", True, "shop", "9fceb02d0ae5")
    ],
    "git_for_each_ref.txt": [("13:55:01", "", "note", "done", "", True, "", "")],
    "gitlog_oneline_date.txt": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("12:30:00", "", "note", "done", "", True, "", ""),
    ],
    "gitlog_oneline_dates.txt": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("12:00:00", "", "note", "done", "", True, "", ""),
    ],
    "gke_audit.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "")],
    "gl_jobs.json": [
        ("13:54:00", "", "rollback", "requested", "production", False, "", "9fceb02d0ae5"),
        ("13:55:01", "13:56:40", "deploy", "done", "production", True, "", "9fceb02d0ae5"),
    ],
    "gl_merge_requests.json": [("13:55:01", "", "note", "done", "", True, "", "9fceb02d0ae5")],
    "gl_pipelines.json": [
        ("13:54:20", "13:56:40", "note", "done", "", True, "", "9fceb02d"),
        ("14:12:11", "", "note", "requested", "", False, "", "9fceb02d"),
    ],
    "gl_webhook_deployment.json": [("13:56:40", "", "deploy", "done", "production", True, "shop", "279484c0")],
    "gl_webhook_pipeline.json": [("13:54:00", "13:56:40", "note", "done", "", True, "shop", "9fceb02d")],
    "grafana_oncall_groups.json": [("14:00:35", "15:24:35", "alert", "done", "", True, "", "")],
    "grafana_state_history.json": [],
    "h_duration.csv": [("13:55:01", "", "deploy", "done", "", True, "shop", "")],
    "harness_executions.json": [("13:55:01", "13:56:40", "deploy", "done", "production", True, "shop", "")],
    "helm_history.yaml": [("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0")],
    "helm_ls.yaml": [("13:55:01", "", "deploy", "running", "prod", True, "shop-prod", "2.20.0")],
    "helm_status.json": [("13:55:01", "", "deploy", "done", "prod", True, "shop", "2.20.0")],
    "heroku_releases.json": [
        ("13:55:01", "", "deploy", "done", "", True, "shop", "112"),
        ("14:40:00", "", "config", "failed", "", False, "shop", "114"),
        ("15:20:00", "", "rollback", "done", "", True, "shop", "113"),
    ],
    "honeycomb_markers.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "", "")],
    "i_env_col.csv": [
        ("13:55:01", "", "deploy", "done", "production", True, "shop", "2.20.0"),
        ("14:00:00", "", "deploy", "done", "qa-2", False, "shop", "2.21.0"),
        ("14:05:00", "", "deploy", "done", "production", True, "shop", "2.21.0"),
        ("14:10:00", "", "deploy", "cancelled", "production", False, "shop", "2.22.0"),
        ("14:15:00", "", "deploy", "failed", "production", False, "shop", "2.23.0"),
    ],
    "incidentio.json": [("14:05:35", "", "alert", "done", "", True, "", "")],
    "instana_releases.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "")],
    "j_quoted_newline.csv": [
        ("13:55:01", "", "deploy", "done", "", True, "shop", ""),
        ("14:10:00", "", "note", "done", "", True, "cart", ""),
    ],
    "ja_nested_attr.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "", "2.20.0")],
    "jb_edges.json": [
        ("13:55:01", "13:56:40", "note", "done", "prod", True, "shop", ""),
        ("14:10:00", "", "note", "requested", "prod", False, "shop", ""),
    ],
    "jc_status_object.json": [
        ("13:55:01", "", "deploy", "failed", "", False, "shop", ""),
        ("13:56:40", "", "deploy", "running", "", True, "cart", ""),
    ],
    "jd_numeric_status.json": [
        ("13:55:01", "", "deploy", "requested", "", False, "shop", ""),
        ("13:56:40", "", "deploy", "requested", "", False, "shop", ""),
    ],
    "je_preview_flag.json": [
        ("13:55:01", "", "deploy", "done", "pr-12", False, "shop", ""),
        ("13:56:40", "", "deploy", "done", "eu-1", True, "shop", ""),
        ("13:56:40", "", "deploy", "done", "", False, "cart", ""),
    ],
    "jenkins_blueocean.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "9fceb02d0ae5")],
    "jenkins_depth1.json": [
        ("13:55:01", "13:56:40", "deploy", "cancelled", "", False, "shop", "2.20.0"),
        ("14:05:01", "", "deploy", "running", "", True, "shop", ""),
    ],
    "jenkins_notification.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "9fceb02d0ae5")],
    "jenkins_wfapi.json": [("13:55:01", "13:56:40", "deploy", "failed", "", False, "", "")],
    "jf_dry_run.json": [
        ("13:55:01", "", "deploy", "draft", "", False, "shop", ""),
        ("13:56:40", "", "deploy", "done", "", True, "shop", ""),
    ],
    "jg_many_times.json": [("13:55:01", "", "deploy", "done", "", True, "", "")],
    "jh_epoch_strings.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0")],
    "ji_single.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "")],
    "jira_export.csv": [],
    "jira_search.json": [("13:56:40", "", "note", "done", "", True, "shop", "")],
    "jj_empty_results.json": [],
    "jl_map_by_id.json": [
        ("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0"),
        ("14:10:00", "", "deploy", "done", "", True, "cart", "1.0"),
    ],
    "jm_mixed.json": [("13:55:01", "", "deploy", "done", "", True, "", "")],
    "jn_local_no_zone.json": [
        ("13:55:01", "", "deploy", "done", "", True, "shop", ""),
        ("13:55:01", "", "deploy", "done", "", True, "", ""),
    ],
    "jo_google_calendar.json": [("13:55:01", "13:56:40", "note", "done", "", True, "", "")],
    "journalctl_short.txt": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("14:10:00", "", "note", "done", "", True, "", ""),
    ],
    "k8s_audit.jsonl": [
        ("13:55:01", "", "deploy", "done", "", True, "shop", ""),
        ("14:02:01", "", "config", "failed", "", False, "shop", ""),
    ],
    "k8s_events_v1.json": [("13:55:01", "14:10:00", "note", "done", "prod", True, "shop-5d9f", "")],
    "k_ms_and_s.csv": [
        ("13:55:01", "", "note", "done", "", True, "shop", ""),
        ("13:55:01", "", "note", "done", "", True, "shop", ""),
        ("13:55:01", "", "note", "done", "", True, "shop", ""),
        ("13:55:01", "", "note", "done", "", True, "shop", ""),
    ],
    "kibana.csv": [("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0")],
    "kubectl_deploy.json": [("13:56:40", "", "deploy", "done", "prod", True, "shop", "2.20.0")],
    "kubectl_rs.yaml": [("13:55:01", "", "deploy", "done", "prod", True, "shop", "2.20")],
    "l_float_epoch.csv": [
        ("13:55:01", "", "deploy", "done", "", True, "shop", ""),
        ("13:55:01", "", "note", "done", "", True, "shop", ""),
    ],
    "ld_flag_status.json": [("13:55:01", "", "flag", "done", "", True, "", "")],
    "ld_webhook.json": [("13:55:01", "", "flag", "done", "production", True, "", "")],
    "linear_issues.json": [("13:55:01", "", "note", "done", "", True, "", "")],
    "liquibase_databasechangelog.csv": [("13:55:01", "", "migration", "done", "", True, "", "")],
    "logfmt.log": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("13:56:40", "", "note", "done", "", True, "", ""),
    ],
    "loki_streams.json": [
        ("13:55:01", "", "note", "done", "", True, "shop", ""),
        ("13:56:40", "", "note", "done", "", True, "shop", ""),
    ],
    "m_excel_us.csv": [("13:55:01", "", "deploy", "done", "", True, "", "")],
    "maintenance.ics": [
        ("13:55:01", "13:56:40", "deploy", "requested", "", False, "", ""),
        ("00:00:00", "", "note", "requested", "", False, "", ""),
    ],
    "mattermost_export.jsonl": [("13:55:01", "", "note", "done", "", True, "", "")],
    "n_backup_jobs.csv": [
        ("13:55:01", "13:56:40", "job", "done", "", True, "", ""),
        ("14:00:00", "", "job", "running", "", True, "", ""),
        ("15:00:00", "", "job", "requested", "", False, "", ""),
    ],
    "nagios.log": [
        ("14:00:35", "", "note", "done", "", True, "", ""),
        ("14:01:35", "", "note", "done", "", True, "", ""),
        ("14:01:41", "", "note", "done", "", True, "", ""),
    ],
    "netlify_deploys.json": [
        ("13:54:00", "13:56:40", "deploy", "done", "production", True, "shop", "9fceb02d0ae5"),
        ("14:10:00", "", "deploy", "done", "deploy-preview", False, "shop", "9fceb02d0ae5"),
    ],
    "nomad_deployments.json": [
        ("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "3"),
        ("14:10:01", "14:11:40", "deploy", "failed", "", False, "shop", "4"),
    ],
    "nomad_job_versions.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "3")],
    "nr_change_tracking.json": [("13:55:01", "", "deploy", "done", "", True, "", "2.20.0")],
    "nr_deployments.json": [("13:55:01", "", "deploy", "done", "", True, "", "2.20.0")],
    "o_flags.csv": [
        ("13:55:01", "", "flag", "done", "production", True, "", ""),
        ("14:10:00", "", "flag", "done", "staging", False, "", ""),
    ],
    "octopus_deployments_list.json": [("13:55:01", "", "deploy", "requested", "production", False, "Projects-1", "")],
    "octopus_events.json": [("13:56:40", "", "deploy", "done", "production", True, "shop", "2.20.0")],
    "octopus_progression.json": [
        ("13:55:01", "13:56:40", "deploy", "failed", "Environments-1", False, "Projects-1", "2.20.0")
    ],
    "octopus_tasks.json": [
        ("13:55:01", "13:56:40", "deploy", "done", "production", True, "", ""),
        ("14:00:01", "14:00:05", "job", "done", "", True, "", ""),
    ],
    "opsgenie_alerts.json": [("14:00:35", "15:24:35", "alert", "done", "", True, "", "")],
    "opsgenie_webhook.json": [("14:00:35", "", "alert", "done", "", True, "shop", "")],
    "p_alerts.csv": [("14:00:35", "15:24:35", "alert", "done", "", True, "shop", "")],
    "pd_events_v2.json": [("14:00:35", "", "alert", "done", "", True, "shop", "")],
    "pd_incidents.csv": [("14:00:35", "15:24:35", "alert", "done", "", True, "shop", "")],
    "pd_log_entries.json": [
        ("14:00:35", "", "note", "done", "", True, "shop", ""),
        ("14:03:35", "", "note", "done", "", True, "shop", ""),
    ],
    "pd_webhook_v3.json": [("14:00:35", "", "alert", "done", "", True, "shop", "")],
    "pulumi_history.json": [("13:55:01", "13:56:40", "config", "done", "", True, "", "12")],
    "q_offset_col.csv": [
        ("13:55:01", "", "deploy", "done", "", True, "shop", ""),
        ("13:55:01", "", "deploy", "done", "", True, "cart", ""),
    ],
    "r_semicolon_quotes.csv": [("13:55:01", "", "deploy", "done", "", True, "shop", "")],
    "render_deploys.json": [
        ("13:55:01", "13:56:40", "deploy", "done", "", True, "", "9fceb02d0ae5"),
        ("14:15:30", "14:20:00", "deploy", "failed", "", False, "", "9fceb02d0ae5"),
    ],
    "rollbar_deploys.json": [("13:55:01", "13:56:40", "deploy", "done", "production", True, "", "9fceb02d0ae5")],
    "rundeck_executions.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "")],
    "sensu_events.json": [("14:00:35", "", "alert", "done", "", True, "shop-1", "")],
    "sentry_deploys.json": [("13:55:01", "13:56:40", "deploy", "done", "prod", True, "", "")],
    "sentry_issue_alert.json": [("14:00:35", "", "note", "done", "production", True, "", "")],
    "sentry_release_detail.json": [("13:56:40", "", "deploy", "done", "staging", False, "shop", "2.20.0")],
    "servicenow_changes.json": [
        ("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", ""),
        ("14:30:00", "", "config", "requested", "", False, "shop-db", ""),
    ],
    "slack_channel.json": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("13:56:40", "", "note", "done", "", True, "", ""),
    ],
    "spinnaker_tasks.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", "")],
    "spinnaker_webhook.json": [("13:55:01", "13:56:40", "deploy", "done", "prod", True, "shop", "")],
    "split_changes.json": [("13:55:01", "", "flag", "done", "Prod-Default", True, "", "")],
    "splunk_export.csv": [("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0")],
    "splunk_results.json": [("13:55:01", "", "deploy", "done", "", True, "shop", "2.20.0")],
    "statsig_audit.json": [("13:55:00", "", "note", "done", "", True, "", "")],
    "statuspage_maint.json": [("14:00:00", "15:00:00", "note", "requested", "", False, "", "")],
    "statuspage_webhook.json": [("14:05:00", "", "note", "done", "", True, "", "")],
    "syslog.log": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("14:02:00", "", "note", "done", "", True, "", ""),
    ],
    "syslog5424.log": [("13:55:01", "", "note", "done", "", True, "", "")],
    "statuspage_history.atom": [("14:05:00", "", "note", "done", "", True, "", "")],
    "table_local.csv": [
        ("13:55:01", "", "deploy", "done", "", True, "shop", ""),
        ("13:55:01", "", "restart", "done", "", True, "cart", ""),
    ],
    "table_planned.csv": [
        ("13:55:01", "13:56:40", "deploy", "done", "", True, "shop", ""),
        ("14:30:00", "15:00:00", "deploy", "requested", "", False, "shop", ""),
    ],
    "table_status.csv": [
        ("13:55:01", "", "deploy", "done", "prod", True, "shop", "2.20.0"),
        ("14:10:00", "", "deploy", "requested", "prod", False, "shop", "2.21.0"),
        ("14:20:00", "", "deploy", "failed", "prod", False, "shop", "2.22.0"),
        ("14:25:00", "", "deploy", "done", "PR-131", False, "shop", "2.22.0"),
    ],
    "teamcity_builds.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "Shop", "11")],
    "teams_copy.txt": [
        ("13:55:00", "", "note", "done", "", True, "", ""),
        ("14:02:00", "", "note", "done", "", True, "", ""),
    ],
    "teams_graph.json": [("13:55:01", "", "note", "done", "", True, "", "")],
    "tekton_pipelineruns.json": [("13:55:01", "13:56:40", "deploy", "done", "", True, "", "")],
    "tfc_runs.json": [
        ("13:55:01", "13:56:40", "config", "done", "", True, "shop", ""),
        ("14:10:00", "", "config", "requested", "", False, "", ""),
    ],
    "tfc_webhook.json": [("13:56:40", "", "config", "done", "shop-prod", True, "shop-prod", "")],
    "travis_builds.json": [("13:55:01", "13:56:40", "note", "done", "", True, "shop", "9fceb02d0ae5")],
    "u_log_brackets.log": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("13:56:40", "", "note", "done", "", True, "", ""),
    ],
    "unleash_events.json": [("13:55:01", "", "flag", "done", "production", True, "", "")],
    "v_log_comma_ms.log": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("13:56:40", "", "note", "done", "", True, "", ""),
    ],
    "vercel_deployments.json": [
        ("13:55:01", "13:56:40", "deploy", "done", "production", True, "shop", "9fceb02d0ae5"),
        ("14:05:01", "14:06:40", "deploy", "done", "", False, "shop", ""),
        ("14:10:01", "", "deploy", "failed", "production", False, "shop", ""),
    ],
    "victorops_incidents.json": [("14:00:35", "", "alert", "done", "", True, "shop", "")],
    "x_postgres.log": [
        ("13:55:01", "", "note", "done", "", True, "", ""),
        ("12:56:40", "", "note", "done", "", True, "", ""),
    ],
    "ya_list.yaml": [
        ("13:55:01", "", "deploy", "done", "", True, "shop", "2.20"),
        ("14:10:00", "", "deploy", "failed", "", False, "shop", ""),
    ],
    "z_shortlog.txt": [("13:55:01", "", "note", "done", "", True, "", "9fceb02d0ae5")],
    "zabbix_events.json": [("14:00:35", "15:24:35", "alert", "done", "", True, "shop-1", "")],
}

REFUSED = (
    "argo_app_history_table.txt",
    "flux_get_table.txt",
    "git_reflog.txt",
    "git_tags.txt",
    "gocd_history.json",
    "helm_history_table.txt",
    "helm_list_table.txt",
    "jenkins_job_api_plain.json",
    "jk_error.json",
    "kubectl_describe.txt",
    "kubectl_events_wide.txt",
    "prometheus_alerts_yaml.yaml",
    "s_no_header.csv",
    "t_title_first.txt",
    "table_two_times.csv",
    "w_apache.log",
    "y_gitlog_pretty.txt",
)


@pytest.mark.parametrize("name", sorted(READ))
def test_a_payload_is_read_as_what_it_is(name: str) -> None:
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
    assert told.events or told.alerts or told.gaps or told.notes, "lost without a word"
    assert not PEOPLE.search(repr(told))


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_is_refused_with_what_to_do(name: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_source(str(FOLDER / name), window=WINDOW)
    assert raised.value.hint
    assert not PEOPLE.search(raised.value.message)


def test_every_payload_has_a_line_here() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*READ, *REFUSED}
