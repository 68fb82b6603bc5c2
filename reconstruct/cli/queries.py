"""`reconstruct queries`: the query packs, and what this server has data for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconstruct.cli.options import CheckOptions, takes_options

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The query packs: what exists, what has data, what is wrong with them.",
)

QUERIES = Annotated[
    list[Path] | None, typer.Option("--queries", metavar="DIR", help="A folder with more query packs; repeatable.")
]


@app.command("list")
def list_packs(queries: QUERIES = None) -> None:
    """Name every pack, what shows that it applies, and how many signals it asks."""
    from reconstruct import packs

    catalogue = packs.load((packs.packs_folder(), *(queries or ())))
    widest = max(len(pack.id) for pack in catalogue.packs)
    for pack in catalogue.packs:
        typer.echo(f"{pack.id:{widest}}  {len(pack.templates):3d} signals  {pack.title}")


@app.command("show")
def show_pack(
    name: Annotated[str, typer.Argument(metavar="PACK|PACK/SIGNAL", help="A pack, or one of its signals.")],
    queries: QUERIES = None,
) -> None:
    """Print a pack's signals: what is asked, in which unit, and which way is worse."""
    from reconstruct import packs
    from reconstruct.errors import UsageError
    from reconstruct.text.units import human

    catalogue = packs.load((packs.packs_folder(), *(queries or ())))
    pack = next((one for one in catalogue.packs if one.id == name.partition("/")[0]), None)
    if pack is None:
        known = ", ".join(one.id for one in catalogue.packs)
        raise UsageError(f"there is no pack {name.partition('/')[0]!r}", hint=f"there are {known}")
    templates = [one for one in pack.templates if name in (pack.id, one.id)]
    if not templates:
        raise UsageError(f"there is no signal {name!r}", hint=f"`reconstruct queries show {pack.id}` lists them")
    typer.echo(f"{pack.title}: tested with {pack.tested_with}\n{pack.place.file}")
    for one in templates:
        typer.echo(f"\n{one.id}  {one.title}")
        min_effect = f", told from {human(one.min_effect, one.unit)} on" if one.min_effect else ""
        typer.echo(f"  {one.layer}/{one.aspect}, {one.unit}, worse when {one.worse}{min_effect}")
        for number, variant in enumerate(one.variants):
            typer.echo(f"  {'or ' if number else ''}{' '.join(variant.promql.split())}")


@app.command("check")
@takes_options
def check(given: CheckOptions) -> None:
    """Ask a server every signal: which have data, which do not, and what is wrong with a query.

    \b
    Examples:
      reconstruct queries check --prometheus http://prometheus:9090 --queries my-packs
    """
    from reconstruct.cli import console, request
    from reconstruct.errors import UsageError
    from reconstruct.gather import check_packs
    from reconstruct.text.escape import plain

    config = request.configuration(given)
    at = request.now()
    with console.Progress(quiet=given.quiet, verbose=given.verbose) as progress:
        rows = check_packs(request.asked_of(given, config, at=at), now=at, progress=progress)
    widest = max(len(row.signal) for row in rows)
    for row in rows:
        what = f"{row.series:,} series" if row.state == "data" else row.state
        says = "" if row.state == "wrong" else row.says
        typer.echo(f"{row.signal:{widest}}  {what:>12}  {plain(says)}".rstrip())
    wrong = [row for row in rows if row.state == "wrong"]
    for row in wrong:
        typer.echo(f"\n{row.says}", err=True)
    if wrong:
        raise UsageError(f"{len(wrong)} queries are wrong", hint="each is told above, with its file and line")


@app.command("import")
def import_dashboard(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="grafana:UID, or a file of Grafana, Perses or Prometheus rules.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The pack to write (default: standard output).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Write a query pack of a dashboard or of rules: each panel's query a signal.

    \b
    Examples:
      reconstruct queries import grafana:rYdddlPWk --out packs/node-full.yaml
      reconstruct queries import dashboard.json
    """
    import os

    from reconstruct import packs
    from reconstruct.errors import UsageError
    from reconstruct.sources.dashboards.pack_file import pack_of
    from reconstruct.sources.dashboards.read import read_dashboard
    from reconstruct.text.escape import plain

    if out is not None and out.exists() and not force:
        raise UsageError(f"{out} exists", hint="name another file, or give --force")
    dashboard = read_dashboard(source, env=os.environ)
    text, left = pack_of(dashboard, catalogue=packs.load((packs.packs_folder(),)))
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
    for one in (*dashboard.not_asked, *left):
        typer.echo(plain(f"not in it: {one.title}: {one.reason}"), err=True)
