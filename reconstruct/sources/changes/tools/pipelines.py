"""Builds and pipelines of CI servers: Azure DevOps, Bitbucket, CircleCI, Buildkite, TeamCity, Bamboo, Harness, ...

A build is a deploy where its name, or the name of its pipeline, says so; else it is a note.
"""

from __future__ import annotations

from typing import Final

from reconstruct.model.kinds import EventKind
from reconstruct.sources.changes.described import Described, by_names
from reconstruct.sources.changes.kinds import kind_of_pipeline
from reconstruct.sources.changes.payload import Item, has, text

_DRONE: Final[dict[str, EventKind]] = {"promote": "deploy", "rollback": "rollback"}


def _drone_kind(item: Item) -> EventKind:
    return _DRONE.get(text(item, "event"), kind_of_pipeline(text(item, "deploy_to"), otherwise="note"))


def waits_at_block_step(build: Item) -> str:
    """`requested` for a build of Buildkite that passed up to a step which somebody has to unblock."""
    return "requested" if build.get("blocked") is True and text(build, "state") in ("passed", "blocked") else ""


def _planned(item: Item) -> str:
    return "a preview of Pulumi" if text(item, "kind") == "preview" else ""


_DESCRIBED: Final = (
    Described(
        name="builds of Azure DevOps", has=("buildNumber", "definition.name", "queueTime"),
        time=("startTime", "queueTime"), end=("finishTime",), kind=by_names("definition.name"),
        service=("repository.name",), pipeline=("definition.name",), title=("definition.name", "buildNumber"),
        version=("sourceVersion",), state=("result", "status"),
    ),
    Described(
        name="deployments of Azure DevOps", has=("releaseEnvironment.name", "releaseDefinition", "deploymentStatus"),
        time=("startedOn", "queuedOn"), end=("completedOn",), kind="deploy", service=("releaseDefinition.name",),
        title=("releaseDefinition.name", "release.name"), state=("deploymentStatus",),
        version=("release.artifacts.0.definitionReference.version.name", "release.name"),
        environment=("releaseEnvironment.name",),
    ),
    Described(
        name="pipeline runs of Azure DevOps", has=("pipeline.name", "createdDate", "state"), time=("createdDate",),
        end=("finishedDate",), kind=by_names("pipeline.name"), pipeline=("pipeline.name",),
        title=("pipeline.name", "name"), state=("result", "state"),
    ),
    Described(
        name="deployments of Bitbucket", has=("environment.name", "release", "state.name"),
        time=("state.started_on", "created_on"), end=("state.completed_on",), kind="deploy",
        version=("release.commit.hash",), state=("state.status.name", "state.name"), environment=("environment.name",),
        id=("uuid",), url=("state.url",),
    ),
    Described(
        name="pipelines of Bitbucket", has=("build_number", "state.name", "target"), time=("created_on",),
        end=("completed_on",), kind=by_names("target.selector.pattern"), service=("repository.name",),
        title=("target.selector.pattern", "build_number"), version=("target.commit.hash",),
        state=("state.result.name", "state.name"), id=("uuid",),
    ),
    Described(
        name="workflows of CircleCI", has=("name", "status", "created_at", "stopped_at"), time=("created_at",),
        end=("stopped_at",), kind=by_names("name"), pipeline=("name",), title=("name",), state=("status",),
        states={"on_hold": "requested", "failing": "failed", "not_run": "cancelled", "unauthorized": "failed"},
    ),
    Described(
        name="pipelines of CircleCI", has=("project_slug", "vcs", "trigger.type"), time=("created_at",), kind="note",
        title=("project_slug", "vcs.commit.subject"), version=("vcs.revision",),
    ),
    Described(
        name="builds of Buildkite", has=("pipeline.slug", "number", "state", "scheduled_at"),
        time=("started_at", "scheduled_at", "created_at"), end=("finished_at",),
        kind=by_names("pipeline.slug", "pipeline.name"), pipeline=("pipeline.slug",),
        title=("pipeline.name", "message"), version=("commit",), state=("state",), states={"failing": "failed"},
        instead=waits_at_block_step, url=("web_url",),
    ),
    Described(
        name="builds of TeamCity", has=("buildTypeId", "number", "state"), time=("startDate", "queuedDate"),
        end=("finishDate",), kind=by_names("buildTypeId", "buildType.name"), service=("buildType.projectName",),
        title=("buildTypeId", "number"), pipeline=("buildTypeId",), version=("number",), state=("status", "state"),
        url=("webUrl",),
    ),
    Described(
        name="results of Bamboo", has=("buildResultKey", "buildState", "planName"), time=("buildStartedTime",),
        end=("buildCompletedTime",), kind=by_names("planName"), service=("projectName",),
        title=("planName", "buildNumber"), state=("buildState", "lifeCycleState"), id=("buildResultKey",),
        states={"Unknown": "running"},
    ),
    Described(
        name="builds of Concourse", has=("job_name", "pipeline_name", "status", "team_name"), time=("start_time",),
        end=("end_time",), kind=by_names("job_name"), service=("pipeline_name",), title=("job_name", "name"),
        state=("status",), passed=lambda item: "" if has(item, "start_time") else "a build that has not begun",
    ),
    Described(
        name="builds of Drone", has=("event", "started", "after", "number"), time=("started", "created"),
        end=("finished",), kind=_drone_kind, title=("event", "message"), version=("after",), state=("status",),
        environment=("deploy_to",), url=("link",),
    ),
    Described(
        name="builds of Travis", has=("event_type", "started_at", "repository.slug"), time=("started_at",),
        end=("finished_at",), kind="note", service=("repository.name",), title=("repository.slug", "number"),
        version=("commit.sha",), state=("state",),
    ),
    Described(
        name="executions of Harness", has=("planExecutionId", "startTs"), time=("startTs",), end=("endTs",),
        kind=by_names("pipelineIdentifier", "name"), service=("moduleInfo.cd.serviceIdentifiers.0",), title=("name",),
        state=("status",), environment=("moduleInfo.cd.envIdentifiers.0",), id=("planExecutionId",),
    ),
    Described(
        name="runs of Jenkins' Blue Ocean", has=("enQueueTime", "pipeline", "result"),
        time=("startTime", "enQueueTime"), end=("endTime",), kind=by_names("pipeline"), pipeline=("pipeline",),
        title=("pipeline", "id"),
        version=("commitId",), state=("result", "state"), states={"UNKNOWN": "running"},
    ),
    Described(
        name="runs of Jenkins' pipelines", has=("startTimeMillis", "durationMillis", "stages"),
        time=("startTimeMillis",), end=("endTimeMillis",), kind=by_names("_links.self.href"),
        title=("_links.self.href", "name"), state=("status",),
    ),
    Described(
        name="notifications of Jenkins", has=("build.timestamp", "build.phase", "name"), time=("build.timestamp",),
        kind=by_names("name"), pipeline=("name",), title=("name", "build.number"), version=("build.scm.commit",),
        state=("build.status", "build.phase"), url=("build.full_url",), id=("build.number",),
    ),
    Described(
        name="executions of Rundeck", has=("date-started", "status", "project"),
        time=("date-started.date", "date-started.unixtime"), end=("date-ended.date",),
        kind=by_names("job.name", "description", otherwise="job"), service=("project",),
        title=("job.name", "description"), state=("status",), url=("permalink",),
    ),
    Described(
        name="jobs of AWX", has=("launch_type", "started", "finished", "status"), time=("started", "created"),
        end=("finished",), kind=by_names("name", "playbook", otherwise="config"), title=("name",), state=("status",),
        labels={"playbook": ("playbook",)}, places=("inventory", "summary_fields.inventory.name", "limit"),
    ),
    Described(
        name="notifications of AWX", has=("friendly_name", "started", "finished", "inventory"), time=("started",),
        end=("finished",), kind=by_names("name", "playbook", otherwise="config"), service=("project",),
        title=("name",), state=("status",), places=("inventory", "limit"), url=("url",),
    ),
    Described(
        name="updates of Pulumi", has=("kind", "startTime", "result", "message"), time=("startTime",),
        end=("endTime",), kind="config", title=("kind", "message"), version=("version",), state=("result",),
        id=("version",), passed=_planned,
    ),
    Described(
        name="jobs of GitLab", has=("stage", "pipeline.id", "started_at", "web_url"),
        time=("started_at", "created_at"), end=("finished_at",), kind=by_names("name", "stage"), title=("name",),
        version=("commit.id",), state=("status",),
    ),
    Described(
        name="builds of Google Cloud Build", has=("createTime", "status", "steps", "projectId"),
        time=("startTime", "createTime"), end=("finishTime",), kind=by_names("substitutions.TRIGGER_NAME"),
        service=("substitutions.REPO_NAME",), title=("substitutions.TRIGGER_NAME",),
        version=("substitutions.TAG_NAME", "substitutions.COMMIT_SHA"), state=("status",), url=("logUrl",),
        states={"WORKING": "running", "INTERNAL_ERROR": "failed", "TIMEOUT": "failed"},
    ),
)  # fmt: skip
FORMATS: Final = tuple(one.format() for one in _DESCRIBED)
