"""Every kind of change source by name: ours, and other packages' (entry points `reconstruct.sources`)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, cast

from reconstruct.errors import ReconstructError, SourceError, UsageError
from reconstruct.http import NotAllowedError, redact
from reconstruct.model import Alert, Event, Gap, Window
from reconstruct.sources.changes import files
from reconstruct.sources.changes.environments import placed
from reconstruct.sources.changes.merge import in_window
from reconstruct.sources.changes.people import without_people
from reconstruct.sources.changes.record import UNKNOWN_STATE
from reconstruct.sources.changes.tools import (
    alertmanager,
    argo,
    aws,
    azure,
    cloudevents,
    datadog,
    git,
    github,
    gitlab,
    google,
    grafana,
    jenkins,
    kubernetes_api,
    launchdarkly,
    mattermost,
    octopus,
    opsgenie,
    pagerduty,
    sentry,
    slack,
    spinnaker,
    statuspage,
    terraform,
    unleash,
)
from reconstruct.sources.result import SourceFactory, SourceRequest, SourceResult

GROUP: Final = "reconstruct.sources"

BUILT_IN: Final[Mapping[str, SourceFactory]] = {
    "file": files.read_events,
    "alertmanager": alertmanager.fetch_alerts,
    "argocd": argo.fetch_applications,
    "aws": aws.fetch_trail,
    "azure": azure.fetch_activity,
    "cloudevents": cloudevents.fetch_batch,
    "codedeploy": aws.fetch_code_deploy,
    "datadog": datadog.fetch_events,
    "ecs": aws.fetch_services,
    "flux": kubernetes_api.fetch_flux,
    "git": git.fetch_history,
    "github": github.fetch_changes,
    "gitlab": gitlab.fetch_changes,
    "google": google.fetch_entries,
    "grafana": grafana.fetch_annotations,
    "jenkins": jenkins.fetch_builds,
    "kubernetes": kubernetes_api.fetch_objects,
    "launchdarkly": launchdarkly.fetch_audit_log,
    "mattermost": mattermost.fetch_posts,
    "octopus": octopus.fetch_deployments,
    "opsgenie": opsgenie.fetch_alerts,
    "pagerduty": pagerduty.fetch_all,
    "sentry": sentry.fetch_releases,
    "slack": slack.fetch_history,
    "spinnaker": spinnaker.fetch_pipelines,
    "statuspage": statuspage.fetch_incidents,
    "terraform": terraform.fetch_runs,
    "unleash": unleash.fetch_events,
}

TOKEN_VARIABLES: Final[Mapping[str, str]] = {
    "alertmanager": "ALERTMANAGER_TOKEN",
    "argocd": "ARGOCD_TOKEN",
    "azure": "AZURE_TOKEN",
    "cloudevents": "CLOUDEVENTS_TOKEN",
    "datadog": "DD_API_KEY",
    "flux": "KUBERNETES_TOKEN",
    "github": "GITHUB_TOKEN",
    "gitlab": "GITLAB_TOKEN",
    "google": "GOOGLE_TOKEN",
    "grafana": "GRAFANA_TOKEN",
    "jenkins": "JENKINS_TOKEN",
    "kubernetes": "KUBERNETES_TOKEN",
    "launchdarkly": "LAUNCHDARKLY_TOKEN",
    "mattermost": "MATTERMOST_TOKEN",
    "octopus": "OCTOPUS_TOKEN",
    "opsgenie": "OPSGENIE_TOKEN",
    "pagerduty": "PAGERDUTY_TOKEN",
    "sentry": "SENTRY_TOKEN",
    "slack": "SLACK_TOKEN",
    "spinnaker": "SPINNAKER_TOKEN",
    "terraform": "TERRAFORM_TOKEN",
    "unleash": "UNLEASH_TOKEN",
}
"""Where the command line looks for a kind's token when the configuration gives none."""

MAX_STATES_SHOWN: Final = 5
_SPEC: Final = re.compile(r"(?P<kind>[a-z][a-z0-9_-]*):(?P<argument>.+)", re.DOTALL)


def kind_and_argument(spec: str) -> tuple[str, str]:
    """`github:owner/repo` in its two parts; anything without a kind, and any file that exists, is of kind `file`.

    >>> kind_and_argument("github:acme/shop"), kind_and_argument("deploys.jsonl")
    (('github', 'acme/shop'), ('file', 'deploys.jsonl'))
    """
    match = _SPEC.fullmatch(spec)
    if match is None or Path(spec).exists():
        return "file", spec
    return match["kind"], match["argument"]


def source_factory(kind: str) -> SourceFactory:
    """What reads sources of that kind; another package's is imported only now.

    Raises
    ------
    UsageError
        If nobody knows the kind; all known ones are named.
    """
    if kind in BUILT_IN:
        return BUILT_IN[kind]
    plugins = entry_points(group=GROUP)
    if kind in plugins.names:
        return cast("SourceFactory", plugins[kind].load())
    known = ", ".join(sorted({*BUILT_IN, *plugins.names}))
    raise UsageError(f"unknown kind of event source {kind!r}", hint=f"known kinds: {known}")


@dataclass(frozen=True, slots=True)
class Reading:
    """How every source is read: what the command line and the configuration say of all of them."""

    tz: str = "UTC"
    """Zone of times that tell none."""
    authors: bool = False
    """Keep the names of people."""
    environments: Mapping[str, str] = field(default_factory=dict)
    """Environments' names (with `*`) to `production` or `other`: wins over flags and names."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What sources call a service (with `*`) to the service's name."""
    service_labels: tuple[str, ...] = ()
    """Labels of alerts that name a service before the usual ones."""
    until_s: float = math.inf
    """When all asking has to be done, on `time.monotonic()`'s clock."""


def read_sources(
    sources: Sequence[tuple[str, Mapping[str, str]]],
    *,
    window: Window,
    reading: Reading,
    strict: bool,
    alone: bool,
    on_source: Callable[[str], None],
) -> tuple[list[SourceResult], list[Gap]]:
    """What every source tells; one that refuses us or fails is a Gap, and never ends the others.

    Parameters
    ----------
    sources : sequence of (str, mapping)
        As on the command line, and each one's options.
    alone : bool
        Nothing else is asked: then it is an error where every one of them refuses or fails.
    on_source : callable
        Called with each one before it is read.

    Raises
    ------
    ReconstructError
        Under `strict` the first failure; else what the user named wrongly, or the first failure where all failed.
    """
    told: list[SourceResult] = []
    gaps: list[Gap] = []
    failures: list[ReconstructError] = []
    for spec, options in sources:
        on_source(spec)
        try:
            told.append(read_source(spec, window=window, reading=reading, options=options))
        except (SourceError, NotAllowedError) as error:
            if strict:
                raise
            failures.append(error)
            cause = f"{error.message}; {error.hint}"
            gaps.append(Gap("", redact(spec), "change events", cause, window.baseline_start, window.end))
    if alone and failures and len(failures) == len(sources):
        raise failures[0]
    return told, gaps


def read_source(
    spec: str, *, window: Window, reading: Reading | None = None, options: Mapping[str, str] | None = None
) -> SourceResult:
    """What the source that `spec` names tells of the window; how many events lie outside it is said in a note.

    Parameters
    ----------
    spec : str
        A file, or `kind:argument`.
    window : Window
        Events that touch `[baseline_start, end)` are kept.
    reading : Reading
        Zone, people, environments and names.
    options : mapping
        `token`, `url`, ... from the configuration and the environment.

    Raises
    ------
    UsageError
        If the kind, the argument, the file or the credentials are wrong.
    SourceError
        If the source does not answer; the caller makes a Gap of it, unless it is strict.
    """
    kind, argument = kind_and_argument(spec)
    how = reading or Reading()
    ask = SourceRequest(
        argument,
        window,
        tz=how.tz,
        authors=how.authors,
        options=options or {},
        service_labels=how.service_labels,
        until_s=how.until_s,
    )
    ledger = source_factory(kind)(ask)
    told = ledger.events if how.authors else tuple(without_people(event) for event in ledger.events)
    named, alerts = renamed(placed(told, how.environments), ledger.alerts, names=how.names)
    events, outside = in_window(named, window=window)
    said = (f"{outside} events of {Path(argument).name if kind == 'file' else redact(spec)} lie outside the window",)
    gaps = tuple(
        gap
        for gap in ledger.gaps
        if (gap.start is None or gap.start < window.end) and (gap.end is None or gap.end > window.baseline_start)
    )
    alerts = tuple(a for a in alerts if a.resolved_at is None or a.resolved_at >= window.baseline_start)
    notes = ledger.notes + (said if outside else ()) + _unknown_states(events)
    return replace(ledger, events=events, alerts=alerts, gaps=gaps, notes=notes)


def _unknown_states(events: Sequence[Event]) -> tuple[str, ...]:
    """A note on the words for how far a change got that nobody here knows."""
    words = sorted({e.labels[UNKNOWN_STATE] for e in events if e.state == "requested" and UNKNOWN_STATE in e.labels})
    if not words:
        return ()
    source = next(e.source for e in events if UNKNOWN_STATE in e.labels)
    shown = ", ".join(map(repr, words[:MAX_STATES_SHOWN]))
    return (f"{source}: changes in the state {shown}, which is not known here, are taken as not begun",)


def renamed(
    events: tuple[Event, ...], alerts: tuple[Alert, ...], *, names: Mapping[str, str]
) -> tuple[tuple[Event, ...], tuple[Alert, ...]]:
    """Events and alerts with their service as the configuration calls it; the source's own word stays as a label."""

    def fitting(name: str) -> str:
        return next((ours for pattern, ours in names.items() if fnmatchcase(name, pattern)), name) if name else name

    found = [(event, fitting(event.service.name)) for event in events]
    return tuple(
        event
        if name == event.service.name
        else replace(
            event,
            service=event.service._replace(name=name),
            labels={**event.labels, "named_by_source": event.service.name},
        )
        for event, name in found
    ), tuple(replace(a, service=a.service._replace(name=fitting(a.service.name))) for a in alerts)
