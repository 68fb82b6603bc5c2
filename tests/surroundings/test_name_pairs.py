"""Names of one service in two places."""

from __future__ import annotations

import pytest

from reconstruct.surroundings.name_pairs import name_pairs


@pytest.mark.parametrize(
    ("theirs", "ours", "pairs"),
    [
        ({"shop-api-prod"}, {"shop"}, {"shop-api-prod": "shop"}),
        ({"Shop_Service"}, {"shop"}, {"Shop_Service": "shop"}),
        ({"shop"}, {"shop"}, {}),
        ({"shop-prod"}, {"shop", "shop-api"}, {}),
        ({"billing"}, {"shop"}, {}),
        ({"api"}, {"web"}, {}),
    ],
)
def test_only_one_name_that_fits_is_a_pair(theirs: set[str], ours: set[str], pairs: dict[str, str]) -> None:
    assert name_pairs(theirs, ours) == pairs
