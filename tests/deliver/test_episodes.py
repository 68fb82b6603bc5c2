from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest

from reconstruct.deliver import Announcement, EpisodeView, Known, plan
from reconstruct.deliver.episodes import KEEP_FOR, REMIND_AFTER

START = pd.Timestamp("2026-11-17T00:00:00Z")
DAY = pd.Timedelta("24h")


def at(hours: float) -> pd.Timestamp:
    return START + pd.Timedelta(hours=hours)


def view(start: float, end: float | None, *series: str) -> EpisodeView:
    names = tuple(sorted(series or ("db/time{}",)))
    return EpisodeView(at(start), None if end is None else at(end), names, f"headline {start}")


class Story:
    """Runs one after the other over one memory."""

    def __init__(self) -> None:
        self.known: tuple[Known, ...] = ()

    def run(self, now: float, *views: EpisodeView) -> tuple[Announcement, ...]:
        told = plan(views, self.known, now=at(now), window_start=at(now) - DAY)
        self.known = told.known
        return told.announcements


def news(announcements: Sequence[Announcement]) -> list[str]:
    return [said.news for said in announcements]


def test_an_episode_is_announced_once_however_often_it_is_seen() -> None:
    story = Story()
    assert news(story.run(10, view(8, 9))) == ["new"]
    for now in (11, 12, 20, 30):
        assert story.run(now, view(8, 9)) == ()


def test_an_open_episode_is_told_when_it_begins_and_when_it_is_over() -> None:
    story = Story()
    (new,) = story.run(9, view(8, None))
    assert story.run(10, view(8, None)) == ()
    (over,) = story.run(11, view(8, 10.5))
    assert (new.news, over.news) == ("new", "over")
    assert new.key == over.key
    assert (new.id, over.id) == (f"{new.key}/1", f"{new.key}/2")
    assert story.run(12, view(8, 10.5)) == ()


def test_an_open_episode_is_updated_when_something_joins_it_and_that_is_named() -> None:
    story = Story()
    story.run(9, view(8, None, "a"))
    (update,) = story.run(10, view(8, None, "a", "b"))
    assert (update.news, update.joined) == ("update", ("b",))
    assert story.run(11, view(8, None, "a", "b")) == ()
    assert story.run(12, view(8, None, "a")) == ()  # what left is no news until it is over
    assert story.run(13, view(8, None, "a", "b")) == ()


def test_new_instances_of_a_signal_that_was_told_are_no_news() -> None:
    story = Story()
    story.run(9, view(8, None, "http/errors{pod=a-1}"))
    assert story.run(10, view(8, None, "http/errors{pod=a-2}", "http/errors{pod=a-3}")) == ()


def test_an_open_episode_that_does_not_change_is_told_again_after_a_while() -> None:
    story = Story()
    story.run(0, view(-1, None))
    hours = REMIND_AFTER / pd.Timedelta("1h")
    assert story.run(hours - 0.5, view(-1, None)) == ()
    assert news(story.run(hours, view(-1, None))) == ["update"]
    assert story.run(hours + 1, view(-1, None)) == ()


def test_an_onset_that_moves_with_the_baseline_is_the_same_episode() -> None:
    story = Story()
    story.run(10, view(8, 9))
    assert story.run(11, view(8.1, 9.2)) == ()
    assert story.run(12, view(7.9, 8.5)) == ()


def test_a_short_episode_that_moved_beside_itself_is_known_by_its_series() -> None:
    for series, said in (("a", []), ("b", ["new"])):
        story = Story()
        story.run(10, view(8, 8.01, "a"))
        assert news(story.run(11, view(8.1, 8.11, series))) == said


def test_two_episodes_close_to_each_other_are_two() -> None:
    story = Story()
    assert news(story.run(10, view(8, 8.5), view(8.6, 8.9))) == ["new", "new"]
    assert story.run(11, view(8, 8.5), view(8.6, 8.9)) == ()


def test_an_episode_that_comes_back_after_it_was_over_is_updated_not_new() -> None:
    story = Story()
    story.run(10, view(8, 9))
    (said,) = story.run(11, view(8, None))
    assert (said.news, said.sequence) == ("update", 2)


def test_a_new_one_after_a_known_one_is_new() -> None:
    story = Story()
    story.run(10, view(8, 9))
    assert news(story.run(14, view(8, 9), view(12, 13))) == ["new"]


def test_two_that_turn_out_to_be_one_are_told_as_the_first() -> None:
    story = Story()
    first, second = story.run(10, view(6, 7, "a"), view(9, None, "b"))
    (said,) = [one for one in story.run(11, view(6, None, "a", "b")) if one.key == first.key]
    assert said.news == "update"
    assert story.run(12, view(6, None, "a", "b")) == ()
    assert second.key != first.key


def test_one_that_turns_out_to_be_two_is_not_announced_again() -> None:
    story = Story()
    story.run(10, view(6, 9))
    assert story.run(11, view(6, 7), view(8, 9)) == ()


def test_an_open_one_that_is_not_seen_any_more_is_said_to_be_gone_once() -> None:
    story = Story()
    story.run(9, view(8, None))
    (said,) = story.run(10)
    assert (said.news, said.view.end) == ("gone", at(9))
    assert story.run(11) == ()


def test_a_run_that_was_overtaken_changes_nothing_that_is_known() -> None:
    story = Story()
    story.run(9, view(8, None))
    story.run(12, view(8, 11))
    before = story.known
    assert story.run(10, view(8, None)) == ()
    assert story.run(10) == ()
    assert story.known == before


def test_quiet_runs_say_nothing() -> None:
    story = Story()
    assert story.run(10) == ()
    assert story.known == ()


def test_what_is_long_over_is_forgotten() -> None:
    story = Story()
    story.run(10, view(8, 9))
    story.run(9 + KEEP_FOR / pd.Timedelta("1h"))
    assert len(story.known) == 1
    story.run(10 + KEEP_FOR / pd.Timedelta("1h"))
    assert len(story.known) == 0


@pytest.mark.parametrize("every_h", [1, 3, 6, 24])
def test_over_a_week_with_three_episodes_each_is_begun_once_and_ended_once(every_h: int) -> None:
    truth = [(30.2, 31.0), (75.0, 80.5), (130.9, 131.1)]
    story = Story()
    said: list[Announcement] = []
    for now in range(every_h, 7 * 24 + 1, every_h):
        seen = [
            view(max(start, now - 24), end if end < now else None, f"s{start}")
            for start, end in truth
            if start < now and end > now - 24
        ]
        said += story.run(now, *seen)
    assert len({one.key for one in said}) == 3
    assert news(said).count("new") == 3
    assert len({one.id for one in said}) == len(said)
    ended = [one.key for one in said if one.view.end is not None]
    assert sorted(ended) == sorted({one.key for one in said})
