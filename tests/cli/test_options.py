"""An option acts, or it is an error: none is ignored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reconstruct.cli import app

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    with as_file(files("reconstruct") / "demo" / "bad-query.zip") as bundle:
        yield str(bundle)


@pytest.mark.parametrize(
    "given",
    [
        ("incident", "--scope", 'cluster="nope"'),
        ("incident", "--pack", "nope"),
        ("incident", "--queries", "."),
        ("incident", "--step", "5m"),
        ("incident", "--prometheus", "http://127.0.0.1:1"),
        ("incident", "--strict"),
        ("incident", "--dry-run"),
        ("events", "--scope", 'cluster="nope"'),
        ("report", "--last", "6h"),
        ("capture", "--scope", 'cluster="nope"'),
    ],
)
def test_an_option_that_cannot_act_on_a_bundle_is_refused(demo: str, given: tuple[str, ...], tmp_path: Path) -> None:
    result = RUNNER.invoke(app, [given[0], "--bundle", demo, *given[1:]])
    assert result.exit_code == 2
    assert f"{given[1]} cannot act" in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_pack_without_a_server_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    file.write_text("timestamp,metric,value\n2026-01-01T00:00Z,a,1\n")
    result = RUNNER.invoke(app, ["incident", "--metrics", str(file), "--pack", "redis"])
    assert result.exit_code == 2
    assert "--pack cannot act without a metrics server" in result.stderr


def test_events_of_a_bundle_are_those_of_the_service(demo: str) -> None:
    every = RUNNER.invoke(app, ["events", "--bundle", demo, "--format", "jsonl"]).stdout.splitlines()
    shop = RUNNER.invoke(
        app, ["events", "--bundle", demo, "--format", "jsonl", "--service", "shop"]
    ).stdout.splitlines()
    assert 0 < len(shop) < len(every)
    assert {json.loads(line)["service"] for line in shop} == {"shop"}
    assert RUNNER.invoke(app, ["events", "--bundle", demo, "--format", "jsonl", "--service", "nobody"]).stdout == ""


def test_a_selector_acts_on_a_bundle(demo: str) -> None:
    whole = json.loads(RUNNER.invoke(app, ["scan", "--bundle", demo, "--format", "json"]).stdout)
    some = json.loads(RUNNER.invoke(app, ["scan", '{job="shop"}', "--bundle", demo, "--format", "json"]).stdout)
    assert 0 < some["series"] < whole["series"]
    none = RUNNER.invoke(app, ["scan", 'nothing{job="nowhere"}', "--bundle", demo])
    assert none.exit_code == 4
    assert "no series matches" in none.stderr


def test_a_selector_acts_on_a_file(tmp_path: Path) -> None:
    rows = [
        f"2026-01-01T{h:02d}:{m:02d}:00Z,{name},{z},{m % 7}"
        for h in range(4)
        for m in range(60)
        for z in "ab"
        for name in ("depth", "lag")
    ]
    file = tmp_path / "m.csv"
    file.write_text("timestamp,metric,zone,value\n" + "\n".join(rows) + "\n")
    given = ["--metrics", str(file), "--from", "2026-01-01T03:00Z", "--format", "json"]

    def counted(*selector: str) -> int:
        result = RUNNER.invoke(app, ["scan", *selector, *given])
        return int(json.loads(result.stdout)["series"]) if result.exit_code == 0 else -result.exit_code

    assert (counted(), counted('{zone="a"}'), counted('depth{zone="a"}'), counted("nothing")) == (4, 2, 1, -4)


def test_a_shorter_baseline_acts_on_a_bundle(demo: str, tmp_path: Path) -> None:
    given = ["incident", "--bundle", demo, "--baseline", "30m", "--format", "json", "--out", str(tmp_path / "a")]
    assert RUNNER.invoke(app, given).exit_code == 0
    window = json.loads((tmp_path / "a" / "incident.json").read_text())["window"]
    assert (window["start"], window["baseline_start"]) == ("2026-11-17T13:45:00Z", "2026-11-17T13:15:00Z")


def test_a_scope_acts_on_a_file(tmp_path: Path) -> None:
    rows = [f"2026-01-01T{h:02d}:{m:02d}:00Z,depth,{z},{m % 7}" for h in range(4) for m in range(60) for z in "ab"]
    file = tmp_path / "m.csv"
    file.write_text("timestamp,metric,zone,value\n" + "\n".join(rows) + "\n")
    given = ["incident", "--metrics", str(file), "--from", "2026-01-01T03:00Z", "--format", "json"]
    RUNNER.invoke(app, [*given, "--scope", 'zone="a"', "--out", str(tmp_path / "a")])
    bundle = ["capture", "--metrics", str(file), "--from", "2026-01-01T03:00Z", "--scope", 'zone="a"']
    result = RUNNER.invoke(app, [*bundle, "--out", str(tmp_path / "a.zip")])
    assert "1 series" in result.stderr
    nothing = RUNNER.invoke(app, [*given, "--scope", 'zone="c"', "--out", str(tmp_path / "c")])
    assert nothing.exit_code == 4


@pytest.mark.parametrize(
    ("given", "start"), [((), "13:50"), (("--tz", "UTC"), "14:50"), (("--tz", "Etc/GMT+1"), "15:50")]
)
def test_the_zone_of_the_command_line_wins_over_the_configuration(
    given: tuple[str, ...], start: str, demo: str, tmp_path: Path
) -> None:
    (tmp_path / "reconstruct.yaml").write_text("timezone: Etc/GMT-1\n")
    window = ["--from", "2026-11-17 14:50"]
    config = ["--config", str(tmp_path / "reconstruct.yaml")]
    out = ["--format", "json", "--out", str(tmp_path / "a")]
    result = RUNNER.invoke(app, ["incident", "--bundle", demo, *window, *config, *out, *given])
    assert result.exit_code == 0, result.stderr
    assert json.loads((tmp_path / "a" / "incident.json").read_text())["window"]["start"] == f"2026-11-17T{start}:00Z"
