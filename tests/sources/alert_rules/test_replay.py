"""What rules would have done, held against Prometheus's own evaluation of the same rules on the same data."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from reconstruct.alerting import AlertingRule, AlertInstance, RecordingRule
from reconstruct.alerting.recorded import with_recorded
from reconstruct.http import HttpSettings
from reconstruct.sources.alert_rules.replay import replay
from reconstruct.sources.prometheus.client import Prometheus
from tests.alerting.generated import BASE_S, POINTS, SCRAPE_S, generated, promtool_says, rule_file
from tests.servers.prometheus import backfilled, prometheus

START = pd.Timestamp(BASE_S, unit="s", tz="UTC")
LIVE = ((5, 2, 0, 0), (7, 2, 2, 0), (9, 3, 3, 2), (6, 3, 0, 2), (6, 2, 1, 5), (11, 1, 4, 0), (4, 1, 3, 1), (8, 7, 1, 3))
"""Period and threshold of a clock, `for` and `keep_firing_for`, in seconds."""
EVALUATIONS = 30
"""By a running server: every period of the rules below comes twice after the longest memory has passed."""
END = START + pd.Timedelta(seconds=POINTS * SCRAPE_S)


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize(("seed", "interval_s"), [(1, 15), (2, 30), (3, 10), (4, 60)])
def test_generated_rules_are_pending_and_firing_at_exactly_the_evaluations_that_prometheus_says(
    seed: int, interval_s: int, tmp_path: Path
) -> None:
    made = generated(seed, rules=60)
    with prometheus(tmp_path / "server", data=backfilled(tmp_path, made.samples)) as url:
        server = Prometheus(HttpSettings(url))
        found = [replay(server, rule, start=START, end=END, interval_s=interval_s) for rule in made.rules]
    instances = [one for each in found for one in each.instances]
    said = promtool_says(tmp_path / "promtool", made, instances, interval_s=interval_s)
    assert said.returncode == 0, said.stdout[-3000:] + said.stderr[-3000:]
    assert sum(one.fired_ms is not None for one in instances) > 100
    assert _equal_evaluations(instances) > 1000


@pytest.mark.server
def test_series_that_the_file_itself_records_are_replaced_by_what_prometheus_would_have_recorded(
    tmp_path: Path,
) -> None:
    made = generated(6, rules=1)
    recorded = (
        RecordingRule("zone:level:avg", "avg by (zone, job) (level)", {"team": "shop"}),
        RecordingRule("zone:level:double", 'sum without (job) (zone:level:avg{zone=~"x|y"}) * 2', {"team": ""}),
    )
    expressions = (
        "zone:level:avg > 5",
        'zone:level:avg{job="a",zone!="z"} > 4',
        'zone:level:avg{zone!~"x|z",team="shop"} > 4',
        'zone:level:avg{team="other"} > 0',
        'sum(zone:level:double{zone="x"}) > 10',
        "zone:level:double > 11 unless on (zone) zone:level:avg > 7",
    )
    alerts = tuple(AlertingRule(f"Recorded{number}", expr, for_s=30) for number, expr in enumerate(expressions))
    made = replace(made, rules=alerts, recorded=recorded)
    with prometheus(tmp_path / "server", data=backfilled(tmp_path, made.samples)) as url:
        server = Prometheus(HttpSettings(url))
        found = []
        for rule in alerts:
            expr, left = with_recorded(rule.expr, recorded)
            assert not left
            found.append(replay(server, rule, start=START, end=END, interval_s=30, expr=expr))
    instances = [one for each in found for one in each.instances]
    assert {dict(one.labels)["alertname"] for one in instances} == {f"Recorded{n}" for n in (0, 1, 2, 4, 5)}
    said = promtool_says(tmp_path / "promtool", made, instances, interval_s=30)
    assert said.returncode == 0, said.stdout[-3000:] + said.stderr[-3000:]
    late = replace(instances[0], active_ms=instances[0].active_ms + 60_000)
    said = promtool_says(tmp_path / "promtool", made, [late, *instances[1:]], interval_s=30)
    assert said.returncode != 0, "the comparison itself notices one minute"


@pytest.mark.server
def test_two_series_with_the_labels_of_one_alert_are_an_evaluation_that_fails_as_in_prometheus(tmp_path: Path) -> None:
    made = generated(5, rules=1)
    by_name = '{__name__=~"level|up",instance="host-1"} >= 1'
    rules = (
        AlertingRule("SameLabels", "level > 5", labels={"instance": "", "job": "", "zone": ""}),
        AlertingRule("SameBesidesName", by_name),
    )
    with prometheus(tmp_path / "server", data=backfilled(tmp_path, made.samples)) as url:
        server = Prometheus(HttpSettings(url))
        found = [replay(server, rule, start=START, end=END, interval_s=15) for rule in rules]
    for each in found:
        said = promtool_says(tmp_path / each.rule.name, replace(made, rules=(each.rule,)), (), interval_s=15)
        assert each.failed > 0
        assert "same labelset" in said.stdout + said.stderr


@pytest.mark.server
@pytest.mark.slow
def test_rules_are_pending_and_firing_as_a_running_prometheus_recorded_it_at_the_time(tmp_path: Path) -> None:
    rules = [AlertingRule("Tick", "vector(1)")]
    for number, (period, low, for_s, keep_s) in enumerate(LIVE):
        expr = f'label_replace(floor(vector(time())) % {period}, "half", "$1", "", "") >= {low}'
        rules.append(AlertingRule(f"Live{number}", expr, for_s, keep_s, {"severity": "page"}))
    (tmp_path / "rules.yml").write_text(rule_file(rules))
    config = f"global: {{evaluation_interval: 1s}}\nrule_files: ['{tmp_path}/rules.yml']\n"
    with prometheus(tmp_path / "server", config=config) as url:
        server = Prometheus(HttpSettings(url))
        begin = server.now()
        stamps: list[int] = []
        while len(stamps) < EVALUATIONS:
            time.sleep(1)
            end = server.now()
            told = {
                (round(at * 1000), dict(series.labels)["alertname"], dict(series.labels)["alertstate"])
                for series in server.raw("ALERTS", start=begin, end=end)
                for at in series.times_s
            }
            stamps = sorted({at for at, _, _ in told})
        offset_s = (stamps[0] % 1000) / 1000
        start = pd.Timestamp(stamps[0], unit="ms", tz="UTC")
        found = [replay(server, rule, start=start, end=end, interval_s=1, offset_s=offset_s) for rule in rules]
    if any(later - earlier != 1000 for earlier, later in pairwise(stamps)):
        pytest.skip("this machine was too busy to evaluate every second")
    assert len(told) > 100
    settled = [at for at in stamps if at >= stamps[0] + 12_000]  # what was active before it started is not known to it
    ours = {
        (at, one.labels[0][1], "firing" if one.fired_ms is not None and one.fired_ms <= at else "pending")
        for each in found
        for one in each.instances
        for at in settled
        if one.active_ms <= at <= one.last_ms
    }
    theirs = {sample for sample in told if sample[0] in settled}
    assert ours == theirs


def _equal_evaluations(instances: Sequence[AlertInstance]) -> int:
    """How many samples of ALERTS were compared, at the least."""
    return sum((one.last_ms - one.active_ms) // 60_000 for one in instances)
