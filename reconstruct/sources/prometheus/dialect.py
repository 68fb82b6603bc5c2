"""How one server wants its questions written, and how the labels in its answers are called here.

Inside the program a label has one spelling, with underscores (`service_name`); a server that takes OpenTelemetry's
names as they are has `service.name`. Prometheus 3 wants such names in quotes, MetricsQL with backslashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from reconstruct import promql as pq

_NO_LABEL: Final = re.compile(r"[^a-zA-Z0-9_]")
VM_RANGE: Final = "vmrange"
"""The label of VictoriaMetrics's own histograms, in place of `le`."""
NATIVE_SINCE: Final = (2, 40)
"""The Prometheus that has functions for native histograms."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What has to be known of a server to write for it."""

    victoria: bool = False
    version: tuple[int, ...] = ()
    """Of Prometheus, as far as it tells."""
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Label as written here -> its spellings there, where they differ."""

    @property
    def has_native_histograms(self) -> bool:
        """Whether `histogram_count` and its like are understood; taken for true where the version is not told."""
        return not self.victoria and (not self.version or self.version >= NATIVE_SINCE)

    def written(self, promql: str) -> str:
        """The expression as this server reads it; the same again where it is in that form already."""
        if self.labels:
            promql = pq.respelled(promql, metrics={}, labels=self.labels)
        return pq.metricsql(promql) if self.victoria and ('"' in promql) else promql


def label_spellings(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Label as written here -> spellings on a server with labels of these names, where they differ.

    >>> label_spellings(["job", "service.name", "a_b", "a.b"])
    {'a_b': ('a_b', 'a.b'), 'service_name': ('service.name',)}
    """
    present = sorted(set(names), key=lambda name: (not pq.legacy(name), name))
    found: dict[str, tuple[str, ...]] = {}
    for name in present:
        found[plain_label(name)] = (*found.get(plain_label(name), ()), name)
    if VM_RANGE in present:
        found["le"] = ("le", VM_RANGE)
    return {name: spellings for name, spellings in found.items() if spellings != (name,)}


def plain_label(name: str) -> str:
    """A label's name in the one spelling.

    >>> plain_label("k8s.pod.name"), plain_label("job")
    ('k8s_pod_name', 'job')
    """
    return name if name.isidentifier() and name.isascii() else _NO_LABEL.sub("_", name)


def plain_labels(labels: Mapping[str, Any]) -> dict[str, str]:
    """Labels of an answer in the one spelling, sorted; where a series has both spellings of one, the plain one counts.

    >>> plain_labels({"service.name": "a", "job": "b", "service_name": "c"})
    {'job': 'b', 'service_name': 'c'}
    """
    if not isinstance(labels, Mapping):
        raise TypeError("labels that are no object")
    found: dict[str, str] = {}
    for name in sorted(labels):
        plain = plain_label(name)
        if plain == name or plain not in labels:
            found[plain] = str(labels[name])
    return dict(sorted(found.items()))


def dialect_of(build: Any, names: Iterable[str]) -> Dialect:
    """From the `data` of `/api/v1/status/buildinfo` and the names of all labels.

    VictoriaMetrics tells nothing there, or but the version of the Prometheus that it stands in for.

    >>> dialect_of({"version": "2.24.0"}, []).victoria, dialect_of({"version": "3.5.3", "revision": "x"}, []).version
    (True, (3, 5, 3))
    """
    told = build if isinstance(build, dict) else None
    spellings = label_spellings(names)
    victoria = VM_RANGE in spellings.get("le", ()) or (told is not None and set(told) <= {"version"})
    version = tuple(
        int(part) for part in re.findall(r"\d{1,9}", str((told or {}).get("version", "")).split("+")[0])[:3]
    )
    return Dialect(victoria, () if victoria else version, spellings)
