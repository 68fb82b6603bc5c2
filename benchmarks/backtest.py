"""How fast and in how much memory `backtest` replays 50 rules over 30 days of 15 s data; how it agrees with history.

    python benchmarks/backtest.py make FOLDER            30 days of 40 series as a Prometheus data directory; 50 rules
    python benchmarks/backtest.py run FOLDER URL         replay them; seconds and peak memory of this process
    python benchmarks/backtest.py recorded RULES URL INTERVAL_S START END
                                                         rules of a recording against the ALERTS it holds

`recorded` evaluates at the very phase of the recording: the remainder of its ALERTS' timestamps. What differs is what
the server knew at the time: a scrape that came in while the rule was evaluated.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from reconstruct.alerting import AlertingRule, RecordingRule
from reconstruct.alerting.recorded import with_recorded
from reconstruct.http import HttpSettings
from reconstruct.sources.alert_rules.backtest import backtest
from reconstruct.sources.alert_rules.replay import replay
from reconstruct.sources.alert_rules.rule_files import read_rule_file
from reconstruct.sources.prometheus.client import Prometheus

END_S = 1_764_244_800
DAYS = 30
STEP_S = 15
SERIES = 40
RULES = 50
SEED = 7
Sample = tuple[int, tuple[tuple[str, str], ...]]
"""Evaluation in milliseconds; labels, with alertstate."""


def make(folder: Path) -> None:
    """Counters and gauges of ten instances, with a busy hour a day."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(SEED)
    times = np.arange(END_S - DAYS * 86_400, END_S, STEP_S)
    busy = 1 + 2 * (np.sin((times % 86_400) / 86_400 * 2 * np.pi) > 0.9)
    columns = []
    for number in range(SERIES):
        labels = f'{{instance="i{number % 10}",job="j{number % 3}"}}'
        if number % 2:
            columns.append((f"hits{number // 10}_total{labels}", np.cumsum(chance.poisson(3 * busy))))
        else:
            columns.append((f"level{number // 10}{labels}", np.round(chance.gamma(2.0, busy), 2)))
    with (folder / "samples.om").open("w") as out:
        for row, at in enumerate(times):
            out.write("".join(f"{head} {values[row]} {at}\n" for head, values in columns))
        out.write("# EOF\n")
    blocks = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", "--max-block-duration=168h"]
    subprocess.run([*blocks, str(folder / "samples.om"), str(folder / "data")], check=True, stdout=subprocess.DEVNULL)
    (folder / "samples.om").unlink()
    shapes = (
        "sum by (job) (rate(hits{n}_total[5m])) > {t}",
        "level{n} > {t}",
        "avg by (job) (level{n}) > {t}",
        "avg_over_time(level{n}[10m]) > {t}",
        "rate(hits{n}_total[1m]) > {t}",
    )
    rules = [
        {
            "alert": f"Rule{number}",
            "expr": shapes[number % len(shapes)].format(n=number % 4, t=1 + number % 6),
            "for": f"{number % 4}m",
        }
        for number in range(RULES)
    ]
    (folder / "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "interval": "15s", "rules": rules}]}))


def run(folder: Path, url: str) -> None:
    """Thirty days of all rules; what it took here, without what the server took in memory."""
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun, cpu = time.perf_counter(), time.process_time()
    groups = read_rule_file(folder / "rules.yml")
    end = pd.Timestamp(END_S, unit="s", tz="UTC")
    told = backtest(Prometheus(HttpSettings(url)), groups, start=end - pd.Timedelta(days=DAYS), end=end)
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{len(told.rules)} rules, {DAYS} days every {STEP_S} s: {DAYS * 86_400 // STEP_S:,} evaluations each")
    print(f"wall {time.perf_counter() - begun:.1f} s, of it here {time.process_time() - cpu:.1f} s of CPU")
    print(f"memory {before_kb / 1024:.0f} MB before, {peak_kb / 1024:.0f} MB at most")
    print(
        f"alerts {sum(len(rule.alerts) for rule in told.rules):,}, firings {sum(len(r.firing) for r in told.rules):,}"
    )


def recorded(rules: Path, url: str, *, interval_s: float, start: pd.Timestamp, end: pd.Timestamp) -> None:
    """Samples of ALERTS: equal, missing here, extra here."""
    server = Prometheus(HttpSettings(url))
    groups = read_rule_file(rules)
    records = [rule for group in groups for rule in group.rules if isinstance(rule, RecordingRule)]
    by_rule: dict[str, set[Sample]] = {}
    for series in server.raw("ALERTS", start=start, end=end):
        labels = tuple(sorted((name, value) for name, value in series.labels.items() if name != "__name__"))
        samples = {(round(float(at) * 1000), labels) for at in series.times_s}
        by_rule.setdefault(dict(labels)["alertname"], set()).update(samples)
    equal = missing = extra = same = count = 0
    interval_ms = round(interval_s * 1000)
    for group in groups:
        alerting = [rule for rule in group.rules if isinstance(rule, AlertingRule)]
        phases = [at % interval_ms for rule in alerting for at, _ in by_rule.get(rule.name, ())]
        if not phases:
            continue
        phase_ms = int(np.median(phases))
        first_ms = -(-(round(start.timestamp() * 1000) - phase_ms) // interval_ms) * interval_ms + phase_ms
        times = np.arange(first_ms, round(end.timestamp() * 1000), interval_ms)
        for rule in alerting:
            expr, _ = with_recorded(rule.expr, records)
            found = replay(
                server, rule, start=start, end=end, interval_s=interval_s, offset_s=phase_ms / 1000, expr=expr
            )
            ours: set[Sample] = set()
            for one in found.instances:
                for at in times[(times >= one.active_ms) & (times <= one.last_ms)]:
                    state = "firing" if one.fired_ms is not None and one.fired_ms <= at else "pending"
                    ours.add((int(at), tuple(sorted((*one.labels, ("alertstate", state))))))
            theirs = {sample for sample in by_rule.get(rule.name, set()) if times[0] <= sample[0] <= times[-1]}
            equal, missing, extra = equal + len(ours & theirs), missing + len(theirs - ours), extra + len(ours - theirs)
            same, count = same + (ours == theirs), count + 1
    print(f"{count} rules, {same} equal; samples of ALERTS: {equal:,} equal, {missing} missing, {extra} extra")


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    if what == "make":
        make(Path(given[0]))
    elif what == "run":
        run(Path(given[0]), given[1])
    else:
        begin, until = (pd.Timestamp(text) for text in given[3:5])
        recorded(Path(given[0]), given[1], interval_s=float(given[2]), start=begin, end=until)
