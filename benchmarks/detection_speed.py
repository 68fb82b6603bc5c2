"""What detection costs on a large matrix, and where its time goes: ours and the kit's references in one run.

    python benchmarks/detection_speed.py --kit FOLDER [--series 100000] [--rounds 3]

FOLDER is the detection kit; the matrix is its `screen`: 1,440 samples a series, one series in a hundred anomalous. CPU
time of one thread; the median round counts. `passes` is the time of one pass over the float64 matrix (its sum) into
the whole. Memory is the most that Python and numpy held beyond the input, measured in a run of its own.
"""

from __future__ import annotations

import argparse
import cProfile
import importlib
import os
import pstats
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

STAGES = {
    "prepare": "to float32, reference taken off, gaps filled",
    "moving_means": "means over 1, 2, 4 ... 64 samples",
    "calibrate": "thresholds from the history",
    "score": "the window against the thresholds",
    "excursions_of": "fits of the candidates, one by one",
    "describe": "excursions in the unit of the series",
    "flat_lines": "flat lines",
    "ongoing_at_start": "series to be judged from an earlier start",
}


def cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    began = time.process_time()
    work()
    return time.process_time() - began


def profile(work: Callable[[], object]) -> dict[str, float]:
    """Share of each stage in one call's time, callees included; a stage that runs inside another counts in both."""
    profiler = cProfile.Profile()
    profiler.runcall(work)
    stats: dict[tuple[str, int, str], tuple[int, int, float, float, Any]] = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    whole = max(entry[3] for entry in stats.values())
    return {
        stage: sum(entry[3] for (file, _, name), entry in stats.items() if name == stage and "/detect/" in file) / whole
        for stage in STAGES
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--kit", type=Path, required=True)
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    sys.path[:0] = [str(given.kit), str(Path(__file__).resolve().parent.parent)]
    from benchmarks.detection_adapter import detect

    suites = importlib.import_module("suites")
    warm, case = suites.screen(500), suites.screen(given.series)
    values = case.values

    def run(detector: Any, of: Any, matrix: Any) -> list[Any]:
        return list(detector(matrix, first=of.first, step_s=of.step_s, start_s=of.start_s))

    ways: dict[str, Any] = {"reconstruct": detect}
    ways |= {
        f"{n} reference": importlib.import_module(m).detect
        for n, m in {"first": "prototype", "second": "second"}.items()
    }
    taken: dict[str, list[float]] = {name: [] for name in (*ways, "one pass")}
    for detector in ways.values():
        run(detector, warm, warm.values)
    for _ in range(given.rounds):
        taken["one pass"].append(cpu_s(values.sum))
        for name, detector in ways.items():
            taken[name].append(cpu_s(partial(run, detector, case, values)))
            print(name, f"{taken[name][-1]:.1f} s", file=sys.stderr, flush=True)
    one_pass = statistics.median(taken["one pass"])
    print("| detector | M series-samples a CPU second | passes | most memory beyond the input | share of the matrix |")
    print("|---|---|---|---|---|")
    for name, detector in ways.items():
        median_s = statistics.median(taken[name])
        tracemalloc.start()
        run(detector, case, values)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        speed, share = values.size / median_s / 1e6, most / values.nbytes
        print(
            f"| {name} | {speed:.0f} | {median_s / one_pass:.0f} | {most / 2**20:.0f} MiB | {share:.1%} |", flush=True
        )
    print("\n| stage | what | share of the time |\n|---|---|---|")
    for stage, share in profile(partial(run, detect, case, values)).items():
        print(f"| {stage} | {STAGES[stage]} | {share:.0%} |")


if __name__ == "__main__":
    main()
