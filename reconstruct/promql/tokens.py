"""The words of a PromQL expression, and how to write some of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

UNIT_S: Final[Mapping[str, float]] = {
    "ms": 0.001,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86_400.0,
    "w": 604_800.0,
    "y": 31_536_000.0,
}
MAX_LENGTH: Final = 20_000
"""Characters of an expression from outside."""
MAX_BRACKETS: Final = 100
"""Inside each other."""
_DURATION: Final = r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|[smhdwy]))+"
_TOKEN: Final = re.compile(
    rf"""
      (?P<space>\s+)
    | (?P<comment>\#[^\n]*)
    | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
    | (?P<macro>\$\w+|\$\{{\w+\}})
    | (?P<duration>{_DURATION}(?![\w.]))
    | (?P<number>0[xX][0-9a-fA-F_]+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
    | (?P<word>(?:[a-zA-Z_:]|\\.)(?:[a-zA-Z0-9_:]|\\.|\.(?=[a-zA-Z_]))*)
    | (?P<sign>==|!=|>=|<=|=~|!~|[-+*/%^=<>(){{}}\[\],:@])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_LEGACY: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)


class Token(NamedTuple):
    """A word of an expression: kind (space, comment, string, macro, duration, number, word, sign, other) and place."""

    kind: str
    text: str
    start: int

    @property
    def blank(self) -> bool:
        """Whether it means nothing to the server."""
        return self.kind in ("space", "comment")


def tokens(promql: str) -> list[Token]:
    """The words of an expression, blanks included: joined they are the expression again.

    >>> [t.text for t in tokens('up{job="a}b"}[5m]') if t.kind != "sign"]
    ['up', 'job', '"a}b"', '5m']
    """
    return [Token(str(m.lastgroup), m.group(), m.start()) for m in _TOKEN.finditer(promql)]


def readable(promql: str) -> bool:
    """Whether an expression from outside is short and flat enough to be worked with; the longest in use have a tenth.

    >>> readable("sum(rate(a[5m]))"), readable("(" * 500 + "a" + ")" * 500)
    (True, False)
    """
    if len(promql) > MAX_LENGTH:
        return False
    depth = deepest = 0
    for token in tokens(promql):
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        deepest = max(deepest, depth)
    return deepest <= MAX_BRACKETS


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
    return ",".join(f"{label(name)}={quote_label(labels[name])}" for name in sorted(labels))


def one_of(values: Sequence[str]) -> str:
    """The right side of a `=~` matcher that is true for exactly these values.

    >>> one_of(["a.b", "c"])
    '"a\\\\\\\\.b|c"'
    """
    return quote_label("|".join(escaped(value) for value in values))


def escaped(value: str) -> str:
    """A regular expression (RE2) that is true for this text only.

    >>> escaped("a.b")
    'a\\\\.b'
    """
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", value)


def unquoted(text: str) -> str:
    """What a PromQL string literal stands for."""
    if text.startswith("`"):
        return text[1:-1]
    return re.sub(
        r"\\(.)", lambda found: {"n": "\n", "t": "\t", "r": "\r"}.get(found.group(1), found.group(1)), text[1:-1]
    )


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


def closing(solid: Sequence[Token], opened: int, left: str, right: str) -> int:
    """Index of the token that closes the bracket at `opened`; the last one where nothing does."""
    depth = 0
    for index in range(opened, len(solid)):
        depth += (solid[index].text == left) - (solid[index].text == right)
        if depth == 0:
            return index
    return len(solid) - 1


def end_of(solid: Sequence[Token], index: int) -> int:
    """Where the text of a token ends."""
    return solid[index].start + len(solid[index].text)


def legacy(name: str) -> bool:
    """Whether a label's or metric's name needs no quotes in any version of Prometheus.

    >>> legacy("http_requests_total"), legacy("job:errors:rate5m"), legacy("http.requests")
    (True, True, False)
    """
    return _LEGACY.fullmatch(name) is not None


def label(name: str) -> str:
    """A label's name as it is written in a selector or a `by (...)`: in quotes where it needs them (Prometheus 3).

    >>> label("job"), label("service.name")
    ('job', '"service.name"')
    """
    return name if legacy(name) and ":" not in name else quote_label(name)


def labels_list(names: Iterable[str]) -> str:
    """What stands in the parentheses of `by`, `without`, `on`, `ignoring` or `group_left`.

    >>> labels_list(["job", "service.name"])
    'job, "service.name"'
    """
    return ", ".join(label(name) for name in names)


def selector(name: str, *, scope: str = "", matchers: Sequence[str] = ()) -> str:
    """A vector selector for a metric of any name; `__name__` is understood by every server, quotes are not.

    >>> selector("up", scope='job="a"'), selector("http.requests", matchers=['code=~"5.."'])
    ('up{job="a"}', '{__name__="http.requests",code=~"5.."}')
    """
    inside = [*matchers, *([scope] if scope else [])]
    if legacy(name):
        return f"{name}{{{','.join(inside)}}}" if inside else name
    return f"{{{','.join([f'__name__={quote_label(name)}', *inside])}}}"


def name_in(token: Token) -> str:
    """The name that a word, or a string in a name's place, stands for: without quotes and MetricsQL's backslashes.

    >>> [name_in(token) for token in tokens('"a.b" a\\\\.b a_b') if not token.blank]
    ['a.b', 'a.b', 'a_b']
    """
    return unquoted(token.text) if token.kind == "string" else re.sub(r"\\(.)", r"\1", token.text)
