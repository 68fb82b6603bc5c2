from __future__ import annotations

from reconstruct.sources.changes.names import name_notes


def test_a_name_with_usual_words_around_a_known_one_is_suggested_and_a_known_one_is_not() -> None:
    (note,) = name_notes(["shop-api-prod", "shop", "db", "cart_service"], known=["shop", "cart"])
    assert "shop-api-prod may be shop" in note
    assert 'service_names: {"cart_service": "cart", "shop-api-prod": "shop"}' in note


def test_without_known_names_the_shorter_of_two_seen_names_is_suggested() -> None:
    assert "shop-prod may be shop" in name_notes(["shop", "shop-prod"], known=[])[0]
    assert name_notes(["shop-payments", "payments"], known=[]) == ()
