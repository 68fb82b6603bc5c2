"""Ask every source and make one Evidence of the answers; what could not be had is a Gap, or an error under --strict."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from reconstruct import packs
from reconstruct.errors import NothingToShowError, ReconstructError, SourceError, UsageError
from reconstruct.http import HttpSettings, redact
from reconstruct.model import Evidence, Gap, Metric, Query, Window
from reconstruct.packs import Catalogue
from reconstruct.sources import merge, metric_file, registry
from reconstruct.sources.ledger import Ledger
from reconstruct.sources.metric_file import MetricFile
from reconstruct.sources.prometheus import Prometheus
from reconstruct.units import human_duration

Progress = Callable[[int, int, str], None]
"""`(done, total, what is being asked)`."""

BASELINE_LEAST: Final = pd.Timedelta("1h")
"""Of healthy time, where nobody says otherwise: 240 samples at the usual 15 s, four times what a threshold needs."""
BASELINE_MOST: Final = pd.Timedelta("1d")
"""Longer ones cost queries and hold other days' habits; --baseline asks for more."""
MOST_POINTS: Final = 11_000
"""A series in one answer of Prometheus; a longer window is asked at a coarser step, and that is said."""
STEP_IF_UNKNOWN: Final = pd.Timedelta("15s")
"""Prometheus's documented example interval, where the data do not tell theirs."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be gathered: the window and every source, as the command line and the configuration say."""

    start: pd.Timestamp | None = None
    """None: the whole of the metric files."""
    end: pd.Timestamp | None = None
    baseline: pd.Timedelta | None = None
    step: pd.Timedelta | None = None
    prometheus: HttpSettings | None = None
    metric_files: tuple[Path, ...] = ()
    events: tuple[tuple[str, Mapping[str, str]], ...] = ()
    """(source as on the command line, its options)."""
    services: tuple[str, ...] = ()
    scope: str = ""
    catalogue: Catalogue | None = None
    calls: tuple[tuple[str, str], ...] = ()
    tz: str = "UTC"
    strict: bool = False
    authors: bool = False
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    """What the sources have told so far."""

    metrics: list[Metric] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)
    told: list[Ledger] = field(default_factory=list)
    """By explicit sources of changes, in the order given."""
    derived: Ledger = field(default_factory=Ledger)
    """What the metrics themselves show of changes and alerts."""
    gaps: list[Gap] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def gather(asked: Asked, *, now: pd.Timestamp, progress: Progress = lambda done, total, text: None) -> Evidence:
    """Everything that the sources tell of the window.

    Raises
    ------
    SourceError
        No metric source answered, or any source failed under `strict`.
    NothingToShowError
        Everything answered and no series matched.
    UsageError
        The window or a source is not what it should be.
    """
    if asked.prometheus is None and not asked.metric_files:
        raise UsageError(
            "there is nothing to ask for metrics",
            hint="give --prometheus URL (or set PROMETHEUS_URL), --bundle FILE or --metrics FILE",
        )
    found = _Found(notes=list(asked.notes))
    files = [metric_file.read_metric_file(path, tz=asked.tz) for path in asked.metric_files]
    server = _connected(asked, found, now=now, progress=progress)
    window = _window(asked, files=files, server=server, now=now, found=found)
    if server is not None:
        _ask_prometheus(server, asked, window=window, found=found, progress=progress)
    for one in files:
        metrics, queries, gaps = metric_file.to_metrics(one, window=window, conventions=_catalogue(asked).conventions)
        found.metrics += metrics
        found.queries += queries
        found.gaps += gaps
        found.notes += one.notes
    _read_changes(asked, window=window, found=found, progress=progress)
    if not any(metric.labels for metric in found.metrics):
        raise _nothing(asked, found, window)
    return _evidence(found, window=_begun(found, window), calls=asked.calls)


def gather_changes(asked: Asked, *, now: pd.Timestamp, progress: Progress = lambda done, total, text: None) -> Evidence:
    """Only what changed in the window: events and alerts from every source, and from the server's own metrics."""
    found = _Found(notes=list(asked.notes))
    server = _connected(asked, found, now=now, progress=progress)
    if server is None and not asked.events:
        raise UsageError("there is no source of changes", hint="give --events SOURCE or --prometheus URL")
    window = replace(_window(asked, files=(), server=server, now=now, found=found))
    window = replace(window, baseline_start=window.start)
    if server is not None:
        _ask_history(server, asked, window=window, found=found, progress=progress)
    _read_changes(asked, window=window, found=found, progress=progress)
    return _evidence(found, window=window, calls=asked.calls)


def numbered_gaps(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Gaps in order of time, those of no time first, with the ids g1, g2, ...; each said once."""
    distinct = {(g.source, g.wanted, g.reason, g.start, g.end): g for g in gaps}
    never = pd.Timestamp.min.tz_localize("UTC")
    ordered = sorted(distinct.values(), key=lambda g: (g.start or never, g.source, g.wanted, g.reason, g.end or never))
    return tuple(replace(gap, id=f"g{n}") for n, gap in enumerate(ordered, 1))


# ---------------------------------------------------------------- the window


def _connected(asked: Asked, found: _Found, *, now: pd.Timestamp, progress: Progress) -> Prometheus | None:
    """The server, once it answers. It is the source of all: where it does not answer, nothing else can stand in."""
    if asked.prometheus is None:
        return None
    server = Prometheus(asked.prometheus)
    progress(0, 0, f"asking {server.url}")
    server.ready()
    skew = server.skew_note(now)
    found.notes += [skew] if skew else []
    return server


def _window(
    asked: Asked, *, files: Sequence[MetricFile], server: Prometheus | None, now: pd.Timestamp, found: _Found
) -> Window:
    """What is looked at, the grid, and the healthy time before it; choices are said in notes."""
    if server is None and files:
        return _file_window(asked, files=files, found=found)
    end = asked.end if asked.end is not None else now
    if server is not None and end > (clock := server.now()):
        found.notes.append(f"the window ends at the server's own time, {clock:%Y-%m-%d %H:%M:%S} UTC")
        end = clock
    if asked.start is None:
        raise UsageError("the window has no start", hint="give --from, e.g. --from -3h, or --from 13:45 --to 16:00")
    if asked.start >= end:
        raise UsageError(
            f"the window is empty: {asked.start:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S} UTC",
            hint="it lies in the future, or --from is not before --to",
        )
    length = end - asked.start
    baseline = asked.baseline if asked.baseline is not None else min(max(length, BASELINE_LEAST), BASELINE_MOST)
    step = asked.step
    if step is None and server is not None:
        intervals = server_intervals(server, start=asked.start, end=end, scope=asked.scope)
        found.gaps += intervals.gaps
        step = pd.Timedelta(seconds=min(intervals.by_job.values())) if intervals.by_job else STEP_IF_UNKNOWN
    return _on_grid(asked, end=end, baseline=baseline, step=step or STEP_IF_UNKNOWN, found=found)


def _file_window(asked: Asked, *, files: Sequence[MetricFile], found: _Found) -> Window:
    spacings = [one.spacing_s for one in files if one.spacing_s > 0]
    step = asked.step or (pd.Timedelta(seconds=min(spacings)) if spacings else STEP_IF_UNKNOWN)
    first = min(one.start for one in files)
    start = asked.start if asked.start is not None else first
    end = asked.end if asked.end is not None else max(one.end for one in files) + step
    if start >= end:
        raise UsageError(
            f"the window is empty: {start:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S} UTC",
            hint=f"the metric files hold {first:%Y-%m-%d %H:%M:%S} to {max(one.end for one in files):%Y-%m-%d %H:%M:%S}",
        )
    baseline = asked.baseline if asked.baseline is not None else BASELINE_MOST
    return _on_grid(replace(asked, start=start), end=end, baseline=min(baseline, max(start - first, step * 0)), step=step, found=found)


def _on_grid(
    asked: Asked, *, end: pd.Timestamp, baseline: pd.Timedelta, step: pd.Timedelta, found: _Found
) -> Window:
    """Start and baseline on multiples of the step since the epoch: off that grid, `rate()` shifts with every run."""
    if asked.start is None:
        raise ValueError("a window without a start")
    coarser = step
    while (end - asked.start + baseline) / coarser > MOST_POINTS:
        coarser = coarser * 2
    if coarser != step:
        found.notes.append(
            f"the window has more than {MOST_POINTS:,} samples of {step.total_seconds():g} s: asked every "
            f"{coarser.total_seconds():g} s; --step or a shorter window shows more"
        )
    start = asked.start.floor(coarser)
    behind = coarser * math.ceil(baseline / coarser)
    return Window(start, end, coarser, start - behind)


def _begun(found: _Found, window: Window) -> Window:
    """The window with its baseline cut to where any series begins: rows that nothing was measured in are no baseline.

    Metrics are cut with it. What was chosen is said.
    """
    seen = np.zeros(len(window.index), dtype=bool)
    for metric in found.metrics:
        seen |= metric.values.notna().to_numpy().any(axis=1)
    first = int(seen.argmax())
    at = min(first, window.first)
    begun = replace(window, baseline_start=window.index[at]) if at else window
    if at:
        found.metrics = [replace(m, values=m.values.iloc[at:]) for m in found.metrics]
    healthy_s = (begun.start - begun.baseline_start).total_seconds()
    cut = " (no series begins earlier)" if at else ""
    if healthy_s > 0:
        found.notes.append(f"baseline: the {human_duration(healthy_s)} before the window{cut}")
    return begun


# ---------------------------------------------------------------- the sources


def _ask_prometheus(server: Prometheus, asked: Asked, *, window: Window, found: _Found, progress: Progress) -> None:
    raise NotImplementedError


def _ask_history(server: Prometheus, asked: Asked, *, window: Window, found: _Found, progress: Progress) -> None:
    raise NotImplementedError


def _read_changes(asked: Asked, *, window: Window, found: _Found, progress: Progress) -> None:
    for spec, options in asked.events:
        progress(0, 0, f"reading changes from {redact(spec)}")
        try:
            found.told.append(
                registry.read_source(spec, window=window, tz=asked.tz, authors=asked.authors, options=options)
            )
        except SourceError as error:
            if asked.strict:
                raise
            reason = f"{error.message}; {error.hint}"
            found.gaps.append(Gap("", redact(spec), "change events", reason, window.baseline_start, window.end))


def _nothing(asked: Asked, found: _Found, window: Window) -> ReconstructError:
    when = f"{window.baseline_start:%Y-%m-%d %H:%M:%S} to {window.end:%Y-%m-%d %H:%M:%S} UTC"
    narrowed = [f"--scope {asked.scope}"] if asked.scope else []
    narrowed += [f"--service {', '.join(asked.services)}"] if asked.services else []
    hint = f"is {' and '.join(narrowed)} right?" if narrowed else "is the window right, and within retention?"
    return NothingToShowError(f"no series matched between {when}", hint=f"{hint} `reconstruct doctor` says what is there")


# ---------------------------------------------------------------- one Evidence


def _evidence(found: _Found, *, window: Window, calls: tuple[tuple[str, str], ...]) -> Evidence:
    """Everything with its id: queries in the order asked, events and alerts in order of time."""
    told = sum(found.told, Ledger())
    numbers = {query.id: f"q{n}" for n, query in enumerate(found.queries, 1)}
    alerts = merge.merge_alerts(found.derived.alerts, told.alerts)
    events = merge.merge(*(one.events for one in found.told), found.derived.events)
    return Evidence(
        window=window,
        metrics=tuple(replace(m, query=numbers[m.query]) for m in found.metrics),
        events=merge.number(events),
        alerts=tuple(
            replace(alert, id=f"al{n}", query=numbers.get(alert.query, "")) for n, alert in enumerate(alerts, 1)
        ),
        gaps=numbered_gaps((*found.gaps, *told.gaps, *found.derived.gaps)),
        queries=tuple(replace(query, id=numbers[query.id]) for query in found.queries),
        calls=calls,
        notes=tuple(dict.fromkeys((*found.notes, *told.notes, *found.derived.notes))),
    )


def _catalogue(asked: Asked) -> Catalogue:
    return asked.catalogue if asked.catalogue is not None else packs.load([packs.packs_folder()])
