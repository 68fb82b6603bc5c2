"""A consumer that cannot read what it is sent, while its queue grows."""

from __future__ import annotations

from tests.explain.made import Line, Move, against, event, told
from tests.explain.stories import FROM, quiet

DEPLOY = event("e1", "13:50", "deploy", "worker", version="2")
REFUSES = Line(
    "worker/invalid-share",
    "app",
    "errors",
    "ratio",
    "worker",
    0.003,
    (Move(FROM, None, 0.9),),
    tags=("input",),
    min_effect=0.01,
)
PILES_UP = Line(
    "queue/oldest", "queue", "saturation", "seconds", "orders", 12.0, (Move("13:57", None, 800.0),), min_effect=1.0
)


def test_refused_input_and_a_growing_queue_point_at_what_is_sent() -> None:
    story = told([REFUSES, PILES_UP, *quiet()], events=[DEPLOY])
    assert story.hints[0].trigger is None
    assert story.hints[0].mechanism == "queue-backlog"
    assert "poison-message" in against(story, "e1")


def test_without_the_queue_it_may_be_the_reader() -> None:
    story = told([REFUSES, *quiet()], events=[DEPLOY])
    assert story.hints[0].trigger == "e1"


def test_errors_that_are_not_about_input_are_the_consumers_own() -> None:
    crashes = Line(
        "worker/errors", "app", "errors", "ratio", "worker", 0.003, (Move(FROM, None, 0.9),), min_effect=0.01
    )
    assert told([crashes, PILES_UP, *quiet()], events=[DEPLOY]).hints[0].trigger == "e1"


def test_the_deploy_of_a_producer_nobody_measures_is_left_alone() -> None:
    story = told([REFUSES, PILES_UP, *quiet()], events=[event("e2", "13:50", "deploy", "producer", version="3")])
    assert "poison-message" not in against(story, "e2")
