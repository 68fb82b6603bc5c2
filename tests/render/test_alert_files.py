"""A proposed alert as files that Prometheus takes, with a unit test that passes."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from reconstruct.alerting.proposal import propose
from reconstruct.bundle import read_bundle
from reconstruct.model import Incident
from reconstruct.pipeline import draft
from reconstruct.render.alert_files import RULES, TEST, alert_files
from tests.alerting.made import anomaly, evidence, explained, metric, values
from tests.servers.programs import program


def promtool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [program("promtool"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


def written(incident: Incident, folder: Path) -> Path:
    for path, text in alert_files(incident).items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder / "alerts"


def made(series: Sequence[Sequence[float]], promql: str = "sum by (service, zone) (rate(errors[1m]))") -> Incident:
    held = metric(promql, *series)
    found = (anomaly(held),)
    told = explained(*found)
    proposed, _ = propose(evidence(held), found, told)
    assert proposed is not None
    return Incident(evidence(held), found, told, {}, {}, (), proposed_alerts=(proposed,))


@pytest.mark.server
def test_the_demo_proposes_an_alert_that_promtool_accepts_and_whose_test_passes(tmp_path: Path) -> None:
    with as_file(files("reconstruct") / "demo" / "bad-query.zip") as bundle:
        known, settings = read_bundle(bundle)
    incident = draft(known, settings=settings)
    assert incident.proposed_alerts
    folder = written(incident, tmp_path)
    checked = promtool(folder, "check", "rules", RULES)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = promtool(folder, "test", "rules", TEST)
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.server
@pytest.mark.parametrize(
    "case", ["plain", "gaps", "small", "many", "hostile labels", "hostile title", "or", "many lines"]
)
def test_whatever_the_samples_and_labels_are_the_test_passes(case: str, tmp_path: Path) -> None:
    step = values()
    gaps = [float("nan") if n % 7 == 3 and n < 470 else value for n, value in enumerate(step)]
    quiet = [0.0] * len(step)
    incident = {
        "plain": lambda: made([step]),
        "gaps": lambda: made([gaps]),
        "small": lambda: made([[value * 1.23456789e-1 + 1e-7 for value in step]]),
        "many": lambda: made([quiet, step, quiet]),
        "or": lambda: made([step], "rate(a[1m]) or rate(b[1m])"),
        "many lines": lambda: made([step], "sum(rate(a[1m])) # a comment\n  /\nsum(rate(b[1m]))"),
    }.get(case, lambda: made([step]))()
    proposed = incident.proposed_alerts[0]
    if case == "hostile labels":
        proposed = replace(proposed, labels={"path": 'a"b\\c {{ $value }} \U0001f525\n', "service": "shop"})
    if case == "hostile title":
        proposed = replace(proposed, title='{{ $labels.x }} "quoted": # \\ title')
    folder = written(replace(incident, proposed_alerts=(proposed,)), tmp_path)
    checked = promtool(folder, "check", "rules", RULES)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = promtool(folder, "test", "rules", TEST)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    rules = (folder / RULES).read_text(encoding="utf-8")
    (folder / RULES).write_text(rules.replace(f" {proposed.comparator} ", f" {proposed.comparator} 1000 + "))
    assert promtool(folder, "test", "rules", TEST).returncode != 0, "the test can fail"


def test_without_a_proposal_there_are_no_files() -> None:
    held = metric("x", values())
    assert alert_files(Incident(evidence(held), (), explained(), {}, {}, ())) == {}
