"""`reconstruct report`: the same engine on a schedule."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconstruct.cli.options import EvidenceOptions, OutputOptions, takes_options

if TYPE_CHECKING:
    import pandas as pd

    from reconstruct.config import Config
    from reconstruct.deliver import Announced
    from reconstruct.model import Incident

FOUND = 10
"""Exit code of `--fail-on anomalies` when some were found."""


@takes_options
def report(
    given: EvidenceOptions,
    output: OutputOptions,
    *,
    last: Annotated[
        str | None, typer.Option("--last", metavar="DURATION", help="The window: this long until now (default 24h).")
    ] = None,
    fail_on: Annotated[
        str | None, typer.Option("--fail-on", metavar="never|anomalies", help="Exit with 10 when some were found.")
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option("--state", metavar="FILE", help="What was announced: with it, the same episode is told once."),
    ] = None,
    metrics_file: Annotated[
        Path | None,
        typer.Option("--metrics-file", metavar="FILE", help="Figures about this run for node_exporter's textfile."),
    ] = None,
) -> None:
    """Say what was anomalous in the last hours, against the days before; for cron and friends.

    A quiet day is one line. Where the configuration names targets, news is delivered to them, each episode once.

    \b
    Examples:
      reconstruct report --prometheus http://prometheus:9090 --last 24h --state /var/lib/reconstruct/state.json
      reconstruct report --last 6h --fail-on anomalies --stdout md
    """
    from dataclasses import replace

    from reconstruct import deliver
    from reconstruct.cli import console, outputs, request
    from reconstruct.errors import SourceError, UsageError
    from reconstruct.pipeline import draft, without_earlier_episodes
    from reconstruct.render.incident_json import to_json
    from reconstruct.render.report import one_line, to_report

    config = request.configuration(given)
    failing = fail_on or config.report.fail_on
    if failing not in ("never", "anomalies"):
        raise UsageError(f"--fail-on takes never or anomalies, not {failing!r}", hint="leave it out for never")
    begun = request.now()
    wanted = outputs.checked(output)
    given = _looking_back(given, last, config)
    with console.Progress(quiet=given.quiet, verbose=given.verbose) as progress:
        evidence, settings = request.evidence_of(given, config, at=begun, progress=progress)
        progress(0, 0, "looking at the days before")
        evidence = without_earlier_episodes(evidence, settings=settings)
        answer = draft(evidence, settings=settings)
    views = deliver.views_of(answer)
    if views or output.out is not None:
        paths = outputs.write(
            answer,
            wanted,
            output=replace(output, out=outputs.folder_of(answer, output, kind="report")),
            links=outputs.links_of(given, config),
        )
        typer.echo(f"files: {paths[0].parent if paths else 'none'}", err=True)
    typer.echo(one_line(answer), err=True)
    if output.stdout is not None:
        typer.echo(to_report(answer) if output.stdout == "md" else to_json(answer).decode(), nl=False)
    said = _announce(answer, config, state=state or config.report.state_file)
    target = metrics_file or config.report.metrics_file
    if target is not None:
        _write_metrics(answer, target, said, begun=begun, ended=request.now())
    for failure in said.failed if said else ():
        typer.echo(f"not delivered: {failure}", err=True)
    if said and said.failed:
        raise typer.Exit(SourceError.exit_code)
    if failing == "anomalies" and views:
        raise typer.Exit(FOUND)


def _looking_back(given: EvidenceOptions, last: str | None, config: Config) -> EvidenceOptions:
    """`--last` as `--from` and `--to`, with the same time on previous days as the baseline unless told otherwise.

    Raises
    ------
    UsageError
        `--last` beside a window that is given otherwise.
    """
    from dataclasses import replace

    from reconstruct.config import parse_duration_s
    from reconstruct.errors import UsageError

    if last is not None and (given.bundle is not None or given.begin is not None or given.end is not None):
        raise UsageError(
            "--last cannot act beside --from, --to or --bundle", hint="give one window: --last, or --from and --to"
        )
    if given.bundle is not None:
        return given
    last_s = parse_duration_s(last) if last else config.report.last_s
    days = f"{config.report.compare_days}d"
    return replace(
        given,
        begin=given.begin or f"-{last_s:g}s",
        end=given.end or "now",
        baseline=given.baseline or (None if config.baseline_s is not None else days),
    )


def _announce(answer: Incident, config: Config, *, state: Path | None) -> Announced | None:
    """Tell the configured targets what is news; None where nothing is configured to be remembered or told."""
    from reconstruct import deliver
    from reconstruct.errors import UsageError

    if state is None:
        if config.deliver:
            raise UsageError(
                "targets are configured but no state file: the same episode would be told on every run",
                hint="give --state FILE, or state_file under report in reconstruct.yaml",
            )
        return None
    window = answer.evidence.window
    return deliver.announce(
        deliver.views_of(answer),
        targets=config.deliver,
        state_file=state,
        dead_letters=config.report.dead_letters,
        now=window.end,
        window_start=window.start,
    )


def _write_metrics(
    answer: Incident, path: Path, said: Announced | None, *, begun: pd.Timestamp, ended: pd.Timestamp
) -> None:
    from reconstruct import deliver

    episodes = answer.explanation.episodes
    values = {
        "reconstruct_report_last_run_timestamp_seconds": ended.timestamp(),
        "reconstruct_report_duration_seconds": (ended - begun).total_seconds(),
        "reconstruct_report_episodes": float(len(episodes)),
        "reconstruct_report_open_episodes": float(sum(e.end is None for e in episodes)),
        "reconstruct_report_gaps": float(len(answer.evidence.gaps)),
        **(said.counters if said else {}),
    }
    if said is None or not said.failed:
        values["reconstruct_report_last_success_timestamp_seconds"] = ended.timestamp()
    deliver.write_metrics(path, values)
