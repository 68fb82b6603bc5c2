"""Whose series these are: one name for a thing, however its targets, exporters, pods and callers spell it.

Which label names a service is not known beforehand. It is read from the data: names that other series use for the far
side of a call, that pools and proxies name, and that changes are recorded for, are names; the label whose values meet
most of them is the one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from reconstruct.meaning import vocabulary as words_for
from reconstruct.meaning.rows import Row, Target
from reconstruct.model.system import Kind, plain_name

NAME_LABELS: Final = (
    "service_name",
    "service.name",
    "app_kubernetes_io_name",
    "label_app_kubernetes_io_name",
    "app",
    "k8s_app",
    "application",
    "service",
    "component",
    "workload",
    "deployment",
    "statefulset",
    "container",
    "exported_job",
)
"""Where nothing in the data decides: what people set themselves, then Kubernetes's, then what scraped it."""
NEVER_NAMES: Final = frozenset(
    {"namespace", "cluster", "env", "environment", "region", "zone", "team", "endpoint", "__name__"}
)
NAMING: Final = frozenset((*NAME_LABELS, *words_for.INSTANCE_LABELS, *words_for.NODE_LABELS, "job", "server"))
"""Labels whose values are other spellings of the thing itself; any other may name something else."""
AGREED: Final = 0.3
"""Of a family's targets: a label whose values are names for at least so many is the one that names."""
NAMESPACES_LOOKED_AT: Final = 50
"""Series a metric."""
ROUTE: Final = re.compile("path|uri|route|handler|endpoint|operation|url|method")
"""Part of the name of a label that tells what is asked, not whom."""
MAX_NAME: Final = 120
"""Longer texts are no name."""
NAMESPACE: Final = re.compile(r"namespace|^(env|environment|stage|region|dc|datacenter|cluster)$")
"""Labels whose values are where a thing is, not what it is."""
_NAME: Final = re.compile(r"[a-z][a-z0-9]*([-_.][a-z0-9]+)*")
_ADDRESS: Final = re.compile(r"\d{1,3}(\.\d{1,3}){3}")


@dataclass(slots=True)
class Names:
    """What is known of names so far; readers add what they meet."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    alias: dict[str, str] = field(default_factory=dict)
    spelled: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    things: dict[Target, str] = field(default_factory=dict)
    families: dict[Target, words_for.Family] = field(default_factory=dict)
    own_label: dict[Target, str] = field(default_factory=dict)
    """Of a target that speaks for many services: the label that tells them apart."""
    addresses: dict[str, str] = field(default_factory=dict)
    """Address of a machine -> its name."""
    distributions: frozenset[str] = frozenset()
    """Metrics that are the sum or the count of a distribution."""
    surroundings: frozenset[str] = frozenset()
    """Names of namespaces and environments: they stand around a name."""
    _cores: dict[tuple[str, ...], set[str]] = field(default_factory=dict)
    _cores_of: int = 0

    def known(self, text: str) -> str | None:
        """The thing that a name means; None = none that is known."""
        name = plain_name(text)
        for spelled in (name, self.alias.get(name, ""), self.alias.get(text.strip().lower(), "")):
            if spelled and spelled in self.kinds:
                return spelled
        name = rpc_service(text)
        if name:
            return name if name in self.kinds else self.alias.get(name)
        return self._named_in(text)

    def _named_in(self, text: str) -> str | None:
        """The one thing whose name stands in a text that otherwise has only namespaces, ports and words that fill."""
        if self._cores_of != len(self.kinds):
            self._cores, self._cores_of = {}, len(self.kinds)
            for name in self.kinds:
                self._cores.setdefault(self._core(name), set()).add(name)
        found = self._cores.get(self._core(text), set()) if len(text) < MAX_NAME else set()
        return next(iter(found)) if len(found) == 1 and self._core(text) else None

    def _core(self, text: str) -> tuple[str, ...]:
        tokens = re.split(r"[^a-z0-9]+", text.strip().lower())
        return tuple(t for t in tokens if t and t not in words_for.FILLING | self.surroundings and not t.isdigit())

    def thing(self, row: Row) -> str:
        """Whose series it is."""
        label = row.service_label if row.own.get(row.service_label) else self.own_label.get(row.target)
        if label and row.labels.get(label):
            return self.known(row.labels[label]) or self.add(row.labels[label], "app")
        return self.things.get(row.target) or plain_name(row.labels.get("job", "")) or row.metric

    def add(self, text: str, kind: Kind) -> str:
        """The thing of that name, made known if it was not."""
        known = self.known(text)
        if known is not None:
            return known
        name = rpc_service(text, versioned=True) or plain_name(text)
        self.kinds[name] = kind
        self.spelled[name].add(text)
        return name


def rpc_service(text: str, *, versioned: bool = False) -> str:
    """The package of an RPC service's full name, which names who serves it; "" = it is none.

    >>> rpc_service("cart.v1.CartService"), rpc_service("ads.example.v1beta1.Ads"), rpc_service("Cart")
    ('cart', 'ads.example', '')
    """
    found = re.match(r"([a-z0-9_.-]+?)\.v\d+\w*\.[\w.]+$", text.strip().lower())
    found = found or (None if versioned else re.match(r"([a-z0-9_-]+)\.\w+$", text.strip().lower()))
    return found[1].replace("_", "-") if found else ""


def family_of(words: Sequence[str]) -> words_for.Family:
    """Which kind of exporter a metric's name speaks of.

    >>> family_of(("mysql", "global", "status")), family_of(("http", "request")), family_of(("pg", "pool", "size"))
    ('database', 'app', 'app')
    >>> family_of(("aws", "sqs", "approximate")), family_of(("aws", "applicationelb", "request"))
    ('queue', 'edge')
    >>> family_of(("sql", "service", "latency", "count")), family_of(("sql", "db", "connection"))
    ('database', 'app')
    """
    if not words or words[1:2] == ("pool",):
        return "app"
    if words[0] == "sql" and words_for.OF_SERVERS.intersection(words[1:2]):
        return "database"
    if words[0] in words_for.CLOUDS:
        return next((words_for.CLOUD_FAMILY_OF[w] for w in words[1:] if w in words_for.CLOUD_FAMILY_OF), "app")
    return words_for.FAMILY_OF.get(words[0], "app")


def instance_of(labels: Mapping[str, str]) -> str:
    """The pod, or else the instance, that a series comes from.

    >>> instance_of({"instance": "10.0.0.1:80", "kubernetes_pod_name": "cart-1"})
    'cart-1'
    """
    return next((labels[name] for name in words_for.INSTANCE_LABELS if labels.get(name)), "")


def read_names(rows: Mapping[str, Sequence[Row]], *, given: Collection[str]) -> Names:
    """Names of all targets; `given` are names that changes, alerts or the configuration use."""
    found = Names(distributions=_distributions(rows), surroundings=_surroundings(rows))
    labels, kinds = _targets(rows)
    hints = {plain_name(name) for name in given if name} | _hints(rows)
    said = sorted({row.service_label for series in rows.values() for row in series} - {""})
    by_family: dict[words_for.Family, list[Target]] = defaultdict(list)
    for target in labels:
        found.families[target] = kinds[target]
        by_family[kinds[target]].append(target)
    for family, targets in sorted(by_family.items(), key=lambda item: item[0] == "app"):
        votes = _votes([labels[t] for t in targets], hints)
        for target in targets:
            told = next((labels[target][label] for label in said if family != "host" and labels[target].get(label)), "")
            name = plain_name(told) or _name(
                labels[target], family, votes=votes, all_labels=[labels[t] for t in targets], hints=hints
            )
            found.things[target] = name
            if family in ("database", "cache", "queue", "host", "edge", "app"):
                found.kinds.setdefault(name, family)
            if family == "host":
                found.addresses[re.sub(r":\d+$", "", labels[target].get("instance", ""))] = name
    _aliases(found, labels, hints)
    _speakers(found, rows, hints)
    return found


def _distributions(rows: Collection[str]) -> frozenset[str]:
    bases = {name[: -len("_sum")] for name in rows if name.endswith("_sum") and f"{name[:-4]}_count" in rows}
    return frozenset(f"{base}_{part}" for base in bases for part in ("sum", "count"))


def _surroundings(rows: Mapping[str, Sequence[Row]]) -> frozenset[str]:
    values = {
        value.lower()
        for series in rows.values()
        for row in series[:NAMESPACES_LOOKED_AT]
        for name, value in row.labels.items()
        if NAMESPACE.search(name)
    }
    return frozenset(token for value in values for token in re.split(r"[^a-z0-9]+", value) if token)


def _targets(
    rows: Mapping[str, Sequence[Row]],
) -> tuple[dict[Target, dict[str, str]], dict[Target, words_for.Family]]:
    """Labels of each target, and what it mostly speaks of."""
    labels: dict[Target, dict[str, str]] = {}
    metrics: dict[Target, Counter[words_for.Family]] = defaultdict(Counter)
    for name, series in rows.items():
        family = family_of(series[0].words)
        for target in {row.target for row in series}:
            if family != "self":
                metrics[target][family] += 1
        for row in series:
            if row.target not in labels or name == "up":
                labels[row.target] = {k: v for k, v in row.labels.items() if k not in row.own}
    kinds: dict[Target, words_for.Family] = {}
    for target in labels:
        top = metrics[target].most_common(1)
        kinds[target] = top[0][0] if top else "app"
    return labels, kinds


def _hints(rows: Mapping[str, Sequence[Row]]) -> set[str]:
    """Names that series use for something else than themselves: whom they call, a pool's database, a backend."""
    labels = {*words_for.PEER_LABELS, *words_for.STORE_LABELS, "datname", "schema"} - {
        "name",
        "uri",
        "url",
        "cluster",
        "endpoint",
    }
    found: set[str] = set()
    for series in rows.values():
        client = not words_for.CLIENT.isdisjoint(series[0].words)
        for row in series:
            for name, value in row.own.items():
                named = name in labels or (client and name not in words_for.NO_ROUTE and not ROUTE.search(name))
                if named and len(value) > 2 and _NAME.fullmatch(value.lower()):
                    found.add(plain_name(value))
    return found


def _votes(labels: Iterable[Mapping[str, str]], hints: Collection[str]) -> dict[str, tuple[int, int]]:
    """Label -> (distinct values that are names elsewhere, targets that have such a value)."""
    met: dict[str, set[str]] = defaultdict(set)
    times: Counter[str] = Counter()
    for one in labels:
        for name, value in one.items():
            plain = plain_name(value)
            if name not in NEVER_NAMES and plain in hints:
                met[name].add(plain)
                times[name] += 1
    return {name: (len(values), times[name]) for name, values in met.items()}


def _name(
    mine: Mapping[str, str],
    family: words_for.Family,
    *,
    votes: Mapping[str, tuple[int, int]],
    all_labels: Sequence[Mapping[str, str]],
    hints: Collection[str],
) -> str:
    if family == "host":
        label = next((name for name in words_for.NODE_LABELS if mine.get(name)), "instance")
        value = mine.get(label, "")
        return value if label != "instance" else plain_name(value)
    order = {name: n for n, name in enumerate(NAME_LABELS)}
    voted = sorted(
        (name for name in mine if name in votes and plain_name(mine[name]) in hints),
        key=lambda name: (votes[name][1] < AGREED * len(all_labels), -votes[name][0], order.get(name, 50), name),
    )
    if family == "app":
        common = [
            name for name in mine if votes.get(name, (0, 0))[1] >= AGREED * len(all_labels) and votes[name][0] > 1
        ]
        if common:  # what names the most names the others too, though nobody else speaks of them
            return plain_name(mine[min(common, key=lambda name: (-votes[name][0], order.get(name, 50), name))])
    if voted:
        return plain_name(mine[voted[0]])
    distinct = {name: len({plain_name(one.get(name, "")) for one in all_labels}) for name in mine}
    usual = [
        name
        for name in NAME_LABELS
        if mine.get(name) and (distinct[name] > 1 or len(all_labels) == 1 or family != "app")
    ]
    for name in usual:
        return plain_name(mine[name])
    pod = next((mine[name] for name in words_for.INSTANCE_LABELS[:6] if mine.get(name)), "")
    if pod and plain_name(pod) != pod.lower():
        return plain_name(pod)
    host = plain_name(mine.get("instance", ""))
    named = bool(host) and not _ADDRESS.fullmatch(host) and host not in ("localhost", "127")
    job = plain_name(mine.get("job", ""))
    technology = job in words_for.TECHNOLOGIES
    if family != "app":
        technology = not words_for.TECHNOLOGIES.isdisjoint(job.split("-"))
    if (
        mine.get("job")
        and not (technology and named)
        and (distinct["job"] > 1 or family != "app" or len({one.get("instance") for one in all_labels}) == 1)
    ):
        return plain_name(mine["job"])
    if named:
        return host
    return plain_name(mine.get("job", "")) or host or "?"


def _aliases(found: Names, labels: Mapping[Target, Mapping[str, str]], hints: Collection[str]) -> None:
    """Other spellings: values of a thing's labels that no other thing's targets share."""
    owners: dict[str, set[str]] = defaultdict(set)
    for target, mine in labels.items():
        for name, value in mine.items():
            if name in NAMING and value:
                for spelled in {plain_name(value), value.strip().lower()}:
                    owners[spelled].add(found.things[target])
    for spelled, things in owners.items():
        if len(things) == 1 and len(spelled) > 1:
            (thing,) = things
            if spelled != thing and spelled not in found.kinds:
                found.alias.setdefault(spelled, thing)
                if spelled in hints or plain_name(spelled) == spelled:
                    found.spelled[thing].add(spelled)


def _speakers(found: Names, rows: Mapping[str, Sequence[Row]], hints: Collection[str]) -> None:
    """Targets that speak for many services: a push gateway, a collector, a statsd exporter of all."""
    told: dict[Target, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    metrics: dict[Target, set[str]] = defaultdict(set)
    by_label: dict[Target, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name, series in rows.items():
        if family_of(series[0].words) != "app" or set(series[0].words) & words_for.CLIENT:
            continue
        for row in series:
            if found.families.get(row.target) != "app":
                continue
            metrics[row.target].add(name)
            for label in NAME_LABELS:
                if row.own.get(label):
                    told[row.target][label].add(plain_name(row.own[label]))
                    by_label[row.target][label].add(name)
    for target, labels in told.items():
        best = [
            label
            for label, values in labels.items()
            if len(values) > 1 and len(by_label[target][label]) >= max(1, 0.6 * len(metrics[target]))
        ]
        if best:
            best.sort(key=lambda label: (-len(labels[label] & set(hints)), NAME_LABELS.index(label)))
            found.own_label[target] = best[0]
            for value in labels[best[0]]:
                found.kinds.setdefault(value, "app")


def total_of(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Sum of parts; one that is absent beside present ones is 0.

    >>> total_of([np.array([1.0, np.nan]), np.array([np.nan, np.nan])]).tolist()
    [1.0, nan]
    """
    if len(parts) == 1:
        return parts[0]
    together = np.array(parts)
    return np.where(np.isfinite(together).any(axis=0), np.nansum(together, axis=0), np.nan)
