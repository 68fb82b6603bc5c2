"""Reports for reading: refused with what to give instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconstruct.errors import UsageError
from reconstruct.sources.metric_files.reader import read_metric_file
from tests.sources.metric_files.recording import written

BANNER = "Linux 6.1.0 (web-1) \t11/17/26 \t_x86_64_\t(2 CPU)\n\n"


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        (f"{BANNER}11/17/26 13:55:01\navg-cpu:  %user   %nice\n          56.05   13.52\n", "iostat -o JSON -t"),
        (f"{BANNER}# Time        UID       PID    %usr\n13:55:01 0 1 0.50\n", "mpstat -o JSON"),
        (f"{BANNER}13:55:01    kbmemfree   kbavail\n13:56:01        18.5G     20.6G\n", "without -h"),
        (
            "name: http\ntags: service=shop\ntime                 p95\n----                 ---\n2026 20\n",
            "-format csv",
        ),
        ("Running 30s test @ http://shop.example\n  2 threads and 10 connections\n", "Vegeta"),
        ("top - 13:55:01 up 10 days\n", "vmstat -t"),
        ('<?xml version="1.0"?>\n<sysstat></sysstat>\n', "sadf -j"),
    ],
)
def test_a_report_is_refused_with_what_to_give(tmp_path: Path, text: str, instead: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_metric_file(written(tmp_path, text, name="report.txt"))
    assert instead in raised.value.hint
