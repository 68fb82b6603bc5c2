"""`reconstruct events`: the ledger of changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

import typer

from reconstruct.cli.options import EventsOptions, takes_options

LAST: Final = "24h"
"""Without a window: last night's changes, whenever in the morning one asks."""


@takes_options
def events(
    given: EventsOptions,
    *,
    formats: Annotated[
        str, typer.Option("--format", metavar="text|jsonl", help="A table to read, or lines that --events takes.")
    ] = "text",
) -> None:
    """Say what changed in a window, from every source: each change once, per service, with what overlapped.

    Without a window it is the last 24 hours.

    \b
    Examples:
      reconstruct events --events github:acme/shop
      reconstruct events --prometheus http://prometheus:9090 --events github:acme/shop --from -1d --to now
      reconstruct events --events deploys.csv --from 13:00 --to 16:00 --format jsonl > changes.jsonl
    """
    from reconstruct.cli import console, request
    from reconstruct.errors import UsageError
    from reconstruct.gather import gather_changes
    from reconstruct.render.change_table import to_jsonl, to_table

    if formats not in ("text", "jsonl"):
        raise UsageError(f"--format takes text or jsonl, not {formats!r}", hint="jsonl is what --events reads again")
    if given.begin is None and given.end is None and given.bundle is None:
        given = replace(given, begin=f"-{LAST}")
        typer.echo(f"note: no --from: the last {LAST}", err=True)
    config = request.configuration(given)
    at = request.now()
    with console.Progress(quiet=given.quiet, verbose=given.verbose) as progress:
        if given.bundle is not None:
            evidence, _ = request.captured(given, config, at=at, progress=progress)
        else:
            evidence = gather_changes(request.asked_of(given, config, at=at), now=at, progress=progress)
    told = request.of_services(evidence.events, given.service)
    alerts = tuple(one for one in evidence.alerts if not given.service or one.service.name in given.service)
    typer.echo(to_jsonl(told, alerts) if formats == "jsonl" else to_table(told, alerts), nl=False)
    for note in evidence.notes:
        typer.echo(f"note: {note}", err=True)
    for gap in evidence.gaps:
        typer.echo(f"data gap: {gap.missing}: {gap.cause} ({gap.source})", err=True)
