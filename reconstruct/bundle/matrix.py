"""The metrics of a window as one long Parquet table that pandas opens alone, bit for bit.

Columns: `signal` (id), `series` (column number within the signal), `labels` (JSON), `time` (UTC), `value` (float64,
NaN = no sample). One row group a signal, sorted by series, then time. The first, third and fourth column are for
people: reading takes the values, and the rest from signals.jsonl and the grid.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from reconstruct.model import Metric, Window

ZSTD_LEVEL: Final = 12
"""Where the demo's recording stops shrinking noticeably and writing is still fast."""

_SCHEMA: Final = pa.schema(
    [
        pa.field("signal", pa.dictionary(pa.int32(), pa.string())),
        pa.field("series", pa.int32()),
        pa.field("labels", pa.dictionary(pa.int32(), pa.string())),
        pa.field("time", pa.timestamp("ns", tz="UTC")),
        pa.field("value", pa.float64()),
    ]
)


def write_matrix(metrics: Sequence[Metric], *, window: Window) -> bytes:
    """All values of `metrics` as a Parquet file."""
    sink = io.BytesIO()
    times = window.index.as_unit("ns").asi8
    with pq.ParquetWriter(
        sink,
        _SCHEMA,
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        use_dictionary=["signal", "labels", "value"],
        column_encoding={"series": "DELTA_BINARY_PACKED", "time": "DELTA_BINARY_PACKED"},
        write_statistics=False,
        store_schema=False,
    ) as writer:
        for metric in metrics:
            if metric.labels:
                rows = _rows(metric, times=times)
                writer.write_table(rows, row_group_size=max(rows.num_rows, 1))
    return sink.getvalue()


def read_matrix(content: bytes, *, n_times: int, n_series: Sequence[int]) -> list[npt.NDArray[np.float64]]:
    """The values, shape (n_times, n_series), of each metric in turn.

    Raises
    ------
    ValueError
        If the file does not hold exactly these shapes.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        groups = [count for count in n_series if count]
        if not n_times or file.metadata.num_row_groups != len(groups):
            groups = [] if not n_times and not file.metadata.num_rows else groups
            if file.metadata.num_row_groups != len(groups):
                raise ValueError(f"{file.metadata.num_row_groups} row groups where {len(groups)} belong")
        sizes = [file.metadata.row_group(group).num_rows for group in range(len(groups))]
        if sizes != [n_times * count for count in groups]:
            raise ValueError("a row group has another size than its signal")
        column = file.schema_arrow.get_field_index("value")
        if column < 0 or file.schema_arrow.field(column).type != pa.float64():
            raise ValueError("there is no float64 column `value`")
        blocks = iter(range(len(groups)))
        return [_values(file, next(blocks) if count and n_times else None, n_times, count) for count in n_series]
    except (pa.ArrowException, OSError) as error:
        raise ValueError(str(error)) from error


def _rows(metric: Metric, *, times: npt.NDArray[np.int64]) -> Any:
    n_times, n_series = metric.values.shape
    series = np.repeat(np.arange(n_series, dtype=np.int32), n_times)
    labels = [json.dumps(dict(one), ensure_ascii=True) for one in metric.labels]
    values = np.ascontiguousarray(metric.values.to_numpy(dtype=np.float64).T).reshape(-1)
    signal = metric.signal.id.encode("utf-8", "backslashreplace").decode("utf-8")
    return pa.Table.from_arrays(
        [
            pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(series), dtype=np.int32)), pa.array([signal])),
            pa.array(series),
            pa.DictionaryArray.from_arrays(pa.array(series), pa.array(labels, type=pa.string())),
            pa.array(np.tile(times, n_series), type=pa.timestamp("ns", tz="UTC")),
            pa.array(values, type=pa.float64(), from_pandas=False),  # a NaN stays this NaN; none becomes null
        ],
        schema=_SCHEMA,
    )


def _values(file: Any, group: int | None, n_times: int, n_series: int) -> npt.NDArray[np.float64]:
    if group is None:
        return np.empty((n_times, n_series))
    column = file.read_row_group(group, columns=["value"]).column("value").combine_chunks()
    if column.null_count:
        raise ValueError("a value is null")
    flat = column.to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(flat.reshape(n_series, n_times).T)


def frame(values: npt.NDArray[np.float64], *, index: pd.DatetimeIndex) -> pd.DataFrame:
    """Values on the window's grid, columns 0..n-1."""
    return pd.DataFrame(values, index=index, columns=pd.RangeIndex(values.shape[1]), copy=False)
