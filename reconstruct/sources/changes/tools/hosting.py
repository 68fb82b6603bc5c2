"""Platforms that deploy for one: Vercel, Netlify, Heroku, Render, Fly.io, Cloudflare, DigitalOcean, Nomad, Docker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconstruct.model import Service
from reconstruct.model.kinds import EventKind
from reconstruct.sources.changes.described import Described
from reconstruct.sources.changes.kinds import kind_of
from reconstruct.sources.changes.payload import Format, Item, PayloadReading, Told, at, begin, each, has, labels, text
from reconstruct.sources.changes.record import event


def _release_kind(item: Item) -> EventKind:
    """What a release of Heroku is: a deploy, a rollback, or a change of the configuration."""
    kind = kind_of("", title=text(item, "description"))
    return kind if kind in ("deploy", "rollback") else "config"


def _container(item: Item, reading: PayloadReading) -> Iterator[Told]:
    action = text(item, "Action").partition(":")[0]
    about = at(item, "Actor.Attributes")
    if item.get("Type") != "container" or action not in ("start", "die", "oom", "restart"):
        yield f"{reading.source}: an event of Docker that is no start or end of a container is passed over"
        return
    attributes = about if isinstance(about, dict) else {}
    image = str(attributes.get("image", ""))
    of_swarm, of_compose = "com.docker.swarm.service.name", "com.docker.compose.service"
    service = str(attributes.get(of_swarm) or attributes.get(of_compose) or attributes.get("name", ""))
    code = str(attributes.get("exitCode", ""))
    yield event(
        time=begin(item, "timeNano", "time"),
        kind="restart" if action in ("start", "restart") else "note",
        service=Service(reading.service or service),
        title=f"container {attributes.get('name', '')} {action}" + (f" with exit code {code}" if code else ""),
        source=reading.source,
        source_id=f"{text(item, 'id', 'Actor.ID')[:12]} {action}",
        labels=labels(image=image),
    )


_DESCRIBED: Final = (
    Described(
        name="Vercel deployments",
        has=("uid", "target", "name"),
        known=lambda item: has(item, "readyState") or has(item, "state"),
        time=("buildingAt", "createdAt", "created"), end=("ready",), kind="deploy", service=("name",),
        version=("meta.githubCommitSha", "meta.gitlabCommitSha"), state=("readyState", "state"), id=("uid",),
        environment=("target",), elsewhere=lambda item: text(item, "target") != "production", url=("url",),
    ),
    Described(
        name="Netlify deploys", has=("site_id", "context", "state"), time=("created_at",), end=("published_at",),
        kind="deploy", service=("name",), title=("title",), version=("commit_ref",), state=("state",),
        environment=("context",), elsewhere=lambda item: text(item, "context") != "production", url=("admin_url",),
    ),
    Described(
        name="Heroku releases", has=("app.name", "version", "description", "status"), time=("created_at",),
        kind=_release_kind, service=("app.name",), title=("description",), version=("version",), state=("status",),
    ),
    Described(
        name="Render deploys", has=("commit.id", "status", "createdAt", "updatedAt"), time=("startedAt", "createdAt"),
        end=("finishedAt",), kind="deploy", service=("service.name",), version=("commit.id",), state=("status",),
        states={"deactivated": "done"},
    ),
    Described(
        name="releases of Fly.io", has=("ImageRef", "Version", "CreatedAt", "Status"), time=("CreatedAt",),
        kind="deploy", title=("Description",), version=("Version",), state=("Status",), id=("ID",),
        labels={"image": ("ImageRef",)},
    ),
    Described(
        name="deployments of Cloudflare Pages", has=("project_name", "environment", "deployment_trigger"),
        time=("created_on",), end=("latest_stage.ended_on",), kind="deploy", service=("project_name",),
        version=("deployment_trigger.metadata.commit_hash",), state=("latest_stage.status",),
        environment=("environment",), url=("url",),
    ),
    Described(
        name="deployments of DigitalOcean's apps", has=("phase", "cause", "progress", "spec.name"),
        time=("created_at",), end=("phase_last_updated_at",), kind="deploy", service=("spec.name",), title=("cause",),
        version=("services.0.source_commit_hash",), state=("phase",),
    ),
    Described(
        name="deployments of Nomad", has=("JobID", "JobVersion", "Status", "TaskGroups"), time=("CreateTime",),
        end=("ModifyTime",), kind="deploy", service=("JobID",), title=("StatusDescription",), version=("JobVersion",),
        state=("Status",), id=("ID",),
    ),
    Described(
        name="versions of a Nomad job", has=("SubmitTime", "Version", "Name", "Stable"), time=("SubmitTime",),
        kind="deploy", service=("Name",), version=("Version",), id=("Version",),
        labels={"image": ("TaskGroups.0.Tasks.0.Config.image",)},
    ),
)  # fmt: skip
FORMATS: Final = (
    *(one.format() for one in _DESCRIBED),
    Format("Docker's events", lambda item: has(item, "Type", "Action", "Actor.Attributes"), each(_container)),
)
