"""A scan of a Parquet dataset: a folder of files, hive partitions included, read in pieces and never whole.

Rows of one series may lie anywhere. They are read once, piece by piece, and put into as many heaps on disk as make each
fit into memory, by a hash of what tells series apart; each heap is judged by itself then.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
from numpy.typing import NDArray

from reconstruct import promql
from reconstruct.errors import NothingToShowError, UsageError
from reconstruct.scan.findings import Tally
from reconstruct.scan.run import Progress, Scanned, ScanPlan, judge_series
from reconstruct.sources.metric_files.cells import read_times
from reconstruct.sources.metric_files.columns import CELLS_LOOKED_AT, Columns, columns_of
from reconstruct.sources.metric_files.rows import Rows

BYTES_A_ROW: Final = 200
"""Of memory for each row of a heap while it is judged: its labels, its time, its value, the matrix and the means."""
BATCH_ROWS: Final = 1 << 17
_KEY, _ROW = "__key", "__row"


def open_dataset(folder: Path) -> ds.Dataset:
    """The dataset in a folder.

    Raises
    ------
    UsageError
        It holds no Parquet files, or they do not fit together.
    """
    try:
        dataset = ds.dataset(folder, format="parquet", partitioning="hive")
        rows = dataset.count_rows()
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"{folder}: {error}", hint="give a folder of Parquet files with the same columns") from error
    if not rows:
        raise UsageError(f"{folder} holds no rows", hint="give a folder of Parquet files: part-0.parquet, day=1/...")
    return dataset


def dataset_columns(dataset: ds.Dataset, *, path: Path, tz: str, chosen: Mapping[str, str]) -> tuple[Columns, float]:
    """What each column is, and the usual seconds between two samples (0.0 = its first rows do not tell).

    Raises
    ------
    UsageError
        There is no column of times.
    """
    head = dataset.head(CELLS_LOOKED_AT).to_pandas()
    rows = Rows(columns=head, lines=np.arange(1, len(head) + 1), row_word="row")
    columns = columns_of(rows, tz=tz, path=path, chosen=chosen)
    moments = np.unique(read_times(head[columns.time], tz=tz).values)
    steps = np.diff(moments)
    return columns, float(np.median(steps)) / 1e9 if len(steps) else 0.0


def scan_dataset(
    dataset: ds.Dataset,
    columns: Columns,
    plan: ScanPlan,
    *,
    selector: str,
    tz: str,
    memory_bytes: int,
    progress: Progress,
) -> Scanned:
    """Read and judge every series of a dataset.

    Parameters
    ----------
    dataset : Dataset
        From `open_dataset`.
    columns : Columns
        From `dataset_columns`.
    plan : ScanPlan
        Its window and its bar; it has no blocks.
    selector : str
        Matchers that a series must fit; "" = all.
    tz : str
        What a time without a zone is read in.
    memory_bytes : int
        What one heap may take.
    progress : callable
        `(rows done, rows in all, words)`.
    """
    values = [columns.value] if columns.metric is not None and columns.value is not None else list(columns.series)
    keys = [*([columns.metric] if columns.metric is not None else []), *columns.labels]
    total = dataset.count_rows()
    heaps = max(1, -(-total * BYTES_A_ROW * len(values) // memory_bytes))
    tally = Tally(plan.min_score)
    with tempfile.TemporaryDirectory(prefix="reconstruct-scan-") as folder:
        files = [Path(folder) / f"{number}.arrow" for number in range(heaps)]
        with ExitStack() as stack:
            writers: dict[int, Any] = {}
            done = 0
            for rows, piece in _pieces(dataset, columns, keys=keys, values=values, plan=plan, tz=tz):
                done += rows
                heap = (piece[_KEY].to_numpy() % np.uint64(heaps)).astype(np.intp)
                for number in np.unique(heap):
                    table = pa.Table.from_pandas(piece[heap == number], preserve_index=False)
                    if number not in writers:
                        file = stack.enter_context(pa.OSFile(str(files[number]), "wb"))
                        writers[number] = stack.enter_context(pa.ipc.new_file(file, table.schema))
                    writers[number].write_table(table)
                progress(done, total, f"{done:,} rows read")
        for number, file in enumerate(files):
            if file.exists():
                with pa.memory_map(str(file)) as source:
                    heap_rows = pa.ipc.open_file(source).read_pandas()
                tally = tally.plus(_of_heap(heap_rows, columns, keys=keys, values=values, plan=plan, selector=selector))
            progress(number + 1, heaps, f"{tally.series:,} series judged")
    if not tally.series:
        raise NothingToShowError("no series matches", hint="check the selector, --from and --to")
    return Scanned(tally.trimmed())


def _pieces(
    dataset: ds.Dataset, columns: Columns, *, keys: list[str], values: list[str], plan: ScanPlan, tz: str
) -> Iterator[tuple[int, pd.DataFrame]]:
    """(rows read, those of the window: the texts of `keys`, the row of the grid, the values and a hash of the keys)."""
    window = plan.window
    begin, step, count = window.baseline_start.value, window.step.value, len(window.index)
    wanted = [columns.time, *keys, *values]
    for batch in dataset.scanner(columns=wanted, batch_size=BATCH_ROWS).to_batches():
        frame = batch.to_pandas()
        row = np.rint((read_times(frame[columns.time], tz=tz).values - begin) / step)
        inside = (row >= 0) & (row < count)
        piece = frame.loc[inside, keys].astype(str)
        piece[values] = frame.loc[inside, values].astype(np.float64)
        piece[_ROW] = row[inside].astype(np.int32)
        hashed: Any = pd.util.hash_pandas_object(piece[keys], index=False)
        piece[_KEY] = hashed.to_numpy(np.uint64)
        yield len(frame), piece


def _of_heap(
    rows: pd.DataFrame, columns: Columns, *, keys: list[str], values: list[str], plan: ScanPlan, selector: str
) -> Tally:
    """Every series of one heap, judged together."""
    series, first = np.unique(rows[_KEY].to_numpy(), return_index=True)
    column = np.searchsorted(series, rows[_KEY].to_numpy())
    told = [dict(zip(keys, map(str, row), strict=True)) for row in rows[keys].iloc[first].itertuples(index=False)]
    empty = ("", "nan", "None", "<NA>")
    labels = [{k: v for k, v in sorted(one.items()) if k != columns.metric and v not in empty} for one in told]
    tally = Tally(plan.min_score)
    for value in values:
        names = [one[columns.metric] if columns.metric is not None else value for one in told]
        matrix: NDArray[np.float64] = np.full((len(series), len(plan.window.index)), np.nan)
        matrix[column, rows[_ROW].to_numpy()] = rows[value].to_numpy(np.float64)
        kept = [
            number
            for number, (name, held) in enumerate(zip(names, labels, strict=True))
            if not selector or promql.selects(f"{{{selector}}}", {"__name__": name, **held})
        ]
        if kept:
            part = judge_series(
                matrix[kept].T,
                names=[names[number] for number in kept],
                labels=tuple(labels[number] for number in kept),
                plan=plan,
            )
            tally = tally.plus(part)
    return tally
