"""Down the calls to the deepest thing that carries the excess."""

from __future__ import annotations

import pytest

from reconstruct.explain.locate import excess, locate, met_by_users, owns_its_time
from tests.explain.made_system import flow, level, span, system

SLOW = {"edge": flow(level(100.0), mean_s=level(0.05, 1.05)), "shop": flow(level(100.0), mean_s=level(0.05, 1.05))}
SLOW_CART = flow(level(100.0), mean_s=level(0.02, 1.0))


def test_a_callee_that_carries_its_callers_excess_is_where_it_is() -> None:
    found = system(
        served={**SLOW, "cart": SLOW_CART}, called={("edge", "shop"): SLOW["shop"], ("shop", "cart"): SLOW_CART}
    )
    where = locate(found, span(), "edge", failing=False, slow=True)
    assert (where.path, where.thing, where.between) == (("edge", "shop", "cart"), "cart", None)


def test_of_callees_that_account_alike_the_one_that_adds_most_time_is_followed() -> None:
    untimed = flow(level(100.0))
    a_little = flow(level(50.0), mean_s=level(0.0003, 0.0006))
    found = system(
        served={"edge": untimed, "catalog": a_little, "shop": SLOW["shop"]},
        called={("edge", "catalog"): flow(level(50.0)), ("edge", "shop"): flow(level(50.0))},
    )
    assert locate(found, span(), "edge", failing=False, slow=True).thing == "shop"


def test_a_slow_service_with_healthy_callees_is_the_end() -> None:
    found = system(served=SLOW, called={("edge", "shop"): SLOW["shop"]})
    assert locate(found, span(), "edge", failing=False, slow=True).thing == "shop"


def test_what_nobody_measures_is_named_by_its_caller() -> None:
    outside = flow(level(10.0), mean_s=level(0.1, 10.0))
    found = system(
        served={**SLOW, "cart": SLOW_CART},
        called={("edge", "shop"): SLOW["shop"], ("shop", "cart"): SLOW_CART, ("cart", "pay.example"): outside},
    )
    where = locate(found, span(), "edge", failing=False, slow=True)
    assert (where.thing, where.between, where.measured) == ("pay.example", "cart", False)


def test_failures_that_the_callee_never_saw_lie_between() -> None:
    failing = flow(level(100.0), failing=level(0.0, 0.3) + 0.0, mean_s=0.05)
    found = system(served={"edge": failing}, called={("edge", "shop"): failing})
    where = locate(found, span(), "edge", failing=True, slow=False)
    assert (where.between, where.thing) == ("edge", "shop")


def test_a_loop_of_calls_ends() -> None:
    back = SLOW["shop"]
    found = system(
        served={**SLOW, "cart": SLOW_CART},
        called={("edge", "shop"): back, ("shop", "cart"): SLOW_CART, ("cart", "shop"): back},
    )
    assert locate(found, span(), "edge", failing=False, slow=True).thing == "cart"


def test_users_meet_failures_slowness_or_late_work() -> None:
    assert met_by_users(system(served=SLOW), span()).slow
    failing = flow(level(100.0), failing=level(0.0, 0.2), mean_s=0.05)
    assert met_by_users(system(served={"edge": failing}), span()).failing
    assert met_by_users(system(), span()).late


def test_nothing_measured_has_no_excess() -> None:
    assert not excess(None, span()).ill


def test_time_that_no_callee_accounts_for_is_a_services_own() -> None:
    alone = owns_its_time(system(served=SLOW), span(), "shop")
    passed_on = owns_its_time(system(served=SLOW, called={("shop", "cart"): SLOW_CART}), span(), "shop")
    assert alone > 0.9
    assert passed_on < 0.2


@pytest.mark.parametrize(("times", "ill"), [(1.4, False), (1.6, True), (1.9, True)])
def test_a_flow_is_ill_whose_mean_is_more_than_half_again_as_long(times: float, ill: bool) -> None:
    assert excess(flow(level(100.0), mean_s=level(0.05, 0.05 * times)), span()).ill is ill


@pytest.mark.parametrize(("share", "ill"), [(0.007, False), (0.012, True)])
def test_a_flow_is_ill_of_which_one_in_a_hundred_fails(share: float, ill: bool) -> None:
    assert excess(flow(level(100.0), failing=level(0.0, share), mean_s=0.05), span()).ill is ill
