"""sysstat: sar and sadf."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from reconstruct.errors import UsageError
from reconstruct.sources.metric_files.reader import read_metric_file
from tests.sources.metric_files.recording import CPU, TIMES, before_and_after, lines, metrics_of, written

BANNER = "Linux 6.1.0 (web-1) \t11/17/2026 \t_x86_64_\t(4 CPU)\n"


def test_sar_of_a_clock_with_twelve_hours(tmp_path: Path) -> None:
    header = f"{BANNER}\n11:59:00 AM     CPU     %user   %iowait     %idle"
    text = lines(
        lambda n: f"{TIMES[n]:%I:%M:%S %p}     all     {CPU[n]:.2f}     0.10     {99.9 - CPU[n]:.2f}", header=header
    )
    metrics, gaps = metrics_of(written(tmp_path, text + "Average:        all     40.00  0.10  59.90\n", name="sar.txt"))
    assert before_and_after(metrics["cpu_user"]) == pytest.approx((0.303, 0.95))
    assert metrics["cpu_user"].labels == ({"cpu": "all", "host": "web-1"},)
    assert metrics["cpu_user"].services[0].name == "web-1"
    assert metrics["cpu_idle"].signal.worse == "down"
    assert gaps == ()


def test_sar_past_midnight_and_in_two_tables(tmp_path: Path) -> None:
    text = f"{BANNER}\n23:50:00     CPU     %user\n23:55:00     all     30.00\n00:05:00     all     31.00\n\n"
    text += "23:50:00     IFACE   rxkB/s   txkB/s\n23:55:00     eth0   10.00   20.00\n"
    found = read_metric_file(written(tmp_path, text, name="sar.txt"))
    assert found.end == pd.Timestamp("2026-11-18T00:05:00Z")
    rates = {one.name: one for one in found.series}
    assert rates["rx_per_second"].labels == {"device": "eth0", "host": "web-1"}


def test_sadf_as_a_database_and_as_json(tmp_path: Path) -> None:
    table = lines(
        lambda n: f"web-1;60;{TIMES[n]:%Y-%m-%d %H:%M:%S} UTC;-1;{CPU[n]}",
        header="# hostname;interval;timestamp;CPU;%user",
    )
    from_table = metrics_of(written(tmp_path, table, name="sadf.csv"))[0]["cpu_user"]
    statistics = [
        {
            "timestamp": {"date": f"{time:%Y-%m-%d}", "time": f"{time:%H:%M:%S}", "utc": 1},
            "cpu-load": [{"cpu": "all", "user": cpu}],
        }
        for time, cpu in zip(TIMES, CPU, strict=True)
    ]
    text = json.dumps({"sysstat": {"hosts": [{"nodename": "web-1", "statistics": statistics}]}})
    from_json = metrics_of(written(tmp_path, text, name="sadf.json"))[0]["cpu-load_user"]
    for metric in (from_table, from_json):
        assert before_and_after(metric) == pytest.approx((0.303, 0.95))
        assert metric.services[0].name == "web-1"


def test_sadf_piped_names_the_device_and_the_field_of_each_line(tmp_path: Path) -> None:
    def minute(n: int) -> str:
        start = f"web-1\t60\t{TIMES[n]:%Y-%m-%d %H:%M:%S} UTC"
        return f"{start}\tall\t%user\t{CPU[n]:.2f}\n{start}\t-\tldavg-1\t0.5\n{start}\teth0\t%ifutil\t1.00"

    metrics, gaps = metrics_of(written(tmp_path, lines(minute), name="sadf.txt"))
    assert before_and_after(metrics["cpu_user"]) == pytest.approx((0.303, 0.95))
    assert metrics["cpu_user"].labels == ({"cpu": "all", "host": "web-1"},)
    assert metrics["interface_utilization"].labels == ({"device": "eth0", "host": "web-1"},)
    assert gaps == ()


def test_shares_of_memory_and_interfaces_are_none_of_the_cpu_and_the_machines_own_times_are_said(
    tmp_path: Path,
) -> None:
    header = "# hostname;interval;timestamp;CPU;%user;%commit"
    text = f"{header}\nweb-1;60;2026-11-17 12:00:00;-1;30.0;19.3\n"
    found = read_metric_file(written(tmp_path, text, name="sadf.csv"))
    assert {one.name: one.labels["cpu"] for one in found.series} == {"cpu_user": "all", "memory_commit": "all"}
    assert any("no zone" in note for note in found.notes)


def test_mpstat_and_iostat_as_json(tmp_path: Path) -> None:
    load = {"cpu-load": [{"cpu": "all", "usr": 71.7, "idle": 28.3}]}
    disk = {"avg-cpu": {"user": 56.0}, "disk": [{"disk_device": "vda", "r/s": 55.2, "util": 1.8}]}

    def report(*moments: object) -> str:
        host = {"nodename": "web-1", "date": "11/17/26", "statistics": list(moments)}
        return json.dumps({"sysstat": {"hosts": [host]}})

    found = read_metric_file(written(tmp_path, report({"timestamp": "13:55:01", **load}), name="mpstat.json"))
    assert found.start == pd.Timestamp("2026-11-17T13:55:01Z")
    moments = [{"timestamp": f"11/17/26 13:55:{second:02}", **disk} for second in (0, 10)]
    found = read_metric_file(written(tmp_path, report(*moments), name="iostat.json"))
    assert (found.start, found.end) == (pd.Timestamp("2026-11-17T13:55:10Z"), pd.Timestamp("2026-11-17T13:55:10Z"))
    with pytest.raises(UsageError, match="no times"):
        read_metric_file(written(tmp_path, report(disk), name="iostat.json"))
