"""`reconstruct doctor`: can it reach what it needs, and what will it not see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from reconstruct.cli.options import DoctorOptions, takes_options

if TYPE_CHECKING:
    from reconstruct.gather import Request
    from reconstruct.http import HttpSettings
    from reconstruct.model import Window
    from reconstruct.packs import Catalogue

MAX_GAPS = 5
"""Of one source, that are said."""
ALERTS_LOOKED_BACK = "1d"


@takes_options
def doctor(window: DoctorOptions) -> None:
    """Say whether the sources answer, which packs have data, what an incident would not see, and what would show it.

    \b
    Examples:
      reconstruct doctor --prometheus http://prometheus:9090
      reconstruct doctor --events github:acme/shop --from -1d
    """
    import typer

    from reconstruct.cli import console, request
    from reconstruct.errors import UsageError
    from reconstruct.model import Window
    from reconstruct.sources.window import MIN_BASELINE, STEP_IF_UNKNOWN

    config = request.configuration(window)
    catalogue = request.catalogue_of(window, config)
    request.mechanisms_of(window, config)  # a slip in the user's own files is told before a server is asked
    settings = request.connection(window, config)
    at = request.now()
    asked = request.asked_of(window, config, at=at)
    if settings is None and not asked.events:
        raise UsageError(
            "there is nothing to look at", hint="give --prometheus URL (or set PROMETHEUS_URL), or --events SOURCE"
        )
    end = min(asked.end or at, at)
    start = asked.start or end - MIN_BASELINE
    span = Window(start, end, STEP_IF_UNKNOWN, start)
    lines = []
    with console.Progress(quiet=window.quiet) as progress:
        if settings is None:
            lines.append("metrics      no server is named: only files (--metrics) and bundles can be looked at")
        else:
            progress(0, 0, f"asking {settings.url}")
            lines += list(_of_server(settings, catalogue, asked=asked, span=span))
        for spec, options in asked.events:
            progress(0, 0, "asking a source of changes")
            lines += list(_of_source(spec, options, asked=asked, span=span))
    if not asked.events:
        lines.append("changes      no source is configured: only versions and restarts that metrics show (--events)")
    lines += list(_of_surroundings())
    typer.echo("\n".join(lines))


def _of_server(settings: HttpSettings, catalogue: Catalogue, *, asked: Request, span: Window) -> Iterator[str]:
    from dataclasses import replace

    from reconstruct import packs
    from reconstruct.cli import request
    from reconstruct.sources.prometheus import discovery
    from reconstruct.sources.prometheus.client import Prometheus
    from reconstruct.text.units import human_duration

    server = Prometheus(settings)
    server.ready()
    end = min(span.end, server.now())
    span = replace(span, end=end, start=min(span.start, end), baseline_start=min(span.start, end))
    names, gaps = discovery.metric_names(server, scope=asked.scope, window=span)
    intervals = discovery.scrape_intervals(server, span, scope=asked.scope)
    rules, more = discovery.alert_rules(server)
    yield f"answers      {server.settings.url}"
    yield f"clock        {server.skew_note(request.now()) or 'agrees with this machine'}"
    yield f"metrics      {len(names):,} names with samples between {span.start:%Y-%m-%d %H:%M} and {end:%H:%M} UTC"
    yield f"jobs         {_listed(f'{job} every {human_duration(s)}' for job, s in intervals.items())}"
    yield f"alert rules  {len(rules)}"
    if not server.instant(f"count(last_over_time(ALERTS[{ALERTS_LOOKED_BACK}]))", at=end):
        yield "not seen     alerts of the last day: no ALERTS series (none fired, or rules are evaluated elsewhere)"
    known = [pack for pack in catalogue.packs if packs.applies(pack, names)]
    free = set(names) - packs.taken(catalogue, names)
    if names:
        yield f"packs        {_listed(pack.id for pack in known)}"
        yield f"no data for  {_listed(pack.id for pack in catalogue.packs if pack not in known)}"
    else:
        yield "no data      the server holds no samples of that time: give --from and --to of one that it has"
    if free:
        yield f"by name only {len(free):,} metrics that no pack knows"
    for gap in (*gaps, *more):
        yield f"not seen     {gap.missing}: {gap.cause}"


def _of_source(spec: str, options: Mapping[str, str], *, asked: Request, span: Window) -> Iterator[str]:
    from reconstruct.errors import ReconstructError
    from reconstruct.http import NotAllowedError, redact
    from reconstruct.sources.changes import registry
    from reconstruct.surroundings.rights import more_with

    kind, _ = registry.kind_and_argument(spec)
    variable = registry.TOKEN_VARIABLES.get(kind, "")
    shown = redact(spec)
    try:
        told = registry.read_source(spec, window=span, reading=registry.Reading(asked.tz), options=options)
    except ReconstructError as error:
        yield f"changes      {shown}: {error.message} ({error.hint})"
        more = more_with(kind, variable=variable) if isinstance(error, NotAllowedError) or not options else ""
        if more:
            yield f"             {more}"
        return
    yield f"changes      {shown}: {len(told.events)} events, {len(told.alerts)} alerts, {len(told.gaps)} unread"
    for gap in told.gaps[:MAX_GAPS]:
        yield f"not seen     {shown}, {gap.missing}: {gap.cause}"
    if variable and not options.get("token"):
        more = more_with(kind, variable=variable)
        yield f"             asked without a token: {more}" if more else "             asked without a token"


def _of_surroundings() -> Iterator[str]:
    """What the environment would let other options do."""
    import os

    if os.environ.get("GRAFANA_URL"):
        token = "" if os.environ.get("GRAFANA_TOKEN") else ", without a token: GRAFANA_TOKEN (a viewer's) is not set"
        yield f"dashboards   --dashboard grafana:UID asks GRAFANA_URL{token}"
    pagers = {"pagerduty": "PAGERDUTY_TOKEN", "opsgenie": "OPSGENIE_TOKEN", "alertmanager": "ALERTMANAGER_URL"}
    there = [kind for kind, variable in pagers.items() if os.environ.get(variable)]
    if there:
        yield f"pages        --page knows {', '.join(there)}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "none"
