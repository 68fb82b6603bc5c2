"""What vmstat prints."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from reconstruct.errors import UsageError
from reconstruct.sources.metric_files.reader import read_metric_file
from tests.sources.metric_files.recording import CPU, TIMES, before_and_after, lines, metrics_of, written

BANNER = "procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----"
COLUMNS = " r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st"
SINCE_BOOT = " 1  0      0 19218956  23596 2537964    0    0   705   934  561 1395  9  5 86  0  0"


def row(cpu: float) -> str:
    return f" 2  0      0 19218956  23596 2537964    0    0     0   140 1456 3801 {cpu:2.0f}  1 {99 - cpu:2.0f}  0  0"


def vmstat(zone: str, *rows: str) -> str:
    head = f"{BANNER} -----timestamp-----\n{COLUMNS} {zone:>19}\n"
    return head + "\n".join((f"{SINCE_BOOT} 2026-11-17 11:59:00", *rows)) + "\n"


def test_shares_of_the_cpu_and_what_was_before_the_first_line_is_left_out(tmp_path: Path) -> None:
    text = vmstat("UTC", *lines(lambda n: f"{row(CPU[n])} {TIMES[n]:%Y-%m-%d %H:%M:%S}").splitlines())
    metrics, gaps = metrics_of(written(tmp_path, text, name="vmstat.txt"))
    assert before_and_after(metrics["cpu_user"]) == pytest.approx((0.30, 0.95))
    assert read_metric_file(tmp_path / "vmstat.txt").start == TIMES[0]
    assert gaps == ()


def test_the_zone_stands_above_the_times(tmp_path: Path) -> None:
    found = read_metric_file(written(tmp_path, vmstat("CET", f"{row(30)} 2026-11-17 14:55:01"), name="vmstat.txt"))
    assert found.start == pd.Timestamp("2026-11-17T13:55:01Z")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{BANNER}\n{COLUMNS}\n{SINCE_BOOT}\n{row(30)}\n", "without times"),
        (vmstat("IST", f"{row(30)} 2026-11-17 14:55:01"), "zone 'IST'"),
    ],
)
def test_without_times_or_with_an_unknown_zone_it_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read_metric_file(written(tmp_path, text, name="vmstat.txt"))
