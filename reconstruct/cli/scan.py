"""`reconstruct scan`: what changed among all series, when, and what the changed ones have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reconstruct.cli.options import EvidenceOptions, takes_options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from reconstruct.cli.console import Progress
    from reconstruct.config import Config
    from reconstruct.model import ScanResult

FORMATS = ("table", "json", "csv", "parquet")


@takes_options
def scan(
    selector: Annotated[
        str | None,
        typer.Argument(metavar="[SELECTOR]", help="""Series to look at, e.g. '{job="shop"}'; default: all."""),
    ] = None,
    *,
    given: EvidenceOptions,
    top: Annotated[int, typer.Option("--top", min=1, metavar="N", help="So many series are listed.")] = 30,
    min_score: Annotated[
        float, typer.Option("--min-score", min=1.0, metavar="X", help="Times the detector's threshold; 1 = just.")
    ] = 1.0,
    form: Annotated[
        str, typer.Option("--format", metavar="table|json|csv|parquet", help="How the answer is printed.")
    ] = "table",
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Draw the first 24 there, as PNG or SVG.")
    ] = None,
    memory: Annotated[
        str, typer.Option("--memory", metavar="SIZE", help="Memory to work in, whatever the number of series.")
    ] = "2GiB",
    resume: Annotated[
        Path | None,
        typer.Option("--resume", metavar="FILE", help="Keep progress there; a stopped scan goes on from it."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="tcp://HOST:PORT|local:N", help="Read and judge blocks on a Dask cluster."),
    ] = None,
) -> None:
    """Find what changed among all series of a selector, when, and what the changed ones have in common.

    Every series is held against its own baseline. Series are read in blocks, so memory stays bounded for any number.

    \b
    Examples:
      reconstruct scan '{job="shop"}' --prometheus http://prometheus:9090 --from -1h --to now
      reconstruct scan --prometheus http://vmselect:8481/select/0/prometheus --from 13:00 --to 15:00 --resume scan.json
    """
    import sys

    from reconstruct.cli import console, request
    from reconstruct.errors import UsageError
    from reconstruct.render.scan_table import to_scan_csv, to_scan_json, to_scan_parquet, to_scan_table

    if form not in FORMATS:
        raise UsageError(f"--format takes {', '.join(FORMATS)}, not {form!r}", hint="all go to standard output")
    if picture is not None and picture.suffix.lower() not in (".png", ".svg"):
        raise UsageError(f"--picture takes a .png or .svg file, not {picture.name!r}", hint="e.g. --picture moved.png")
    config = request.configuration(given)
    with console.Progress(quiet=given.quiet, verbose=given.verbose) as progress:
        if given.bundle is not None or given.metrics:
            if resume is not None or scheduler is not None:
                option = "--resume" if resume is not None else "--scheduler"
                raise UsageError(f"{option} cannot act on a file", hint="leave it out: files are read at once")
            if given.prometheus is not None:
                raise UsageError("--prometheus cannot act on a file", hint="scan the server or the file, not both")
            folders = [path for path in given.metrics or () if path.is_dir()]
            if folders and picture is not None:
                raise UsageError("--picture cannot act on a folder", hint="scan a server, a bundle or a file for it")
            if folders:
                result = _of_folder(
                    given, config, folders=folders, selector=selector, top=top, min_score=min_score,
                    memory=request.size_of(memory), progress=progress,
                )  # fmt: skip
            else:
                result = _of_evidence(
                    given, config, selector=selector, top=top, min_score=min_score, picture=picture, progress=progress,
                )  # fmt: skip
        else:
            if resume is not None and scheduler is not None:
                raise UsageError("--resume cannot act with --scheduler", hint="the cluster keeps what is done")
            size = request.size_of(memory)
            result = _of_server(
                given, config, selector=selector, top=top, min_score=min_score, memory=size, resume=resume,
                scheduler=scheduler, picture=picture, progress=progress,
            )  # fmt: skip
    if form == "parquet":
        sys.stdout.buffer.write(to_scan_parquet(result))
        return
    render = {"table": to_scan_table, "json": to_scan_json, "csv": to_scan_csv}[form]
    typer.echo(render(result), nl=False)
    if result.changed > len(result.top) and not given.quiet:
        typer.echo(f"{result.changed - len(result.top):,} more changed series; --top lists more", err=True)


def _of_evidence(
    given: EvidenceOptions,
    config: Config,
    *,
    selector: str | None,
    top: int,
    min_score: float,
    picture: Path | None,
    progress: Progress,
) -> ScanResult:
    from reconstruct.cli import request
    from reconstruct.scan import INSTANCE_LABELS, scan_evidence

    evidence, _ = request.evidence_of(given, config, at=request.now(), progress=progress, ask_server=False)
    done = scan_evidence(evidence, selector=selector or "", min_score=min_score)
    result = done.tally.result(
        window=evidence.window, selector=selector or "", top=top, instance_labels=INSTANCE_LABELS
    )
    if picture is not None:
        from reconstruct.scan.traces import traces_of_evidence

        _draw(result, traces_of_evidence(evidence, result), picture)
    return result


def _of_folder(
    given: EvidenceOptions,
    config: Config,
    *,
    folders: Sequence[Path],
    selector: str | None,
    top: int,
    min_score: float,
    memory: int,
    progress: Progress,
) -> ScanResult:
    import pandas as pd

    from reconstruct.cli import request
    from reconstruct.errors import UsageError
    from reconstruct.packs import load, packs_folder
    from reconstruct.promql import inside_of
    from reconstruct.scan import INSTANCE_LABELS, ScanPlan
    from reconstruct.scan.dataset import dataset_columns, open_dataset, scan_dataset
    from reconstruct.sources.grid import on_grid
    from reconstruct.sources.metric_files.column_choices import roles_of

    asked = request.asked_of(given, config, at=request.now())
    if len(folders) > 1 or len(given.metrics or ()) > 1:
        raise UsageError("a folder of Parquet files is scanned by itself", hint="give one --metrics FOLDER")
    if asked.start is None or asked.end is None:
        raise UsageError("a folder of Parquet files needs a window", hint="give --from and --to")
    dataset = open_dataset(folders[0])
    columns, spacing_s = dataset_columns(dataset, path=folders[0], tz=asked.tz, chosen=roles_of(asked.columns))
    step = asked.step or pd.Timedelta(seconds=spacing_s)
    if step <= pd.Timedelta(0):
        raise UsageError(
            "the first rows do not tell how often a series is sampled", hint="give --step, e.g. --step 15s"
        )
    baseline = asked.baseline or asked.end - asked.start
    window, _ = on_grid(asked.start, asked.end, baseline=baseline, step=step)
    plan = ScanPlan((), window, load((packs_folder(),)).conventions, min_score=min_score)
    matchers = inside_of(selector or "")
    done = scan_dataset(
        dataset, columns, plan, selector=matchers, tz=asked.tz, memory_bytes=memory // 2, progress=progress
    )
    return done.tally.result(window=window, selector=selector or "", top=top, instance_labels=INSTANCE_LABELS)


def _of_server(
    given: EvidenceOptions,
    config: Config,
    *,
    selector: str | None,
    top: int,
    min_score: float,
    memory: int,
    resume: Path | None,
    scheduler: str | None,
    picture: Path | None,
    progress: Progress,
) -> ScanResult:
    from reconstruct.cli import request
    from reconstruct.errors import NothingToShowError
    from reconstruct.gather import scan_window
    from reconstruct.http import MAX_IN_FLIGHT
    from reconstruct.scan import INSTANCE_LABELS, ScanPlan, block_size, plan_blocks, planned_series, scan_blocks

    asked = request.asked_of(given, config, at=request.now())
    if given.deadline is None and asked.prometheus is not None:  # it says how long it takes, and can be resumed
        asked = replace(asked, prometheus=replace(asked.prometheus, until_s=math.inf))
    server, window, matchers, conventions = scan_window(asked, selector=selector, now=request.now(), progress=progress)
    size = block_size(window, memory_bytes=memory, in_flight=MAX_IN_FLIGHT)
    progress(0, 0, "counting series")
    blocks = plan_blocks(server, window, matchers=matchers, conventions=conventions, size=size)
    if not blocks:
        raise NothingToShowError("no series matches", hint="check the selector, --scope and the window")
    progress(0, 0, f"about {planned_series(blocks):,} series in {len(blocks):,} blocks")
    plan = ScanPlan(blocks, window, conventions, min_score=min_score, in_flight=MAX_IN_FLIGHT)
    if scheduler is not None:
        from reconstruct.scan.cluster import scan_on_cluster

        done = scan_on_cluster(server.settings, plan, scheduler=scheduler, progress=progress)
    else:
        done = scan_blocks(server, plan, progress=progress, checkpoint=resume)
    result = done.tally.result(
        window=window, selector=selector or "", top=top, unread=done.unread, instance_labels=INSTANCE_LABELS
    )
    if picture is not None:
        from reconstruct.scan.traces import traces_of_server

        progress(0, 0, "drawing")
        _draw(result, traces_of_server(server, result), picture)
    return result


def _draw(result: ScanResult, traces: Sequence[NDArray[np.float64]], picture: Path) -> None:
    """The first series as small multiples."""
    from reconstruct.charts.export import picture_bytes
    from reconstruct.charts.scan_chart import alt_scan_chart, scan_chart
    from reconstruct.errors import NothingToShowError
    from reconstruct.files import write_whole
    from reconstruct.text.scan import counted

    if not traces:
        raise NothingToShowError("no series changed: there is nothing to draw", hint="leave --picture out")
    title = counted(series=result.series, judged=result.judged, changed=result.changed)
    figure = scan_chart(result, traces, title=title)
    form: Literal["png", "svg"] = "svg" if picture.suffix.lower() == ".svg" else "png"
    drawn = picture_bytes(figure, fmt=form, title=title, alt=alt_scan_chart(result, len(traces)))
    write_whole(picture, drawn, what="the picture")
