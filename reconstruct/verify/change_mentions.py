"""Changes as people name them: "the rollback", "shop 2.20.0 was deployed", or the event's own title."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from reconstruct.model import Event, EventKind
from reconstruct.verify.clauses import Clause
from reconstruct.verify.evidence_index import Record
from reconstruct.verify.vocabulary import phrase

_KINDS: Final[tuple[tuple[re.Pattern[str], tuple[EventKind, ...]], ...]] = (
    (
        re.compile(
            r"\b(?:roll(?:ed|ing)?[ -]?backs?|rolled \S+ back|revert(?:ed|s|ing)?"
            r"|taken back)\b",
            re.IGNORECASE,
        ),
        ("rollback", "deploy"),
    ),
    (re.compile(r"\b(?:migrat(?:ions?|ed|es|ing))\b", re.IGNORECASE), ("migration",)),
    (re.compile(r"\b(?:feature )?flags?\b", re.IGNORECASE), ("flag",)),
    (re.compile(r"\bconfig(?:uration)? (?:change|push|update)d?\b", re.IGNORECASE), ("config",)),
    (re.compile(r"\b(?:restart(?:ed|s)?|reboot(?:ed|s)?)\b", re.IGNORECASE), ("restart",)),
    (
        re.compile(
            r"\b(?:deploy(?:ed|ment|s|ing)?|releas(?:e|ed|ing)|roll(?:ed)?[ -]?out|shipped|went (?:live"
            r"|out))\b(?! (?:freeze|pipeline|window|queue|job|script|plan|note|process))",
            re.IGNORECASE,
        ),
        ("deploy", "rollback"),
    ),
)
_ANY: Final[tuple[EventKind, ...]] = ("deploy", "rollback", "migration", "config")
RARE: Final = frozenset(("deploy", "rollback", "migration"))
"""Kinds whose sources list every one: another one of the same service would be in the evidence."""
_THE: Final = re.compile(r"(?:\bthe |^\W*)$", re.IGNORECASE)
_SHAPE: Final = re.compile(r"v?\d+(?:\.\d+)+[\w.+-]*|[a-z]+\d+")


@dataclass(frozen=True, slots=True)
class Named:
    """A change that a clause speaks of."""

    start: int
    end: int
    ids: tuple[str, ...]
    """Events that it can be; () = none of the evidence."""
    kinds: tuple[EventKind, ...] = ()
    services: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    by_title: bool = False
    of_version: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Version -> ids of the events that brought it, whatever their service."""
    sole: bool = False
    """"the rollback", and the evidence has one."""

    @property
    def definite(self) -> bool:
        """Whether it says enough to be told from another change of the day; flags and settings change often."""
        told = bool(self.versions) or bool(self.services and self.kinds and self.kinds[0] in RARE)
        return self.by_title or self.sole or (bool(self.kinds) and told)


@lru_cache(maxsize=1)
def changes_named(clause: Clause, record: Record) -> tuple[Named, ...]:
    """The changes that a clause names: by title, else by kind with service or version."""
    by_title = list(_by_title(clause, record))
    if by_title:
        return tuple(by_title)
    return tuple(_by_kind(clause, record))


def _by_title(clause: Clause, record: Record) -> Iterator[Named]:
    spots: dict[tuple[int, int], list[str]] = {}
    for one, words in record.event_phrases.items():
        for place in clause.places(words):
            spots.setdefault(place, []).append(one)
    shown = {c.id for c in clause.cited if record.item(c.id)}
    for (start, end), ids in spots.items():
        cited = tuple(one for one in ids if one in shown)
        if cited or not shown:  # a line that cites something else has these words by chance
            yield Named(start, end, cited or tuple(ids), by_title=True)


def _by_kind(clause: Clause, record: Record) -> Iterator[Named]:
    """One for each kind of change that the clause speaks of, with its services and versions."""
    versions = _versions(clause, record)
    services = services_named(clause, record)
    found = 0
    for pattern, kinds in _KINDS:
        for match in pattern.finditer(clause.text):
            found += 1
            place = (clause.start + match.start(), clause.start + match.end())
            sole = bool(_THE.search(clause.text[: match.start()])) and not services and not versions
            yield _named(place, kinds, services, versions, record, sole=sole)
    if not found and versions and services:
        place = versions[0][0]
        yield replace(_named(place, _ANY, services, versions, record, sole=False), kinds=())


def _named(
    place: tuple[int, int],
    kinds: tuple[EventKind, ...],
    services: tuple[str, ...],
    versions: list[tuple[tuple[int, int], str]],
    record: Record,
    *,
    sole: bool,
) -> Named:
    told = tuple(dict.fromkeys(version for _, version in versions))
    events = record.incident.evidence.events
    fits = [
        e
        for e in events
        if e.kind in kinds
        and (not told or set(told) & {e.version, *([e.previous] if e.kind == "rollback" else [])})
        and (not services or _about(e, services) or (not told and not e.service.name))
    ]
    # A rollback by a deploy job is one, but where the evidence has a rollback that is what is meant.
    first = [e for e in fits if e.kind == kinds[0]]
    of_version = {v: tuple(e.id for e in events if e.version == v) for v in told}
    return Named(
        *place,
        tuple(e.id for e in (first or fits)),
        kinds,
        services,
        told,
        of_version=of_version,
        sole=sole and len(first) == 1,
    )


def _about(event: Event, services: tuple[str, ...]) -> bool:
    """Whether it is of one of them; an instance that restarts ("shop-1") stands in the title alone."""
    return event.service.name in services or any(
        phrase(name) == phrase(event.title)[: len(phrase(name))] for name in services
    )


def services_named(clause: Clause, record: Record) -> tuple[str, ...]:
    """Services of the evidence whose names stand in the clause; `shop` within `shop-db` is not one."""
    found = [
        (start, end, name)
        for name, words in record.service_names.items()
        for start, end in clause.places(words)
        if _whole(clause.line.text, start, end)
    ]
    inner = [
        (start, end, name)
        for start, end, name in found
        if not any(s <= start and end <= e and e - s > end - start for s, e, _ in found)
    ]
    return tuple(dict.fromkeys(name for _, _, name in inner))


def _whole(text: str, start: int, end: int) -> bool:
    return not re.search(r"[\w-]$", text[:start]) and not re.match(r"[\w]|-\w", text[end:])


def _versions(clause: Clause, record: Record) -> list[tuple[tuple[int, int], str]]:
    """Versions of the evidence, and what looks like one beside a name or `version`."""
    known = {e.version for e in record.incident.evidence.events} | {e.previous for e in record.incident.evidence.events}
    found = []
    for word in clause.words:
        text = clause.line.text[word.start : word.end]
        bare = text.removeprefix("v")
        if text in known or bare in known or f"v{text}" in known:
            if _SHAPE.fullmatch(text):
                found.append(((word.start, word.end), next(v for v in (text, bare, f"v{text}") if v in known)))
        elif re.fullmatch(r"v?\d+\.\d+\.\d+[\w.+-]*", text) and text.count(".") == 2:
            found.append(((word.start, word.end), bare))
    return found


def named_of(event: Event) -> str:
    """An event in a few words: kind, service, version.

    >>> import pandas as pd
    >>> from reconstruct.model import Service
    >>> named_of(Event("e1", pd.Timestamp("2026-01-01", tz="UTC"), "deploy", Service("shop"), "x", version="2.20.0"))
    'deploy of shop 2.20.0'
    """
    if event.kind in ("note", "alert", "job", "flag", "restart") and event.title:
        return f"“{event.title}”"
    if not event.service.name and not event.version:
        return event.kind if not event.title else f"“{event.title}”"
    kind = "config change" if event.kind == "config" else event.kind
    of = " ".join(part for part in (event.service.name, event.version) if part)
    return f"{kind} of {of}"
