"""Expressions in another spelling: names as a server has them, native histograms, MetricsQL's own escaping."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from reconstruct.promql.selectors import LABEL_LIST_KEYWORDS, name_places, selector_places
from reconstruct.promql.tokens import Token, closing, end_of, label, legacy, name_in, quote_label, seconds, tokens

Part = Literal["", "bucket", "count", "sum"]
_OF_PART: Final[Mapping[Part, str]] = {"count": "histogram_count", "sum": "histogram_sum"}
_MATCHES: Final = frozenset(["=", "!=", "=~", "!~"])
_ESCAPED: Final = re.compile(r"[^a-zA-Z0-9_]")


class Written(NamedTuple):
    """How a server spells a metric."""

    name: str
    part: Part = ""
    """Of a native histogram: what the expression's name (`..._count`) stands for. "" = a metric as it is."""


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


def respelled(promql: str, *, metrics: Mapping[str, Written], labels: Mapping[str, Sequence[str]]) -> str:
    """The expression with metrics and labels as a server spells them; what neither mapping names stays as it is.

    A label list (`by`, `on`) gets every spelling of a label, a matcher the one that goes with its metric: quoted names
    with quoted labels. Of a native histogram, the rate of its `_count` and `_sum` is taken out of it, and its buckets
    are itself.

    >>> respelled('sum by (a_b) (rate(x_count{a_b="1"}[5m]))', metrics={"x_count": Written("x", "count")},
    ...           labels={"a_b": ("a.b",)})
    'sum by ("a.b") (histogram_count(rate(x{"a.b"="1"}[5m])))'
    >>> respelled("rate(x_y_bucket[5m])", metrics={"x_y_bucket": Written("x.y", "bucket")}, labels={})
    'rate({__name__="x.y"}[5m])'
    """
    words = tokens(promql)
    solid = [token for token in words if not token.blank]
    edits = list(_lists(solid, labels=labels))
    for place in selector_places(words):
        inside = [t for t in solid if place.inside is not None and place.inside <= t.start < place.end - 1]
        named = [name_in(inside[at]) for at in name_places(inside)]
        name = place.name or (named[0] if len(named) == 1 else "")
        written = metrics.get(name)
        dotted = written is not None and not legacy(written.name)
        edits += _matchers(inside, labels=labels, dotted=dotted)
        if written is None:
            continue
        edits += _renamed(place.start, place.inside, place.name, inside, written)
        if function := _OF_PART.get(written.part):
            edits += _wrapped(solid, place.start, place.end, function)
    return _edited(promql, edits)


def metricsql(promql: str) -> str:
    """The expression as every VictoriaMetrics reads it: names that Prometheus 3 quotes, escaped by backslashes.

    >>> print(metricsql('sum by ("a.b") (rate({"x.y", "a.b"="1"}[5m]))'))
    sum by (a\\.b) (rate({__name__="x.y", a\\.b="1"}[5m]))
    """
    words = tokens(promql)
    solid = [token for token in words if not token.blank]
    edits = [
        _Edit(token.start, token.start + len(token.text), _escape(name_in(token)))
        for token in _listed(solid)
        if token.kind == "string"
    ]
    for place in selector_places(words):
        inside = [t for t in solid if place.inside is not None and place.inside <= t.start < place.end - 1]
        edits += [
            _Edit(token.start, token.start + len(token.text), _escape(name_in(token)))
            for token, following in pairwise(inside)
            if token.kind == "string" and following.text in _MATCHES
        ]
        edits += [
            _Edit(inside[at].start, inside[at].start, "__name__=")
            for at in name_places(inside)
            if at == 0 or inside[at - 1].text != "="
        ]
    return _edited(promql, edits)


def rate_as_increase(promql: str) -> str:
    """The expression with each `rate(x[5m])` as `increase(x[5m])` over its window.

    VictoriaMetrics's `rate` divides by the time between a series' own samples: an instance that ends or begins counts
    in full for a whole window. Its `increase` counts what was counted, once.

    >>> rate_as_increase("sum(rate(a{b='c'}[1m])) / rate(a[$w])")
    "sum((increase(a{b='c'}[1m]) / 60)) / rate(a[$w])"
    """
    words = tokens(promql)
    solid = [token for token in words if not token.blank]
    edits: list[_Edit] = []
    for index, token in enumerate(solid[:-1]):
        if token.text != "rate" or solid[index + 1].text != "(":
            continue
        last = closing(solid, index + 1, "(", ")")
        window = solid[last - 2]
        if solid[last - 1].text != "]" or solid[last - 3].text != "[" or window.kind != "duration":
            continue
        edits.append(_Edit(token.start, token.start + len(token.text), "(increase"))
        edits.append(_Edit(end_of(solid, last), end_of(solid, last), f" / {seconds(window.text):g})"))
    return _edited(promql, edits)


def _escape(name: str) -> str:
    return _ESCAPED.sub(lambda found: "\\" + found.group(), name)


def _listed(solid: Sequence[Token]) -> Iterator[Token]:
    """The label names in `by (...)`, `on (...)` and their like."""
    for index, token in enumerate(solid[:-1]):
        if token.kind == "word" and token.text.lower() in LABEL_LIST_KEYWORDS and solid[index + 1].text == "(":
            for inside in solid[index + 2 : closing(solid, index + 1, "(", ")")]:
                if inside.kind in ("word", "string"):
                    yield inside


def _lists(solid: Sequence[Token], *, labels: Mapping[str, Sequence[str]]) -> Iterator[_Edit]:
    for token in _listed(solid):
        if spellings := labels.get(name_in(token)):
            yield _Edit(token.start, token.start + len(token.text), ", ".join(label(each) for each in spellings))


def _matchers(inside: Sequence[Token], *, labels: Mapping[str, Sequence[str]], dotted: bool) -> Iterator[_Edit]:
    for token, following in pairwise(inside):
        if following.text not in _MATCHES or token.kind not in ("word", "string"):
            continue
        spellings = labels.get(name_in(token), ())
        fitting = [each for each in spellings if legacy(each) != dotted] or list(spellings)
        if fitting:
            yield _Edit(token.start, token.start + len(token.text), label(fitting[0]))


def _renamed(start: int, opened: int | None, bare: str, inside: Sequence[Token], written: Written) -> Iterator[_Edit]:
    """The metric's name, where it stands: before the braces, or within them."""
    if not bare:
        token = inside[name_places(inside)[0]]
        yield _Edit(token.start, token.start + len(token.text), quote_label(written.name))
        return
    end = start + len(bare)
    if opened is None:
        yield _Edit(start, end, written.name if legacy(written.name) else f"{{__name__={quote_label(written.name)}}}")
    elif legacy(written.name):
        yield _Edit(start, end, written.name)
    else:
        comma = "," if inside else ""
        yield _Edit(start, opened, f"{{__name__={quote_label(written.name)}{comma}")


def _wrapped(solid: Sequence[Token], start: int, end: int, function: str) -> Iterator[_Edit]:
    """The function about the call that reads the selector's range: `rate(x[5m])`, or about the selector itself."""
    first = next(index for index, token in enumerate(solid) if token.start >= start)
    last = next((index for index, token in enumerate(solid) if token.start >= end), len(solid)) - 1
    if last + 1 < len(solid) and solid[last + 1].text == "[":
        last = closing(solid, last + 1, "[", "]")
        if first > 1 and solid[first - 1].text == "(" and solid[first - 2].kind == "word":
            last, first = closing(solid, first - 1, "(", ")"), first - 2
    yield _Edit(solid[first].start, solid[first].start, f"{function}(")
    yield _Edit(end_of(solid, last), end_of(solid, last), ")")


def _edited(promql: str, edits: Sequence[_Edit]) -> str:
    out: list[str] = []
    position = 0
    # What is put in before a place comes before what replaces it.
    for edit in sorted(edits, key=lambda each: (each.start, each.end)):
        out += [promql[position : edit.start], edit.text]
        position = edit.end
    return "".join([*out, promql[position:]])
