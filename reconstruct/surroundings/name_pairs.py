"""How one service is called by metrics and by sources of changes."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

_ADDED: Final = frozenset(
    {
        "prod",
        "production",
        "live",
        "api",
        "app",
        "service",
        "svc",
        "server",
        "backend",
        "web",
        "main",
        "eu",
        "us",
        "blue",
        "green",
    }
)
"""Words that deployments add to a service's name."""


def name_pairs(theirs: Collection[str], ours: Collection[str]) -> dict[str, str]:
    """What sources of changes call a service that metrics know by another name; only where one name fits.

    >>> name_pairs({"shop-api-prod", "catalog", "billing"}, {"shop", "catalog", "shop-worker"})
    {'shop-api-prod': 'shop'}
    """
    found = {}
    for name in sorted(set(theirs) - set(ours)):
        fitting = sorted(own for own in ours if own and _bare(name) == _bare(own))
        if len(fitting) == 1:
            found[name] = fitting[0]
    return found


def _bare(name: str) -> tuple[str, ...]:
    words = tuple(word for word in re.split(r"[^a-z0-9]+", name.lower()) if word)
    return tuple(word for word in words if word not in _ADDED) or words
