"""Version changes in made answers: what is a deploy, what a rollback, and what is neither."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from reconstruct.model import Service
from reconstruct.sources.prometheus.client import Answer
from reconstruct.sources.prometheus.history.version_changes import several_versions
from reconstruct.sources.prometheus.history.version_rollouts import Change, changes_in, version_of

ROWS = 40


def answer(runs: Mapping[tuple[str, str], list[tuple[int, int]]], *, job: str = "shop") -> Answer:
    """(instance, version) -> the rows [first, end) in which it is seen."""
    values = np.full((ROWS, len(runs)), np.nan)
    labels = []
    for column, ((instance, version), seen) in enumerate(runs.items()):
        for first, end in seen:
            values[first:end, column] = 1.0
        labels.append({"job": job, "instance": instance, "version": version})
    return Answer(values, tuple(labels))


def changes(runs: Mapping[tuple[str, str], list[tuple[int, int]]], *, patience: int = 20) -> list[Change]:
    (found,) = changes_in(answer(runs), patience=patience).values()
    return found


def told(found: list[Change]) -> list[tuple[str, str, str, int, int]]:
    """kind, version, previous, last row without it, row of the last instance."""
    return [(c.kind, c.version, c.previous, c.sightings[0].after, c.sightings[-1].row) for c in found]


def test_one_version_is_no_change() -> None:
    assert changes({("a", "1"): [(0, 40)], ("b", "1"): [(0, 40)]}) == []


def test_an_instance_that_comes_back_with_its_version_is_no_change() -> None:
    assert changes({("a", "1"): [(0, 10), (15, 40)], ("b", "2"): [(0, 40)]}) == []


def test_a_rollout_over_instances_is_one_deploy_with_an_end() -> None:
    found = changes({("a", "1"): [(0, 10)], ("a", "2"): [(11, 40)], ("b", "1"): [(0, 15)], ("b", "2"): [(17, 40)]})
    assert told(found) == [("deploy", "2", "1", 9, 17)]
    assert [each.instance for each in found[0].sightings] == ["a", "b"]


def test_an_earlier_version_that_returns_is_a_rollback() -> None:
    found = changes({("a", "1"): [(0, 10), (30, 40)], ("a", "2"): [(10, 30)]})
    assert told(found) == [("deploy", "2", "1", 9, 10), ("rollback", "1", "2", 29, 30)]


def test_deployed_rolled_back_and_deployed_again_are_three() -> None:
    found = changes({("a", "1"): [(0, 10), (20, 30)], ("a", "2"): [(10, 20), (30, 40)]})
    assert [each[:3] for each in told(found)] == [("deploy", "2", "1"), ("rollback", "1", "2"), ("deploy", "2", "1")]


def test_a_rollout_that_was_under_way_when_we_began_to_look_goes_on_as_a_deploy() -> None:
    found = changes(
        {("a", "1.9"): [(0, 10)], ("a", "1.10"): [(10, 40)], ("b", "1.10"): [(0, 40)], ("c", "1.9"): [(0, 40)]}
    )
    assert told(found) == [("deploy", "1.10", "1.9", 9, 10)]


def test_new_pods_with_a_new_version_are_a_deploy_and_the_old_ones_going_is_not_another() -> None:
    found = changes({("a", "1"): [(0, 14)], ("b", "1"): [(0, 18)], ("c", "2"): [(10, 40)], ("d", "2"): [(14, 40)]})
    assert told(found) == [("deploy", "2", "1", 9, 14)]


def test_new_pods_with_the_old_version_are_a_rollback_when_the_newer_goes() -> None:
    found = changes({("a", "1"): [(0, 12)], ("b", "2"): [(10, 32)], ("c", "1"): [(30, 40)]})
    assert told(found) == [("deploy", "2", "1", 9, 10), ("rollback", "1", "2", 29, 30)]


def test_autoscaling_of_a_fleet_with_two_versions_is_no_change() -> None:
    runs = {("a", "1"): [(0, 40)], ("b", "2"): [(0, 40)], ("c", "2"): [(0, 40)]}
    assert changes({**runs, ("d", "1"): [(10, 20)], ("e", "2"): [(15, 40)]}) == []


def test_instances_that_come_long_after_a_rollout_do_not_lengthen_it() -> None:
    runs = {("a", "1"): [(0, 5)], ("a", "2"): [(5, 40)], ("b", "2"): [(8, 40)], ("c", "2"): [(35, 40)]}
    assert told(changes(runs, patience=20)) == [("deploy", "2", "1", 4, 8)]
    assert told(changes(runs, patience=30)) == [("deploy", "2", "1", 4, 35)]


def test_a_trial_that_is_withdrawn_is_a_rollback_to_what_was_left() -> None:
    found = changes({("a", "1"): [(0, 40)], ("b", "1"): [(0, 40)], ("canary", "2"): [(10, 20)]})
    assert told(found) == [("deploy", "2", "1", 9, 10), ("rollback", "1", "2", 19, 20)]
    assert found[1].withdrawn == ("canary",)


def test_a_service_that_goes_altogether_withdraws_nothing() -> None:
    assert told(changes({("a", "1"): [(0, 10)], ("a", "2"): [(10, 20)]})) == [("deploy", "2", "1", 9, 10)]


def test_an_old_version_that_lingers_beside_the_new_one_is_not_seen_again() -> None:
    """Text without staleness markers: the old series goes on for five minutes."""
    found = changes({("a", "1"): [(0, 30)], ("a", "2"): [(10, 40)]})
    assert told(found) == [("deploy", "2", "1", 9, 10)]


def test_each_service_is_judged_for_itself() -> None:
    one = answer({("a", "1"): [(0, 10)], ("a", "2"): [(10, 40)]}, job="shop")
    other = answer({("x", "7"): [(0, 40)]}, job="web")
    both = Answer(np.hstack((one.values, other.values)), one.labels + other.labels)
    found = changes_in(both, patience=20)
    assert [len(found[Service(name)]) for name in ("shop", "web")] == [1, 0]


@pytest.mark.parametrize(
    ("labels", "version"),
    [({"version": "1", "revision": "abc"}, "1"), ({"revision": "abc"}, "abc"), ({"version": ""}, ""), ({}, "")],
)
def test_the_version_is_what_the_labels_call_so(labels: dict[str, str], version: str) -> None:
    assert version_of(labels) == version


def test_only_metrics_with_several_versions_of_one_service_are_looked_at() -> None:
    labels = [
        {"__name__": "a_build_info", "job": "a", "version": "1"},
        {"__name__": "a_build_info", "job": "a", "version": "2"},
        {"__name__": "b_build_info", "job": "b", "service": "x", "version": "1"},
        {"__name__": "b_build_info", "job": "b", "service": "y", "version": "2"},
    ]
    assert several_versions(labels) == [("a_build_info", "a")]
