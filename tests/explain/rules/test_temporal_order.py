"""A change can only have set off what came after it, and soon enough."""

from __future__ import annotations

import pytest

from reconstruct.model import EventKind
from tests.explain.made import Line, Move, against, at, event, told, triggers
from tests.explain.stories import quiet, web


def test_a_deploy_minutes_before_the_onset_is_the_first_hint() -> None:
    story = told([*web(end=None), *quiet()], events=[event("e1", "13:51", "deploy", "shop", version="2")])
    assert triggers(story)[0] == "e1"
    assert story.hints[0].verdict in ("plausible", "supported")
    assert "before the onset at 13:55:30" in " ".join(r.says for r in story.hints[0].reasons_against)


@pytest.mark.parametrize(("clock", "fresh"), [("13:55:10", True), ("13:51", False)])
def test_only_a_rollout_that_has_just_begun_is_said_to_take_longer(clock: str, fresh: bool) -> None:
    story = told([*web(end=None), *quiet()], events=[event("e1", clock, "deploy", "shop", version="2")])
    said = " ".join(r.says for h in story.hints for r in (*h.reasons_for, *h.reasons_against))
    assert ("a rollout usually takes longer to show" in said) == fresh


def test_a_change_after_the_onset_is_dismissed_and_says_so() -> None:
    story = told([*web(), *quiet()], events=[event("e1", "13:58", "deploy", "shop", version="2")])
    assert "e1" not in triggers(story)
    assert against(story, "e1") == "temporal-order: began 2 min 30 s after the onset at 13:55:30"


@pytest.mark.parametrize("kind", ["deploy", "flag", "config"])
def test_a_change_of_hours_ago_is_no_hint_to_blame(kind: EventKind) -> None:
    story = told([*web(), *quiet()], events=[event("e1", "12:20", kind, "shop")])
    assert story.hints[0].trigger is None


def test_a_flag_acts_at_once_and_a_deploy_takes_minutes() -> None:
    pair = [
        event("e1", "13:49", "flag", "shop", title="flag x on"),
        event("e2", "13:49", "deploy", "shop", version="2"),
    ]
    assert triggers(told([*web(end=None), *quiet()], events=pair))[0] == "e2"
    pair = [event("e1", "13:55:20", "flag", "shop", title="flag x on"), event("e2", "13:55:20", "deploy", "shop")]
    assert triggers(told([*web(end=None), *quiet()], events=pair))[0] == "e1"


def test_a_deploy_whose_instances_restarted_is_not_too_fresh() -> None:
    fresh = [event("e1", "13:55:20", "deploy", "shop", version="2")]
    seen = [*fresh, event("e2", "13:55:22", "restart", "shop")]
    lines = [*web(end=None), *quiet()]
    assert told(lines, events=seen).hints[0].confidence > told(lines, events=fresh).hints[0].confidence


def test_a_rollout_counts_until_its_end() -> None:
    long_ago = event("e1", "13:20", "deploy", "shop", version="2")
    gradual = event("e1", "13:20", "deploy", "shop", version="2", end="13:54")
    lines = [*web(end=None), *quiet()]
    assert told(lines, events=[gradual]).hints[0].trigger == "e1"
    assert told(lines, events=[long_ago]).hints[0].trigger is None


def leak() -> list[Line]:
    """Memory climbs from 12:40 on; the process is killed at 13:55:30."""
    memory = Move("12:40", "13:55:30", 5e8, ramp=True)
    return [
        *web("shop", end="13:59"),
        *quiet(),
        Line(
            "runtime/memory",
            "runtime",
            "utilisation",
            "bytes",
            "shop",
            2e8,
            (memory,),
            tags=("memory",),
            min_effect=3e7,
        ),
    ]


def test_of_a_slow_line_the_change_counts_that_began_it() -> None:
    changes = [
        event("e1", "12:39", "deploy", "shop", version="2", previous="1"),
        event("e2", "13:50", "deploy", "shop", version="3", previous="2"),
        event("e3", "13:54", "flag", "shop", title="flag y on"),
    ]
    story = told(leak(), events=changes)
    assert triggers(story)[0] == "e1"
    assert "had been on its way since" in against(story, "e2")


def test_the_onset_bounds_are_what_decides_not_the_best_estimate() -> None:
    """An event inside the onset's interval may have come first: it is kept."""
    story = told([*web(end=None), *quiet()], events=[event("e1", "13:55:25", "config", "shop")])
    assert story.onset is not None
    assert story.onset.earliest < at("13:55:25") < story.onset.latest
    assert triggers(story)[0] == "e1"
