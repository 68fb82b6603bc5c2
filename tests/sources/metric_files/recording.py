"""A latency of 20 ms that is 900 ms for an hour, minute by minute, for tests to write as each tool writes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from reconstruct.model import Gap, Metric, Window
from reconstruct.packs import load, packs_folder
from reconstruct.sources.metric_files.column_choices import read_column_choice
from reconstruct.sources.metric_files.reader import read_metric_file, to_metrics

CONVENTIONS = load([packs_folder()]).conventions
START = pd.Timestamp("2026-11-17T12:00:00Z")
MINUTE = pd.Timedelta("1min")
COUNT = 240
BAD = range(120, 180)
WINDOW = Window(START + 90 * MINUTE, START + 225 * MINUTE, MINUTE, START)

TIMES = [START + n * MINUTE for n in range(COUNT)]
SECONDS = [int(time.timestamp()) for time in TIMES]
ISO = [f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in TIMES]
LATENCY = [0.9 if n in BAD else 0.02 + 0.0001 * (n % 7) for n in range(COUNT)]
CPU = [95.0 if n in BAD else 30.0 + 0.1 * (n % 7) for n in range(COUNT)]


def lines(one: Callable[[int], str], *, header: str = "") -> str:
    """The lines of a file, one a minute."""
    return "\n".join([*([header] if header else []), *(one(n) for n in range(COUNT)), ""])


def metrics_of(file: Path, *columns: str, known: tuple[str, ...] = ()) -> tuple[dict[str, Metric], tuple[Gap, ...]]:
    """The metrics of a file by name, on the window's grid, and its gaps."""
    found = read_metric_file(file, columns=[read_column_choice(text) for text in columns])
    metrics, _, gaps = to_metrics(found, window=WINDOW, conventions=CONVENTIONS, known=known)
    return {metric.signal.id.removeprefix("file/"): metric for metric in metrics}, gaps


def before_and_after(metric: Metric, place: int = 0) -> tuple[float, float]:
    """The level before the incident and in its middle."""
    values = metric.values[place].to_numpy()
    return float(np.nanmedian(values[: BAD.start])), float(np.nanmedian(values[BAD.start + 5 : BAD.stop - 5]))


def written(folder: Path, text: str, *, name: str = "m.csv") -> Path:
    """The text as a file."""
    (folder / name).write_text(text)
    return folder / name
