"""What the end of the walk shows that no resource does."""

from __future__ import annotations

from dataclasses import replace

from reconstruct.explain.own_failures import one_instance
from reconstruct.explain.shown import Candidate
from tests.explain.made_system import flow, level, span, system
from tests.explain.test_candidates import shown

FAILING = level(0.0, 0.3)


def test_requests_that_an_edge_fails_and_nobody_receives_are_its_routing() -> None:
    lost = flow(level(100.0), failing=FAILING, mean_s=0.05)
    best = shown(system(served={"edge": lost}, called={("edge", "shop"): lost}))[0]
    assert (best.mechanism.id, best.thing, best.why) == ("bad-change", "edge", "never-arrives")


def test_a_caller_that_fails_calls_which_are_answered_gives_up_by_itself() -> None:
    failing = flow(level(100.0), failing=FAILING, mean_s=0.05)
    found = system(
        served={"edge": failing, "shop": failing},
        called={("edge", "shop"): failing, ("shop", "cart"): flow(level(100.0), failing=FAILING, mean_s=0.02)},
    )
    assert ("shop", "gives-up") in {(c.thing, c.why) for c in shown(found)}


def asking(*, more: float, failing: float, mean_s: float, inner_s: float) -> tuple[Candidate, ...]:
    """Candidates where `shop` makes `more` times the calls of `cart`, which the edge reaches by another way as well."""
    slower = flow(level(100.0), mean_s=level(0.05, 0.4))
    found = system(
        served={"edge": slower, "shop": slower, "cart": flow(level(100.0, 100.0 * more), mean_s=level(0.02, inner_s))},
        called={
            ("edge", "shop"): slower,
            ("shop", "cart"): flow(level(100.0, 100.0 * more), failing=level(0.0, failing), mean_s=level(0.02, mean_s)),
        },
    )
    return shown(found)


def test_a_caller_that_asks_more_often_for_each_request_explains_who_it_asks() -> None:
    best = asking(more=3.0, failing=0.0, mean_s=0.2, inner_s=0.2)[0]
    assert (best.thing, best.why, best.target, best.vague) == ("shop", "asks-more", "cart", False)
    assert best.figure is not None
    assert best.moved is not None
    assert (best.figure.name, round(best.moved.times, 1)) == ("repeated-calls", 3.0)


def test_a_caller_that_gives_up_sooner_and_asks_again_explains_who_it_asks() -> None:
    best = asking(more=2.5, failing=0.9, mean_s=0.01, inner_s=0.2)[0]
    assert (best.thing, best.why, best.amplifies, best.vague) == ("shop", "asks-more", True, False)


def test_a_caller_that_repeats_what_its_callee_is_slow_at_is_not_why() -> None:
    """It waits for as long as it ever would, in vain: the callee was slow first."""
    assert not any(c.amplifies for c in asking(more=2.5, failing=0.9, mean_s=0.5, inner_s=0.6))


def test_more_calls_that_nobody_waits_longer_for_are_no_finding() -> None:
    assert not any(c.amplifies for c in asking(more=3.0, failing=0.0, mean_s=0.02, inner_s=0.02))


def test_one_instance_needs_others_to_compare_with() -> None:
    bad, good = flow(level(30.0), failing=level(0.0, 0.6)), flow(level(30.0))
    whole = flow(level(90.0), failing=level(0.0, 0.2))
    assert one_instance(replace(whole, instances={"a": bad, "b": good, "c": good}), span())
    assert not one_instance(replace(whole, instances={"a": bad, "b": bad, "c": bad}), span())
    assert not one_instance(replace(whole, instances={"a": bad}), span())


def test_calls_that_fail_for_one_caller_of_several_are_the_callers() -> None:
    failing = flow(level(100.0), failing=FAILING, mean_s=0.05)
    found = system(
        served={"edge": failing, "shop": failing, "mobile": flow(level(50.0), mean_s=0.05)},
        called={
            ("edge", "shop"): failing,
            ("shop", "cart"): flow(level(100.0), failing=FAILING, mean_s=0.02),
            ("mobile", "cart"): flow(level(100.0), mean_s=0.02),
        },
    )
    best = shown(found)[0]
    assert (best.mechanism.id, best.thing, best.why) == ("bad-change", "shop", "gives-up")


def test_calls_that_fail_on_most_ways_before_they_arrive_are_of_what_all_share() -> None:
    failing = flow(level(100.0), failing=FAILING, mean_s=0.05)
    lost = flow(level(100.0), failing=level(0.0, 0.2), mean_s=0.02)
    quiet = flow(level(100.0), mean_s=0.02)
    ways = {("edge", "shop"): failing, ("shop", "cart"): lost, ("edge", "stock"): lost, ("cart", "pay.example"): lost}
    found = system(served={"edge": failing, "shop": failing, "cart": quiet, "stock": quiet}, called=ways)
    best = shown(found)[0]
    assert (best.mechanism.id, best.thing, best.why) == ("network-degradation", "shop", "between-many")
    one_way = system(
        served={"edge": failing, "shop": failing, "cart": quiet, "stock": quiet},
        called={**ways, ("edge", "stock"): quiet, ("cart", "pay.example"): quiet},
    )
    assert "between-many" not in {c.why for c in shown(one_way)}
