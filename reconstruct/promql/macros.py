"""What packs leave open in their expressions: `$__rate_interval` and `$scope`."""

from __future__ import annotations

import re

from reconstruct.errors import UsageError
from reconstruct.promql.tokens import duration, tokens


def fill(promql: str, *, rate_interval_s: float, scope: str) -> str:
    """Put the rate interval and the scope's matchers where `$__rate_interval` and `$scope` stand.

    An empty scope leaves a valid selector: the comma beside `$scope`, and braces that become empty, go with it.

    Raises
    ------
    UsageError
        Another macro is left: the server would refuse it, and could not say why.

    >>> fill("rate(a{$scope}[$__rate_interval])", rate_interval_s=60, scope="")
    'rate(a[60s])'
    >>> fill('a{x="1", $scope} / b{$scope,y="2"}', rate_interval_s=60, scope='job="j"')
    'a{x="1", job="j"} / b{job="j",y="2"}'
    """
    interval = duration(rate_interval_s)
    out: list[str] = []
    skip_comma = False
    for token in tokens(promql):
        text = token.text
        if skip_comma and (token.blank or text == ","):
            skip_comma = text != ","
            continue
        skip_comma = False
        if token.kind != "macro":
            if text == "}" and not scope and _drop_empty_braces(out):
                continue
            out.append(text)
            continue
        name = text.strip("${}")
        if name == "__rate_interval":
            out.append(interval)
        elif name == "scope":
            if scope:
                out.append(scope)
            else:
                skip_comma = not _drop_trailing_comma(out)
        else:
            raise UsageError(
                f"unknown macro {text} in the query {promql.strip()!r}",
                hint="known are $__rate_interval and $scope; write anything else out",
            )
    return "".join(out)


def _drop_empty_braces(out: list[str]) -> bool:
    """Take back an opening brace with nothing behind it, after a name; a bare `{}` is left for the server to refuse."""
    index = len(out) - 1
    while index >= 0 and out[index].isspace():
        index -= 1
    if index < 1 or out[index] != "{" or not re.fullmatch(r"[a-zA-Z_:][\w:]*", out[index - 1]):
        return False
    del out[index:]
    return True


def _drop_trailing_comma(out: list[str]) -> bool:
    index = len(out) - 1
    while index >= 0 and out[index].isspace():
        index -= 1
    if index < 0 or out[index] != ",":
        return False
    del out[index:]
    return True
