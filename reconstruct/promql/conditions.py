"""What an alert rule compares, and with which number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from reconstruct.promql.tokens import Token, closing, readable, seconds, tokens

COMPARISONS: Final = frozenset(["==", "!=", ">=", "<=", ">", "<"])
MIRRORED: Final[Mapping[str, str]] = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}


class Condition(NamedTuple):
    """An alert rule's condition: what is compared, how, and with which number."""

    left: str
    comparator: str
    threshold: float


def split_condition(expr: str) -> Condition | None:
    """What an alert's condition compares with a number: the left side, the comparator, the number.

    Of conditions joined with `and` or `unless` the first with a number is told; `0.1 < a` is told as `a > 0.1`.
    None where nothing at the top level is compared with a number, or where `or` joins two conditions.

    >>> split_condition('sum(rate(a[5m])) / sum(rate(b[5m])) > 5 / 100 and on () c > 3')
    Condition(left='sum(rate(a[5m])) / sum(rate(b[5m]))', comparator='>', threshold=0.05)
    >>> split_condition('{"http.requests"} > 1_000')
    Condition(left='{"http.requests"}', comparator='>', threshold=1000.0)
    >>> split_condition("(up == 0)"), split_condition("absent(up)"), split_condition("a > 1 or b > 1")
    (Condition(left='up', comparator='==', threshold=0.0), None, None)
    """
    if not readable(expr):
        return None
    words = [token for token in tokens(expr) if token.kind != "comment"]
    return _condition(_stripped(words))


def _stripped(words: Sequence[Token]) -> list[Token]:
    """Without blanks around it and without parentheses around the whole."""
    inner = list(words)
    while True:
        while inner and inner[0].blank:
            inner.pop(0)
        while inner and inner[-1].blank:
            inner.pop()
        if len(inner) < 2 or inner[0].text != "(" or closing(inner, 0, "(", ")") != len(inner) - 1:
            return inner
        inner = inner[1:-1]


def _split(words: Sequence[Token], wanted: Callable[[Token], bool]) -> tuple[list[Token], Token, list[Token]] | None:
    """Before, at and behind the first wanted token outside all brackets."""
    depth = 0
    for index, token in enumerate(words):
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if depth == 0 and wanted(token):
            return list(words[:index]), token, list(words[index + 1 :])
    return None


def _condition(words: Sequence[Token]) -> Condition | None:
    if _split(words, lambda token: token.kind == "word" and token.text.lower() == "or"):
        return None
    while joined := _split(words, lambda token: token.kind == "word" and token.text.lower() in ("and", "unless")):
        left, _, right = joined
        found = _condition(_stripped(left))
        if found is not None or joined[1].text.lower() == "unless":
            return found
        words = _stripped(_without_matching(right))
    compared = _split(words, lambda token: token.text in COMPARISONS)
    if compared is None:
        return None
    left, sign, right = compared
    if next_compared := _split(right, lambda token: token.text in COMPARISONS):
        right = next_compared[0]  # comparisons group from the left: (a > 1) < 5
    right = [token for token in right if token.text.lower() != "bool"]
    if (number := _number(_stripped(right))) is not None:
        return None if _number(_stripped(left)) is not None else Condition(_text(left), sign.text, number)
    if (number := _number(_stripped(left))) is not None:
        return Condition(_text(right), MIRRORED[sign.text], number)
    return None


def _without_matching(words: Sequence[Token]) -> list[Token]:
    """Without the `on (...)` or `ignoring (...)` that a set operator may carry."""
    inner = _stripped(words)
    if len(inner) > 1 and inner[0].text.lower() in ("on", "ignoring"):
        solid = next((index for index, token in enumerate(inner) if token.text == "("), None)
        if solid is not None:
            return inner[closing(inner, solid, "(", ")") + 1 :]
    return inner


def _text(words: Sequence[Token]) -> str:
    return "".join(token.text for token in _stripped(words))


def _number(words: Sequence[Token]) -> float | None:
    """The value of an expression of numbers only, by precedence climbing; None where it holds anything else."""
    solid = [token for token in words if not token.blank]
    position = 0
    levels = ({"+", "-"}, {"*", "/", "%"})

    def primary() -> float:
        nonlocal position
        token = solid[position]
        position += 1
        if token.text in ("+", "-"):
            return primary() if token.text == "+" else -primary()
        if token.text == "(":
            value = level(0)
            if solid[position].text != ")":
                raise ValueError
            position += 1
            return power(value)
        if token.kind == "duration":
            return power(seconds(token.text))
        if token.kind == "number":
            digits = token.text.replace("_", "")  # Prometheus 3 takes 1_000
            return power(float(int(digits, 16)) if digits[:2].lower() == "0x" else float(digits))
        raise ValueError

    def power(base: float) -> float:
        nonlocal position
        if position < len(solid) and solid[position].text == "^":
            position += 1
            return float(base ** primary())
        return base

    def level(depth: int) -> float:
        nonlocal position
        if depth == len(levels):
            return primary()
        value = level(depth + 1)
        while position < len(solid) and solid[position].text in levels[depth]:
            sign = solid[position].text
            position += 1
            other = level(depth + 1)
            value = {
                "+": lambda a, b: a + b,
                "-": lambda a, b: a - b,
                "*": lambda a, b: a * b,
                "/": lambda a, b: a / b,
                "%": lambda a, b: a % b,
            }[sign](value, other)
        return value

    try:
        value = level(0)
    except (ValueError, IndexError, ZeroDivisionError, OverflowError, TypeError, RecursionError):
        return None
    return value if position == len(solid) and math.isfinite(value) else None
