"""Rule canary-comparison: do the instances that have the change suffer, and those without it not?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from reconstruct.explain import priors
from reconstruct.explain.changes import Change, same
from reconstruct.explain.context import Case, median
from reconstruct.explain.symptoms import FELT_ASPECTS
from reconstruct.model import Event, Metric, Reason
from reconstruct.text.units import human

RULE = "canary-comparison"

VERSION_LABELS = ("version", "app_version", "app_kubernetes_io_version", "revision", "release", "image_tag", "build")
TRACK_LABELS = ("track", "deployment_track", "variant", "role", "canary")
CANARY = frozenset({"canary", "true", "experiment", "preview"})
INSTANCE_LABELS = ("instance", "pod", "host", "node", "server")
EVENT_INSTANCES = ("instances", "instance", "pods", "pod", "hosts", "host")
"""Columns in which an event tells which instances it touched, separated by commas or spaces."""
SUFFERS = 0.5
"""An instance suffers when its excess is at least this share of the worst one's; spared below SPARED."""
SPARED = 0.1


def canary_comparison(change: Change, case: Case) -> Reason | None:
    """Log-odds of how the harm is shared out between instances with the change and without.

    None where labels do not tell them apart, or all have it.
    """
    compared = [(m, *c) for m in case.evidence.metrics for c in _compare(change, case, m)]
    told = [(max(map(abs, excess)), text, excess, m) for m, text, excess in compared]
    if not told:
        return _by_scans(change, case)
    _, text, (with_it, without), metric = max(told, key=lambda t: (t[0], t[3].query))
    worst = max(with_it, without)
    if worst <= metric.signal.min_effect:
        return None
    cited = (change.event.id, metric.query)
    if with_it >= SUFFERS * worst and without <= SPARED * worst:
        return Reason(RULE, f"only instances that had it suffered: {text}", cited, priors.CANARY)
    if without >= SUFFERS * worst and with_it <= SPARED * worst:
        return Reason(RULE, f"instances without it suffered, those with it did not: {text}", cited, -priors.CANARY)
    if without >= SUFFERS * worst and with_it >= SUFFERS * worst:
        return Reason(RULE, f"instances without it suffered as much: {text}", cited, -priors.CANARY / 2)
    return None


def _by_scans(change: Change, case: Case) -> Reason | None:
    """Where nothing that users feel tells it: whether the instances whose other series changed are those that had it.

    Asked of a scan is that all changed instances run the version of the event and no other one does, that their series
    name its service, and that they changed after it began.
    """
    event = change.event
    for result in case.evidence.scans:
        found, began = result.instances, result.most_began
        if found is None or began is None or not event.version or began[1] < event.time:
            continue
        names = {value for one in result.top for value in one.labels.values()}
        if event.service.name not in names:
            continue
        for one in found.common:
            told = len(one.matchers) == 1 and one.matchers[0][0] in VERSION_LABELS
            if told and one.matchers[0][2] == event.version and one.changed == one.of_changed and not one.others:
                text = (
                    f"only instances that had it changed: {one.changed} have it, none of the {found.others} others does"
                )
                return Reason(RULE, text, (event.id,), priors.CANARY)
    return None


def _compare(change: Change, case: Case, metric: Metric) -> list[tuple[str, tuple[float, float]]]:
    """Mean excess over the time before the onset, of the series with the change and of those without."""
    if metric.signal.aspect not in FELT_ASPECTS or metric.signal.worse == "both":
        return []
    columns = [c for c, s in enumerate(metric.services) if same(change.event.service, s)]
    exposed = [c for c in columns if _has(change.event, metric.labels[c])]
    spared = [c for c in columns if _has(change.event, metric.labels[c]) is False]
    if not exposed or not spared:
        return []
    sign = -1.0 if metric.signal.worse == "down" else 1.0
    index = metric.values.index
    before = metric.values.loc[index <= min(case.onset.earliest, change.event.time)]
    during = metric.values.loc[(index > case.onset.latest) & (index < _while_partial(change, case))]
    usual = median(before[columns].to_numpy(dtype=float).ravel())
    excess = [sign * (median(during[part].to_numpy(dtype=float).ravel()) - usual) for part in (exposed, spared)]
    if not np.isfinite(excess).all():
        return []
    unit = metric.signal.unit
    text = f"{metric.signal.title.lower()} {human(usual + sign * excess[0], unit)} with it, "
    return [(text + f"{human(usual + sign * excess[1], unit)} without", (excess[0], excess[1]))]


def _has(event: Event, labels: Mapping[str, str]) -> bool | None:
    """Whether a series is of an instance that has the change; None where its labels do not tell."""
    for name in VERSION_LABELS:
        if event.version and labels.get(name):
            return labels[name] == event.version
    tracks = [labels[name].lower() for name in TRACK_LABELS if labels.get(name)]
    if tracks and event.kind == "deploy" and (event.end is not None or "canary" in event.title.lower()):
        return any(track in CANARY for track in tracks)
    touched = {i for name in EVENT_INSTANCES for i in event.labels.get(name, "").replace(",", " ").split()}
    for name in INSTANCE_LABELS:
        if touched and labels.get(name):
            return labels[name] in touched
    return None


def _while_partial(change: Change, case: Case) -> pd.Timestamp:
    """Until when instances differ: a rollout's end makes them all the same."""
    end = change.event.end
    return min(case.until, end) if end is not None and end > case.onset.latest else case.until
