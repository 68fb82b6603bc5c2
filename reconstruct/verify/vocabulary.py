"""Words with their places, so that `DbQueryLatencyHigh`, `db query latency high` and `db_query_latency` agree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

_WORD: Final = re.compile(r"[^\W_]+(?:\.[0-9]+[^\W_]*)*")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DIGIT: Final = re.compile(r"\d")
_PERCENTILE: Final = re.compile(r"(\d{1,2}(?:\.\d+)?)th")


class Word(NamedTuple):
    """A word in lower case, and where it stands."""

    text: str
    start: int
    end: int


def words(text: str) -> tuple[Word, ...]:
    """The words of `text`; names in CamelCase and snake_case are taken apart, percentiles and CPU have one spelling.

    >>> [w.text for w in words("DbQueryLatencyHigh: shop-1, v2.20.0, 95th percentile, processor time")]
    ['db', 'query', 'latency', 'high', 'shop', '1', 'v2.20.0', 'p95', 'cpu']
    """
    found: list[Word] = []
    for word in _plain(text):
        before = found[-1].text if found else ""
        if word.text == "percentile" and (match := _PERCENTILE.fullmatch(before)):
            found[-1] = Word(f"p{match[1].replace('.', '')}", found[-1].start, word.end)
        elif word.text == "time" and before == "processor":
            found[-1] = Word("cpu", found[-1].start, word.end)
        else:
            found.append(word)
    return tuple(found)


def _plain(text: str) -> Iterator[Word]:
    for match in _WORD.finditer(text):
        begin = match.start()
        for part in _CAMEL.split(match[0]):
            yield Word(part.lower(), begin, begin + len(part))
            begin += len(part)


@lru_cache(maxsize=4096)
def phrase(text: str) -> tuple[str, ...]:
    """The words of a name, without their places.

    >>> phrase("ShopErrorRateHigh"), phrase("http/latency-p95")
    (('shop', 'error', 'rate', 'high'), ('http', 'latency', 'p95'))
    """
    return tuple(word.text for word in words(text))


def has_digit(text: str) -> bool:
    """Whether a digit stands in it."""
    return _DIGIT.search(text) is not None


def places(wanted: Sequence[str], among: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Where the words of `wanted` stand one after the other: start and end in the text.

    >>> list(places(("shop", "error"), words("the Shop_error; shop, errors")))
    [(4, 14)]
    """
    size = len(wanted)
    if not size:
        return
    first = wanted[0]
    for n, word in enumerate(among[: max(0, len(among) - size + 1)]):
        if word.text == first and all(among[n + k].text == wanted[k] for k in range(1, size)):
            yield word.start, among[n + size - 1].end
