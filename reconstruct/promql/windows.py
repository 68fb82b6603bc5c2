"""How far back an expression looks."""

from __future__ import annotations

from reconstruct.promql.conditions import COMPARISONS
from reconstruct.promql.selectors import KEYWORDS
from reconstruct.promql.tokens import seconds, tokens


def range_window_s(promql: str) -> float:
    """How far back a sample of the answer may look, in seconds: its longest range window; 0 where there is none.

    A subquery's window comes on top of what is inside it: `max_over_time(rate(x[5m])[1h:1m])` sees 65 minutes.

    >>> range_window_s("rate(a[5m]) / rate(b[1m])"), range_window_s("max_over_time(rate(x[5m])[1h:1m])")
    (300.0, 3900.0)
    >>> range_window_s('up{job="[5m]"} offset 5m')
    0.0
    """
    longest = [0.0]  # one an open parenthesis
    last = 0.0  # of the expression just read: what a following [window:step] adds to
    words = iter(token for token in tokens(promql) if not token.blank)
    for token in words:
        if token.text == "(":
            longest[-1] = max(longest[-1], last)
            longest.append(0.0)
            last = 0.0
        elif token.text == ")" and len(longest) > 1:
            last = max(longest.pop(), last)
        elif token.text == "[":
            window = next(words, None)
            last += seconds(window.text) if window is not None and window.kind == "duration" else 0.0
            for inside in words:
                if inside.text == "]":
                    break
        elif token.text in {"+", "-", "*", "/", "%", "^", ",", *COMPARISONS} or token.text.lower() in KEYWORDS:
            longest[-1] = max(longest[-1], last)
            last = 0.0
    return max(*longest, last)
