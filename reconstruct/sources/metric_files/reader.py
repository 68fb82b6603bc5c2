"""Metrics from a file: which format it is, and its series in order of time."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from reconstruct.errors import UsageError
from reconstruct.json_text import FORM_ERRORS
from reconstruct.model import Gap
from reconstruct.sources.metric_files.cells import NO_TIME
from reconstruct.sources.metric_files.column_choices import ColumnChoice, roles_of
from reconstruct.sources.metric_files.content import Content, read_content
from reconstruct.sources.metric_files.formats.appdynamics import read_appdynamics
from reconstruct.sources.metric_files.formats.azure_monitor import read_azure_monitor
from reconstruct.sources.metric_files.formats.cloudwatch import read_cloudwatch
from reconstruct.sources.metric_files.formats.datadog import read_datadog
from reconstruct.sources.metric_files.formats.dstat import read_dstat
from reconstruct.sources.metric_files.formats.dynatrace import read_dynatrace
from reconstruct.sources.metric_files.formats.elasticsearch import read_elasticsearch
from reconstruct.sources.metric_files.formats.exposition import read_exposition
from reconstruct.sources.metric_files.formats.gatling import read_gatling
from reconstruct.sources.metric_files.formats.google_monitoring import read_google_monitoring
from reconstruct.sources.metric_files.formats.grafana_frames import read_grafana_frames
from reconstruct.sources.metric_files.formats.graphite import read_graphite
from reconstruct.sources.metric_files.formats.influxdb import read_influxdb
from reconstruct.sources.metric_files.formats.jmeter import read_jmeter
from reconstruct.sources.metric_files.formats.k6 import read_k6
from reconstruct.sources.metric_files.formats.line_protocol import read_line_protocol
from reconstruct.sources.metric_files.formats.locust import read_locust
from reconstruct.sources.metric_files.formats.log_analytics import read_log_analytics
from reconstruct.sources.metric_files.formats.netdata import read_netdata
from reconstruct.sources.metric_files.formats.new_relic import read_new_relic
from reconstruct.sources.metric_files.formats.opentsdb import read_opentsdb
from reconstruct.sources.metric_files.formats.otlp import read_otlp
from reconstruct.sources.metric_files.formats.prometheus_api import read_prometheus_api
from reconstruct.sources.metric_files.formats.promtool_output import read_promtool_output
from reconstruct.sources.metric_files.formats.reports import read_report
from reconstruct.sources.metric_files.formats.sysstat import read_sysstat
from reconstruct.sources.metric_files.formats.vegeta import read_vegeta
from reconstruct.sources.metric_files.formats.victoriametrics import read_victoriametrics
from reconstruct.sources.metric_files.formats.vmstat import read_vmstat
from reconstruct.sources.metric_files.histograms import told_apart
from reconstruct.sources.metric_files.series import (
    SECOND_NS,
    MetricFile,
    RawSeries,
    raw_metrics,
    spacing_of,
    to_metrics,
)
from reconstruct.sources.metric_files.table import read_table
from reconstruct.sources.metric_files.tracks import Parsed, Track, has_samples, limited
from reconstruct.sources.metric_files.units import WrittenUnit
from reconstruct.sources.metric_files.views import one_view

__all__ = ["MetricFile", "RawSeries", "file_span", "raw_metrics", "read_metric_file", "to_metrics"]

_Format = Callable[..., Parsed | None]
FORMATS: Final[Sequence[_Format]] = (
    read_prometheus_api,
    read_victoriametrics,
    read_grafana_frames,
    read_cloudwatch,
    read_azure_monitor,
    read_google_monitoring,
    read_influxdb,
    read_line_protocol,
    read_dynatrace,
    read_opentsdb,
    read_otlp,
    read_netdata,
    read_appdynamics,
    read_elasticsearch,
    read_dstat,
    read_log_analytics,
    read_datadog,
    read_new_relic,
    read_k6,
    read_jmeter,
    read_report,
    read_sysstat,
    read_vegeta,
    read_gatling,
    read_vmstat,
    read_locust,
    read_graphite,
    read_promtool_output,
    read_exposition,
)
"""Asked in this order; each knows its own content. What none knows is read as a table."""
SAMPLES_TO_TELL_SPACING: Final = 6
"""Five distances: their median is the usual one even if two samples are missing."""
SAME_TWICE: Final = 2
MAX_TWICE: Final = 0.5
"""Of a series' moments that have two different samples; with more the series is several, and none of it is read."""


def read_metric_file(path: Path, *, tz: str = "UTC", columns: Sequence[ColumnChoice] = ()) -> MetricFile:
    """Read the file at `path`; a time without a zone is read in `tz`, `columns` is what the user says of some.

    A row or cell that cannot be read is a Gap that names its line. Samples are put in order of time; where one series
    has two different samples at one time, neither counts, and that is a Gap too.

    Raises
    ------
    UsageError
        If the file cannot be read, or not one sample in it can.
    """
    content = read_content(path)
    parsed = _parsed(content, tz=tz, chosen=roles_of(columns))
    gaps = list(parsed.gaps)
    series = _in_order(parsed.tracks, name=path.name, gaps=gaps)
    if not series:
        first = gaps[0] if gaps else None
        raise UsageError(
            f"no sample could be read from {path}: {first.cause if first else 'no column holds numbers'}",
            hint="--column 'NAME=time' (metric, value, label, service) says what a column is; docs/metric-files.md",
        )
    series, notes = one_view(told_apart(series))
    zoneless = tz.upper() == "UTC" and parsed.zoneless
    zone_note = (f"times in {path.name} have no zone and are read as UTC (--tz)",) if zoneless else ()
    return MetricFile(
        name=path.name,
        path=str(path),
        series=series,
        start=pd.Timestamp(min(int(one.times[0]) for one in series), tz="UTC"),
        end=pd.Timestamp(max(int(one.times[-1]) for one in series), tz="UTC"),
        spacing_s=spacing_of(series),
        gaps=tuple(gaps),
        notes=(*zone_note, *parsed.notes, *(f"{path.name}: {note}" for note in notes)),
        columns=tuple(columns),
    )


def file_span(path: Path, *, tz: str = "UTC") -> tuple[pd.Timestamp, pd.Timestamp, float]:
    """First and last sample of a file, and the usual seconds between two samples of a series."""
    found = read_metric_file(path, tz=tz)
    return found.start, found.end, found.spacing_s


def _parsed(content: Content, *, tz: str, chosen: Mapping[str, str]) -> Parsed:
    empty: Parsed | None = None
    if not content.is_parquet:
        for one in FORMATS:
            try:
                found = one(content, tz=tz)
            except (csv.Error, *FORM_ERRORS) as error:
                raise _other_form(content, one.__name__.removeprefix("read_").replace("_", " "), error) from error
            if found is not None and any(map(has_samples, found.tracks)):
                return found
            empty = empty or found
    try:
        return read_table(content, tz=tz, chosen=chosen)
    except UsageError:
        if empty is None:
            raise
    except FORM_ERRORS as error:
        raise _other_form(content, "a table", error) from error
    return empty


def _other_form(content: Content, kind: str, error: Exception) -> UsageError:
    return UsageError(
        f"{content.path} looks like {kind}, but a part of it has another form: {type(error).__name__}: {error}",
        hint="was it edited, or cut? export it again",
    )


def _in_order(tracks: Sequence[Track], *, name: str, gaps: list[Gap]) -> tuple[RawSeries, ...]:
    """The series that have samples, each name and set of labels once, in that order; what is left out is in `gaps`."""
    twice: list[Gap] = []
    kept: dict[tuple[str, tuple[tuple[str, str], ...]], RawSeries] = {}
    for track in sorted(_in_one_unit(tracks), key=lambda one: (one.name, sorted(one.labels.items()))):
        key = (track.name, tuple(sorted(track.labels.items())))
        one = _series(track, name=name, twice=twice)
        if one is None:
            continue
        if key in kept:
            cause = "two series have this name and these labels; the first counts"
            twice.append(Gap("", name, f"{track.name}{_braces(track.labels)}", cause))
        kept.setdefault(key, one)
    gaps += limited(twice, name=name)
    if not kept and twice:
        gaps.insert(0, twice[0])
    return tuple(kept.values())


def _in_one_unit(tracks: Sequence[Track]) -> list[Track]:
    """Tracks of one series that only differ in how their unit was written (ms and s) as one, in the base unit."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], list[Track]] = {}
    for track in tracks:
        found.setdefault((track.name, tuple(sorted(track.labels.items()))), []).append(track)
    return [one for same in found.values() for one in (_joined(same) if len(same) > 1 else same)]


def _joined(same: Sequence[Track]) -> Sequence[Track]:
    units = [track.unit for track in same]
    base = {unit.unit for unit in units if unit is not None}
    if len(base) != 1 or None in units or len({unit.factor for unit in units if unit is not None}) < 2:
        return same
    lines = [track.lines for track in same if track.lines is not None]
    whole = replace(
        same[0],
        times=np.concatenate([track.times for track in same]),
        values=np.concatenate([track.values * (track.unit.factor if track.unit else 1.0) for track in same]),
        unit=WrittenUnit(base.pop()),
        lines=np.concatenate(lines) if len(lines) == len(same) else None,
    )
    return [whole]


def _series(track: Track, *, name: str, twice: list[Gap]) -> RawSeries | None:
    """The samples of one series in order of time; None where it has none."""
    rows = np.unique(track.times[track.times != NO_TIME])
    there = (track.times != NO_TIME) & ~np.isnan(track.values)
    if not track.name or not there.any():
        return None
    order = np.argsort(track.times[there], kind="stable")
    times, values = track.times[there][order], track.values[there][order]
    lines = track.lines[there][order] if track.lines is not None else None
    again = np.flatnonzero(times[1:] == times[:-1]) + 1
    if len(again):
        moments, begins = np.unique(times, return_index=True)
        low = np.minimum.reduceat(values, begins)
        differ = ~np.isclose(low, np.maximum.reduceat(values, begins), rtol=1e-9)
        # An export that overlaps another has a sample twice; what stands there more often is a log of single events.
        differ |= np.diff(np.append(begins, len(values))) > SAME_TWICE
        twice.append(_twice(track, times, lines, again=again, differing=int(np.count_nonzero(differ)), name=name))
        if np.count_nonzero(differ) > MAX_TWICE * len(moments):
            return None
        times, values = moments[~differ], low[~differ]
        if not len(times):
            return None
    # A column that is filled in every fourth row is sampled that seldom; of a few samples the rows tell it better.
    moments = times if len(times) >= SAMPLES_TO_TELL_SPACING else rows
    spacing_s = float(np.median(np.diff(moments))) / SECOND_NS if len(moments) > 1 else 0.0
    return RawSeries(
        name=track.name,
        labels=dict(track.labels),
        times=times,
        values=values,
        spacing_s=spacing_s,
        unit=track.unit,
        kind=track.kind,
    )


def _twice(
    track: Track,
    times: np.ndarray[tuple[int], np.dtype[np.int64]],
    lines: np.ndarray[tuple[int], np.dtype[np.int64]] | None,
    *,
    again: np.ndarray[tuple[int], np.dtype[np.intp]],
    differing: int,
    name: str,
) -> Gap:
    first = int(again[0])
    at = pd.Timestamp(int(times[first]), tz="UTC")
    where = f" (lines {lines[first - 1]} and {lines[first]})" if lines is not None else ""
    if differing:
        cause = (
            f"it has several samples at one time, {differing} times, first at {at:%Y-%m-%d %H:%M:%S} UTC{where}; "
            "none of these is read: no column tells them apart (--column 'NAME=label' names one)"
        )
    else:
        cause = f"{len(again)} of its samples stand in the file twice, first at {at:%Y-%m-%d %H:%M:%S} UTC{where}"
    return Gap("", name, f"{track.name}{_braces(track.labels)}", cause, matters=differing > 0)


def _braces(labels: Mapping[str, str]) -> str:
    return "{" + ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items())) + "}" if labels else ""
