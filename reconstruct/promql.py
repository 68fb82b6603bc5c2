"""What this program has to know of PromQL: read its words, fill in a scope, split a condition, point at an error.

Not a parser: a tokenizer that respects strings, comments, durations and label lists, and small walks over its tokens.
The server stays the judge of what is valid.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from reconstruct.errors import UsageError

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
LABEL_LIST_KEYWORDS: Final = frozenset(["by", "without", "on", "ignoring", "group_left", "group_right"])
COMPARISONS: Final = frozenset(["==", "!=", ">=", "<=", ">", "<"])
MIRRORED: Final[Mapping[str, str]] = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}
UNIT_S: Final[Mapping[str, float]] = {
    "ms": 0.001,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86_400.0,
    "w": 604_800.0,
    "y": 31_536_000.0,
}

_DURATION: Final = r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|[smhdwy]))+"
_TOKEN: Final = re.compile(
    rf"""
      (?P<space>\s+)
    | (?P<comment>\#[^\n]*)
    | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
    | (?P<macro>\$\w+|\$\{{\w+\}})
    | (?P<duration>{_DURATION}(?![\w.]))
    | (?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<word>[a-zA-Z_:][a-zA-Z0-9_:]*)
    | (?P<sign>==|!=|>=|<=|=~|!~|[-+*/%^=<>(){{}}\[\],:@])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_PLACE: Final = re.compile(r"(\d+):(\d+): parse error")
_PLACE_BY_CHARACTER: Final = re.compile(r"parse error at char (\d+)")
_UNPARSED: Final = re.compile(r'(?:unparsed data|unparsed tail|context)[^"]*"((?:\\.|[^"\\])*)"')


class Token(NamedTuple):
    """A word of an expression: kind (space, comment, string, macro, duration, number, word, sign, other) and place."""

    kind: str
    text: str
    start: int

    @property
    def blank(self) -> bool:
        """Whether it means nothing to the server."""
        return self.kind in ("space", "comment")


class Condition(NamedTuple):
    """An alert rule's condition: what is compared, how, and with which number."""

    left: str
    comparator: str
    threshold: float


def tokens(promql: str) -> list[Token]:
    """The words of an expression, blanks included: joined they are the expression again.

    >>> [t.text for t in tokens('up{job="a}b"}[5m]') if t.kind != "sign"]
    ['up', 'job', '"a}b"', '5m']
    """
    return [Token(str(m.lastgroup), m.group(), m.start()) for m in _TOKEN.finditer(promql)]


def quote_label(value: str) -> str:
    r"""A label value as a PromQL string, whatever is in it.

    >>> print(quote_label('a "b" \\ c' + chr(10)))
    "a \"b\" \\ c\n"
    """
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def matchers(labels: Mapping[str, str]) -> str:
    """Equality matchers for a selector's braces, sorted by label name; names that need quotes get them (Prometheus 3).

    >>> matchers({"job": "shop", "instance": 'a"b'}), matchers({"k8s.pod": "x"})
    ('instance="a\\\\"b",job="shop"', '"k8s.pod"="x"')
    """
    return ",".join(f"{_label_name(name)}={quote_label(labels[name])}" for name in sorted(labels))


def one_of(values: Sequence[str]) -> str:
    """The right side of a `=~` matcher that is true for exactly these values.

    >>> one_of(["a.b", "c"])
    '"a\\\\\\\\.b|c"'
    """
    return quote_label("|".join(re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", value) for value in values))


def duration(seconds: float) -> str:
    """A PromQL duration, to the millisecond, at least one.

    >>> duration(60), duration(0.25), duration(90.5)
    ('60s', '250ms', '90500ms')
    """
    ms = max(1, round(seconds * 1000))
    return f"{ms}ms" if ms % 1000 else f"{ms // 1000}s"


def seconds(text: str) -> float:
    """A PromQL duration in seconds.

    >>> seconds("1h30m"), seconds("250ms")
    (5400.0, 0.25)
    """
    return sum(float(count) * UNIT_S[unit] for count, unit in re.findall(r"([0-9.]+)(ms|[smhdwy])", text))


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


def add_matchers(promql: str, scope: str) -> str:
    """Put the scope's matchers into every vector selector of an expression.

    >>> add_matchers('sum by (job) (rate(a{x="}"}[5m])) / on (job) group_left b offset 5m > 0', 'c="1"')
    'sum by (job) (rate(a{x="}",c="1"}[5m])) / on (job) group_left b{c="1"} offset 5m > 0'
    """
    scope = scope.strip().strip(",")
    if not scope:
        return promql
    out: list[str] = []
    position = 0
    for selector in _selectors(tokens(promql)):
        if selector.inside is None:
            out += [promql[position : selector.end], "{", scope, "}"]
            position = selector.end
        else:
            inside = promql[selector.inside : selector.end - 1]
            written = inside.rstrip()
            comma = "" if not written.strip() or written.endswith(",") else ","
            out += [promql[position : selector.inside], inside, comma, scope]
            position = selector.end - 1
    return "".join([*out, promql[position:]])


def selectors(promql: str) -> tuple[str, ...]:
    """The vector selectors of an expression as written, each once.

    >>> selectors('sum(rate(a{x="1"}[5m])) / sum(rate(a{x="1"}[5m])) + {__name__="b"}')
    ('a{x="1"}', '{__name__="b"}')
    """
    return tuple(dict.fromkeys(promql[s.start : s.end] for s in _selectors(tokens(promql))))


def metric_names(promql: str) -> tuple[str, ...]:
    """The metric names an expression reads, each once; selectors without a fixed name give none.

    >>> metric_names('rate(a{x="1"}[5m]) / on (job) b + {__name__="c.d"} + {"e f"}')
    ('a', 'b', 'c.d', 'e f')
    """
    found: dict[str, None] = {}
    words = tokens(promql)
    for selector in _selectors(words):
        if selector.name:
            found[selector.name] = None
            continue
        inside = [t for t in words if selector.start < t.start < selector.end - 1 and not t.blank]
        for before, token in zip([None, *inside], inside, strict=False):
            follows = inside[inside.index(token) + 1].text if token is not inside[-1] else ","
            named = before is not None and before.text == "=" and inside[inside.index(before) - 1].text == "__name__"
            bare = (before is None or before.text == ",") and follows == ","
            if token.kind == "string" and (named or bare):
                found[_unquoted(token.text)] = None
    return tuple(found)


def split_condition(expr: str) -> Condition | None:
    """What an alert's condition compares with a number: the left side, the comparator, the number.

    Of conditions joined with `and` or `unless` the first with a number is told; `0.1 < a` is told as `a > 0.1`.
    None where nothing at the top level is compared with a number, or where `or` joins two conditions.

    >>> split_condition('sum(rate(a[5m])) / sum(rate(b[5m])) > 5 / 100 and on () c > 3')
    Condition(left='sum(rate(a[5m])) / sum(rate(b[5m]))', comparator='>', threshold=0.05)
    >>> split_condition("(up == 0)"), split_condition("absent(up)"), split_condition("a > 1 or b > 1")
    (Condition(left='up', comparator='==', threshold=0.0), None, None)
    """
    words = [token for token in tokens(expr) if token.kind != "comment"]
    return _condition(_stripped(words))


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


def caret(query: str, message: str) -> str:
    """The query's line with a caret under the place that a parse error names; "" where it names none.

    Prometheus says `1:18: parse error: ...` (line, column in bytes), VictoriaMetrics quotes what it could not read.

    >>> print(caret("sum(rate(x[5m])", "1:16: parse error: unclosed left parenthesis"))
    sum(rate(x[5m])
                   ^
    """
    lines = query.splitlines() or [""]
    if found := _PLACE.search(message):
        row = min(int(found.group(1)), len(lines)) - 1
        line = lines[row]
        column = len(line.encode()[: max(0, int(found.group(2)) - 1)].decode(errors="ignore"))
    elif found := _PLACE_BY_CHARACTER.search(message):
        row, column = _row_and_column(query, int(found.group(1)) - 1)
    elif (found := _UNPARSED.search(message)) and (tail := _unquoted(f'"{found.group(1)}"')) and tail in query:
        row, column = _row_and_column(query, query.rfind(tail))
    else:
        return ""
    line = lines[row] if row < len(lines) else ""
    indent = "".join("\t" if character == "\t" else " " for character in line[:column].ljust(column))
    return f"{line}\n{indent}^"


# ------------------------------------------------------------------------------------------------ walks over tokens


class _Selector(NamedTuple):
    start: int
    end: int
    inside: int | None
    """Where the text between the braces begins; None where there are none."""
    name: str


def _selectors(words: Sequence[Token]) -> Iterator[_Selector]:
    """The vector selectors, in order: a name that is no function, aggregation or keyword, with or without braces."""
    solid = [token for token in words if not token.blank]
    position = 0

    def text_at(index: int) -> str:
        return solid[index].text if index < len(solid) else ""

    while position < len(solid):
        token = solid[position]
        following = text_at(position + 1)
        if token.kind == "word" and token.text.lower() in LABEL_LIST_KEYWORDS and following == "(":
            position = _closing(solid, position + 1, "(", ")") + 1
        elif token.text == "[":
            position = _closing(solid, position, "[", "]") + 1
        elif token.text == "{":
            last = _closing(solid, position, "{", "}")
            yield _Selector(token.start, _end(solid, last), token.start + 1, "")
            position = last + 1
        elif token.kind != "word" or token.text.lower() in KEYWORDS:
            position += 1
        elif following == "(" or following.lower() in ("by", "without"):
            position += 1  # a function, or an aggregation whose labels stand in front
        elif following == "{":
            last = _closing(solid, position + 1, "{", "}")
            yield _Selector(token.start, _end(solid, last), solid[position + 1].start + 1, token.text)
            position = last + 1
        else:
            yield _Selector(token.start, token.start + len(token.text), None, token.text)
            position += 1


def _closing(solid: Sequence[Token], opened: int, left: str, right: str) -> int:
    """Index of the token that closes the bracket at `opened`; the last one where nothing does."""
    depth = 0
    for index in range(opened, len(solid)):
        depth += (solid[index].text == left) - (solid[index].text == right)
        if depth == 0:
            return index
    return len(solid) - 1


def _end(solid: Sequence[Token], index: int) -> int:
    return solid[index].start + len(solid[index].text)


def _stripped(words: Sequence[Token]) -> list[Token]:
    """Without blanks around it and without parentheses around the whole."""
    inner = list(words)
    while True:
        while inner and inner[0].blank:
            inner.pop(0)
        while inner and inner[-1].blank:
            inner.pop()
        if len(inner) < 2 or inner[0].text != "(" or _closing(inner, 0, "(", ")") != len(inner) - 1:
            return inner
        inner = inner[1:-1]


def _split(words: Sequence[Token], wanted: Callable[[Token], bool]) -> tuple[list[Token], Token, list[Token]] | None:
    """Before, at and behind the first wanted token outside all brackets."""
    depth = 0
    for index, token in enumerate(words):
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if depth == 0 and wanted(token):
            return list(words[:index]), token, list(words[index + 1 :])
    return None


def _condition(words: Sequence[Token]) -> Condition | None:
    if _split(words, lambda token: token.kind == "word" and token.text.lower() == "or"):
        return None
    if joined := _split(words, lambda token: token.kind == "word" and token.text.lower() in ("and", "unless")):
        left, _, right = joined
        found = _condition(_stripped(left))
        if found is not None or joined[1].text.lower() == "unless":
            return found
        return _condition(_stripped(_without_matching(right)))
    compared = _split(words, lambda token: token.text in COMPARISONS)
    if compared is None:
        return None
    left, sign, right = compared
    if next_compared := _split(right, lambda token: token.text in COMPARISONS):
        right = next_compared[0]  # comparisons group from the left: (a > 1) < 5
    right = [token for token in right if token.text.lower() != "bool"]
    if (number := _number(_stripped(right))) is not None:
        return None if _number(_stripped(left)) is not None else Condition(_text(left), sign.text, number)
    if (number := _number(_stripped(left))) is not None:
        return Condition(_text(right), MIRRORED[sign.text], number)
    return None


def _without_matching(words: Sequence[Token]) -> list[Token]:
    """Without the `on (...)` or `ignoring (...)` that a set operator may carry."""
    inner = _stripped(words)
    if len(inner) > 1 and inner[0].text.lower() in ("on", "ignoring"):
        solid = next((index for index, token in enumerate(inner) if token.text == "("), None)
        if solid is not None:
            return inner[_closing(inner, solid, "(", ")") + 1 :]
    return inner


def _text(words: Sequence[Token]) -> str:
    return "".join(token.text for token in _stripped(words))


def _number(words: Sequence[Token]) -> float | None:
    """The value of an expression of numbers only, by precedence climbing; None where it holds anything else."""
    solid = [token for token in words if not token.blank]
    position = 0
    levels = ({"+", "-"}, {"*", "/", "%"})

    def primary() -> float:
        nonlocal position
        token = solid[position]
        position += 1
        if token.text in ("+", "-"):
            return primary() if token.text == "+" else -primary()
        if token.text == "(":
            value = level(0)
            if solid[position].text != ")":
                raise ValueError
            position += 1
            return power(value)
        if token.kind == "duration":
            return power(seconds(token.text))
        if token.kind == "number":
            return power(float(int(token.text, 16)) if token.text[:2].lower() == "0x" else float(token.text))
        raise ValueError

    def power(base: float) -> float:
        nonlocal position
        if position < len(solid) and solid[position].text == "^":
            position += 1
            return float(base ** primary())
        return base

    def level(depth: int) -> float:
        nonlocal position
        if depth == len(levels):
            return primary()
        value = level(depth + 1)
        while position < len(solid) and solid[position].text in levels[depth]:
            sign = solid[position].text
            position += 1
            other = level(depth + 1)
            value = {
                "+": lambda a, b: a + b,
                "-": lambda a, b: a - b,
                "*": lambda a, b: a * b,
                "/": lambda a, b: a / b,
                "%": lambda a, b: a % b,
            }[sign](value, other)
        return value

    try:
        value = level(0)
    except (ValueError, IndexError, ZeroDivisionError, OverflowError, TypeError):
        return None
    return value if position == len(solid) else None


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


def _label_name(name: str) -> str:
    return name if re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) else quote_label(name)


def _unquoted(text: str) -> str:
    if text.startswith("`"):
        return text[1:-1]
    return re.sub(
        r"\\(.)", lambda found: {"n": "\n", "t": "\t", "r": "\r"}.get(found.group(1), found.group(1)), text[1:-1]
    )


def _row_and_column(query: str, position: int) -> tuple[int, int]:
    before = query[: max(0, position)]
    return before.count("\n"), len(before) - (before.rfind("\n") + 1)
