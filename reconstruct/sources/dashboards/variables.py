"""A dashboard's variables, filled in as Grafana does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from reconstruct.promql import duration

ALL: Final = ".+"
"""What "All" stands for where the dashboard does not keep the values: whatever the label is."""
SCRAPES_A_RATE: Final = 4
"""Grafana: `$__rate_interval` is max($__interval + scrape interval, 4 * scrape interval)."""
_VARIABLE: Final = re.compile(
    r"\$\{(?P<braced>\w+)(?::(?P<format>[\w:]+))?\}|\[\[(?P<old>\w+)\]\]|\$(?P<plain>[A-Za-z_]\w*)"
)
_EQUALS_PATTERN: Final = re.compile(r'(?<![!~<>=])=(\s*")((?:\.[+*])|(?:\([^"]*\|[^"]*\)))(")')
_REGEX_CHARACTERS: Final = re.compile(r"([.*+?^${}()|\[\]\\])")


@dataclass(frozen=True, slots=True)
class Variables:
    """Values by name; several values of one stand for any of them."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patterns: frozenset[str] = frozenset()
    """Names whose values may be several, and are written as regular expressions."""
    verbatim: frozenset[str] = frozenset()
    """Names whose value is a regular expression already."""

    def fill(self, expression: str) -> tuple[str, tuple[str, ...]]:
        """The expression with its variables filled in, and the names that nobody knows.

        `$__...` stays. Where a matcher for one value gets a pattern it becomes one for patterns, as "All" means it.

        >>> Variables({"job": (".+",), "node": ("a", "b")}, frozenset({"node"})).fill('up{job="$job",n=~"${node}"}')
        ('up{job=~".+",n=~"(a|b)"}', ())
        """
        unknown: dict[str, None] = {}

        def value(found: re.Match[str]) -> str:
            name = found["braced"] or found["old"] or found["plain"]
            if name.startswith("__"):
                return found[0]
            if name not in self.values:
                unknown[name] = None
                return found[0]
            return self._written(name, form=found["format"] or "")

        filled = _VARIABLE.sub(value, expression)
        return _EQUALS_PATTERN.sub(r"=~\1\2\3", filled), tuple(unknown)

    def _written(self, name: str, *, form: str) -> str:
        values = self.values[name]
        if form == "raw":
            return ",".join(values)
        if form == "csv":
            return ",".join(values)
        if form == "pipe":
            return "|".join(values)
        if len(values) == 1:
            single = values[0]
            is_pattern = (
                single in (ALL, ".*") or name in self.verbatim or (form != "regex" and name not in self.patterns)
            )
            return single if is_pattern else _escaped(single)
        return f"({'|'.join(_escaped(one) for one in values)})"


def fill_intervals(
    expression: str, *, step_s: float, scrape_s: float, range_s: float, min_interval_s: float = 0.0
) -> str:
    """The expression with Grafana's own variables filled in: `$__interval`, `$__rate_interval`, `$__range` and theirs.

    >>> fill_intervals("rate(a[$__rate_interval])", step_s=15, scrape_s=15, range_s=3600)
    'rate(a[60s])'
    """
    interval_s = max(step_s, min_interval_s)
    rate_s = max(interval_s + scrape_s, SCRAPES_A_RATE * scrape_s)
    texts = {
        "__interval": duration(interval_s),
        "__interval_ms": f"{interval_s * 1000:.0f}",
        "__rate_interval": duration(rate_s),
        "__rate_interval_ms": f"{rate_s * 1000:.0f}",
        "__range": duration(range_s),
        "__range_s": f"{range_s:.0f}",
        "__range_ms": f"{range_s * 1000:.0f}",
        "__auto_interval": duration(interval_s),
    }

    def value(found: re.Match[str]) -> str:
        name = found["braced"] or found["old"] or found["plain"]
        return texts.get("__auto_interval" if name.startswith("__auto") else name, found[0])

    return _VARIABLE.sub(value, expression)


def _escaped(value: str) -> str:
    """For a regular expression inside a PromQL string: the backslash itself is escaped there."""
    return _REGEX_CHARACTERS.sub(r"\\\\\1", value)
