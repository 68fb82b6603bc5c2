"""What is known of a window: signals and their samples, events, alerts, gaps, and the queries behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from reconstruct.model.alerting import EarlierFiring, LoadedRule
from reconstruct.model.kinds import Aspect, EventKind, EventState, Layer, Service, Worse
from reconstruct.model.tags import Tag

if TYPE_CHECKING:
    from reconstruct.model.scan import ScanResult


@dataclass(frozen=True, slots=True)
class Window:
    """What is looked at: `[start, end)` on a grid of `step`, with healthy time from `baseline_start` before it."""

    start: pd.Timestamp
    end: pd.Timestamp
    step: pd.Timedelta
    baseline_start: pd.Timestamp

    @property
    def index(self) -> pd.DatetimeIndex:
        """The one grid every frame sits on: baseline_start, + step, ... < end.

        >>> t = pd.Timestamp("2026-01-01T00:00Z")
        >>> m = pd.Timedelta("1min")
        >>> len(Window(t + 3 * m, t + 5 * m, m, t).index)
        5
        """
        return pd.date_range(self.baseline_start, self.end, freq=self.step, inclusive="left")

    @property
    def first(self) -> int:
        """Row of the first sample inside the window; rows before it are the baseline."""
        return int(self.index.as_unit("ns").searchsorted(self.start.as_unit("ns")))

    @property
    def step_s(self) -> float:
        """Seconds from one row to the next."""
        return self.step.total_seconds()


@dataclass(frozen=True, slots=True)
class Signal:
    """A question worth asking: what is measured, in which unit, and which way is worse."""

    id: str
    """`pack/name`, safe as a file name after `/` is replaced."""
    title: str
    promql: str
    """As sent: `$__rate_interval` and `$scope` are filled in."""
    unit: str
    """seconds, bytes, ratio, per second, count, ... (packs.UNITS)."""
    layer: Layer
    aspect: Aspect
    worse: Worse = "up"
    min_effect: float = 0.0
    """Smallest change worth telling, in `unit`."""
    service_label: str = ""
    """Label that names the service; "" = the usual ones are tried (service, app, job, ...)."""
    service: str = ""
    """The service it is about when no label names one ("" = unknown)."""
    range_s: float = 0.0
    """Length of the range window inside (`rate(x[5m])`: 300): how late it lets go of a step."""
    counts: bool = False
    """It counts events within `range_s` (`changes(x[3m])`): the first shows at once, the last is kept so long."""
    threshold: float | None = None
    """From an alert rule: the condition's right side ..."""
    comparator: str = ""
    """... and how it is compared (`>`, `<`, ...)."""
    limit: float | None = None
    """What a dashboard's panel draws as a limit, in `unit`: somebody set it to look at, and no alert fires on it."""
    inferred: bool = False
    """True when a convention made it up from a metric's name: trusted less."""
    tags: tuple[Tag, ...] = ()
    """Finer words than (layer, aspect), which rules and mechanisms ask for."""

    @property
    def user_facing(self) -> bool:
        """Whether users feel it: latency, errors or availability of what they call, not of what calls out."""
        user_facing = self.layer in ("edge", "app") and self.aspect in ("latency", "errors", "availability")
        return user_facing and not self.has_tag("outbound", "scrape")

    def has_tag(self, *any_of: Tag) -> bool:
        """Whether it has any of these tags."""
        return any(tag in self.tags for tag in any_of)


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """A signal's answer on the window's grid."""

    signal: Signal
    values: pd.DataFrame
    """float64, shape (n_times, n_series), index = `window.index`, columns 0..n-1; NaN = no sample, never "normal"."""
    labels: tuple[Mapping[str, str], ...]
    """One a column."""
    services: tuple[Service, ...]
    """One a column; `Service("")` where nothing tells."""
    query: str
    """Id of the Query that gave it."""
    spacing_s: float
    """True spacing of the samples behind it, read from the data; at least the grid's step."""

    def of_columns(self, columns: Sequence[int]) -> Metric:
        """Only these series, numbered anew."""
        values = self.values[list(columns)].set_axis(pd.RangeIndex(len(columns)), axis=1)
        labels = tuple(self.labels[c] for c in columns)
        return replace(self, values=values, labels=labels, services=tuple(self.services[c] for c in columns))


_ACT_WHILE_THEY_RUN: Final = frozenset({"migration", "job"})
"""Kinds whose effect is there before they are complete: a lock, a load."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something somebody did, or something that happened once."""

    id: str
    time: pd.Timestamp
    kind: EventKind
    service: Service
    title: str
    end: pd.Timestamp | None = None
    """When a rollout was complete; None = a point in time."""
    resolution_s: float = 0.0
    """The source gives times in steps of this (60 for HH:MM): the event lies in [time, time + resolution_s)."""
    version: str = ""
    previous: str = ""
    url: str = ""
    source: str = ""
    """Where it was read: a file's name, `github:owner/repo`, `prometheus`."""
    source_id: str = ""
    """The id that its source gave it."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Columns we know no name for, kept."""
    state: EventState = "done"
    """How far it got, as its source told; a source that tells nothing speaks of what happened."""
    environment: str = ""
    """Where it happened, in its source's word ("" = not told)."""
    production: bool | None = None
    """Whether that is where users are; None = nobody told, and the name does not tell either."""
    seen_applied: bool = False
    """True when another witness saw it in effect although its source calls it failed or unfinished."""

    @property
    def took_effect(self) -> bool:
        """Whether it happened where the incident was: only then it can have set anything off, or undone it.

        A migration or a job acts while it runs: one that failed or was called off after a while did.

        >>> t = pd.Timestamp("2026-01-01T00:00Z")
        >>> Event("e1", t, "deploy", Service("shop"), "x").took_effect
        True
        >>> Event("e1", t, "deploy", Service("shop"), "x", state="failed").took_effect
        False
        >>> Event("e1", t, "deploy", Service("shop"), "x", environment="pr-131", production=False).took_effect
        False
        """
        ran = self.kind in _ACT_WHILE_THEY_RUN and self.end is not None and self.state in ("failed", "cancelled")
        return self.production is not False and (self.state in ("running", "done") or self.seen_applied or ran)


@dataclass(frozen=True, slots=True)
class Alert:
    """One firing of one alerting rule."""

    id: str
    rule: str
    service: Service
    labels: Mapping[str, str]
    condition: str
    """The rule's expression; "" = not told."""
    pending_at: pd.Timestamp | None
    """When the condition first held."""
    firing_at: pd.Timestamp
    resolved_at: pd.Timestamp | None
    """None = still firing at the end of the window."""
    ended_in_gap: bool = False
    """True when it ended because its data ended: missing data resolves alerts, so this is no recovery."""
    resolution_s: float = 0.0
    """Spacing of the rule's evaluations as seen: times are right to within this."""
    query: str = ""
    """Id of the Query that shows it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What was asked for and not got; said first, never hidden."""

    id: str
    source: str
    missing: str
    """What was asked for."""
    cause: str
    """Why it was not got."""
    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None
    targets: tuple[tuple[str, str], ...] = ()
    """(job, instance) of each target that was away, told once for all its series; ("", "") = every one."""
    matters: bool = False
    """It could change what is said: something user-facing could not be read or judged, so that nobody may call the
    window healthy, or (from the timeline stage on) part of the incident is hidden."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it was asked, so that any figure can be asked again."""

    id: str
    signal: str
    query: str
    start: pd.Timestamp
    end: pd.Timestamp
    step_s: float
    series: int


@dataclass(frozen=True, slots=True, eq=False)
class EarlierHours:
    """Signals over an earlier stretch, coarser than the window's grid: what is usual beyond the baseline."""

    window: Window
    """The stretch, on its own grid, without a baseline of its own."""
    metrics: tuple[Metric, ...]
    shift: pd.Timedelta
    """How far before the window its same hours are; 0 = the hours right before the baseline."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """All that is known of a window. The same evidence gives the same incident, byte for byte."""

    window: Window
    metrics: tuple[Metric, ...] = ()
    events: tuple[Event, ...] = ()
    alerts: tuple[Alert, ...] = ()
    gaps: tuple[Gap, ...] = ()
    queries: tuple[Query, ...] = ()
    calls: tuple[tuple[str, str], ...] = ()
    """Call graph where known: (caller, callee) service names."""
    raw: tuple[Metric, ...] = ()
    """Metrics as exported, one a name and one column a series, on the window's grid: what `reconstruct.meaning` reads.

    No rates, no sums; `signal.id` is `raw/<name>`, its tags hold `counter` or `gauge`. Not looked at for anomalies.
    """
    notes: tuple[str, ...] = ()
    """Choices made while gathering that the reader must know: baseline, step, replicas merged, time zone."""
    rules: tuple[LoadedRule, ...] = ()
    """Alerting rules that the server has loaded."""
    earlier_firings: tuple[EarlierFiring, ...] = ()
    """Of the rules that fired in the window, before the evidence begins."""
    earlier_hours: tuple[EarlierHours, ...] = ()
    """Of the signals that left their baseline in the window: the day before it, the same hours a week before."""
    scans: tuple[ScanResult, ...] = ()
    """What changed among the metrics that no pack knows, series by series; at most one."""


def numbered_gaps(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Gaps in order of time, those of no time first, with the ids g1, g2, ...; each said once."""
    distinct = {(g.source, g.missing, g.cause, g.start, g.end): g for g in gaps}
    never = pd.Timestamp.min.tz_localize("UTC")
    ordered = sorted(
        distinct.values(), key=lambda g: (not g.matters, g.start or never, g.source, g.missing, g.cause, g.end or never)
    )
    return tuple(replace(gap, id=f"g{n}") for n, gap in enumerate(ordered, 1))
