"""Do the instances that have the change suffer, and those without it not?"""

from __future__ import annotations

import pytest

from tests.explain.made import Line, Move, against, event, favour, rules, told
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
