"""A signal's expression as people would write it in a rule: without what this estate has not.

Packs ask for every spelling of a label and group by every label that may name a service. What is taken out here is
empty for the series that there are, so the answer is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from reconstruct import promql
from reconstruct.promql.tokens import Token, closing

Known = Mapping[str, Sequence[Mapping[str, str]]]
"""Metric name -> the labels of every series that it has."""
NEVER_EMPTY: Final = frozenset({"or", "unless", "absent", "absent_over_time", "vector", "scalar", "time", "default"})
"""With one of these an expression may have a value though a selector in it has none."""
BUCKET: Final = "_bucket"

BUCKETS: Final = frozenset({"le"})
"""Labels that an expression groups by for its own use: `histogram_quantile` needs them, no answer has them."""


def simplified(expr: str, known: Known, *, answer: Iterable[str]) -> str:
    """The expression without alternatives that match no series and without labels that no series has.

    Where a metric of it is not among the known ones, only labels go that no series of the answer has.

    >>> known = {"hits": [{"job": "shop", "code": "200"}]}
    >>> simplified('sum by (job, pod) (rate(hits{code="500"}[1m]) or rate(hits{code!=""}[1m]))', known, answer=["job"])
    'sum by (job) (rate(hits{code!=""}[1m]))'
    """
    names = promql.metric_names(expr)
    series = {name: one for name in names if (one := _series_of(name, known)) is not None}
    if len(series) < len(names) or not names:
        return without_absent_labels(expr, answer)
    shorter = "".join(token.text for token in _without_empty(promql.tokens(expr), series))
    there = {label for name in names for labels in series[name] for label in labels}
    quoted = {promql.unquoted(token.text) for token in promql.tokens(shorter) if token.kind == "string"}
    return _grouped_by(shorter, there | quoted | BUCKETS)


def _series_of(name: str, known: Known) -> Sequence[Mapping[str, str]] | None:
    """Buckets are not read as they are exported; they have the labels of their histogram's count, and `le`."""
    if name in known:
        return known[name]
    if name.endswith(BUCKET) and (count := known.get(f"{name.removesuffix(BUCKET)}_count")) is not None:
        return [{**labels, "le": "+Inf"} for labels in count]
    return None


def _without_empty(words: Sequence[Token], series: Known) -> list[Token]:
    """The tokens without operands of `or` that are empty, in every pair of parentheses."""
    out: list[Token] = []
    at = 0
    while at < len(words):
        token = words[at]
        if token.text in ("(", "{", "["):
            end = closing(words, at, token.text, {"(": ")", "{": "}", "[": "]"}[token.text])
            inside = list(words[at + 1 : end])
            out += [token, *(_without_empty(inside, series) if token.text == "(" else inside), words[end]]
            at = end + 1
        else:
            out.append(token)
            at += 1
    written: list[Token] = []
    for number, argument in enumerate(_split(out, ",")):
        operands = _split(argument, "or")
        matched = any(_first_word(operand) in ("on", "ignoring") for operand in operands[1:])
        kept = [one for one in operands if not _empty(one, series)] or operands[:1]
        written += [Token("sign", ",", 0)] if number else []
        if matched or len(kept) == len(operands):
            written += argument
        else:
            written += promql.tokens("\n  or ".join("".join(token.text for token in one).strip() for one in kept))
    return written


def _split(words: Sequence[Token], by: str) -> list[list[Token]]:
    """The parts between separators outside all brackets."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in words:
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if depth == 0 and token.text.lower() == by:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _first_word(words: Sequence[Token]) -> str:
    return next((token.text.lower() for token in words if not token.blank), "")


def _empty(words: Sequence[Token], series: Known) -> bool:
    """Whether an operand has no value for sure: one of its selectors matches no series."""
    text = "".join(token.text for token in words)
    if NEVER_EMPTY & {token.text.lower() for token in words if token.kind == "word"}:
        return False
    for selector in promql.selectors(text):
        name = next(iter(promql.metric_names(selector)), "")
        if name in series and not any(
            promql.selects(selector, {**labels, "__name__": name}) for labels in series[name]
        ):
            return True
    return False


def without_absent_labels(expr: str, labels: Iterable[str]) -> str:
    """The expression without the labels that its `by (...)` lists name and no series of its answer has.

    Packs group by every label that may name a service; in one estate a few of them exist. Lists are shortened only
    where all of them are the same and the answer keeps one of their labels: else a label may be grouped by within.

    >>> without_absent_labels("sum by (pod, job, le) (rate(x[1m])) / sum by (pod, job) (y)", ["job"])
    'sum by (job, le) (rate(x[1m])) / sum by (job) (y)'
    >>> without_absent_labels("max(sum by (instance) (x))", [])
    'max(sum by (instance) (x))'
    """
    named = [frozenset(names) - BUCKETS for _, _, names in _lists(promql.tokens(expr))]
    kept = set(labels)
    if len(set(named)) != 1 or not named[0] & kept:
        return expr
    return _grouped_by(expr, kept | BUCKETS)


def _lists(words: Sequence[Token]) -> list[tuple[int, int, list[str]]]:
    """The label lists of `by`: index of each one's parentheses, and the labels."""
    found = []
    solid = [index for index, token in enumerate(words) if not token.blank]
    for position, index in enumerate(solid[:-1]):
        if words[index].kind == "word" and words[index].text.lower() == "by" and words[solid[position + 1]].text == "(":
            opened = solid[position + 1]
            closed = next((i for i in solid if i > opened and words[i].text == ")"), len(words) - 1)
            named = [words[i].text for i in solid if opened < i < closed and words[i].text != ","]
            found.append((opened, closed, named))
    return found


def _grouped_by(expr: str, kept: Iterable[str]) -> str:
    """The expression with only these labels in the lists of `by`."""
    words = promql.tokens(expr)
    wanted = frozenset(kept)
    out: list[str] = []
    at = 0
    for opened, closed, names in _lists(words):
        out += [token.text for token in words[at:opened]]
        out.append(f"({', '.join(name for name in names if name in wanted)}")
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
