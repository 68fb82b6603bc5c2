"""queries/mechanisms.yaml -> Mechanisms: ways of going wrong, which users extend with files of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Formatter
from typing import Final, get_args

from reconstruct.config.document import Marked, fields, items, one_of, read_marked, text, texts
from reconstruct.model import ASPECTS, LAYERS, EventKind, Mechanism, Sign
from reconstruct.packs.loader import MECHANISMS_FILE, packs_folder

MOVES: Final = ("up", "down", "worse", "any", "none")
PLACES: Final = frozenset({"service", "metric", "before", "during", "time"})
"""What a mechanism's statement may ask for in braces."""

_KEYS: Final = ("id", "title", "statement", "must", "may", "must_not", "checked_by", "needs", "change_can")
_SIGN_KEYS: Final = ("layers", "aspects", "moves", "tags", "says", "or")
_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HINT: Final = "docs/mechanisms.md explains every key"


def load_mechanisms(paths: Sequence[Path] = ()) -> tuple[Mechanism, ...]:
    """The shipped mechanisms, then those of `paths` (files, or folders with a mechanisms.yaml); a later id replaces an
    earlier one.

    Raises
    ------
    UsageError
        If a file says something that is not understood, with file and line.
    """
    found: dict[str, Mechanism] = {}
    for path in (packs_folder(), *paths):
        file = path / MECHANISMS_FILE if path.is_dir() else path
        found |= {m.id: m for m in read_mechanisms(file)}
    return tuple(found.values())


def read_mechanisms(path: Path) -> tuple[Mechanism, ...]:
    """The mechanisms of one file, in its order.

    Raises
    ------
    UsageError
        If the file says something that is not understood, with file and line.
    """
    found: dict[str, Mechanism] = {}
    document = fields(read_marked(path), allowed=("mechanisms",), required=("mechanisms",))
    for entry in items(document["mechanisms"]):
        mechanism = _mechanism(entry)
        if mechanism.id in found:
            raise entry.wrong(f"two mechanisms are called {mechanism.id!r}", hint="give one of them another id")
        found[mechanism.id] = mechanism
    return tuple(found.values())


def _mechanism(entry: Marked) -> Mechanism:
    given = fields(entry, allowed=_KEYS, required=("id", "title", "statement", "must"))
    name = text(given["id"])
    if not _ID.fullmatch(name):
        raise given["id"].wrong(f"{name!r} is no id", hint="lower-case words with dashes: slow-query")
    return Mechanism(
        id=name,
        title=text(given["title"]),
        statement=_statement(given["statement"]),
        must=_signs(given, "must"),
        may=_signs(given, "may"),
        must_not=_signs(given, "must_not"),
        checked_by=_signs(given, "checked_by"),
        needs=text(given.get("needs")),
        change_can=tuple(one_of(k, get_args(EventKind)) for k in items(given.get("change_can"))),
    )


def _signs(given: Mapping[str, Marked], key: str) -> tuple[Sign, ...]:
    return tuple(_sign(sign) for sign in items(given.get(key)))


def _sign(entry: Marked) -> Sign:
    given = fields(entry, allowed=_SIGN_KEYS, required=("moves",))
    layers = tuple(one_of(v, LAYERS) for v in items(given.get("layers")))
    aspects = tuple(one_of(v, ASPECTS) for v in items(given.get("aspects")))
    tags = texts(given.get("tags"))
    if not layers and not aspects and not [t for t in tags if not t.startswith("-")]:
        raise entry.wrong("this sign fits every signal", hint=f"name layers, aspects or tags; {_HINT}")
    others = tuple(_sign(other) for other in items(given.get("or")))
    return Sign(layers, aspects, one_of(given["moves"], MOVES), tags, text(given.get("says")), others)


def _statement(value: Marked) -> str:
    said = text(value)
    try:
        asked = {name for _, name, _, _ in Formatter().parse(said) if name is not None}
    except ValueError as error:
        raise value.wrong(f"the statement's braces do not match: {error}", hint=_HINT) from error
    if asked - PLACES:
        raise value.wrong(
            f"the statement asks for {{{min(asked - PLACES)}}}", hint=f"it may ask for {', '.join(sorted(PLACES))}"
        )
    return said
