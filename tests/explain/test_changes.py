"""Which events are changes, what takes what back, and gradual releases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconstruct.explain.changes import changes, is_rollback, undoes
from reconstruct.model import Event, Evidence
from tests.explain.made import Line, Move, event, favour, made, told
from tests.explain.stories import quiet, web


def of(*events: Event) -> Evidence:
    return made([*web(), *quiet()], events=events)[0]


def test_notes_and_alerts_are_no_changes() -> None:
    found = changes(
        of(
            event("e1", "13:00", "note", "shop"),
            event("e2", "13:01", "alert", "shop"),
            event("e3", "13:02", "flag", "shop"),
        )
    )
    assert [c.event.id for c in found] == ["e3"]


def test_restarts_that_prometheus_saw_are_consequences_not_changes() -> None:
    seen = replace(event("e1", "13:50", "restart", "shop"), source="prometheus")
    assert changes(of(seen)) == ()
    deploy = event("e0", "13:49:30", "deploy", "shop", version="2")
    (change,) = changes(of(deploy, seen))
    assert change.restarted == seen.time


@pytest.mark.parametrize(
    ("title", "is_one"),
    [
        ("Rollback shop to 2.14", True),
        ("rolled back the cart", True),
        ('Revert "use the new index"', True),
        ("back out the cache change", True),
        ("feat: rollbar token for the frontend", False),
        ("shop 2.15: background jobs", False),
        ("irreversible clean-up", False),
    ],
)
def test_a_title_tells_a_rollback(title: str, is_one: bool) -> None:
    deploy = event("e2", "13:10", "deploy", "shop", title=title)
    assert is_rollback(deploy, [event("e1", "13:00", "deploy", "shop"), deploy]) is is_one


def test_a_rollback_takes_back_the_last_change_of_its_service_where_versions_are_not_told() -> None:
    first, second = event("e1", "13:00", "deploy", "shop"), event("e2", "13:10", "config", "shop")
    back = event("e3", "13:20", "rollback", "shop")
    other = event("e4", "13:05", "deploy", "catalog")
    known = [first, other, second, back]
    assert undoes(back, second, known)
    assert not undoes(back, first, known)
    assert not undoes(back, other, known)


def test_going_back_two_versions_takes_both_back() -> None:
    known = [
        event("e1", "13:00", "deploy", "shop", version="2", previous="1"),
        event("e2", "13:10", "deploy", "shop", version="3", previous="2"),
        event("e3", "13:20", "deploy", "shop", version="1", previous="3"),
    ]
    assert undoes(known[2], known[0], known)
    assert undoes(known[2], known[1], known)
    assert not undoes(known[1], known[0], known)


@pytest.mark.parametrize(
    ("first", "second", "undone"),
    [
        ("flag new_footer off->on", "flag new_footer on->off", True),
        ("flag new_footer on for 100%", "flag new_footer off everywhere", True),
        ("flag new_footer on", "flag old_footer off", False),
        ("flag new_footer on", "flag new_footer on for 100%", False),
    ],
)
def test_a_flag_goes_back_to_its_other_state(first: str, second: str, undone: bool) -> None:
    known = [event("e1", "13:00", "flag", "shop", title=first), event("e2", "13:10", "flag", "shop", title=second)]
    assert undoes(known[1], known[0], known) is undone


STAGES = [
    event("e1", "13:20", "deploy", "shop", version="2", previous="1", title="canary 5 %"),
    event("e2", "13:40", "deploy", "shop", version="2", previous="1", title="25 %"),
    event("e3", "14:20", "deploy", "shop", version="2", previous="1", title="100 %"),
]


def test_the_stages_of_a_gradual_release_are_one_change() -> None:
    (change,) = changes(of(*STAGES))
    assert change.event.id == "e1"
    assert [e.id for e in change.stages] == ["e2", "e3"]
    assert f"{change.done:%H:%M}" == "14:20"


def test_another_version_or_a_pause_ends_a_release() -> None:
    found = changes(of(STAGES[0], event("e9", "13:30", "deploy", "shop", version="3"), STAGES[1]))
    assert len(found) == 3
    assert (
        len(
            changes(
                of(
                    event("e1", "12:00", "deploy", "shop", version="2"),
                    event("e2", "14:00", "deploy", "shop", version="2"),
                )
            )
        )
        == 2
    )


def test_a_release_is_a_suspect_from_its_first_stage_to_its_last() -> None:
    """Users notice the second stage, not the small canary. A later deploy of another service is harmless."""
    decoy = event("e8", "13:53", "deploy", "catalog", version="9")
    story = told([*web(end=None), *quiet()], events=[*STAGES, decoy])
    assert story.hints[0].trigger == "e1"
    assert story.hints[0].verdict in ("plausible", "supported")


def test_a_canary_that_alone_suffers_is_the_dose() -> None:
    def track(name: str, moves: tuple[Move, ...]) -> Line:
        labels = {"service": "shop", "track": name}
        return Line(
            f"http/errors-{name}", "app", "errors", "ratio", "shop", 0.001, moves, labels=labels, min_effect=0.01
        )

    release = event("e1", "13:50", "deploy", "shop", version="2", end="14:40")
    lines = [track("canary", (Move("13:55:30", None, 0.4),)), track("stable", ()), *quiet()]
    story = told(lines, events=[release], joined=("http/errors-canary", "http/errors-stable"))
    assert "canary-comparison: only instances that had it suffered" in favour(story, "e1")
    assert story.hints[0].verdict == "supported"


def test_a_restart_a_second_before_its_deploy_was_written_down_is_of_that_deploy() -> None:
    deploy = event("e1", "13:30:10", "deploy", "shop", version="2")
    for second, is_of_it in (("09", True), ("02", False), ("12", True)):
        seen = replace(event("e2", f"13:30:{second}", "restart", "shop"), source="prometheus")
        (change,) = changes(of(deploy, seen))
        assert (change.restarted is not None) == is_of_it
        assert change.restarted is None or change.restarted >= deploy.time
