"""Whether a change brought a mechanism about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconstruct.explain.attribution import (
    AFTER_SIGN,
    AT_ONCE,
    FIGURE_REVERSED,
    FIGURE_STAYED,
    SOON_S,
    UNDER_BOTH,
    attribute,
    figure_reversal,
    rollouts,
    temporal_order,
    topology,
)
from reconstruct.explain.rules.ambiguous_order import near_onset
from reconstruct.explain.shown import Candidate
from reconstruct.model.system import System
from tests.explain.made_system import ONSET, OVER, case, changes_of, event, evidence, flow, level, reading, span, system
from tests.explain.test_candidates import AFFECTED, DATABASE, FULL, LINKS, shown

NOTHING_NEAR = near_onset([], case())


def lock(**extra: object) -> tuple[System, Candidate]:
    waits = {**DATABASE, ("orders-db", "lock_waits"): reading(level(0.0, 9.0))}
    found = system(served=AFFECTED, called=LINKS, readings=waits)
    return found, shown(found)[0]


def test_a_change_of_the_very_thing_fits_and_of_an_unrelated_one_cannot() -> None:
    found, at_work = lock()
    of_it, elsewhere = changes_of(event(150, "migration", "orders-db"), event(151, "deploy", "cart", named="e2"))
    assert topology(of_it, at_work, found) is not None
    assert topology(elsewhere, at_work, found) is None


def test_another_spelling_of_the_thing_is_the_thing() -> None:
    found, at_work = lock()
    (change,) = changes_of(event(150, "migration", "orders"))
    told = topology(change, at_work, found)
    assert told is not None
    assert told.kind == "on-it"


def test_a_database_that_no_metric_names_may_be_the_one_that_is_measured() -> None:
    found, at_work = lock()
    migration, deploy = changes_of(event(150, "migration", "warehouse"), event(150, "deploy", "mailer", named="e2"))
    assert topology(migration, at_work, found) is not None
    assert topology(deploy, at_work, found) is None


def test_a_job_of_a_scheduler_that_no_metric_names_may_work_on_any_database() -> None:
    found, at_work = lock()
    job, of_cart = changes_of(event(150, "job", "cron"), event(150, "job", "cart", named="e2"))
    assert topology(job, at_work, found) is not None
    assert topology(of_cart, at_work, found) is None


def test_the_nearer_before_the_first_sign_the_likelier() -> None:
    _, at_work = lock()
    far, near, after = changes_of(
        event(ONSET - 4, "migration", "orders-db", named="e1"),
        event(ONSET - 60, "migration", "orders-db", named="e2"),
        event(ONSET + 20, "migration", "orders-db", named="e3"),
    )
    weights = [temporal_order(c, at_work, case(), span()) for c in (near, far)]
    assert weights[0] is not None
    assert weights[0].weight == AT_ONCE
    assert weights[1] is None or weights[1].weight < AT_ONCE
    assert temporal_order(after, at_work, case(), span()) is None


def test_soon_is_within_two_minutes() -> None:
    _, at_work = lock()
    rows = round(SOON_S / 15)
    beyond, inside = changes_of(
        event(at_work.first - rows, "config", "orders-db"),
        event(at_work.first - 2 * rows, "config", "orders-db", named="e2"),
    )
    told = [temporal_order(c, at_work, case(), span()) for c in (inside, beyond)]
    assert [round(t.weight, 2) for t in told if t] == [AT_ONCE, AT_ONCE - 1.0]


def test_the_later_after_the_start_of_a_slope_the_less_likely() -> None:
    """The start of a line is known to a minute and a half here, of which the last minute costs ever more."""
    _, at_work = lock()
    fills = replace(at_work, slope=True)
    found = changes_of(*(event(fills.first + n, "config", "orders-db", named=f"e{n + 2}") for n in (-1, 2, 4, 6)))
    told = [temporal_order(c, fills, case(), span()) for c in found]
    weights = [t.weight for t in told if t is not None]
    assert weights[:2] == [AT_ONCE, AT_ONCE]
    assert AT_ONCE > weights[2] > weights[3] > AT_ONCE + AFTER_SIGN


def test_a_figure_that_was_back_when_the_change_was_taken_back_speaks_for_it() -> None:
    _, at_work = lock()
    first, _ = changes_of(
        event(155, "deploy", "orders-db", version="2", previous="1"),
        event(OVER - 2, "rollback", "orders-db", named="e2", version="1", previous="2"),
    )
    told = figure_reversal(first, at_work, span())
    assert told is not None
    assert (told.kind, told.weight) == ("figure-back", FIGURE_REVERSED)


def test_a_figure_that_stayed_speaks_against_it() -> None:
    _, at_work = lock()
    first, _ = changes_of(
        event(155, "deploy", "orders-db", version="2", previous="1"),
        event(ONSET + 8, "rollback", "orders-db", named="e2", version="1", previous="2"),
    )
    told = figure_reversal(first, at_work, span())
    assert told is not None
    assert (told.kind, told.weight) == ("figure-stayed", FIGURE_STAYED)


def test_the_kind_of_change_counts_as_the_mechanism_says() -> None:
    found, at_work = lock()
    events = [event(155, "migration", "orders-db"), event(155, "flag", "orders-db", named="e2")]
    migration, flag = (
        attribute(c, at_work, case=case(), system=found, span=span(), near=NOTHING_NEAR, cured_by=None)
        for c in changes_of(*events)
    )
    assert migration is not None
    assert flag is not None
    assert migration.log_odds > flag.log_odds


def test_a_rollout_is_known_by_the_thing_and_not_where_prometheus_saw_it() -> None:
    told = event(150, "deploy", "orders")
    rows = rollouts(evidence(told, replace(event(150, "restart", "cart", named="e2"), source="prometheus")), system())
    assert set(rows) == {"orders-db"}
    assert rows["orders-db"][152]
    assert not rows["orders-db"][ONSET + 20]


def test_a_figure_that_had_left_before_the_change_was_taken_back_says_nothing_of_it() -> None:
    _, at_work = lock()
    first, _ = changes_of(
        event(155, "deploy", "orders-db", version="2", previous="1"),
        event(OVER + 8, "rollback", "orders-db", named="e2", version="1", previous="2"),
    )
    assert figure_reversal(first, at_work, span()) is None


def test_what_comes_in_bursts_had_not_left_in_a_pause_as_long_as_those_before() -> None:
    _, at_work = lock()
    assert at_work.figure is not None
    values = at_work.figure.values.copy()
    values[ONSET + 12 : ONSET + 23] = values[0]
    in_bursts = replace(at_work, figure=replace(at_work.figure, values=values))
    first, _ = changes_of(
        event(155, "deploy", "orders-db", version="2", previous="1"),
        event(OVER + 8, "rollback", "orders-db", named="e2", version="1", previous="2"),
    )
    told = figure_reversal(first, in_bursts, span())
    assert told is not None
    assert told.kind == "figure-back"


def test_a_change_of_the_network_may_be_behind_what_several_machines_lose() -> None:
    lossy = reading(level(0.1, 40.0), unit="per second")
    found = system(
        served=AFFECTED, called=LINKS, readings={("node-1", "retransmits"): lossy, ("node-2", "retransmits"): lossy}
    )
    found = replace(found, kinds={**found.kinds, "node-2": "host"})
    candidate = next(c for c in shown(found) if c.mechanism.id == "network-degradation")
    assert candidate.thing == "network"
    of_it, elsewhere = changes_of(event(158, "config", "network"), event(158, "config", "mailer", named="e2"))
    assert topology(of_it, candidate, found) is not None
    assert topology(elsewhere, candidate, found) is None


def test_a_change_of_the_resolver_may_be_behind_what_only_the_edge_fails() -> None:
    lost = flow(level(100.0), failing=level(0.0, 0.1), mean_s=0.05)
    found = system(served={"edge": lost, "shop": flow(level(100.0), mean_s=0.05)}, called={("edge", "shop"): lost})
    (resolver,) = changes_of(event(158, "config", "coredns"))
    alone, *_ = (c for c in shown(found) if c.why in ("edge-alone", "never-arrives"))
    told = topology(resolver, alone, found)
    assert told is not None
    assert told.weight == UNDER_BOTH
    assert topology(resolver, replace(alone, why="own-failures"), found) is None


def test_a_configuration_that_left_the_pool_as_large_as_it_was_did_not_make_it_too_small() -> None:
    found = system(served=AFFECTED, called=LINKS, readings=DATABASE, pools={("shop", "orders-db"): FULL})
    candidate = next(c for c in shown(found) if c.mechanism.id == "pool-exhaustion")
    deploy, config = (
        attribute(c, candidate, case=case(), system=found, span=span(), near=NOTHING_NEAR, cured_by=None)
        for c in changes_of(event(158, "deploy", "shop"), event(158, "config", "shop", named="e2"))
    )
    assert deploy is not None
    assert config is not None
    assert config.log_odds < deploy.log_odds - 1.0


def test_a_change_two_minutes_before_the_first_sign_is_as_near_as_any_and_an_earlier_one_is_not() -> None:
    _, at_work = lock()
    earlier, at_two_minutes = changes_of(
        event(at_work.first - 8, "config", "orders-db"), event(at_work.first - 9, "config", "orders-db", named="e2")
    )
    told = [temporal_order(c, at_work, case(), span()) for c in (at_two_minutes, earlier)]
    assert [t.weight == AT_ONCE for t in told if t] == [True, False]


@pytest.mark.parametrize(
    ("left", "kind"), [(0.0, "figure-back"), (0.36, "figure-back"), (0.48, None), (0.72, None), (0.9, "figure-stayed")]
)
def test_a_figure_is_back_below_two_fifths_of_its_excess_and_stayed_above_four_fifths(
    left: float, kind: str | None
) -> None:
    waits = level(0.0, 9.0)
    waits[OVER:] = 9.0 * left
    found = system(served=AFFECTED, called=LINKS, readings={**DATABASE, ("orders-db", "lock_waits"): reading(waits)})
    first, _ = changes_of(
        event(155, "deploy", "orders-db", version="2", previous="1"),
        event(OVER - 2, "rollback", "orders-db", named="e2", version="1", previous="2"),
    )
    told = figure_reversal(first, shown(found)[0], span())
    assert (told.kind if told else None) == kind


def test_symptoms_that_left_when_it_was_undone_speak_more_for_a_change_than_its_figure_does() -> None:
    """They are the strongest evidence short of doing it again."""
    found, at_work = lock()
    first, _ = changes_of(
        event(155, "deploy", "orders-db", version="2", previous="1"),
        event(OVER - 2, "rollback", "orders-db", named="e2", version="1", previous="2"),
    )
    told = attribute(first, at_work, case=case(), system=found, span=span(), near=NOTHING_NEAR, cured_by=None)
    assert told is not None
    (reason,) = [r for r in told.reasons if r.rule == "reversal"]
    assert (reason.kind, reason.weight) == ("", 3.0)


def test_a_restart_of_a_cache_empties_it_and_one_of_another_is_mostly_a_consequence() -> None:
    hits, misses = reading(level(90.0, 20.0)), reading(level(10.0, 80.0))
    found = system(served=AFFECTED, called=LINKS, readings={("prices", "hits"): hits, ("prices", "misses"): misses})
    found = replace(found, kinds={**found.kinds, "prices": "cache"})
    at_work = next(c for c in shown(found) if c.thing == "prices")
    of_it, of_its_user = changes_of(
        event(ONSET - 2, "restart", "prices"), event(ONSET - 2, "restart", "orders", named="e2")
    )
    told = [
        attribute(c, at_work, case=case(), system=found, span=span(), near=NOTHING_NEAR, cured_by=None)
        for c in (of_it, of_its_user)
    ]
    assert told[0] is not None
    assert told[0].prior == 0.0
    assert told[1] is None or told[1].prior < 0.0
