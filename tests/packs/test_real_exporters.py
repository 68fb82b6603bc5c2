"""Each pack whose exporter Debian ships, against that exporter: really running, scraped by a real Prometheus."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconstruct.http import HttpSettings
from reconstruct.packs import check, choose, load, packs_folder, taken
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.discovery import metric_names
from tests.packs import exporters
from tests.packs.exporters import Target
from tests.servers.prometheus import prometheus

pytestmark = [pytest.mark.server, pytest.mark.slow]

CATALOGUE = load([packs_folder()])
SCRAPE_S = 1.0
SCRAPES = 9
"""Enough for a rate over six."""
SCRAPED_WITHIN_S = 300.0
RATE_INTERVAL_S = 6.0


@dataclass(frozen=True)
class Technology:
    """What a pack is tried on: the programs it needs, and how they are started."""

    programs: tuple[str, ...]
    started: Callable[[Path], AbstractContextManager[Target]]


TECHNOLOGIES: Mapping[str, Technology] = {
    "node": Technology(("prometheus-node-exporter",), exporters.node),
    "process-exporter": Technology(("prometheus-process-exporter",), exporters.process),
    "blackbox": Technology(("prometheus-blackbox-exporter",), exporters.blackbox),
    "haproxy": Technology(("haproxy",), exporters.haproxy),
    "nginx": Technology(("nginx", "prometheus-nginx-exporter"), exporters.nginx),
    "redis": Technology(("redis-server", "prometheus-redis-exporter"), exporters.redis),
    "mysql": Technology(("mariadbd", "prometheus-mysqld-exporter"), exporters.mysql),
    "postgres": Technology(("initdb", "psql", "prometheus-postgres-exporter"), exporters.postgres),
    "rabbitmq": Technology(("rabbitmq-server", "epmd"), exporters.rabbitmq),
}

SILENT = {
    "blackbox/connect-success": "the target is probed by HTTP",
    "blackbox/connect-duration": "the target is probed by HTTP",
    "postgres/waiting-on-lock": "the label came with exporter 0.14",
    "process-exporter/cache-cpu": "no cache may run here",
    "process-exporter/queue-cpu": "no broker may run here",
    "process-exporter/database-cpu": "no database may run here",
    "node/tcp-retransmits": "fewer than ten segments a second",
    "node/disk-read-time": "fewer than one read a second",
    "node/disk-write-time": "fewer than one write a second",
    "mysql/rows-read": "fewer than one question a second",
    "mysql/buffer-pool-reads": "fewer than one read a second",
}
"""Signals that may have no data although their metrics are there, and why."""


@dataclass(frozen=True)
class Laboratory:
    """A Prometheus that has scraped everything that is installed, often enough."""

    server: Prometheus
    jobs: Mapping[str, str]
    """Pack -> job."""


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Laboratory]:
    with ExitStack() as stack:
        # Not pytest's own folder: databases give up root, and could not enter it.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="laboratory-")))
        folder.chmod(0o755)
        there = {pack: one for pack, one in TECHNOLOGIES.items() if all(map(exporters.found, one.programs))}

        def start(pack: str) -> Target:
            own = folder / pack
            own.mkdir(mode=0o755)
            return stack.enter_context(there[pack].started(own))

        # All at once: a broker takes half a minute to come up, and the others fit into it.
        with ThreadPoolExecutor(len(there) or 1) as pool:
            targets = dict(zip(there, pool.map(start, there), strict=True))
        interval = f"{round(SCRAPE_S * 1000)}ms"
        config = {
            "global": {"scrape_interval": interval, "scrape_timeout": interval},
            "scrape_configs": [
                {
                    "job_name": target.job,
                    "metrics_path": target.path,
                    "params": {name: [value] for name, value in (target.params or {}).items()},
                    "static_configs": [{"targets": [target.address]}],
                }
                for target in targets.values()
            ],
        }
        url = stack.enter_context(prometheus(folder / "prometheus", config=json.dumps(config)))
        server = Prometheus(HttpSettings(url))
        deadline = time.monotonic() + SCRAPED_WITHIN_S
        while len(server.instant(f"sum_over_time(up[5m]) >= {SCRAPES}")) < len(targets):
            assert time.monotonic() < deadline, (
                f"not scraped {SCRAPES} times: {server.instant('sum_over_time(up[5m])')}"
            )
            time.sleep(SCRAPE_S)
        yield Laboratory(server, {pack: target.job for pack, target in targets.items()})


@pytest.mark.parametrize("pack", TECHNOLOGIES)
def test_pack_has_data_from_the_exporter_itself(pack: str, laboratory: Laboratory) -> None:
    for name in TECHNOLOGIES[pack].programs:
        exporters.installed(name)
    server, scope = laboratory.server, f'job="{laboratory.jobs[pack]}"'
    available, _ = metric_names(server, scope=scope)
    only = load([packs_folder()], only=[pack])
    signals = choose(only, available, rate_interval_s=lambda _: RATE_INTERVAL_S, scope=scope)
    assert len(signals) >= 4
    deadline = time.monotonic() + SCRAPED_WITHIN_S
    while True:
        checked = check(
            only,
            available,
            ask=lambda query: len(server.instant(query)),
            rate_interval_s=lambda _: RATE_INTERVAL_S,
            scope=scope,
        )
        empty = {one.signal for one in checked if one.state == "no data"}
        if empty <= set(SILENT) or time.monotonic() > deadline:
            break  # on a busy machine scrapes time out, and a rate has no data until the next ones
        time.sleep(SCRAPE_S)
    assert {one.signal: one.says for one in checked if one.state == "wrong"} == {}
    assert empty <= set(SILENT), empty - set(SILENT)
    assert {one.signal for one in checked if one.state == "data"} == {signal.id for signal in signals} - empty


@pytest.mark.parametrize("pack", TECHNOLOGIES)
def test_answers_are_in_the_unit_that_the_pack_says(pack: str, laboratory: Laboratory) -> None:
    for name in TECHNOLOGIES[pack].programs:
        exporters.installed(name)
    server, scope = laboratory.server, f'job="{laboratory.jobs[pack]}"'
    available, _ = metric_names(server, scope=scope)
    only = load([packs_folder()], only=[pack])
    for signal in choose(only, available, rate_interval_s=lambda _: RATE_INTERVAL_S, scope=scope):
        for sample in server.instant(signal.promql):
            if signal.unit == "ratio" and signal.id != "node/load-per-core":  # the load may be above 1
                assert -0.01 <= sample.value <= 1.2, (signal.id, sample)
            if signal.unit == "seconds":
                assert 0 <= sample.value < 60, (signal.id, sample)


@pytest.mark.parametrize("pack", TECHNOLOGIES)
def test_a_pack_leaves_nothing_of_its_exporter_to_be_guessed_by_name(pack: str, laboratory: Laboratory) -> None:
    for name in TECHNOLOGIES[pack].programs:
        exporters.installed(name)
    available, _ = metric_names(laboratory.server, scope=f'job="{laboratory.jobs[pack]}"')
    known = taken(CATALOGUE, available)
    # The exporters' own build information is no measurement.
    left = {name for name in available if name not in known and not name.endswith("_info")}
    assert left == set()
