"""Feeds of status pages and releases (Atom, RFC 4287; RSS 2.0): an entry is a note at the time it was published.

A repository's feed of releases (`releases.atom` on GitHub) names tags: these are releases, as the API tells them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from reconstruct.errors import UsageError
from reconstruct.model import Event, Gap, Service
from reconstruct.sources.changes.payload import labels, plain_version
from reconstruct.sources.changes.people import without_people
from reconstruct.sources.changes.record import event
from reconstruct.sources.changes.times import TimeReading, read_event_time
from reconstruct.sources.result import SourceRequest, SourceResult

_TAG: Final = re.compile(
    r"tag:github[^:]*,2008:Repository/\d+/(?P<tag>.+)|https?://.*/(?:releases/tag|-/tags)/(?P<link>.+)"
)
_REPOSITORY: Final = re.compile(r"https?://[^/]+/(?:[^/]+/)+?(?P<name>[^/]+)/(?:-/)?(?:releases|tags)")
_NAMES: Final = ("{http://www.w3.org/2005/Atom}", "{http://purl.org/dc/elements/1.1/}")


def is_feed(text: str) -> bool:
    """Whether a text is XML whose outermost element is a feed."""
    return bool(
        re.match(
            r"\ufeff?\s*(?:<\?xml[^>]*\?>\s*|<\?xml-stylesheet[^>]*\?>\s*|<!--.*?-->\s*)*<(?:feed|rss)\b",
            text,
            re.DOTALL,
        )
    )


def parse_feed(text: str, *, source: str, ask: SourceRequest) -> SourceResult:
    """Every entry of a feed; its text and its author are left out.

    Raises
    ------
    UsageError
        If it is no XML, or defines entities of its own.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise UsageError(f"{source} defines entities", hint="save the feed as the status page gives it")
    try:
        root = ET.fromstring(text.lstrip("\ufeff \r\n"))  # noqa: S314  (no document type, so no entities)
    except ET.ParseError as error:
        raise UsageError(f"{source} is no XML that can be read: {error}", hint="save the feed again") from error
    reading = TimeReading(ask.window, ask.tz)
    title = _text(root, "title") or _text(next(iter(root), root), "title")
    events: list[Event] = []
    gaps: list[Gap] = []
    for number, entry in enumerate(_entries(root), start=1):
        try:
            events.append(_entry(entry, title, source=source, reading=reading))
        except UsageError as error:
            gaps.append(Gap("", source, f"entry {number}", f"{error.message}; {error.hint}"))
    kept = events if ask.authors else [without_people(one) for one in events]
    return SourceResult(events=tuple(kept), gaps=tuple(gaps))


def _entry(entry: ET.Element, feed: str, *, source: str, reading: TimeReading) -> Event:
    told = _text(entry, "published", "pubDate", "updated", "date")
    if not told:
        raise UsageError("it has no time", hint="entries of feeds have one of published, pubDate, updated")
    number, link = _text(entry, "id", "guid"), _link(entry)
    tag = next((match["tag"] or match["link"] for one in (number, link) if (match := _TAG.fullmatch(one))), "")
    repository = match["name"] if tag and (match := _REPOSITORY.match(link)) else ""
    version, title = plain_version(tag), _text(entry, "title")
    return event(
        time=read_event_time(told, reading=reading),
        kind="deploy" if tag else "note",
        service=Service(repository),
        title=f"{repository} {version}: {title}"
        if tag and plain_version(title) != version
        else ""
        if tag
        else f"{feed}: {title}",
        source=source,
        source_id=number,
        version=version,
        url=link,
        labels=labels(updated=_text(entry, "updated") if _text(entry, "updated") != told else ""),
    )


def _entries(root: ET.Element) -> Iterator[ET.Element]:
    return (one for one in root.iter() if _name(one) in ("entry", "item"))


def _text(element: ET.Element, *names: str) -> str:
    for name in names:
        for one in element:
            if _name(one) == name and one.text and one.text.strip():
                return " ".join(one.text.split())
    return ""


def _link(entry: ET.Element) -> str:
    links = [one for one in entry if _name(one) == "link"]
    told = [one.get("href", "") or (one.text or "").strip() for one in links if one.get("rel") in (None, "alternate")]
    return next(filter(None, told), "")


def _name(element: ET.Element) -> str:
    return next((element.tag.removeprefix(space) for space in _NAMES if element.tag.startswith(space)), element.tag)
