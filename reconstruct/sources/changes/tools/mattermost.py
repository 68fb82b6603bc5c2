"""Mattermost: posts, from a bulk export's lines or `GET /channels/{id}/posts`. Posts are notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

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
    items_at,
    labels,
    newest,
    text,
)
from reconstruct.sources.changes.people import NOBODY
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

PAGE_SIZE: Final = 200
MAX_PAGES: Final = 60
_MENTION: Final = re.compile(r"(?<![\w.])@(?!(?:here|channel|all)\b)[a-z][\w.-]*")


def fetch_posts(ask: SourceRequest) -> SourceResult:
    """The posts of a channel in the window; `ask.argument` is `https://host/api/v4/channels/ID`. Options: `token`."""
    since, until = ask.window.baseline_start, ask.window.end
    found: list[Item] = []
    gaps: tuple[Gap, ...] = ()
    with open_source(ask, name="Mattermost", url=ask.argument, token=ask.options.get("token", "")) as session:
        for page in range(MAX_PAGES):
            whole = get_json(session, "/posts", params={"page": page, "per_page": PAGE_SIZE})
            posts = at(whole, "posts")
            if not isinstance(posts, Mapping):
                raise SourceError("Mattermost did not answer with posts", hint="give https://host/api/v4/channels/ID")
            items = [cast("Item", one) for one in posts.values() if isinstance(one, dict)]
            found += items
            latest = newest(items, "create_at")
            if len(items) < PAGE_SIZE or (latest is not None and latest < since):
                break
        else:
            cause = f"only the newest {MAX_PAGES * PAGE_SIZE} were read"
            gaps = (Gap("", "mattermost", "older posts", cause, since, until),)
    told = POSTS.parse(found, PayloadReading("mattermost", ask))
    return (SourceResult(gaps=tuple(gaps)) + told).within(ask)


def _post(item: Item, reading: PayloadReading) -> Iterator[Told]:
    inner = cast("Item", item["post"]) if isinstance(item.get("post"), dict) else item
    for reply in items_at(inner, "replies"):
        yield from _post(reply, reading)
    said = text(inner, "message") or _attached(inner)
    kind = text(inner, "type")
    if kind.startswith("system_"):
        return
    if text(inner, "delete_at") not in ("", "0") or not said:
        yield f"{reading.source}: a post that was deleted or holds no text is passed over"
        return
    yield event(
        time=begin(inner, "create_at"),
        kind="note",
        service=Service(""),
        title=said if reading.ask.authors else _MENTION.sub(NOBODY, said),
        source=reading.source,
        source_id=text(inner, "id") or text(inner, "create_at"),
        labels=labels(author=text(inner, "user", "user_id") if reading.ask.authors else ""),
    )


def _attached(post: Item) -> str:
    """What an integration posts beside an empty message."""
    found = items_at(post, "props.attachments")
    words = [text(one, part) for one in found for part in ("pretext", "title", "text")]
    return ": ".join(filter(None, words)) or text(post, "props.attachments.0.fallback")


def _channel(answers: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Answers of the API, which hold posts by their ids."""
    posts = [one for whole in answers for one in cast("dict[str, object]", whole["posts"]).values()]
    return POSTS.parse([cast("Item", one) for one in posts if isinstance(one, dict)], reading)


POSTS: Final = Format(
    "Mattermost posts",
    lambda item: has(item, "create_at", "message") or has(item, "post.create_at", "post.message"),
    each(_post),
)
FORMATS: Final = (
    Format(
        "a channel of Mattermost",
        lambda item: isinstance(item.get("order"), list) and isinstance(item.get("posts"), dict),
        _channel,
    ),
    POSTS,
)
