"""YAML read strictly, with file and line in every complaint: what a pack's author needs to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import yaml

from reconstruct.errors import UsageError

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml reads the packs ten times faster; the pure Python loader is the same where it is missing."""

Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True, slots=True)
class Marked:
    """One YAML value and where it stands."""

    node: yaml.Node
    file: str

    @property
    def line(self) -> int:
        """Line in the file, counted from 1."""
        return int(self.node.start_mark.line) + 1

    @property
    def text_line(self) -> int:
        """Line of the first line of the text itself: a block scalar (`|`) begins below its mark."""
        block = isinstance(self.node, yaml.ScalarNode) and self.node.style in ("|", ">")
        return self.line + (1 if block else 0)

    def wrong(self, what: str, *, hint: str) -> UsageError:
        """The error to raise about this value."""
        return UsageError(f"{self.file}:{self.line}: {what}", hint=hint)


def read_marked(path: Path) -> Marked:
    """The document in `path`, as a tree that remembers its lines.

    Raises
    ------
    UsageError
        If the file cannot be read, is no YAML, or is empty.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        node = yaml.compose(text, Loader=_LOADER)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="is the path right, and may you read it?") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 text", hint="save the file as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        said = error.problem or "not valid YAML"
        raise UsageError(
            f"{path}{place}: {said}", hint="quote a text that holds `: ` or `#`, and indent with spaces, not tabs"
        ) from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: {error}", hint="save the file as YAML, in UTF-8") from error
    if node is None:
        raise UsageError(f"{path}: the file is empty", hint="see docs/packs.md for the smallest pack")
    return Marked(node, str(path))


def fields(value: Marked, *, allowed: Iterable[str], required: Iterable[str] = ()) -> dict[str, Marked]:
    """The entries of a mapping whose keys are all in `allowed`, none twice, and all of `required` there."""
    if not isinstance(value.node, yaml.MappingNode):
        raise value.wrong("expected keys and values here", hint=f"one of the keys: {', '.join(allowed)}")
    known = tuple(allowed)
    found: dict[str, Marked] = {}
    for key_node, node in value.node.value:
        key = str(key_node.value)
        at_key = Marked(key_node, value.file)
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
            raise at_key.wrong(f"unknown key {key!r}", hint=hint)
        if key in found:
            raise at_key.wrong(f"{key!r} is given twice", hint="keep one of the two")
        found[key] = Marked(node, value.file)
    for key in required:
        if key not in found:
            raise value.wrong(f"{key!r} is missing", hint=f"needed here: {', '.join(required)}")
    return found


def entries(value: Marked) -> dict[str, Marked]:
    """The entries of a mapping with free keys."""
    if not isinstance(value.node, yaml.MappingNode):
        raise value.wrong("expected keys and values here", hint="write `key: value`, one a line")
    return {str(key.value): Marked(node, value.file) for key, node in value.node.value}


def items(value: Marked | None) -> tuple[Marked, ...]:
    """The items of a list; nothing at all is an empty list."""
    if value is None:
        return ()
    if not isinstance(value.node, yaml.SequenceNode):
        raise value.wrong("expected a list here", hint="write `[a, b]`, or one `- item` a line")
    return tuple(Marked(node, value.file) for node in value.node.value)


def text(value: Marked | None, *, default: str = "") -> str:
    """A text that is not empty; `default` where nothing is given."""
    if value is None:
        return default
    if not isinstance(value.node, yaml.ScalarNode) or not str(value.node.value).strip():
        raise value.wrong("expected a text here", hint="write it on the same line, in quotes if it holds `: ` or `#`")
    return str(value.node.value).strip()


def texts(value: Marked | None) -> tuple[str, ...]:
    """A list of texts; a single text is a list of one."""
    if value is not None and isinstance(value.node, yaml.ScalarNode):
        return (text(value),)
    return tuple(text(item) for item in items(value))


def number(value: Marked | None, *, default: float = 0.0, at_least: float | None = None) -> float:
    """A finite number; `default` where nothing is given."""
    if value is None:
        return default
    try:
        given = float(text(value))
    except ValueError:
        given = float("nan")
    if given - given != 0 or (at_least is not None and given < at_least):
        least = "" if at_least is None else f" of at least {at_least:g}"
        raise value.wrong(f"expected a number{least}, not {text(value)!r}", hint="write it without its unit: 0.05")
    return given


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


def options(value: Marked, *, of: Mapping[str, Choice]) -> Choice:
    """The value that a word stands for."""
    return of[one_of(value, of)]
