"""What a PromQL expression asks for: the metric names in it, and the macros of packs filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_KEYWORDS: Final = frozenset(
    "and or unless atan2 bool by without on ignoring group_left group_right offset inf nan start end".split()
)
_TOKENS: Final = re.compile(
    r"""
      (?P<macro>\$\{\w+\}|\$\w+)
    | (?P<text>"(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | `[^`]*`)   # quoted
    | (?P<comment>\#[^\n]*)
    | (?P<braces>\{ (?: "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | `[^`]*` | [^}"'`] )* \})  # matchers
    | (?P<range>\[[^\]]*\])
    | (?P<labels>\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\))
    | (?P<number>(?<![\w:])(?:0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?(?:e[+-]?\d+|[a-z]+)?)\b)
    | (?P<function>[a-zA-Z_:][\w:]*(?=\s*\())
    | (?P<aggregate>(?:sum|avg|min|max|count|stddev|stdvar|group|topk|bottomk|quantile|count_values)
        (?=\s+(?:by|without)\b))
    | (?P<name>[a-zA-Z_:][\w:]*)
    """,
    re.VERBOSE,
)
_NAME_MATCHER: Final = re.compile(r'__name__\s*=\s*"([^"]*)"')
_MACRO: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def metric_names(promql: str) -> tuple[str, ...]:
    """The metrics that an expression reads, in order, each once.

    >>> metric_names('sum by (job) (rate(http_requests_total{code=~"5.."}[5m])) / on (job) up offset 5m')
    ('http_requests_total', 'up')
    >>> metric_names('sum(rate({__name__="a.b"}[5m])) or node_load1{$scope} > 2e3')
    ('a.b', 'node_load1')
    """
    found: dict[str, None] = {}
    for token in _TOKENS.finditer(promql):
        if token.lastgroup == "braces":
            found.update(dict.fromkeys(_NAME_MATCHER.findall(token.group())))
        elif token.lastgroup == "name" and token.group().lower() not in _KEYWORDS:
            found[token.group()] = None
    return tuple(found)


def macros(promql: str) -> tuple[str, ...]:
    """The macros in an expression, without their `$`, each once.

    >>> macros("sum by ($by) (rate(${base}_count{$scope}[$__rate_interval]))")
    ('by', 'base', 'scope', '__rate_interval')
    """
    return tuple(dict.fromkeys(braced or plain for braced, plain in _MACRO.findall(promql)))


def substitute(promql: str, *, values: Mapping[str, str]) -> str:
    """Fill the macros that `values` names, written `$name` or `${name}`; others are left as they are.

    >>> substitute("rate(${base}_count{$scope}[1m])", values={"base": "http_seconds"})
    'rate(http_seconds_count{$scope}[1m])'
    """
    return _MACRO.sub(lambda found: values.get(found.group(1) or found.group(2), found.group()), promql)
