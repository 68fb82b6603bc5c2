"""Changed inputs of every kind, for as long as you like: told, read, traceback, over budget.

    python benchmarks/fuzz.py [--inputs 1000] [--seed 1] [--only events,metrics] [--hours 2] [--round 20] [--keep DIR]

`--inputs` is of each kind; with `--hours` rounds go on, each with the next seed, until the time is over. `--round` ends
each kind of a round after so many seconds, so that cheap inputs are tried more often than dear ones. Totals are printed
after each round, so a run that is stopped has them too. Inputs that fail are kept, one of each kind of failure, in the
form of `tests/fuzz/corpus`. Exit code 1 where any failed.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final

from tests.fuzz.campaign import run
from tests.fuzz.inputs import INPUTS

OUTCOMES: Final = ("told", "read", "traceback", "over budget")


def main() -> None:
    """Run and say what came of it."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--inputs", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", default=",".join(INPUTS))
    options.add_argument("--hours", type=float, default=0.0)
    options.add_argument("--round", type=float, default=math.inf)
    options.add_argument("--keep", type=Path, default=None)
    given = options.parse_args()
    names = given.only.split(",")
    outcomes: Counter[str] = Counter()
    kinds: dict[str, int] = {}
    until_s = time.monotonic() + given.hours * 3600
    seed = given.seed
    while True:
        for name in names:
            tally = run([name], number=given.inputs, seed=seed, keep=given.keep, round_s=given.round)
            outcomes += tally.outcomes
            for kind, (shown, count) in tally.kinds.items():
                if kind not in kinds:
                    print(f"{kind}  {shown}", flush=True)
                kinds[kind] = kinds.get(kind, 0) + count
        print(f"after seed {seed}:", *_totals(outcomes, names), sep="\n", flush=True)
        seed += 1
        if time.monotonic() >= until_s:
            break
    sys.exit(1 if kinds else 0)


def _totals(outcomes: Counter[str], names: list[str]) -> list[str]:
    whole = [f"{sum(outcomes[one] for one in OUTCOMES):,} inputs: {_counts(outcomes, '')}"]
    return [*whole, *(f"  {name}: {_counts(outcomes, f'{name}: ')}" for name in names)]


def _counts(outcomes: Counter[str], prefix: str) -> str:
    return ", ".join(f"{outcomes[prefix + one]:,} {one}" for one in OUTCOMES)


if __name__ == "__main__":
    main()
