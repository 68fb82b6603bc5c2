"""An announcement in plain words, for each kind of target; `render` makes richer ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from reconstruct.config import Target
from reconstruct.deliver.episodes import Announcement, News

MAX_SERIES: Final = 10
"""Named in a message; the rest is counted."""
SLACK_MAX: Final = 3000
"""Characters that Slack takes in one section."""

_OPENS: Final[Mapping[News, str]] = {
    "new": "New episode",
    "update": "Still going on",
    "over": "Over",
    "gone": "No longer seen",
}


def payload_for(announcement: Announcement, target: Target) -> Mapping[str, Any]:
    """What `target` is sent for `announcement`."""
    if target.kind == "slack":
        text = _slack_text(text_of(announcement))[:SLACK_MAX]
        return {"text": text, "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]}
    if target.kind == "smtp":
        return {"subject": headline_of(announcement), "text": text_of(announcement) + "\n"}
    if target.kind == "grafana":
        view = announcement.view
        end = view.end if view.end is not None else announcement.at
        text = headline_of(announcement)
        return {"episode": announcement.key, "text": text, "time_ms": _ms(view.start), "end_ms": _ms(end)}
    return record_of(announcement)


def headline_of(announcement: Announcement) -> str:
    """One line: what kind of news, what, since when.

    >>> from reconstruct.deliver.episodes import EpisodeView
    >>> t = pd.Timestamp("2026-11-17T13:56:00Z")
    >>> headline_of(Announcement("k", 1, "new", EpisodeView(t, None, ("a/b{}",), "Query time of db"), t))
    'New episode: Query time of db, since 2026-11-17 13:56 UTC'
    """
    view = announcement.view
    times = f"since {view.start:%Y-%m-%d %H:%M} UTC" if view.end is None else _span(view.start, view.end)
    return f"{_OPENS[announcement.news]}: {view.headline or 'anomalies'}, {times}"


def text_of(announcement: Announcement) -> str:
    """The headline and the series, one a line."""
    series, joined = announcement.view.series, set(announcement.joined)
    lines = [f"- {name}{' (joined)' if name in joined else ''}" for name in series[:MAX_SERIES]]
    more = [f"- and {len(series) - MAX_SERIES} more"] if len(series) > MAX_SERIES else []
    return "\n".join([headline_of(announcement), *lines, *more])


def record_of(announcement: Announcement) -> dict[str, Any]:
    """The announcement as JSON for a program that receives it."""
    view = announcement.view
    return {
        "schema": "reconstruct/announcement/1",
        "id": announcement.id,
        "episode": announcement.key,
        "news": announcement.news,
        "headline": view.headline,
        "start": f"{view.start:%Y-%m-%dT%H:%M:%SZ}",
        "end": f"{view.end:%Y-%m-%dT%H:%M:%SZ}" if view.end is not None else None,
        "series": list(view.series),
        "joined": list(announcement.joined),
        "at": f"{announcement.at:%Y-%m-%dT%H:%M:%SZ}",
    }


def _slack_text(text: str) -> str:
    """Slack's three control characters, so that a label cannot mention a channel or hide a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _span(start: pd.Timestamp, end: pd.Timestamp) -> str:
    last = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M} to {last} UTC"


def _ms(time: pd.Timestamp) -> int:
    return time.value // 1_000_000
