"""A YAML document read strictly: every wrong key, type or value is named with its file and line.

`${NAME}` is replaced from the environment that the caller passes, and only where a secret may stand; a secret written
out in the file is refused, because such files end up in version control.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import yaml

from reconstruct.config.times import parse_duration_s
from reconstruct.errors import UsageError

MAX_BYTES: Final = 1 << 20
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PLAIN: Final = "tag:yaml.org,2002:"
_PLAIN_TAGS: Final = frozenset({"str", "int", "float", "bool", "null", "timestamp", "seq", "map", "value"})
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Reader:
    """The file's name, the folder that its paths start from, and the environment that its secrets come from."""

    name: str
    folder: Path
    env: Mapping[str, str]

    def fail(self, node: yaml.Node, message: str, *, hint: str) -> UsageError:
        """An error that names the line of `node`."""
        return UsageError(f"{self.name}:{node.start_mark.line + 1}: {message}", hint=hint)

    def document(self, text: str) -> yaml.Node | None:
        """The root node of the file; None for an empty one.

        Raises
        ------
        UsageError
            If it is not YAML, or larger than a configuration is.
        """
        if len(text) > MAX_BYTES:
            raise UsageError(f"{self.name} is larger than {MAX_BYTES >> 20} MiB", hint="is it the right file?")
        try:
            node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = f"{mark.line + 1}:{mark.column + 1}" if mark else "1"
            raise UsageError(
                f"{self.name}:{at}: not YAML: {error.problem}", hint="check quotes, colons and indentation there"
            ) from error
        except (yaml.YAMLError, RecursionError) as error:
            raise UsageError(f"{self.name}: not YAML: {error}", hint="is it a text file in UTF-8?") from error
        if node is not None and (tagged := _tagged(node)) is not None:
            raise self.fail(tagged, f"the tag {tagged.tag} has no meaning here", hint="write plain values")
        return node

    def mapping(self, node: yaml.Node, *, keys: Iterable[str] | None, what: str) -> dict[str, yaml.Node]:
        """Its values by key; `keys` are all that it may have (None = any)."""
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(node, f"{what} has to be a mapping of keys to values", hint=f"see docs for {what}")
        known = None if keys is None else sorted(keys)
        values: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            key = self.text(key_node, what="a key")
            if key in values:
                raise self.fail(key_node, f"{key!r} stands twice in {what}", hint="keep one of them")
            if known is not None and key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"{what} knows: {', '.join(known)}"
                raise self.fail(key_node, f"{what} has no key {key!r}", hint=hint)
            values[key] = value
        return values

    def sequence(self, node: yaml.Node, *, what: str) -> list[yaml.Node]:
        """The items of a list; a single text counts as a list of one."""
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        if isinstance(node, yaml.ScalarNode) and not _is_null(node):
            return [node]
        raise self.fail(node, f"{what} has to be a list", hint=f"write {what}: [a, b]")

    def texts(self, node: yaml.Node, *, what: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self.text(item, what=what) for item in self.sequence(node, what=what))

    def text(self, node: yaml.Node, *, what: str) -> str:
        """A text, or a number as it is written."""
        if not isinstance(node, yaml.ScalarNode) or _is_null(node):
            raise self.fail(node, f"{what} has to be a text", hint="put it into quotes")
        value = str(node.value)
        if _VARIABLE.search(value):
            raise self.fail(
                node, f"{what} cannot come from the environment", hint="${NAME} works for secrets only; write the value"
            )
        return value

    def secret(self, node: yaml.Node, *, what: str) -> str:
        """A text with at least one `${NAME}`, replaced from the environment."""
        if not isinstance(node, yaml.ScalarNode) or _is_null(node):
            raise self.fail(node, f"{what} has to be a text", hint=f"write {what}: ${{NAME}}")
        value = str(node.value)
        if not _VARIABLE.search(value):
            raise self.fail(
                node,
                f"{what} is a secret, and this file is no place for one",
                hint=f"write {what}: ${{NAME}} and set NAME in the environment",
            )

        def from_env(match: re.Match[str]) -> str:
            found = self.env.get(match[1], "")
            if not found:
                raise self.fail(node, f"{what} wants ${{{match[1]}}}, which is not set", hint=f"export {match[1]}=...")
            return found

        return _VARIABLE.sub(from_env, value)

    def path(self, node: yaml.Node, *, what: str) -> Path:
        """A path; a relative one starts at the file's folder."""
        return self.folder / Path(self.text(node, what=what)).expanduser()

    def duration_s(self, node: yaml.Node, *, what: str) -> float:
        """Seconds of a duration such as 90m."""
        return self._as(node, parse_duration_s, what=what, wanted="a duration such as 90m")

    def integer(self, node: yaml.Node, *, what: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        number = self._as(node, int, what=what, wanted=f"a whole number from {low} to {high}")
        if not low <= number <= high:
            raise self.fail(node, f"{what} is {number}", hint=f"from {low} to {high}")
        return number

    def boolean(self, node: yaml.Node, *, what: str) -> bool:
        """`true` or `false`."""
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:bool":
            return str(node.value).lower() in {"true", "yes", "on"}
        raise self.fail(node, f"{what} has to be true or false", hint=f"write {what}: true")

    def choice(self, node: yaml.Node, *, of: Iterable[str], what: str) -> str:
        """One of the given words."""
        value, known = self.text(node, what=what), list(of)
        if value not in known:
            raise self.fail(node, f"{what} is {value!r}", hint=f"one of {', '.join(known)}")
        return value

    def _as(self, node: yaml.Node, read: Callable[[str], _T], *, what: str, wanted: str) -> _T:
        text = self.text(node, what=what)
        try:
            return read(text)
        except (ValueError, UsageError) as error:
            raise self.fail(node, f"{what} is {text!r}", hint=f"it has to be {wanted}") from error


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


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")
