"""Three hours of a small shop, at 15 s (the database: 30 s), as both servers of the tests hold them.

12:00          all is well
13:20 - 13:25  shop-2 cannot be scraped
13:30, 13:31   shop-1, shop-2 restart with version 1.1.0 (was 1.0.0)
13:30          trial-2, which tries version 2.0 since 13:00, cannot be scraped; trial-4 is taken away
13:40          node-1 boots, and its exporter starts with it; node-2 is seen for the first time
13:40 - 13:50  db-1 has no samples
14:00          web-3 and the queue are gone for good
14:10          shop-1, shop-2 are back at 1.0.0
15:00          the data end
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from tests.servers.samples import Samples, every

START = pd.Timestamp("2026-03-02T12:00Z")
END = pd.Timestamp("2026-03-02T15:00Z")
HOSTILE = ('a]]}"b', "line\nbreak", "<script>alert(1)</script>", "back\\slash", "\U0001f525", '"]],[[1,"2"]]')
SPECIAL = ("NaN", "+Inf", "-Inf", "-0", "1.797e+308", "5e-324", "123456789012345680", "0.1")
RULES = """
groups:
- name: shop
  interval: 15s
  rules:
  - {alert: HighErrors, expr: 'sum by (service) (rate(http_errors_total[1m])) > 2', for: 2m, labels: {severity: page}}
  - {alert: QueueLong, expr: 'queue_depth > 50', for: 1m, labels: {severity: page}}
  - {alert: Watchdog, expr: 'vector(1)', labels: {severity: none}}
"""


def at(clock: str) -> float:
    """Unix seconds of a time of that day."""
    return pd.Timestamp(f"2026-03-02T{clock}Z").timestamp()


def story() -> Samples:
    """The samples."""
    told = Samples()
    _targets(told)
    _shop(told)
    _trials(told)
    _nodes(told)
    _alerts(told)
    _hostile(told)
    _replicas(told)
    _thinned(told)
    _kubernetes(told)
    return told


def between(first: str, last: str) -> Callable[[float], bool]:
    return lambda time: at(first) <= time < at(last)


def _targets(told: Samples) -> None:
    down, away = between("13:20", "13:25"), between("13:40", "13:50")
    for instance in ("shop-1", "shop-2"):
        labels = {"job": "shop", "instance": instance, "service": "shop"}
        fails = instance == "shop-2"
        told.add("up", labels, [(t, 0.0 if fails and down(t) else 1.0) for t in every(15, START, END)])
    told.add("up", {"job": "db", "instance": "db-1"}, [(t, 1.0) for t in every(30, START, END) if not away(t)])
    for number in (1, 2, 3):
        last = pd.Timestamp("2026-03-02T14:00Z") if number == 3 else END
        told.add("up", {"job": "web", "instance": f"web-{number}"}, [(t, 1.0) for t in every(15, START, last)])
    pods = (("pod-a", START, "13:00"), ("pod-b", pd.Timestamp("2026-03-02T13:00Z"), "15:00"))
    for pod, first, until in pods:
        told.add(
            "up",
            {"job": "pods", "instance": pod},
            [(t, 1.0) for t in every(15, first, END) if t < at(until)],
        )


def _shop(told: Samples) -> None:
    for instance, restart, back in (("shop-1", "13:30", "14:10"), ("shop-2", "13:31", "14:10:30")):
        labels = {"job": "shop", "instance": instance, "service": "shop"}
        newer = between(restart, back)
        for version in ("1.0.0", "1.1.0"):
            seen = [(t, 1.0) for t in every(15, START, END) if newer(t) == (version == "1.1.0")]
            told.add("shop_build_info", {**labels, "version": version}, seen)
        begun = [at("08:00"), at(restart) - 10, at(back) - 10]
        told.add(
            "process_start_time_seconds",
            labels,
            [(t, max(s for s in begun if s <= t)) for t in every(15, START, END)],
        )
        requests, errors = 0.0, 0.0
        counted: list[tuple[float, float]] = []
        failed: list[tuple[float, float]] = []
        for t in every(15, START, END):
            requests += 150
            errors += 60 if between("13:30", "14:10")(t) else 0
            counted.append((t, requests))
            failed.append((t, errors))
        told.add("http_requests_total", {**labels, "code": "200"}, counted)
        told.add("http_errors_total", labels, failed)
    told.add(
        "shop:http_requests:rate1m",
        {"job": "shop", "service": "shop"},
        [(t, 20.0) for t in every(60, START, END)],
    )
    queue = every(15, START, pd.Timestamp("2026-03-02T14:00Z"))
    told.add(
        "queue_depth", {"job": "shop", "service": "queue"}, [(t, 80.0 if t >= at("13:45") else 3.0) for t in queue]
    )
    told.add("database_connections", {"job": "db", "instance": "db-1"}, [(t, 7.0) for t in every(30, START, END)])


def _nodes(told: Samples) -> None:
    """Two start times with the same labels: the host's and its exporter's."""
    for node, begun in (("node-1", [at("03:00"), at("13:40")]), ("node-2", [at("13:40:05")])):
        seen = [t for t in every(15, START, END) if t >= begun[0]]
        for metric in ("node_boot_time_seconds", "process_start_time_seconds"):
            told.add(metric, {"job": "node", "instance": node}, [(t, max(b for b in begun if b <= t)) for t in seen])


def _trials(told: Samples) -> None:
    """Two services with an old instance and one on trial, which fails in one and is taken away in the other."""
    tried = between("13:00", "13:30")
    for old, new, job in (("trial-1", "trial-2", "failed-trial"), ("trial-3", "trial-4", "ended-trial")):
        for instance, version in ((old, "1.0"), (new, "2.0")):
            labels = {"job": job, "instance": instance}
            seen = [t for t in every(15, START, END) if instance == old or tried(t)]
            told.add("trial_build_info", {**labels, "version": version}, [(t, 1.0) for t in seen])
            down = [t for t in every(15, START, END) if t >= at("13:30")] if instance == "trial-2" else []
            told.add("up", labels, [*((t, 1.0) for t in seen), *((t, 0.0) for t in down)])


def _alert(told: Samples, labels: dict[str, str], *, since: str, firing: str, end: str, step_s: float = 15.0) -> None:
    times = every(step_s, START, END)
    pending = [(t, 1.0) for t in times if at(since) <= t < at(firing)]
    if pending:
        told.add("ALERTS", {**labels, "alertstate": "pending"}, pending)
    told.add("ALERTS", {**labels, "alertstate": "firing"}, [(t, 1.0) for t in times if at(firing) <= t < at(end)])
    told.add("ALERTS_FOR_STATE", labels, [(t, at(since)) for t in times if at(since) <= t < at(end)])


def _alerts(told: Samples) -> None:
    errors = {"alertname": "HighErrors", "service": "shop", "severity": "page"}
    _alert(told, errors, since="13:31", firing="13:33", end="14:12")
    _alert(told, errors, since="14:20", firing="14:22", end="14:25")  # it flaps
    queue = {"alertname": "QueueLong", "job": "shop", "service": "queue", "severity": "page"}
    _alert(told, queue, since="13:45", firing="13:46", end="14:00")  # its data end, and with them the alert
    _alert(told, {"alertname": "Watchdog", "severity": "none"}, since="12:00", firing="12:00", end="15:00")


def _hostile(told: Samples) -> None:
    for number, text in enumerate(HOSTILE):
        told.add("hostile_labels", {"job": "odd", "text": text}, [(t, float(number)) for t in every(15, START, END)])
    told.add("special_values", {"job": "odd"}, [(START.timestamp() + 15 * n, v) for n, v in enumerate(SPECIAL)])
    told.add(
        "secret_labels",
        {"job": "odd", "dsn": "postgres://app:hunter2@db-1/shop?password=abc", "url": "https://x/?token=s3cr3t"},
        [(t, 1.0) for t in every(15, START, END)],
    )


def _replicas(told: Samples) -> None:
    for replica in ("a", "b"):
        labels = {"job": "ha", "instance": "ha-1", "prometheus_replica": replica}
        gone = between("13:00", "13:10")
        times = [t for t in every(15, START, END) if replica == "b" or not gone(t)]
        received = {"job": "received", "instance": "thanos-1", "receive_replica": replica}
        told.add("up", received, [(t, 1.0) for t in times])
        told.add("up", labels, [(t, 1.0) for t in times])
        told.add("ha_gauge", labels, [(t, 5.0) for t in times])
        told.add("ha_total", labels, [(t, 10.0 * (t - START.timestamp())) for t in times])


def _thinned(told: Samples) -> None:
    """Two days, of which all but the last six hours are kept at five minutes."""
    early, raw = pd.Timestamp("2026-02-28T15:00Z"), pd.Timestamp("2026-03-02T09:00Z")
    times = [*every(300, early, raw), *every(15, raw, END)]
    told.add("up", {"job": "thin", "instance": "thin-1"}, [(t, 1.0) for t in times])


def _kubernetes(told: Samples) -> None:
    times = every(30, START, END)
    shared = {"job": "kube-state-metrics", "namespace": "prod"}
    newer = between("13:05", "13:35")
    for name, created in (("api-5d4", "11:00"), ("api-7f9", "13:04:10")):
        seen = [t for t in times if t >= at(created)]
        told.add("kube_replicaset_created", {**shared, "replicaset": name}, [(t, at(created)) for t in seen])
        owner = {**shared, "replicaset": name, "owner_kind": "Deployment", "owner_name": "api"}
        told.add("kube_replicaset_owner", owner, [(t, 1.0) for t in seen])
        told.add(
            "kube_replicaset_spec_replicas",
            {**shared, "replicaset": name},
            [(t, 3.0 if newer(t) == (name == "api-7f9") else 0.0) for t in seen],
        )
    container = {**shared, "pod": "api-5d4-x1", "container": "api"}
    told.add(
        "kube_pod_container_status_restarts_total", container, [(t, 2.0 if t >= at("13:52") else 1.0) for t in times]
    )
    _workloads(told, times, shared)


def _workloads(told: Samples, times: list[float], shared: dict[str, str]) -> None:
    def steps(name: str, labels: dict[str, str], before: float, after: float, clock: str) -> None:
        told.add(name, {**shared, **labels}, [(t, after if t >= at(clock) else before) for t in times])

    steps("kube_deployment_spec_replicas", {"deployment": "api"}, 3, 5, "12:40")
    steps("kube_statefulset_metadata_generation", {"statefulset": "store"}, 4, 5, "12:50")
    steps("kube_statefulset_replicas", {"statefulset": "store"}, 3, 3, "12:50")
    steps("kube_daemonset_metadata_generation", {"daemonset": "agent"}, 1, 2, "13:10")
    node = {"node": "n-1"}
    steps("kube_node_status_condition", {**node, "condition": "MemoryPressure", "status": "true"}, 0, 1, "13:20")
    steps("kube_node_status_condition", {**node, "condition": "Ready", "status": "true"}, 1, 0, "13:25")
    told.add("kube_node_info", {**shared, **node}, [(t, 1.0) for t in times if t < at("13:30")])
    evicted = {**shared, "pod": "api-5d4-x2", "reason": "Evicted"}
    told.add("kube_pod_status_reason", evicted, [(t, 1.0 if t >= at("13:22") else 0.0) for t in times])
    job = {**shared, "job_name": "report-1"}
    told.add("kube_job_status_start_time", job, [(t, at("13:15:20")) for t in times if t >= at("13:15:30")])
