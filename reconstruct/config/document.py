"""YAML read strictly, with file and line in every complaint: configuration, packs, conventions and mechanisms.

A value knows the key that it stands under, so a message can name both.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import yaml

from reconstruct.errors import UsageError

MAX_BYTES: Final = 1 << 20
"""A hundred times the largest pack that ships."""
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml reads the packs ten times faster; the pure Python loader is the same where it is missing."""
_PLAIN: Final = "tag:yaml.org,2002:"
_PLAIN_TAGS: Final = frozenset({"str", "int", "float", "bool", "null", "timestamp", "seq", "map", "value"})

MAX_DEPTH: Final = 5000
"""libyaml overruns the C stack in documents nested some ten times deeper; the pure Python loader raises instead."""

Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True, slots=True)
class Marked:
    """One YAML value, where it stands, and the key that it stands under ("" = the document, an item)."""

    node: yaml.Node
    file: str
    key: str = ""

    @property
    def line(self) -> int:
        """Line in the file, counted from 1."""
        return int(self.node.start_mark.line) + 1

    @property
    def text_line(self) -> int:
        """Line of the first line of the text itself: a block scalar (`|`) begins below its mark."""
        block = isinstance(self.node, yaml.ScalarNode) and self.node.style in ("|", ">")
        return self.line + (1 if block else 0)

    @property
    def is_text(self) -> bool:
        """Whether it is a single value: a text, a number, a flag."""
        return isinstance(self.node, yaml.ScalarNode) and self.node.tag != f"{_PLAIN}null"

    def wrong(self, what: str, *, hint: str) -> UsageError:
        """The error to raise about this value."""
        at_key = f"{self.key}: " if self.key else ""
        return UsageError(f"{self.file}:{self.line}: {at_key}{what}", hint=hint)


def read_marked(path: Path) -> Marked:
    """The document in `path`, as a tree that remembers its lines.

    Raises
    ------
    UsageError
        If the file cannot be read, is no YAML, or is empty.
    """
    document = parse_marked(read_text(path), file=str(path))
    if document is None:
        raise UsageError(f"{path}: the file is empty", hint="see docs/packs.md for the smallest pack")
    return document


def read_text(path: Path) -> str:
    """What stands in a text file of at most MAX_BYTES.

    Raises
    ------
    UsageError
        If it cannot be read, is longer, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise UsageError(f"{path} is larger than {MAX_BYTES >> 20} MiB", hint="is it the right file?")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"cannot read {path}: {error.strerror}", hint="is the path right, and may you read it?"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"cannot read {path}: not UTF-8 text", hint="save the file as UTF-8") from error


def parse_marked(text: str, *, file: str) -> Marked | None:
    """The document that `text` holds; `file` names it in messages; None where it is empty.

    Raises
    ------
    UsageError
        If it is no YAML, or has a tag of a program (`!!python/object`).
    """
    try:
        node = yaml.compose(text, Loader=_LOADER if _shallow(text) else yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise UsageError(
            f"{file}{place}: not YAML: {error.problem or 'unreadable'}",
            hint="quote a text that holds `: ` or `#`, and indent with spaces, not tabs",
        ) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise UsageError(f"{file}: not YAML: {error}", hint="is it a text file in UTF-8?") from error
    if node is None:
        return None
    if (tagged := _tagged(node)) is not None:
        raise Marked(tagged, file).wrong(f"the tag {tagged.tag} has no meaning here", hint="write plain values")
    return Marked(node, file)


def fields(value: Marked, *, allowed: Iterable[str], required: Iterable[str] = ()) -> dict[str, Marked]:
    """The entries of a mapping whose keys are all in `allowed`, none twice, and all of `required` there."""
    known = tuple(allowed)
    found = entries(value)
    for key, held in found.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
            raise Marked(held.node, value.file, value.key).wrong(f"unknown key {key!r}", hint=hint)
    for key in required:
        if key not in found:
            raise value.wrong(f"{key!r} is missing", hint=f"needed here: {', '.join(required)}")
    return found


def entries(value: Marked) -> dict[str, Marked]:
    """The entries of a mapping with free keys, none twice."""
    if not isinstance(value.node, yaml.MappingNode):
        raise value.wrong("expected keys and values here", hint="write `key: value`, one a line")
    found: dict[str, Marked] = {}
    for key_node, node in value.node.value:
        key = str(key_node.value)
        if key in found:
            raise Marked(key_node, value.file, value.key).wrong(f"{key!r} is given twice", hint="keep one of the two")
        found[key] = Marked(node, value.file, key)
    return found


def items(value: Marked | None) -> tuple[Marked, ...]:
    """The items of a list; nothing at all is an empty list."""
    if value is None:
        return ()
    if not isinstance(value.node, yaml.SequenceNode):
        raise value.wrong("expected a list here", hint="write `[a, b]`, or one `- item` a line")
    return tuple(Marked(node, value.file, value.key) for node in value.node.value)


def text(value: Marked | None, *, default: str = "") -> str:
    """A text that is not empty; `default` where nothing is given."""
    if value is None:
        return default
    if not value.is_text or not str(value.node.value).strip():
        raise value.wrong("expected a text here", hint="write it on the same line, in quotes if it holds `: ` or `#`")
    return str(value.node.value).strip()


def texts(value: Marked | None) -> tuple[str, ...]:
    """A list of texts; a single text is a list of one."""
    if value is not None and isinstance(value.node, yaml.ScalarNode):
        return (text(value),)
    return tuple(text(item) for item in items(value))


def number(
    value: Marked | None, *, default: float = 0.0, at_least: float | None = None, at_most: float | None = None
) -> float:
    """A finite number; `default` where nothing is given."""
    if value is None:
        return default
    try:
        given = float(text(value))
    except ValueError:
        given = float("nan")
    low = given if at_least is None else at_least
    high = given if at_most is None else at_most
    if given - given != 0 or not low <= given <= high:
        least = "" if at_least is None else f" of at least {at_least:g}"
        most = "" if at_most is None else f" and at most {at_most:g}"
        raise value.wrong(
            f"expected a number{least}{most}, not {text(value)!r}", hint="write it without its unit: 0.05"
        )
    return given


def integer(value: Marked, *, low: int, high: int) -> int:
    """A whole number from `low` to `high`."""
    given = number(value, at_least=low, at_most=high)
    if given != int(given):
        raise value.wrong(f"expected a whole number, not {text(value)!r}", hint=f"from {low} to {high}")
    return int(given)


def flag(value: Marked | None, *, default: bool = False) -> bool:
    """`true` or `false`."""
    if value is None:
        return default
    said = text(value).lower()
    if said not in ("true", "false"):
        raise value.wrong(f"expected true or false, not {said!r}", hint="write true or false")
    return said == "true"


def one_of(value: Marked, choices: Iterable[Choice]) -> Choice:
    """One of `choices`."""
    said, known = text(value), {str(choice): choice for choice in choices}
    if said not in known:
        near = difflib.get_close_matches(said, known, n=1)
        hint = (f"did you mean {near[0]!r}? " if near else "") + f"known: {', '.join(known)}"
        raise value.wrong(f"unknown {said!r}", hint=hint)
    return known[said]


def some_of(value: Marked | None, choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """A list of `choices`; a single one is a list of one."""
    single = value is not None and isinstance(value.node, yaml.ScalarNode)
    known = tuple(choices)
    return tuple(one_of(item, known) for item in ((value,) if value is not None and single else items(value)))


def options(value: Marked, *, of: Mapping[str, Choice]) -> Choice:
    """The value that a word stands for."""
    return of[one_of(value, of)]


def _shallow(text: str) -> bool:
    """Whether the document cannot be nested deeper than MAX_DEPTH: by brackets, or by columns of one line."""
    return text.count("[") + text.count("{") + max(map(len, text.split("\n"))) < MAX_DEPTH


def _tagged(root: yaml.Node) -> yaml.Node | None:
    """A node with a tag that is not plain YAML's (`!!python/object`, `!secret`), where there is one."""
    todo, seen = [root], set()
    while todo:
        node = todo.pop()
        if id(node) in seen:  # an alias: what it stands for was looked at
            continue
        seen.add(id(node))
        if node.tag.removeprefix(_PLAIN) not in _PLAIN_TAGS:
            return node
        if isinstance(node, yaml.MappingNode):
            todo += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            todo += node.value
    return None
