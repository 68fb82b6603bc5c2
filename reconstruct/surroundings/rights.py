"""What each source of changes shows, and the least permission it needs for that; docs/events.md has the same table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Right(NamedTuple):
    """The least permission, and what it shows."""

    permission: str
    shows: str


RIGHTS: Final[Mapping[str, Right]] = {
    "alertmanager": Right("read", "the alerts that it holds now, silences"),
    "argocd": Right("applications, get", "every application's deployments, syncs that failed"),
    "aws": Right("cloudtrail:LookupEvents", "calls that changed something"),
    "azure": Right("Reader", "the activity log"),
    "cloudevents": Right("read", "the events that the address gives"),
    "codedeploy": Right("codedeploy:ListDeployments, codedeploy:BatchGetDeployments", "CodeDeploy's deployments"),
    "datadog": Right("events_read", "events"),
    "ecs": Right("ecs:ListServices, ecs:DescribeServices", "the deployments and events of a cluster's services"),
    "flux": Right("list", "HelmReleases and Kustomizations"),
    "git": Right("read", "tags and merges of a local repository"),
    "github": Right(
        "deployments, contents, actions: read",
        "deployments and their statuses, releases, runs of workflows that deploy",
    ),
    "gitlab": Right("read_api", "deployments, releases, pipelines"),
    "google": Right("logging.logEntries.list", "the audit log of admin activity"),
    "grafana": Right("annotations:read", "annotations"),
    "jenkins": Right("Job/Read", "the newest 200 builds of a job"),
    "kubernetes": Right("list", "ReplicaSets, ControllerRevisions, Jobs, events"),
    "launchdarkly": Right("Reader", "the audit log of flags"),
    "mattermost": Right("read_channel", "a channel's posts"),
    "octopus": Right("Project viewer", "the deployments on a space's dashboard"),
    "opsgenie": Right("Read", "alerts"),
    "pagerduty": Right("a read-only REST API key", "incidents, change events"),
    "sentry": Right("project:releases", "releases and their deploys"),
    "slack": Right("channels:history", "what was said in a channel"),
    "spinnaker": Right("READ of the application", "executions"),
    "statuspage": Right("none", "incidents and maintenance as told in public"),
    "terraform": Right("read runs", "runs of Terraform Cloud or Enterprise"),
    "unleash": Right("an admin's token, read", "changes of flags"),
}


def more_with(kind: str, *, variable: str) -> str:
    """What a permission would show more, in a clause; "" where nobody knows the kind.

    >>> more_with("grafana", variable="GRAFANA_TOKEN")
    'a token with annotations:read in GRAFANA_TOKEN would show annotations'
    """
    right = RIGHTS.get(kind)
    if right is None or right.permission == "none":
        return ""
    where = f" in {variable}" if variable else ""
    return f"a token with {right.permission}{where} would show {right.shows}"
