"""`reconstruct demo`: the main job on the recorded incident that ships with the package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the files go.")] = Path("demo-output"),
    formats: Annotated[str, typer.Option("--format", metavar="LIST", help="As for incident.")] = "md,html,json,png",
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is in the folder.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on standard error.")] = False,
) -> None:
    """Reconstruct a real recorded incident, without any server.

    A deploy brought a query that scans a whole table; people suspected the network and the load balancer. Recorded
    by Prometheus from a running system: PostgreSQL, HAProxy, a web service.
    """
    from importlib.resources import as_file, files

    from reconstruct.cli.incident import run
    from reconstruct.cli.options import EvidenceOptions, OutputOptions

    with as_file(files("reconstruct") / "demo" / "bad-query.zip") as bundle:
        run(EvidenceOptions(bundle=bundle, quiet=quiet), OutputOptions(out=out, formats=formats, force=force))
