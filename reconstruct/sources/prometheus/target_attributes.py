"""OpenTelemetry's resource attributes, which a Prometheus keeps on `target_info`, put on the series of the same target.

What PromQL joins by `* on (job, instance) group_left (k8s_namespace_name) target_info`; here after the answers, so that
sums over instances get what all instances of their job share.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from reconstruct.model import Metric
from reconstruct.sources.service_labels import service_of

TARGET_INFO: Final = "target_info"
JOINED: Final = re.compile(
    r"service_(name|namespace|version)|deployment_environment(_name)?"
    r"|k8s_(cluster|namespace|deployment|statefulset|daemonset|job|cronjob|node|pod|container)_name"
)
"""Attributes of the semantic conventions that tell what a series is about and which release it runs."""

Attributes = Mapping[str, str]


def with_target_attributes(
    metrics: Sequence[Metric], raw: Sequence[Metric], *, own: Collection[str] = ()
) -> tuple[Metric, ...]:
    """The metrics with the attributes that `target_info` (among `raw`) tells of their targets; services told anew.

    A series with `job` and `instance` gets its target's, one with `job` alone what all targets of the job share. A
    label that is there already stays. `own` are labels that name a service first.
    """
    told = [labels for metric in raw if metric.signal.title == TARGET_INFO for labels in metric.labels]
    if not told:
        return tuple(metrics)
    targets = {(labels.get("job", ""), labels.get("instance", "")): _attributes(labels, own) for labels in told}
    jobs: dict[str, dict[str, str]] = {}
    for (job, _), attributes in targets.items():
        shared = jobs.setdefault(job, dict(attributes))
        jobs[job] = {name: value for name, value in shared.items() if attributes.get(name) == value}
    return tuple(_joined(metric, targets, jobs, own) for metric in metrics)


def _attributes(labels: Mapping[str, str], own: Collection[str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if value and (name in own or JOINED.fullmatch(name))}


def _joined(
    metric: Metric,
    targets: Mapping[tuple[str, str], Attributes],
    jobs: Mapping[str, Attributes],
    own: Collection[str],
) -> Metric:
    labels = []
    for each in metric.labels:
        job, instance = each.get("job", ""), each.get("instance", "")
        more = targets.get((job, instance)) if instance else jobs.get(job)
        labels.append(dict(sorted({**(more or {}), **each}.items())) if job and more else each)
    if all(new is old for new, old in zip(labels, metric.labels, strict=True)):
        return metric
    signal = metric.signal
    services = tuple(service_of(each, label=signal.service_label, own=own, default=signal.service) for each in labels)
    return replace(metric, labels=tuple(labels), services=services)
