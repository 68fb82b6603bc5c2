"""Ask every source and make one Evidence of the answers; what could not be had is a Gap, or an error under --strict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pandas as pd

from reconstruct import packs, promql
from reconstruct.detect import find_anomalies
from reconstruct.errors import NothingToShowError, ReconstructError, SourceError, UsageError
from reconstruct.http import redact
from reconstruct.meaning import telling_metrics
from reconstruct.model import (
    EarlierFiring,
    EarlierHours,
    Evidence,
    Gap,
    LoadedRule,
    Metric,
    Query,
    ScanResult,
    Signal,
    Window,
    numbered_gaps,
)
from reconstruct.packs import Catalogue, Checked
from reconstruct.packs.alert_conditions import alert_signals
from reconstruct.packs.raw import NOT_READ, SUMMED, raw_signals
from reconstruct.sources.baseline import begun
from reconstruct.sources.changes import ledger, merge, registry
from reconstruct.sources.dashboards.asked import asked_by_dashboards
from reconstruct.sources.limited import nearest
from reconstruct.sources.metric_files import reader
from reconstruct.sources.metric_files.gathered import metrics_of_files
from reconstruct.sources.metric_files.reader import MetricFile
from reconstruct.sources.prometheus import discovery
from reconstruct.sources.prometheus.blind_edges import without_blind_rows
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.earlier_hours import earlier_hours
from reconstruct.sources.prometheus.history.earlier_firings import earlier_firings
from reconstruct.sources.prometheus.history.questions import history
from reconstruct.sources.prometheus.metric_inventory import seen_metrics
from reconstruct.sources.prometheus.replicas import replica_scope
from reconstruct.sources.prometheus.rollout_edges import without_bent_rates
from reconstruct.sources.prometheus.signals import gather_signals
from reconstruct.sources.prometheus.summed_counters import counted
from reconstruct.sources.prometheus.target_attributes import with_target_attributes
from reconstruct.sources.request import Request
from reconstruct.sources.result import SourceResult
from reconstruct.sources.window import MIN_BASELINE, window_of
from reconstruct.text.baseline import compared_with, not_each_series

__all__ = ["Progress", "Request", "add_later", "check_packs", "gather", "gather_changes", "scan_window"]

Progress = Callable[[int, int, str], None]
"""`(done, total, what is being asked)`."""

RATE_SAMPLES: Final = 4
"""Scrapes in a `rate()`'s window: with two missed there are still two to take a difference of (Grafana's factor)."""
VERSIONS: Final = frozenset({"version", "service_version"})
"""Labels that tell releases apart: few, and what a canary is seen by."""


@dataclass(slots=True)
class _Gathered:
    """What the sources have told so far."""

    metrics: list[Metric] = field(default_factory=list)
    raw: list[Metric] = field(default_factory=list)
    """Metrics as exported."""
    queries: list[Query] = field(default_factory=list)
    told: list[SourceResult] = field(default_factory=list)
    """By explicit sources of changes, in the order given."""
    derived: SourceResult = field(default_factory=SourceResult)
    """What the metrics themselves show of changes and alerts."""
    gaps: list[Gap] = field(default_factory=list)
    unread: tuple[Gap, ...] = ()
    """Why signals gave no series, where not one gave any."""
    notes: list[str] = field(default_factory=list)
    intervals: Mapping[str, float] = field(default_factory=dict)
    """Seconds between two scrapes of each job, as the data show."""
    rules: tuple[LoadedRule, ...] = ()
    scans: tuple[ScanResult, ...] = ()
    earlier: tuple[EarlierFiring, ...] = ()
    earlier_hours: tuple[EarlierHours, ...] = ()


def gather(asked: Request, *, now: pd.Timestamp, progress: Progress | None = None) -> Evidence:
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
    progress = progress or _silent
    if asked.prometheus is None and not asked.metric_files:
        raise UsageError(
            "there is nothing to ask for metrics",
            hint="give --prometheus URL (or set PROMETHEUS_URL), --bundle FILE or --metrics FILE",
        )
    found = _Gathered(notes=list(asked.notes))
    files = [reader.read_metric_file(path, tz=asked.tz, columns=asked.columns) for path in asked.metric_files]
    server = _connected(asked, found, now=now, progress=progress)
    window = _window(asked, files=files, server=server, now=now, found=found)
    if server is not None:
        _ask_prometheus(server, asked, window=window, found=found, progress=progress)
    _read_files(files, asked, window=window, found=found)
    _read_changes(asked, window=window, found=found, progress=progress)
    if not any(metric.labels for metric in found.metrics):
        raise _nothing(asked, found, window)
    return _evidence(found, asked, window=_begun(found, window))


def add_later(evidence: Evidence, asked: Request, *, progress: Progress | None = None) -> Evidence:
    """Evidence with what the files and sources of changes of `asked` tell of its window: found the day after.

    What both tell is one event; ids are given anew, since they follow the order of time.
    """
    window = evidence.window
    found = _Gathered(
        metrics=list(evidence.metrics),
        raw=list(evidence.raw),
        queries=list(evidence.queries),
        derived=SourceResult(events=evidence.events, alerts=evidence.alerts),
        gaps=list(evidence.gaps),
        notes=[*evidence.notes, *asked.notes],
        rules=evidence.rules,
        earlier=evidence.earlier_firings,
        earlier_hours=evidence.earlier_hours,
    )
    files = [reader.read_metric_file(path, tz=asked.tz, columns=asked.columns) for path in asked.metric_files]
    _read_files(files, asked, window=window, found=found)
    _read_changes(replace(asked, metric_files=()), window=window, found=found, progress=progress or _silent)
    asked = replace(asked, calls=tuple(dict.fromkeys((*evidence.calls, *asked.calls))))
    return _evidence(found, asked, window=window)


def _read_files(files: Sequence[MetricFile], asked: Request, *, window: Window, found: _Gathered) -> None:
    """The files' metrics on the window's grid."""
    known = {*asked.services, *(name for call in asked.calls for name in call)}
    metrics, raw, queries, gaps, notes = metrics_of_files(
        files, window=window, conventions=_catalogue(asked).conventions, known=known, scope=asked.scope
    )
    found.metrics += metrics
    found.raw += raw
    found.queries += queries
    found.gaps += gaps
    found.notes += notes


def gather_changes(asked: Request, *, now: pd.Timestamp, progress: Progress | None = None) -> Evidence:
    """Only what changed in the window: events and alerts from every source, and from the server's own metrics."""
    progress = progress or _silent
    found = _Gathered(notes=list(asked.notes))
    server = _connected(asked, found, now=now, progress=progress)
    if server is None and not asked.events:
        raise UsageError("there is no source of changes", hint="give --events SOURCE or --prometheus URL")
    window = replace(_window(asked, files=(), server=server, now=now, found=found))
    window = replace(window, baseline_start=window.start)
    if server is not None:
        _ask_history(server, asked, window=window, found=found, progress=progress)
    _read_changes(asked, window=window, found=found, progress=progress)
    return _evidence(found, asked, window=window)


def scan_window(
    asked: Request, *, selector: str | None, now: pd.Timestamp, progress: Progress | None = None
) -> tuple[Prometheus, Window, str, packs.Conventions]:
    """The server, the window and the matchers of a scan, and how metrics' names are read.

    Raises
    ------
    UsageError
        There is no server, or the window or the selector is wrong.
    """
    found = _Gathered()
    server = _connected(asked, found, now=now, progress=progress or _silent)
    if server is None:
        raise UsageError("there is no metrics server to scan", hint="give --prometheus URL, --bundle or --metrics FILE")
    window = _window(asked, files=(), server=server, now=now, found=found)
    matchers = ",".join(part for part in (promql.inside_of(selector or ""), asked.scope) if part)
    return server, window, matchers, _catalogue(asked).conventions


def _silent(done: int, total: int, text: str) -> None:
    """Progress that nobody watches."""
    del done, total, text


def check_packs(asked: Request, *, now: pd.Timestamp, progress: Progress | None = None) -> tuple[Checked, ...]:
    """Every signal of every pack, asked once at the end of the window (the last hour where none is given)."""
    progress = progress or _silent
    found = _Gathered()
    server = _connected(asked, found, now=now, progress=progress)
    if server is None:
        raise UsageError("there is no metrics server to ask", hint="give --prometheus URL or set PROMETHEUS_URL")
    start = asked.start if asked.start is not None else min(now, server.now()) - MIN_BASELINE
    window = _window(replace(asked, start=start), files=(), server=server, now=now, found=found)
    names, _ = discovery.metric_names(server, scope=asked.scope, window=window)
    spacing = discovery.metric_spacings(server, sorted(names), window, intervals=found.intervals, scope=asked.scope)
    progress(0, 0, "asking every signal")
    return packs.check(
        _catalogue(asked),
        names,
        ask=lambda expression: len(server.instant(expression, at=window.end)),
        rate_interval_s=lambda of: RATE_SAMPLES * max((spacing[n] for n in of if n in spacing), default=window.step_s),
        scope=asked.scope,
    )


# ---------------------------------------------------------------- the window


def _connected(asked: Request, found: _Gathered, *, now: pd.Timestamp, progress: Progress) -> Prometheus | None:
    """The server, once it answers. It is the source of all: where it does not answer, nothing else can stand in."""
    if asked.prometheus is None:
        return None
    server = Prometheus(asked.prometheus, service_labels=_catalogue(asked).conventions.service_labels)
    progress(0, 0, f"asking {server.settings.url}")
    server.ready()
    skew = server.skew_note(now)
    found.notes += [skew] if skew else []
    return server


def _window(
    asked: Request, *, files: Sequence[MetricFile], server: Prometheus | None, now: pd.Timestamp, found: _Gathered
) -> Window:
    """What is looked at; choices are said in notes."""
    window, found.intervals, said = window_of(asked, files=files, server=server, now=now)
    found.notes += said
    return window


def _begun(found: _Gathered, window: Window) -> Window:
    """The window as the data begin; metrics are cut with it, and what was chosen is said."""
    cut, at, said = begun(found.metrics, window)
    if at:
        found.metrics = [replace(m, values=m.values.iloc[at:]) for m in found.metrics]
        found.raw = [replace(m, values=m.values.iloc[at:]) for m in found.raw]
    found.notes += [said] if said else []
    return cut


# ---------------------------------------------------------------- the sources


def _ask_prometheus(
    server: Prometheus, asked: Request, *, window: Window, found: _Gathered, progress: Progress
) -> None:
    """Which signals this server can answer, their answers, and what its metrics tell of changes."""
    discovery.learn_dialect(server, scope=asked.scope, window=window)
    scope, said = replica_scope(server, window, scope=asked.scope)
    found.notes += [said] if said else []
    progress(0, 0, "looking at what there is to ask")
    signals, raw = _signals(server, asked, window=window, scope=scope, found=found, progress=progress)
    names = sorted({name for signal in (*signals, *raw) for name in promql.metric_names(signal.promql)})
    spacings = discovery.metric_spacings(server, names, window, intervals=found.intervals, scope=scope)
    metrics, queries, gaps = gather_signals(server, (*signals, *raw), window, spacings=spacings, on_progress=progress)
    raw_metrics = [metric for metric in metrics if metric.signal.has_tag("raw")]
    raw_metrics = [counted(metric) if metric.signal.has_tag(SUMMED) else metric for metric in raw_metrics]
    asked_for = [metric for metric in metrics if not metric.signal.has_tag("raw")]
    found.metrics += without_bent_rates(asked_for, raw_metrics)
    found.raw += raw_metrics
    found.queries += queries
    found.gaps += gaps
    found.unread = () if any(query.series for query in queries) else gaps
    _ask_history(server, replace(asked, scope=scope), window=window, found=found, progress=progress)
    found.metrics = list(without_blind_rows(found.metrics, found.derived.gaps))
    found.raw = list(without_blind_rows(found.raw, found.derived.gaps))
    if asked.baseline is None:
        _ask_earlier_hours(server, window=window, found=found, spacings=spacings, progress=progress)
    found.metrics = list(with_target_attributes(found.metrics, found.raw, own=server.service_labels))
    found.earlier_hours = tuple(
        replace(one, metrics=with_target_attributes(one.metrics, found.raw, own=server.service_labels))
        for one in found.earlier_hours
    )
    found.raw = list(with_target_attributes(found.raw, found.raw, own=server.service_labels))
    fired = [alert.rule for alert in found.derived.alerts if alert.firing_at >= window.start]
    found.earlier, more, gaps = earlier_firings(server, fired, window, scope=scope)
    found.queries += more
    found.gaps += gaps
    found.gaps += server.shortcomings()


def _ask_earlier_hours(
    server: Prometheus, *, window: Window, found: _Gathered, spacings: Mapping[str, float], progress: Progress
) -> None:
    """Of signals that left their baseline: the day before and the week before, and what was chosen is said."""
    progress(0, 0, "reading earlier hours of what moved")
    scores = [(max((a.score for a in find_anomalies(m, window=window)), default=0.0), m) for m in found.metrics]
    moved = [metric for score, metric in sorted(scores, key=lambda one: -one[0]) if score > 0]
    found.earlier_hours, queries, gaps = earlier_hours(server, moved, window, spacings=spacings)
    found.queries += queries
    found.gaps += gaps
    found.notes.append(compared_with(found.earlier_hours, moved=len(moved), window=window))


def _signals(
    server: Prometheus, asked: Request, *, window: Window, scope: str, found: _Gathered, progress: Progress
) -> tuple[tuple[Signal, ...], tuple[Signal, ...]]:
    """What packs ask, the user's own alert conditions, and what only names tell; and the metrics as exported."""
    catalogue = _catalogue(asked)
    names, gaps = discovery.metric_names(server, scope=scope, window=window)
    found.gaps += gaps
    if not names:
        return (), ()
    spacing = discovery.metric_spacings(server, sorted(names), window, intervals=found.intervals, scope=scope)
    native = discovery.native_histograms(server, names, window=window, scope=scope)
    names = {name: info._replace(type="histogram") if name in native else info for name, info in names.items()}
    spelling = packs.spelling_of(names, native=native)

    def rate_interval_s(of: Sequence[str]) -> float:
        known = [spacing[name] for name in spelling.theirs(of) if name in spacing]
        return RATE_SAMPLES * max(known, default=window.step_s)

    conventions = catalogue.conventions
    rules, gaps = discovery.alert_rules(server)
    found.gaps += gaps
    found.rules = tuple(LoadedRule(r.name, r.condition, r.for_s, r.labels.get("service", "")) for r in rules)
    known = packs.choose(catalogue, spelling.available, rate_interval_s=rate_interval_s, scope=scope)
    signals = tuple(replace(signal, promql=spelling.written(signal.promql)) for signal in known)
    by_rules = alert_signals(rules, names, catalogue=catalogue, scope=scope)
    panels, gaps, notes = asked_by_dashboards(
        asked.dashboards,
        names,
        catalogue=catalogue,
        window=window,
        scope=scope,
        scrape_s=lambda of: rate_interval_s(of) / RATE_SAMPLES,
    )
    by_rules += panels
    found.gaps += gaps
    found.notes += notes
    raw: tuple[Signal, ...] = ()
    if asked.generic:
        taken = set(spelling.theirs(packs.taken(catalogue, spelling.available)))
        telling = {name: info for name, info in names.items() if name not in taken or not NOT_READ.fullmatch(name)}
        seen = seen_metrics(server, telling, window=window, conventions=conventions, scope=scope)
        plain = {theirs: f"raw/{name}" for theirs, name in spelling.plain_names().items()}
        over = tuple(one for one in dict.fromkeys((*conventions.instance, *conventions.passing)) if one not in VERSIONS)
        telling_of = telling_metrics({name: (one.kind, one.labels) for name, one in seen.items()})
        read = raw_signals(seen, scope=scope, over=over, telling=telling_of, rate_interval_s=rate_interval_s)
        raw = tuple(replace(one, id=plain.get(one.id.removeprefix("raw/"), one.id)) for one in read.signals)
        found.notes += [not_each_series(len(read.left_out))] if read.left_out else []
        made = packs.generic(
            {name: one for name, one in seen.items() if name not in taken},
            conventions=conventions,
            rate_interval_s=rate_interval_s,
            scope=scope,
            services=asked.services,
        )
        signals += made.signals
        found.notes += made.notes
        unknown = {name: one for name, one in seen.items() if name not in taken}
        if asked.scan is not None and made.takes_means:
            found.scans = asked.scan(
                server, unknown, known=seen, window=window, matchers=scope, conventions=conventions,
                until_s=asked.until_s, progress=progress,
            )  # fmt: skip
            found.queries += [one for result in found.scans for one in result.queries()]
    if server.dialect.victoria:
        signals = tuple(replace(signal, promql=promql.rate_as_increase(signal.promql)) for signal in signals)
        raw = tuple(replace(one, promql=promql.rate_as_increase(one.promql)) for one in raw)
    return signals + by_rules, raw


def _ask_history(server: Prometheus, asked: Request, *, window: Window, found: _Gathered, progress: Progress) -> None:
    """Alerts, restarts, new versions and targets that were down, as the server's own series tell them."""
    told, queries = history(
        server,
        window,
        scope=asked.scope,
        intervals=found.intervals,
        strict=asked.strict,
        baseline_chosen_here=asked.baseline is None,
        on_question=lambda wanted: progress(0, 0, f"reading {wanted}"),
    )
    found.derived += told
    found.queries += queries


def _read_changes(asked: Request, *, window: Window, found: _Gathered, progress: Progress) -> None:
    told, gaps = registry.read_sources(
        asked.events,
        window=window,
        reading=registry.Reading(
            tz=asked.tz,
            authors=asked.authors,
            environments=asked.environments,
            names=asked.service_names,
            service_labels=_catalogue(asked).conventions.service_labels,
            until_s=asked.until_s,
        ),
        strict=asked.strict,
        alone=asked.prometheus is None and not asked.metric_files,
        on_source=lambda spec: progress(0, 0, f"reading changes from {redact(spec)}"),
    )
    found.told += told
    found.gaps += gaps


def _nothing(asked: Request, found: _Gathered, window: Window) -> ReconstructError:
    if found.unread:
        cause = max(found.unread, key=lambda gap: gap.missing.count(",")).cause
        return SourceError(f"no signal could be read: {cause}", hint="narrow --scope, or ask for a shorter window")
    when = f"{window.baseline_start:%Y-%m-%d %H:%M:%S} to {window.end:%Y-%m-%d %H:%M:%S} UTC"
    narrowed = [f"--scope {asked.scope}"] if asked.scope else []
    narrowed += [f"--service {', '.join(asked.services)}"] if asked.services else []
    hint = f"is {' and '.join(narrowed)} right?" if narrowed else "is the window right, and within retention?"
    return NothingToShowError(
        f"no series matched between {when}", hint=f"{hint} `reconstruct doctor` says what is there"
    )


# ---------------------------------------------------------------- one Evidence


def _evidence(found: _Gathered, asked: Request, *, window: Window) -> Evidence:
    """Everything with its id: queries in the order asked, events and alerts in order of time."""
    told = sum(found.told, SourceResult())
    numbers = {query.id: f"q{n}" for n, query in enumerate(found.queries, 1)}
    alerts = merge.merge_alerts(found.derived.alerts, told.alerts)
    events, about_sources = ledger.one_ledger(found.told, found.derived, metrics=found.metrics)
    limits = asked.limits
    events, cut = nearest(events, limits.events, window=window, time=lambda one: one.time, what="events")
    alerts, too = nearest(alerts, limits.alerts, window=window, time=lambda one: one.firing_at, what="alerts")
    return Evidence(
        window=window,
        metrics=tuple(replace(m, query=numbers[m.query]) for m in found.metrics),
        raw=tuple(replace(m, query=numbers[m.query]) for m in found.raw),
        events=merge.number(events),
        alerts=tuple(
            replace(alert, id=f"al{n}", query=numbers.get(alert.query, "")) for n, alert in enumerate(alerts, 1)
        ),
        gaps=numbered_gaps((*found.gaps, *told.gaps, *found.derived.gaps, *cut, *too)),
        queries=tuple(replace(query, id=numbers[query.id]) for query in found.queries),
        calls=asked.calls,
        notes=tuple(dict.fromkeys((*found.notes, *told.notes, *found.derived.notes, *about_sources))),
        rules=found.rules,
        earlier_firings=found.earlier,
        earlier_hours=tuple(
            replace(one, metrics=tuple(replace(m, query=numbers[m.query]) for m in one.metrics))
            for one in found.earlier_hours
        ),
        scans=found.scans,
    )


def _catalogue(asked: Request) -> Catalogue:
    return asked.catalogue if asked.catalogue is not None else packs.load([packs.packs_folder()])
