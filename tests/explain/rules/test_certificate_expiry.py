"""A clock that was running all along reached its end as the symptoms began."""

from __future__ import annotations

import pytest

from reconstruct.model import Explanation
from tests.explain.made import Line, Move, against, event, told
from tests.explain.stories import FROM, quiet, web

DEPLOYS = [event("e1", "13:52", "deploy", "shop", version="2"), event("e2", "13:54", "deploy", "shop", version="3")]
TO_END_S = 115.5 * 60
"""From the start of the baseline, 12:00, to the onset, 13:55:30."""


def clock(ends_after_s: float, *, past: bool) -> Explanation:
    """A certificate that ends so long after 12:00, told as seconds left or as seconds past the end."""
    # Ramps from `usual` at the start of the baseline to the level at the end of the window, three hours later.
    way = (Move("12:00", None, ends_after_s - 3 * 3600, ramp=True),)
    line = Line(
        "x509/left",
        "network",
        "availability",
        "seconds",
        "shop",
        ends_after_s,
        way,
        tags=("certificate",),
        worse="down",
    )
    if past:
        end = f"{12 + int(ends_after_s // 3600):02d}:{int(ends_after_s % 3600 // 60):02d}:{int(ends_after_s % 60):02d}"
        grown = (Move(end, None, 3 * 3600 - ends_after_s, ramp=True),)
        line = Line("x509/past", "network", "availability", "seconds", "shop", 0.0, grown, tags=("certificate",))
    return told([*web(end=None), *quiet(), line], events=DEPLOYS, steady=True)


@pytest.mark.parametrize("past", [False, True])
def test_a_certificate_that_ends_at_the_onset_needs_no_change(past: bool) -> None:
    story = clock(TO_END_S, past=past)
    assert story.hints[0].trigger is None
    assert story.hints[0].mechanism == "certificate-expiry"
    assert "the certificate of shop ended at 13:55:" in story.hints[0].statement
    assert "certificate-expiry" in against(story, "e1")


@pytest.mark.parametrize("past", [False, True])
def test_a_certificate_that_ended_at_another_time_is_not_it(past: bool) -> None:
    story = clock(TO_END_S - 1800, past=past)
    assert story.hints[0].trigger in ("e1", "e2")


def test_a_certificate_with_days_left_is_not_it() -> None:
    line = Line("x509/left", "network", "availability", "seconds", "shop", 9e5, tags=("certificate",), worse="down")
    assert told([*web(end=None), *quiet(), line], events=DEPLOYS, steady=True).hints[0].trigger in ("e1", "e2")


def test_the_onset_is_where_the_symptoms_begin_not_where_the_clock_does() -> None:
    story = clock(TO_END_S, past=False)
    assert story.onset is not None
    assert f"{story.onset.time:%H:%M:%S}" == FROM
