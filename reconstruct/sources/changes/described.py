"""A format told by where its fields are: for payloads of which every item is one event, and nothing is computed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from reconstruct.model import Service
from reconstruct.model.kinds import EventKind
from reconstruct.sources.changes.columns import APART
from reconstruct.sources.changes.environments import place_in, place_in_title
from reconstruct.sources.changes.kinds import kind_of_pipeline, without_pipeline_words
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    at,
    begin,
    each,
    end,
    has,
    plain_version,
    short_sha,
    text,
)
from reconstruct.sources.changes.record import event

Paths = tuple[str, ...]
_MARKUP: Final = re.compile(r"</?(?:div|p|br|span|b|i|a|strong|em|at|attachment)\b[^>]*>", re.IGNORECASE)
"""What chats and trackers wrap words in."""
_NO_END: Final = frozenset({"-1", "0"})


@dataclass(frozen=True, slots=True)
class Described:
    """Where an item of one payload tells what; of several paths the first that holds something counts."""

    name: str
    """In the field's words: `Heroku releases`."""
    has: Paths
    """The fields by which an item is known: all have to be there."""
    time: Paths
    kind: EventKind | Callable[[Item], EventKind]
    end: Paths = ()
    service: Paths = ()
    pipeline: Paths = ()
    """The pipeline's or job's name, which tells the service where nothing else does: `shop-deploy`."""
    title: Paths = ()
    version: Paths = ()
    state: Paths = ()
    """All of them count, the worst first."""
    states: Mapping[str, str] = field(default_factory=dict)
    """The tool's words where they mean something else than ours."""
    instead: Callable[[Item], str] = lambda _: ""
    """How far an item got by more than its words for it, which then do not count; "" = the words tell."""
    environment: Paths = ()
    places: Paths = ()
    """Texts with an environment among their words, where no field tells it: an inventory's name."""
    elsewhere: Callable[[Item], bool] = lambda _: False
    """Whether an item tells itself that it is not in production."""
    id: Paths = ("id",)
    url: Paths = ()
    labels: Mapping[str, Paths] = field(default_factory=dict)
    passed: Callable[[Item], str] = lambda _: ""
    """Why an item tells no change; "" = it tells one."""
    known: Callable[[Item], bool] = lambda _: True
    """What an item has to be besides."""

    def format(self) -> Format:
        """The format, for the registry of formats."""
        return Format(self.name, lambda item: has(item, *self.has) and self.known(item), each(self._read))

    def _read(self, item: Item, reading: PayloadReading) -> Iterator[Told]:
        if why := self.passed(item):
            yield f"{reading.source}: {why} is passed over"
            return
        title = _MARKUP.sub(" ", ": ".join(dict.fromkeys(filter(None, (text(item, path) for path in self.title)))))
        environment = text(item, *self.environment) or self._placed(item) or place_in_title(title)
        over = text(item, *self.end)
        yield event(
            time=begin(item, *self.time),
            end=end(item, *self.end) if over not in _NO_END else None,
            kind=self.kind(item) if callable(self.kind) else self.kind,
            service=Service(reading.service or text(item, *self.service) or self._piped(item)),
            title=title,
            source=reading.source,
            source_id=text(item, *self.id),
            version=short_sha(plain_version(text(item, *self.version))),
            url=text(item, *self.url),
            labels={name: told for name, paths in self.labels.items() if (told := text(item, *paths))},
            state=self._state(item),
            environment=environment,
            production=False if self.elsewhere(item) else None,
        )

    def _placed(self, item: Item) -> str:
        return place_in(text(item, *self.pipeline)) or next(
            (place for path in self.places if (place := place_in(text(item, path)))), ""
        )

    def _piped(self, item: Item) -> str:
        about = without_pipeline_words(text(item, *self.pipeline))
        return "" if place_in(about) else about

    def _state(self, item: Item) -> str:
        if instead := self.instead(item):
            return instead
        told = [_word(at(item, path)) for path in self.state]
        return APART.join(self.states.get(word, word) for word in told if word)


def by_names(*paths: str, otherwise: EventKind = "note") -> Callable[[Item], EventKind]:
    """The kind that the names at these paths tell: `shop-deploy` deploys."""
    return lambda item: kind_of_pipeline(*(text(item, path) for path in paths), otherwise=otherwise)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip() if isinstance(value, (str, int)) else ""
