"""What the commands do with an Incident: draw, write, tell, annotate."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from reconstruct.cli import console, request
from reconstruct.cli.console import colour_wanted, width
from reconstruct.cli.options import EvidenceOptions, OutputOptions
from reconstruct.errors import UsageError
from reconstruct.render.files import CHART_FOLDER, PICTURES, parse_formats, write_files, write_outputs
from reconstruct.text import escape
from reconstruct.text.links import Links

if TYPE_CHECKING:
    from reconstruct.charts.image import ChartImage
    from reconstruct.config import Config
    from reconstruct.model import Incident

STDOUT_FORMATS = ("md", "json")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Output options after reading."""

    formats: tuple[str, ...]
    templates: tuple[str, ...]


def checked(output: OutputOptions) -> Wanted:
    """Read what can be wrong before anything is asked: a wrong format should not cost a quarter of an hour."""
    if output.stdout is not None and output.stdout not in STDOUT_FORMATS:
        raise UsageError(f"--stdout takes md or json, not {output.stdout!r}", hint="the other formats are files")
    if output.out is not None and output.out.is_dir() and any(output.out.iterdir()) and not output.force:
        raise UsageError(f"{output.out} is not empty", hint="name another folder, or give --force")
    return Wanted(parse_formats(output.formats), tuple(output.template or ()))


def links_of(given: EvidenceOptions, config: Config) -> Links:
    """Where the report's queries can be asked again."""
    return Links(
        prometheus_url="" if given.bundle else request.server_url(given, config),
        grafana_url=config.grafana.url,
        grafana_datasource=config.grafana.datasource,
    )


def folder_of(incident: Incident, output: OutputOptions, *, kind: str = "incident") -> Path:
    """`--out`, or `incident-<start>`."""
    return output.out or Path(f"{kind}-{incident.evidence.window.start:%Y%m%dT%H%M%SZ}")


def write(incident: Incident, wanted: Wanted, *, output: OutputOptions, links: Links) -> list[Path]:
    """Draw what the formats need and write every file."""
    folder = folder_of(incident, output)
    console.writing(folder)
    return write_outputs(
        incident,
        folder,
        wanted.formats,
        force=output.force,
        charts=pictures(incident, wanted.formats),
        links=links,
        templates=wanted.templates,
    )


def pictures(incident: Incident, formats: Sequence[str]) -> tuple[ChartImage, ...]:
    """The charts that the formats need; none are drawn for JSON alone."""
    if not {"html", *PICTURES} & set(formats):
        return ()
    from reconstruct.charts.catalogue import images

    return images(incident, formats=formats)


def tell(incident: Incident, paths: Sequence[Path], *, output: OutputOptions, quiet: bool) -> None:
    """The summary and where the files are, on standard error; the artefact on standard output where it is asked for."""
    from reconstruct.render.incident_json import to_json
    from reconstruct.render.markdown import to_markdown
    from reconstruct.render.terminal import to_terminal

    if not quiet:
        typer.echo(to_terminal(incident, colour=colour_wanted(sys.stderr), columns=width()), err=True)
    if paths:
        folder = folder_of(incident, output)
        names = ", ".join(str(p.relative_to(folder)) for p in paths if p.parent.name != CHART_FOLDER)
        drawn = sum(p.parent.name == CHART_FOLDER for p in paths)
        typer.echo(f"{folder}: {names}{f' and {drawn} charts' if drawn else ''}", err=True)
    if output.stdout == "md":
        typer.echo(to_markdown(incident))
    elif output.stdout == "json":
        typer.echo(to_json(incident).decode())


def explain(incident: Incident, anomaly_ids: Sequence[str], wanted: Wanted, *, output: OutputOptions) -> None:
    """Why some anomalies were ones: in words on standard error, and as a picture each."""
    from reconstruct.charts.catalogue import why_image
    from reconstruct.detect import explain_anomaly

    known = {a.id: a for a in incident.anomalies}
    for anomaly_id in anomaly_ids:
        if anomaly_id not in known:
            raise UsageError(
                f"there is no anomaly {anomaly_id!r}",
                hint=f"this incident has a1 to a{len(known)}" if known else "it has none",
            )
    folder = folder_of(incident, output)
    formats = [f for f in wanted.formats if f in PICTURES] or ["png"]
    for anomaly in (known[i] for i in anomaly_ids):
        picture = why_image(incident, anomaly, formats=formats)
        files = {f"{CHART_FOLDER}/{picture.name}.{f}": getattr(picture, f) for f in formats}
        paths = write_files(files, folder, force=True)
        typer.echo(escape.lines(explain_anomaly(incident.evidence, anomaly)), err=True)
        typer.echo("Drawn: " + ", ".join(map(str, paths)), err=True)


def annotate(incident: Incident, config: Config, *, dry_run: bool) -> None:
    """Write the timeline into Grafana, or say what would be written."""
    from reconstruct import deliver
    from reconstruct.config import Target

    if not config.grafana.url:
        raise UsageError("--annotate needs a Grafana", hint="set grafana.url and grafana.token in reconstruct.yaml")
    target = Target("grafana", "grafana", url=config.grafana.url, token=config.grafana.token)
    done = deliver.annotate(
        deliver.annotations_of(incident), target, dashboard=config.grafana.dashboard, dry_run=dry_run
    )
    tense = "would be " if dry_run else ""
    for annotation in (*done.created, *done.updated) if dry_run else ():
        typer.echo(f"{annotation.time:%Y-%m-%d %H:%M:%S} {escape.plain(annotation.text)}", err=True)
    typer.echo(
        f"Grafana: {len(done.created)} {tense}created, {len(done.updated)} {tense}updated, {len(done.unchanged)} "
        f"unchanged, {done.stale} of earlier drafts left alone",
        err=True,
    )
