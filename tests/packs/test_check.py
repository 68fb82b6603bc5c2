"""What a server has data for, and where a user's own pack is wrong, on a real Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconstruct.errors import UsageError
from reconstruct.http import HttpSettings
from reconstruct.packs import Checked, check, find, load, packs_folder
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.discovery import MetricInfo
from tests.packs.exposition import END, names_in, samples_of
from tests.servers.prometheus import backfilled, prometheus
from tests.servers.victoria import victoria_metrics

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("check")
    with prometheus(folder, data=backfilled(folder, samples_of(["go"]))) as url:
        yield Prometheus(HttpSettings(url))


def checked(server: Prometheus, *folders: Path, only: tuple[str, ...] = ()) -> dict[str, Checked]:
    found = check(
        load([packs_folder(), *folders], only=only),
        {name: MetricInfo("unknown") for name in names_in("go")},
        ask=lambda query: len(server.instant(query, at=END)),
        rate_interval_s=lambda _: 60.0,
    )
    return {one.signal: one for one in found}


def test_every_signal_of_every_pack_is_told(server: Prometheus) -> None:
    found = checked(server)
    assert len(found) > 200
    assert found["process/goroutines"].state == "data"
    assert found["process/goroutines"].series == 1
    assert found["process/jvm-threads"].state == "not exported"
    assert found["process/jvm-threads"].says == "there is no jvm_threads_live_threads"
    assert found["http/latency-p95"].state == "not exported"
    assert [one.says for one in found.values() if one.state == "wrong"] == []


def test_victoria_metrics_reads_every_query_too(tmp_path: Path) -> None:
    with victoria_metrics(tmp_path, samples=samples_of(["go"])) as url:
        assert [one.says for one in checked(Prometheus(HttpSettings(url))).values() if one.state == "wrong"] == []


def test_metrics_that_exist_without_a_matching_series_are_told_apart(server: Prometheus, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "id: mine\ntitle: Mine\napplies: [up]\nlayer: app\nsignals:\n"
        "  - {id: none, title: None, promql: 'go_goroutines{job=\"nobody\",$scope}', unit: count, aspect: work,"
        " worse: both, min_effect: 1}\n"
    )
    found = checked(server, tmp_path, only=("mine",))["mine/none"]
    assert (found.state, found.series) == ("no data", 0)
    assert "go_goroutines" in found.says


def test_a_wrong_expression_is_told_with_file_line_and_a_caret(server: Prometheus, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "id: mine\ntitle: Mine\napplies: [up]\nlayer: app\nsignals:\n"
        "  - id: one\n    title: One\n    promql: |\n      sum by (job) (\n        rate(up{$scope}[5m]) +* 2\n      )\n"
        "    unit: count\n    aspect: work\n    worse: both\n    min_effect: 1\n"
    )
    found = checked(server, tmp_path, only=("mine",))["mine/one"]
    assert found.state == "wrong"
    assert found.says.startswith(f"{tmp_path / 'mine.yaml'}:10: ")
    lines = found.says.splitlines()
    place = next(number for number, line in enumerate(lines) if "rate(up[5m]) +* 2" in line)
    pointed = lines[place + 1].index("^")
    assert lines[place][pointed] == "*"


def test_a_signal_is_found_by_its_id_and_a_slip_is_met_with_the_nearest() -> None:
    catalogue = load([packs_folder()])
    assert find(catalogue, "node/cpu").title == "Processor time in use"
    with pytest.raises(UsageError, match="no signal 'node/cpuu'") as caught:
        find(catalogue, "node/cpuu")
    assert "node/cpu" in caught.value.hint
