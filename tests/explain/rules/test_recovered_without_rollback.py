"""What still holds after the recovery is not likely to have made the trouble."""

from __future__ import annotations

import pytest

from tests.explain.made import against, event, rules, told, told_hint
from tests.explain.stories import database, quiet, web

DEPLOY = event("e1", "13:52", "deploy", "shop", version="2", previous="1")


def test_symptoms_that_leave_by_themselves_speak_against_a_deploy_still_in_place() -> None:
    over = told([*web(), *quiet()], events=[DEPLOY])
    still = told([*web(end=None), *quiet()], events=[DEPLOY])
    assert "recovered-without-rollback" in against(over, "e1")
    assert told_hint(over, "e1").confidence < told_hint(still, "e1").confidence
    assert over.mitigated is None
    assert over.recovered is not None


def test_a_lock_that_a_migration_lets_go_is_cured_without_a_change() -> None:
    migration = event("e1", "13:55:28", "migration", "orders-db")
    story = told([*web(), *database(locks=20, cpu=0.006, latency=3.0)], events=[migration])
    assert story.hints[0].trigger == "e1"
    assert "recovered-without-rollback" not in rules(story, "e1")


def test_a_restart_is_a_cure_that_leaves_the_deploy_under_suspicion() -> None:
    restart = event("e2", "14:26", "restart", "shop")
    story = told([*web(), *quiet()], events=[DEPLOY, restart])
    assert "recovered-without-rollback" not in rules(story, "e1")
    assert story.mitigated_evidence == ("e2",)


def test_a_change_of_a_healthy_service_is_no_cure() -> None:
    story = told([*web(), *quiet()], events=[DEPLOY, event("e2", "14:26", "deploy", "catalog", version="3")])
    assert story.mitigated is None
    assert "recovered-without-rollback" in rules(story, "e1")


@pytest.mark.parametrize("clock", ["14:05", "14:24:30"])
def test_a_flag_that_is_not_right_before_the_recovery_is_no_cure(clock: str) -> None:
    story = told([*web(), *quiet()], events=[DEPLOY, event("e2", clock, "flag", "shop", title="flag footer on")])
    assert story.mitigated is None


def test_a_fix_that_goes_forward_is_a_cure_when_the_symptoms_leave_with_it() -> None:
    fixed = told([*web(), *quiet()], events=[DEPLOY, event("e2", "14:24:30", "deploy", "shop", version="3")])
    assert fixed.mitigated_evidence == ("e2",)
    chance = told([*web(), *quiet()], events=[DEPLOY, event("e2", "14:14", "deploy", "shop", version="3")])
    assert chance.mitigated is None
