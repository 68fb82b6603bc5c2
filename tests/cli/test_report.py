"""The scheduled report over a generated week with three episodes: each found, announced once, quiet days one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from reconstruct.cli import app
from tests.fake_http import Answer, Request, fake_http

pytestmark = pytest.mark.slow
RUNNER = CliRunner()
FIRST = pd.Timestamp("2026-03-09T00:00Z")
DAYS = 7
HISTORY = 5
EPISODES = ((1, "03:10", 40), (3, "14:00", 95), (5, "23:40", 50))
"""(day of the week, begins, minutes): the last one runs over midnight."""


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Latency and failed requests of one service at a minute's spacing, with a daily wave and noise."""
    rng = np.random.default_rng(7)
    times = pd.date_range(
        FIRST - pd.Timedelta(days=HISTORY), FIRST + pd.Timedelta(days=DAYS), freq="60s", inclusive="left"
    )
    wave = 1 + 0.3 * np.sin(2 * np.pi * (times.hour + times.minute / 60).to_numpy() / 24)
    latency_s = 0.08 * wave * rng.lognormal(0, 0.08, len(times))
    failed = np.clip(rng.normal(0.002, 0.0007, len(times)), 0, None)
    for day, clock, minutes in EPISODES:
        begins = pd.Timestamp(f"{(FIRST + pd.Timedelta(days=day)).date()}T{clock}Z")
        during = (times >= begins) & (times < begins + pd.Timedelta(minutes=minutes))
        latency_s[during] *= 6
        failed[during] += 0.12
    table = pd.DataFrame({"time": times.strftime("%Y-%m-%dT%H:%M:%SZ"), "http_request_latency_seconds_p95": latency_s})
    table["http_error_ratio"] = failed
    path = tmp_path_factory.mktemp("week") / "shop.csv"
    table.to_csv(path, index=False)
    return path


def report(week: Path, folder: Path, *, day: int, config: Path, extra: tuple[str, ...] = ()) -> tuple[int, str]:
    begin = FIRST + pd.Timedelta(days=day)
    arguments = ["report", "--metrics", str(week), "--config", str(config), "--format", "json"]
    arguments += ["--from", begin.isoformat(), "--to", (begin + pd.Timedelta(days=1)).isoformat(), "--baseline", "5d"]
    result = RUNNER.invoke(app, [*arguments, "--out", str(folder / f"day{day}"), "--stdout", "md", *extra])
    return result.exit_code, result.stdout


def test_three_episodes_are_found_and_each_is_announced_once(
    week: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_http(lambda _: Answer()) as hook:
        monkeypatch.setenv("HOOK", hook.url)
        config = tmp_path / "reconstruct.yaml"
        config.write_text(
            "report: {state_file: state.json}\ndeliver:\n  - {kind: webhook, name: hook, url: '${HOOK}'}\n"
        )
        told = [report(week, tmp_path, day=day, config=config) for day in range(DAYS)]
        again = report(week, tmp_path, day=3, config=config, extra=("--force",))
    assert [code for code, _ in told] == [0] * DAYS
    quiet = [day for day in range(DAYS) if "##" not in told[day][1]]
    assert quiet == [0, 2, 4], [text for _, text in told]
    assert [len(told[day][1].strip().splitlines()) for day in quiet] == [1, 1, 1], [told[day][1] for day in quiet]
    new = [note for note in notes(hook.requests) if note["news"] == "new"]
    begun = [pd.Timestamp(note["start"]) for note in new]
    wanted = [pd.Timestamp(f"{(FIRST + pd.Timedelta(days=d)).date()}T{clock}Z") for d, clock, _ in EPISODES]
    assert len(begun) == len(wanted)
    assert all(abs(one - other) <= pd.Timedelta("2min") for one, other in zip(begun, wanted, strict=True))
    assert again[0] == 0
    over = [note for note in notes(hook.requests) if note["news"] == "over"]
    assert len(over) == 1, "only the one that ran over midnight was still open when it was told"


def test_fail_on_anomalies_is_exit_code_ten_and_a_quiet_day_is_zero(week: Path, tmp_path: Path) -> None:
    config = tmp_path / "none.yaml"
    config.write_text("services: []\n")
    codes = [report(week, tmp_path, day=day, config=config, extra=("--fail-on", "anomalies"))[0] for day in (0, 1)]
    assert codes == [0, 10]


def test_metrics_about_the_run_are_written_for_the_textfile_collector(week: Path, tmp_path: Path) -> None:
    config, prom = tmp_path / "none.yaml", tmp_path / "reconstruct.prom"
    config.write_text("services: []\n")
    report(week, tmp_path, day=1, config=config, extra=("--metrics-file", str(prom)))
    text = prom.read_text()
    assert "reconstruct_report_episodes 1.0" in text
    assert "reconstruct_report_last_success_timestamp_seconds" in text


def notes(received: list[Request]) -> list[dict[str, str]]:
    return [one.json for one in received]
