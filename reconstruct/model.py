"""The nouns every stage speaks: frozen data, no behaviour beyond what follows from the fields.

Times are `pandas.Timestamp` in UTC; windows are half-open; durations are seconds. Frames held by a noun are never
changed. Ids are unique within one incident: q1 (queries), e1 (events), al1 (alerts), g1 (gaps), a1 (anomalies),
t1 (timeline), ep1 (episodes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import pandas as pd

Layer = Literal["edge", "app", "database", "cache", "queue", "host", "network", "runtime"]
Aspect = Literal[
    "latency",
    "errors",
    "traffic",
    "saturation",
    "utilisation",
    "locks",
    "restarts",
    "availability",
    "work",
]
Worse = Literal["up", "down", "both"]
Direction = Literal["up", "down", "both"]
Shape = Literal["level", "ramp", "spike", "variance", "flat", "cap", "gap"]
EventKind = Literal["deploy", "rollback", "config", "flag", "migration", "scale", "restart", "job", "alert", "note"]
EntryKind = Literal[
    "change",
    "onset",
    "threshold",
    "alert",
    "spread",
    "peak",
    "mitigation",
    "recovery",
    "gap",
    "restart",
    "note",
]
Verdict = Literal["incident", "no-incident", "inconclusive"]
HintVerdict = Literal["supported", "plausible", "contradicted", "inconclusive"]

LAYERS: tuple[Layer, ...] = ("edge", "app", "database", "cache", "queue", "host", "network", "runtime")
ASPECTS: tuple[Aspect, ...] = (
    "latency",
    "errors",
    "traffic",
    "saturation",
    "utilisation",
    "locks",
    "restarts",
    "availability",
    "work",
)


class Service(NamedTuple):
    """Who something is about: a name, and the namespace and cluster where labels tell them ("" = not told).

    >>> Service("shop").may_be(Service("shop", "prod", "eu-1")), Service("shop", "a").may_be(Service("shop", "b"))
    (True, False)
    """

    name: str
    namespace: str = ""
    cluster: str = ""

    def may_be(self, other: Service) -> bool:
        """Whether both can be the same service: an untold namespace or cluster matches any."""
        return self.name == other.name and all(
            not mine or not theirs or mine == theirs for mine, theirs in zip(self[1:], other[1:], strict=True)
        )


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
    floor: float = 0.0
    """Smallest change worth telling, in `unit`."""
    service_label: str = ""
    """Label that names the service; "" = the usual ones are tried (service, app, job, ...)."""
    service: str = ""
    """The service it is about when no label names one ("" = unknown)."""
    smear_s: float = 0.0
    """Length of the range window inside (`rate(x[5m])`: 300): how late it lets go of a step."""
    counts: bool = False
    """It counts events within `smear_s` (`changes(x[3m])`): the first shows at once, the last is kept so long."""
    threshold: float | None = None
    """From an alert rule: the condition's right side ..."""
    comparator: str = ""
    """... and how it is compared (`>`, `<`, ...)."""
    known: bool = True
    """False when a convention made it up from a metric's name: trusted less."""
    tags: tuple[str, ...] = ()
    """Finer words than (layer, aspect) that mechanisms may ask for: pool, cert, gc, oom, replication, probe, ..."""


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
    wanted: str
    reason: str
    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None
    targets: tuple[tuple[str, str], ...] = ()
    """(job, instance) of each target that was away, told once for all its series; ("", "") = every one."""


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
    notes: tuple[str, ...] = ()
    """Choices made while gathering that the reader must know: baseline, step, replicas merged, time zone."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as well as the samples can show it: the best estimate, and the bounds."""

    time: pd.Timestamp
    earliest: pd.Timestamp
    latest: pd.Timestamp


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One series that left its own history, from onset to recovery."""

    id: str
    signal: Signal
    query: str
    """Id of the Query whose answer shows it."""
    labels: Mapping[str, str]
    service: Service
    direction: Direction
    shape: Shape
    onset: Moment
    recovery: Moment | None
    """None = not back by the end of the window (or its data ended first)."""
    baseline: float
    peak: float
    peak_time: pd.Timestamp
    sigmas: float
    """Size of the peak in robust spreads of the baseline."""
    score: float = 1.0
    """How far beyond the threshold that fired; 1 = just."""
    level: float = 0.0
    """Median while anomalous, in the signal's unit."""
    under_way: bool = False
    """Already anomalous at the first sample of the window, with no healthy time before it."""
    column: int = 0
    """Column of the metric that it was found in."""
    why: Mapping[str, float] = field(default_factory=dict)
    """Which scale and threshold fired, for --explain."""

    @property
    def worse(self) -> bool:
        """Whether it moved the way that the signal calls worse."""
        return self.signal.worse == "both" or self.direction in (self.signal.worse, "both")


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's word for or against a hint, and what it rests on."""

    rule: str
    """Name of the rule: its file in `explain/`, its test and its docs page have this name."""
    says: str
    evidence: tuple[str, ...]
    weight: float = 0.0
    """Log-odds that it moved the confidence by."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What could have done it, with reasons for and against; never "the cause"."""

    rank: int
    trigger: str | None
    """Id of an Event, or None where no change explains it."""
    mechanism: str
    service: Service
    metric: str | None
    """Id of the Anomaly that shows it best."""
    confidence: float
    verdict: HintVerdict
    statement: str
    reasons_for: tuple[Reason, ...] = ()
    reasons_against: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class RuledOut:
    """A hypothesis that nothing supports and whose signals stayed normal or cannot account for the effect."""

    mechanism: str
    service: Service
    says: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LetGo:
    """A change near the onset that is innocent as far as we can see, and why."""

    event: str
    rule: str
    says: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotChecked:
    """A hypothesis without data, and what would be needed to check it."""

    mechanism: str
    reason: str


@dataclass(frozen=True, slots=True)
class Impact:
    """What users felt: how much, from when to when."""

    service: Service
    what: str
    value: float
    """In `unit`."""
    unit: str
    share: float | None
    """Of all requests in that time; None where it is not a share."""
    start: pd.Timestamp
    end: pd.Timestamp
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Episode:
    """Anomalies that belong together in time."""

    id: str
    start: pd.Timestamp
    end: pd.Timestamp | None
    anomalies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What explain makes of evidence and anomalies; timeline composes it into the Incident."""

    verdict: Verdict
    says: str
    """One sentence: why this verdict."""
    episodes: tuple[Episode, ...] = ()
    worst: str | None = None
    """Id of the episode that the milestones speak of."""
    onset: Moment | None = None
    onset_evidence: tuple[str, ...] = ()
    mitigated: Moment | None = None
    mitigated_evidence: tuple[str, ...] = ()
    recovered: Moment | None = None
    recovered_evidence: tuple[str, ...] = ()
    impact: tuple[Impact, ...] = ()
    affected: tuple[Service, ...] = ()
    hints: tuple[Hint, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    let_go: tuple[LetGo, ...] = ()


@dataclass(frozen=True, slots=True)
class Milestone:
    """One of onset, detected, mitigated, recovered."""

    moment: Moment
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Duration:
    """Time between two milestones, with its bounds and its formula."""

    value_s: float
    low_s: float
    high_s: float
    formula: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    id: str
    moment: Moment
    kind: EntryKind
    rule: str
    """The rule that wrote it: where to find its code."""
    service: Service
    title: str
    detail: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Incident:
    """The answer. `render/json.py` writes it as the contract says."""

    evidence: Evidence
    anomalies: tuple[Anomaly, ...]
    explanation: Explanation
    milestones: Mapping[str, Milestone | None]
    durations: Mapping[str, Duration]
    timeline: tuple[Entry, ...]


# ---------------------------------------------------------------- what packs and config build, and pipeline passes in


@dataclass(frozen=True, slots=True)
class Sign:
    """Something a mechanism expects of the signals: which kind, and which way it moves.

    `tags` empty = any signal of that (layer, aspect).
    """

    layers: tuple[Layer, ...]
    aspects: tuple[Aspect, ...]
    moves: Literal["up", "down", "worse", "any", "none"]
    """`worse` = the way that the signal itself calls worse; `none` = it must stay as it was."""
    tags: tuple[str, ...] = ()
    """Any of these; `-tag` = without it."""
    says: str = ""
    alternatives: tuple[Sign, ...] = ()
    """Other kinds of signal that show the same thing."""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A way for things to go wrong, in terms of (layer, aspect): queries/mechanisms.yaml."""

    id: str
    title: str
    statement: str
    """A sentence with {service}, {metric}, {before}, {during}, {time}."""
    must: tuple[Sign, ...] = ()
    """Each has to be there, or the mechanism is not shown."""
    may: tuple[Sign, ...] = ()
    """Each makes it likelier."""
    must_not: tuple[Sign, ...] = ()
    """Any of these contradicts it."""
    checked_by: tuple[Sign, ...] = ()
    """Signals whose staying normal rules it out; none with data = not checked."""
    needs: str = ""
    """What to export so that it can be checked."""
    change_can: tuple[str, ...] = ()
    """Event kinds that can set it off; () = any."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user configured that the pure core needs."""

    services: tuple[str, ...] = ()
    """What the incident is about; () = found out."""
    calls: tuple[tuple[str, str], ...] = ()
    mechanisms: tuple[Mechanism, ...] = ()
    authors: bool = False
