"""The mechanism that the signals show must be one that such a change can set off."""

from __future__ import annotations

from tests.explain.made import against, event, rules, told, told_hint
from tests.explain.stories import database, quiet, web

NEIGHBOUR = {"host": 0.99, "latency": 0.009}


def test_a_busy_neighbour_is_no_deploys_doing() -> None:
    story = told(
        [*web(), *quiet(), *database(**NEIGHBOUR)], events=[event("e1", "13:50", "deploy", "shop", version="2")]
    )
    assert story.hints[0].trigger is None
    assert story.hints[0].mechanism == "cpu-contention"
    assert "mechanism-fits" in against(story, "e1")


def test_a_job_that_began_with_it_may_be_the_neighbour() -> None:
    story = told(
        [*web(), *quiet(), *database(**NEIGHBOUR)], events=[event("e1", "13:55:20", "job", "batch", end="14:27")]
    )
    assert "mechanism-fits" in rules(story, "e1")
    assert told_hint(story, "e1").mechanism == "cpu-contention"
    assert told_hint(story, "e1").confidence > 0.3


def test_a_held_lock_is_typical_of_a_migration_and_not_of_a_flag() -> None:
    held = database(latency=3.0, cpu=0.006, locks=20)
    changes = [
        event("e1", "13:55:25", "migration", "orders-db"),
        event("e2", "13:55:20", "flag", "shop", title="flag x on"),
    ]
    story = told([*web(), *quiet(), *held], events=changes)
    assert story.hints[0].trigger == "e1"
    assert "mechanism-fits" in against(story, "e2")


def test_slow_queries_are_every_changes_doing() -> None:
    busy = database(latency=0.55, cpu=0.7, rows=9000)
    story = told([*web(), *quiet(), *busy], events=[event("e1", "13:54", "deploy", "shop", version="2")])
    assert "mechanism-fits" not in rules(story, "e1")
