"""More traffic than before, no later than the first symptom."""

from __future__ import annotations

from dataclasses import replace

from reconstruct.model import Explanation
from tests.explain.made import Line, Move, against, event, told
from tests.explain.stories import FROM, TO, database, quiet, web

DEPLOY = event("e1", "13:50", "deploy", "shop", version="2")


def surge(start: str, level: float = 200.0, **shifts: float) -> Explanation:
    """The shop's traffic is at `level` from `start` on."""
    lines = [
        replace(line, moves=(Move(start, TO, level),)) if line.aspect == "traffic" else line
        for line in [*web(), *quiet(), *database(**shifts)]
    ]
    return told(lines, events=[DEPLOY])


def test_traffic_that_rose_first_and_ran_something_short_explains_it_without_a_change() -> None:
    story = surge("13:54", host=0.99, cpu=0.3)
    assert story.hints[0].trigger is None
    assert story.hints[0].mechanism == "traffic-surge"
    assert story.hints[0].verdict in ("supported", "plausible")
    assert "request rate of shop, 55 requests/s before, median 200 requests/s" in story.hints[0].statement
    assert "traffic-surge" in against(story, "e1")


def test_traffic_that_rose_after_the_first_symptom_is_a_consequence() -> None:
    assert surge("14:02", host=0.99, cpu=0.3).hints[0].trigger == "e1"


def test_an_ordinary_rise_is_no_surge() -> None:
    story = surge("13:54", level=65.0, host=0.99, cpu=0.3)
    assert story.hints[0].trigger == "e1"
    assert "traffic-surge" in {r.mechanism for r in story.ruled_out}


def test_requests_that_fail_as_fast_as_before_are_not_explained_by_traffic() -> None:
    """A defect that more traffic brings out: errors, no waiting, nothing short."""
    lines = [
        Line("http/latency-p95", "app", "latency", "seconds", "shop", 0.02, min_effect=0.01),
        Line("http/error-share", "app", "errors", "ratio", "shop", 0.001, (Move(FROM, None, 0.35),), min_effect=0.01),
        Line(
            "http/request-rate",
            "app",
            "traffic",
            "per second",
            "shop",
            55.0,
            (Move("13:52", None, 200.0),),
            worse="both",
        ),
    ]
    assert told([*lines, *quiet()], events=[DEPLOY]).hints[0].trigger == "e1"


def test_the_traffic_of_others_is_no_surge_here() -> None:
    other = Line("http/rate", "app", "traffic", "per second", "mail", 5.0, (Move("13:54", TO, 80.0),), worse="both")
    assert (
        told([*web(), *quiet(), other, *database(host=0.99, cpu=0.3)], events=[DEPLOY]).hints[0].mechanism
        != "traffic-surge"
    )
