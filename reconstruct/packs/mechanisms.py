"""queries/mechanisms.yaml -> Mechanisms: ways of going wrong, which users extend with files of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Formatter
from typing import Any, Final, get_args

from reconstruct.config.document import Marked, fields, flag, items, number, one_of, read_marked, some_of, text, texts
from reconstruct.model import ASPECTS, LAYERS, PACK_TAGS, EventKind, Mechanism, Sign, Tell
from reconstruct.packs.loader import MECHANISMS_FILE, packs_folder

MOVES: Final = ("up", "down", "worse", "any", "none")
PLACES: Final = frozenset({"service", "metric", "before", "during", "time"})
"""What a mechanism's statement may ask for in braces."""

_KEYS: Final = (
    *("id", "title", "statement", "must", "may", "must_not", "checked_by", "needs", "change_can"),
    *("shown_by", "cleared_by", "kinds", "explained_by"),
)
_SIGN_KEYS: Final = ("layers", "aspects", "moves", "tags", "says", "or")
_SIGN_TAGS: Final[tuple[str, ...]] = (*PACK_TAGS, *(f"-{tag}" for tag in PACK_TAGS))
_TELL_NUMBERS: Final = ("times", "by", "reaches", "was", "below", "spread", "sure", "quantile", "telling")
_TELL_FLAGS: Final = ("slope", "vague", "measured")
_TELL_KEYS: Final = ("figure", "on", "moves", *_TELL_NUMBERS, *_TELL_FLAGS, "changes_of", "when", "unless")
ANSWERABLE: Final = ("itself", "target", "users", "hosted", "anyone")
"""Whose change may bring a figure about (`changes_of`)."""
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
        shown_by=tuple(_tell(t) for t in items(given.get("shown_by"))),
        cleared_by=tuple(_tell(t) for t in items(given.get("cleared_by"))),
        kinds=_weights(given.get("kinds"), allowed=get_args(EventKind)),
        explained_by=texts(given.get("explained_by")),
    )


def _tell(entry: Marked) -> Tell:
    given = fields(entry, allowed=_TELL_KEYS, required=("figure",))
    numbers: dict[str, Any] = {key: number(given[key]) for key in _TELL_NUMBERS if key in given}
    flags: dict[str, Any] = {key: flag(given[key]) for key in _TELL_FLAGS if key in given}
    return Tell(
        figure=text(given["figure"]),
        on=text(given.get("on")),
        moves=one_of(given["moves"], ("up", "down")) if "moves" in given else "up",
        changes_of=_weights(given.get("changes_of"), allowed=ANSWERABLE) or {"itself": 1.0},
        when=tuple(_tell(t) for t in items(given.get("when"))),
        unless=tuple(_tell(t) for t in items(given.get("unless"))),
        **numbers,
        **flags,
    )


def _weights(entry: Marked | None, *, allowed: Sequence[str]) -> dict[Any, float]:
    """A mapping of names to numbers."""
    return {} if entry is None else {key: number(value) for key, value in fields(entry, allowed=allowed).items()}


def _signs(given: Mapping[str, Marked], key: str) -> tuple[Sign, ...]:
    return tuple(_sign(sign) for sign in items(given.get(key)))


def _sign(entry: Marked) -> Sign:
    given = fields(entry, allowed=_SIGN_KEYS, required=("moves",))
    layers = tuple(one_of(v, LAYERS) for v in items(given.get("layers")))
    aspects = tuple(one_of(v, ASPECTS) for v in items(given.get("aspects")))
    tags = some_of(given.get("tags"), _SIGN_TAGS)
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
