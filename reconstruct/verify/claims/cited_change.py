"""`e7` beside "shop 2.20.0": the version and the service in a line that cites a change are that change's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconstruct.model import Event
from reconstruct.verify.change_mentions import named_of
from reconstruct.verify.clauses import Clause, Finding
from reconstruct.verify.evidence_index import Record
from reconstruct.verify.vocabulary import phrase

_VERSION: Final = re.compile(r"(?<![\w.:/-])v?(\d+\.\d+\.\d+(?:[-+][\w.]+)?)(?![\w.]*\w)")
TITLE_WORDS: Final = 3
"""So many words of a title must stand in a line to know that they are meant to be that title."""
_IN_BRACKETS: Final = re.compile(r"\(([\w.-]+)\)\s*(?:\||$)")
_NAME: Final = re.compile(r"[A-Za-z][\w.-]*[:\s]+$")
_BEFORE: Final = re.compile(r"([A-Za-z][\w-]*)[\s,(]+v?$")
_ORDINARY_TEXT: Final = (
    "version release deploy deployed deployment rollout rollback rolled back build tag of to from with the was "
    "is and or new old revert reverted migration flag config job at by on in for image chart revision until "
)
_ORDINARY: Final = frozenset(_ORDINARY_TEXT.split())
"""Words before a version that name no service."""


def cited_change(clause: Clause, record: Record) -> Iterator[Finding]:
    """Whether versions, and the name before them, are those of the change that the line cites first."""
    first = next(iter(clause.cited), None)
    event = record.item(first.id) if first else None
    if not isinstance(event, Event):
        return
    yield from _another_in_brackets(clause, event, record)
    yield from _another_in_title(clause, event)
    if clause.start > 0 or not event.version:
        return
    known = {e.version for e in record.incident.evidence.events} | {e.previous for e in record.incident.evidence.events}
    titles = " ".join(e.title for e in record.incident.evidence.events)
    for match in _VERSION.finditer(clause.text):
        place = (clause.start + match.start(), clause.start + match.end())
        if match[1] not in known and match[0] not in known and match[1] not in titles:
            says = f"{event.id} is the {named_of(event)}, not {match[1]}"
            yield Finding("contradicted", says, (event.id,), (place,))
        elif match[1] == event.version:
            yield from _another_service(clause, event, match.start())


def _another_service(clause: Clause, event: Event, at: int) -> Iterator[Finding]:
    """The event's version beside a name that is not its service's, in a line that does not name the service."""
    before = _BEFORE.search(clause.text[:at])
    if before is None or not event.service.name or before[1].lower() in _ORDINARY:
        return
    named = re.search(rf"(?<![\w-]){re.escape(event.service.name)}(?![\w-])", clause.text, re.IGNORECASE)
    if named is None and before[1].lower() not in event.title.lower():
        says = f"{event.id} is the {named_of(event)}, not {before[1]}'s"
        yield Finding(
            "contradicted", says, (event.id,), ((clause.start + before.start(1), clause.start + before.end(1)),)
        )


def _another_in_brackets(clause: Clause, event: Event, record: Record) -> Iterator[Finding]:
    """Our rows name the service at the end where the title does not: `migration 0042: add column (orders-db)`."""
    for match in _IN_BRACKETS.finditer(clause.text):
        name, own = match[1], event.service.name
        if own and name != own and name in record.service_names and own not in clause.line.text:
            place = (clause.start + match.start(1), clause.start + match.end(1))
            yield Finding("contradicted", f"{event.id} is the {named_of(event)}, not {name}'s", (event.id,), (place,))


def _another_in_title(clause: Clause, event: Event) -> Iterator[Finding]:
    """The title word for word, but for the service that it begins with."""
    title, own = phrase(event.title), phrase(event.service.name)
    rest = title[len(own) :]
    if not own or title[: len(own)] != own or len(rest) < TITLE_WORDS or any(clause.places(title)):
        return
    for start, end in clause.places(rest):
        if not _NAME.search(clause.line.text[:start]):
            continue  # the title without its first word
        yield Finding("contradicted", f"{event.id} is “{event.title}”", (event.id,), ((start, end),))
