"""`reconstruct scan`: every series of a selector, ranked by how it changed."""

from __future__ import annotations

from typing import Annotated

import typer

from reconstruct.cli.options import EvidenceOptions, takes_options


@takes_options
def scan(
    selector: Annotated[
        str | None,
        typer.Argument(
            metavar="[SELECTOR]",
            help="""Series to look at, e.g. '{job="shop"}'; default: all that packs and
        conventions ask for.""",
        ),
    ] = None,
    *,
    given: EvidenceOptions,
    most: Annotated[int, typer.Option("--most", min=1, metavar="N", help="So many rows.")] = 30,
) -> None:
    """Rank every series by how it changed in the window against its own baseline.

    \b
    Examples:
      reconstruct scan '{job="shop"}' --prometheus http://prometheus:9090 --from -1h --to now
    """
    from reconstruct.cli import console, request
    from reconstruct.rank.ranking import scan as rank_series
    from reconstruct.render.scan_table import to_scan_table

    config = request.configuration(given)
    with console.Progress(quiet=given.quiet, verbose=given.verbose) as progress:
        evidence, _ = request.evidence_of(given, config, at=request.now(), progress=progress, selector=selector)
    ranked = rank_series(evidence)
    typer.echo(to_scan_table(ranked[:most]), nl=False)
    if len(ranked) > most:
        typer.echo(f"{len(ranked) - most} more series; --most shows them", err=True)
