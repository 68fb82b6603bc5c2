"""Tallies of blocks: the same whatever the order, whole answers, and what most of them began with."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd

from reconstruct.scan import Tally
from reconstruct.scan.checkpoint import tally_dict
from reconstruct.scan.judge import judge
from tests.scan.made import STEP, WINDOW, metric


def tally_of(*names: str) -> Tally:
    tally = Tally()
    for number, name in enumerate(names):
        judge(metric(name, 40 + number, seed=len(name)), window=WINDOW, tally=tally)
    return tally


def test_changed_series_are_told_with_onset_recovery_level_and_peak() -> None:
    tally = tally_of("load")
    assert (tally.series, tally.judged, tally.total_changed) == (40, 40, 4)
    first = tally.top[0]
    begins = WINDOW.baseline_start + 300 * STEP
    assert first.onset.earliest <= begins <= first.onset.latest
    assert first.recovery is not None
    assert first.recovery.earliest <= begins + 60 * STEP <= first.recovery.latest
    assert 140 < first.level < 160 < first.peak
    assert 48 < first.baseline < 52


def test_what_most_of_it_began_with_and_has_in_common() -> None:
    tally = tally_of("load", "depth")
    began = tally.most_began()
    assert began is not None
    assert began[2] == tally.total_changed
    assert began[1] - began[0] <= pd.Timedelta("15s")
    assert tally.common()[0].selector == 'version="2"'
    assert [(f.metric, f.changed) for f in tally.by_family()] == [("depth", 5), ("load", 4)]


def test_the_order_of_blocks_changes_nothing() -> None:
    parts = [tally_of(name) for name in ("load", "depth", "lag", "age")]
    one = Tally()
    for part in parts:
        one = one.plus(part)
    other = Tally()
    for part in reversed(parts):
        other = part.plus(other)
    assert json.dumps(tally_dict(one.trimmed())) == json.dumps(tally_dict(other.trimmed()))


def test_a_higher_bar_keeps_fewer() -> None:
    tally = Tally(min_score=1e6)
    judge(metric("load", 40), window=WINDOW, tally=tally)
    assert tally.total_changed == 0
    assert tally.most_began() is None
    assert tally.common() == ()


def test_what_began_together_stands_out_and_lone_changes_do_not() -> None:
    together = tally_of("load", "depth").result(window=WINDOW, selector="", top=5, instance_labels=("pod", "instance"))
    assert together.stands_out
    assert together.instances is not None
    assert together.instances.label == "instance"
    assert together.instances.affected == tuple(sorted({"i0", "i10", "i20", "i30", "i40"}))
    assert together.instances.common[0].selector == 'version="2"'
    few = tally_of("load").result(window=WINDOW, selector="", top=5)
    assert few.instances is None
    assert not replace(few, common=()).stands_out
