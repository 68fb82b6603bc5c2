"""Tables: which columns are labels, which name the metric, and what their headers and cells say of units."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reconstruct.errors import UsageError
from tests.sources.metric_files.recording import (
    BAD,
    COUNT,
    CPU,
    ISO,
    LATENCY,
    SECONDS,
    TIMES,
    before_and_after,
    lines,
    metrics_of,
    written,
)


def test_a_column_of_text_is_a_label_and_two_pods_are_two_series(tmp_path: Path) -> None:
    text = lines(lambda n: f"{ISO[n]},a,{LATENCY[n]}\n{ISO[n]},b,0.02", header="Time,PodName,latency_p95_seconds")
    metrics, gaps = metrics_of(written(tmp_path, text))
    metric = metrics["latency_p95_seconds"]
    assert metric.labels == ({"PodName": "a"}, {"PodName": "b"})
    assert [service.name for service in metric.services] == ["a", "b"]
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert before_and_after(metric, 1) == (0.02, 0.02)
    assert gaps == ()


def test_levels_of_an_index_are_labels(tmp_path: Path) -> None:
    index = pd.MultiIndex.from_product([TIMES, ["shop", "catalog"]], names=["time", "service"])
    values = np.repeat(LATENCY, 2)
    pd.DataFrame({"p95_latency_seconds": values, "cpu_usage": 0.3}, index=index).to_parquet(tmp_path / "m.parquet")
    metrics, gaps = metrics_of(tmp_path / "m.parquet")
    assert [service.name for service in metrics["p95_latency_seconds"].services] == ["catalog", "shop"]
    assert before_and_after(metrics["p95_latency_seconds"], 1) == pytest.approx((0.0203, 0.9))
    assert gaps == ()


def test_headers_of_several_levels_are_labels_too_stored_and_written(tmp_path: Path) -> None:
    columns = pd.MultiIndex.from_tuples(
        [("shop", "latency_seconds", "p95"), ("shop", "cpu_percent", "Average"), ("cart", "latency_seconds", "p95")],
        names=["microservice", "metric", "statistic"],
    )
    table = pd.DataFrame(np.column_stack([LATENCY, CPU, LATENCY]), index=pd.Index(ISO, name="time"), columns=columns)
    table.to_parquet(tmp_path / "m.parquet")
    table.to_csv(tmp_path / "m.csv")
    for name in ("m.parquet", "m.csv"):
        metrics, _ = metrics_of(tmp_path / name)
        assert set(metrics) == {"latency_seconds", "cpu_percent"}
        assert [service.name for service in metrics["latency_seconds"].services] == ["cart", "shop"]
        assert before_and_after(metrics["latency_seconds"], 1) == pytest.approx((0.0203, 0.9))


@pytest.mark.parametrize("thing", ["cmdb_id", "microservice", "component", "ServiceName", "entity"])
@pytest.mark.parametrize("metric", ["kpi_name", "metric_name", "what"])
def test_long_tables_whatever_their_columns_are_called(tmp_path: Path, thing: str, metric: str) -> None:
    text = lines(
        lambda n: f"{SECONDS[n]},node-1,system.cpu.pct_usage,{CPU[n]}\n{SECONDS[n]},node-1,http_latency_ms,20",
        header=f"timestamp,{thing},{metric},value",
    )
    metrics, gaps = metrics_of(written(tmp_path, text))
    assert set(metrics) == {"system.cpu.pct_usage", "http_latency_ms"}
    assert before_and_after(metrics["system.cpu.pct_usage"]) == pytest.approx((0.303, 0.95))
    assert metrics["system.cpu.pct_usage"].services[0].name == "node-1"
    assert gaps == ()


def test_a_column_of_units_is_the_unit(tmp_path: Path) -> None:
    text = lines(lambda n: f"{ISO[n]},latency,{1000 * LATENCY[n]},ms", header="time,metric,value,unit")
    metrics, _ = metrics_of(written(tmp_path, text))
    assert before_and_after(metrics["latency"]) == pytest.approx((0.0203, 0.9))
    assert metrics["latency"].labels == ({},)


def test_cells_with_units_are_numbers(tmp_path: Path) -> None:
    text = lines(
        lambda n: f"{TIMES[n]:%Y-%m-%d %H:%M:%S},{1000 * LATENCY[n]:.1f} ms,{CPU[n]:.1f}%,1.20 GiB,46.5 req/s",
        header='"Time","p95 latency","CPU","Memory","req/s"',
    )
    metrics, gaps = metrics_of(written(tmp_path, text))
    assert before_and_after(metrics["p95 latency"]) == pytest.approx((0.0203, 0.9))
    assert before_and_after(metrics["CPU"]) == pytest.approx((0.303, 0.95))
    assert before_and_after(metrics["Memory"])[0] == pytest.approx(1.2 * 2**30)
    units = {name: metric.signal.unit for name, metric in metrics.items()}
    assert units == {"p95 latency": "seconds", "CPU": "ratio", "Memory": "bytes", "req/s": "per second"}
    assert gaps == ()


@pytest.mark.parametrize(("separator", "cell"), [(";", "{} ms"), (",", '"{} ms"'), ("\t", "{} ms")])
def test_a_decimal_comma_in_a_cell_with_a_unit(tmp_path: Path, separator: str, cell: str) -> None:
    def minute(n: int) -> str:
        number = f"{1000 * LATENCY[n]:.1f}".replace(".", ",")
        return f"{TIMES[n]:%d.%m.%Y %H:%M:%S}{separator}{cell.format(number)}"

    metrics, gaps = metrics_of(written(tmp_path, lines(minute, header=f"Time{separator}p95 latency")))
    assert before_and_after(metrics["p95 latency"]) == pytest.approx((0.0203, 0.9))
    assert gaps == ()


def test_seconds_and_milliseconds_in_one_column_are_one_unit_and_another_unit_is_a_gap(tmp_path: Path) -> None:
    text = lines(lambda n: f"{ISO[n]},{'0.9 s' if LATENCY[n] > 0.5 else '20 ms'}", header="time,latency")
    metrics, gaps = metrics_of(written(tmp_path, text + f"{ISO[-1][:-3]}30Z,5 %\n{ISO[-1][:-3]}40Z,7\n"))
    assert before_and_after(metrics["latency"]) == pytest.approx((0.02, 0.9))
    assert ["another unit" in gap.cause or "no unit" in gap.cause for gap in gaps] == [True, True]


@pytest.mark.parametrize(
    ("header", "factor", "unit"),
    [("p95 (ms)", 1000, "seconds"), ("Duration [s]", 1, "seconds"), ("latency in ms", 1000, "seconds")],
)
def test_a_unit_in_the_header(tmp_path: Path, header: str, factor: float, unit: str) -> None:
    metrics, _ = metrics_of(
        written(tmp_path, lines(lambda n: f"{ISO[n]},{factor * LATENCY[n]}", header=f"time,{header}"))
    )
    (metric,) = metrics.values()
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert (metric.signal.unit, metric.signal.aspect) == (unit, "latency")


def test_a_legend_names_things_and_the_files_name_what_is_measured(tmp_path: Path) -> None:
    text = lines(lambda n: f"{ISO[n]},{LATENCY[n]},0.02", header='"Time","shop","cart"')
    file = written(tmp_path, text, name="Latency p95-data-2026-11-17 16_00_00.csv")
    (metric,) = metrics_of(file)[0].values()
    assert metric.signal.id == "file/Latency p95"
    assert [service.name for service in metric.services] == ["cart", "shop"]


def test_two_different_samples_of_one_series_at_one_time_are_never_one(tmp_path: Path) -> None:
    text = lines(lambda n: f"{ISO[n]},{LATENCY[n]}\n{ISO[n]},0.02", header="time,latency_seconds")
    with pytest.raises(UsageError, match="several samples at one time"):
        metrics_of(written(tmp_path, text))


def test_numbers_that_tell_series_apart_are_labels(tmp_path: Path) -> None:
    text = lines(lambda n: f"{ISO[n]},200,{LATENCY[n]}\n{ISO[n]},500,0.02", header="time,status,latency_seconds")
    metric = metrics_of(written(tmp_path, text))[0]["latency_seconds"]
    assert metric.labels == ({"status": "200"}, {"status": "500"})


def test_marks_of_a_data_set_are_no_measurement(tmp_path: Path) -> None:
    text = lines(
        lambda n: f"{SECONDS[n]},{LATENCY[n]},{int(LATENCY[n] > 0.5)},da10a69f-d836",
        header="timestamp,value,label,KPI ID",
    )
    metrics, gaps = metrics_of(written(tmp_path, text, name="kpi.csv"))
    assert set(metrics) == {"kpi"}
    assert before_and_after(metrics["kpi"]) == pytest.approx((0.0203, 0.9))
    assert gaps[0].missing == "the column 'label'"


def test_records_of_json_in_a_list_and_one_a_line(tmp_path: Path) -> None:
    rows = [{"time": ISO[n], "service": "shop", "latency_seconds": LATENCY[n]} for n in range(len(ISO))]
    for text in (json.dumps(rows), "\n".join(map(json.dumps, rows)), json.dumps({"data": rows})):
        metric = metrics_of(written(tmp_path, text, name="m.json"))[0]["latency_seconds"]
        assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
        assert metric.services[0].name == "shop"


@pytest.mark.parametrize("text", ['{"a": {"b": 1}}', "[1, 2]", '{"a": [', "[]"])
def test_json_that_is_not_known_says_so_and_what_to_do(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="JSON of no kind that is known") as caught:
        metrics_of(written(tmp_path, text, name="m.json"))
    assert "timestamp,metric,value" in caught.value.hint


def test_a_packed_file_is_unpacked(tmp_path: Path) -> None:
    text = lines(lambda n: f"{ISO[n]},{LATENCY[n]}", header="time,latency_seconds")
    (tmp_path / "m.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert before_and_after(metrics_of(tmp_path / "m.csv.gz")[0]["latency_seconds"]) == pytest.approx((0.0203, 0.9))
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(text.encode())[:-20])
    with pytest.raises(UsageError, match="cannot be unpacked"):
        metrics_of(tmp_path / "cut.csv.gz")


def test_a_zone_in_the_header_of_the_time(tmp_path: Path) -> None:
    text = lines(
        lambda n: f"{TIMES[n].tz_convert('Etc/GMT-1'):%Y-%m-%d %H:%M:%S},{LATENCY[n]}",
        header="Time (CET),latency_seconds",
    )
    assert before_and_after(metrics_of(written(tmp_path, text))[0]["latency_seconds"]) == pytest.approx((0.0203, 0.9))
    with pytest.raises(UsageError, match="'IST' can be"):
        metrics_of(written(tmp_path, text.replace("CET", "IST")))


@pytest.mark.parametrize(
    ("header", "zone", "cells"),
    [
        ("Time (Europe/Berlin)", "Europe/Berlin", ""),
        ("Time [+05:30]", "Asia/Kolkata", ""),
        ("timestamp_utc", "UTC", ""),
        ("(PDH-CSV 4.0) (W. Europe Standard Time)(-60)", "Europe/Berlin", ""),
        ("time,timezone", "Europe/Berlin", ",Europe/Berlin"),
        ("time,tz", "America/New_York", ",EST"),
        ("time,utc_offset", "Asia/Kolkata", ",5.5"),
        ("time,utc_offset", "America/New_York", ",-18000"),
        ("time,zone", "Europe/Berlin", ",+01:00"),
    ],
)
@pytest.mark.parametrize("written_as", ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d %b %Y %H:%M:%S"])
def test_a_zone_in_the_header_or_in_a_column_counts(
    tmp_path: Path, header: str, zone: str, cells: str, written_as: str
) -> None:
    text = lines(
        lambda n: f"{TIMES[n].tz_convert(zone).strftime(written_as)}{cells},{LATENCY[n]}",
        header=f"{header},latency_seconds",
    )
    found = metrics_of(written(tmp_path, text))[0]["latency_seconds"]
    assert before_and_after(found) == pytest.approx((0.0203, 0.9))
    assert len(found.labels) == 1


def test_records_in_an_envelope_are_a_table(tmp_path: Path) -> None:
    rows = [{"_time": ISO[n], "service": "shop", "p95_ms": str(1000 * LATENCY[n])} for n in range(COUNT)]
    nested = [{"time": ISO[n], "data": {"service": "shop", "p95_ms": 1000 * LATENCY[n]}} for n in range(COUNT)]
    for document in ({"preview": False, "results": rows}, {"id": 1, "data": {"series": nested}}):
        found = metrics_of(written(tmp_path, json.dumps(document), name="m.json"))[0]["p95_ms"]
        assert before_and_after(found) == pytest.approx((0.0203, 0.9))
        assert found.services[0].name == "shop"


def test_a_blank_line_below_the_header_is_no_header(tmp_path: Path) -> None:
    text = lines(lambda n: f"{ISO[n]},{LATENCY[n]}", header="time,latency_seconds\n")
    assert before_and_after(metrics_of(written(tmp_path, text))[0]["latency_seconds"]) == pytest.approx((0.0203, 0.9))


def test_what_the_user_says_of_columns_counts(tmp_path: Path) -> None:
    text = lines(lambda n: f"{ISO[n]},x,{1000 * LATENCY[n]},7", header="time,region,Antwortzeit,Bestellnummer")
    metrics, _ = metrics_of(written(tmp_path, text), "Antwortzeit=latency,ms", "region=service", "Bestellnummer=ignore")
    (metric,) = metrics.values()
    assert before_and_after(metric) == pytest.approx((0.0203, 0.9))
    assert (metric.signal.aspect, metric.signal.unit, metric.services[0].name) == ("latency", "seconds", "x")


def test_what_could_not_be_classified_is_told_with_what_moved_and_the_line_that_would(tmp_path: Path) -> None:
    text = lines(lambda n: f"{ISO[n]},{LATENCY[n]}", header="time,Antwortzeit")
    metrics, gaps = metrics_of(written(tmp_path, text))
    assert metrics["Antwortzeit"].signal.min_effect < 0.01
    assert [gap.missing for gap in gaps] == ["what Antwortzeit measures"]
    assert "from 0.02 to 0.9" in gaps[0].cause
    assert "--column 'Antwortzeit=latency,seconds'" in gaps[0].cause


def test_what_was_nothing_before_and_could_not_be_classified_is_told_too(tmp_path: Path) -> None:
    _, gaps = metrics_of(written(tmp_path, lines(lambda n: f"{ISO[n]},{6 * (n in BAD)}", header="time,Meldungen")))
    assert "from 0 to 6" in gaps[0].cause


def test_headers_of_a_thing_and_a_metric_each_are_taken_apart(tmp_path: Path) -> None:
    header = "time,shop_cpu,shop_latency-90,shop_workload,cart_cpu,cart_latency-90,cart_workload"
    text = lines(lambda n: f"{SECONDS[n]},0.1,{LATENCY[n]},50,0.2,0.02,51", header=header)
    metrics, _ = metrics_of(written(tmp_path, text))
    assert set(metrics) == {"cpu", "latency-90", "workload"}
    assert [service.name for service in metrics["latency-90"].services] == ["cart", "shop"]
    assert before_and_after(metrics["latency-90"], 1) == pytest.approx((0.0203, 0.9))


def test_parts_of_one_thing_are_not_taken_apart(tmp_path: Path) -> None:
    header = "time,node_cpu_usage,node_memory_bytes,node_disk_usage,node_load1"
    metrics, _ = metrics_of(written(tmp_path, lines(lambda n: f"{SECONDS[n]},0.1,1e9,0.3,2.5", header=header)))
    assert set(metrics) == {"node_cpu_usage", "node_memory_bytes", "node_disk_usage", "node_load1"}


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("Date,Time,latency_seconds", "%Y-%m-%d,%H:%M:%S"),
        ("@timestamp per minute,latency_seconds", '"%b %d, %Y @ %H:%M:%S.000"'),
        ("Zeitstempel,latency_seconds", "%d.%m.%Y %H:%M"),
    ],
)
def test_times_in_two_columns_and_as_tools_print_them(tmp_path: Path, header: str, form: str) -> None:
    text = lines(lambda n: f"{TIMES[n]:{form}},{LATENCY[n]}", header=header)
    assert before_and_after(metrics_of(written(tmp_path, text))[0]["latency_seconds"]) == pytest.approx((0.0203, 0.9))


def test_day_numbers_of_a_spreadsheet(tmp_path: Path) -> None:
    first = (TIMES[0].tz_localize(None) - pd.Timestamp("1899-12-30")) / pd.Timedelta("1D")
    text = lines(lambda n: f"{first + n / 1440:.8f},{LATENCY[n]}", header="Zeit,latency_seconds")
    assert before_and_after(metrics_of(written(tmp_path, text))[0]["latency_seconds"]) == pytest.approx((0.0203, 0.9))


def test_memory_in_bytes_is_no_time(tmp_path: Path) -> None:
    text = lines(lambda n: f"x,{1e9 + n},{ISO[n]},{LATENCY[n]}", header="name,used,when,latency_seconds")
    metrics, _ = metrics_of(written(tmp_path, text))
    assert before_and_after(metrics["latency_seconds"]) == pytest.approx((0.0203, 0.9))


def test_a_log_of_single_requests_is_no_series(tmp_path: Path) -> None:
    text = lines(lambda n: "\n".join([f"{ISO[n]},GET,{LATENCY[n]}"] * 5), header="time,method,duration_seconds")
    with pytest.raises(UsageError, match="several samples at one time"):
        metrics_of(written(tmp_path, text))


def test_a_legend_in_a_long_table_names_things_too(tmp_path: Path) -> None:
    text = lines(lambda n: f"shop,{ISO[n]},{LATENCY[n]}\ncart,{ISO[n]},0.02", header='"Series","Time","Value"')
    (metric,) = metrics_of(written(tmp_path, text, name="Latency-data-2026-11-17.csv"))[0].values()
    assert metric.signal.id == "file/Latency"
    assert [service.name for service in metric.services] == ["cart", "shop"]


def test_a_column_that_says_how_it_was_is_no_label_of_the_series(tmp_path: Path) -> None:
    text = lines(
        lambda n: f"{ISO[n]},{'false' if n in BAD else 'true'},{LATENCY[n]}", header="time,healthy,latency_seconds"
    )
    metrics, gaps = metrics_of(written(tmp_path, text))
    assert before_and_after(metrics["latency_seconds"]) == pytest.approx((0.0203, 0.9))
    assert [gap.missing for gap in gaps] == ["the column 'healthy'"]


def test_numbers_that_name_a_thing_are_labels_before_others_are(tmp_path: Path) -> None:
    text = lines(lambda n: f"{ISO[n]},101,{90 if n in BAD else 30}\n{ISO[n]},102,31", header="time,hostid,cpu")
    metrics, _ = metrics_of(written(tmp_path, text))
    assert list(metrics) == ["cpu"]
    assert [dict(labels) for labels in metrics["cpu"].labels] == [{"hostid": "101"}, {"hostid": "102"}]


def test_no_sample_in_the_first_row_is_no_second_header(tmp_path: Path) -> None:
    text = lines(lambda n: f"{ISO[n]},{LATENCY[n] if n else 'NaN'}", header="time,latency_seconds")
    metric = metrics_of(written(tmp_path, text))[0]["latency_seconds"]
    assert metric.labels == ({},)


def test_rows_of_one_metric_in_two_units_are_one_series(tmp_path: Path) -> None:
    text = lines(
        lambda n: f"{ISO[n]},latency,{'s' if n in BAD else 'ms'},{LATENCY[n] if n in BAD else 1000 * LATENCY[n]}",
        header="time,metric,unit,value",
    )
    metrics, gaps = metrics_of(written(tmp_path, text))
    assert before_and_after(metrics["latency"]) == pytest.approx((0.0203, 0.9))
    assert gaps == ()


def test_dots_are_of_thousands_where_a_comma_is_the_decimal_sign(tmp_path: Path) -> None:
    text = lines(
        lambda n: f"{ISO[n]};{'9.000' if n in BAD else '6.000'};{str(LATENCY[n]).replace('.', ',')}",
        header="time;queue_depth;latency_seconds",
    )
    assert before_and_after(metrics_of(written(tmp_path, text))[0]["queue_depth"]) == (6000.0, 9000.0)


def test_a_title_above_the_header_is_passed_over(tmp_path: Path) -> None:
    text = lines(lambda n: f"{ISO[n]},{LATENCY[n]}", header="Latency of the shop\n\ntime,latency_seconds")
    assert before_and_after(metrics_of(written(tmp_path, text))[0]["latency_seconds"]) == pytest.approx((0.0203, 0.9))
