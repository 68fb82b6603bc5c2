"""Folders of Parquet files: the same answer as one file, in heaps that fit into memory, whatever the partitions."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from typer.testing import CliRunner

from reconstruct.cli import app
from reconstruct.packs import load, packs_folder
from reconstruct.scan import ScanPlan
from reconstruct.scan.checkpoint import tally_dict
from reconstruct.scan.dataset import dataset_columns, open_dataset, scan_dataset
from reconstruct.scan.findings import Tally
from reconstruct.scan.judge import judge
from tests.scan.made import WINDOW, metric

SERIES = 60


@pytest.fixture(scope="module")
def long_table() -> pa.Table:
    parts = []
    for name in ("load", "depth"):
        made = metric(name, SERIES, every=12, seed=len(name))
        for column, labels in enumerate(made.labels):
            values = made.values.iloc[:, column]
            part = pd.DataFrame({"timestamp": WINDOW.index, "metric": name, "value": values.to_numpy(), **labels})
            parts.append(part.assign(day=WINDOW.index.strftime("h%H")))
    return pa.Table.from_pandas(pd.concat(parts), preserve_index=False)


def silent(done: int, total: int, text: str) -> None:
    del done, total, text


@pytest.mark.parametrize("memory", [1 << 30, 1 << 20])
@pytest.mark.parametrize("partitions", [[], ["zone"], ["metric", "version"]])
def test_every_partition_gives_the_same_answer(
    tmp_path: Path, long_table: pa.Table, memory: int, partitions: list[str]
) -> None:
    folder = tmp_path / "data"
    table = long_table.drop_columns(["day"])
    split = ds.partitioning(pa.schema([table.schema.field(name) for name in partitions]), flavor="hive")
    ds.write_dataset(
        table, folder, format="parquet", max_rows_per_file=9_000, max_rows_per_group=9_000, partitioning=split
    )
    dataset = open_dataset(folder)
    columns, spacing_s = dataset_columns(dataset, path=folder, tz="UTC", chosen={})
    assert spacing_s == 15.0
    plan = ScanPlan((), WINDOW, load((packs_folder(),)).conventions)
    done = scan_dataset(dataset, columns, plan, selector="", tz="UTC", memory_bytes=memory, progress=silent)
    whole = Tally()
    for name in ("load", "depth"):
        judge(metric(name, SERIES, every=12, seed=len(name)), window=WINDOW, tally=whole)
    assert done.tally.total_changed == 10
    assert json.dumps(tally_dict(done.tally)) == json.dumps(tally_dict(whole.trimmed()))


def test_the_command_scans_a_folder_split_by_hour(tmp_path: Path, long_table: pa.Table) -> None:
    folder = tmp_path / "data"
    hours = ds.partitioning(pa.schema([long_table.schema.field("day")]), flavor="hive")
    ds.write_dataset(long_table, folder, format="parquet", partitioning=hours)
    given = ["scan", 'load{zone=~"a|b|c"}', "--metrics", str(folder), "--column", "day=ignore", "--baseline", "1h"]
    given += ["--from", str(WINDOW.start), "--to", str(WINDOW.end), "--format", "json"]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["series"], found["changed"]) == (SERIES, 5)
    assert {one["labels"]["instance"] for one in found["top"]} == {f"i{n}" for n in range(0, SERIES, 12)}
    assert found["common"][0]["selector"] == 'version="2"'


@pytest.mark.parametrize(
    ("options", "says"), [([], "needs a window"), (["--from", "2026-01-01", "--to", "2026-01-02"], "no rows")]
)
def test_what_cannot_be_scanned_is_told(tmp_path: Path, options: list[str], says: str) -> None:
    (tmp_path / "data").mkdir()
    result = CliRunner().invoke(app, ["scan", "--metrics", str(tmp_path / "data"), *options])
    assert result.exit_code == 2
    assert says in result.stderr
