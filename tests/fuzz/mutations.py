"""Inputs that are nearly right: one to three changes to a proper one, the same for the same seed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

MAX_BYTES: Final = 200_000
"""Of an input: what is about sheer size has its own tests."""
NUMBERS: Final = (
    *("NaN", "Infinity", "-Infinity", "1e999", "-1", "0", "-0", "1e300", "-1e300", "1e-320", "0x1f", "1_0", "007"),
    *("9" * 30, "9" * 400, "2147483648", "9223372036854775808", "-9223372036854775809", "1.7976931348623157e308"),
    *("253402300800", "253402300800000", "32503680000", "-62135596800", "1e18", "true", "null", "²", "١٢"),
)
TIMES: Final = (
    *("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2262-04-12T00:00:00Z", "2300-01-01"),
    *("1677-09-21T00:12:43Z", "2026-02-30T10:00:00Z", "2026-11-17T25:61:61Z", "2026-11-17T10:00:00+99:99", "24:00"),
    *("2026-10-25T02:30:00", "2026-03-29T02:30:00", "now", "-100y", "-1e9h", "0000-00-00", "20261117T000000", "-0s"),
    *("2026-11-17T10:00:00.1234567890123Z", "Mon, 01 Jan 0001 00:00:00 GMT", "+10000-01-01T00:00:00Z", "1s1s1s", "0y"),
)
TEXTS: Final = (
    *("", " ", "\0", "\x1b[31m", "\u202e", "\ufeff", "\u2028", "\U0001f525", "e\u0301", "<script>alert(1)</script>"),
    *(
        "../../etc/passwd",
        "=1+1",
        "{{ 7*7 }}",
        "${HOME}",
        "%s%n",
        "a" * 5000,
        "[" * 300,
        "(" * 300,
        "{" * 300,
        '"',
        "'",
    ),
    *("`", "|", "\\", "\n", "\r\n", ",", ";", "\t", ":", "- ", "#", "&a", "*a", "!!python/object:os.system", "<<", "?"),
    *("inf", "None", "[]", "{}", "{a=~", "sum(", "1 / 0", "-" * 300, "^" * 50, "@", "$__interval", "\\xff", "ａ", "İ"),
)
_NUMBER: Final = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_QUOTED: Final = re.compile(rb'"[^"\n]{0,200}"')
_TIME: Final = re.compile(
    rb"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?|\d\d:\d\d(?::\d\d)?"
)
_WORD: Final = re.compile(rb"[A-Za-z_][A-Za-z0-9_./-]*")


def mutated(raw: bytes, rng: Random) -> bytes:
    """`raw` with one to three changes: of its bytes, its words, its lines, or of the tree that it holds as JSON."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        raw = rng.choice(_WAYS)(raw, rng)[:MAX_BYTES]
    return raw


def mutated_tree(value: Any, rng: Random) -> Any:
    """A JSON value with one node changed, removed, doubled, wrapped or put elsewhere."""
    places = list(_places(value))
    if not places:
        return _odd(rng)
    holder, key = rng.choice(places)
    way = rng.randrange(8)
    if way == 0:
        del holder[key]
    elif way == 1 and isinstance(holder, list):
        holder.insert(rng.randrange(len(holder) + 1), holder[key])
    elif way == 1:
        holder[rng.choice(TEXTS)] = holder.pop(key)
    elif way == 2:
        for _ in range(rng.choice((1, 3, 250))):
            holder[key] = [holder[key]] if rng.random() < 0.5 else {"a": holder[key]}
    elif way == 3:
        other, name = rng.choice(places)
        holder[key] = json.loads(json.dumps(other[name]))
    else:
        holder[key] = _odd(rng)
    return value


def _odd(rng: Random) -> Any:
    numbers: tuple[Any, ...] = (
        float("nan"),
        float("inf"),
        -1,
        0,
        1e300,
        10**400,
        2**63,
        0.5,
        253402300800,
        True,
        None,
        [],
        {},
        [None],
    )
    return rng.choice((rng.choice(TEXTS), rng.choice(TIMES), rng.choice(NUMBERS), rng.choice(numbers)))


def _places(value: Any) -> Sequence[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    left = [value]
    while left and len(found) < 5000:
        one = left.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        found += [(one, key) for key in keys]
        left += [one[key] for key in keys]
    return found


def _tree(raw: bytes, rng: Random) -> bytes:
    lines = raw.split(b"\n")
    for number in (None, rng.randrange(len(lines))):
        try:
            text = raw if number is None else lines[number]
            changed = json.dumps(mutated_tree(json.loads(text), rng), ensure_ascii=rng.random() < 0.7)
        except (ValueError, RecursionError):
            continue
        content = changed.encode("utf-8", "surrogatepass")
        return content if number is None else b"\n".join([*lines[:number], content, *lines[number + 1 :]])
    return _bytes(raw, rng)


def _found(pattern: re.Pattern[bytes], odd: Sequence[str]) -> Callable[[bytes, Random], bytes]:
    def change(raw: bytes, rng: Random) -> bytes:
        places = [match.span() for match in pattern.finditer(raw)]
        if not places:
            return _bytes(raw, rng)
        begin, end = rng.choice(places)
        new = rng.choice(odd).encode("utf-8", "surrogatepass")
        return raw[:begin] + (b'"' + new + b'"' if pattern is _QUOTED else new) + raw[end:]

    return change


def _bytes(raw: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(raw) + 1)
    to = min(len(raw), at + rng.choice((1, 1, 4, 40, 400)))
    way = rng.randrange(6)
    if way == 0:
        return raw[:at]
    if way == 1:
        return raw[:at] + raw[to:]
    if way == 2:
        return raw[:to] + raw[at:to] * rng.choice((1, 2, 20)) + raw[to:]
    if way == 3:
        return raw[:at] + bytes(rng.randrange(256) for _ in range(to - at)) + raw[to:]
    if way == 4:
        return raw[:at] + bytes([raw[at] ^ (1 << rng.randrange(8))]) + raw[at + 1 :] if at < len(raw) else raw
    return raw[:at] + rng.choice((*TEXTS, *NUMBERS)).encode("utf-8", "surrogatepass") + raw[at:]


def _lines(raw: bytes, rng: Random) -> bytes:
    lines = raw.split(b"\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    way = rng.randrange(4)
    if way == 0:
        del lines[at]
    elif way == 1:
        lines.insert(at, lines[other])
    elif way == 2:
        lines[at], lines[other] = lines[other], lines[at]
    else:
        cells = lines[at].split(b",")
        cells[rng.randrange(len(cells))] = rng.choice((*TEXTS, *NUMBERS, *TIMES)).encode("utf-8", "surrogatepass")
        lines[at] = b",".join(cells)
    return b"\n".join(lines)


_WAYS: Final = (
    _bytes,
    _lines,
    _tree,
    _tree,
    _found(_NUMBER, NUMBERS),
    _found(_TIME, TIMES),
    _found(_QUOTED, (*TEXTS, *TIMES, *NUMBERS)),
    _found(_WORD, (*TEXTS, *NUMBERS)),
)
