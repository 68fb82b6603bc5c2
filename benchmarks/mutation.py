"""Whether the tests hold what is written: a fixed list of mutations over the core, one at a time, in a copy.

    python benchmarks/mutation.py [--only TEXT] [--list]

Each changes one constant that has a documented reason (by a third), a comparison, a sentence or an enum member, and
runs the narrow test files that should notice. Prints each as killed or survived, and the counts; ends with status 1
where fewer than 55 in 60 die, where the tests fail without any, or where a text is not found exactly once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
COPIED: Final = ("reconstruct", "tests", "queries", "pyproject.toml")
LEAST_KILLED: Final = 55 / 60
LIMIT_S: Final = 300
"""A test run that takes longer hangs: the mutation counts as killed."""


class Mutation(NamedTuple):
    """One change of one file under reconstruct/, and the test files (under tests/) that should fail for it."""

    file: str
    text: str
    replacement: str
    tests: str


class Outcome(NamedTuple):
    mutation: Mutation
    killed: bool
    seconds: float


def of(file: str, tests: str, *changed: tuple[str, str]) -> Iterator[Mutation]:
    """The mutations of one file, as (text, replacement), that the same tests should notice."""
    return (Mutation(file, text, replacement, tests) for text, replacement in changed)


MUTATIONS: Final = (
    *of(
        "detect/false_alarms.py",
        "detect/test_false_alarms.py",
        ("QUIET_SHARE: Final = 0.02", "QUIET_SHARE: Final = 0.0267"),
        ("EXPECTED: Final = 0.5", "EXPECTED: Final = 0.667"),
        ("LEAST_HOURS: Final = 1.0", "LEAST_HOURS: Final = 1.333"),
        ('LEAD: Final = pd.Timedelta("15min")', 'LEAD: Final = pd.Timedelta("20min")'),
        ("one.score >= surprise.score", "one.score <= surprise.score"),
    ),
    *of(
        "detect/rollouts.py",
        "detect/test_false_alarms.py detect/test_rollouts.py",
        ('SETTLES: Final = pd.Timedelta("5min")', 'SETTLES: Final = pd.Timedelta("6min40s")'),
    ),
    *of(
        "detect/rollouts.py",
        "detect/test_false_alarms.py",
        ('"availability", "utilisation", "saturation"', '"availability", "saturation"'),
    ),
    *of(
        "detect/earlier_hours.py",
        "detect/test_earlier_hours.py",
        ("RECURS: Final = 3", "RECURS: Final = 4"),
        ("AS_FAR: Final = 0.9", "AS_FAR: Final = 0.6"),
    ),
    *of(
        "detect/evidence.py",
        "detect/test_evidence.py",
        ("SHORT_HISTORY = 5", "SHORT_HISTORY = 7"),
    ),
    *of(
        "detect/describe.py",
        "detect/test_excursions.py detect/test_evidence.py",
        ("MAX_SCORE = 1000.0", "MAX_SCORE = 1333.0"),
    ),
    *of(
        "explain/priors.py",
        "explain/test_impact.py",
        ("INCIDENT_AT: Final = 1.4", "INCIDENT_AT: Final = 1.87"),
        ("ALERT_BONUS: Final = 1.5", "ALERT_BONUS: Final = 1.0"),
        ("GENERIC_SHARE: Final = 0.6", "GENERIC_SHARE: Final = 0.8"),
    ),
    *of(
        "explain/user_impact.py",
        "explain/test_user_impact.py",
        ("CLEAR_FAILED: Final = 0.02", "CLEAR_FAILED: Final = 0.0267"),
        ("LEAST_S: Final = 75.0", "LEAST_S: Final = 100.0"),
        ("CLEAR_SLOWER: Final = (1.25, 0.015)", "CLEAR_SLOWER: Final = (1.67, 0.015)"),
    ),
    *of(
        "explain/priors.py",
        "explain/test_causes.py",
        ("SUPPORTED_AT: Final = 0.7", "SUPPORTED_AT: Final = 0.93"),
    ),
    *of(
        "explain/causes.py",
        "explain/test_causes.py",
        ("MITIGATES_WITHIN_S: Final = 60.0", "MITIGATES_WITHIN_S: Final = 80.0"),
        ("total_seconds() <= limit_s", "total_seconds() >= limit_s"),
    ),
    *of(
        "explain/attribution.py",
        "explain/test_attribution.py",
        ("SOON_S: Final = 120.0", "SOON_S: Final = 160.0"),
        ("FIGURE_REVERSED: Final = 2.3", "FIGURE_REVERSED: Final = 3.07"),
        ("BACK_SHARE: Final = 0.4", "BACK_SHARE: Final = 0.533"),
    ),
    *of(
        "explain/locate.py",
        "explain/test_locate.py",
        ("ILL_TIMES: Final = 1.5", "ILL_TIMES: Final = 2.0"),
        ("self.share > ILL_SHARE", "self.share < ILL_SHARE"),
    ),
    *of(
        "rank/confidence.py",
        "rank/test_confidence.py",
        ("MARGIN: Final = 2.0", "MARGIN: Final = 2.67"),
        ("CONSTANT: Final = -1.6", "CONSTANT: Final = -2.13"),
        ("MAX_EXCESS: Final = 4.0", "MAX_EXCESS: Final = 5.33"),
    ),
    *of(
        "rank/common_labels.py",
        "rank/test_common_labels.py",
        ("MIN_LIFT: Final = 1.5", "MIN_LIFT: Final = 2.0"),
        ("MIN_CHANGED: Final = 3", "MIN_CHANGED: Final = 4"),
        ("one.p_value <= SIGNIFICANT", "one.p_value >= SIGNIFICANT"),
    ),
    *of(
        "meaning/flows.py",
        "meaning/test_meaning.py meaning/test_flows.py",
        ("LONG_WAIT_S: Final = 15.0", "LONG_WAIT_S: Final = 20.0"),
        ("KNOWN_PEER: Final = 0.6", "KNOWN_PEER: Final = 0.8"),
    ),
    *of(
        "meaning/status.py",
        "meaning/test_status.py",
        ('REFUSED: Final = "429"', 'REFUSED: Final = "428"'),
        ('"12", "13", "14"', '"12", "14"'),
        ("if score > 0", "if score >= 0"),
    ),
    *of(
        "timeline/phases.py",
        "timeline/test_phases.py",
        ("TWICE = 1.0", "TWICE = 0.67"),
        ("DOWN_SHARE = 0.95", "DOWN_SHARE = 0.63"),
        ("REACH_S = 60.0", "REACH_S = 80.0"),
        ("share <= BACK_SHARE", "share >= BACK_SHARE"),
        ('"rollback", "deploy", "config", "flag", "scale"', '"deploy", "config", "flag", "scale"'),
    ),
    *of(
        "timeline/milestones.py",
        "timeline/test_phases.py timeline/test_milestones.py",
        ("RECOVERS_S = 120.0", "RECOVERS_S = 160.0"),
    ),
    *of(
        "timeline/error_budget.py",
        "timeline/test_error_budget.py",
        ("BURNS: Final = 1.0", "BURNS: Final = 1.33"),
        ('"m": 60.0', '"m": 80.0'),
    ),
    *of(
        "timeline/entries_of_alerts.py",
        "timeline/test_timeline.py",
        ("MAX_FIRINGS_SHOWN = 3", "MAX_FIRINGS_SHOWN = 4"),
    ),
    *of(
        "timeline/entries_of_signals.py",
        "timeline/test_timeline.py",
        ("MINOR_SHARE = 0.05", "MINOR_SHARE = 0.067"),
    ),
    *of(
        "text/verdict.py",
        "text/test_verdict.py",
        ("no measured signal shows user impact", "users were not affected"),
        ("failed up to {peak}", "failed {peak}"),
        ("could not be judged", "were calm"),
    ),
    *of(
        "text/entries.py",
        "text/test_entries.py timeline/test_timeline.py",
        ("ended with its data: not a recovery", "resolved"),
    ),
    *of(
        "text/entries.py",
        "text/test_entries.py",
        ("'fell' if after.value < before.value", "'fell' if after.value > before.value"),
        ("{measure(a)} stayed at {now}", "{measure(a)} was at {now}"),
    ),
    *of(
        "text/units.py",
        "text/test_verdict.py text/test_impact.py",
        ("TEXT_DIGITS: Final = 2", "TEXT_DIGITS: Final = 3"),
    ),
    *of(
        "text/units.py",
        "text/test_units.py",
        ("TIMES_FROM: Final = 10.0", "TIMES_FROM: Final = 13.3"),
    ),
    *of(
        "text/times.py",
        "text/test_times.py",
        ("PRECISE_S: Final = 1.0", "PRECISE_S: Final = 1.33"),
    ),
    *of(
        "text/event_state.py",
        "text/test_event_state.py",
        ('"failed": "failed"', '"failed": ""'),
    ),
    *of(
        "text/impact.py",
        "text/test_impact.py",
        ("{human(one.spent, 'ratio')} spent", "{human(one.spent, 'ratio')} left"),
    ),
    *of(
        "verify/claims/judging.py",
        "verify/test_checking.py",
        ("TOLERANCE_S: Final = 180.0", "TOLERANCE_S: Final = 240.0"),
        ("EXACT_S: Final = 60.0", "EXACT_S: Final = 80.0"),
    ),
    *of(
        "verify/omissions.py",
        "verify/test_omissions.py",
        ("UNDETECTED_S: Final = 60.0", "UNDETECTED_S: Final = 80.0"),
        ("OFTEN: Final = 3", "OFTEN: Final = 4"),
    ),
    *of(
        "verify/quantities.py",
        "verify/test_checking.py verify/test_quantities.py",
        ("TOLERANCE: Final = 0.05", "TOLERANCE: Final = 0.067"),
        ("HOUR_HALF: Final = 0.25", "HOUR_HALF: Final = 0.333"),
    ),
    *of(
        "alerting/review.py",
        "alerting/test_review.py",
        ('LATE: Final = pd.Timedelta("5min")', 'LATE: Final = pd.Timedelta("6min40s")'),
        ("FLAPPING_FIRINGS: Final = 3", "FLAPPING_FIRINGS: Final = 4"),
        ('"flapping", "fired-again"', '"useful", "fired-again"'),
    ),
    *of(
        "alerting/backtest.py",
        "alerting/test_backtest.py",
        ("ALWAYS_FIRING: Final = 0.95", "ALWAYS_FIRING: Final = 0.63"),
    ),
    *of(
        "alerting/recurrences.py",
        "alerting/test_recurrences.py",
        ('TOGETHER: Final = pd.Timedelta("15min")', 'TOGETHER: Final = pd.Timedelta("20min")'),
        ('CHANGE_BEFORE: Final = pd.Timedelta("1h")', 'CHANGE_BEFORE: Final = pd.Timedelta("80min")'),
    ),
    *of(
        "alerting/evidence.py",
        "alerting/test_evidence.py",
        ('">=": np.greater_equal', '">=": np.greater'),
    ),
)


def misplaced(mutations: Sequence[Mutation]) -> Iterator[str]:
    """What keeps a mutation from being tried: its text is not found exactly once, or a test file is not there."""
    for one in mutations:
        if (found := (ROOT / "reconstruct" / one.file).read_text("utf-8").count(one.text)) != 1:
            yield f"{one.file}: {one.text!r} is there {found} times"
        yield from (f"{one.file}: no {test}" for test in one.tests.split() if not (ROOT / "tests" / test).is_file())


def passes(tree: Path, tests: Sequence[str]) -> bool:
    """Whether the tests pass in the copy; a run that ends for another reason than a failing test is an error."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *(f"tests/{t}" for t in tests)]
    try:
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return False
    if done.returncode > 2 or (done.returncode == 2 and b"rror" not in done.stdout):
        raise RuntimeError(f"pytest ended with {done.returncode}: {done.stdout.decode()[-2000:]}")
    return done.returncode == 0


def tried(mutation: Mutation, tree: Path) -> Outcome:
    """The mutation in the copy, its tests, and the copy as it was."""
    path = tree / "reconstruct" / mutation.file
    before, began = path.read_text("utf-8"), time.monotonic()
    path.write_text(before.replace(mutation.text, mutation.replacement), "utf-8")
    try:
        killed = not passes(tree, mutation.tests.split())
    finally:
        path.write_text(before, "utf-8")
    return Outcome(mutation, killed, time.monotonic() - began)


def copied(tree: Path) -> None:
    """What the tests need, in a folder of its own."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, tree / name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="mutations whose file or text contains this")
    parser.add_argument("--list", action="store_true", help="show them and run nothing")
    options = parser.parse_args()
    chosen = [one for one in MUTATIONS if options.only in f"{one.file} {one.text}"]
    if wrong := list(misplaced(chosen)):
        print("\n".join(wrong))
        return 1
    if options.list or not chosen:
        print("\n".join(f"{one.file}: {one.text} -> {one.replacement}  [{one.tests}]" for one in chosen))
        return 0
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        tree = Path(folder)
        copied(tree)
        if not passes(tree, sorted({test for one in chosen for test in one.tests.split()})):
            print("the tests fail without any mutation")
            return 1
        for one in chosen:
            outcome = tried(one, tree)
            outcomes.append(outcome)
            said = "killed  " if outcome.killed else "SURVIVED"
            print(f"{said} {outcome.seconds:5.1f} s  {one.file}: {one.text} -> {one.replacement}", flush=True)
    killed = sum(outcome.killed for outcome in outcomes)
    print(f"{len(outcomes)} mutations: {killed} killed, {len(outcomes) - killed} survived")
    return 0 if killed >= LEAST_KILLED * len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
