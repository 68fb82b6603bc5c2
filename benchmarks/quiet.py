"""False anomalies in drafts of windows in which nothing was wrong.

    python benchmarks/quiet.py BUNDLE=CASE [BUNDLE=CASE ...] [--baseline default|all] [--each]

BUNDLE is the evidence of a case with all the history that there is (`reconstruct capture --baseline 24h`), CASE its
folder (`expect.json`). What lies before the first trouble (the guilty change or the onset, whichever came first; all of
it where nothing was wrong) is quiet; its last third is looked at as a window of its own, the rest is its history.
Printed: anomalies a draft (mean, median, largest), drafts without any, and by signal.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from reconstruct.bundle import narrow, read_bundle
from reconstruct.model import Anomaly, Evidence, Settings
from reconstruct.packs.mechanisms import load_mechanisms
from reconstruct.pipeline import draft

PART = 1 / 3
"""Of the quiet stretch that is the window."""
MARGIN = pd.Timedelta("1min")
"""Before the first trouble."""
LONGEST = pd.Timedelta("2h")
MINUTE = pd.Timedelta("1min")


def quiet_evidence(evidence: Evidence, case: Path, *, least_baseline: pd.Timedelta | None = None) -> Evidence:
    """The evidence of the quiet window, with all history before it, or as much as it is long (at least this)."""
    expect = json.loads((case / "expect.json").read_text())
    begin, end = evidence.window.baseline_start, evidence.window.end
    if expect["verdict"] == "incident":
        troubles = [pd.Timestamp(expect["onset"][0])] if expect.get("onset") else []
        troubles += [e.time for e in evidence.events if e.source_id and e.source_id == expect["trigger"]]
        truth = json.loads((case / "truth.json").read_text())
        told = (truth.get("fault") or {}).get("start")
        troubles += [pd.Timestamp(told)] if told else []
        if not troubles:
            raise ValueError(f"{case.name}: nothing tells when the trouble began")
        end = min(troubles) - MARGIN
    start = end - min(LONGEST, (end - begin) * PART)
    begin = begin if least_baseline is None else max(begin, start - max(least_baseline, end - start))
    return narrow(evidence, start=start, end=end, baseline_start=begin)


def anomalies_of(evidence: Evidence) -> tuple[Anomaly, ...]:
    """All of the draft's."""
    return draft(evidence, settings=Settings(mechanisms=load_mechanisms())).anomalies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="+")
    parser.add_argument("--baseline", choices=("window", "all"), default="all")
    parser.add_argument("--each", action="store_true", help="name the anomalies")
    options = parser.parse_args()
    counts, by_signal = [], Counter[str]()
    for each in options.cases:
        bundle, _, case = each.partition("=")
        evidence, _ = read_bundle(Path(bundle))
        try:
            quiet = quiet_evidence(
                evidence, Path(case), least_baseline=pd.Timedelta("1h") if options.baseline == "window" else None
            )
        except (ValueError, KeyError) as error:
            print(f"{case}: left out: {error}")
            continue
        found = anomalies_of(quiet)
        series = sum(len(metric.labels) for metric in quiet.metrics)
        counts.append(len(found))
        by_signal.update(anomaly.signal.id for anomaly in found)
        window = quiet.window
        print(
            f"{Path(bundle).stem}: {len(found)} of {series} series, {(window.end - window.start) / MINUTE:.0f} min"
            f" after {(window.start - window.baseline_start) / MINUTE:.0f} min, worse {sum(a.worse for a in found)}"
        )
        for anomaly in found if options.each else ():
            print(
                f"    {anomaly.signal.id} {dict(anomaly.labels)} {anomaly.shape} {anomaly.direction}"
                f" z={anomaly.robust_z:.1f} score={anomaly.score:.2f} {anomaly.baseline:.4g} -> {anomaly.peak:.4g}"
                f" {anomaly.onset.time:%H:%M:%S}"
            )
    print(
        f"{len(counts)} drafts: {np.mean(counts):.2f} anomalies a draft, median {np.median(counts):g},"
        f" most {max(counts)}, {counts.count(0)} without any"
    )
    print(by_signal.most_common(20))


if __name__ == "__main__":
    main()
