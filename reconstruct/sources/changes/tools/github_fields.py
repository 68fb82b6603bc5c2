"""What GitHub's payloads have in common: the repository that an item is of, and the labels that are kept."""

from __future__ import annotations

import re

from reconstruct.sources.changes.payload import Item, PayloadReading, labels, text


def kept_labels(item: Item, reading: PayloadReading, **told: str) -> dict[str, str]:
    """Labels without the empty ones; who did it only where people's names are asked for."""
    who = text(item, "creator.login", "author.login", "actor.login") if reading.ask.authors else ""
    return labels(**told, author=who)


def repository_of(item: Item) -> str:
    """The repository's name, by the item's own addresses; "" = none of them tells.

    >>> repository_of({"url": "https://api.github.com/repos/acme/shop/deployments/7"})
    'shop'
    """
    for url in (text(item, "repository_url"), text(item, "url"), text(item, "html_url")):
        if match := re.search(r"/repos/[^/]+/([^/]+)|//github[^/]*/[^/]+/([^/]+)", url):
            return match[1] or match[2]
    return ""
