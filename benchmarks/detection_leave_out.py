"""Constants of the detector chosen with a whole suite left out, and what they are worth on it.

    python benchmarks/detection_leave_out.py --kit FOLDER [--settings 36] [--every 4] [--counts FILE]

FOLDER is the detection kit. Settings are drawn at random from wide ranges (SPACE; seeded, the shipped constants are one
of them and get no favour), each is run over all suites, and the one with the best mean over the other suites of F1
(each divided by the best that any setting has there) is chosen for the suite left out. `--every` takes every nth case
of the large suites; the chosen settings are then run on all. `--counts` keeps what was counted, and goes on from it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

SUITES = ("synthetic", "smd", "asd", "nab")
SPACE: Mapping[str, tuple[float, ...]] = {
    "ceiling": (5.0, 6.5, 8.0, 10.0, 14.0),
    "recurring_extreme": (3, 6, 10),
    "spreads": (4.5, 5.5, 7.0),
    "margin": (1.0, 1.05, 1.25),
    "doubt": (1.25, 1.5, 2.0, 2.5),
    "near": (3.0, 5.0, 7.0),
    "edge": (1.0, 1.1, 1.25, 1.5),
    "edge_stays": (1.2, 1.4, 1.8, 2.5),
    "ongoing_at_start": (2.0, 3.0, 4.0),
    "most_departures": (1, 2, 4),
}
"""Constants that change what is news, and values a person might have chosen for each."""

Counts = list[list[int]]
"""Found, missed and wrong of each case."""
Setting = dict[str, float]


def settings(count: int, *, seed: int = 0) -> list[Setting]:
    """The shipped constants (empty), then random ones; the same for the same seed."""
    random = np.random.default_rng(seed)
    return [{}, *({name: values[random.integers(len(values))] for name, values in SPACE.items()} for _ in range(count))]


def f1(counts: Sequence[Sequence[int]]) -> float:
    """2 found / (2 found + missed + wrong), over all cases.

    >>> f1([[3, 1, 0], [1, 0, 2]])
    0.7272727272727273
    """
    found, missed, wrong = (sum(case[n] for case in counts) for n in range(3))
    return 2 * found / max(1, 2 * found + missed + wrong)


def chosen(figures: Sequence[Mapping[str, float]], *, without: str | None) -> int:
    """The setting with the best mean share of the best figure, over all suites but one.

    >>> chosen([{"a": 0.9, "b": 0.1}, {"a": 0.8, "b": 0.4}], without="b")
    0
    """
    suites = [s for s in figures[0] if s != without]
    best = {s: max(f[s] for f in figures) for s in suites}
    return max(range(len(figures)), key=lambda n: float(np.mean([figures[n][s] / max(best[s], 1e-9) for s in suites])))


def run(setting: Setting, cases: Sequence[Any], scoring: Any) -> Counts:
    """What the detector with these constants finds in the cases."""
    from reconstruct.detect import find_excursions
    from reconstruct.detect.parameters import PARAMETERS

    parameters = replace(PARAMETERS, **setting)  # type: ignore[arg-type]
    directions = {"up": 1, "down": -1, "both": 0}
    counts = []
    for case in cases:
        found = find_excursions(case.values, first=case.first, parameters=parameters)
        score = scoring.score([case], [[(e.series, e.start, e.end, directions[e.direction]) for e in found]])
        counts.append([int(score["found"]), int(score["missed"]), int(score["wrong"])])
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--kit", type=Path, required=True)
    parser.add_argument("--settings", type=int, default=36)
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--counts", type=Path)
    given = parser.parse_args()
    sys.path[:0] = [str(given.kit), str(Path(__file__).resolve().parent.parent)]
    suites, scoring = importlib.import_module("suites"), importlib.import_module("scoring")
    cases = {
        suite: suites.synthetic(0, 2) if suite == "synthetic" else suites.recordings(given.kit / "data" / suite)
        for suite in SUITES
    }
    few = {
        s: c[:: given.every] if s in ("smd", "asd") else c[: len(c) // 2] if s == "synthetic" else c
        for s, c in cases.items()
    }
    known: dict[str, Counts] = json.loads(given.counts.read_text()) if given.counts and given.counts.exists() else {}

    def counted(setting: Setting, suite: str, some: Sequence[Any], kind: str) -> Counts:
        key = json.dumps([kind, suite, setting], sort_keys=True)
        if key not in known:
            with np.errstate(all="ignore"):
                known[key] = run(setting, some, scoring)
            if given.counts:
                given.counts.write_text(json.dumps(known))
        return known[key]

    every = settings(given.settings)
    figures = [{s: f1(counted(setting, s, few[s], "few")) for s in SUITES} for setting in every]
    print("| chosen on | " + " | ".join(SUITES) + " | constants |")
    print("|---" * (len(SUITES) + 2) + "|")
    rows = [("shipped", 0), ("all suites", chosen(figures, without=None))]
    rows += [(f"without {s}", chosen(figures, without=s)) for s in SUITES]
    for name, number in rows:
        cells = [f"{f1(counted(every[number], s, cases[s], 'all')):.3f}" for s in SUITES]
        left = name.removeprefix("without ")
        marked = [f"**{cell}**" if s == left else cell for s, cell in zip(SUITES, cells, strict=True)]
        told = ", ".join(f"{k} {v:g}" for k, v in every[number].items()) or "as they are"
        print(f"| {name} | {' | '.join(marked)} | {told} |", flush=True)


if __name__ == "__main__":
    main()
