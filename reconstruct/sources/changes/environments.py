"""Whether an environment is the one that users are in: its vendor's flag, the configuration, or what its name tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Final

from reconstruct.config.settings import PRODUCTION
from reconstruct.model import Event
from reconstruct.sources.changes.kinds import without_accents

_OTHERS: Final = (
    r"(?:pre[\W_]?prod(?:uction)?|non[\W_]?prod(?:uction)?|stag(?:e|ing)|stg|dev(?:el(?:opment)?)?|test(?:ing)?"
    r"|qa|uat|sit|int|acceptance|loadtest|preview|review|sandbox|ephemeral|integration|demo|local|recette|abnahme|pr[\W_]?\d+|mr[\W_]?\d+)"
)
_USERS: Final = r"(?:prod(?:u[ck]tion)?|prd|live)"
_NOT_PRODUCTION: Final = re.compile(rf"(?:^|[^a-z]){_OTHERS}(?:$|[^a-z])")
_PRODUCTION: Final = re.compile(rf"(?:^|[^a-z]){_USERS}(?:$|[^a-z])")
_PLACE: Final = re.compile(rf"(?<![a-z])(?:{_OTHERS}|{_USERS})(?![a-z])")
_LAST_WORD: Final = re.compile(rf"[-_./](?:{_OTHERS}|{_USERS})$")

MAX_WORDS_OF_A_NAME: Final = 3
"""A guess: `Deploy shop staging`; more words are a sentence."""
_PLACED: Final = re.compile(r"(?:\b(?:to|in|on|into|env|environment)\s+|[@>(\[]\s*)([\w-]+)")


def is_production(name: str, *, flag: bool | None = None) -> bool | None:
    """Whether the environment called `name` is production; None = neither its flag nor its name tells.

    `flag` is the vendor's own word. A name that says production beats a flag that denies it: GitHub's is false by
    default for every environment that is not called exactly `production`.

    >>> is_production("prod-eu"), is_production("pre-prod"), is_production("eu-1"), is_production("prod", flag=False)
    (True, False, None, True)
    >>> is_production("préproduction"), is_production("Recette")
    (False, False)
    """
    lower = without_accents(name).lower()
    if flag:
        return True
    if lower == "pre" or _NOT_PRODUCTION.search(lower):
        return False
    if _PRODUCTION.search(lower):
        return True
    return flag


def place_in(words: str) -> str:
    """The environment that the name of a pipeline tells; of several the one that users are in; "" = none.

    >>> place_in("Deploy to pre-prod"), place_in("build, test, deploy production"), place_in("CI")
    ('pre-prod', 'production', '')
    """
    found = _PLACE.findall(words.lower())
    return next(filter(is_production, found), found[0] if found else "")


def place_of_object(namespace: str, name: str = "") -> str:
    """The environment that an object of Kubernetes tells by its namespace, or by the last word of its name; "" = none.

    A namespace that is only one of words: a service may be called `review` or `live-chat`.

    >>> place_of_object("shop-staging"), place_of_object("argocd", "shop-prod"), place_of_object("shop", "review-shop")
    ('shop-staging', 'shop-prod', '')
    """
    if place_in(namespace):
        return namespace
    return name if _LAST_WORD.search(name.lower()) else ""


def place_in_title(title: str) -> str:
    """The environment that a title names as a place: in three words at most, or behind a word for where.

    A longer title may speak of a test or a review and mean none.

    >>> place_in_title("Deploy to staging: find orders"), place_in_title("fix a flaky test of carts")
    ('staging', '')
    """
    words = title.split()
    if len(words) <= MAX_WORDS_OF_A_NAME:
        return place_in(title)
    match = _PLACED.search(title.lower())
    return place_in(match[1]) if match else ""


def placed_by_namespace(event: Event) -> Event:
    """The event in the environment that its namespace or its cluster tells, where nothing else tells one."""
    _, namespace, cluster = event.service
    place = place_of_object(namespace) or (cluster if place_in(cluster) else "")
    if event.environment or event.production is not None or not place:
        return event
    return replace(event, environment=place, production=is_production(place))


def placed(events: Iterable[Event], environments: Mapping[str, str]) -> tuple[Event, ...]:
    """Events with what the configuration says of their environments: `{"eu-*": production}`, the first that fits."""
    return tuple(
        event if (told := _configured(event.environment, environments)) is None else replace(event, production=told)
        for event in events
    )


def _configured(name: str, environments: Mapping[str, str]) -> bool | None:
    if not name:
        return None
    return next((kind == PRODUCTION for pattern, kind in environments.items() if fnmatchcase(name, pattern)), None)
