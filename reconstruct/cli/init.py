"""`reconstruct init`: a first reconstruct.yaml, from what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconstruct.cli.options import ConsoleOptions, ServerOptions, takes_options


@takes_options
def init(
    given: ServerOptions,
    console_options: ConsoleOptions,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")] = Path("reconstruct.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Write a reconstruct.yaml from what is there: servers and sources that the environment names, and what answers.

    \b
    Examples:
      reconstruct init
      reconstruct init --prometheus http://prometheus:9090 --out -
    """
    import os

    from reconstruct import packs
    from reconstruct.cli import console, request
    from reconstruct.config import Config
    from reconstruct.errors import ReconstructError, UsageError
    from reconstruct.http import redact
    from reconstruct.model import Window
    from reconstruct.pipeline import DAY
    from reconstruct.sources.changes import registry
    from reconstruct.sources.prometheus import discovery
    from reconstruct.sources.prometheus.client import Prometheus
    from reconstruct.sources.window import STEP_IF_UNKNOWN
    from reconstruct.surroundings.candidates import candidates
    from reconstruct.surroundings.metric_services import metric_services
    from reconstruct.surroundings.name_pairs import name_pairs
    from reconstruct.surroundings.yaml_file import Found, yaml_text

    if str(out) != "-" and out.exists() and not force:
        raise UsageError(f"{out} exists", hint="name another file with --out, or give --force")
    config, at = Config(), request.now()
    settings = request.connection(given, config)
    start = at - DAY
    span = Window(start, at, STEP_IF_UNKNOWN, start)
    url = ""
    known: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    silent: list[tuple[str, str]] = []
    with console.Progress(quiet=console_options.quiet, verbose=console_options.verbose) as progress:
        if settings is not None:
            progress(0, 0, f"asking {settings.url}")
            try:
                server = Prometheus(settings)
                server.ready()
                names, _ = discovery.metric_names(server, scope=given.scope or "", window=span)
                catalogue = packs.load((packs.packs_folder(),))
                url, known = settings.url, tuple(pack.id for pack in catalogue.packs if packs.applies(pack, names))
                services = metric_services(server, window=span)
            except ReconstructError as error:
                silent.append((f"prometheus {settings.url}", f"{error.message}; {error.hint}"))
        answered: list[str] = []
        theirs: set[str] = set()
        for one in candidates(os.environ, folder=Path.cwd(), home=Path.home()):
            if not one.complete:
                silent.append((one.spec, f"{one.because} is set: fill in the name"))
                continue
            progress(0, 0, f"asking {redact(one.spec)}")
            kind, _ = registry.kind_and_argument(one.spec)
            token = os.environ.get(registry.TOKEN_VARIABLES.get(kind, ""), "")
            try:
                told = registry.read_source(one.spec, window=span, options={"token": token} if token else {})
            except ReconstructError as error:
                silent.append((redact(one.spec), f"{error.message}; {error.hint}"))
                continue
            answered.append(one.spec)
            theirs |= {event.service.name for event in told.events if event.service.name}
    found = Found(
        prometheus=url,
        packs=known,
        services=services,
        events=answered,
        silent=[(spec, " ".join(why.split())) for spec, why in silent],
        names=name_pairs(theirs, services),
        grafana=os.environ.get("GRAFANA_URL", ""),
    )
    text = yaml_text(found)
    if str(out) == "-":
        typer.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    typer.echo(f"{out}: {_summary(url=redact(url), answered=len(answered), silent=len(silent))}", err=True)


def _summary(*, url: str, answered: int, silent: int) -> str:
    """What the file holds, in a sentence, and what to do next."""
    if not url and not answered:
        tried = f"; what was tried stands in it with the reason ({silent})" if silent else ""
        return (
            f"nothing was found here to ask{tried}. Set PROMETHEUS_URL or give --prometheus URL,"
            " and run it again with --force"
        )
    sources = "1 source of changes" if answered == 1 else f"{answered} sources of changes"
    left = f", {silent} not usable yet (comments in the file say why)" if silent else ""
    return f"{'metrics from ' + url if url else 'no metrics server'}, {sources}{left}. Next: reconstruct doctor"
