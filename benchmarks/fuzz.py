"""Changed inputs of every kind, for as long as you like: told, read, traceback, over budget.

    python benchmarks/fuzz.py [--inputs 1000] [--seed 1] [--only events,metrics] [--hours 2] [--keep FOLDER]

`--inputs` is of each kind; with `--hours` rounds go on, each with the next seed, until the time is over. Inputs that
fail are kept, one of each kind of failure, in the form of `tests/fuzz/corpus`. Exit code 1 where any failed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.campaign import run
from tests.fuzz.inputs import INPUTS


def main() -> None:
    """Run and say what came of it."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--inputs", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", default=",".join(INPUTS))
    options.add_argument("--hours", type=float, default=0.0)
    options.add_argument("--keep", type=Path, default=None)
    given = options.parse_args()
    outcomes: Counter[str] = Counter()
    kinds: dict[str, tuple[str, int]] = {}
    until_s = time.monotonic() + given.hours * 3600
    seed = given.seed
    while True:
        for name in given.only.split(","):
            tally = run([name], number=given.inputs, seed=seed, keep=given.keep)
            outcomes += tally.outcomes
            for kind, (shown, count) in tally.kinds.items():
                if kind not in kinds:
                    print(f"{kind}  {shown}", flush=True)
                kinds[kind] = (kinds.get(kind, (shown, 0))[0], kinds.get(kind, ("", 0))[1] + count)
        seed += 1
        if time.monotonic() >= until_s:
            break
    whole = ("told", "read", "traceback", "over budget")
    print(f"{sum(outcomes[one] for one in whole):,} inputs: " + ", ".join(f"{outcomes[one]:,} {one}" for one in whole))
    for name in given.only.split(","):
        print(f"  {name}: " + ", ".join(f"{outcomes[f'{name}: {one}']:,} {one}" for one in whole))
    sys.exit(1 if kinds else 0)


if __name__ == "__main__":
    main()
