"""Spans of firing alerts, put together into episodes, and the window around one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from reconstruct.model.alerting import is_heartbeat

MAX_PAUSE: Final = pd.Timedelta("30min")
"""Between two firings of one episode. A guess: who is paged again within half an hour has not gone back to bed."""
MARGIN: Final = pd.Timedelta("30min")
"""Before the first firing and after the last: rules wait minutes, and look back over minutes. A guess."""
MAX_EPISODE: Final = pd.Timedelta("12h")
"""Of firing alerts that never pause, the last so many hours are looked at."""
AROUND: Final = pd.Timedelta("1h")
"""Before and after a time that is all that is known."""
NEAR: Final = pd.Timedelta("2h")
"""From a time that a person remembers to the episode meant. A guess."""
ALWAYS: Final = 0.9
"""Of the time that is looked at; what fires longer is a watchdog or nobody's business."""
EDGE_SAMPLES: Final = 5
"""An onset within so many samples of the window's start may lie before it."""
MAX_ROUNDS: Final = 3
"""Widenings: each doubles the window, so that three make eight of it."""


@dataclass(frozen=True, slots=True)
class Span:
    """One alert, firing."""

    alert: str
    start: pd.Timestamp
    end: pd.Timestamp | None
    """None = still."""


@dataclass(frozen=True, slots=True)
class FoundWindow:
    """A window that was found, and what it was found by."""

    start: pd.Timestamp
    end: pd.Timestamp
    note: str


def episodes(spans: Iterable[Span], *, now: pd.Timestamp) -> tuple[tuple[Span, ...], ...]:
    """Spans that overlap or follow each other within `MAX_PAUSE`, together; in order of time.

    >>> t = pd.Timestamp("2026-11-17T14:00Z")
    >>> m = pd.Timedelta("1min")
    >>> told = [Span("a", t, t + m), Span("b", t + 5 * m, None), Span("a", t - 90 * m, t - 80 * m)]
    >>> [len(one) for one in episodes(told, now=t + 9 * m)]
    [1, 2]
    """
    found: list[list[Span]] = []
    until = pd.Timestamp.min.tz_localize("UTC")
    for span in sorted(spans, key=lambda one: (one.start, one.alert)):
        if not found or span.start - until > MAX_PAUSE:
            found.append([])
            until = span.start
        found[-1].append(span)
        until = max(until, span.end if span.end is not None else now)
    return tuple(tuple(one) for one in found)


def without_watchdogs(spans: Sequence[Span], *, start: pd.Timestamp, now: pd.Timestamp) -> tuple[Span, ...]:
    """The spans of alerts that are no heartbeat by name and do not fire nearly all the time since `start`.

    The name counts too: where the server, or the rule, is younger than what is looked at, a watchdog is an episode.
    """
    total: dict[str, pd.Timedelta] = {}
    for one in spans:
        lasted = (one.end if one.end is not None else now) - max(one.start, start)
        total[one.alert] = total.get(one.alert, pd.Timedelta(0)) + lasted
    always = {alert for alert, lasted in total.items() if lasted >= ALWAYS * (now - start)}
    return tuple(one for one in spans if one.alert not in always and not is_heartbeat(one.alert))


def window_of(episode: Sequence[Span], *, what: str, now: pd.Timestamp) -> FoundWindow:
    """The window of an episode, with margins; `what` says what it is the episode of."""
    start = min(one.start for one in episode)
    end = max(one.end if one.end is not None else now for one in episode)
    still = any(one.end is None for one in episode)
    begin = max(start, end - MAX_EPISODE)
    cut = f" (the last {MAX_EPISODE // pd.Timedelta('1h')} h of it)" if begin > start else ""
    names = sorted({one.alert for one in episode})
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    until = "still firing" if still else f"to {end:%Y-%m-%d %H:%M} UTC"
    return FoundWindow(
        begin - MARGIN,
        min(end + MARGIN, now),
        f"window: {what}, {shown} from {start:%Y-%m-%d %H:%M} UTC, {until}{cut}; "
        f"{MARGIN // pd.Timedelta('1min')} min before and after",
    )


def around(time: pd.Timestamp, spans: Sequence[Span], *, now: pd.Timestamp) -> FoundWindow:
    """The window of the episode that holds `time` or is nearest within `NEAR`; else an hour before and after it."""
    near = [
        (max(first - time, time - last, pd.Timedelta(0)), one)
        for one in episodes(spans, now=now)
        for first in [min(span.start for span in one)]
        for last in [max(span.end if span.end is not None else now for span in one)]
    ]
    best = min(near, key=lambda pair: pair[0], default=None)
    if best is not None and best[0] <= NEAR:
        found = window_of(best[1], what=f"the episode of firing alerts around {time:%H:%M} UTC", now=now)
        return replace(found, start=min(found.start, time - MARGIN), end=min(max(found.end, time + MARGIN), now))
    return FoundWindow(
        time - AROUND, min(time + AROUND, now), f"window: 1 h before and after {time:%Y-%m-%d %H:%M} UTC"
    )


def widened(
    found: FoundWindow,
    *,
    onset: pd.Timestamp | None,
    recovered: pd.Timestamp | None,
    ongoing: bool,
    step: pd.Timedelta,
    now: pd.Timestamp,
) -> FoundWindow | None:
    """A longer window where the onset lies at its edge or the recovery beyond it; None where it is long enough.

    `ongoing` says that something was wrong at the end of the window.
    """
    length = found.end - found.start
    start, end, said = found.start, found.end, []
    if onset is not None and onset - found.start <= EDGE_SAMPLES * step:
        start = found.start - length
        said.append("begins earlier, since the onset lay at its edge")
    if ongoing and recovered is None and found.end < now - step:
        end = min(found.end + length, now)
        said.append("ends later, since nothing had recovered at its end")
    if not said:
        return None
    return FoundWindow(start, end, found.note.partition("; it ")[0] + "; it " + " and ".join(said))
