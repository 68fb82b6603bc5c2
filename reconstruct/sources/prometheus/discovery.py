"""What is there to ask: metric names with their types and units, jobs and how often they are scraped, alert rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from reconstruct import promql as pq
from reconstruct.errors import QueryError, ReconstructError
from reconstruct.http import redact
from reconstruct.model import Gap, Window
from reconstruct.model.instants import is_span
from reconstruct.sources.prometheus.api_errors import TooMuchError, TooSlowError
from reconstruct.sources.prometheus.client import Prometheus, Sample, Series

SHORT_LOOK: Final = pd.Timedelta("5min")
LONG_LOOK: Final = pd.Timedelta("1h")
"""Raw samples are read over the short one; a job that gave fewer than `MIN_SAMPLES` there, over the long one."""
MIN_SAMPLES: Final = 4
"""Three distances: their median is one of them even if a scrape was missed."""
TARGETS_PER_JOB: Final = 2
NAMES_PER_QUERY: Final = 200
"""Metric names in one regular expression: some 8 kB, well inside a form and quick to look up in the index."""
NATIVE_PER_QUERY: Final = 50
"""Metrics asked at once whether they are native histograms: some 5 kB."""
LARGEST_METRICS: Final = 500
"""Asked of the index's statistics: those with fewer series are quickly counted."""
MOST_MEASURED: Final = 50
"""Recorded metrics whose spacing is read from their own samples: two questions each."""
NAMES_WITHOUT_UP: Final = 20
"""Metrics looked at where nothing is scraped (remote write, imports), spread over all names."""
SUFFIX_TYPES: Final[Mapping[str, str]] = {
    "_bucket": "histogram",
    "_total": "counter",
    "_info": "info",
    "_created": "created",
}
PARTS: Final = ("_bucket", "_sum", "_count", "_total", "_created", "_info")
"""Suffixes that OpenMetrics adds to a family's name; metadata is kept under the family's."""


T = TypeVar("T")


class MetricInfo(NamedTuple):
    """What is known of a metric: counter, gauge, histogram, summary, info, created or unknown; help; unit."""

    type: str
    help: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One alerting rule as the server has loaded it."""

    name: str
    condition: str
    """Its expression."""
    for_s: float
    """How long the condition has to hold before it fires."""
    interval_s: float
    """How often it is evaluated; 0 = not told."""
    labels: Mapping[str, str]
    """Those that the rule itself adds."""


def metric_names(
    server: Prometheus, *, scope: str = "", window: Window | None = None
) -> tuple[dict[str, MetricInfo], tuple[Gap, ...]]:
    """Every metric name that has samples in the window, sorted, with what is known of it.

    Types and units are the targets' own words; where the server keeps none (VictoriaMetrics) or does not tell, the
    suffixes of the names speak.
    """
    names = _names(server, scope=scope, window=window)
    nothing: list[Mapping[str, str]] = []
    entries, gaps = asked(server.metadata, missing="metric metadata", otherwise=nothing)
    return described(names, parse_metadata(entries)), gaps


def _names(server: Prometheus, *, scope: str, window: Window | None) -> list[str]:
    """The metric names; counted by a query where the server does not list the values of labels."""
    try:
        return server.label_values("__name__", scope=scope, window=window)
    except ReconstructError as error:
        if isinstance(error, QueryError):
            raise  # a scope that is no PromQL
        ends = _moments(server, window) if window is not None else (server.now(),)
        matching = ",".join(part for part in ('__name__!=""', scope) if part)
        found = {
            sample.labels.get("__name__", "")
            for at in ends
            for sample in server.instant(f"count by (__name__) ({{{matching}}})", at=at)
        }
        server.do_without("the list of metric names", error)
        return sorted(found - {""})


def learn_dialect(server: Prometheus, *, scope: str = "", window: Window | None = None) -> None:
    """Find out how the server spells labels, and how it wants to be asked."""
    try:
        names = server.label_names(scope=scope, window=window)
    except ReconstructError as error:
        server.do_without("the list of labels", error)
        names = []
    server.learn_dialect(names)


def native_histograms(
    server: Prometheus, names: Mapping[str, MetricInfo], *, window: Window, scope: str = ""
) -> frozenset[str]:
    """Which of the metrics are native histograms.

    Those that metadata call histograms and that have no buckets beside them, and of metrics of unknown kind those that
    `histogram_count` finds (remote write brings no metadata).
    """
    if not server.dialect.has_native_histograms:
        return frozenset()
    bare = [name for name in names if not name.endswith(PARTS) and f"{name}_bucket" not in names and ":" not in name]
    unknown = [name for name in bare if names[name].type in ("unknown", "histogram")]
    found: set[str] = set()
    for first in range(0, len(unknown), NATIVE_PER_QUERY):
        # histogram_count drops the name and is nothing for other series; so each answer is given its metric's name.
        asked = " or ".join(
            f'label_replace(count(histogram_count({pq.selector(name, scope=scope)})), "of_metric", '
            f'{pq.quote_label(name)}, "", "")'
            for name in unknown[first : first + NATIVE_PER_QUERY]
        )
        for at in _moments(server, window):
            found |= {sample.labels["of_metric"] for sample in server.instant(asked, at=at)}
    return frozenset(found)


def series_counts(server: Prometheus, *, window: Window) -> dict[str, int]:
    """Series of the largest metrics, as the server's own statistics of its index tell; empty where it has none."""
    params = {"limit": LARGEST_METRICS, "topN": LARGEST_METRICS, "date": f"{window.start:%Y-%m-%d}"}
    try:
        return server.page("status/tsdb", read=parse_series_counts, params=params)
    except ReconstructError:  # gateways have no index of their own; what is large is counted then
        return {}


def parse_series_counts(data: Any) -> dict[str, int]:
    """The `data` of `/api/v1/status/tsdb`: metric name -> series."""
    rows = data.get("seriesCountByMetricName") if isinstance(data, dict) else None
    return {str(row["name"]): int(row["value"]) for row in rows or ()}


def parse_metadata(entries: Iterable[Mapping[str, str]]) -> dict[str, MetricInfo]:
    """Family name -> info; of several targets that disagree the first that says something is believed."""
    found: dict[str, MetricInfo] = {}
    for entry in entries:
        name, kind = entry.get("metric_name", ""), entry.get("type", "")
        if name not in found or found[name].type == "unknown":
            kind = "gauge" if kind == "gaugehistogram" else kind
            known = kind if kind in ("counter", "gauge", "histogram", "summary", "info") else "unknown"
            found[name] = MetricInfo(known, redact(entry.get("help", "")), entry.get("unit", ""))
    return found


def described(names: Sequence[str], families: Mapping[str, MetricInfo]) -> dict[str, MetricInfo]:
    """What is known of each name: by its family's metadata, else by its suffix and its neighbours.

    >>> names = ["a_seconds_bucket", "a_seconds_count", "a_seconds_sum", "b_count", "b_sum", "c_total", "d"]
    >>> [info.type for info in described(names, {}).values()]
    ['histogram', 'histogram', 'histogram', 'summary', 'summary', 'counter', 'unknown']
    """
    present = set(names)
    return {name: _described(name, families, present) for name in names}


def _described(name: str, families: Mapping[str, MetricInfo], present: set[str]) -> MetricInfo:
    if name in families and families[name].type != "unknown":
        return families[name]
    part = next((part for part in PARTS if name.endswith(part)), "")
    family = name.removesuffix(part)
    info = families.get(family, families.get(name, MetricInfo("unknown")))
    if part == "_created":
        return info._replace(type="created")
    if info.type != "unknown":
        return info
    if part in SUFFIX_TYPES:
        return info._replace(type=SUFFIX_TYPES[part])
    if part in ("_sum", "_count") and {f"{family}_sum", f"{family}_count"} <= present:
        return info._replace(type="histogram" if f"{family}_bucket" in present else "summary")
    return info


def scrape_intervals(server: Prometheus, window: Window, *, scope: str = "") -> dict[str, float]:
    """How often each job is scraped, in seconds, read from the data: the median distance of raw samples.

    Configuration and targets are not asked: they are empty for a data directory that is served again, and behind Thanos
    or Mimir. Jobs that sent no `up` are measured on other metrics of theirs.
    """
    ends = _moments(server, window)
    found: dict[str, float] = {}
    for at in ends:
        known = _targets(server, f"up{{{scope}}}" if scope else "up", at)
        for job, spacing_s in _measured(server, "up", known, at=at).items():
            found.setdefault(job, spacing_s)
    if found:
        return dict(sorted(found.items()))
    names = server.label_values("__name__", scope=scope, window=window)
    some = names[:: max(1, len(names) // NAMES_WITHOUT_UP)]
    for at in ends:
        if not some or found:
            break
        matcher = ",".join(part for part in (f"__name__=~{pq.one_of(some)}", scope) if part)
        for sample in _targets(server, f"{{{matcher}}}", at):
            name = sample.labels.get("__name__", "")
            for job, spacing_s in _measured(server, name, [sample], at=at).items():
                found.setdefault(job, spacing_s)
    return dict(sorted(found.items()))


def metric_spacings(
    server: Prometheus, names: Sequence[str], window: Window, *, intervals: Mapping[str, float], scope: str = ""
) -> dict[str, float]:
    """The true spacing of each metric's samples, in seconds; the widest where several jobs have it.

    A scraped metric comes as often as its job is scraped; a recorded one (`a:b:c`) as often as its rule is evaluated,
    whatever its labels say, so that is read from its own samples.
    """
    found: dict[str, float] = {}
    scraped = [name for name in names if ":" not in name]
    end, start = _moments(server, window)
    look = pq.duration((end - window.baseline_start).total_seconds())
    # What exists now, then what did when the window began; the dear question only for what came and went in between.
    for at, series in ((end, "{%s}"), (start, "{%s}"), (end, f"last_over_time({{%s}}[{look}])")):
        missing = [name for name in scraped if name not in found]
        for first in range(0, len(missing), NAMES_PER_QUERY):
            some = f"__name__=~{pq.one_of(missing[first : first + NAMES_PER_QUERY])}"
            matching = series % (f"{some},{scope}" if scope else some)
            try:
                counted = server.instant(f"count by (__name__, job) ({matching})", at=at)
            except (TooMuchError, TooSlowError) as error:
                # Too many series to ask again and again: the widest interval of any job is never too short for a rate.
                server.do_without("how often each metric is scraped", error)
                return found | {name: max(intervals.values()) for name in missing if intervals}
            for sample in counted:
                name, spacing_s = sample.labels.get("__name__", ""), intervals.get(sample.labels.get("job", ""))
                if spacing_s is not None:
                    found[name] = max(spacing_s, found.get(name, 0.0))
    for name in [name for name in names if name not in found][:MOST_MEASURED]:
        selector = pq.selector(name, scope=scope)
        one = server.instant(f"topk(1, {selector})", at=end)
        for spacing_s in _measured(server, name, one, at=end).values():
            found[name] = spacing_s
    return found


def alert_rules(server: Prometheus) -> tuple[tuple[AlertRule, ...], tuple[Gap, ...]]:
    """The alerting rules that the server has loaded, in its order."""
    nothing: tuple[AlertRule, ...] = ()
    return asked(
        lambda: server.page("rules", read=parse_rules, params={"type": "alert"}),
        missing="alert rules",
        otherwise=nothing,
    )


def parse_rules(data: Mapping[str, Any] | None) -> tuple[AlertRule, ...]:
    """The `data` of `/api/v1/rules`."""
    return tuple(
        AlertRule(
            name=str(rule["name"]),
            condition=_expression(rule.get("query")),
            for_s=_seconds(rule.get("duration")),
            interval_s=_seconds(group.get("interval")),
            labels={str(k): redact(str(v)) for k, v in (rule.get("labels") or {}).items()},
        )
        for group in (data or {}).get("groups") or ()
        for rule in group.get("rules") or ()
        if rule.get("type") == "alerting" and rule.get("name")
    )


def _expression(value: Any) -> str:
    """A rule's expression; "" where it is none that can be worked with."""
    return redact(value) if isinstance(value, str) and pq.readable(value) else ""


def _seconds(value: Any) -> float:
    seconds = float(value or 0.0)
    if not is_span(seconds, zero=True):
        raise ValueError("no length of time")
    return seconds


def asked(question: Callable[[], T], *, missing: str, otherwise: T) -> tuple[T, tuple[Gap, ...]]:
    """The answer; where this server does not have such a page, or does not show it to us: `otherwise`, and a gap."""
    try:
        answer = question()
    except ReconstructError as error:  # 404, 403, and VictoriaMetrics's 400 for pages that it does not know
        return otherwise, (Gap("", "prometheus", missing, error.message.splitlines()[0]),)
    return answer, ()


def median_spacing_s(series: Iterable[Series]) -> float | None:
    """The median distance between samples, to the millisecond, to the second where it is within one per cent of it."""
    distances = [np.diff(each.times_s) for each in series if each.times_s.size > 1]
    if not distances:
        return None
    spacing_s = float(np.median(np.concatenate(distances)))
    whole = round(spacing_s)
    return float(whole) if whole and abs(spacing_s - whole) <= 0.01 * whole else round(spacing_s, 3)


def _moments(server: Prometheus, window: Window) -> tuple[pd.Timestamp, ...]:
    """When to look: the window's end, or as much of it as has been; its start, for what was gone by then."""
    return (min(window.end, server.now()), window.start)


def _targets(server: Prometheus, selector: str, at: pd.Timestamp) -> list[Sample]:
    return server.instant(f"topk by (job) ({TARGETS_PER_JOB}, {selector})", at=at)


def _measured(server: Prometheus, name: str, known: Sequence[Sample], *, at: pd.Timestamp) -> dict[str, float]:
    """Job -> spacing of the raw samples of these series of one metric."""
    found: dict[str, float] = {}
    missing = list(known)
    for look in (SHORT_LOOK, LONG_LOOK):
        if not missing:
            break
        matcher = covering(name, [sample.labels for sample in missing])
        by_job: dict[str, list[Series]] = {}
        for each in server.raw(matcher, start=at - look, end=at):
            by_job.setdefault(each.labels.get("job", ""), []).append(each)
        for job, series in by_job.items():
            spacing_s = median_spacing_s(each for each in series if each.times_s.size >= MIN_SAMPLES)
            if spacing_s:
                found[job] = spacing_s
        missing = [sample for sample in missing if sample.labels.get("job", "") not in found]
    return found


def covering(name: str, labels: Sequence[Mapping[str, str]]) -> str:
    """A selector that takes in all these series, and few others: the values of job and instance that they have."""
    parts = [f"__name__={pq.quote_label(name)}"]
    for label in ("job", "instance"):
        values = sorted({each.get(label, "") for each in labels})
        if values and values != [""]:
            parts.append(f"{label}=~{pq.one_of(values)}")
    return "{" + ",".join(parts) + "}"
