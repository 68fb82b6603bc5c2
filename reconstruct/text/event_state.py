"""How far a change got and where, in words, where it was not simply done where users are."""

from __future__ import annotations

from typing import Final

from reconstruct.model import Event
from reconstruct.model.kinds import EventState

_WORDS: Final[dict[EventState, str]] = {
    "requested": "requested, not begun",
    "running": "",
    "done": "",
    "failed": "failed",
    "cancelled": "cancelled",
    "draft": "a draft",
}


def how_far(event: Event) -> str:
    """What is to be said of how far an event got and where: failed, not begun, not in production; "" = nothing.

    >>> import pandas as pd
    >>> from reconstruct.model import Service
    >>> t = pd.Timestamp("2026-11-17T13:55Z")
    >>> how_far(Event("e1", t, "deploy", Service("shop"), "x", state="failed", environment="pr-131", production=False))
    'failed, in pr-131, not production'
    >>> how_far(Event("e1", t, "deploy", Service("shop"), "x", environment="production", production=True))
    ''
    """
    state = "" if event.seen_applied else _WORDS[event.state]
    where = f"in {event.environment}, not production" if event.environment else "not in production"
    return ", ".join(filter(None, (state, where if event.production is False else "")))
