"""JSON from outside, read the one way that cannot surprise: what RFC 8259 leaves open is decided here."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any, Final, NoReturn

MAX_DEPTH: Final = 200
"""Of arrays and objects inside each other; the deepest of the APIs that we ask has about 20."""
_INT_DIGITS: Final = 18
"""Longer whole numbers are read as floats: no counter is exact beyond 2**53 anyway."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


FORM_ERRORS: Final = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What reading a value raises that has another form than its format says."""


class JsonError(ValueError):
    """The text is not JSON that this program takes; says why and where."""


def read_json(body: bytes | str) -> Any:
    """The value that a JSON text holds.

    Refused: NaN and infinities (bare, or by overflow), a key that stands twice in an object, nesting beyond MAX_DEPTH,
    bytes that are not UTF-8. Whole numbers of more than 18 digits become floats; lone surrogates, which no file or
    terminal could be sent, become U+FFFD.

    >>> read_json(b'{"a": [1, 2.5, null]}')
    {'a': [1, 2.5, None]}
    >>> read_json("[NaN]")
    Traceback (most recent call last):
    reconstruct.json_text.JsonError: NaN is no JSON number

    Raises
    ------
    JsonError
    """
    try:
        text = body.decode("utf-8-sig") if isinstance(body, bytes) else body.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise JsonError(f"byte {error.start} is not UTF-8") from error
    try:
        value = _DECODER.decode(text)
    except RecursionError as error:
        raise JsonError("it is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise JsonError(f"line {error.lineno}, column {error.colno}: {error.msg.lower()}") from error
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise JsonError("it is nested too deeply")
    return _without_surrogates(value) if "\\u" in text or _SURROGATE.search(text) else value


def _no_constant(word: str) -> NoReturn:
    raise JsonError(f"{word} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise JsonError(f"{text[:20]} is beyond what a number can be")
    return number


def _whole(text: str) -> int | float:
    return int(text) if len(text) <= _INT_DIGITS else _finite(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise JsonError(f"the key {twice[:40]!r} stands twice in one object")
    return found


_DECODER: Final = json.JSONDecoder(
    parse_constant=_no_constant, parse_float=_finite, parse_int=_whole, object_pairs_hook=_unique
)


def _depth(value: Any) -> int:
    """How deep the nesting goes, level by level, no further than what is too deep."""
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        inside = [part for one in level for part in _parts(one)]
        depth += any(isinstance(one, (dict, list)) for one in level)
        level = [part for part in inside if isinstance(part, (dict, list))]
    return depth


def _parts(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_SURROGATE.sub("\ufffd", key): _without_surrogates(item) for key, item in value.items()}
    return value
