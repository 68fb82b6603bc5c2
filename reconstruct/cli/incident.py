"""`reconstruct incident`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconstruct.cli.options import EvidenceOptions, IncidentOptions, OutputOptions, takes_options


@takes_options
def incident(
    given: IncidentOptions,
    output: OutputOptions,
    *,
    explain: Annotated[
        list[str] | None,
        typer.Option("--explain", metavar="ID", help="Also say and draw why this anomaly was one (a3); repeatable."),
    ] = None,
    backtest: Annotated[
        str | None,
        typer.Option(
            "--backtest",
            metavar="DURATION",
            help="Try the proposed alert on so much history before the window (default: the baseline).",
        ),
    ] = None,
    history: Annotated[
        Path | None,
        typer.Option(
            "--history", metavar="DIR", help="Earlier incident.json files: has it happened before, what mitigated it?"
        ),
    ] = None,
    annotate: Annotated[
        bool, typer.Option("--annotate", help="Write the timeline into Grafana as annotations (see configuration).")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --annotate: only say what would be written.")
    ] = False,
) -> None:
    """Pull the evidence of a window, find what went wrong, and write the draft.

    \b
    Examples:
      reconstruct incident --prometheus http://prometheus:9090 --from -3h --to now
      reconstruct incident --prometheus http://prometheus:9090 --alert ShopLatencyHigh
      reconstruct incident --bundle outage.zip --out postmortem --format md,png
    """
    run(
        given,
        output,
        explain=tuple(explain or ()),
        backtest=backtest,
        history=history,
        annotate=annotate,
        dry_run=dry_run,
    )


def run(
    given: EvidenceOptions,
    output: OutputOptions,
    *,
    explain: tuple[str, ...] = (),
    backtest: str | None = None,
    history: Path | None = None,
    annotate: bool = False,
    dry_run: bool = False,
) -> None:
    """What `incident` and `demo` do."""
    from reconstruct.cli import console, detection, outputs, request
    from reconstruct.errors import UsageError
    from reconstruct.pipeline import draft

    if dry_run and not annotate:
        raise UsageError("--dry-run cannot act without --annotate", hint="give both, or leave it out")
    config = request.configuration(given)
    detection.check(given, config, backtest=backtest, history=history)
    wanted = outputs.checked(output)
    with console.Progress(quiet=given.quiet, verbose=given.verbose) as progress:
        evidence, settings = request.evidence_of(given, config, at=request.now(), progress=progress)
        progress(0, 0, f"looking through {sum(len(m.labels) for m in evidence.metrics):,} series")
        answer = draft(evidence, settings=settings)
        if backtest is not None or history is not None:
            answer = detection.compared(answer, given, config, backtest=backtest, history=history, progress=progress)
        progress(0, 0, "drawing")
        paths = outputs.write(answer, wanted, output=output, links=outputs.links_of(given, config))
    outputs.tell(answer, paths, output=output, quiet=given.quiet)
    if explain:
        outputs.explain(answer, explain, wanted, output=output)
    if annotate:
        outputs.annotate(answer, config, dry_run=dry_run)
