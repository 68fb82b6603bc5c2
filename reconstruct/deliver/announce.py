"""A report's episodes -> messages, each promised once and delivered: the one flow behind `reconstruct report`.

    lock -> load -> deliver what an earlier run promised -> plan -> write down (the promise) -> deliver -> strike out

What is written down before it is sent cannot be lost; what is struck out only after the target took it may come twice
if the run is killed in between. Each message keeps its id, so a receiver that honours `Idempotency-Key` (or drops a
repeated Message-ID) sees it once. docs/report.md says what that means for each target.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from reconstruct.config import Target
from reconstruct.deliver.episodes import REMIND_AFTER, Announcement, EpisodeView, plan
from reconstruct.deliver.message import payload_for
from reconstruct.deliver.send import send, write_dead_letter
from reconstruct.deliver.state import Message, ReportState, load_state, locked, save_state
from reconstruct.deliver.textfile import series
from reconstruct.errors import ReconstructError, UsageError
from reconstruct.files import sweep

LAST_SUCCESS: Final = "reconstruct_report_last_success_timestamp_seconds"
"""Kept in the state, so that the textfile goes on saying when it was while runs fail: alerts are built on its age."""

Render = Callable[[Announcement, Target], Mapping[str, Any]]
"""What a target is sent for an announcement."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What one run said."""

    announcements: tuple[Announcement, ...]
    delivered: int
    failed: tuple[str, ...]
    """`target: why` of each message that went into the dead-letter file."""
    counters: Mapping[str, float]
    """Since the state file was begun, as the textfile takes them."""


def announce(
    views: Sequence[EpisodeView],
    *,
    targets: Sequence[Target],
    state_file: Path,
    dead_letters: Path | None = None,
    now: pd.Timestamp,
    window_start: pd.Timestamp,
    render: Render = payload_for,
    remind_after: pd.Timedelta = REMIND_AFTER,
    sleep: Callable[[float], None] = time.sleep,
) -> Announced:
    """Tell every target what is news among `views`, once; safe to run twice at once and to be killed at any moment.

    Parameters
    ----------
    views : sequence of EpisodeView
        What this run sees, from `views_of`.
    targets : sequence of Target
        Where to; with none, episodes are remembered as told all the same.
    state_file, dead_letters : Path
        What is remembered, and where undeliverable messages go (default: beside the state file).
    now, window_start : Timestamp, UTC
        The window that `views` come from.
    render : callable
        Makes the payload of an announcement for a target; called once, its result is kept until delivered.
    remind_after : Timedelta
        When an open and unchanged episode is told again.
    sleep : callable
        How to wait between tries.

    Raises
    ------
    UsageError
        If the state or dead-letter file cannot be read or written, or another run holds the lock.
    """
    letters = dead_letters or state_file.with_name(state_file.stem + ".dead-letters.jsonl")
    with locked(state_file):
        sweep(state_file)
        state = load_state(state_file)
        news = plan(views, state.known, now=now, window_start=window_start, remind_after=remind_after)
        promised = tuple(
            Message(said.id, target.name, render(said, target), now)
            for said in news.announcements
            for target in targets
        )
        state = replace(
            state,
            known=news.known,
            outbox=state.outbox + promised,
            counters=_plus(state.counters, "reconstruct_report_announcements_total", len(news.announcements)),
        )
        save_state(state_file, state)
        state, delivered, failed = _drain(
            state, targets=targets, state_file=state_file, letters=letters, now=now, sleep=sleep
        )
        if not failed:
            state = replace(state, counters={**state.counters, LAST_SUCCESS: now.timestamp()})
            save_state(state_file, state)
    return Announced(news.announcements, delivered, tuple(failed), state.counters)


def _drain(
    state: ReportState,
    *,
    targets: Sequence[Target],
    state_file: Path,
    letters: Path,
    now: pd.Timestamp,
    sleep: Callable[[float], None],
) -> tuple[ReportState, int, list[str]]:
    """Deliver the outbox in its order, striking out each message as soon as it is settled."""
    by_name = {target.name: target for target in targets}
    delivered = 0
    failed: list[str] = []
    for message in state.outbox:
        try:
            if message.target not in by_name:
                raise UsageError(f"no target is called {message.target!r} any more", hint="was it renamed?")
            send(message.payload, by_name[message.target], key=f"{message.id}/{message.target}", sleep=sleep)
            outcome, delivered = "delivered", delivered + 1
        except ReconstructError as error:
            if message.target in by_name:  # it is down: the messages behind this one get a single try each
                by_name[message.target] = replace(by_name[message.target], attempts=1)
            write_dead_letter(letters, message, error=error, now=now)
            failed.append(f"{message.target}: {error.message}")
            outcome = "dead_letter"
        name = series("reconstruct_report_deliveries_total", target=message.target, outcome=outcome)
        state = replace(state, outbox=state.outbox[1:], counters=_plus(state.counters, name, 1))
        save_state(state_file, state)
    return state, delivered, failed


def _plus(counters: Mapping[str, float], name: str, count: int) -> dict[str, float]:
    return {**counters, name: counters.get(name, 0.0) + count}
