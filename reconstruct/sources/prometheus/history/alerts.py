"""When alerts were pending, fired and resolved: what Prometheus itself recorded of its rules.

`ALERTS` has a sample at every evaluation while an alert is pending or firing; the value of `ALERTS_FOR_STATE` is the
moment the condition first held. Both are read raw: a look-back would let every alert without a staleness marker fire
for five minutes more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct import promql as pq
from reconstruct.errors import ReconstructError
from reconstruct.model import Alert, Gap, Query, Window
from reconstruct.model.instants import EARLIEST_S
from reconstruct.sources.prometheus.client import Prometheus, Series
from reconstruct.sources.prometheus.discovery import AlertRule, alert_rules, median_spacing_s
from reconstruct.sources.prometheus.replicas import REPLICA_LABELS
from reconstruct.sources.service_labels import service_of

PIECE: Final = pd.Timedelta("6h")
"""Of raw samples asked for at once: 100 alerts that fire all the time, evaluated every 15 s, are 144,000 samples."""
MISSED: Final = 2.5
"""In evaluations: with a longer pause an alert was not firing any more. One evaluation may be missed, or be late."""
MAX_CHECKED: Final = 100
"""Ends of alerts whose data are looked at: one question each."""
_BOOKKEEPING: Final = frozenset({"__name__", "alertstate", *REPLICA_LABELS})

Key = tuple[tuple[str, str], ...]


class _Firing(NamedTuple):
    """One firing of one alert, in Unix seconds."""

    pending_s: float | None
    first_s: float
    last_s: float


def alert_history(
    server: Prometheus, window: Window, *, scope: str = ""
) -> tuple[tuple[Alert, ...], tuple[Query, ...], tuple[Gap, ...]]:
    """Every firing between the start of the baseline and the end of the window, by time, then rule.

    Alerts that carry a label of the scope must match it; those that do not carry it are kept, since a rule may have
    aggregated it away. Replicas of one alert are one.
    """
    end = min(window.end, server.now())
    lenient = pq.lenient(scope)
    firing = _raw(server, "ALERTS", 'alertstate="firing"', lenient, window.baseline_start, end)
    queries = [_query("alerts/firing", _selector("ALERTS", 'alertstate="firing"', lenient), window, len(firing))]
    if not firing:
        return (), tuple(queries), ()
    pending = _raw(server, "ALERTS", 'alertstate="pending"', lenient, window.baseline_start, end)
    since = _raw(server, "ALERTS_FOR_STATE", "", lenient, window.baseline_start, end)
    queries.append(_query("alerts/pending", _selector("ALERTS", 'alertstate="pending"', lenient), window, len(pending)))
    queries.append(_query("alerts/since", _selector("ALERTS_FOR_STATE", "", lenient), window, len(since)))
    rules, gaps = alert_rules(server)
    spacing_s = median_spacing_s(firing) or median_spacing_s(pending) or window.step_s
    firing_by, pending_by, since_by = _by_key(firing), _by_key(pending), _by_key(since)
    checks = _Checks(server, window, spacing_s=spacing_s)
    alerts: list[Alert] = []
    for key, samples in firing_by.items():
        labels = dict(key)
        name = labels.pop("alertname", "?")
        rule = _rule_of(name, labels, rules)
        for run in firings(samples, pending=pending_by.get(key), since=since_by.get(key), spacing_s=spacing_s):
            still = run.last_s > end.timestamp() - MISSED * spacing_s
            resolved_s = run.last_s + spacing_s
            alerts.append(
                Alert(
                    id="",
                    rule=name,
                    service=service_of(labels, own=server.service_labels),
                    labels=labels,
                    condition=rule.condition if rule else "",
                    pending_at=None if run.pending_s is None else _time(run.pending_s),
                    firing_at=_time(_fired_s(run, rule, window=window, spacing_s=spacing_s)),
                    resolved_at=None if still else _time(min(resolved_s, end.timestamp())),
                    ended_in_gap=not still and checks.data_ended(rule, labels, at_s=resolved_s),
                    resolution_s=spacing_s,
                    query="alerts/firing",
                )
            )
    alerts.sort(key=lambda alert: (alert.firing_at, alert.rule, tuple(sorted(alert.labels.items()))))
    return tuple(alerts), tuple(queries), gaps


def firings(firing: Series, *, pending: Series | None, since: Series | None, spacing_s: float) -> list[_Firing]:
    """The single firings in an alert's samples.

    Samples that lie further apart than `MISSED` evaluations belong to two firings, unless `ALERTS_FOR_STATE` says that
    the condition has held since the same moment: then only Prometheus was away.

    >>> s = lambda times: Series({}, np.array(times, dtype=float), np.ones(len(times)))
    >>> firings(s([30, 45, 60, 200, 215]), pending=s([15, 185]), since=None, spacing_s=15.0)
    [_Firing(pending_s=15.0, first_s=30.0, last_s=60.0), _Firing(pending_s=185.0, first_s=200.0, last_s=215.0)]
    """
    times = firing.times_s
    far = np.flatnonzero(np.diff(times) > MISSED * spacing_s)
    found: list[_Firing] = []
    for first, last in zip([0, *(far + 1)], [*far, times.size - 1], strict=True):
        begun = _since(since, float(times[first]), spacing_s=spacing_s)
        if begun is None and pending is not None:
            begun = _run_before(pending.times_s, float(times[first]), spacing_s=spacing_s)
        same = begun is not None and found and found[-1].pending_s == begun
        start = found.pop().first_s if same else float(times[first])
        found.append(_Firing(begun, start, float(times[last])))
    return found


def _since(since: Series | None, at_s: float, *, spacing_s: float) -> float | None:
    """What ALERTS_FOR_STATE said at about that time."""
    if since is None:
        return None
    near = int(np.argmin(np.abs(since.times_s - at_s)))
    value = float(since.values[near])
    # After a restart the state is restored late: until then the value is 0 or the start of Prometheus itself.
    fits = abs(float(since.times_s[near]) - at_s) <= MISSED * spacing_s
    return value if fits and EARLIEST_S <= value <= at_s else None


def _run_before(times_s: npt.NDArray[np.float64], at_s: float, *, spacing_s: float) -> float | None:
    """The start of the run of samples that ends where this firing begins."""
    before = times_s[times_s < at_s]
    if not before.size or at_s - before[-1] > MISSED * spacing_s:
        return None
    far = np.flatnonzero(np.diff(before) > MISSED * spacing_s)
    return float(before[far[-1] + 1 if far.size else 0])


def _fired_s(run: _Firing, rule: AlertRule | None, *, window: Window, spacing_s: float) -> float:
    """When it began to fire; for one that fired before we looked, when it must have: its condition held for `for`."""
    seen_from_start = run.first_s - window.baseline_start.timestamp() <= MISSED * spacing_s
    if seen_from_start and run.pending_s is not None and rule is not None:
        return min(run.first_s, run.pending_s + rule.for_s)
    return run.first_s


class _Checks:
    """Whether an alert ended because its data did; each question is asked once."""

    def __init__(self, server: Prometheus, window: Window, *, spacing_s: float) -> None:
        self._server = server
        self._window = window
        self._spacing_s = spacing_s
        self._answers: dict[tuple[str, float], list[tuple[Mapping[str, str], float]]] = {}

    def data_ended(self, rule: AlertRule | None, labels: Mapping[str, str], *, at_s: float) -> bool:
        """Missing data resolve an alert: its condition has no value any more, or the server has no samples at all."""
        look_s = MISSED * self._spacing_s
        scraped = f"count(count_over_time(up[{pq.duration(look_s)}]))"
        if self._values(scraped, at_s=at_s - look_s) and not self._values(scraped, at_s=at_s + look_s):
            return True  # Prometheus itself was away
        condition = pq.split_condition(rule.condition) if rule else None
        if condition is None:
            return False
        # Looked at a little later: just behind the last sample the look-back still repeats it.
        left = pq.with_short_look_back(condition.left, window_s=look_s)
        for there, value in self._values(left, at_s=at_s + look_s):
            if not np.isnan(value) and _same(there, labels, added=rule.labels if rule else {}):
                return False
        return True

    def _values(self, promql: str, *, at_s: float) -> list[tuple[Mapping[str, str], float]]:
        key = (promql, at_s)
        if key not in self._answers:
            if len(self._answers) >= MAX_CHECKED:
                return [({}, 1.0)]  # not looked at: taken for what is usual, an end because of the condition
            try:
                self._answers[key] = list(self._server.instant(promql, at=_time(at_s)))
            except ReconstructError:
                self._answers[key] = [({}, 1.0)]
        return self._answers[key]


def _same(there: Mapping[str, str], alert: Mapping[str, str], *, added: Mapping[str, str]) -> bool:
    """Whether a condition's series is the one that this alert is about; labels that the rule adds do not count."""
    return all(alert.get(name) == value for name, value in there.items() if name not in added and name != "__name__")


def _rule_of(name: str, labels: Mapping[str, str], rules: Sequence[AlertRule]) -> AlertRule | None:
    """The rule with that name; of several the one whose own labels the alert has."""
    named = [rule for rule in rules if rule.name == name]
    # A rule's label may be a template; then its value differs, and the name has to do.
    return next((rule for rule in named if rule.labels.items() <= labels.items()), named[0] if named else None)


def _raw(
    server: Prometheus, name: str, matcher: str, scope: str, start: pd.Timestamp, end: pd.Timestamp
) -> list[Series]:
    pieces: list[Series] = []
    start -= pd.Timedelta("1ms")  # raw samples are asked for behind the start; the window's first belongs to it
    while start < end:
        until = min(start + PIECE, end)
        pieces += server.raw(_selector(name, matcher, scope), start=start, end=until)
        start = until
    return pieces


def _by_key(pieces: Sequence[Series]) -> dict[Key, Series]:
    """Series that differ only in bookkeeping labels, as one."""
    by_key: dict[Key, list[Series]] = {}
    for piece in pieces:
        key = tuple(sorted((k, v) for k, v in piece.labels.items() if k not in _BOOKKEEPING))
        by_key.setdefault(key, []).append(piece)
    found: dict[Key, Series] = {}
    for key, same in sorted(by_key.items()):
        times_s, where = np.unique(np.concatenate([each.times_s for each in same]), return_index=True)
        found[key] = Series(dict(key), times_s, np.concatenate([each.values for each in same])[where])
    return found


def _selector(name: str, matcher: str, scope: str) -> str:
    inside = ",".join(part for part in (matcher, scope) if part)
    return f"{name}{{{inside}}}" if inside else name


def _query(name: str, selector: str, window: Window, series: int) -> Query:
    """Raw samples have no step: 0."""
    return Query(name, name, selector, window.baseline_start, window.end, 0.0, series)


def _time(seconds: float) -> pd.Timestamp:
    return pd.Timestamp(round(seconds * 1000), unit="ms", tz="UTC")
