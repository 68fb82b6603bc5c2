"""Did undoing it undo the symptoms?"""

from __future__ import annotations

import pytest

from reconstruct.model import Event, EventKind
from tests.explain.made import Line, Move, against, at, event, favour, hint, rules, told
from tests.explain.stories import quiet, web

DEPLOY = event("e1", "13:54", "deploy", "shop", version="2.15", previous="2.14")


@pytest.mark.parametrize(
    "undo",
    [
        event("e9", "14:22", "rollback", "shop", version="2.14", previous="2.15"),
        event("e9", "14:22", "deploy", "shop", version="2.14", previous="2.15"),
        event("e9", "14:22", "deploy", "shop", version="2.14"),
        event("e9", "14:22", "rollback", "shop"),
        event("e9", "14:22", "deploy", "shop", title="Revert to the last good release"),
        event("e9", "14:22", "deploy", "shop", title="rolling back shop (slow)"),
    ],
    ids=["kind", "version-with-previous", "version-alone", "kind-without-version", "title-revert", "title-back"],
)
def test_a_rollback_is_known_by_kind_by_version_or_by_title(undo: Event) -> None:
    story = told([*web(), *quiet()], events=[DEPLOY, undo])
    assert story.hints[0].trigger == "e1"
    assert story.hints[0].verdict == "supported"
    assert next(r.rule for r in story.hints[0].reasons_for) == "reversal"
    assert story.mitigated is not None
    assert story.mitigated.time == at("14:22")
    assert story.mitigated_evidence == ("e9",)


def test_a_flag_is_undone_by_the_same_flag_only() -> None:
    on = event("e1", "13:55:10", "flag", "shop", title="flag new_rail off->on")
    other = event("e2", "14:10", "flag", "shop", title="flag old_rail on->off")
    off = event("e3", "14:26:30", "flag", "shop", title="flag new_rail on->off")
    story = told([*web(), *quiet()], events=[on, other, off])
    assert story.hints[0].trigger == "e1"
    assert story.hints[0].verdict == "supported"
    assert story.mitigated_evidence == ("e3",)


def test_a_change_whose_undoing_did_not_help_is_contradicted() -> None:
    undo = event("e2", "14:00", "rollback", "shop", version="2.14", previous="2.15")
    story = told([*web(end=None), *quiet()], events=[DEPLOY, undo])
    assert "the symptoms stayed" in against(story, "e1")
    blamed = hint(story, "e1")
    assert blamed is None or blamed.verdict == "contradicted"


def test_the_first_rollback_does_not_help_and_the_second_does() -> None:
    """2.14 -> 2.15 broke it, 2.16 came on top; going back to 2.15 changed nothing, going back to 2.14 did."""
    changes = [
        DEPLOY,
        event("e2", "13:55", "deploy", "shop", version="2.16", previous="2.15"),
        event("e3", "14:05", "rollback", "shop", version="2.15", previous="2.16"),
        event("e4", "14:25", "rollback", "shop", version="2.14", previous="2.15"),
    ]
    story = told([*web(), *quiet()], events=changes)
    assert story.hints[0].trigger == "e1"
    assert story.mitigated_evidence == ("e4",)
    assert "the symptoms stayed until" in against(story, "e2")


def test_the_rollback_of_another_service_is_no_cure() -> None:
    changes = [
        DEPLOY,
        event("e2", "13:53", "deploy", "catalog", version="1.9", previous="1.8"),
        event("e3", "14:05", "rollback", "catalog", version="1.8", previous="1.9"),
        event("e4", "14:25", "rollback", "shop", version="2.14", previous="2.15"),
    ]
    story = told([*web(), *quiet()], events=changes)
    assert story.hints[0].trigger == "e1"
    assert story.mitigated_evidence == ("e4",)
    assert hint(story, "e2") is None


def test_a_partial_undo_that_undid_part_is_told_with_its_figure() -> None:
    """Half of the harm leaves with the rollback, the rest with a second change much later."""
    steps = (Move("13:55:30", "14:10", 0.4), Move("14:10", "14:50", 0.1))
    lines = [Line("http/error-share", "app", "errors", "ratio", "shop", 0.001, steps, min_effect=0.01), *quiet()]
    changes = [
        DEPLOY,
        event("e2", "14:10", "rollback", "shop", version="2.14", previous="2.15"),
        event("e3", "14:49", "rollback", "lb", version="r1", previous="r2"),
    ]
    story = told(lines, events=changes)
    assert "of the excess was gone" in favour(story, "e1")


@pytest.mark.parametrize("kind", ["rollback", "deploy", "flag"])
def test_the_cure_is_never_blamed(kind: EventKind) -> None:
    cure = event(
        "e2", "14:22", kind, "shop", version="2.14", previous="2.15", title="flag calm on" if kind == "flag" else ""
    )
    story = told([*web(), *quiet()], events=[DEPLOY, cure])
    assert hint(story, "e2") is None
    assert "e2" in {g.event for g in story.dismissed_changes}


def test_an_undo_just_before_the_end_of_the_window_says_nothing_yet() -> None:
    undo = event("e2", "14:58", "rollback", "shop", version="2.14", previous="2.15")
    story = told([*web(end=None), *quiet()], events=[DEPLOY, undo])
    assert story.hints[0].trigger == "e1"
    assert "reversal" not in rules(story, "e1")


@pytest.mark.parametrize("kind", ["config", "deploy"])
def test_a_change_that_left_the_version_alone_is_undone_by_a_rollback_to_it(kind: EventKind) -> None:
    change = event("e1", "13:55:10", kind, "shop", title="tidy settings", version="2.14", previous="2.14")
    undo = event("e9", "14:22", "rollback", "shop", title="Rollback settings", version="2.14", previous="2.14")
    story = told([*web(), *quiet()], events=[change, undo])
    assert story.hints[0].trigger == "e1"
    assert "reversal" in rules(story, "e1")
    assert story.mitigated_evidence == ("e9",)
