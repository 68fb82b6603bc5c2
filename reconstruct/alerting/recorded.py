"""Series that a rule file itself records, put back into the expressions that read them.

A backtest of a new rule file meets names that no server has recorded yet. Where an expression reads such a series as it
is at the evaluation, the recording rule's own expression stands in for it, with its labels and the selector's matchers.
Where it reads it over a range or at another time, only the recorded series can answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from reconstruct import promql
from reconstruct.alerting.rules import RecordingRule

MARK: Final = "__kept__"
"""A label that no series has: what a matcher keeps is marked with it, and the mark is taken off again."""


def with_recorded(expr: str, recorded: Sequence[RecordingRule]) -> tuple[str, tuple[str, ...]]:
    """The expression with recorded series replaced, and the recorded names that it still reads.

    >>> rule = RecordingRule("job:x:rate1m", "sum by (job) (rate(x[1m]))")
    >>> with_recorded("job:x:rate1m > 5", [rule])
    ('(sum by (job) (rate(x[1m]))) > 5', ())
    >>> with_recorded("max_over_time(job:x:rate1m[1h]) > 5", [rule])
    ('max_over_time(job:x:rate1m[1h]) > 5', ('job:x:rate1m',))
    """
    rules: dict[str, list[RecordingRule]] = {}
    for rule in recorded:
        rules.setdefault(rule.name, []).append(rule)
    left: dict[str, None] = {}
    return _replaced(expr, rules, (), left), tuple(left)


def _replaced(
    expr: str, rules: Mapping[str, Sequence[RecordingRule]], within: tuple[str, ...], left: dict[str, None]
) -> str:
    def by(name: str, matchers: str, alone: bool) -> str | None:  # noqa: FBT001 - promql.replaced calls it
        if name not in rules:
            return None
        conditions = _conditions(matchers)
        if not alone or name in within or conditions is None:
            left[name] = None
            return None
        parts = []
        for rule in rules[name]:
            part = f"({_replaced(rule.expr, rules, (*within, name), left)})"
            for label, value in rule.labels.items():
                part = _set(part, label, value)
            parts.append(part)
        joined = parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"
        for label, sign, value in conditions:
            joined = _kept(joined, label, sign, value)
        return joined

    return promql.replaced(expr, by)


def _conditions(matchers: str) -> list[tuple[str, str, str]] | None:
    """(label, sign, value) of each matcher; None where they are not plain ones."""
    solid = [token for token in promql.tokens(matchers) if not token.blank and token.text != ","]
    if len(solid) % 3:
        return None
    found = []
    for label, sign, value in zip(solid[::3], solid[1::3], solid[2::3], strict=True):
        if label.kind != "word" or sign.text not in ("=", "!=", "=~", "!~") or value.kind != "string":
            return None
        found.append((label.text, sign.text, promql.unquoted(value.text)))
    return found


def _set(expr: str, label: str, value: str) -> str:
    written = promql.quote_label(value.replace("$", "$$"))
    return f'label_replace({expr}, "{label}", {written}, "", "")'


def _kept(expr: str, label: str, sign: str, value: str) -> str:
    """Only the series that a matcher is true for: PromQL has no matcher on an expression, so they are marked first."""
    pattern = promql.quote_label(value if sign in ("=~", "!~") else promql.escaped(value))
    marked = f'label_replace({expr}, "{MARK}", "1", "{label}", {pattern})'
    without_mark = "vector(0)"
    with_mark = f'label_replace(vector(0), "{MARK}", "1", "", "")'
    if sign in ("!=", "!~"):
        return f"({marked} unless on ({MARK}) {with_mark})"
    return f'label_replace({marked} unless on ({MARK}) {without_mark}, "{MARK}", "", "", "")'
