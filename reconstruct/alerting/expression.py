"""A signal's expression as people would write it in a rule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from reconstruct import promql

BUCKETS: Final = frozenset({"le"})
"""Labels that an expression groups by for its own use: `histogram_quantile` needs them, no answer has them."""


def without_absent_labels(expr: str, labels: Iterable[str]) -> str:
    """The expression without the labels that its `by (...)` lists name and no series of its answer has.

    Packs group by every label that may name a service; in one estate a few of them exist. Lists are shortened only
    where all of them are the same and the answer keeps one of their labels: else a label may be grouped by within.

    >>> without_absent_labels("sum by (pod, job, le) (rate(x[1m])) / sum by (pod, job) (y)", ["job"])
    'sum by (job, le) (rate(x[1m])) / sum by (job) (y)'
    >>> without_absent_labels("max(sum by (instance) (x))", [])
    'max(sum by (instance) (x))'
    """
    words = promql.tokens(expr)
    lists = []
    solid = [index for index, token in enumerate(words) if not token.blank]
    for position, index in enumerate(solid[:-1]):
        if words[index].kind == "word" and words[index].text.lower() == "by" and words[solid[position + 1]].text == "(":
            opened = solid[position + 1]
            closed = next((i for i in solid if i > opened and words[i].text == ")"), len(words) - 1)
            lists.append(
                (opened, closed, [words[i].text for i in solid if opened < i < closed and words[i].text != ","])
            )
    kept = set(labels)
    named = [frozenset(names) - BUCKETS for _, _, names in lists]
    if len(set(named)) != 1 or not named[0] & kept:
        return expr
    out: list[str] = []
    at = 0
    for opened, closed, names in lists:
        out += [token.text for token in words[at:opened]]
        out.append(f"({', '.join(name for name in names if name in kept | BUCKETS)}")
        at = closed
    return "".join([*out, *(token.text for token in words[at:])])


def as_operand(expr: str) -> str:
    """The expression as the left side of a comparison: in parentheses where something in it binds no tighter.

    >>> as_operand("sum(a) / sum(b)"), as_operand("a or b")
    ('sum(a) / sum(b)', '(a or b)')
    """
    depth = 0
    for token in promql.tokens(expr):
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if depth == 0 and token.text.lower() in ("or", "and", "unless", "<", ">", "<=", ">=", "==", "!="):
            return f"({expr})"
    return expr
