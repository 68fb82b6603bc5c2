"""Do the instances that have the change suffer, and those without it not?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconstruct.explain import explain
from reconstruct.model import AffectedInstances, ChangedSeries, CommonLabel, Moment, ScanResult, Settings
from tests.explain.made import MECHANISMS, Line, Move, against, at, event, favour, made, rules, told
from tests.explain.stories import quiet

BAD = (Move("13:55:30", None, 0.5),)


def instance(name: str, version: str, moves: tuple[Move, ...], *, service: str = "shop") -> Line:
    labels = {"service": service, "instance": name, "version": version}
    return Line(
        f"http/errors-{name}-{version}", "app", "errors", "ratio", service, 0.001, moves, labels=labels, min_effect=0.01
    )


CANARY = event("e1", "13:54", "deploy", "shop", version="2", previous="1", end="14:40")


def one_signal(with_it: tuple[Move, ...], without: tuple[Move, ...]) -> list[Line]:
    """Two instances of one signal, one of each version."""
    return [instance("a", "2", with_it), instance("b", "1", without), *quiet()]


def test_only_instances_with_the_new_version_suffer() -> None:
    story = told(one_signal(BAD, ()), events=[CANARY], joined=("http/errors-a-2", "http/errors-b-1"))
    assert story.hints[0].trigger == "e1"
    assert story.hints[0].verdict == "supported"
    assert "canary-comparison: only instances that had it suffered" in favour(story, "e1")


def test_instances_without_it_suffer_and_those_with_it_do_not() -> None:
    story = told(one_signal((), BAD), events=[CANARY], joined=("http/errors-a-2", "http/errors-b-1"))
    assert story.hints[0].trigger is None
    assert "instances without it suffered, those with it did not" in against(story, "e1")


def test_all_instances_suffer_alike() -> None:
    story = told(one_signal(BAD, BAD), events=[CANARY], joined=("http/errors-a-2", "http/errors-b-1"))
    assert "suffered as much" in against(story, "e1")


@pytest.mark.parametrize("labels", [{"instances": "a"}, {"pods": "a, c"}])
def test_an_event_that_names_its_instances(labels: dict[str, str]) -> None:
    some = event("e1", "13:54", "deploy", "shop", version="3", labels=labels)
    lines = [
        Line(
            "http/errors-a", "app", "errors", "ratio", "shop", 0.001, BAD, labels={"service": "shop", "instance": "a"}
        ),
        Line("http/errors-b", "app", "errors", "ratio", "shop", 0.001, labels={"service": "shop", "instance": "b"}),
        *quiet(),
    ]
    story = told(lines, events=[some], joined=("http/errors-a", "http/errors-b"))
    assert "only instances that had it suffered" in favour(story, "e1")


def test_labels_that_do_not_tell_say_nothing() -> None:
    lines = [Line("http/errors", "app", "errors", "ratio", "shop", 0.001, BAD, min_effect=0.01), *quiet()]
    assert "canary-comparison" not in rules(told(lines, events=[CANARY]), "e1")


def test_the_whole_service_on_the_new_version_says_nothing() -> None:
    story = told([instance("a", "2", BAD), instance("b", "2", BAD), *quiet()], events=[CANARY])
    assert "canary-comparison" not in rules(story, "e1")


@pytest.mark.parametrize(("version", "app", "speaks"), [("2", "shop", True), ("1", "shop", False), ("2", "lb", False)])
def test_pods_whose_other_series_changed_are_those_that_had_it(version: str, app: str, speaks: bool) -> None:
    evidence, anomalies = made(
        [Line("http/errors", "app", "errors", "ratio", "shop", 0.001, BAD, min_effect=0.01), *quiet()], events=[CANARY]
    )
    onset = Moment(at("13:55:30"), at("13:55:15"), at("13:55:30"))
    one = ChangedSeries("load", {"app": app}, "count", "up", "level", onset, None, 1, 3, 3, at("13:56"), 9.0, 9.0)
    common = CommonLabel((("version", "=", version),), 12, 12, 0.0, 38.0, 1e-9)
    scan = ScanResult(
        window=evidence.window,
        selector="",
        series=50,
        judged=50,
        changed=12,
        families=(),
        onsets=((int(at("13:55:30").timestamp()), 12),),
        most_began=(at("13:55:30"), at("13:55:30"), 12),
        common=(),
        top=(one,),
        instances=AffectedInstances("pod", tuple(f"p{n}" for n in range(12)), 38, (common,)),
    )
    story = explain(replace(evidence, scans=(scan,)), anomalies, settings=Settings(mechanisms=MECHANISMS))
    text = "canary-comparison: only instances that had it changed: 12 have it, none of the 38 others does"
    assert (text in favour(story, "e1")) is speaks
