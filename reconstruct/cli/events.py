"""`reconstruct events`: the ledger of changes."""

from __future__ import annotations

from typing import Annotated

import typer

from reconstruct.cli.options import WindowOptions, takes_options


@takes_options
def events(
    window: WindowOptions,
    *,
    formats: Annotated[
        str, typer.Option("--format", metavar="text|jsonl", help="A table to read, or lines that --events takes.")
    ] = "text",
) -> None:
    """Say what changed in a window, from every source: each change once.

    \b
    Examples:
      reconstruct events --prometheus http://prometheus:9090 --events github:acme/shop --from -1d --to now
      reconstruct events --events deploys.csv --from 13:00 --to 16:00 --format jsonl > changes.jsonl
    """
    from reconstruct.cli import console, request
    from reconstruct.errors import UsageError
    from reconstruct.gather import gather_changes
    from reconstruct.render.change_table import to_jsonl, to_table

    if formats not in ("text", "jsonl"):
        raise UsageError(f"--format takes text or jsonl, not {formats!r}", hint="jsonl is what --events reads again")
    config = request.configuration(window)
    at = request.now()
    with console.Progress(quiet=window.quiet, verbose=window.verbose) as progress:
        if window.bundle is not None:
            evidence, _ = request.evidence_of(window, config, at=at, progress=progress)
        else:
            evidence = gather_changes(request.asked_of(window, config, at=at), now=at, progress=progress)
    typer.echo(to_jsonl(evidence.events) if formats == "jsonl" else to_table(evidence.events), nl=False)
    for gap in evidence.gaps:
        typer.echo(f"not seen: {gap.missing}: {gap.cause} ({gap.source})", err=True)
