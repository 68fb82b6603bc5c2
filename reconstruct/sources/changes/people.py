"""Names of people out of what a source told: fields that hold them, at any depth, and the same names in other texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Final

from reconstruct.model import Event
from reconstruct.sources.changes.kinds import KINDS, letters

NOBODY: Final = "somebody"
"""Stands in a text where a name stood."""

_WORDS: Final = """author authors user users username userid usergroup actor creator committer deployer login email
    mail assignee assignees reporter who owner member caller sender pusher principal principalemail handle requester
    approver approvers reviewer reviewers operator responder contact useridentity realname firstname
    lastname userprofile usermail teammember mergedby acknowledgements assignments organizer triggeringactor
    actorlogin approvedusers culprits accountid initiator person people engineer oncall
    requestedfor assignedto bearbeiter verantwortlich zustandig responsable demandeur"""
_FIELDS: Final = frozenset(_WORDS.split())
"""Letters of field names that name people. GitHub's `full_name` is a repository's."""
_BY: Final = re.compile(r"[a-z]+(?:ed|ted|en)by(?:id|name|email|user)?$")
"""createdBy, deployed_by, acknowledgedBy, writtenBy, ..."""
_PART: Final = re.compile(
    r"(?:author|committer|builder|user|creator|owner|member|actor|assignee|reporter)(?:name|login|email|mail|id)$|email$"
)
_ADDRESS: Final = re.compile(r"[\w.+-]+@(?=[A-Za-z])[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}(?![\w:/])")
_NAMES: Final = frozenset(
    {
        *("name", "summary", "title", "displayname", "display", "nickname", "slug"),
        *("fullname", "givenname", "familyname"),
    }
)
"""What a person's own record calls the name, besides the fields above."""
_PERSONS_OWN: Final = frozenset(
    {*("email", "emailaddress", "mail", "uniquename", "username", "login", "useridentitytype", "accountid"), "timezone"}
)
"""What stands beside the name in a person's record, and in no other thing's."""
_SEVERAL_WORDS: Final = re.compile(r"[^\W\d_]{2,}[\w'’-]*(?:[ .][^\W\d_][\w'’-]*){1,3}")
_WORD: Final = re.compile(r"(?<!\w)@?([^\W\d_][\w'’-]*)")
_ACCOUNTS: Final = frozenset(
    ["admin", "app", "bot", "deploy", "deployer", "jenkins", "ops", "root", "service", "system", "user"]
)
"""What accounts are called that are no person's, and what stands in other texts."""
_FIRST_WORD: Final = re.compile(r"[ .]")
_LEAST: Final = 3
"""Letters of a name that is looked for in other texts: `jo` stands in too many words."""


def names_person(field: str) -> bool:
    """Whether a field of that name holds a person.

    >>> [names_person(field) for field in ("deployed_by", "authorEmail", "user", "user_agent", "full_name", "by")]
    [True, True, True, False, False, False]
    """
    word = letters(field)
    return word in _FIELDS or bool(_BY.fullmatch(word)) or bool(_PART.search(word))


def _is_display_name(field: str, holder: Mapping[object, object]) -> bool:
    """Whether a `displayName` is a person's: things have one too, and no address beside it."""
    return letters(field) == "displayname" and any(letters(str(other)) in _PERSONS_OWN for other in holder)


def people_in(value: object, *, known: bool = False) -> Iterator[str]:
    """Every name and address that stands under a field for people, at any depth.

    >>> sorted(people_in({"actor": {"login": "jdoe", "type": "User"}, "title": "x", "createdBy": "anna"}))
    ['anna', 'jdoe']
    """
    if isinstance(value, Mapping):
        for field, inner in value.items():
            person = names_person(str(field)) or _is_display_name(str(field), value)
            named = known and letters(str(field)) in _NAMES
            if isinstance(inner, (Mapping, list)) or person or named:
                yield from people_in(inner, known=known or person)
    elif isinstance(value, list):
        for inner in value:
            yield from people_in(inner, known=known)
    elif known and isinstance(value, str) and len(value) >= _LEAST:
        yield value


def drop_people(value: object) -> object:
    """A value without the fields that hold people."""
    if isinstance(value, Mapping):
        return {
            field: drop_people(inner)
            for field, inner in value.items()
            if not names_person(str(field)) and not _is_display_name(str(field), value)
        }
    if isinstance(value, list):
        return [drop_people(inner) for inner in value]
    return value


def without_speakers(events: Iterable[Event], names: Iterable[str]) -> list[Event]:
    """Notes without who else spoke, `anna: done` included; names of one word are looked for in what people say only."""
    spoken = frozenset(name for name in names if len(name) >= _LEAST and letters(name) not in _ACCOUNTS)
    return [without_people(event, spoken) if event.kind == "note" and spoken else event for event in events]


class FullNames:
    """Names that can be nothing else than a person's, of several words: `Anna Schmidt`, `anna.schmidt`.

    They are looked for in what others say too; an account called `deploy` is not. A name is found by its first word,
    so that ten thousand events and as many names take no longer than the events' words.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._by_first: dict[str, list[str]] = {}
        for name in sorted(filter(_SEVERAL_WORDS.fullmatch, set(names)), key=len, reverse=True):
            self._by_first.setdefault(_FIRST_WORD.split(name, maxsplit=1)[0], []).append(name)

    def out_of(self, events: Iterable[Event]) -> list[Event]:
        """The events with the names out of their titles."""
        if not self._by_first:
            return list(events)
        return [
            event if (title := self._cleaned(event.title)) == event.title else replace(event, title=title)
            for event in events
        ]

    def _cleaned(self, text: str) -> str:
        done, kept = 0, []
        for word in _WORD.finditer(text):
            at = word.start(1)
            for name in self._by_first.get(word[1], ()) if at >= done else ():
                if text.startswith(name, at) and not text[at + len(name) : at + len(name) + 1].isalnum():
                    kept += [text[done : word.start()], NOBODY]
                    done = at + len(name)
                    break
        return "".join([*kept, text[done:]])


def without_people(event: Event, names: AbstractSet[str] = frozenset()) -> Event:
    """The event with `names` and all addresses out of its texts, and without labels that name people.

    Names that are also the service's or a kind's stay: the account `deploy` deploys.
    """
    kept = {letters(word) for word in (*event.service, event.version, *KINDS)} | {""}
    found = sorted((name for name in names if letters(name) not in kept), key=len, reverse=True)
    pattern = re.compile(r"(?<!\w)@?(?:" + "|".join(map(re.escape, found)) + r")(?!\w)") if found else None

    def clean(text: str) -> str:
        text = _ADDRESS.sub(NOBODY, text) if "@" in text else text
        return pattern.sub(NOBODY, text) if pattern else text

    labels = {name: clean(text) for name, text in event.labels.items() if not names_person(name)}
    title, url = clean(event.title), clean(event.url)
    if (title, url, labels) == (event.title, event.url, event.labels):
        return event
    return replace(event, title=title, url=url, labels=labels)
