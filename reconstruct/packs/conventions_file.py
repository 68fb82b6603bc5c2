"""Read conventions.yaml: how the words in a metric's name and labels are understood."""

from __future__ import annotations

from pathlib import Path
from typing import Final, get_args

from reconstruct.config.document import (
    Marked,
    entries,
    fields,
    flag,
    items,
    number,
    one_of,
    read_marked,
    some_of,
    text,
    texts,
)
from reconstruct.model import ASPECTS, LAYERS, PACK_TAGS, Worse
from reconstruct.packs.catalogue import Conventions, Part, Phrases, Place, Rule, Split, UnitSuffix
from reconstruct.packs.vocabulary import UNITS
from reconstruct.packs.words import phrases, words_of

KINDS: Final = ("counter", "gauge", "histogram", "summary", "unknown")
_SAYS: Final = ("layer", "aspect", "worse", "tags")
RULE_KEYS: Final = ("words", "also", "without", "first", "last", "kinds", "units", "ignore", "countdown", *_SAYS)
_WORSE: Final[tuple[Worse, ...]] = get_args(Worse)


def read_conventions(path: Path) -> Conventions:
    """Read one conventions file; every part of it may be left out.

    Raises
    ------
    UsageError
        With file and line, where something is not understood.
    """
    document = read_marked(path)
    given = fields(
        document, allowed=("identity", "instance", "passing", "rules", "suffixes", "label_values", "min_effects")
    )
    return Conventions(
        identity=texts(given.get("identity")),
        instance=texts(given.get("instance")),
        passing=texts(given.get("passing")),
        rules=tuple(_rule(item) for item in items(given.get("rules"))),
        suffixes={words_of(name): _suffix(value) for name, value in _entries(given.get("suffixes")).items()},
        splits=tuple(_split(item) for item in items(given.get("label_values"))),
        min_effects=_min_effects(given.get("min_effects")),
    )


def merge_conventions(first: Conventions, second: Conventions) -> Conventions:
    """Both, where `first` wins: its rules are tried first and its words replace those of `second`."""
    return Conventions(
        identity=tuple(dict.fromkeys((*second.identity, *first.identity))),
        service_labels=tuple(dict.fromkeys((*first.service_labels, *second.service_labels))),
        instance=tuple(dict.fromkeys((*second.instance, *first.instance))),
        passing=tuple(dict.fromkeys((*second.passing, *first.passing))),
        rules=first.rules + second.rules,
        suffixes={**second.suffixes, **first.suffixes},
        splits=first.splits + second.splits,
        min_effects={**second.min_effects, **first.min_effects},
    )


def _rule(item: Marked) -> Rule:
    given = fields(item, allowed=RULE_KEYS)
    if not any(key in given for key in (*_SAYS, "ignore")):
        raise item.wrong("this rule says nothing", hint="give it a layer, an aspect, worse, tags, or `ignore: true`")
    if not any(key in given for key in ("words", "first", "last", "kinds", "units")):
        raise item.wrong("this rule would match every metric", hint="give it words, or kinds, or units")
    return Rule(
        place=Place(item.file, item.line),
        words=_phrases(given.get("words")),
        also=_phrases(given.get("also")),
        without=_phrases(given.get("without")),
        first=_phrases(given.get("first")),
        last=_phrases(given.get("last")),
        kinds=tuple(one_of(kind, KINDS) for kind in items(given.get("kinds"))),
        units=tuple(one_of(unit, UNITS) for unit in items(given.get("units"))),
        layer=one_of(given["layer"], LAYERS) if "layer" in given else None,
        aspect=one_of(given["aspect"], ASPECTS) if "aspect" in given else None,
        worse=one_of(given["worse"], _WORSE) if "worse" in given else None,
        tags=some_of(given.get("tags"), PACK_TAGS),
        ignore=flag(given.get("ignore")),
        countdown=flag(given.get("countdown")),
    )


def _phrases(value: Marked | None) -> Phrases:
    return phrases(texts(value))


def _suffix(value: Marked) -> UnitSuffix:
    given = fields(value, allowed=("unit", "factor"), required=("unit",))
    return UnitSuffix(
        unit=one_of(given["unit"], UNITS),
        factor=number(given.get("factor"), default=1.0),
    )


def _split(item: Marked) -> Split:
    given = fields(item, allowed=("labels", "instead", "parts"), required=("labels", "parts"))
    return Split(
        labels=texts(given["labels"]),
        parts=tuple(_part(part) for part in items(given["parts"])),
        instead=flag(given.get("instead")),
    )


def _part(item: Marked) -> Part:
    given = fields(item, allowed=("name", "matches", "share", *_SAYS), required=("name", "matches"))
    return Part(
        name=text(given["name"]),
        matches=text(given["matches"]),
        share=flag(given.get("share")),
        layer=one_of(given["layer"], LAYERS) if "layer" in given else None,
        aspect=one_of(given["aspect"], ASPECTS) if "aspect" in given else None,
        worse=one_of(given["worse"], _WORSE) if "worse" in given else None,
        tags=some_of(given.get("tags"), PACK_TAGS),
    )


def _min_effects(value: Marked | None) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for item in items(value):
        given = fields(item, allowed=("unit", "aspect", "min_effect"), required=("unit", "min_effect"))
        aspect = one_of(given["aspect"], ASPECTS) if "aspect" in given else ""
        found[one_of(given["unit"], UNITS), aspect] = number(given["min_effect"], at_least=0.0)
    return found


def _entries(value: Marked | None) -> dict[str, Marked]:
    return {} if value is None else entries(value)
