"""The terminal's summary: 80 columns, colour only on request, and no control character of somebody else's."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from reconstruct.model import Incident
from reconstruct.render.terminal import cells, to_terminal
from tests.render import stories as made
from tests.render.stories import classic

STORIES: tuple[Callable[[], Incident], ...] = (
    classic,
    made.ongoing,
    made.quiet,
    made.hostile,
    made.fortnight,
    made.many_entries,
)
COLOUR = re.compile(r"\x1b\[\d+m")


@pytest.mark.parametrize("columns", [40, 80, 132])
@pytest.mark.parametrize("story", STORIES)
def test_no_line_is_wider_than_the_terminal(story: Callable[[], Incident], columns: int) -> None:
    for line in to_terminal(story(), colour=False, columns=columns).splitlines():
        assert cells(line) <= columns


@pytest.mark.parametrize("story", STORIES)
def test_colour_adds_nothing_but_colour(story: Callable[[], Incident]) -> None:
    bare, painted = to_terminal(story(), colour=False), to_terminal(story(), colour=True)
    assert "\x1b" not in bare
    assert COLOUR.sub("", painted) == bare
    assert not re.search(r"[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f-\x9f]", painted)


def test_every_line_ends_without_colour() -> None:
    for line in to_terminal(classic(), colour=True).splitlines():
        codes = COLOUR.findall(line)
        assert not codes or codes[-1] == "\x1b[0m"


def test_the_story_is_told_in_order() -> None:
    text = re.sub(r"\s+", " ", to_terminal(classic(), colour=False))
    told = [
        "Incident on shop, postgres and lb",
        "Data gaps - rules: 403 Forbidden",
        "Requests to shop failed",
        "Onset 13:56:22 −23 s +7.5 s",
        "Time to detect: 1 min 8 s (30 s to 1 min 30 s) = detected - onset",
        "Impact - 130 k failed requests at shop, 33 % of its requests",
        "1. supported, 86 %: Slow query at shop",
        "unexplained: 8 %",
    ]
    places = [text.index(part) for part in told]
    assert places == sorted(places)


def test_a_quiet_window_is_short_and_blames_nothing() -> None:
    text = to_terminal(made.quiet(), colour=False)
    assert text.startswith("No incident found")
    assert "Candidate causes" not in text
    assert "Onset" not in text
