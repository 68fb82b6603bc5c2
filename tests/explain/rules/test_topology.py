"""A change can only have harmed what depends on the changed service."""

from __future__ import annotations

from tests.explain.made import Line, against, alert, event, favour, told, told_hint
from tests.explain.stories import database, quiet, web


def test_of_three_deploys_at_once_the_one_of_the_failing_service_is_first() -> None:
    at_once = [event(f"e{n}", "13:54", "deploy", s, version="2") for n, s in enumerate(("catalog", "shop", "mail"), 1)]
    story = told([*web(end=None), *quiet("catalog"), *quiet("mail")], events=at_once)
    assert story.hints[0].trigger == "e2"
    assert {g.event for g in story.dismissed_changes} == {"e1", "e3"}
    assert all(g.rule == "topology" and "stayed as they were" in g.says for g in story.dismissed_changes)


def test_a_migration_is_on_the_path_of_a_database_that_bears_another_name() -> None:
    story = told(
        [*web(), *database(latency=3.0, cpu=0.006, locks=20)],
        events=[event("e1", "13:55:28", "migration", "orders-db")],
    )
    assert story.hints[0].trigger == "e1"
    assert story.hints[0].mechanism == "lock-contention"
    assert "a database was changed" in favour(story, "e1")


def test_a_migration_is_not_on_the_path_while_the_database_stands_still() -> None:
    story = told([*web(), *database()], events=[event("e1", "13:55:28", "migration", "orders-db")])
    assert told_hint(story, "e1").verdict == "inconclusive"


def test_a_victim_that_failed_later_is_less_likely_than_the_first() -> None:
    lines = [*web("pay", end=None), *web("shop", start="13:57", end=None)]
    story = told(lines, events=[event("e1", "13:53", "deploy", "shop"), event("e2", "13:53", "deploy", "pay")])
    assert story.hints[0].trigger == "e2"
    assert story.onset_evidence
    assert "later than pay" in against(story, "e1")


def test_of_services_failing_in_one_sample_the_alerting_one_is_first() -> None:
    lines = [*web("pay", end=None), *web("shop", end=None)]
    changes = [event("e1", "13:53", "deploy", "shop"), event("e2", "13:53", "deploy", "pay")]
    for triggering, name in (("shop", "e1"), ("pay", "e2")):
        assert told(lines, events=changes, alerts=[alert("High", triggering, "13:58")]).hints[0].trigger == name


def test_the_call_graph_makes_the_one_that_is_called_first() -> None:
    lines = [*web("pay", end=None), *web("shop", end=None)]
    changes = [event("e1", "13:53", "deploy", "shop"), event("e2", "13:53", "deploy", "pay")]
    assert told(lines, events=changes, calls=[("shop", "pay")]).hints[0].trigger == "e2"
    assert told(lines, events=changes, calls=[("pay", "shop")]).hints[0].trigger == "e1"


def test_a_load_balancer_passes_on_what_others_answer() -> None:
    edge = Line("lb/error-share", "edge", "errors", "ratio", "lb", 0.001, web()[1].moves, min_effect=0.01)
    changes = [event("e1", "13:55:20", "config", "lb"), event("e2", "13:54", "deploy", "shop", version="2")]
    story = told([*web(end="14:27"), edge, *quiet()], events=changes)
    assert story.hints[0].trigger == "e2"
    assert "passes on" in favour(story, "e1")
