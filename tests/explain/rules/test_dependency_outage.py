"""Where only calls out fail, what is called is to blame, or the way there."""

from __future__ import annotations

import pytest

from tests.explain.made import Line, Move, against, event, told
from tests.explain.stories import FROM, TO, quiet, web

DEPLOY = event("e1", "13:50", "deploy", "pay", version="2")


def calls_out(service: str, *, end: str | None = None) -> list[Line]:
    """The calls that a service makes fail from the onset on."""
    failing = (Move(FROM, end, 0.7),)
    return [
        Line(
            f"{service}/upstream-errors",
            "app",
            "errors",
            "ratio",
            service,
            0.003,
            failing,
            tags=("outbound",),
            min_effect=0.01,
        ),
        Line(f"{service}/latency", "app", "latency", "seconds", service, 0.2, min_effect=0.01),
    ]


def callee(service: str, **moves: tuple[Move, ...]) -> list[Line]:
    """A service that is called, as it sees itself."""
    return [
        Line(
            f"{service}/latency", "app", "latency", "seconds", service, 0.03, moves.get("latency", ()), min_effect=0.01
        ),
        Line(
            f"{service}/cancelled", "app", "errors", "ratio", service, 0.001, moves.get("errors", ()), min_effect=0.01
        ),
        Line(f"{service}/rate", "app", "traffic", "per second", service, 300.0, moves.get("traffic", ()), worse="both"),
    ]


def test_calls_to_somebody_nobody_watches_fail() -> None:
    story = told([*calls_out("pay"), *quiet()], events=[DEPLOY])
    assert story.hints[0].trigger is None
    assert story.hints[0].mechanism == "dependency-down"
    assert "only calls out fail" in against(story, "e1")


def test_three_callers_that_fail_together_share_what_they_call() -> None:
    lines = [line for s in ("pay", "mail", "cart") for line in calls_out(s)]
    story = told([*lines, *quiet()], events=[DEPLOY])
    assert story.hints[0].trigger is None
    assert "fail together" in against(story, "e1")


def test_a_callee_that_is_hardly_reached_is_not_the_caller_giving_up() -> None:
    starved = callee("bank", traffic=(Move(FROM, None, 9.0),))
    story = told([*calls_out("pay"), *starved, *quiet()], events=[DEPLOY])
    assert story.hints[0].trigger is None
    assert "bank is hardly reached" in against(story, "e1")


def test_a_healthy_callee_that_tells_of_broken_off_calls_clears_the_dependency() -> None:
    healthy = callee("stock", errors=(Move(FROM, None, 0.65),))
    story = told([*calls_out("pay"), *healthy, *quiet()], events=[DEPLOY])
    assert story.hints[0].trigger == "e1"
    assert story.hints[0].mechanism == "bad-change"
    assert "dependency-outage" not in against(story, "e1")


def test_a_change_of_the_dependency_itself_may_be_behind_it() -> None:
    broken = callee("stock", errors=(Move(FROM, TO, 0.9),), latency=(Move(FROM, TO, 2.0),))
    changes = [DEPLOY, event("e2", "13:53", "deploy", "stock", version="7")]
    story = told([*calls_out("pay", end=TO), *broken, *quiet()], events=changes, calls=[("pay", "stock")])
    assert story.hints[0].trigger == "e2"


def stopped(*, cpu: float = 0.0, left: float = 0.0, end: str | None = TO, start: str = FROM) -> list[Line]:
    """A database whose target does not answer any more."""
    return [
        Line("scrape/up", "runtime", "availability", "count", "postgres", 1.0, (Move(start, end, left),), worse="down"),
        Line("db/cpu", "database", "utilisation", "ratio", "postgres", 0.03, (Move(FROM, TO, cpu),), tags=("cpu",)),
    ]


def test_a_database_that_says_itself_that_it_is_gone_is_the_hint() -> None:
    story = told([*web(), *stopped(), *quiet()], events=[event("e1", "13:54", "deploy", "shop")])
    assert story.hints[0].trigger is None
    assert story.hints[0].mechanism == "dependency-down"
    assert story.hints[0].service.name == "postgres"
    assert "postgres itself stopped answering" in against(story, "e1")


def test_its_own_change_may_be_behind_it() -> None:
    changes = [event("e1", "13:50", "deploy", "shop"), event("e2", "13:54", "config", "postgres")]
    story = told([*web(), *stopped(), *quiet()], events=changes)
    assert "dependency-outage" not in against(story, "e2")


@pytest.mark.parametrize(
    "lines",
    [stopped(cpu=0.9), stopped(left=0.5), stopped(end="13:58"), stopped(start="14:05")],
    ids=["busy", "answers-half-of-the-time", "soon-back", "later-than-the-impact"],
)
def test_a_target_that_is_busy_half_there_soon_back_or_late_is_not_gone(lines: list[Line]) -> None:
    story = told([*web(), *lines, *quiet()], events=[event("e1", "13:52", "deploy", "shop")])
    assert "dependency-outage" not in against(story, "e1")
    assert "dependency-down" not in {h.mechanism for h in story.hints}
