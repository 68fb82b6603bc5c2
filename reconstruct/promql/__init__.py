"""What this program has to know of PromQL: read its words, fill in a scope, split a condition, point at an error.

Not a parser: a tokenizer that respects strings, comments, durations and label lists, and small walks over its tokens.
The server stays the judge of what is valid.
"""

from __future__ import annotations

from reconstruct.promql.conditions import Condition, split_condition
from reconstruct.promql.macros import fill
from reconstruct.promql.places import caret
from reconstruct.promql.selectors import (
    add_matchers,
    inside_of,
    lenient,
    metric_names,
    replaced,
    selectors,
    selects,
    with_short_look_back,
)
from reconstruct.promql.spelling import Written, metricsql, rate_as_increase, respelled
from reconstruct.promql.tokens import (
    Token,
    duration,
    escaped,
    label,
    labels_list,
    legacy,
    matchers,
    one_of,
    quote_label,
    readable,
    seconds,
    selector,
    tokens,
    unquoted,
)
from reconstruct.promql.windows import range_window_s

__all__ = [
    "Condition",
    "Token",
    "Written",
    "add_matchers",
    "caret",
    "duration",
    "escaped",
    "fill",
    "inside_of",
    "label",
    "labels_list",
    "legacy",
    "lenient",
    "matchers",
    "metric_names",
    "metricsql",
    "one_of",
    "quote_label",
    "range_window_s",
    "rate_as_increase",
    "readable",
    "replaced",
    "respelled",
    "seconds",
    "selector",
    "selectors",
    "selects",
    "split_condition",
    "tokens",
    "unquoted",
    "with_short_look_back",
]
