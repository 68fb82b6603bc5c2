# ruff: noqa: E501 - payloads as vendors document them, an item a line
"""Payloads in the shapes that vendors document, beside those under payloads/: what each tells, in one line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from reconstruct.errors import UsageError
from reconstruct.sources.changes.registry import read_source
from tests.sources.changes.reading import WINDOW, told

ISO, AFTER = "2026-11-17T13:55:01Z", "2026-11-17T13:56:40Z"
SHA = "53e28ff20cc530b9ada2173fbbd64d48338583ba"
JDOE = {"login": "jdoe", "name": "jdoe", "username": "jdoe", "email": "jdoe@invented.example"}

CASES: dict[str, tuple[Any, list[tuple[str, str, str, str, str, bool]]]] = {
    "gh run list": (
        [{"databaseId": 1, "workflowName": "Deploy production", "displayTitle": "x", "headSha": SHA, "headBranch": "main",
          "status": "completed", "conclusion": "success", "createdAt": ISO, "startedAt": ISO, "updatedAt": AFTER,
          "url": "https://github.com/acme/shop/actions/runs/1", "event": "push"},
         {"databaseId": 2, "workflowName": "Deploy production", "displayTitle": "x", "headSha": SHA, "headBranch": "main",
          "status": "queued", "conclusion": "", "createdAt": AFTER, "startedAt": AFTER, "updatedAt": AFTER,
          "url": "https://github.com/acme/shop/actions/runs/2", "event": "push"}],
        [("13:55:01", "deploy", "shop", SHA[:12], "done", True), ("13:56:40", "deploy", "shop", SHA[:12], "requested", False)],
    ),
    "gh run list, few fields": (
        [{"conclusion": "cancelled", "createdAt": ISO, "displayTitle": "release 2.20", "status": "completed", "databaseId": 7}],
        [("13:55:01", "note", "", "", "cancelled", False)],
    ),
    "gh release list": (
        [{"tagName": "v2.20.0", "name": "v2.20.0", "isDraft": False, "isPrerelease": False, "publishedAt": ISO, "createdAt": ISO},
         {"tagName": "v2.21.0", "name": "next", "isDraft": True, "isPrerelease": False, "publishedAt": None, "createdAt": ISO}],
        [("13:55:01", "deploy", "", "2.20.0", "done", True)],
    ),
    "GitHub deployment_status webhook": (
        {"action": "created", "repository": {"name": "shop"}, "sender": JDOE,
         "deployment": {"id": 4, "sha": SHA, "ref": "main", "environment": "staging", "created_at": ISO, "payload": {},
                        "repository_url": "https://api.github.com/repos/acme/shop", "creator": JDOE},
         "deployment_status": {"state": "in_progress", "created_at": ISO, "creator": JDOE}},
        [("13:55:01", "deploy", "shop", SHA[:7], "running", False)],
    ),
    "GitHub release webhook": (
        {"action": "published", "repository": {"name": "shop", "full_name": "acme/shop"},
         "release": {"id": 1, "tag_name": "v2.20.0", "published_at": ISO, "name": "", "author": JDOE}},
        [("13:55:01", "deploy", "shop", "2.20.0", "done", True)],
    ),
    "GitLab deployment webhook": (
        {"object_kind": "deployment", "status": "failed", "status_changed_at": "2026-11-17 15:55:01 +0200", "deployment_id": 15,
         "environment": "prod-eu", "environment_tier": "production", "project": {"path_with_namespace": "acme/shop"},
         "short_sha": "53e28ff2", "user": JDOE, "commit_url": f"https://gl.example/acme/shop/-/commit/{SHA}", "ref": "main"},
        [("13:55:01", "deploy", "shop", SHA[:8], "failed", False)],
    ),
    "GitLab pipelines": (
        [{"id": 47, "iid": 12, "project_id": 1, "status": "success", "source": "push", "ref": "main", "sha": SHA,
          "web_url": "https://gl.example/acme/shop/-/pipelines/47", "created_at": ISO, "updated_at": AFTER}],
        [("13:55:01", "note", "shop", SHA[:8], "done", True)],
    ),
    "Argo CD, a sync under way": (
        {"metadata": {"name": "shop"}, "spec": {"destination": {"namespace": "prod"}, "source": {}},
         "status": {"operationState": {"phase": "Running", "startedAt": ISO, "operation": {"sync": {"revision": SHA}}}}},
        [("13:55:01", "deploy", "shop", SHA[:12], "running", True)],
    ),
    "Flux, a HelmRelease that failed": (
        {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "shop", "namespace": "prod"},
         "status": {"history": [{"chartName": "shop", "chartVersion": "2.21.0", "appVersion": "2.21.0", "lastDeployed": ISO,
                                 "firstDeployed": ISO, "status": "failed", "version": 13}]}},
        [("13:55:01", "deploy", "shop", "2.21.0", "failed", False)],
    ),
    "Helm, pending and timed out": (
        [{"revision": 3, "updated": ISO, "status": "pending-upgrade", "chart": "shop-2.20.0", "app_version": "2.20.0", "description": "Preparing upgrade"},
         {"revision": 4, "updated": AFTER, "status": "failed", "chart": "shop-2.21.0", "app_version": "2.21.0",
          "description": 'Upgrade "shop" failed: timed out waiting for the condition'}],
        [("13:55:01", "deploy", "shop", "2.20.0", "running", True), ("13:56:40", "deploy", "shop", "2.21.0", "failed", True)],
    ),
    "events.k8s.io": (
        {"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "e", "namespace": "prod", "uid": "u"},
             "eventTime": "2026-11-17T13:55:01.123456Z", "reason": "SuccessfulRescale", "note": "New size: 6",
             "regarding": {"kind": "HorizontalPodAutoscaler", "name": "shop"},
             "series": {"count": 3, "lastObservedTime": AFTER}}]},
        [("13:55:01", "scale", "shop", "", "done", True)],
    ),
    "CloudEvents around CDEvents": (
        {"specversion": "1.0", "id": "1", "source": "/x", "type": "dev.cdevents.service.rolledback.0.1.1", "time": ISO,
         "data": {"context": {"version": "0.3.0", "id": "1", "source": "/x", "timestamp": ISO, "type": "dev.cdevents.service.rolledback.0.1.1"},
                  "subject": {"id": "shop", "type": "service", "content": {"environment": {"id": "prod"}, "artifactId": "pkg:oci/shop@sha256:aa?tag=2.14.1"}}}},
        [("13:55:01", "rollback", "shop", "2.14.1", "done", True)],
    ),
    "Datadog events (v2)": (
        {"data": [{"id": "A", "type": "event", "attributes": {"timestamp": ISO, "tags": ["env:staging", "service:shop", "deployment"],
                   "attributes": {"title": "Deployment of shop 2.20.0", "timestamp": 1794923701000}}}]},
        [("13:55:01", "deploy", "shop", "2.20.0", "done", False)],
    ),
    "PagerDuty webhooks": (
        [{"event": {"id": "1", "event_type": "incident.triggered", "occurred_at": ISO, "agent": {"summary": "jdoe", "type": "user_reference"},
                    "data": {"id": "P1", "number": 9, "title": "fire", "created_at": ISO, "status": "triggered", "service": {"summary": "shop"}, "incident_number": 9}}},
         {"event": {"id": "2", "event_type": "incident.resolved", "occurred_at": AFTER,
                    "data": {"id": "P1", "number": 9, "title": "fire", "created_at": ISO, "status": "resolved", "service": {"summary": "shop"}, "incident_number": 9}}}],
        [("13:55:01", "alert", "shop", "", "done", True)],
    ),
    "PagerDuty log entries": (
        {"log_entries": [{"id": "R1", "type": "acknowledge_log_entry", "created_at": ISO, "summary": "Acknowledged by jdoe",
                          "agent": {"type": "user_reference", "summary": "jdoe"}, "incident": {"summary": "[#9] fire"}, "service": {"summary": "shop"}}]},
        [("13:55:01", "note", "shop", "", "done", True)],
    ),
    "Spinnaker": (
        [{"application": "shop", "id": "01", "name": "Deploy to prod", "status": "TERMINAL", "buildTime": 1794923700000, "startTime": 1794923701000,
          "endTime": 1794923800000, "trigger": {"type": "manual", "user": "jdoe"}, "stages": []}],
        [("13:55:01", "deploy", "shop", "", "failed", False)],
    ),
    "Terraform runs": (
        {"data": [{"id": "run-1", "type": "runs", "attributes": {"status": "errored", "created-at": ISO, "message": "x", "status-timestamps": {"errored-at": AFTER}}},
                  {"id": "run-2", "type": "runs", "attributes": {"status": "planned_and_finished", "created-at": ISO, "status-timestamps": {}}},
                  {"id": "run-3", "type": "runs", "attributes": {"status": "applied", "created-at": ISO, "message": "y",
                   "status-timestamps": {"applying-at": ISO, "applied-at": AFTER}}}]},
        [("13:55:01", "config", "", "", "done", True), ("13:56:40", "config", "", "", "failed", False)],
    ),
    "Octopus deployments": (
        {"ItemType": "Deployment", "Items": [{"Id": "Deployments-1", "ReleaseId": "Releases-1", "EnvironmentId": "Environments-1",
         "ProjectId": "Projects-1", "TaskId": "T-1", "Name": "Deploy to Production", "Created": "2026-11-17T14:55:01.000+01:00", "DeployedBy": "jdoe"}]},
        [("13:55:01", "deploy", "Projects-1", "", "requested", False)],
    ),
    "Unleash events": (
        {"version": 1, "events": [{"id": 1, "type": "feature-environment-disabled", "createdBy": "jdoe", "createdAt": ISO, "featureName": "suffix",
         "environment": "production", "project": "default"}, {"id": 2, "type": "user-created", "createdBy": "jdoe", "createdAt": ISO, "featureName": None}]},
        [("13:55:01", "flag", "", "", "done", True)],
    ),
    "Azure, one operation told three times": (
        [{"eventTimestamp": at, "operationName": {"value": "Microsoft.Web/sites/restart/Action", "localizedValue": "Restart website"},
          "status": {"value": status}, "resourceId": "/subscriptions/1/resourceGroups/g/providers/Microsoft.Web/sites/shop",
          "correlationId": "c", "caller": "jdoe@invented.example", "eventDataId": status}
         for at, status in ((ISO, "Started"), ("2026-11-17T13:55:30Z", "Accepted"), (AFTER, "Succeeded"))],
        [("13:55:01", "restart", "shop", "", "done", True)],
    ),
    "Google Cloud's audit log": (
        [{"insertId": "a", "timestamp": ISO, "resource": {"type": "cloud_run_revision", "labels": {"service_name": "shop"}},
          "protoPayload": {"@type": "type.googleapis.com/google.cloud.audit.AuditLog", "methodName": "google.cloud.run.v1.Services.ReplaceService",
                           "resourceName": "namespaces/p/services/shop", "authenticationInfo": {"principalEmail": "jdoe@invented.example"}}},
         {"insertId": "b", "timestamp": AFTER, "resource": {"labels": {}},
          "protoPayload": {"methodName": "google.cloud.run.v1.Services.GetService", "resourceName": "x"}}],
        [("13:55:01", "deploy", "shop", "", "done", True)],
    ),
    "Mattermost's bulk export": (
        [{"type": "post", "post": {"team": "t", "channel": "c", "user": "jdoe", "message": "@jdoe rolls back", "create_at": 1794923701000}}],
        [("13:55:01", "note", "", "", "done", True)],
    ),
    "Slack's conversations.history": (
        {"ok": True, "messages": [{"type": "message", "subtype": "channel_join", "ts": "1794923700.0", "user": "U1", "text": "<@U1> has joined"},
                                  {"type": "message", "ts": "1794923701.000200", "user": "U1", "text": "rolling back"}], "has_more": False},
        [("13:55:01", "note", "", "", "done", True)],
    ),
    "Opsgenie, still open": (
        {"data": [{"id": "7", "tinyId": "1", "message": "DB slow", "status": "open", "createdAt": ISO, "owner": "jdoe@invented.example", "entity": "shop"}]},
        [("13:55:01", "alert", "shop", "", "done", True)],
    ),
    "Statuspage maintenance": (
        {"scheduled_maintenances": [{"id": "m", "name": "db move", "status": "scheduled", "scheduled_for": ISO, "scheduled_until": AFTER, "incident_updates": [], "impact": "none"}]},
        [("13:55:01", "note", "", "", "requested", False)],
    ),
    "Sentry, a release that nobody deployed": (
        [{"version": "shop@2.20.0", "dateCreated": ISO, "dateReleased": None, "lastDeploy": None, "projects": [{"slug": "shop"}], "authors": [JDOE]}],
        [("13:55:01", "note", "shop", "2.20.0", "done", True)],
    ),
    "objects that remember one time": (
        {"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop", "namespace": "p", "annotations": {"deployment.kubernetes.io/revision": "3"}},
             "spec": {"template": {"spec": {"containers": [{"name": "shop", "image": "shop:2.20.0"}]}}},
             "status": {"conditions": [{"type": "Progressing", "reason": "NewReplicaSetAvailable", "lastUpdateTime": ISO}]}},
            {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h", "namespace": "p"},
             "spec": {"scaleTargetRef": {"name": "shop"}}, "status": {"lastScaleTime": "2026-11-17T13:55:02Z", "desiredReplicas": 6}},
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "limits", "namespace": "p", "labels": {"app": "shop"},
             "creationTimestamp": "2025-01-01T00:00:00Z", "managedFields": [{"manager": "kubectl", "time": "2026-11-17T13:55:03Z"}]}, "data": {"password": "x"}},
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"},
             "status": {"conditions": [{"type": "Ready", "status": "Unknown", "lastTransitionTime": "2026-11-17T13:55:04Z"}]}},
            {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "backup", "namespace": "p"}, "status": {"lastScheduleTime": "2026-11-17T13:55:05Z"}}]},
        [("13:55:01", "deploy", "shop", "2.20.0", "done", True), ("13:55:02", "scale", "shop", "", "done", True),
         ("13:55:03", "config", "shop", "", "done", True), ("13:55:04", "note", "", "", "done", True), ("13:55:05", "job", "backup", "", "done", True)],
    ),
    "pages, one list each": (
        [[{"tag_name": "v1", "released_at": ISO, "name": "v1", "tag_path": "/acme/shop/-/tags/v1", "author": JDOE}],
         [{"tag_name": "v2", "released_at": AFTER, "name": "v2", "tag_path": "/acme/shop/-/tags/v2", "author": JDOE}]],
        [("13:55:01", "deploy", "shop", "1", "done", True), ("13:56:40", "deploy", "shop", "2", "done", True)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_documented_payload_is_read_as_what_it_is(name: str) -> None:
    whole, rows = CASES[name]
    ledger = told(whole)
    found = [(f"{e.time:%H:%M:%S}", e.kind, e.service.name, e.version, e.state, e.took_effect) for e in ledger.events]
    assert found == rows
    assert ledger.gaps == ()
    assert "jdoe" not in repr(ledger)


def read(folder: Path, name: str, content: str | bytes, **options: str) -> Any:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_source(str(path), window=WINDOW, options=options)


def test_yaml_of_kubectl_several_documents_and_packed_files_are_read(tmp_path: Path) -> None:
    event = "apiVersion: v1\nkind: Event\nmetadata: {name: a, namespace: p}\nreason: Killing\nmessage: x\n"
    about = "involvedObject: {kind: Pod, name: db-0}\nfirstTimestamp: 2026-11-17T13:55:05Z\nlastTimestamp: null\n"
    (one,) = read(tmp_path, "events.yaml", event + about).events
    assert (f"{one.time:%H:%M:%S}", one.service.name) == ("13:55:05", "db")
    assert len(read(tmp_path, "events.yml", f"{event}{about}---\n{event}{about}").events) == 2
    packed = gzip.compress(json.dumps(CASES["gh release list"][0]).encode())
    assert len(read(tmp_path, "releases.json.gz", packed).events) == 1


def test_pages_written_one_after_the_other_are_one_list(tmp_path: Path) -> None:
    pages = "\n".join(json.dumps(page) for page in CASES["pages, one list each"][0])
    assert len(read(tmp_path, "releases.json", pages).events) == 2


def test_an_envelope_is_never_taken_for_a_record(tmp_path: Path) -> None:
    rows = [{"when": "2026-11-17T13:55:01Z", "what": "deployed shop"}]
    (one,) = read(tmp_path, "x.json", json.dumps({"total": 1, "updated_at": "x", "result": {"rows": rows}})).events
    assert one.title == "deployed shop"
    assert read(tmp_path, "x.json", json.dumps({"total": 0, "rows": []})).events == ()


def test_a_file_that_is_not_understood_gets_its_mapping_ready_to_paste(tmp_path: Path) -> None:
    content = "applied,shop part,build no,owner\n2026-11-17 14:55:01,shop,2.20.0,jdoe\n"
    with pytest.raises(UsageError) as raised:
        read(tmp_path, "x.csv", content)
    assert "time: applied" in raised.value.hint
    assert "- source: " in raised.value.hint
    assert "jdoe" not in f"{raised.value.message} {raised.value.hint}"
    mapped = {
        "time": "applied",
        "service": "shop part",
        "version": "build no",
        "kind": "deploy",
        "zone": "Europe/Berlin",
    }
    (one,) = read(tmp_path, "x.csv", content, **mapped).events
    assert (f"{one.time:%H:%M:%S}", one.kind, one.service.name, one.version) == ("13:55:01", "deploy", "shop", "2.20.0")


def test_a_mapping_of_one_field_leaves_the_others_to_their_names(tmp_path: Path) -> None:
    content = "happened;service;title\n17.11.2026 13:55;shop;new limits\n"
    (one,) = read(tmp_path, "x.csv", content, time="happened", kind="config").events
    assert (one.kind, one.service.name, one.title) == ("config", "shop", "new limits")


def test_prometheus_rules_tell_when_an_alert_fired() -> None:
    alert = {
        "labels": {"alertname": "DbSlow", "service": "shop"},
        "state": "firing",
        "activeAt": "2026-11-17T14:00:05Z",
    }
    rule = {"type": "alerting", "name": "DbSlow", "query": "x > 1", "duration": 30, "alerts": [alert]}
    whole = {"status": "success", "data": {"groups": [{"name": "g", "file": "r.yml", "interval": 15, "rules": [rule]}]}}
    (fired,) = told(whole).alerts
    assert (f"{fired.pending_at:%H:%M:%S}", f"{fired.firing_at:%H:%M:%S}", fired.condition) == (
        "14:00:05",
        "14:00:35",
        "x > 1",
    )


def test_samples_of_prometheus_are_sent_to_where_they_belong(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="samples of Prometheus") as raised:
        read(tmp_path, "x.json", json.dumps({"status": "success", "data": {"resultType": "matrix", "result": []}}))
    assert "--metrics" in raised.value.hint


def test_fields_in_camel_case_and_csv_without_its_suffix_are_known(tmp_path: Path) -> None:
    row = {
        "deployedAt": "2026-11-17T13:55:01Z",
        "serviceName": "shop",
        "appVersion": "2.20.0",
        "status": "SUCCESS",
        "deployedBy": "jdoe",
    }
    (one,) = read(tmp_path, "x.json", json.dumps([row])).events
    assert (one.kind, one.service.name, one.version, one.state) == ("deploy", "shop", "2.20.0", "done")
    assert "jdoe" not in repr(one)
    (one,) = read(tmp_path, "x.txt", "time,kind,service\n2026-11-17 13:55:01,deploy,shop\n").events
    assert (one.kind, one.service.name) == ("deploy", "shop")
