"""Bodies of webhooks with the fields of GitHub's own recorded examples (octokit/webhooks, MIT), values invented."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from reconstruct.model import Event
from tests.sources.changes.reading import told

SHA = "9fceb02d0ae598e95dc970b74767f19372d61af8"
ASKED, BEGAN, OVER = "2026-11-17T13:54:40Z", "2026-11-17T13:55:01Z", "2026-11-17T13:56:40Z"


def body(action: str = "", **parts: Any) -> dict[str, Any]:
    """The envelope: the repository's own times are those of its life, and of no change."""
    repository = {
        "id": 1, "name": "shop", "full_name": "acme/shop", "owner": {"login": "acme"},
        "created_at": "2019-05-15T15:19:25Z", "updated_at": "2026-11-01T08:00:00Z", "pushed_at": "2026-11-16T08:00:00Z",
        "html_url": "https://github.com/acme/shop",
    }  # fmt: skip
    own = {"repository": {**repository, **parts.pop("repository", {})}, "sender": {"login": "mona", "id": 7}}
    return {**({"action": action} if action else {}), **parts, **own}


def deployment(**more: Any) -> dict[str, Any]:
    return {
        "url": "https://api.github.com/repos/acme/shop/deployments/7", "id": 7, "sha": SHA, "ref": "v2.20.0",
        "task": "deploy", "payload": {}, "environment": "production", "description": None, "created_at": ASKED,
        "repository_url": "https://api.github.com/repos/acme/shop", "creator": {"login": "mona"},
        "production_environment": True, "transient_environment": False, **more,
    }  # fmt: skip


def status(state: str) -> dict[str, Any]:
    return {"id": 1, "state": state, "created_at": BEGAN, "creator": {"login": "mona"}}


def release(**more: Any) -> dict[str, Any]:
    return {"id": 9, "tag_name": "v2.20.0", "draft": False, "published_at": BEGAN, "created_at": ASKED, **more}


def push() -> dict[str, Any]:
    commit = {"id": SHA, "timestamp": "2026-11-13T09:00:00+01:00", "message": "find orders\n\nby the end"}
    return body(
        ref="refs/tags/v2.20.0", before="0" * 40, after=SHA, commits=[commit], head_commit=commit,
        repository={"pushed_at": int(pd.Timestamp(BEGAN).timestamp())}, pusher={"name": "mona"},
    )  # fmt: skip


def job(**more: Any) -> dict[str, Any]:
    return {
        "id": 8, "run_id": 80, "run_url": "https://api.github.com/repos/acme/shop/actions/runs/80", "run_attempt": 1,
        "head_sha": SHA, "head_branch": "main", "html_url": "https://github.com/acme/shop/runs/8", "steps": [],
        "status": "completed", "conclusion": "success", "created_at": ASKED, "started_at": BEGAN, "completed_at": OVER,
        "name": "deploy-production", "workflow_name": "CD", "labels": ["ubuntu-latest"], **more,
    }  # fmt: skip


BODIES = {
    "deployment$created": body("created", deployment=deployment()),
    "deployment_status$created": body("created", deployment=deployment(), deployment_status=status("in_progress")),
    "workflow_job$completed": body("completed", workflow_job=job()),
    "release$published": body("published", release=release()),
    "push$event": push(),
}
"""By the names that octokit's schemas have for them."""


def one(whole: dict[str, Any]) -> Event:
    (event,) = told(whole).events
    return event


def test_a_deployment_that_was_created_is_asked_for_until_a_status_says_more() -> None:
    created = body("created", deployment=deployment(), workflow_run=None)
    assert one(created).state == "requested"
    (event,) = told([created, BODIES["deployment_status$created"]]).events
    assert (event.state, event.time) == ("running", pd.Timestamp(BEGAN))


def test_a_job_that_waits_for_the_approval_of_its_deployment_has_not_deployed() -> None:
    waits = job(status="waiting", conclusion=None, completed_at=None, started_at=ASKED)
    event = one(body("waiting", workflow_job=waits, deployment=deployment()))
    assert (event.kind, event.state, event.took_effect) == ("deploy", "requested", False)


def test_a_job_begins_when_a_runner_takes_it_not_when_it_is_queued() -> None:
    event = one(body("completed", workflow_job=job()))
    assert (event.time, event.end, event.state) == (pd.Timestamp(BEGAN), pd.Timestamp(OVER), "done")
    assert (event.kind, event.environment, event.service.name) == ("deploy", "production", "shop")


def test_a_push_is_as_old_as_its_arrival_not_as_its_commit() -> None:
    event = one(push())
    assert event.time == pd.Timestamp(BEGAN)
    assert (event.kind, event.title, event.version) == ("note", "push of tag v2.20.0: find orders", SHA[:12])


def test_a_release_that_was_deleted_is_none() -> None:
    assert one(body("published", release=release())).version == "2.20.0"
    gone = told([body("published", release=release()), body("deleted", release=release())])
    assert gone.events == ()
    assert "taken back" in gone.notes[0]


@pytest.mark.parametrize(
    ("whole", "about"),
    [
        (body(id=1, sha=SHA, context="ci/test", state="success", commit={"sha": SHA}, created_at=BEGAN), "a commit"),
        (body("completed", check_run={"id": 1, "started_at": BEGAN, "conclusion": "success"}), "check_run"),
        (body(inputs={"environment": "production"}, ref="refs/heads/main", workflow=".github/cd.yml"), "workflow_disp"),
        (body("deploy-now", branch="main", client_payload={"sha": SHA}), "deploy-now"),
        (body(ref="v2.20.0", ref_type="tag", master_branch="main", pusher_type="user"), "ref"),
    ],
)  # fmt: skip
def test_what_checks_or_asks_is_no_deploy_and_no_time_of_the_repository_is_taken(whole: Any, about: str) -> None:
    read = told(whole)
    assert read.events == ()
    assert about in read.notes[0]


def test_a_package_that_was_published_runs_nowhere_yet() -> None:
    release = {"id": 3, "tag_name": "1.0.0", "draft": False, "published_at": "2026-11-17T12:01:00Z"}
    version = {"id": 4, "version": "2.20.0", "created_at": BEGAN, "release": release}
    package = {"id": 5, "name": "shop", "package_type": "npm", "package_version": version, "created_at": ASKED}
    event = one(body("published", package=package))
    assert (event.kind, event.time, event.title) == ("note", pd.Timestamp(BEGAN), "package shop 2.20.0 published")


def test_no_person_of_the_envelope_stands_in_what_is_read() -> None:
    named = release(name="by @mona", author={"login": "mona"})
    assert "mona" not in repr(told([body("published", release=named), body("completed", workflow_job=job())]))
