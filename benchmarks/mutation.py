"""Whether the tests hold what is written: a fixed list of mutations over the core, one at a time, in a copy of the tree.

    python benchmarks/mutation.py [--only TEXT] [--list]

Each takes one constant that has a documented reason (changed by a third), comparison, sentence or enum member, and runs
the narrow test files that should notice; none was kept or left out for its outcome. Prints what survived and the counts;
ends with status 1 where fewer than 55 in 60 die, or where the text of a mutation is not found exactly once.
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


SOON: Final = "detect/test_false_alarms.py"
IMPACT: Final = "explain/test_impact.py"
USERS: Final = "explain/test_user_impact.py"
CAUSES: Final = "explain/test_causes.py"
ATTRIBUTION: Final = "explain/test_attribution.py"
LOCATE: Final = "explain/test_locate.py"
CONFIDENCE: Final = "rank/test_confidence.py"
COMMON: Final = "rank/test_common_labels.py"
PHASES: Final = "timeline/test_phases.py"
TIMELINE: Final = "timeline/test_timeline.py"
BUDGET: Final = "timeline/test_error_budget.py"
VERDICT: Final = "text/test_verdict.py"
ENTRIES: Final = "text/test_entries.py"
CHECKING: Final = "verify/test_checking.py"
OMISSIONS: Final = "verify/test_omissions.py"
REVIEW: Final = "alerting/test_review.py"
RECURRENCES: Final = "alerting/test_recurrences.py"

MUTATIONS: Final = (
    # detect
    Mutation("detect/false_alarms.py", "QUIET_SHARE: Final = 0.02", "QUIET_SHARE: Final = 0.0267", SOON),
    Mutation("detect/false_alarms.py", "EXPECTED: Final = 0.5", "EXPECTED: Final = 0.667", SOON),
    Mutation("detect/false_alarms.py", "LEAST_HOURS: Final = 1.0", "LEAST_HOURS: Final = 1.333", SOON),
    Mutation("detect/false_alarms.py", 'LEAD: Final = pd.Timedelta("15min")', 'LEAD: Final = pd.Timedelta("20min")', SOON),
    Mutation("detect/false_alarms.py", "one.score >= surprise.score", "one.score <= surprise.score", SOON),
    Mutation("detect/rollouts.py", 'SETTLES: Final = pd.Timedelta("5min")', 'SETTLES: Final = pd.Timedelta("6min40s")', f"{SOON} detect/test_rollouts.py"),
    Mutation("detect/rollouts.py", '"availability", "utilisation", "saturation"', '"availability", "saturation"', SOON),
    Mutation("detect/earlier_hours.py", "RECURS: Final = 3", "RECURS: Final = 4", "detect/test_earlier_hours.py"),
    Mutation("detect/earlier_hours.py", "AS_FAR: Final = 0.9", "AS_FAR: Final = 0.6", "detect/test_earlier_hours.py"),
    Mutation("detect/evidence.py", "SHORT_HISTORY = 5", "SHORT_HISTORY = 7", "detect/test_evidence.py"),
    Mutation("detect/describe.py", "MAX_SCORE = 1000.0", "MAX_SCORE = 1333.0", "detect/test_excursions.py detect/test_evidence.py"),
    # explain
    Mutation("explain/priors.py", "INCIDENT_AT: Final = 1.4", "INCIDENT_AT: Final = 1.87", IMPACT),
    Mutation("explain/priors.py", "ALERT_BONUS: Final = 1.5", "ALERT_BONUS: Final = 1.0", IMPACT),
    Mutation("explain/priors.py", "GENERIC_SHARE: Final = 0.6", "GENERIC_SHARE: Final = 0.8", IMPACT),
    Mutation("explain/user_impact.py", "CLEAR_FAILED: Final = 0.02", "CLEAR_FAILED: Final = 0.0267", USERS),
    Mutation("explain/user_impact.py", "LEAST_S: Final = 75.0", "LEAST_S: Final = 100.0", USERS),
    Mutation("explain/user_impact.py", "CLEAR_SLOWER: Final = (1.25, 0.015)", "CLEAR_SLOWER: Final = (1.67, 0.015)", USERS),
    Mutation("explain/causes.py", "SUPPORTED_AT: Final = 0.7", "SUPPORTED_AT: Final = 0.93", CAUSES),
    Mutation("explain/causes.py", "MITIGATES_WITHIN_S: Final = 60.0", "MITIGATES_WITHIN_S: Final = 80.0", CAUSES),
    Mutation("explain/causes.py", "total_seconds() <= limit_s", "total_seconds() >= limit_s", CAUSES),
    Mutation("explain/attribution.py", "SOON_S: Final = 120.0", "SOON_S: Final = 160.0", ATTRIBUTION),
    Mutation("explain/attribution.py", "FIGURE_REVERSED: Final = 2.3", "FIGURE_REVERSED: Final = 3.07", ATTRIBUTION),
    Mutation("explain/attribution.py", "BACK_SHARE: Final = 0.4", "BACK_SHARE: Final = 0.533", ATTRIBUTION),
    Mutation("explain/locate.py", "ILL_TIMES: Final = 1.5", "ILL_TIMES: Final = 2.0", LOCATE),
    Mutation("explain/locate.py", "self.share > ILL_SHARE", "self.share < ILL_SHARE", LOCATE),
    # rank
    Mutation("rank/confidence.py", "MARGIN: Final = 2.0", "MARGIN: Final = 2.67", CONFIDENCE),
    Mutation("rank/confidence.py", "CONSTANT: Final = -1.6", "CONSTANT: Final = -2.13", CONFIDENCE),
    Mutation("rank/confidence.py", "MAX_EXCESS: Final = 4.0", "MAX_EXCESS: Final = 5.33", CONFIDENCE),
    Mutation("rank/common_labels.py", "MIN_LIFT: Final = 1.5", "MIN_LIFT: Final = 2.0", COMMON),
    Mutation("rank/common_labels.py", "MIN_CHANGED: Final = 3", "MIN_CHANGED: Final = 4", COMMON),
    Mutation("rank/common_labels.py", "one.p_value <= SIGNIFICANT", "one.p_value >= SIGNIFICANT", COMMON),
    # meaning
    Mutation("meaning/flows.py", "LONG_WAIT_S: Final = 15.0", "LONG_WAIT_S: Final = 20.0", "meaning/test_meaning.py meaning/test_flows.py"),
    Mutation("meaning/flows.py", "KNOWN_PEER: Final = 0.6", "KNOWN_PEER: Final = 0.8", "meaning/test_meaning.py meaning/test_flows.py"),
    Mutation("meaning/status.py", 'REFUSED: Final = "429"', 'REFUSED: Final = "428"', "meaning/test_status.py"),
    Mutation("meaning/status.py", '"12", "13", "14"', '"12", "14"', "meaning/test_status.py"),
    Mutation("meaning/status.py", "if score > 0", "if score >= 0", "meaning/test_status.py"),
    # timeline
    Mutation("timeline/phases.py", "TWICE = 1.0", "TWICE = 0.67", PHASES),
    Mutation("timeline/phases.py", "DOWN_SHARE = 0.95", "DOWN_SHARE = 0.63", PHASES),
    Mutation("timeline/phases.py", "REACH_S = 60.0", "REACH_S = 80.0", PHASES),
    Mutation("timeline/phases.py", "share <= BACK_SHARE", "share >= BACK_SHARE", PHASES),
    Mutation("timeline/phases.py", '"rollback", "deploy", "config", "flag", "scale"', '"deploy", "config", "flag", "scale"', PHASES),
    Mutation("timeline/milestones.py", "RECOVERS_S = 120.0", "RECOVERS_S = 160.0", f"{PHASES} timeline/test_milestones.py"),
    Mutation("timeline/error_budget.py", "BURNS: Final = 1.0", "BURNS: Final = 1.33", BUDGET),
    Mutation("timeline/error_budget.py", '"m": 60.0', '"m": 80.0', BUDGET),
    Mutation("timeline/entries_of_alerts.py", "MAX_FIRINGS_SHOWN = 3", "MAX_FIRINGS_SHOWN = 4", TIMELINE),
    Mutation("timeline/entries_of_signals.py", "MINOR_SHARE = 0.05", "MINOR_SHARE = 0.067", TIMELINE),
    # text
    Mutation("text/verdict.py", "no measured signal shows user impact", "users were not affected", VERDICT),
    Mutation("text/verdict.py", "failed up to {peak}", "failed {peak}", VERDICT),
    Mutation("text/verdict.py", "could not be judged", "were calm", VERDICT),
    Mutation("text/entries.py", "ended with its data: not a recovery", "resolved", f"{ENTRIES} {TIMELINE}"),
    Mutation("text/entries.py", "'fell' if after.value < before.value", "'fell' if after.value > before.value", ENTRIES),
    Mutation("text/entries.py", "{measure(a)} stayed at {now}", "{measure(a)} was at {now}", ENTRIES),
    Mutation("text/units.py", "TEXT_DIGITS: Final = 2", "TEXT_DIGITS: Final = 3", f"{VERDICT} text/test_impact.py"),
    Mutation("text/units.py", "TIMES_FROM: Final = 10.0", "TIMES_FROM: Final = 13.3", "text/test_units.py"),
    Mutation("text/times.py", "PRECISE_S: Final = 1.0", "PRECISE_S: Final = 1.33", "text/test_times.py"),
    Mutation("text/event_state.py", '"failed": "failed"', '"failed": ""', "text/test_event_state.py"),
    Mutation("text/impact.py", "{human(one.spent, 'ratio')} spent", "{human(one.spent, 'ratio')} left", "text/test_impact.py"),
    # verify
    Mutation("verify/claims/judging.py", "TOLERANCE_S: Final = 180.0", "TOLERANCE_S: Final = 240.0", CHECKING),
    Mutation("verify/claims/judging.py", "EXACT_S: Final = 60.0", "EXACT_S: Final = 80.0", CHECKING),
    Mutation("verify/omissions.py", "UNDETECTED_S: Final = 60.0", "UNDETECTED_S: Final = 80.0", OMISSIONS),
    Mutation("verify/omissions.py", "OFTEN: Final = 3", "OFTEN: Final = 4", OMISSIONS),
    Mutation("verify/quantities.py", "TOLERANCE: Final = 0.05", "TOLERANCE: Final = 0.067", f"{CHECKING} verify/test_quantities.py"),
    Mutation("verify/quantities.py", "HOUR_HALF: Final = 0.25", "HOUR_HALF: Final = 0.333", f"{CHECKING} verify/test_quantities.py"),
    # alerting
    Mutation("alerting/review.py", 'LATE: Final = pd.Timedelta("5min")', 'LATE: Final = pd.Timedelta("6min40s")', REVIEW),
    Mutation("alerting/review.py", "FLAPPING_FIRINGS: Final = 3", "FLAPPING_FIRINGS: Final = 4", REVIEW),
    Mutation("alerting/review.py", '"flapping", "fired-again"', '"useful", "fired-again"', REVIEW),
    Mutation("alerting/backtest.py", "ALWAYS_FIRING: Final = 0.95", "ALWAYS_FIRING: Final = 0.63", "alerting/test_backtest.py"),
    Mutation("alerting/recurrences.py", 'TOGETHER: Final = pd.Timedelta("15min")', 'TOGETHER: Final = pd.Timedelta("20min")', RECURRENCES),
    Mutation("alerting/recurrences.py", 'CHANGE_BEFORE: Final = pd.Timedelta("1h")', 'CHANGE_BEFORE: Final = pd.Timedelta("80min")', RECURRENCES),
    Mutation("alerting/evidence.py", '">=": np.greater_equal', '">=": np.greater', "alerting/test_evidence.py"),
)  # fmt: skip


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
