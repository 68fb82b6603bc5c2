"""The evidence of a window as one file: `write_bundle`, `read_bundle`, and `narrow` for a part of its window.

A bundle is a zip: `manifest.json` (schema, generator, window, SHA-256 of each part), `metrics.parquet`,
`signals.jsonl`, `events.jsonl`, `alerts.jsonl`, `gaps.jsonl`, `queries.jsonl`, `context.json` (call graph, notes),
`settings.json`, and where there are some `raw.parquet` with `raw.jsonl`, `rules.jsonl`, `earlier_firings.jsonl`,
`scans.jsonl`, and for each stretch of earlier hours `earlier_hours_N.parquet` with `earlier_hours_N.jsonl` (its window
first).
Everything in Evidence comes back exactly, to the bits of a NaN.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import pandas as pd

from reconstruct.bundle import version_1
from reconstruct.bundle.archive import MANIFEST, read_archive, write_archive
from reconstruct.bundle.matrix import frame, read_matrix, write_matrix
from reconstruct.codec import DecodeError, decode, encode
from reconstruct.errors import UsageError
from reconstruct.json_text import read_json
from reconstruct.model import (
    Alert,
    EarlierFiring,
    EarlierHours,
    Event,
    Evidence,
    Gap,
    LoadedRule,
    Metric,
    Query,
    ScanResult,
    Service,
    Settings,
    Signal,
    Window,
)

__all__ = ["MAX_SAMPLES", "narrow", "read_bundle", "write_bundle"]

MAX_SAMPLES: Final = 500_000_000
"""4 GB of values: more does not fit the memory of the machines this runs on, and hides in a small compressed file."""

_LISTS: Final[Mapping[str, type]] = {"events": Event, "alerts": Alert, "gaps": Gap, "queries": Query}
_OPTIONAL_LISTS: Final[Mapping[str, type]] = {
    "rules": LoadedRule,
    "earlier_firings": EarlierFiring,
    "scans": ScanResult,
}
"""Only in bundles whose evidence has some."""
_METRICS: Final = "metrics.parquet"
_RAW: Final = "raw.parquet"
_RAW_SIGNALS: Final = "raw.jsonl"
"""Only in bundles whose evidence has raw series."""
_STRETCH: Final = "earlier_hours_{}.{}"


def write_bundle(
    path: Path, evidence: Evidence, *, settings: Settings | None = None, generator: Mapping[str, str] | None = None
) -> None:
    """Write `evidence` to `path`, whole or not at all; the same evidence gives the same bytes.

    Raises
    ------
    UsageError
        If the file cannot be written.
    ValueError
        If a metric does not sit on the window's grid.
    """
    index = evidence.window.index
    for metric in (*evidence.metrics, *evidence.raw):
        shape = (len(index), len(metric.labels))
        if metric.values.shape != shape or len(metric.services) != shape[1] or not metric.values.index.equals(index):
            raise ValueError(f"{metric.signal.id} is not on the window's grid: {metric.values.shape}, not {shape}")
    parts = {
        _METRICS: write_matrix(evidence.metrics, window=evidence.window),
        "signals.jsonl": _lines([_metric_record(metric) for metric in evidence.metrics]),
        **({} if not evidence.raw else _raw_parts(evidence)),
        **{k: v for n, stretch in enumerate(evidence.earlier_hours) for k, v in _stretch_parts(n, stretch).items()},
        **{
            f"{name}.jsonl": _lines([encode(row) for row in getattr(evidence, name)])
            for name in (*_LISTS, *_OPTIONAL_LISTS)
            if name in _LISTS or getattr(evidence, name)
        },
        "context.json": _lines([{"calls": encode(evidence.calls), "notes": encode(evidence.notes)}]),
        "settings.json": _lines([encode(settings or Settings())]),
    }
    counts = {name: len(getattr(evidence, name)) for name in ("metrics", *_LISTS)}
    manifest = {"generator": dict(generator or {}), "window": encode(evidence.window), "counts": counts}
    write_archive(path, parts=parts, manifest=manifest)


def _raw_parts(evidence: Evidence) -> dict[str, bytes]:
    return {
        _RAW: write_matrix(evidence.raw, window=evidence.window),
        _RAW_SIGNALS: _lines([_metric_record(metric) for metric in evidence.raw]),
    }


def _stretch_parts(number: int, stretch: EarlierHours) -> dict[str, bytes]:
    head = {"window": encode(stretch.window), "shift": encode(stretch.shift)}
    return {
        _STRETCH.format(number, "parquet"): write_matrix(stretch.metrics, window=stretch.window),
        _STRETCH.format(number, "jsonl"): _lines([head, *(_metric_record(metric) for metric in stretch.metrics)]),
    }


def read_bundle(path: Path, *, max_samples: int = MAX_SAMPLES) -> tuple[Evidence, Settings]:
    """The evidence and the settings that `write_bundle` wrote.

    Raises
    ------
    UsageError
        If it is no bundle, a newer one, cut, altered, or too large: the part is named.
    """
    manifest, parts = read_archive(path)

    def part(name: str) -> bytes:
        if name not in parts:
            raise UsageError(f"{path}: part {name!r} is missing", hint="capture it again, or fetch an unaltered copy")
        return parts[name]

    def lines(name: str) -> list[Mapping[str, Any]]:
        records = _read_lines(part(name))
        old = manifest.get("schema") == version_1.SCHEMA
        return [version_1.upgraded(name, record) for record in records] if old else records

    at = MANIFEST
    try:
        window: Window = decode(manifest.get("window"), Window)
        at = "signals.jsonl"
        metrics = _metrics(lines(at), lambda: part(_METRICS), window=window, max_samples=max_samples)
        at = _RAW_SIGNALS
        raw = _metrics(lines(at), lambda: part(_RAW), window=window, max_samples=max_samples) if at in parts else ()
        earlier: list[EarlierHours] = []
        while (at := _STRETCH.format(len(earlier), "jsonl")) in parts:
            head, *records = lines(at)
            stretch: Window = decode(head.get("window"), Window)
            content = partial(part, _STRETCH.format(len(earlier), "parquet"))
            found = _metrics(records, content, window=stretch, max_samples=max_samples)
            earlier.append(EarlierHours(stretch, found, decode(head.get("shift"), pd.Timedelta)))
        lists = {}
        for name, kind in (*_LISTS.items(), *_OPTIONAL_LISTS.items()):
            at = f"{name}.jsonl"
            if name in _OPTIONAL_LISTS and at not in parts:
                continue
            lists[name] = tuple(decode(record, kind) for record in lines(at))
        at = "context.json"
        context = _read_lines(part(at))[0]
        calls = decode(context.get("calls"), tuple[tuple[str, str], ...])
        notes = decode(context.get("notes"), tuple[str, ...])
        at = "settings.json"
        settings: Settings = decode(lines(at)[0], Settings)
    except (DecodeError, ValueError, IndexError, RecursionError) as error:
        raise UsageError(
            f"{path}: part {at!r} does not hold what it should: {error}",
            hint="it was altered, or a newer version wrote it: update reconstruct, or capture it again",
        ) from error
    evidence = Evidence(window=window, metrics=metrics, calls=calls, notes=notes, raw=raw, **lists)
    return replace(evidence, earlier_hours=tuple(earlier)), settings


def _metrics(
    records: Sequence[Mapping[str, Any]], content: Callable[[], bytes], *, window: Window, max_samples: int
) -> tuple[Metric, ...]:
    """Metrics of their records and their matrix, whose size is checked before anything of that size is made."""
    n_series = [len(cast("Sequence[object]", record.get("labels", ()))) for record in records]
    _check_size(window, n_series, max_samples=max_samples)
    index = window.index
    matrices = read_matrix(content(), n_times=len(index), n_series=n_series)
    return tuple(
        _metric(record, values=frame(values, index=index)) for record, values in zip(records, matrices, strict=True)
    )


def narrow(
    evidence: Evidence, *, start: pd.Timestamp, end: pd.Timestamp, baseline_start: pd.Timestamp | None = None
) -> Evidence:
    """The evidence of `[start, end)` within what was captured.

    Rows between `baseline_start` and `start` are its baseline; `baseline_start` (default: the captured one) moves up to
    the next sample of the grid. What was not yet over at `end` is open again: it had not ended as far as this window
    can see.

    Raises
    ------
    UsageError
        If the bundle does not hold that window.
    """
    old = evidence.window
    first = baseline_start if baseline_start is not None else min(old.baseline_start, start)
    if not old.baseline_start <= first <= start < end <= old.end:
        raise UsageError(
            f"the bundle does not hold {first} to {end}",
            hint=f"it holds {old.start} to {old.end}, with a baseline from {old.baseline_start}",
        )
    steps = -((old.baseline_start - first) // old.step)
    window = Window(start=start, end=end, step=old.step, baseline_start=old.baseline_start + steps * old.step)
    rows = slice(steps, steps + len(window.index))

    def touches(begins: pd.Timestamp, ends: pd.Timestamp | None) -> bool:
        return begins < end and (ends is None or ends >= window.baseline_start)

    return replace(
        evidence,
        window=window,
        metrics=tuple(replace(metric, values=metric.values.iloc[rows]) for metric in evidence.metrics),
        raw=tuple(replace(metric, values=metric.values.iloc[rows]) for metric in evidence.raw),
        events=tuple(
            replace(event, end=event.end if event.end is not None and event.end < end else None)
            for event in evidence.events
            if touches(event.time, event.end or event.time)
        ),
        alerts=tuple(
            alert if alert.resolved_at is None or alert.resolved_at < end else _open(alert)
            for alert in evidence.alerts
            if touches(alert.firing_at, alert.resolved_at)
        ),
        gaps=tuple(gap for gap in evidence.gaps if gap.start is None or touches(gap.start, gap.end)),
        scans=evidence.scans if window == old else (),  # it told of the whole window
    )


def _open(alert: Alert) -> Alert:
    return replace(alert, resolved_at=None, ended_in_gap=False)


def _metric_record(metric: Metric) -> dict[str, Any]:
    return {
        "signal": encode(metric.signal),
        "labels": encode(metric.labels),
        "services": encode(metric.services),
        "query": metric.query,
        "spacing_s": encode(metric.spacing_s),
    }


def _metric(record: Mapping[str, Any], *, values: pd.DataFrame) -> Metric:
    labels = decode(record.get("labels"), tuple[Mapping[str, str], ...])
    services = decode(record.get("services"), tuple[Service, ...])
    if len(services) != len(labels):
        raise DecodeError("labels and services differ in number")
    return Metric(
        signal=decode(record.get("signal"), Signal),
        values=values,
        labels=labels,
        services=services,
        query=decode(record.get("query"), str),
        spacing_s=_spacing_s(record),
    )


SPACINGS_S: Final = (1e-6, 366 * 86400.0)
"""Samples further apart than a year show no incident, and sums of such lengths leave the range of times; nothing is
sampled more often than once in a microsecond."""


def _spacing_s(record: Mapping[str, Any]) -> float:
    spacing_s: float = decode(record.get("spacing_s"), float)
    if not SPACINGS_S[0] <= spacing_s <= SPACINGS_S[1]:
        raise DecodeError(f"{spacing_s} is no spacing of samples")
    return spacing_s


def _check_size(window: Window, n_series: Sequence[int], *, max_samples: int) -> None:
    """Before anything of that size is made."""
    if window.step <= pd.Timedelta(0) or window.end < window.baseline_start:
        raise DecodeError("the window runs backwards")
    n_times = (window.end - window.baseline_start) / window.step
    if n_times * max(sum(n_series), 1) > max_samples:
        raise DecodeError(f"it claims {n_times:.0f} x {sum(n_series)} samples; the limit is {max_samples}")


def _lines(records: Sequence[object]) -> bytes:
    text = "".join(json.dumps(record, ensure_ascii=True, allow_nan=False) + "\n" for record in records)
    return text.encode("ascii")


def _read_lines(content: bytes) -> list[Mapping[str, Any]]:
    records = [read_json(line) for line in content.decode("ascii").split("\n") if line]
    if not all(isinstance(record, dict) for record in records):
        raise DecodeError("a line is not an object")
    return records
