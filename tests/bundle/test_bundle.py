from __future__ import annotations

import json
import os
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconstruct.bundle import narrow, read_bundle, write_bundle
from reconstruct.codec import decode, encode
from reconstruct.errors import UsageError
from reconstruct.model import (
    Alert,
    EarlierFiring,
    Event,
    Evidence,
    Gap,
    LoadedRule,
    Mechanism,
    Metric,
    Query,
    Service,
    Settings,
    Sign,
    Signal,
    Window,
)

START = pd.Timestamp("2026-11-17T13:00:00Z").as_unit("ns")
STEP = pd.Timedelta("15s")
WINDOW = Window(START, START + pd.Timedelta("10min"), STEP, START - pd.Timedelta("5min"))
NAN_WITH_PAYLOAD = struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_DEAD_BEEF))[0]
PARTS = {
    "alerts.jsonl",
    "context.json",
    "events.jsonl",
    "gaps.jsonl",
    "manifest.json",
    "metrics.parquet",
    "queries.jsonl",
    "settings.json",
    "signals.jsonl",
}


def metric(
    values: np.ndarray[Any, Any],
    *,
    window: Window = WINDOW,
    name: str = "db/time",
    labels: Mapping[str, str] | None = None,
) -> Metric:
    columns = values.shape[1]
    return Metric(
        signal=Signal(
            name, "Query time", "rate(x[1m])", "seconds", "database", "latency", min_effect=0.001, tags=("pool",)
        ),
        values=pd.DataFrame(values, index=window.index, columns=pd.RangeIndex(columns)),
        labels=tuple({"instance": f"db-{i}", **(labels or {})} for i in range(columns)),
        services=tuple(Service(f"db-{i}", "prod") for i in range(columns)),
        query="q1",
        spacing_s=15.0,
    )


def evidence() -> Evidence:
    n = len(WINDOW.index)
    values = np.linspace(0.0, 1.0, n * 3).reshape(n, 3)
    values[0] = [np.nan, -0.0, np.inf]
    values[1] = [NAN_WITH_PAYLOAD, 5e-324, -np.inf]
    values[2] = [1.7976931348623157e308, 0.1 + 0.2, -np.nan]
    hostile = {"z": '<script>"\n\x1b[31m', "a": "💥\u2028", "": "|`"}
    return Evidence(
        window=WINDOW,
        metrics=(metric(values), metric(np.empty((n, 0)), name="empty/x"), metric(values[:, :1], labels=hostile)),
        events=(
            Event("e1", START, "deploy", Service("shop", "a", "b"), "x", end=START + STEP, labels=hostile),
            Event("e2", START.as_unit("s"), "note", Service(""), "y", resolution_s=60.0),
        ),
        alerts=(Alert("al1", "Slow", Service("shop"), hostile, "x > 1", None, START, None, resolution_s=0.1),),
        gaps=(Gap("g1", "prometheus", "job shop", "scrape failed", START, None), Gap("g2", "s", "w", "r")),
        queries=(Query("q1", "db/time", 'x{a="b"}', START, START + STEP, 15.0, 3),),
        calls=(("shop", "db"),),
        notes=("read as UTC",),
    )


def assert_same_bits(one: Evidence, other: Evidence) -> None:
    for name in (field.name for field in fields(Evidence) if field.name != "metrics"):
        assert getattr(one, name) == getattr(other, name), name
    assert one.window.index.equals(other.window.index)
    assert len(one.metrics) == len(other.metrics)
    for a, b in zip(one.metrics, other.metrics, strict=True):
        assert a.values.to_numpy().tobytes() == b.values.to_numpy().tobytes()
        assert a.values.index.dtype == b.values.index.dtype
        assert a.values.index.equals(b.values.index)
        assert list(a.values.columns) == list(b.values.columns)
        assert [list(labels.items()) for labels in a.labels] == [list(labels.items()) for labels in b.labels]
        assert (a.signal, a.services, a.query, a.spacing_s) == (b.signal, b.services, b.query, b.spacing_s)


def test_everything_comes_back_to_the_bit(tmp_path: Path) -> None:
    path = tmp_path / "incident.bundle"
    sign = Sign(("database",), ("latency",), "up", tags=("pool",), says="slow")
    mechanism = Mechanism("slow-query", "Slow query", "{service} is slow", must=(sign,), change_can=("deploy",))
    given_settings = Settings(services=("shop",), calls=(("a", "b"),), mechanisms=(mechanism,), authors=True)
    write_bundle(path, evidence(), settings=given_settings, generator={"name": "reconstruct", "version": "0.1.0"})
    back, back_settings = read_bundle(path)
    assert_same_bits(evidence(), back)
    assert back_settings == given_settings


def test_metrics_as_exported_come_back_to_the_bit_and_a_part_of_the_window_has_its_part_of_them(tmp_path: Path) -> None:
    given = replace(evidence(), raw=evidence().metrics)
    write_bundle(tmp_path / "raw.zip", given)
    back, _ = read_bundle(tmp_path / "raw.zip")
    assert [m.signal for m in back.raw] == [m.signal for m in given.raw]
    assert [m.labels for m in back.raw] == [m.labels for m in given.raw]
    assert [m.values.to_numpy().tobytes() for m in back.raw] == [m.values.to_numpy().tobytes() for m in given.raw]
    part = narrow(given, start=WINDOW.start, end=WINDOW.start + 3 * STEP)
    assert [len(m.values) for m in part.raw] == [len(m.values) for m in part.metrics]


def test_rules_and_earlier_firings_come_back_and_a_bundle_without_them_is_read(tmp_path: Path) -> None:
    rules = (LoadedRule("Errors", "rate(x[1m]) > 1", 60.0, "shop"),)
    earlier = (EarlierFiring("Errors", WINDOW.start - 9 * STEP, WINDOW.start - 5 * STEP, 300.0),)
    write_bundle(tmp_path / "with.zip", replace(evidence(), rules=rules, earlier_firings=earlier))
    back, _ = read_bundle(tmp_path / "with.zip")
    assert (back.rules, back.earlier_firings) == (rules, earlier)
    write_bundle(tmp_path / "without.zip", evidence())
    back, _ = read_bundle(tmp_path / "without.zip")
    assert (back.rules, back.earlier_firings) == ((), ())


def test_times_keep_their_resolution(tmp_path: Path) -> None:
    path = tmp_path / "b"
    write_bundle(path, evidence())
    back, _ = read_bundle(path)
    assert [event.time.unit for event in back.events] == ["ns", "s"]
    assert (back.window.step, back.window.step.unit) == (WINDOW.step, WINDOW.step.unit)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    labels=st.lists(st.dictionaries(st.text(max_size=8), st.text(max_size=12), max_size=3), max_size=3),
    bits=st.lists(st.integers(0, 2**64 - 1), min_size=6, max_size=6),
    title=st.text(max_size=20),
    numbers=st.floats(allow_nan=False),
)
def test_whatever_text_and_bits_there_are_come_back(
    tmp_path: Path, labels: list[dict[str, str]], bits: list[int], title: str, numbers: float
) -> None:
    window = Window(START + STEP, START + 2 * STEP, STEP, START)
    raw = np.array(bits, dtype=np.uint64).view(np.float64).reshape(2, 3)[:, : len(labels)]
    signal = Signal(title, title, title, title, "app", "errors", min_effect=numbers, threshold=numbers)
    one = Metric(
        signal=signal,
        values=pd.DataFrame(raw, index=window.index, columns=pd.RangeIndex(len(labels))),
        labels=tuple(labels),
        services=tuple(Service(title) for _ in labels),
        query=title,
        spacing_s=15.0,
    )
    whole = Evidence(
        window, metrics=(one,), events=(Event("e1", START, "note", Service(title), title),), notes=(title,)
    )
    path = tmp_path / "b"
    write_bundle(path, whole)
    assert_same_bits(whole, read_bundle(path)[0])


def test_half_a_pair_of_surrogates_comes_back_as_a_replacement_character(tmp_path: Path) -> None:
    event = Event("e1", START, "note", Service(""), "half \ud800 of one")
    write_bundle(tmp_path / "b", replace(evidence(), events=(event,)))
    assert read_bundle(tmp_path / "b")[0].events[0].title == "half \ufffd of one"


@pytest.mark.parametrize("spacing_s", [0.0, -15.0, float("nan"), float("inf"), 1e300])
def test_a_spacing_that_is_none_is_refused(spacing_s: float, tmp_path: Path) -> None:
    one = replace(evidence().metrics[0], spacing_s=spacing_s)
    write_bundle(tmp_path / "b", replace(evidence(), metrics=(one,)))
    with pytest.raises(UsageError, match=r"no spacing of samples"):
        read_bundle(tmp_path / "b")


@pytest.mark.parametrize("year", ["1960", "2250", "9999"])
def test_a_time_outside_all_that_can_be_meant_is_refused(year: str, tmp_path: Path) -> None:
    event = Event("e1", pd.Timestamp(f"{year}-01-01T00:00:00Z").as_unit("s"), "note", Service(""), "x")
    write_bundle(tmp_path / "b", replace(evidence(), events=(event,)))
    with pytest.raises(UsageError, match="before 1970 or after 2200"):
        read_bundle(tmp_path / "b")


def test_the_same_evidence_gives_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "sub" / "other"
    write_bundle(one, evidence(), generator={"name": "x"})
    write_bundle(other, evidence(), generator={"name": "x"})
    assert one.read_bytes() == other.read_bytes()
    back, back_settings = read_bundle(one)
    write_bundle(other, back, settings=back_settings, generator={"name": "x"})
    assert one.read_bytes() == other.read_bytes()


def test_pandas_alone_opens_what_is_inside(tmp_path: Path) -> None:
    path = tmp_path / "b"
    write_bundle(path, evidence())
    with zipfile.ZipFile(path) as archive:
        assert set(archive.namelist()) == PARTS
        with archive.open("metrics.parquet") as part:
            frame = pd.read_parquet(part)
        with archive.open("events.jsonl") as part:
            events = pd.read_json(part, lines=True)
    assert list(frame.columns) == ["signal", "series", "labels", "time", "value"]
    first = frame[(frame["signal"] == "db/time") & (frame["series"] == 1)].head(len(WINDOW.index))
    assert first["value"].tolist() == evidence().metrics[0].values[1].tolist()
    assert first["time"].tolist() == WINDOW.index.tolist()
    assert json.loads(first["labels"].iloc[0]) == {"instance": "db-1"}
    assert events["title"].tolist() == ["x", "y"]


def test_numbers_that_repeat_and_counts_are_stored_small(tmp_path: Path) -> None:
    window = Window(START, START + pd.Timedelta("3h"), STEP, START)
    n, rng = len(window.index), np.random.default_rng(5)
    counts = rng.poisson(20, (n, 50)).astype(np.float64)
    path = tmp_path / "b"
    write_bundle(path, Evidence(window, metrics=(metric(counts, window=window),)))
    assert path.stat().st_size < counts.nbytes / 6


def test_a_cut_bundle_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "b"
    write_bundle(path, evidence())
    whole = path.read_bytes()
    for end in range(0, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:end])
        with pytest.raises(UsageError) as raised:
            read_bundle(path)
        assert raised.value.hint


def test_a_changed_byte_is_refused_or_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "b"
    write_bundle(path, evidence())
    whole = path.read_bytes()
    refused = 0
    directory = whole.index(b"PK\x01\x02")  # every byte of the zip's own table, where each field fails differently
    for position in [*range(0, directory, 20), *range(directory, len(whole))]:
        changed = bytearray(whole)
        changed[position] ^= 0x41
        path.write_bytes(changed)
        try:
            back, _ = read_bundle(path)
        except UsageError:
            refused += 1
        else:
            assert_same_bits(evidence(), back)
    assert refused > 500


def rewrite(path: Path, **parts: bytes | None) -> None:
    """The same zip with parts replaced, added or (None) left out; the manifest as it was."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    changed = {name.replace("__", "."): value for name, value in parts.items()}
    content.update({name: value for name, value in changed.items() if value is not None})
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in content.items():
            if name not in changed or changed[name] is not None:
                archive.writestr(name, value)


@pytest.mark.parametrize("part", sorted(PARTS - {"manifest.json"}))
def test_a_part_that_was_altered_or_left_out_is_named(tmp_path: Path, part: str) -> None:
    path = tmp_path / "b"
    for content in (b"{}\n", None):
        write_bundle(path, evidence())
        rewrite(path, **{part.replace(".", "__"): content})
        with pytest.raises(UsageError, match=part) as raised:
            read_bundle(path)
        assert "altered" in raised.value.message


def test_a_part_too_many_is_named(tmp_path: Path) -> None:
    path = tmp_path / "b"
    write_bundle(path, evidence())
    rewrite(path, **{"../../evil": b"x"})
    with pytest.raises(UsageError, match="evil"):
        read_bundle(path)
    assert not (tmp_path.parent / "evil").exists()


def with_manifest(path: Path, **changes: Any) -> None:
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    rewrite(path, manifest__json=json.dumps({**manifest, **changes}).encode())


def test_a_newer_format_is_said_to_be_newer(tmp_path: Path) -> None:
    path = tmp_path / "b"
    write_bundle(path, evidence())
    with_manifest(path, schema="reconstruct/bundle/3")
    with pytest.raises(UsageError, match="reconstruct/bundle/3; this version reads") as raised:
        read_bundle(path)
    assert "update reconstruct" in raised.value.hint


def test_tags_that_packs_of_earlier_versions_invented_are_left_out() -> None:
    signal = Signal("mine/one", "One", "up", "count", "app", "work", tags=("pool",))
    assert decode(encode(signal) | {"tags": ["mine", "pool"]}, Signal) == signal


def test_a_field_of_a_newer_version_is_not_dropped_silently(tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "b"
    write_bundle(path, evidence())
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    content = b'{"id": "g1", "source": "s", "missing": "w", "cause": "r", "severity": 3}\n'
    manifest["parts"]["gaps.jsonl"] = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    rewrite(path, gaps__jsonl=content, manifest__json=json.dumps(manifest).encode())
    with pytest.raises(UsageError, match=r"gaps\.jsonl.*Gap has no field severity"):
        read_bundle(path)


@pytest.mark.parametrize(
    "window",
    [
        None,
        {"start": "soon"},
        {"start": "2026-11-17T13:00:00Z", "end": "2026-11-17T13:00:00Z", "step": [0, "s"], "baseline_start": "x"},
        {"start": "2000-01-01T00:00:00Z", "end": "2200-01-01T00:00:00Z", "step": [1, "ns"],
         "baseline_start": "2000-01-01T00:00:00Z"},
        {"start": "2000-01-01T00:00:00Z", "end": "2001-01-01T00:00:00Z", "step": [-1, "s"],
         "baseline_start": "2000-01-01T00:00:00Z"},
    ],
)  # fmt: skip
def test_a_window_that_cannot_be_is_refused_before_anything_is_made_of_it(tmp_path: Path, window: Any) -> None:
    path = tmp_path / "b"
    write_bundle(path, evidence())
    with_manifest(path, window=window)
    with pytest.raises(UsageError, match=r"manifest\.json|signals\.jsonl"):
        read_bundle(path)


def test_a_bundle_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b"
    write_bundle(path, evidence())
    with pytest.raises(UsageError, match="the limit is 10"):
        read_bundle(path, max_samples=10)


def test_a_part_that_unpacks_to_more_than_deflate_can_shrink_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b"
    write_bundle(path, evidence())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("zeros", b"0")
        archive.infolist()[-1].file_size = 1 << 40
    with pytest.raises(UsageError):
        read_bundle(path)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_bundle_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "b"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="not a bundle"):
        read_bundle(path)


def test_a_bundle_that_is_not_there_is_the_users_to_correct(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_bundle(tmp_path / "absent")
    with pytest.raises(UsageError, match="cannot read"):
        read_bundle(tmp_path)


def test_a_write_that_fails_leaves_the_old_bundle_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "b"
    write_bundle(path, evidence())
    before = path.read_bytes()
    broken = replace(evidence(), metrics=(replace(evidence().metrics[0], labels=()),))
    with pytest.raises(ValueError, match="not on the window's grid"):
        write_bundle(path, broken)
    with pytest.raises(ValueError, match="no code for set"):
        write_bundle(path, replace(evidence(), notes={"a set"}))  # type: ignore[arg-type]
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["b"]
    with pytest.raises(UsageError, match="cannot write"):
        write_bundle(path / "below a file", evidence())


def test_a_part_of_the_window_is_what_a_capture_of_that_part_would_be() -> None:
    whole = evidence()
    start, end = START + pd.Timedelta("2min"), START + pd.Timedelta("4min")
    part = narrow(whole, start=start, end=end, baseline_start=START - pd.Timedelta("100s"))
    assert part.window.baseline_start == START - pd.Timedelta("90s")  # the next sample of the grid
    for old, new in zip(whole.metrics, part.metrics, strict=True):
        assert new.values.index.equals(part.window.index)
        assert new.values.to_numpy().tobytes() == old.values.loc[new.values.index].to_numpy().tobytes()
    assert_same_bits(whole, narrow(whole, start=WINDOW.start, end=WINDOW.end))


def test_a_part_of_the_window_holds_what_touches_it_and_what_was_not_over_is_open() -> None:
    def minute(m: float) -> pd.Timestamp:
        return START + pd.Timedelta(minutes=m)

    def alert(name: str, fired: float, resolved: float | None) -> Alert:
        return Alert(
            name, name, Service(""), {}, "", None, minute(fired), None if resolved is None else minute(resolved)
        )

    whole = replace(
        evidence(),
        events=tuple(
            Event(name, minute(m), "deploy", Service(""), name, end=None if end is None else minute(end))
            for name, m, end in [("long", 1, 9), ("over", -4, -3.5), ("in", 3, 3.5), ("late", 5, None)]
        ),
        alerts=(alert("before", -4, -3.5), alert("open", 1, 9), alert("in", 2, 3), alert("late", 5, None)),
        gaps=(Gap("g1", "s", "always", "r"), Gap("g2", "s", "before", "r", minute(-4), minute(-3.5))),
    )
    part = narrow(whole, start=minute(2), end=minute(4), baseline_start=minute(-3))
    assert [(event.id, event.end) for event in part.events] == [("long", None), ("in", minute(3.5))]
    assert [(one.id, one.resolved_at) for one in part.alerts] == [("open", None), ("in", minute(3))]
    assert [gap.missing for gap in part.gaps] == ["always"]


def test_a_bundle_is_as_private_as_the_user_wants_files_to_be(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_bundle(tmp_path / "b", evidence())
    finally:
        os.umask(before)
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("start", "end"), [("-10min", "1min"), ("1min", "11min"), ("2min", "2min"), ("3min", "2min")])
def test_a_window_that_the_bundle_does_not_hold_is_refused_with_the_one_it_holds(start: str, end: str) -> None:
    with pytest.raises(UsageError, match="does not hold") as raised:
        narrow(evidence(), start=START + pd.Timedelta(start), end=START + pd.Timedelta(end))
    assert "2026-11-17 13:10" in raised.value.hint
