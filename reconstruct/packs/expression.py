"""The macros of packs: `$by`, `$by_instance`, a pack's own definitions, the named groups of a family (`${base}`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_MACRO: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


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
