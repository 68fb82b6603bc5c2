"""Client errors count as failures where they take the place of good answers, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from reconstruct.meaning.turned_away import LEAP, turned_away

ROWS = np.arange(100)


def answers(share: float, *, on_top: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """100 answers a second with 1 % client errors; from row 80 on such a share, and so many more on top."""
    total = np.where(ROWS >= 80, 100.0 + on_top, 100.0)
    return np.where(ROWS >= 80, share * 100.0 + on_top, 1.0), total


def test_a_limit_that_turns_clients_away_is_seen_from_its_first_sample() -> None:
    away, usual = turned_away(*answers(0.3))
    assert list(np.flatnonzero(away)) == list(range(80, 100))
    assert usual == pytest.approx(0.01)


def test_a_scanner_that_comes_on_top_fails_nobody() -> None:
    assert not turned_away(*answers(0.01, on_top=60.0))[0].any()


@pytest.mark.parametrize(("points", "seen"), [(1.5, True), (0.6, False)])
def test_it_takes_more_than_a_few_points(points: float, seen: bool) -> None:
    assert turned_away(*answers(0.01 + points * LEAP))[0].any() == seen


def test_a_handful_of_samples_tells_nothing() -> None:
    client, total = answers(0.3)
    assert not turned_away(client[75:90], total[75:90])[0].any()
