"""Payloads with the fields that vendors' own recordings and samples have, values invented, where they differ from what
one remembers: fields that are null, one thing told by several bodies, times that are not what their names say.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from reconstruct.model import Event
from tests.sources.changes.reading import told

ASKED, BEGAN, OVER = "2026-11-17T13:54:40Z", "2026-11-17T13:55:01Z", "2026-11-17T13:56:40Z"
SHA = "279484c09fbe69ededfced8c1bb6e6d24616b468"


def one(whole: object) -> Event:
    (event,) = told(whole).events
    return event


def times(event: Event) -> tuple[pd.Timestamp, pd.Timestamp | None]:
    return event.time, event.end


def statuspage(**more: Any) -> dict[str, Any]:
    update = {"status": "investigating", "body": "We look", "created_at": BEGAN, "display_at": BEGAN}
    return {
        "id": "r", "name": "Checkout is slow", "status": "investigating", "created_at": BEGAN, "updated_at": BEGAN,
        "monitoring_at": None, "resolved_at": None, "impact": "minor", "shortlink": "https://stspg.io/1",
        "backfilled": False, "scheduled_for": None, "scheduled_until": None, "incident_updates": [update], **more,
    }  # fmt: skip


def test_statuspage_gives_incidents_the_fields_of_maintenance_and_leaves_them_empty() -> None:
    event = one({"page": {"id": "k"}, "incident": statuspage(resolved_at=OVER, status="resolved")})
    assert times(event) == (pd.Timestamp(BEGAN), pd.Timestamp(OVER))
    assert event.title == "status page: Checkout is slow"


def test_an_incident_that_was_written_down_a_week_later_began_when_its_updates_say() -> None:
    later = "2026-11-24T09:00:00Z"
    updates = [
        {"status": "resolved", "display_at": OVER, "created_at": later},
        {"status": "investigating", "display_at": BEGAN, "created_at": later},
    ]
    whole = statuspage(created_at=later, updated_at=later, backfilled=True, status="resolved", incident_updates=updates)
    assert times(one({"incidents": [whole]})) == (pd.Timestamp(BEGAN), pd.Timestamp(OVER))


def gitlab_hook(status: str, changed: str, **more: Any) -> dict[str, Any]:
    return {
        "object_kind": "deployment", "status": status, "status_changed_at": changed, "deployable_id": 796,
        "deployable_url": "https://gitlab.example/acme/shop/-/jobs/796", "environment": "production",
        "project": {"id": 30, "name": "shop", "path_with_namespace": "acme/shop"}, "short_sha": SHA[:8],
        "user": {"id": 1, "name": "Mona Lisa", "username": "mona", "email": "mona@acme.example"},
        "commit_url": f"https://gitlab.example/acme/shop/-/commit/{SHA}", "commit_title": "Find orders", **more,
    }  # fmt: skip


def test_gitlab_tells_one_deployment_by_several_bodies_with_the_time_of_each_state() -> None:
    bodies = [
        gitlab_hook("success", "2026-11-17 15:56:40 +0200"),
        gitlab_hook("created", "2026-11-17 15:54:40 +0200"),
        gitlab_hook("running", "2026-11-17 15:55:01 +0200"),
    ]
    event = one(bodies)
    assert times(event) == (pd.Timestamp(BEGAN), pd.Timestamp(OVER))
    assert (event.state, event.environment, event.version) == ("done", "production", SHA[:8])
    assert "Mona" not in repr(event)
    assert one([bodies[1]]).state == "requested"


def test_a_deployment_whose_job_failed_is_no_deploy() -> None:
    deployable = {"id": 664, "status": "failed", "name": "deploy", "ref": "main", "tag": False, "started_at": BEGAN}
    whole = {"id": 42, "iid": 2, "ref": "main", "sha": SHA, "created_at": ASKED, "deployable": deployable}
    assert one({**whole, "environment": {"id": 9, "name": "production"}}).state == "failed"


def test_a_job_of_gitlab_began_when_it_was_started() -> None:
    event = one(
        {
            "object_kind": "build", "ref": "main", "sha": SHA, "build_id": 1977, "build_name": "deploy-prod",
            "build_stage": "deploy", "build_status": "success", "build_created_at": "2026-11-17 13:54:40 UTC",
            "build_started_at": "2026-11-17 13:55:01 UTC", "build_finished_at": "2026-11-17 13:56:40 UTC",
            "project_name": "acme / shop", "environment": {"name": "production", "action": "start"},
        }
    )  # fmt: skip
    assert times(event) == (pd.Timestamp(BEGAN), pd.Timestamp(OVER))
    assert (event.kind, event.service.name, event.environment) == ("deploy", "shop", "production")


def test_a_flag_that_was_changed_in_several_environments_was_changed_for_users() -> None:
    places = [f"proj/default:env/{name}:flag/new-checkout" for name in ("test", "production")]
    accesses = [{"action": "createFlag", "resource": place} for place in places]
    entry = {
        "_id": "1", "date": int(pd.Timestamp(BEGAN).timestamp() * 1000), "kind": "flag", "name": "new checkout",
        "accesses": accesses, "titleVerb": "created the flag",
        "title": "Mona created the flag", "member": {"_id": "1", "firstName": "Mona", "lastName": "Lisa"},
        "target": {"name": "new checkout", "resources": places}, "description": "",
    }  # fmt: skip
    assert (one(entry).environment, one(entry).production) == ("production", True)
    only_test = {**entry, "accesses": accesses[:1], "target": {"name": "x", "resources": places[:1]}}
    assert one(only_test).production is False
    assert "Mona" not in repr(one(entry))


def pagerduty(event: str, at: str, status: str) -> dict[str, Any]:
    person = {"id": "P5", "type": "user_reference", "summary": "Mona Lisa"}
    incident = {
        "incident_number": 33, "title": "p95 high", "created_at": BEGAN, "status": status, "id": "PR",
        "service": {"id": "PN", "name": "shop", "summary": "shop"}, "last_status_change_by": person, "type": "incident",
    }  # fmt: skip
    entry = {"id": "R", "type": f"{event}_log_entry", "summary": f"{event} by Mona Lisa", "created_at": at}
    message = {"event": f"incident.{event}", "log_entries": [{**entry, "agent": person}], "incident": incident}
    return {"messages": [{**message, "id": "6", "created_on": at}]}


def test_pagerdutys_webhooks_of_version_2_tell_one_incident() -> None:
    bodies = [pagerduty("trigger", BEGAN, "triggered"), pagerduty("resolve", OVER, "resolved")]
    event = one(bodies)
    assert (event.kind, event.title, event.service.name) == ("alert", "p95 high", "shop")
    assert times(event) == (pd.Timestamp(BEGAN), pd.Timestamp(OVER))
    assert "Mona" not in repr(event)


def cdevent(kind: str, **content: Any) -> dict[str, Any]:
    context = {"specversion": "0.6.0", "id": "2", "source": "/ci", "type": f"dev.cdevents.{kind}.0.1.0"}
    return {"context": {**context, "timestamp": BEGAN}, "subject": {"id": "d-1", "source": "/ci", "content": content}}


@pytest.mark.parametrize(
    ("kind", "outcome", "expected"),
    [
        ("deployment.queued", {}, ("deploy", "requested")),
        ("deployment.started", {}, ("deploy", "running")),
        ("deployment.finished", {"outcome": "success"}, ("deploy", "done")),
        ("targetrollout.finished", {"outcome": "failure"}, ("deploy", "failed")),
        ("pipelinerun.finished", {"outcome": "failure"}, ("note", "done")),
    ],
)
def test_a_rollout_of_cdevents_is_as_far_as_its_predicate_and_outcome_say(
    kind: str, outcome: dict[str, str], expected: tuple[str, str]
) -> None:
    event = one(cdevent(kind, environment={"id": "prod"}, **outcome))
    assert (event.kind, event.state) == expected


def test_an_incident_of_cdevents_is_an_alert_of_its_service() -> None:
    event = one(cdevent("incident.detected", description="p95 above 100 ms", service={"id": "shop"}))
    assert (event.kind, event.service.name, event.title, event.version) == ("alert", "shop", "p95 above 100 ms", "")


def test_an_audit_log_entry_of_google_is_read_inside_eventarcs_envelope_and_names_the_machine() -> None:
    entry = {
        "insertId": "9", "timestamp": BEGAN, "resource": {"type": "gce_instance", "labels": {"instance_id": "4711"}},
        "protoPayload": {
            "methodName": "v1.compute.instances.reset", "resourceName": "projects/p/zones/z/instances/shop-1",
            "authenticationInfo": {"principalEmail": "mona@acme.example"}, "serviceName": "compute.googleapis.com",
        },
    }  # fmt: skip
    envelope = {"specversion": "1.0", "type": "google.cloud.audit.log.v1.written", "source": "//x", "id": "1"}
    for whole in (entry, {**envelope, "time": OVER, "data": entry}):
        event = one(whole)
        assert (event.kind, event.service.name, event.time) == ("restart", "shop-1", pd.Timestamp(BEGAN))
        assert "mona" not in repr(event)
