"""Generated rules and series, and what `promtool test rules` says of our alerts for them."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconstruct.alerting import AlertingRule, AlertInstance, RecordingRule
from tests.servers.programs import program
from tests.servers.samples import Line, Samples, series_text

BASE_S = 1_767_225_600
"""2026-01-01; promtool begins at 0, and both are multiples of every interval."""
SCRAPE_S = 15
POINTS = 240
COLLAPSED = ("sum", "avg by", "count", "max(")
"""Expressions without `instance`: there a label that is taken away makes two alerts one, which Prometheus refuses."""
HOLES = ("none", "short", "long", "often", "ends", "begins")


@dataclass(frozen=True)
class Generated:
    """One seed's series and rules."""

    samples: Samples
    rules: tuple[AlertingRule, ...]
    recorded: tuple[RecordingRule, ...] = ()


def generated(seed: int, *, rules: int) -> Generated:
    """Series with gaps of every kind, and rules over them."""
    chance = random.Random(seed)
    samples = Samples()
    for number in range(8):
        labels = {"instance": f"host-{number}", "job": ("a", "b")[number % 2], "zone": ("x", "y", "z")[number % 3]}
        samples.add("level", labels, _with_holes(_gauge(chance), chance, HOLES[number % len(HOLES)]))
        samples.add("hits_total", labels, _with_holes(_counter(chance), chance, HOLES[(number + 3) % len(HOLES)]))
        samples.add("up", labels, _with_holes(_flag(chance), chance, "short" if number % 4 == 0 else "none"))
    return Generated(samples, tuple(_rule(number, chance) for number in range(rules)))


def rule_file(rules: Iterable[AlertingRule], recorded: Iterable[RecordingRule] = ()) -> str:
    """As YAML; JSON is YAML too."""
    written: list[dict[str, object]] = [
        {"record": rule.name, "expr": rule.expr, "labels": dict(rule.labels)} for rule in recorded
    ]
    written += [
        {
            "alert": rule.name,
            "expr": rule.expr,
            "for": f"{rule.for_s:g}s",
            "keep_firing_for": f"{rule.keep_firing_for_s:g}s",
            "labels": dict(rule.labels),
        }
        for rule in rules
    ]
    return json.dumps({"groups": [{"name": "generated", "rules": written}]})


def promtool_says(
    folder: Path, made: Generated, instances: Sequence[AlertInstance], *, interval_s: int
) -> subprocess.CompletedProcess[str]:
    """What `promtool test rules` says of these alerts, at every evaluation."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rules.yml").write_text(rule_file(made.rules, made.recorded))
    times_s = range(0, POINTS * SCRAPE_S, interval_s)
    document = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": f"{interval_s}s",
        "tests": [
            {
                "interval": f"{SCRAPE_S}s",
                "input_series": [
                    {"series": series_text(line), "values": _promtool_values(line)} for line in made.samples.lines
                ],
                "promql_expr_test": [
                    {"expr": "ALERTS", "eval_time": f"{at}s", "exp_samples": samples_at(instances, BASE_S + at)}
                    for at in times_s
                ],
            }
        ],
    }
    (folder / "test.yml").write_text(json.dumps(document))
    return subprocess.run(
        [program("promtool"), "test", "rules", "test.yml"], cwd=folder, capture_output=True, text=True, timeout=300
    )


def samples_at(instances: Iterable[AlertInstance], at_s: float) -> list[Mapping[str, object]]:
    """The samples of ALERTS at an evaluation."""
    found: list[Mapping[str, object]] = []
    for one in instances:
        if one.active_ms <= at_s * 1000 <= one.last_ms:
            state = "firing" if one.fired_ms is not None and one.fired_ms <= at_s * 1000 else "pending"
            labels = {**dict(one.labels), "alertstate": state}
            found.append({"labels": series_text(Line("ALERTS", labels, ())), "value": 1})
    return found


def _gauge(chance: random.Random) -> list[float]:
    value, values = chance.uniform(0, 10), []
    for _ in range(POINTS):
        if chance.random() < 0.3:
            value = min(10.0, max(0.0, value + chance.gauss(0, 2)))
        values.append(float("nan") if chance.random() < 0.01 else round(value, 2))
    return values


def _counter(chance: random.Random) -> list[float]:
    value, values, pace = 0.0, [], 1.0
    for _ in range(POINTS):
        if chance.random() < 0.05:
            pace = chance.choice((0.0, 1.0, 5.0, 30.0))
        value = 0.0 if chance.random() < 0.01 else value + pace * chance.randint(0, 3)
        values.append(value)
    return values


def _flag(chance: random.Random) -> list[float]:
    value, values = 1.0, []
    for _ in range(POINTS):
        if chance.random() < (0.03 if value else 0.2):
            value = 1.0 - value
        values.append(value)
    return values


def _with_holes(values: Sequence[float], chance: random.Random, kind: str) -> list[tuple[float, float]]:
    there = [True] * len(values)
    if kind == "ends":
        there[int(len(values) * 0.6) :] = [False] * (len(values) - int(len(values) * 0.6))
    elif kind == "begins":
        there[: len(values) // 3] = [False] * (len(values) // 3)
    elif kind != "none":
        length, count = {"short": (4, 3), "long": (40, 2), "often": (2, 25)}[kind]
        for _ in range(count):
            first = chance.randrange(len(values) - length)
            there[first : first + length] = [False] * length
    return [(BASE_S + SCRAPE_S * at, value) for at, (value, seen) in enumerate(zip(values, there, strict=True)) if seen]


def _promtool_values(line: Line) -> str:
    by_point = {round((time - BASE_S) / SCRAPE_S): value for time, value in line.samples}
    return " ".join(_promtool_number(by_point[at]) if at in by_point else "_" for at in range(POINTS))


def _promtool_number(value: float | str) -> str:
    return "NaN" if value != value else f"{float(value):g}"


def _rule(number: int, chance: random.Random) -> AlertingRule:
    threshold = round(chance.uniform(1, 9), 1)
    some = chance.choice(("x", "y", "z"))
    expr = chance.choice(
        (
            f"level > {threshold}",
            f"level < {threshold}",
            f'level{{zone="{some}"}}',
            f"avg by (zone) (level) > {threshold}",
            f"sum without (instance) (level) > {threshold * 3:g}",
            f"max(level) > {threshold}",
            f"rate(hits_total[1m]) > {threshold / 10:g}",
            f"sum by (job) (rate(hits_total[2m])) > {threshold / 2:g}",
            "increase(hits_total[45s]) == 0",
            "up == 0",
            f"count by (job) (up == 0) / count by (job) (up) > {threshold / 20:g}",
            f'absent(level{{instance="host-{chance.randrange(9)}"}}) and on () count(up)',
            f"level > {threshold} unless on (instance) up == 0",
            f"level > {threshold} and on (instance) rate(hits_total[1m]) > 0",
            f"changes(up[2m]) >= {chance.randint(1, 3)}",
            f"avg_over_time(level[1m]) > {threshold}",
            f"level > {threshold} or on (instance) level offset 1m < 1",
            f"delta(level[1m]) > {threshold / 3:g}",
            f"vector({number}) > {chance.choice((0, 1000))} and on () count(up)",
        )
    )
    labels = {"number": str(number), "where": "{{ $labels.zone }}/{{ $labels.instance }}"}
    if chance.random() < 0.2 and not expr.startswith(COLLAPSED):
        labels["job"] = ""  # the rule takes a label away, and instances still tell the alerts apart
    return AlertingRule(
        name=f"Generated{number}",
        expr=expr,
        for_s=chance.choice((0.0, 0.0, 10.0, 15.0, 30.0, 45.0, 60.0, 120.0, 300.0)),
        keep_firing_for_s=chance.choice((0.0, 0.0, 0.0, 20.0, 30.0, 60.0, 300.0)),
        labels=labels,
    )
