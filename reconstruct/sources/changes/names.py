"""What sources call a service against what it is called elsewhere: suggestions for `service_names`, never acted on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

MAX_SHOWN: Final = 8
_WORDS: Final = """prod production prd live staging stage dev test api app application service svc server backend web
    deploy deployment release chart helm main master eu us ap east west north south central"""
_ADDED: Final = frozenset(_WORDS.split())
"""Words that tools add to a service's name: the environment, the part, the place."""


def name_notes(seen: Iterable[str], *, known: Iterable[str]) -> tuple[str, ...]:
    """A note with the lines for reconstruct.yaml, where names of events are known names with usual words around them.

    Parameters
    ----------
    seen : iterable of str
        Services as events name them.
    known : iterable of str
        Services as metrics and the configuration name them; without any, the shortest names seen.

    >>> name_notes(["shop-api-prod", "cart"], known=["shop", "cart"])
    ('service names: shop-api-prod may be shop; if so, reconstruct.yaml: service_names: {"shop-api-prod": "shop"}',)
    >>> name_notes(["Cart", "cart"], known=[])
    ('service names: Cart may be cart; if so, reconstruct.yaml: service_names: {"Cart": "cart"}',)
    """
    names, ours = sorted({name for name in seen if name}), {name for name in known if name}
    pairs = [(name, match) for name in names if name not in ours and (match := _plain(name, ours or set(names)))]
    if not pairs:
        return ()
    shown = pairs[:MAX_SHOWN]
    said = ", ".join(f"{name} may be {match}" for name, match in shown)
    lines = ", ".join(f'"{name}": "{match}"' for name, match in shown)
    more = f" and {len(pairs) - len(shown)} more" if len(pairs) > len(shown) else ""
    return (f"service names: {said}{more}; if so, reconstruct.yaml: service_names: {{{lines}}}",)


def _plain(name: str, known: Iterable[str]) -> str:
    """The known name that is left without added words; "" = none, or more than one."""
    words = [word for word in re.split(r"[-_./]+", name.lower()) if word]
    left = [word for word in words if word not in _ADDED and not word.isdigit()]
    found = [one for one in known if one != name and re.split(r"[-_./]+", one.lower()) == left]
    if found == [name.lower()]:
        return found[0]
    return found[0] if len(found) == 1 and left != words else ""
