"""Earlier changes of the same kind that did nothing."""

from __future__ import annotations

from tests.explain.made import against, event, rules, told, told_hint
from tests.explain.stories import quiet, web

LINES = [*web(end=None), *quiet()]
DEPLOY = event("e9", "13:52", "deploy", "shop", version="9")


def test_harmless_predecessors_temper_the_blame_and_are_cited() -> None:
    before = [event(f"e{n}", f"12:{n}0", "deploy", "shop", version=str(n)) for n in (1, 2, 3)]
    alone, among = told(LINES, events=[DEPLOY]), told(LINES, events=[*before, DEPLOY])
    assert told_hint(among, "e9").confidence < told_hint(alone, "e9").confidence
    assert among.hints[0].trigger == "e9"
    assert "negative-control: 3 earlier deploys of shop had no user impact" in against(among, "e9")
    reason = next(r for r in told_hint(among, "e9").reasons_against if r.rule == "negative-control")
    assert set(reason.evidence) == {"e1", "e2", "e3"}


def test_a_job_that_ran_before_and_did_nothing_is_not_blamed() -> None:
    runs = [event(f"e{n}", f"12:{n}5:20", "job", "shop", title="cron sales-report") for n in (1, 3, 5)]
    story = told(LINES, events=[*runs, event("e9", "13:55:20", "job", "shop", title="cron sales-report")])
    assert story.hints[0].trigger is None


def test_deploys_of_other_services_are_no_placebo() -> None:
    story = told(LINES, events=[event("e1", "12:10", "deploy", "catalog"), DEPLOY])
    assert "negative-control" not in rules(story, "e9")


def test_a_deploy_that_has_not_had_its_time_is_no_placebo() -> None:
    story = told(LINES, events=[event("e1", "13:48", "deploy", "shop", version="8"), DEPLOY])
    assert "negative-control" not in rules(story, "e9")
