"""Servers that many tests share, started once a session when the first test asks for them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from reconstruct.http import HttpSettings
from reconstruct.sources.prometheus.client import Prometheus
from tests.servers.prometheus import backfilled, prometheus
from tests.servers.story import RULES, story
from tests.servers.victoria import victoria_metrics

# An example may take as long as the machine needs: a deadline of its own finds slow machines, not mistakes.
settings.register_profile("any-speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-speed")


@pytest.fixture(scope="session")
def story_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Prometheus data directory with the story of tests/servers/story.py."""
    return backfilled(tmp_path_factory.mktemp("story"), story())


@pytest.fixture(scope="session")
def prometheus_url(story_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Prometheus that tells the story, with the rules that its alerts come from."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "rules.yml").write_text(RULES)
    with prometheus(folder, data=story_data, config=f"rule_files: ['{folder}/rules.yml']\n") as url:
        yield url


@pytest.fixture(scope="session")
def victoria_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real VictoriaMetrics that tells the same story."""
    with victoria_metrics(tmp_path_factory.mktemp("victoria"), samples=story()) as url:
        yield url


@pytest.fixture(scope="session")
def prometheus_3_url(story_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same story told by a Prometheus 3, from a copy of the data: two servers cannot hold one directory."""
    folder = tmp_path_factory.mktemp("prometheus-3")
    (folder / "rules.yml").write_text(RULES)
    data = folder / "data"
    shutil.copytree(story_data, data, ignore=shutil.ignore_patterns("lock", "wal", "chunks_head", "queries.active"))
    with prometheus(folder, data=data, config=f"rule_files: ['{folder}/rules.yml']\n", newer=True) as url:
        yield url


@pytest.fixture(scope="session")
def victoria_new_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same story told by today's VictoriaMetrics."""
    with victoria_metrics(tmp_path_factory.mktemp("victoria-new"), samples=story(), newer=True) as url:
        yield url


@pytest.fixture(params=["prometheus", "prometheus_3", "victoria", "victoria_new"])
def server(request: pytest.FixtureRequest) -> Prometheus:
    """Each of the servers, stable and of today."""
    return Prometheus(HttpSettings(request.getfixturevalue(f"{request.param}_url")))


@pytest.fixture
def prometheus_server(prometheus_url: str) -> Prometheus:
    """The real Prometheus."""
    return Prometheus(HttpSettings(prometheus_url))


SERVER_FIXTURES = {
    "prometheus_url",
    "prometheus_3_url",
    "victoria_url",
    "victoria_new_url",
    "server",
    "prometheus_server",
    "story_data",
}


ON_RECORDED = {"test_recorded.py", "test_metamorphic.py", "test_own_drafts.py"}
"""Files whose tests take the name of a recorded incident: one worker drafts it for all of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for a real server is marked so, that `-m "not server"` leaves it out."""
    for item in items:
        if SERVER_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.server)
        if item.path.name in ON_RECORDED and isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            item.add_marker(pytest.mark.xdist_group(str(item.callspec.params.get("name", "recorded"))))
