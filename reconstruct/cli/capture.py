"""`reconstruct capture`: the evidence of a window as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconstruct.cli.options import IncidentOptions, takes_options


@takes_options
def capture(
    given: IncidentOptions,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The bundle to write (default capture-START.zip).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Save the evidence of a window into one bundle file, before retention deletes it.

    \b
    Examples:
      reconstruct capture --prometheus http://prometheus:9090 --from -3h --to now --out outage.zip
    """
    from reconstruct import __version__
    from reconstruct.bundle import write_bundle
    from reconstruct.cli import console, request
    from reconstruct.errors import UsageError

    config = request.configuration(given)
    if out is not None and out.exists() and not force:
        raise UsageError(f"{out} exists", hint="name another file, or give --force")
    with console.Progress(quiet=given.quiet, verbose=given.verbose) as progress:
        evidence, settings = request.evidence_of(given, config, at=request.now(), progress=progress)
    path = out or Path(f"capture-{evidence.window.start:%Y%m%dT%H%M%SZ}.zip")
    if path.exists() and not force:
        raise UsageError(f"{path} exists", hint="name another file, or give --force")
    write_bundle(path, evidence, settings=settings, generator={"name": "reconstruct", "version": __version__})
    series = sum(len(metric.labels) for metric in evidence.metrics)
    typer.echo(
        f"{path}: {len(evidence.metrics)} signals, {series} series, {len(evidence.events)} events, "
        f"{len(evidence.alerts)} alerts, {len(evidence.gaps)} gaps, {path.stat().st_size / 2**20:.1f} MiB",
        err=True,
    )
