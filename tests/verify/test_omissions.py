"""What a document leaves open: a service that it names once, and no other that it comes back to."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from reconstruct.model import Moment
from reconstruct.verify import verify
from tests.incidents.recorded import incident

STORY = (
    "At 13:55 UTC shop 2.20.0 was deployed.\n\nAt 13:57 UTC the probes of shop failed.\n\n"
    "We found that catalog was slow.\n\nAt 15:20 UTC shop was rolled back.\n"
)


def once(text: str) -> list[tuple[str, object]]:
    return [
        (one.shown[0].name, one.facts["line"])
        for one in verify(text, incident("00-seed")).omissions
        if one.kind == "named-once"
    ]


def test_a_service_that_is_named_once_is_asked_about_with_its_line() -> None:
    assert once(STORY) == [("catalog", 5)]


def test_one_that_the_document_comes_back_to_is_not() -> None:
    assert not once(f"{STORY}\nAt 15:30 UTC catalog was fast again.\n")


def test_nor_is_any_where_no_service_is_spoken_of_often() -> None:
    assert not once("At 13:55 UTC shop 2.20.0 was deployed.\n\nWe found that catalog was slow.\n")


@pytest.mark.parametrize(("seconds", "told"), [(50, False), (70, True)])
def test_impact_of_a_minute_before_the_first_alert_is_worth_a_line(seconds: int, told: bool) -> None:
    demo = incident("00-seed")
    onset, detected = demo.milestones["onset"], demo.milestones["detected"]
    assert onset is not None
    assert detected is not None
    fired = onset.moment.latest + pd.Timedelta(seconds=seconds)
    moved = replace(detected, moment=Moment(fired, fired, fired))
    outcome = verify(STORY, replace(demo, milestones={**demo.milestones, "detected": moved}))
    assert ("impact-before-detection" in {one.kind for one in outcome.omissions}) is told
