"""A line of ours stands; a copy with another figure, time, zone or name does not; other lines are left alone."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from reconstruct.verify import verify
from reconstruct.verify.drafted import OwnLines
from reconstruct.verify.passages import Cell, Passage, Spot
from tests.incidents.recorded import incident

ROW = "13:55:30 | shop 2.20.0: find orders: deploy 2.14.1 -> 2.20.0; 21 % of requests failed | e5"


def passage(text: str) -> Passage:
    return Passage(text, (Spot(0, 1, 1),), "row", (Cell(0, len(text), ""),))


@pytest.fixture
def own() -> OwnLines:
    found = OwnLines(frozenset(("shop", "cart")))
    found.add(f"| Time | Event | Evidence |\n| --- | --- | --- |\n| {ROW} |\n")
    return found


def test_a_copy_is_ours(own: OwnLines) -> None:
    assert own.has(passage(ROW))
    assert not own.differences(passage(ROW))


@pytest.mark.parametrize(
    ("was", "now"),
    [("13:55:30", "14:02:30"), ("21 %", "63 %"), ("shop 2.20.0", "cart 2.20.0"), ("-> 2.20.0", "-> 2.21.0")],
)
def test_what_is_told_otherwise_is_found_with_what_our_draft_has(own: OwnLines, was: str, now: str) -> None:
    found = own.differences(passage(ROW.replace(was, now)))
    assert [(d.word.text, d.drafted) for d in found if d.word.text in now] == [
        (a, b) for a, b in zip(now.split(), was.split(), strict=True) if a != b
    ]


def test_a_zone_that_our_draft_does_not_have_is_found(own: OwnLines) -> None:
    assert [d.word.text for d in own.differences(passage(ROW.replace("13:55:30", "13:55:30 CET")))] == ["CET"]


@pytest.mark.parametrize(
    ("was", "now"),
    [("21 %", "21.4 %"), ("find orders", "search orders"), ("find", "find all the open"), ("deploy", "the deploy")],
)
def test_another_rounding_and_another_wording_are_no_contradiction(own: OwnLines, was: str, now: str) -> None:
    assert not own.differences(passage(ROW.replace(was, now)))


def test_no_draft_is_made_for_what_somebody_wrote_by_hand() -> None:
    def drafts() -> Iterable[str]:
        pytest.fail("a draft was made")

    assert verify("- 13:55 UTC shop 2.20.0 was deployed", incident("00-seed"), drafts=drafts).count("confirmed") == 1


def test_a_document_of_another_day_is_not_contradicted_by_lengths_and_shares() -> None:
    text = (
        "At 09:12 UTC on 3 March 2024 logins began to fail.\n\nThe outage lasted 43 minutes; 80 % of requests failed."
    )
    assert not verify(text, incident("00-seed")).count("contradicted")
