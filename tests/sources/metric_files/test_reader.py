"""Metrics from files as people have them: long, wide, from spreadsheets, from Grafana, as Parquet."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reconstruct.errors import UsageError
from reconstruct.model import Gap, Metric, Query, Window
from reconstruct.packs import load, packs_folder
from reconstruct.sources.metric_files.reader import file_span, raw_metrics, read_metric_file, to_metrics

CONVENTIONS = load([packs_folder()]).conventions
START = pd.Timestamp("2026-11-17T13:45:00Z")
MINUTE = pd.Timedelta("1min")


def window(*, minutes: int = 5, step: pd.Timedelta = MINUTE, start: pd.Timestamp = START) -> Window:
    return Window(start, start + minutes * MINUTE, step, start)


def written(folder: Path, text: str, *, name: str = "m.csv", encoding: str = "utf-8") -> Path:
    file = folder / name
    file.write_bytes(text.encode(encoding))
    return file


def read(
    file: Path, *, at: Window | None = None, tz: str = "UTC"
) -> tuple[dict[str, Metric], tuple[Query, ...], tuple[Gap, ...]]:
    metrics, queries, gaps = to_metrics(read_metric_file(file, tz=tz), window=at or window(), conventions=CONVENTIONS)
    return {metric.signal.id.removeprefix("file/"): metric for metric in metrics}, queries, gaps


def column(metric: Metric, place: int = 0) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in metric.values[place]]


def lines(count: int = 5, *, metric: str = "depth", step: pd.Timedelta = MINUTE) -> str:
    rows = [f"{(START + n * step).isoformat()},{metric},{n}" for n in range(count)]
    return "\n".join(["timestamp,metric,value", *rows, ""])


def test_long_csv_with_labels(tmp_path: Path) -> None:
    text = "timestamp,service,metric,value,zone\n" + "".join(
        f"2026-11-17T13:{45 + n}:00Z,{service},http_p95_ms,{100 + n},eu\n"
        for n in range(5)
        for service in ("web", "cart")
    )
    metrics, queries, gaps = read(written(tmp_path, text))
    metric = metrics["http_p95_ms"]
    assert metric.labels == ({"service": "cart", "zone": "eu"}, {"service": "web", "zone": "eu"})
    assert [service.name for service in metric.services] == ["cart", "web"]
    assert column(metric) == pytest.approx([0.1, 0.101, 0.102, 0.103, 0.104])
    assert (metric.signal.unit, metric.signal.aspect, metric.signal.inferred) == ("seconds", "latency", False)
    assert metric.signal.title == "http_p95_ms (in seconds)"
    assert queries[0].query == 'm.csv: http_p95_ms{zone="eu"}'
    assert (queries[0].series, queries[0].id) == (2, metric.query)
    assert metric.spacing_s == 60.0
    assert gaps == ()


def test_wide_csv(tmp_path: Path) -> None:
    text = "Time,queue_depth,error_ratio\n" + "".join(f"2026-11-17 13:{45 + n},{n},{n / 10}\n" for n in range(5))
    metrics, _, gaps = read(written(tmp_path, text))
    assert set(metrics) == {"queue_depth", "error_ratio"}
    assert column(metrics["error_ratio"]) == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert gaps == ()


def test_wide_headers_as_grafana_and_prometheus_write_them(tmp_path: Path) -> None:
    text = (
        '"Time","up{instance=""a:1"", job=""shop""}","{job=""cart""}"\n'
        '"2026-11-17 13:45:00","1","2"\n"2026-11-17 13:46:00","1","3"\n'
    )
    metrics, _, _ = read(written(tmp_path, text, name="export.csv"))
    assert metrics["up"].labels == ({"instance": "a:1", "job": "shop"},)
    assert metrics["export"].labels == ({"job": "cart"},)
    assert metrics["export"].services[0].name == "cart"


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-17T13:45:00Z",
        "2026-11-17T14:45:00+01:00",
        "2026-11-17T14:45:00.000+0100",
        "1794923100",
        "1794923100.0",
        "1794923100000",
        "2026-11-17 13:45",
        "2026-11-17 13:45:00",
        "17.11.2026 13:45",
        "17/11/2026 13:45:00",
        "11/17/2026 1:45 PM",
    ],
)
def test_times_as_people_and_programs_write_them(tmp_path: Path, time: str) -> None:
    start, end, _ = file_span(written(tmp_path, f"time,depth\n{time},1\n"))
    assert start == end == START


def test_a_time_without_a_zone_is_read_in_the_zone_that_is_given(tmp_path: Path) -> None:
    file = written(tmp_path, "time,depth\n2026-11-17 14:45,1\n")
    assert file_span(file, tz="Europe/Berlin")[0] == START
    assert read_metric_file(file).notes == ("times in m.csv have no zone and are read as UTC (--tz)",)
    assert read_metric_file(file, tz="Europe/Berlin").notes == ()


def test_an_hour_that_comes_twice_is_a_gap_and_not_a_guess(tmp_path: Path) -> None:
    file = written(tmp_path, "time,depth\n2026-10-25 01:30,1\n2026-10-25 02:30,2\n2026-10-25 03:30,3\n")
    found = read_metric_file(file, tz="Europe/Berlin")
    assert len(found.series[0].times) == 2
    assert found.gaps[0].missing == "the samples on line 3"
    assert "twice" in found.gaps[0].cause


def test_a_spreadsheet_with_semicolons_decimal_commas_and_a_mark_in_front(tmp_path: Path) -> None:
    text = "Zeit;latency_seconds;orders\r\n17.11.2026 13:45;0,25;1.234,5\r\n17.11.2026 13:46;0,5;12\r\n"
    text = text.replace("Zeit", "Time")
    metrics, _, gaps = read(written(tmp_path, text, encoding="utf-8-sig"))
    assert column(metrics["latency_seconds"])[:2] == [0.25, 0.5]
    assert column(metrics["orders"])[:2] == [1234.5, 12.0]
    assert gaps == ()


def test_utf16_as_spreadsheets_call_unicode_text(tmp_path: Path) -> None:
    text = "timestamp\tdepth\r\n2026-11-17 13:45\t7\r\n"
    assert column(read(written(tmp_path, text, encoding="utf-16"))[0]["depth"])[0] == 7.0


def test_thousands_and_percent_signs(tmp_path: Path) -> None:
    text = 'time,orders,failed\n2026-11-17 13:45,"1,234.5",4.5%\n2026-11-17 13:46,"12,000.0",50 %\n'
    metrics, _, _ = read(written(tmp_path, text))
    assert column(metrics["orders"])[:2] == [1234.5, 12000.0]
    assert column(metrics["failed"])[:2] == pytest.approx([0.045, 0.5])
    assert metrics["failed"].signal.unit == "ratio"


def test_a_number_that_can_be_two_is_a_gap(tmp_path: Path) -> None:
    _, _, gaps = read(written(tmp_path, 'time,depth\n2026-11-17 13:45,"1,234"\n2026-11-17 13:46,5\n'))
    assert [(gap.source, gap.missing) for gap in gaps] == [("m.csv", "the sample of 'depth' on line 2")]
    assert "thousand or a fraction" in gaps[0].cause


@pytest.mark.parametrize("nothing", ["", "NaN", "null", "-", "N/A", "None", "+Inf"])
def test_an_empty_cell_is_no_sample_and_no_gap(tmp_path: Path, nothing: str) -> None:
    text = f"time,depth\n2026-11-17 13:45,1\n2026-11-17 13:46,{nothing}\n2026-11-17 13:47,3\n"
    metrics, _, gaps = read(written(tmp_path, text))
    assert column(metrics["depth"])[:3] == [1.0, None, 3.0]
    assert gaps == ()


def test_a_row_that_cannot_be_read_is_a_gap_that_names_its_line(tmp_path: Path) -> None:
    text = lines(4) + "yesterday,depth,9\n2026-11-17T13:49:00Z,depth,many\n2026-11-17T13:49:00Z,depth,4,5,6\n"
    metrics, _, gaps = read(written(tmp_path, text))
    assert column(metrics["depth"]) == [0.0, 1.0, 2.0, 3.0, None]
    assert {gap.missing for gap in gaps} == {"the samples on line 6", "the sample on line 7", "the samples on line 8"}


def test_lines_are_counted_over_quoted_line_breaks_and_blank_lines(tmp_path: Path) -> None:
    text = (
        'timestamp,metric,value,note\n2026-11-17T13:45:00Z,depth,1,"two\nlines"\n\n2026-11-17T13:46:00Z,depth,oops,\n'
    )
    _, _, gaps = read(written(tmp_path, text))
    assert [gap.missing for gap in gaps] == ["the sample on line 5"]


def test_of_very_many_wrong_rows_twenty_are_named_and_the_rest_are_counted(tmp_path: Path) -> None:
    text = lines(3) + "".join(f"2026-11-17T13:48:00Z,depth,x{n}\n" for n in range(50))
    _, _, gaps = read(written(tmp_path, text))
    assert len(gaps) == 21
    assert gaps[-1].missing.startswith("30 more like these")


def test_samples_out_of_order_are_put_in_order_and_of_two_different_ones_at_one_time_none_counts(
    tmp_path: Path,
) -> None:
    text = (
        "timestamp,metric,value\n2026-11-17T13:47:00Z,depth,2\n2026-11-17T13:45:00Z,depth,0\n"
        "2026-11-17T13:46:00Z,depth,1\n2026-11-17T13:46:00Z,depth,8\n"
    )
    metrics, _, gaps = read(written(tmp_path, text))
    assert column(metrics["depth"])[:3] == [0.0, None, 2.0]
    assert "several samples at one time, 1 times, first at 2026-11-17 13:46:00 UTC (lines 4 and 5)" in gaps[0].cause


def test_a_counter_becomes_its_rate_and_a_reset_is_no_fall(tmp_path: Path) -> None:
    values = [0, 60, 180, 30, 90]
    text = "timestamp,metric,value\n" + "".join(
        f"{(START + n * MINUTE).isoformat()},orders_total,{value}\n" for n, value in enumerate(values)
    )
    metric = read(written(tmp_path, text))[0]["orders_total"]
    assert column(metric) == [None, 1.0, 2.0, 0.5, 1.0]
    assert (metric.signal.unit, metric.signal.title) == ("per second", "orders_total (each second)")


def test_a_total_that_falls_as_often_as_it_rises_is_the_number_of_each_interval(tmp_path: Path) -> None:
    text = "time,orders_total\n" + "".join(
        f"2026-11-17 13:{45 + n},{value}\n" for n, value in enumerate([5, 9, 4, 8, 3])
    )
    assert column(read(written(tmp_path, text))[0]["orders_total"]) == [5.0, 9.0, 4.0, 8.0, 3.0]


def test_what_rises_all_the_time_is_a_counter_and_a_backlog_that_grows_is_none(tmp_path: Path) -> None:
    names = ("pg_xact_commit", "message_backlog", "done_count", "disk_used_bytes")
    rows = [
        f"{(START + n * MINUTE).isoformat()},{60 * n},{max(0, n - 20)},{max(0, n - 30)},{1e6 * n}" for n in range(60)
    ]
    metrics, _, _ = read(written(tmp_path, "\n".join([",".join(("time", *names)), *rows])), at=window(minutes=60))
    assert metrics["pg_xact_commit"].signal.unit == "per second"
    assert column(metrics["pg_xact_commit"])[1:4] == [1.0, 1.0, 1.0]
    assert column(metrics["message_backlog"])[-1] == 39.0
    assert column(metrics["done_count"])[-1] == 29.0
    assert column(metrics["disk_used_bytes"])[-1] == 59e6


def test_a_histogram_gives_its_quantile_mean_and_rate(tmp_path: Path) -> None:
    rows = ["timestamp,metric,le,service,value"]
    for n in range(20):
        time = (START + n * MINUTE).isoformat()
        slow = max(0, n - 12) * 60  # from the thirteenth minute on, every request takes between 1 and 5 s
        quick = 600 * min(n, 12)
        for le, value in (("0.1", quick * 0.5), ("1", quick), ("5", quick + slow), ("+Inf", quick + slow)):
            rows.append(f"{time},http_request_duration_seconds_bucket,{le},shop,{value}")
        rows.append(f"{time},http_request_duration_seconds_sum,,shop,{quick * 0.2 + slow * 3}")
        rows.append(f"{time},http_request_duration_seconds_count,,shop,{quick + slow}")
    metrics, _, _ = read(written(tmp_path, "\n".join(rows)), at=window(minutes=20))
    base = "http_request_duration_seconds"
    assert set(metrics) == {f"{base}_p95", f"{base}_mean", f"{base}_count"}
    p95 = metrics[f"{base}_p95"]
    assert (p95.signal.aspect, p95.signal.unit, p95.signal.range_s) == ("latency", "seconds", 240.0)
    assert p95.labels == ({"service": "shop"},)
    assert column(p95)[:4] == [None] * 4
    assert column(p95)[10] == pytest.approx(0.1 + 0.9 * 0.9)
    assert column(p95)[-1] == pytest.approx(1 + 4 * 0.95)
    assert column(metrics[f"{base}_mean"])[-1] == pytest.approx(3.0)
    assert column(metrics[f"{base}_count"])[5] == pytest.approx(10.0)


def test_a_histogram_whose_buckets_are_not_whole_stays_as_it_is(tmp_path: Path) -> None:
    rows = [f"{(START + n * MINUTE).isoformat()},x_seconds_bucket,0.1,{n}" for n in range(5)]
    metrics, _, _ = read(written(tmp_path, "\n".join(["timestamp,metric,le,value", *rows])))
    assert set(metrics) == {"x_seconds_bucket"}


def test_of_a_certificate_only_the_time_past_its_end_counts(tmp_path: Path) -> None:
    left = [120, 60, 0, -60, -120]
    text = "time,tls_cert_seconds_until_expiry\n" + "".join(f"2026-11-17 13:{45 + n},{v}\n" for n, v in enumerate(left))
    metric = read(written(tmp_path, text))[0]["tls_cert_seconds_until_expiry"]
    assert column(metric) == [0.0, 0.0, 0.0, 60.0, 120.0]
    assert metric.signal.worse == "up"
    assert "certificate" in metric.signal.tags


def test_a_missing_sample_is_a_missing_point_and_a_late_one_is_not(tmp_path: Path) -> None:
    seconds = [0, 60, 124, 181, 360]
    text = "timestamp,metric,value\n" + "".join(
        f"{(START + pd.Timedelta(seconds=s)).isoformat()},depth,{n}\n" for n, s in enumerate(seconds)
    )
    found = column(read(written(tmp_path, text), at=window(minutes=7))[0]["depth"])
    assert found == [0.0, 1.0, 1.0, 2.0, 3.0, None, 4.0]


def test_the_true_spacing_is_read_from_the_data(tmp_path: Path) -> None:
    file = written(tmp_path, lines(20))
    assert file_span(file) == (START, START + 19 * MINUTE, 60.0)
    fine = window(step=pd.Timedelta("15s"))
    metric = read(file, at=fine)[0]["depth"]
    assert metric.spacing_s == 60.0
    assert column(metric)[:5] == [0.0, 0.0, 0.0, 0.0, 1.0]
    coarse = window(minutes=10, step=pd.Timedelta("2min"))
    assert read(file, at=coarse)[0]["depth"].spacing_s == 120.0


def test_a_column_that_is_filled_more_seldom_has_its_own_spacing(tmp_path: Path) -> None:
    rows = [f"{(START + n * pd.Timedelta('15s')).isoformat()},{n},{n if n % 4 == 0 else ''}" for n in range(40)]
    metrics, _, _ = read(
        written(tmp_path, "\n".join(["time,often,seldom", *rows])), at=window(step=pd.Timedelta("15s"))
    )
    assert (metrics["often"].spacing_s, metrics["seldom"].spacing_s) == (15.0, 60.0)
    assert column(metrics["seldom"])[:6] == [0.0, 0.0, 0.0, 0.0, 4.0, 4.0]


def test_the_grid_is_the_windows_and_no_sample_is_seen_before_its_time(tmp_path: Path) -> None:
    start = START - pd.Timedelta("30s")
    metric = read(written(tmp_path, lines()), at=window(start=start))[0]["depth"]
    assert metric.values.index.equals(window(start=start).index)
    assert metric.values.dtypes.unique().tolist() == [np.dtype("float64")]
    assert column(metric) == [None, 0.0, 1.0, 2.0, 3.0]


def test_a_metric_without_a_sample_in_the_window_is_a_gap(tmp_path: Path) -> None:
    metrics, _, gaps = read(written(tmp_path, lines()), at=window(start=START + pd.Timedelta("24h")))
    assert metrics == {}
    assert gaps[0].missing == "depth"
    assert "no sample lies in the window" in gaps[0].cause


def test_parquet_long_with_labels_as_json(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "name": ["depth"] * 4,
            "labels": [json.dumps({"service": "web", "queue": "a"}), json.dumps({"service": "web", "queue": "b"})] * 2,
            "ts_ms": [1794923100000, 1794923100000, 1794923160000, 1794923160000],
            "value": [1.0, 2.0, 3.0, float("nan")],
        }
    )
    table.to_parquet(tmp_path / "m.parquet")
    metrics, _, gaps = read(tmp_path / "m.parquet")
    assert metrics["depth"].labels == ({"queue": "a", "service": "web"}, {"queue": "b", "service": "web"})
    assert column(metrics["depth"])[:2] == [1.0, 3.0]
    assert column(metrics["depth"], 1)[:2] == [2.0, None]
    assert gaps == ()


@pytest.mark.parametrize("zone", ["UTC", None])
def test_parquet_wide_with_a_time_index(tmp_path: Path, zone: str | None) -> None:
    index = pd.date_range("2026-11-17T13:45", periods=5, freq="1min", tz=zone, name="when")
    pd.DataFrame({"depth": range(5)}, index=index).to_parquet(tmp_path / "m.parquet")
    assert column(read(tmp_path / "m.parquet")[0]["depth"]) == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_csv_and_parquet_of_the_same_samples_are_the_same(tmp_path: Path) -> None:
    table = pd.read_csv(written(tmp_path, lines(30)))
    table.to_parquet(tmp_path / "m.parquet")
    from_csv, from_parquet = (read(tmp_path / name)[0]["depth"] for name in ("m.csv", "m.parquet"))
    pd.testing.assert_frame_equal(from_csv.values, from_parquet.values)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("m.csv", b"", "is empty"),
        ("m.csv", b"time,depth\n", "no rows"),
        ("m.csv", b"a,b\nx,y\n", "no column of times"),
        ("m.csv", b"time,depth\nnow,1\n", "no sample could be read"),
        ("m.csv", b"time,depth\n13:45,1\n", "has no date"),
        ("m.csv", b"time,depth\n2026-11-17 13:45,many\n", "'many' is not a number"),
        ("m.csv", b"time,depth\n05/06/2026 13:45,1\n", "can be 2026-05-06 or 2026-06-05"),
        ("m.csv", b"\x00\x01\x02\xff" * 50, "neither CSV nor Parquet"),
        ("m.parquet", b"PAR1 but not really", "not a whole Parquet file"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=says) as caught:
        read_metric_file(tmp_path / name)
    assert caught.value.hint


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_metric_file(tmp_path / "none.csv")


def test_two_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        written(tmp_path / folder, lines())
    ids = {read(tmp_path / folder / "m.csv")[1][0].id for folder in ("a", "b")}
    assert len(ids) == 2


def test_a_column_that_repeats_is_told_and_the_first_counts(tmp_path: Path) -> None:
    text = 'time,"d{a=""1""}","d{a=""1""}",e\n2026-11-17 13:45,1,2,3\n'
    metrics, _, gaps = read(written(tmp_path, text))
    assert column(metrics["d"])[0] == 1.0
    assert column(metrics["e"])[0] == 3.0
    assert [gap.missing for gap in gaps] == ["column 3, 'd{a=\"1\"}'"]


def test_a_histogram_that_counted_nothing_has_no_quantile_and_ends_nothing(tmp_path: Path) -> None:
    rows = ["timestamp,metric,le,value"]
    for n in range(20):
        time = (START + n * MINUTE).isoformat()
        rows += [f"{time},x_seconds_bucket,{le},0" for le in ("0.1", "+Inf")]
        rows += [f"{time},x_seconds_sum,,0", f"{time},x_seconds_count,,0"]
    metrics, _, _ = read(written(tmp_path, "\n".join(rows)), at=window(minutes=20))
    assert set(metrics) == {"x_seconds_count"}


def test_series_are_also_kept_as_they_stand_in_the_file_under_the_same_query(tmp_path: Path) -> None:
    text = "timestamp,metric,value,job,code\n" + "".join(
        f"{(START + n * MINUTE).isoformat()},http_requests_total,{100 * n},api,200\n" for n in range(5)
    )
    file = read_metric_file(written(tmp_path, text))
    (metric,), _, _ = to_metrics(file, window=window(), conventions=CONVENTIONS)
    (raw,) = raw_metrics(file, window=window(), conventions=CONVENTIONS, of=[metric])
    assert raw.signal.id == "raw/http_requests_total"
    assert column(raw) == [0.0, 100.0, 200.0, 300.0, 400.0]
    assert raw.query == metric.query
