"""Ours against every z-score of a sweep and the kit's two references: F1 and a bootstrap over cases, in one run.

    python benchmarks/detection_sweep.py --kit FOLDER [--markdown FILE]

FOLDER is the detection kit (`suites.py`, `scoring.py`, `prototype.py`, `second.py`, `data/`). The interval is that of
our F1 less the other's, 95 %, over 2,000 draws of cases with replacement, the same draws for both: a case's series
share its incidents, so series are no independent draws.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

KS = (3.0, 4.0, 6.0, 8.0, 10.0, 14.0, 20.0)
SHORTEST = (1, 3)
SUITES = ("synthetic", "smd", "asd", "nab")
DRAWS = 2_000

Alarm = tuple[int, int, int, int]
Counts = NDArray[np.int64]
"""Found, missed, wrong; shape (n_cases, 3)."""


def z_score(values: NDArray[np.float64], *, first: int, k: float, shortest: int, join: int = 3) -> Iterator[Alarm]:
    """Runs of at least `shortest` samples beyond `k` standard deviations of the history, bridging gaps up to `join`."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # series without history
        z = (values[first:] - np.nanmean(values[:first], axis=0)) / np.nanstd(values[:first], axis=0)
    beyond = np.abs(z) > k
    for series in np.flatnonzero(beyond.any(axis=0)):
        rows = np.flatnonzero(beyond[:, series])
        for run in np.split(rows, np.flatnonzero(np.diff(rows) > join + 1) + 1):
            start, end = int(run[0]), int(run[-1]) + 1
            if end - start >= shortest:
                yield int(series), first + start, first + end, int(np.sign(np.sign(z[run, series]).sum()))


def f1(counts: Counts) -> float:
    """2 found / (2 found + missed + wrong), over all cases.

    >>> f1(np.array([[3, 1, 0], [1, 0, 2]]))
    0.7272727272727273
    """
    found, missed, wrong = (int(n) for n in counts.sum(axis=0))
    return 2 * found / max(1, 2 * found + missed + wrong)


def interval(ours: Counts, other: Counts) -> tuple[float, float]:
    """95 % bootstrap interval of our F1 less the other's."""
    draws = np.random.default_rng(0).integers(len(ours), size=(DRAWS, len(ours)))
    low, high = np.quantile([f1(ours[d]) - f1(other[d]) for d in draws], [0.025, 0.975])
    return float(low), float(high)


def counted(detect: Callable[[Any], Iterable[Alarm]], cases: list[Any], scoring: Any) -> Counts:
    """Found, missed and wrong of each case."""
    scores = (scoring.score([case], [list(detect(case))]) for case in cases)
    return np.array([[s["found"], s["missed"], s["wrong"]] for s in scores])


def detectors() -> dict[str, Callable[[Any], Iterable[Alarm]]]:
    """By the name of its line."""
    from benchmarks.detection_adapter import detect

    def kit(module: str) -> Callable[[Any], Iterable[Alarm]]:
        function = importlib.import_module(module).detect
        return lambda c: function(c.values, first=c.first, step_s=c.step_s, start_s=c.start_s)

    def rule(k: float, shortest: int) -> Callable[[Any], Iterable[Alarm]]:
        return lambda c: z_score(c.values, first=c.first, k=k, shortest=shortest)

    return {
        "reconstruct": lambda c: detect(c.values, first=c.first, step_s=c.step_s, start_s=c.start_s),
        "first reference": kit("prototype"),
        "second reference": kit("second"),
        **{f"z-score, k {k:g}, {n} sample{'s' * (n > 1)}": rule(k, n) for n in SHORTEST for k in KS},
    }


def table(kit: Path) -> str:
    """Markdown: a line a detector, a column a suite."""
    sys.path[:0] = [str(kit), str(Path(__file__).resolve().parent.parent)]
    suites, scoring = importlib.import_module("suites"), importlib.import_module("scoring")
    lines = [f"| detector | {' | '.join(SUITES)} |", "|---" * (len(SUITES) + 1) + "|"]
    cells: dict[str, list[str]] = {}
    for suite in SUITES:
        cases = suites.synthetic(0, 2) if suite == "synthetic" else suites.recordings(kit / "data" / suite)
        ours: Counts | None = None
        for name, detect in detectors().items():
            with np.errstate(all="ignore"):
                counts = counted(detect, cases, scoring)
            if ours is None:
                ours = counts
                cells.setdefault(name, []).append(f"**{f1(counts):.3f}**")
                continue
            low, high = interval(ours, counts)
            verdict = "behind" if high < 0 else "level" if low <= 0 else "ahead"
            cells.setdefault(name, []).append(f"{f1(counts):.3f} {verdict} ({low:+.2f}, {high:+.2f})")
            print(suite, name, cells[name][-1], file=sys.stderr, flush=True)
    lines += [f"| {name} | {' | '.join(row)} |" for name, row in cells.items()]
    return "\n".join([*lines, "", *layouts(suites, scoring)]) + "\n"


def layouts(suites: Any, scoring: Any) -> list[str]:
    """The synthetic suite by how much history there is; seeds 0 and 1, and six that nobody looked at before."""
    ours = detectors()["reconstruct"]
    lines = ["| seeds | history | step | F1 | onset median / p90 | recovery p90 | false alarms a quiet series-day |"]
    lines.append("|---" * 7 + "|")
    for begin, count in ((0, 2), (40, 6)):
        cases = suites.synthetic(begin, count)
        for step_s in sorted({case.step_s for case in cases}):
            some = [case for case in cases if case.step_s == step_s]
            with np.errstate(all="ignore"):
                m = scoring.score(some, [list(ours(case)) for case in some])
            hours = some[0].first * step_s / 3600
            onset = f"{m['onset_median']:.0f} / {m['onset_p90']:.0f}"
            lines.append(
                f"| {begin} to {begin + count - 1} | {hours:.0f} h | {step_s:.0f} s | {m['f1']:.3f} | {onset} | "
                f"{m['recovery_p90']:.0f} | {m['false_alarms_per_day']:.2f} |"
            )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--kit", type=Path, required=True)
    parser.add_argument("--markdown", type=Path)
    given = parser.parse_args()
    made = table(given.kit)
    if given.markdown:
        given.markdown.write_text(made)
    print(made, end="")


if __name__ == "__main__":
    main()
