"""What tools' payloads have in common: envelopes, nested fields, times, and a reader that loses no item silently."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, cast

import pandas as pd

from reconstruct.config import ReadTime, read_time
from reconstruct.errors import SourceError, UsageError
from reconstruct.model import Alert, Event, Gap
from reconstruct.sources.changes.people import FullNames, people_in, without_people
from reconstruct.sources.result import SourceRequest, SourceResult

Item = Mapping[str, object]
Told = Event | Alert | Gap | str
"""What an item tells; a text is a note to the reader."""

MAX_DEPTH: Final = 6
"""Envelopes in envelopes: `{"data": {"repository": {"items": [...]}}}`; deeper is content, not wrapping."""
_ZERO_TIMES: Final = ("0001-01-01", "0000-00-00", "1970-01-01T00:00:00")
"""What stands for "not yet": Go's zero time, databases', and the epoch."""


@dataclass(frozen=True, slots=True)
class PayloadReading:
    """How the payload of one source is read."""

    source: str
    """A file's name, `github:owner/repo`."""
    ask: SourceRequest
    service: str = ""
    """What the configuration says that items are about, where they do not say it."""
    beside: object = None
    """What was saved beside the file: GitHub's deployment statuses by deployment id."""
    base_url: str = ""


class Format(NamedTuple):
    """One kind of payload, known by the fields of its items."""

    name: str
    """In the field's words: `GitHub deployments`."""
    knows: Callable[[Item], bool]
    """Whether an item is one."""
    parse: Callable[[Sequence[Item], PayloadReading], SourceResult]


def each(
    read: Callable[[Item, PayloadReading], Iterable[Told]],
) -> Callable[[Sequence[Item], PayloadReading], SourceResult]:
    """A parser of a list of items from a reader of one: what cannot be read is a Gap, and people's names go."""

    def parse(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
        events: list[Event] = []
        alerts: list[Alert] = []
        gaps: list[Gap] = []
        notes: list[str] = []
        people = [frozenset() if reading.ask.authors else frozenset(people_in(item)) for item in items]
        for number, (item, names) in enumerate(zip(items, people, strict=True), start=1):
            try:
                told = list(read(item, reading))
            except (UsageError, KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
                gaps.append(unread(number, error, source=reading.source))
                continue
            events += [e if reading.ask.authors else without_people(e, names) for e in told if isinstance(e, Event)]
            alerts += [a for a in told if isinstance(a, Alert)]
            gaps += [g for g in told if isinstance(g, Gap)]
            notes += [n for n in told if isinstance(n, str)]
        events = FullNames(name for names in people for name in names).out_of(events)
        return SourceResult(
            events=tuple(sorted(events, key=lambda e: (e.time, e.source_id))),
            alerts=tuple(sorted(alerts, key=lambda a: (a.firing_at, a.rule))),
            gaps=tuple(gaps),
            notes=counted(notes),
        )

    return parse


def unread(number: int, error: Exception, *, source: str) -> Gap:
    """The Gap of an item that could not be read."""
    if isinstance(error, KeyError):
        cause = f"it has no field {error}"
    elif isinstance(error, UsageError):
        cause = error.message
    else:
        cause = f"cannot be read: {error}"
    return Gap("", source, f"item {number}", cause)


def counted(notes: Sequence[str]) -> tuple[str, ...]:
    """Each note once, with how often it was said.

    >>> counted(["a draft is passed over", "x", "a draft is passed over"])
    ('a draft is passed over (2 times)', 'x')
    """
    said = {note: notes.count(note) for note in dict.fromkeys(notes)}
    return tuple(note if times == 1 else f"{note} ({times} times)" for note, times in said.items())


def item_lists(whole: object, *, depth: int = 0) -> Iterator[Sequence[Item]]:
    """Every list of objects that a payload may be about: itself first, then what its envelopes hold, outermost first.

    >>> [len(items) for items in item_lists({"total_count": 2, "workflow_runs": [{"id": 1}, {"id": 2}]})]
    [1, 2]
    """
    if isinstance(whole, list) and whole and all(isinstance(item, list) for item in whole):  # pages, one list each
        whole = [item for page in whole for item in page]
    found = [cast("Item", item) for item in (whole if isinstance(whole, list) else [whole]) if isinstance(item, dict)]
    if not found:
        return
    yield found
    if depth >= MAX_DEPTH:
        return
    for name in dict.fromkeys(name for item in found for name in item):
        held = [item[name] for item in found if name in item]
        inner = [one for value in held for one in (value if isinstance(value, list) else [value])]
        if inner and all(isinstance(one, dict) for one in inner):
            yield from item_lists(inner, depth=depth + 1)


def at(item: object, path: str) -> object:
    """What stands at a path of names: `deployable.commit.title`; None = nothing.

    >>> at({"a": {"b": [{"c": 1}]}}, "a.b.0.c"), at({"a": 1}, "a.b")
    (1, None)
    """
    found = item
    for name in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def text(item: object, *paths: str) -> str:
    """The first of `paths` that holds a text or a number, as text; "" = none does."""
    for path in paths:
        found = at(item, path)
        if isinstance(found, float) and found.is_integer():  # a whole number too long for JSON readers to keep as one
            found = int(found)
        if isinstance(found, (str, int, float)) and not isinstance(found, bool) and str(found).strip():
            return str(found).strip()
    return ""


def items_at(item: object, path: str) -> list[Item]:
    """The objects of the list at a path; [] = there is none."""
    found = at(item, path)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def listed(whole: object, path: str, *, source: str) -> list[Item]:
    """The objects of the list that an answer must hold; an empty path means the answer itself.

    Raises
    ------
    SourceError
        If there is no such list: an answer that is not understood is not an empty one.
    """
    found = at(whole, path) if path else whole
    if isinstance(found, list) or (found is None and path and has(whole, path)):  # Go writes null for an empty list
        return items_at({"found": found}, "found")
    raise SourceError(
        f"{source}'s answer holds no list{f' {path}' if path else ''}", hint="is the address that of its API?"
    )


def when(item: object, *paths: str) -> ReadTime | None:
    """The time at the first of `paths` that holds one; None = none does, or it stands for "not yet".

    Raises
    ------
    UsageError
        If something stands there and cannot be read as a time.
    """
    for path in paths:
        said = text(item, path)
        if said and said != "0" and not said.startswith(_ZERO_TIMES):
            read = read_time(said, tz="UTC")
            return ReadTime(read.time, read.resolution_s, zone_told=True)
    return None


def newest(items: Iterable[Item], *paths: str) -> pd.Timestamp | None:
    """The latest time at `paths` among items; None = none can be read: then nobody can say that they are too old."""
    found = []
    for item in items:
        try:
            read = when(item, *paths)
        except UsageError:
            continue
        found += [read.time] if read is not None else []
    return max(found, default=None)


def cut_short(items: Sequence[Item], *paths: str, limit: int, source: str, ask: SourceRequest) -> tuple[Gap, ...]:
    """A Gap where a source gave as many as it gives at most, and the oldest of them lies inside the window."""
    oldest = [read for item in items if (read := newest([item], *paths)) is not None]
    if len(items) < limit or not oldest or min(oldest) <= ask.window.baseline_start:
        return ()
    cause = f"{source} gives the newest {limit} at most"
    return (Gap("", source, "what came earlier", cause, ask.window.baseline_start, min(oldest)),)


def begin(item: object, *paths: str) -> ReadTime:
    """The time at the first of `paths` that holds one.

    Raises
    ------
    UsageError
        If none does.
    """
    found = when(item, *paths)
    if found is None:
        raise UsageError(f"it has none of {', '.join(paths)}", hint="was a field renamed? then say so, please")
    return found


def end(item: object, *paths: str) -> pd.Timestamp | None:
    """The instant of `when`; None = not over."""
    found = when(item, *paths)
    return None if found is None else found.time


def has(item: object, *paths: str) -> bool:
    """Whether every path leads to a field that is there, whatever it holds."""
    return all(_there(item, path) for path in paths)


def _there(item: object, path: str) -> bool:
    *parents, last = path.split(".")
    holder = at(item, ".".join(parents)) if parents else item
    return isinstance(holder, Mapping) and last in holder


def labels(**told: str) -> dict[str, str]:
    """Labels without the empty ones."""
    return {name: value for name, value in told.items() if value}


def plain_version(tag: str) -> str:
    """A tag without its `v`: `v2.20.0` -> `2.20.0`.

    >>> plain_version("v2.20.0"), plain_version("refs/tags/v1"), plain_version("vanilla")
    ('2.20.0', '1', 'vanilla')
    """
    tag = tag.removeprefix("refs/tags/")
    return tag[1:] if tag[:1] == "v" and tag[1:2].isdecimal() else tag


def short_sha(sha: str) -> str:
    """A commit as people write it: its first twelve letters."""
    return sha[:12] if len(sha) == 40 else sha


@dataclass(frozen=True, slots=True)
class Passed:
    """Kinds of items that a payload holds and that tell no change, counted, for one note."""

    kinds: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str) -> None:
        """One more of that kind."""
        self.kinds[kind] = self.kinds.get(kind, 0) + 1

    def note(self, source: str) -> tuple[str, ...]:
        """What was passed over, as a note."""
        told = ", ".join(f"{number} {kind}" for kind, number in sorted(self.kinds.items()))
        return (f"{source}: passed over, as they tell no change: {told}",) if told else ()
