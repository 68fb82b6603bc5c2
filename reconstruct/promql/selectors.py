"""The vector selectors of an expression: found, named, narrowed to a scope, kept from looking back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from reconstruct.errors import UsageError
from reconstruct.promql.tokens import Token, closing, duration, end_of, escaped, name_in, quote_label, tokens, unquoted

KEYWORDS: Final = frozenset(
    [
        "and",
        "or",
        "unless",
        "atan2",
        "bool",
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "offset",
        "inf",
        "nan",
        "start",
        "end",
        "default",
        "if",
        "ifnot",
        "keep_metric_names",
    ]  # the last four are VictoriaMetrics' own
)
MODIFIERS: Final = frozenset(["smoothed", "anchored"])
"""Prometheus's extended range selectors, behind a selector or its range; elsewhere these words are metrics."""
LABEL_LIST_KEYWORDS: Final = frozenset(["by", "without", "on", "ignoring", "group_left", "group_right"])


def selectors(promql: str) -> tuple[str, ...]:
    """The vector selectors of an expression as written, each once.

    >>> selectors('sum(rate(a{x="1"}[5m])) / sum(rate(a{x="1"}[5m])) + {__name__="b"}')
    ('a{x="1"}', '{__name__="b"}')
    """
    return tuple(dict.fromkeys(promql[s.start : s.end] for s in selector_places(tokens(promql))))


def metric_names(promql: str) -> tuple[str, ...]:
    """The metric names an expression reads, each once; selectors without a fixed name give none.

    >>> metric_names('rate(a{x="1"}[5m]) / on (job) b + {__name__="c.d"} + {"e f"}')
    ('a', 'b', 'c.d', 'e f')
    """
    found: dict[str, None] = {}
    words = tokens(promql)
    for selector in selector_places(words):
        if selector.name:
            found[selector.name] = None
            continue
        inside = [t for t in words if selector.start < t.start < selector.end - 1 and not t.blank]
        found.update((name_in(inside[place]), None) for place in name_places(inside))
    return tuple(found)


def name_places(inside: Sequence[Token]) -> list[int]:
    """Where, among the words between a selector's braces, the metric's name stands: `__name__="a"`, or `"a"` alone."""
    found: list[int] = []
    for place, token in enumerate(inside):
        if token.kind != "string":
            continue
        before = inside[place - 1].text if place else ","
        follows = inside[place + 1].text if place + 1 < len(inside) else ","
        named = before == "=" and place > 1 and name_in(inside[place - 2]) == "__name__"
        if named or (before in _BETWEEN and follows in _BETWEEN):
            found.append(place)
    return found


def add_matchers(promql: str, scope: str) -> str:
    """Put the scope's matchers into every vector selector of an expression.

    >>> add_matchers('sum by (job) (rate(a{x="}"}[5m])) / on (job) group_left b offset 5m > 0', 'c="1"')
    'sum by (job) (rate(a{x="}",c="1"}[5m])) / on (job) group_left b{c="1"} offset 5m > 0'
    >>> add_matchers('{"a.b", x="1" or x="2"}', 'c="1"')
    '{"a.b", x="1",c="1" or x="2",c="1"}'
    """
    scope = scope.strip().strip(",")
    if not scope:
        return promql
    out: list[str] = []
    position = 0
    words = tokens(promql)
    for selector in selector_places(words):
        if selector.inside is None:
            out += [promql[position : selector.end], "{", scope, "}"]
            position = selector.end
            continue
        # MetricsQL: every alternative (`{a="1" or b="2"}`) is narrowed, or one would escape the scope.
        ends = [
            t.start for t in words if selector.inside <= t.start < selector.end and t.kind == "word" and t.text == "or"
        ]
        for end in (*ends, selector.end - 1):
            written = promql[max(position, selector.inside) : end]
            kept = written.rstrip()
            comma = "" if not kept.removeprefix("or").strip() or kept.endswith(",") else ","
            at = len(written if end == selector.end - 1 else kept)
            out += [promql[position : selector.inside], written[:at], comma, scope, written[at:]]
            position = end
    return "".join([*out, promql[position:]])


def inside_of(selector: str) -> str:
    """The matchers of a selector, its name among them; "" for "".

    >>> inside_of('up{job="a"}'), inside_of('{job="a"}'), inside_of("up")
    ('__name__="up",job="a"', 'job="a"', '__name__="up"')
    """
    name, _, rest = selector.strip().partition("{")
    named = f"__name__={quote_label(name.strip())}" if name.strip() else ""
    return ",".join(part for part in (named, rest.rpartition("}")[0].strip().rstrip(",")) if part)


def lenient(scope: str) -> str:
    """The scope's matchers, true also for series that do not have the label.

    >>> lenient('cluster="eu-1",team!="x",ns=~"a|b"')
    'cluster=~"eu-1|",team!="x",ns=~"(?:a|b)|"'
    """
    words = [token for token in tokens(scope) if not token.blank]
    out: list[str] = []
    for before, token in zip(["", *(word.text for word in words)], words, strict=False):
        if token.kind == "string" and before == "=":
            out[-1] = "=~"
            out.append(quote_label(escaped(unquoted(token.text)) + "|"))
        elif token.kind == "string" and before == "=~":
            out.append(quote_label(f"(?:{unquoted(token.text)})|"))
        else:
            out.append(token.text)
    return "".join(out)


def with_short_look_back(promql: str, *, window_s: float) -> str:
    """The expression with every instant selector seeing back `window_s` only, in place of the server's five minutes.

    >>> with_short_look_back("sum(a) / rate(b[5m]) + c offset 1h", window_s=30)
    'sum(last_over_time(a[30s])) / rate(b[5m]) + last_over_time(c[30s] offset 1h)'
    """
    words = tokens(promql)
    solid = [token for token in words if not token.blank]
    starts = [token.start for token in solid]
    window = f"[{duration(window_s)}]"
    out: list[str] = []
    position = 0
    for selector in selector_places(words):
        index = next((i for i, start in enumerate(starts) if start >= selector.end), len(solid))
        if index < len(solid) and solid[index].text == "[":
            last = closing(solid, index, "[", "]")
            if not any(token.text == ":" for token in solid[index:last]):
                continue  # a range selector has no look-back
        end = selector.end
        if index < len(solid) and solid[index].text.lower() in MODIFIERS:
            continue  # it looks at the samples around each moment, in its own way
        while index + 1 < len(solid) and solid[index].text.lower() in ("offset", "@"):
            index += 1
            if solid[index].text == "-" and index + 1 < len(solid):
                index += 1
            if index + 1 < len(solid) and solid[index + 1].text == "(":  # @ start()
                index = closing(solid, index + 1, "(", ")")
            end = end_of(solid, index)
            index += 1
        out += [
            promql[position : selector.start],
            "last_over_time(",
            promql[selector.start : selector.end],
            window,
            promql[selector.end : end],
            ")",
        ]
        position = end
    return "".join([*out, promql[position:]])


def replaced(promql: str, by: Callable[[str, str, bool], str | None]) -> str:
    """The expression with vector selectors replaced by what `by(name, matchers, alone)` gives; None keeps one.

    `matchers` is what stands between the braces; `alone` is False where a range, `offset` or `@` follows.

    >>> replaced('a:b{x="1"} > rate(c[5m])', lambda name, matchers, alone: f"({name} of {matchers})" if alone else None)
    '(a:b of x="1") > rate(c[5m])'
    """
    words = tokens(promql)
    solid = [token for token in words if not token.blank]
    out: list[str] = []
    position = 0
    for selector in selector_places(words):
        following = next((token.text.lower() for token in solid if token.start >= selector.end), "")
        inside = "" if selector.inside is None else promql[selector.inside : selector.end - 1]
        text = by(selector.name, inside, following not in ("[", "offset", "@"))
        if text is not None:
            out += [promql[position : selector.start], text]
            position = selector.end
    return "".join([*out, promql[position:]])


def selects(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether a selector's name and matchers fit a series; an absent label is "", as on the server.

    >>> selects('up{job=~"shop.*",zone!="b"}', {"__name__": "up", "job": "shop-1"})
    True
    >>> selects('{job="shop"}', {"__name__": "up", "job": "lb"})
    False

    Raises
    ------
    UsageError
        It is no selector, or its pattern is no regular expression.
    """
    words = [token for token in tokens(selector) if not token.blank]
    found = list(selector_places(words))
    if len(found) != 1 or found[0].start != 0 or found[0].end != len(selector.rstrip()):
        raise UsageError(f"{selector!r} is not a selector", hint="""write one like 'up{job="shop"}'""")
    if found[0].name and labels.get("__name__", "") != found[0].name:
        return False
    inside = [token for token in words if found[0].inside is not None and token.start >= found[0].inside]
    if any(name_in(inside[at]) != labels.get("__name__", "") for at in name_places(inside[:-1])):
        return False
    for before, sign, value in zip(inside, inside[1:], inside[2:], strict=False):
        if sign.text not in ("=", "!=", "=~", "!~") or value.kind != "string":
            continue
        held = labels.get(unquoted(before.text) if before.kind == "string" else before.text, "")
        wanted = unquoted(value.text)
        try:
            fits = held == wanted if sign.text in ("=", "!=") else re.fullmatch(wanted, held) is not None
        except re.error as error:
            raise UsageError(f"{value.text} is no regular expression: {error}", hint="mend the matcher") from error
        if fits == sign.text.startswith("!"):
            return False
    return True


_BETWEEN: Final = (",", "or")
"""What stands between two matchers."""


class SelectorPlace(NamedTuple):
    """Where a vector selector stands in an expression."""

    start: int
    end: int
    inside: int | None
    """Where the text between the braces begins; None where there are none."""
    name: str


def selector_places(words: Sequence[Token]) -> Iterator[SelectorPlace]:
    """The vector selectors, in order: a name that is no function, aggregation or keyword, with or without braces."""
    solid = [token for token in words if not token.blank]
    position = 0

    def text_at(index: int) -> str:
        return solid[index].text if index < len(solid) else ""

    ended = False  # whether the word before ends a selector or its range: what MODIFIERS stand behind
    while position < len(solid):
        token = solid[position]
        behind, ended = ended, token.text in ("]", "}")
        following = text_at(position + 1)
        if token.kind == "word" and token.text.lower() in LABEL_LIST_KEYWORDS and following == "(":
            position = closing(solid, position + 1, "(", ")") + 1
        elif token.text == "[":
            position = closing(solid, position, "[", "]") + 1
            ended = True
        elif token.text == "{":
            last = closing(solid, position, "{", "}")
            yield SelectorPlace(token.start, end_of(solid, last), token.start + 1, "")
            position = last + 1
            ended = True
        elif token.kind != "word" or token.text.lower() in (MODIFIERS | KEYWORDS if behind else KEYWORDS):
            position += 1
        elif following == "(" or following.lower() in ("by", "without"):
            position += 1  # a function, or an aggregation whose labels stand in front
        elif following == "{":
            last = closing(solid, position + 1, "{", "}")
            yield SelectorPlace(token.start, end_of(solid, last), solid[position + 1].start + 1, name_in(token))
            position = last + 1
            ended = True
        else:
            yield SelectorPlace(token.start, token.start + len(token.text), None, name_in(token))
            position += 1
            ended = True
