"""`reconstruct backtest`: alert rules replayed over history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconstruct.cli.options import BacktestOptions, takes_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconstruct.alerting import RuleGroup
    from reconstruct.cli.console import Progress
    from reconstruct.config import Config
    from reconstruct.model import Backtest, PastIncident

FORMATS = ("text", "json", "csv")
DEFAULT_DAYS = 7
"""A week holds each day's and the week-end's load once, and lies within every usual retention."""


@takes_options
def backtest(
    rules: Annotated[
        list[Path], typer.Argument(metavar="RULES.yaml...", help="Prometheus rule files, or PrometheusRule manifests.")
    ],
    *,
    given: BacktestOptions,
    incident: Annotated[
        list[Path] | None,
        typer.Option("--incident", metavar="FILE", help="A known incident (incident.json) to catch; repeatable."),
    ] = None,
    interval: Annotated[
        str | None,
        typer.Option(
            "--interval",
            metavar="DURATION",
            help="Between evaluations, for groups without an interval (default: the server's evaluation_interval).",
        ),
    ] = None,
    rule: Annotated[
        list[str] | None, typer.Option("--rule", metavar="NAME", help="Only this alert rule; repeatable.")
    ] = None,
    formats: Annotated[
        str, typer.Option("--format", metavar="text|json|csv", help="A table, everything, or one line per alert.")
    ] = "text",
) -> None:
    """Say when alert rules would have been pending and firing in the past, and what that would have been worth.

    The server evaluates each rule's expression at every evaluation time; `for`, `keep_firing_for` and labels are
    applied as Prometheus applies them. Nothing is changed on the server.

    \b
    Examples:
      reconstruct backtest rules/*.yaml --prometheus http://prometheus:9090 --from -30d
      reconstruct backtest new.yaml --from -30d --incident postmortems/2026-11-17/incident.json
    """
    from reconstruct.cli import console, request
    from reconstruct.errors import NothingToShowError, UsageError
    from reconstruct.render import backtest as render
    from reconstruct.sources.alert_rules.rule_files import read_rule_file
    from reconstruct.sources.incident_files import read_past_incidents

    if formats not in FORMATS:
        raise UsageError(f"--format takes {', '.join(FORMATS)}, not {formats!r}", hint="text is the table")
    config = request.configuration(given)
    groups = _only([group for path in rules for group in read_rule_file(path)], rule or ())
    incidents = [one for path in incident or () for one in read_past_incidents(path)]
    if incident and not incidents:
        raise UsageError("no --incident file holds an incident", hint="its `verdict` has to be `incident`")
    with console.Progress(quiet=given.quiet, verbose=given.verbose) as progress:
        told = _told(given, config, groups, incidents, interval=interval, progress=progress)
    if formats == "text":
        text = render.to_backtest_text(told, zone=request.zone_of(given, config))
    else:
        text = {"json": render.to_backtest_json, "csv": render.to_backtest_csv}[formats](told)
    typer.echo(text, nl=False)
    if not any(one.outcome == "judged" for one in told.rules):
        raise NothingToShowError(
            "no rule could be tried: nothing that they read is there in this time",
            hint="is the window within retention, and --prometheus the server that has these metrics?",
        )


def _only(groups: list[RuleGroup], names: Sequence[str]) -> list[RuleGroup]:
    """The groups with the named alert rules alone, and every recording rule."""
    from dataclasses import replace

    from reconstruct.alerting import AlertingRule
    from reconstruct.errors import UsageError

    known = {one.name for group in groups for one in group.rules if isinstance(one, AlertingRule)}
    for name in names:
        if name not in known:
            raise UsageError(f"no alert rule is called {name!r}", hint=f"the files hold {', '.join(sorted(known))}")
    if not names:
        return groups
    return [
        replace(g, rules=tuple(r for r in g.rules if not isinstance(r, AlertingRule) or r.name in names))
        for g in groups
    ]


def _told(
    given: BacktestOptions,
    config: Config,
    groups: list[RuleGroup],
    incidents: list[PastIncident],
    *,
    interval: str | None,
    progress: Progress,
) -> Backtest:
    from dataclasses import replace

    import pandas as pd

    from reconstruct.bundle import narrow, read_bundle
    from reconstruct.cli import request
    from reconstruct.config import parse_duration_s
    from reconstruct.errors import UsageError
    from reconstruct.sources.alert_rules.backtest import backtest as over_server
    from reconstruct.sources.alert_rules.backtest import backtest_evidence
    from reconstruct.sources.prometheus.client import Prometheus

    at = request.now()
    begin, end, notes = request.window_of(given, config, at=at)
    if given.bundle is not None:
        refused = [n for n, value in (("--prometheus", given.prometheus), ("--scope", given.scope)) if value]
        refused += ["--interval"] if interval else []
        if refused:
            raise UsageError(
                f"{' and '.join(refused)} cannot act with --bundle: its samples were taken at its own step",
                hint="leave it out",
            )
        evidence, _ = read_bundle(given.bundle)
        if begin is not None or end is not None:
            first = begin if begin is not None else evidence.window.baseline_start
            until = end if end is not None else evidence.window.end
            evidence = narrow(evidence, start=first, end=until, baseline_start=first)
        return backtest_evidence(evidence, groups, incidents=incidents)
    settings = request.connection(given, config)
    if settings is None:
        raise UsageError(
            "there is no server to ask", hint="give --prometheus URL, set PROMETHEUS_URL, or give --bundle"
        )
    server = Prometheus(settings)
    progress(0, 0, f"asking {settings.url}")
    server.ready()
    until = min(end if end is not None else at, server.now())
    if begin is None:
        begin = until - pd.Timedelta(days=DEFAULT_DAYS)
    if begin >= until:
        raise UsageError("the window lies in the server's future", hint="give an earlier --from")
    told = over_server(
        server,
        groups,
        start=begin,
        end=until,
        interval_s=parse_duration_s(interval) if interval else None,
        scope=given.scope if given.scope is not None else config.scope,
        incidents=incidents,
        progress=progress,
    )
    return replace(told, notes=(*notes, *told.notes))
