"""Bodies that CI servers and deployers send when something happened: the tool's object in an envelope of its own."""

from __future__ import annotations

from typing import Final

from reconstruct.model.kinds import EventKind
from reconstruct.sources.changes.described import Described, by_names
from reconstruct.sources.changes.payload import Item, text
from reconstruct.sources.changes.tools.pipelines import waits_at_block_step


def _rollout_kind(item: Item) -> EventKind:
    """An outcome of a canary analysis is a deploy's; what is said on the way is a note."""
    return "deploy" if text(item, "phase") in ("Succeeded", "Failed") else "note"


def _blocked(item: Item) -> str:
    build = item.get("build")
    return waits_at_block_step(build) if isinstance(build, dict) else ""


_DESCRIBED: Final = (
    Described(
        name="webhooks of Buildkite", has=("event", "build.number", "pipeline.slug"),
        time=("build.started_at", "build.scheduled_at", "build.created_at"), end=("build.finished_at",),
        kind=by_names("pipeline.slug", "pipeline.name"), pipeline=("pipeline.slug",),
        title=("pipeline.name", "build.message"), version=("build.commit",), state=("build.state",),
        states={"failing": "failed"}, instead=_blocked, id=("build.id",), url=("build.web_url",),
    ),
    Described(
        name="webhooks of CircleCI", has=("happened_at", "workflow.name", "project.name"),
        time=("workflow.created_at", "happened_at"), end=("workflow.stopped_at",), kind=by_names("workflow.name"),
        service=("project.name",), pipeline=("workflow.name",), title=("workflow.name",),
        version=("pipeline.vcs.revision",), state=("workflow.status",), url=("workflow.url",), id=("workflow.id",),
        passed=lambda item: "" if text(item, "type") == "workflow-completed" else "a job of CircleCI",
    ),
    Described(
        name="webhooks of Azure DevOps on deployments",
        has=("eventType", "resource.deployment", "resource.environment"),
        time=("resource.deployment.startedOn", "createdDate"), end=("resource.deployment.completedOn",), kind="deploy",
        service=("resource.environment.releaseDefinition.name",), title=("message.text",),
        version=("resource.environment.release.name",), environment=("resource.environment.name",),
        state=("resource.deployment.deploymentStatus", "resource.environment.status"), id=("resource.deployment.id",),
    ),
    Described(
        name="webhooks of Azure DevOps on approvals", has=("eventType", "resource.approval.status", "resource.release"),
        time=("resource.approval.createdOn", "createdDate"), kind="deploy", title=("message.text",),
        service=("resource.release.releaseDefinition.name",), version=("resource.release.name",),
        environment=("resource.approval.releaseEnvironment.name", "resource.release.environments.0.name"),
        state=("resource.approval.status",), states={"approved": "requested"}, id=("resource.approval.id",),
    ),
    Described(
        name="webhooks of Vercel", has=("type", "createdAt", "payload.deployment"), time=("createdAt",), kind="deploy",
        service=("payload.deployment.name",), state=("type",), environment=("payload.target",),
        version=("payload.deployment.meta.githubCommitSha", "payload.deployment.meta.gitlabCommitSha"),
        elsewhere=lambda item: text(item, "payload.target") != "production", id=("payload.deployment.id",),
    ),
    Described(
        name="webhooks of Semaphore", has=("pipeline.name", "pipeline.result", "project.name", "revision"),
        time=("pipeline.running_at", "pipeline.created_at"), end=("pipeline.done_at",), kind=by_names("pipeline.name"),
        service=("project.name",), pipeline=("pipeline.name",), title=("pipeline.name",),
        version=("revision.commit_sha",), state=("pipeline.result", "pipeline.state"), id=("pipeline.id",),
    ),
    Described(
        name="webhooks of Spacelift", has=("run.id", "run.type", "stack.name", "stateVersion"), time=("timestamp",),
        kind="config", service=("stack.name",), title=("stack.name", "state"), version=("run.commit.hash",),
        state=("state",), places=("stack.name",), id=("run.id",), url=("run.url",),
        passed=lambda item: "a run that only plans" if text(item, "run.type") == "PROPOSED" else "",
    ),
    Described(
        name="webhooks of Flagger", has=("phase", "metadata.eventMessage", "metadata.timestamp"),
        time=("metadata.timestamp",), kind=_rollout_kind, service=("name",), title=("name", "metadata.eventMessage"),
        state=("phase",), places=("namespace",),
    ),
)  # fmt: skip


FORMATS: Final = tuple(one.format() for one in _DESCRIBED)
