"""Two deploys of one service that the samples cannot order."""

from __future__ import annotations

from tests.explain.made import against, event, rules, told
from tests.explain.stories import quiet, web

PAIR = [
    event("e1", "13:50", "deploy", "shop", version="2", previous="1"),
    event("e2", "13:51", "deploy", "shop", version="3", previous="2"),
]


def test_neither_of_two_deploys_of_one_service_is_supported() -> None:
    story = told([*web(end=None), *quiet()], events=PAIR)
    assert {h.trigger for h in story.hints[:2]} == {"e1", "e2"}
    assert all(h.verdict in ("plausible", "inconclusive") for h in story.hints)
    assert "the samples cannot tell the two apart" in against(story, "e1")
    assert "the samples cannot tell the two apart" in against(story, "e2")


def test_a_rollback_of_one_of_them_tells_them_apart() -> None:
    back = event("e3", "14:26", "rollback", "shop", version="2", previous="3")
    story = told([*web(), *quiet()], events=[*PAIR, back])
    assert story.hints[0].trigger == "e2"
    assert story.hints[0].verdict == "supported"
    assert "ambiguous-order" not in rules(story, "e2")


def test_deploys_of_two_services_are_another_matter() -> None:
    two = [PAIR[0], event("e2", "13:51", "deploy", "catalog", version="3")]
    assert "ambiguous-order" not in rules(told([*web(end=None), *quiet()], events=two), "e1")
