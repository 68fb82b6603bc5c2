"""Each pack whose exporter Debian ships, against that exporter: really running, scraped by a real Prometheus."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from reconstruct.http import HttpSettings
from reconstruct.packs import check, choose, load, packs_folder, taken
from reconstruct.sources.discovery import metric_names
from reconstruct.sources.prometheus import Prometheus
from tests.packs import exporters
from tests.packs.exporters import Target
from tests.servers.programs import program
from tests.servers.prometheus import prometheus

pytestmark = [pytest.mark.server, pytest.mark.slow]

CATALOGUE = load([packs_folder()])
SCRAPE_S = 0.5
SCRAPES = 12
"""Enough for a rate over four scrapes, twice."""
SCRAPED_WITHIN_S = 60.0
RATE_INTERVAL_S = 4.0

SILENT = {
    "blackbox/connect-success": "the target is probed by HTTP",
    "blackbox/connect-duration": "the target is probed by HTTP",
    "postgres/waiting-on-lock": "the label came with exporter 0.14",
    "process-exporter/cache-cpu": "no cache runs here",
    "process-exporter/queue-cpu": "no broker runs here",
    "process-exporter/database-cpu": "no database runs here",
    "node/tcp-retransmits": "fewer than ten segments a second",
    "node/disk-read-time": "fewer than one read a second",
    "node/disk-write-time": "fewer than one write a second",
    "mysql/rows-read": "fewer than one question a second",
    "mysql/buffer-pool-reads": "fewer than one read a second",
}
"""Signals that may have no data although their metrics are there, and why."""


@contextmanager
def scraping(target: Target, folder: Path) -> Iterator[Prometheus]:
    """A Prometheus that has scraped the target often enough."""
    scrape = {
        "job_name": target.job,
        "metrics_path": target.path,
        "params": {name: [value] for name, value in (target.params or {}).items()},
        "static_configs": [{"targets": [target.address]}],
    }
    interval = f"{round(SCRAPE_S * 1000)}ms"
    config = json.dumps(
        {"global": {"scrape_interval": interval, "scrape_timeout": interval}, "scrape_configs": [scrape]}
    )
    with prometheus(folder, config=config) as url:
        server = Prometheus(HttpSettings(url))
        deadline = time.monotonic() + SCRAPED_WITHIN_S
        while True:
            counted = server.instant(f'sum_over_time(up{{job="{target.job}"}}[1m])')
            if counted and counted[0].value >= SCRAPES:
                break
            assert time.monotonic() < deadline, f"{target.job} was not scraped {SCRAPES} times"
            time.sleep(SCRAPE_S)
        yield server


@pytest.mark.parametrize(
    ("pack", "needed", "started"),
    [
        ("node", ["prometheus-node-exporter"], exporters.node),
        ("process-exporter", ["prometheus-process-exporter"], exporters.process),
        ("blackbox", ["prometheus-blackbox-exporter"], exporters.blackbox),
        ("haproxy", ["haproxy"], exporters.haproxy),
        ("nginx", ["nginx", "prometheus-nginx-exporter"], exporters.nginx),
        ("redis", ["redis-server", "prometheus-redis-exporter"], exporters.redis),
        ("mysql", ["mariadbd", "prometheus-mysqld-exporter"], exporters.mysql),
        ("postgres", ["initdb", "prometheus-postgres-exporter"], exporters.postgres),
        ("rabbitmq", ["rabbitmq-server"], exporters.rabbitmq),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_pack_has_data_from_the_exporter_itself(
    pack: str, needed: list[str], started: Callable[[Path], AbstractContextManager[Target]], tmp_path: Path
) -> None:
    for name in needed:
        exporters.installed(name)
    (tmp_path / "measured").mkdir()
    with started(tmp_path / "measured") as target, scraping(target, tmp_path / "prometheus") as server:
        available, _ = metric_names(server)
        only = load([packs_folder()], only=[pack])
        signals = choose(only, available, rate_interval_s=lambda _: RATE_INTERVAL_S, scope="")
        assert len(signals) >= 5
        checked = check(
            only,
            available,
            ask=lambda query: len(server.instant(query)),
            rate_interval_s=lambda _: RATE_INTERVAL_S,
        )
        wrong = {one.signal: one.says for one in checked if one.state == "wrong"}
        assert wrong == {}
        empty = {one.signal for one in checked if one.state == "no data"}
        assert empty <= set(SILENT), empty - set(SILENT)
        for signal in signals:
            for sample in server.instant(signal.promql):
                assert signal.unit != "ratio" or -0.01 <= sample.value <= 20, (signal.id, sample)
                assert signal.unit != "seconds" or -0.01 <= sample.value < 3600 * 24 * 365, (signal.id, sample)
        # What the pack does not ask for it knows and leaves alone: nothing of its exporter is guessed at by name.
        rest = {
            name
            for name in available
            if name not in taken(CATALOGUE, available) and not name.startswith(("go_", "nginxexporter_"))
        }
        assert {name for name in rest if not name.endswith("_info")} == set(), rest


def test_no_pack_of_an_exporter_is_left_out() -> None:
    """A pack says what it was tested with; those of Debian's exporters are the ones above."""
    assert all(pack.tested_with for pack in CATALOGUE.packs)
