"""Names cut into words, and words looked for in names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from reconstruct.packs.catalogue import Phrases

_HUMP: Final = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])(?!(?<=[1-5])XX)|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[1-5][xX]{2}(?![a-z]))"
)
"""Where a name in camel case is cut; a class of HTTP codes (`Http5xx`, `Target_5XX`) is a word of its own."""
_NO_WORD: Final = re.compile(r"[^a-z0-9*]+")


@lru_cache(maxsize=8192)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, as stems.

    >>> words_of("db_poolWaiting_requests"), words_of("HTTPServer.errors-5XX"), words_of("Http5xx")
    (('db', 'pool', 'waiting', 'request'), ('http', 'server', 'error', '5xx'), ('http', '5xx'))
    """
    return tuple(stem(word) for word in _NO_WORD.split(_HUMP.sub("_", name).lower()) if word)


def stem(word: str) -> str:
    """A word without its plural, so that `query` finds `queries`.

    >>> stem("queries"), stem("retries"), stem("status"), stem("bytes"), stem("rss"), stem("dns")
    ('query', 'retry', 'status', 'byte', 'rss', 'dns')
    """
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def phrases(given: Iterable[str]) -> Phrases:
    """Phrases to look for; words of a phrase are joined by `_`, and `*` at the end stands for any letters.

    >>> phrases(["locks", "dead_letter", "deserial*"])
    Phrases(single=frozenset({'lock'}), prefixes=('deserial',), longer=(('dead', 'letter'),))
    """
    cut = [words_of(one) for one in given]
    return Phrases(
        single=frozenset(one[0] for one in cut if len(one) == 1 and not one[0].endswith("*")),
        prefixes=tuple(one[0][:-1] for one in cut if len(one) == 1 and one[0].endswith("*")),
        longer=tuple(one for one in cut if len(one) > 1),
    )


def stands_in(looked_for: Phrases, *, words: Sequence[str]) -> bool:
    """Whether any phrase stands in the words.

    >>> stands_in(phrases(["dead_letter"]), words=words_of("orders_dead_letters_total"))
    True
    """
    if not looked_for.single.isdisjoint(words):
        return True
    if looked_for.prefixes and any(word.startswith(looked_for.prefixes) for word in words):
        return True
    return any(
        one[0] in words and any(_is(one, words[at : at + len(one)]) for at in range(len(words) - len(one) + 1))
        for one in looked_for.longer
    )


def begins(looked_for: Phrases, *, words: Sequence[str]) -> bool:
    """Whether any phrase begins the words."""
    return bool(words) and (
        words[0] in looked_for.single
        or words[0].startswith(looked_for.prefixes)
        or any(_is(one, words[: len(one)]) for one in looked_for.longer)
    )


def ends(looked_for: Phrases, *, words: Sequence[str]) -> bool:
    """Whether any phrase ends the words."""
    return bool(words) and (
        words[-1] in looked_for.single
        or words[-1].startswith(looked_for.prefixes)
        or any(_is(one, words[-len(one) :]) for one in looked_for.longer)
    )


def _is(one: Sequence[str], words: Sequence[str]) -> bool:
    return len(one) == len(words) and all(
        word.startswith(wanted[:-1]) if wanted.endswith("*") else wanted == word
        for wanted, word in zip(one, words, strict=True)
    )
