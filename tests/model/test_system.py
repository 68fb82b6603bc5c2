"""The nouns of a system: shares and means of the same set, and one spelling for a thing."""

from __future__ import annotations

import numpy as np
import pytest

from reconstruct.model.system import Flow, System, plain_name


def test_a_share_is_of_the_same_requests_and_never_above_one() -> None:
    flow = Flow(total=np.array([10.0, 10.0, 0.0]), failed=np.array([0.0, 10.0, 0.0]))
    assert flow.share().tolist()[:2] == [0.0, 1.0]
    assert np.isnan(flow.share()[2])


def test_where_no_status_is_told_nothing_failed_and_without_times_there_is_no_mean() -> None:
    flow = Flow(total=np.array([10.0, np.nan]))
    assert flow.share()[0] == 0.0
    assert np.isnan(flow.share()[1])
    assert flow.mean() is None


def test_a_failed_part_that_is_absent_beside_requests_is_zero() -> None:
    flow = Flow(total=np.array([5.0, 5.0]), failed=np.array([np.nan, 1.0]))
    assert flow.share().tolist() == [0.0, 0.2]


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        ("mariadb-exporter", "mariadb"),
        ("search-6f9c8b7d54-abcde", "search"),
        ("search-hr9b8dc2m-nd8br", "search"),
        ("db.internal:3306", "db"),
        ("payments.prod.svc.cluster.local:8443", "payments"),
        ("team/api", "api"),
        ("api.stripe.com", "api.stripe.com"),
        ("redis_cache", "redis-cache"),
        ("us-east", "us-east"),
    ],
)
def test_one_spelling(spelled: str, name: str) -> None:
    assert plain_name(spelled) == name


def test_a_thing_is_found_under_any_spelling_that_was_joined() -> None:
    system = System(kinds={"orders-db": "database"}, names={"postgres": "orders-db"})
    assert system.thing("orders_db:9187") == "orders-db"
    assert system.thing("postgres") == "orders-db"
    assert system.thing("nobody") is None
