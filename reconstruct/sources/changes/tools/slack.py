"""Slack: a channel's messages, from an export's day files or `conversations.history`. Messages are notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

from reconstruct.errors import SourceError
from reconstruct.model import Gap, Service
from reconstruct.sources.changes.paged import get_json, open_source
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    at,
    begin,
    each,
    has,
    labels,
    listed,
    text,
)
from reconstruct.sources.changes.people import NOBODY
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

API_URL: Final = "https://slack.com/api"
PAGE_SIZE: Final = 200
MAX_PAGES: Final = 50
_PASSED: Final = frozenset({"channel_join", "channel_leave", "channel_topic", "channel_purpose", "channel_name"})
_LINK: Final = re.compile(r"<((?:https?|mailto):[^|>]+)(?:\|([^>]+))?>")
_MENTION: Final = re.compile(r"<@[UW]\w+(?:\|[^>]+)?>")
_CHANNEL: Final = re.compile(r"<#\w+\|?([^>]*)>|<!(?:subteam\^\w+\|?)?([\w@-]*)(?:\|[^>]*)?>")


def fetch_history(ask: SourceRequest) -> SourceResult:
    """What was said in the channel `ask.argument` (its id) in the window. Options: `token` (scope channels:history)."""
    params: dict[str, object] = {
        "channel": ask.argument,
        "oldest": f"{ask.window.baseline_start.timestamp():.6f}",
        "latest": f"{ask.window.end.timestamp():.6f}",
        "limit": PAGE_SIZE,
    }
    found: list[Item] = []
    gaps: tuple[Gap, ...] = ()
    token = ask.options.get("token", "")
    with open_source(ask, name="Slack", url=ask.options.get("url", API_URL), token=token) as session:
        for _ in range(MAX_PAGES):
            whole = get_json(session, "/conversations.history", params=params)
            if at(whole, "ok") is not True:  # Slack answers 200 to what it refuses
                said = text(whole, "error") or "no reason"
                raise SourceError(
                    f"Slack refused: {said}", hint="the token needs channels:history, its app the channel"
                )
            found += listed(whole, "messages", source="Slack")
            cursor = text(whole, "response_metadata.next_cursor")
            if not cursor:
                break
            params["cursor"] = cursor
        else:
            cause = f"only the newest {MAX_PAGES * PAGE_SIZE} were read"
            gaps = (Gap("", "slack", "older messages", cause, ask.window.start, ask.window.end),)
    return SourceResult(gaps=gaps) + MESSAGES.parse(found, PayloadReading("slack", ask))


def _message(item: Item, reading: PayloadReading) -> Iterator[Told]:
    if text(item, "subtype") in _PASSED:
        return
    said = plain_text(text(item, "text"), authors=reading.ask.authors) or text(
        item, "attachments.0.fallback", "attachments.0.text"
    )
    if not said:
        yield f"{reading.source}: a message without text is passed over"
        return
    bot = text(item, "subtype") == "bot_message" or bool(text(item, "bot_id"))
    who = text(item, "user_profile.real_name", "user_profile.display_name", "user", "username")
    yield event(
        time=begin(item, "ts"),
        kind="note",
        service=Service(""),
        title=said,
        source=reading.source,
        source_id=text(item, "ts"),
        labels=labels(author=who if reading.ask.authors else "", bot="true" if bot else ""),
    )


def plain_text(marked: str, *, authors: bool = False) -> str:
    """A message without Slack's marks; mentions of people become `somebody`.

    >>> plain_text("<!here> see <https://a.example|the graph>, <@U123> &amp; co in <#C1|ops>")
    '@here see the graph, somebody & co in #ops'
    """
    text_only = _LINK.sub(lambda m: m[2] or m[1], marked)
    text_only = text_only if authors else _MENTION.sub(NOBODY, text_only)
    return unescape(_CHANNEL.sub(lambda m: f"#{m[1]}" if m[1] else f"@{m[2]}", text_only))


MESSAGES: Final = Format(
    "Slack messages", lambda item: has(item, "type", "ts") and item.get("type") == "message", each(_message)
)
FORMATS: Final = (MESSAGES,)
