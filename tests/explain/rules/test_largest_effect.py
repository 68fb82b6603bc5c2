"""With no change and no known mechanism: which service moved furthest."""

from __future__ import annotations

from dataclasses import replace

from tests.explain.made import Line, favour, told, told_hint
from tests.explain.stories import database, quiet, web


def of(service: str, *, latency: float) -> list[Line]:
    return [replace(line, id=f"{line.id}-{service}") for line in web(service, latency=latency, share=0.2)]


def test_the_service_that_moved_furthest_is_told_as_a_place_to_look() -> None:
    story = told([*of("front", latency=0.2), *of("cart", latency=6.0), *quiet()], calls=[("front", "cart")])
    first = told_hint(story, None)
    assert first.rank == 1
    assert first.mechanism == "unknown"
    assert first.service.name == "cart"
    assert first.verdict == "plausible"
    assert "largest-effect: cart: " in favour(story, None)


def test_a_known_mechanism_needs_no_ranking() -> None:
    story = told([*web(), *quiet(), *database(latency=0.5, cpu=0.7, rows=9000)])
    assert story.hints[0].mechanism == "slow-query"
    assert "largest-effect" not in favour(story, None)
