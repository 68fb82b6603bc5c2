"""`reconstruct doctor`: can it reach what it needs, and what will it not see."""

from __future__ import annotations

from collections.abc import Iterable

from reconstruct.cli.options import DoctorOptions, takes_options


@takes_options
def doctor(window: DoctorOptions) -> None:
    """Say whether the sources answer, which packs have data, and what an incident there would not see.

    \b
    Examples:
      reconstruct doctor --prometheus http://prometheus:9090
    """
    import typer

    from reconstruct import packs
    from reconstruct.cli import console, request
    from reconstruct.errors import ReconstructError, UsageError
    from reconstruct.gather import MIN_BASELINE, STEP_IF_UNKNOWN
    from reconstruct.model import Window
    from reconstruct.sources.changes import registry
    from reconstruct.sources.prometheus import discovery
    from reconstruct.sources.prometheus.client import Prometheus
    from reconstruct.text.units import human_duration

    config = request.configuration(window)
    settings = request.connection(window, config)
    if settings is None:
        raise UsageError("there is no metrics server to look at", hint="give --prometheus URL or set PROMETHEUS_URL")
    server = Prometheus(settings)
    at = request.now()
    with console.Progress(quiet=window.quiet) as progress:
        progress(0, 0, f"asking {settings.url}")
        server.ready()
        asked = request.asked_of(window, config, at=at)
        end = min(asked.end or server.now(), server.now())
        span = Window(asked.start or end - MIN_BASELINE, end, STEP_IF_UNKNOWN, asked.start or end - MIN_BASELINE)
        names, gaps = discovery.metric_names(server, scope=asked.scope, window=span)
        intervals = discovery.scrape_intervals(server, span, scope=asked.scope)
        rules, more = discovery.alert_rules(server)
    lines = [
        f"answers      {server.settings.url}",
        f"clock        {server.skew_note(at) or 'agrees with this machine'}",
        f"metrics      {len(names):,} names with samples between {span.start:%Y-%m-%d %H:%M} and {end:%H:%M} UTC",
        f"jobs         {_listed(f'{job} every {human_duration(s)}' for job, s in intervals.items())}",
        f"alert rules  {len(rules)}",
    ]
    catalogue = request.catalogue_of(window, config)
    known = [pack for pack in catalogue.packs if packs.applies(pack, names)]
    free = set(names) - packs.taken(catalogue, names)
    lines.append(f"packs        {_listed(pack.id for pack in known)}")
    lines.append(f"no data for  {_listed(pack.id for pack in catalogue.packs if pack not in known)}")
    lines.append(f"by name only {len(free):,} metrics that no pack knows")
    for spec, options in asked.events:
        try:
            told = registry.read_source(spec, window=span, reading=registry.Reading(asked.tz), options=options)
            lines.append(f"changes      {spec}: {len(told.events)} events, {len(told.gaps)} unread")
        except ReconstructError as error:
            lines.append(f"changes      {spec}: {error.message} ({error.hint})")
    if not asked.events:
        lines.append("changes      no source is configured: only versions and restarts that metrics show (--events)")
    lines += [f"not seen     {gap.missing}: {gap.cause}" for gap in (*gaps, *more)]
    typer.echo("\n".join(lines))


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "none"
