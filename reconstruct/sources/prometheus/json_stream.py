"""JSON that is still coming in, read piece by piece: the caller walks, whole values are given to `json`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from reconstruct.json_text import read_json

BLOCK_BYTES: Final = 1 << 19
"""Read at a time."""
MAX_VALUE_BYTES: Final = 64 << 20
"""Of one value: the samples of a series with 11,000 points have half a megabyte, of native histograms some 50."""

_STRING_OR_BRACKET: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["\[\]{}]', re.DOTALL)
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SCALAR: Final = re.compile(rb"[^\s,:\[\]{}\"]++")
_SPACE: Final = re.compile(rb"[ \t\r\n]*+")


class CutShortError(Exception):
    """The body ended before its last brace."""


class GarbledError(Exception):
    """The body is no JSON, or not of the form it should have."""


class JsonStream:
    """A JSON text that is still coming in, and where we are in it; what was read is dropped."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._ended = False
        self.data = b""
        self.at = 0

    def more(self) -> None:
        """Another block, and `at` = 0; what lies before `at` is let go."""
        pieces, size = [self.data[self.at :]], 0
        while size < BLOCK_BYTES and not self._ended:  # a network gives little at a time: one copy for all of it
            piece = self._read(BLOCK_BYTES)
            self._ended = not piece
            pieces.append(piece)
            size += len(piece)
        if not size:
            raise CutShortError
        self.data = b"".join(pieces)
        self.at = 0

    def look_ahead(self, n_bytes: int) -> None:
        """Have that many bytes at hand, if there are as many."""
        try:
            while len(self.data) - self.at < n_bytes and not self._ended:
                self.more()
        except CutShortError:
            pass

    def find(self, missing: bytes, *, ahead: int = 0) -> int:
        """Where `missing` begins, from `ahead` bytes behind `at` on; `at` may move with the text."""
        while (found := self.data.find(missing, self.at + ahead)) < 0:
            ahead = max(ahead, len(self.data) - self.at - len(missing) + 1)
            self.more()
        return found

    def peek(self) -> str:
        """The next character that is no space, without taking it."""
        while True:
            space = _SPACE.match(self.data, self.at)
            self.at = space.end() if space else self.at
            if self.at < len(self.data):
                return chr(self.data[self.at])
            self.more()

    def take(self, character: str) -> None:
        """Go past the next character, which has to be this one."""
        found = self.peek()
        if found != character:
            raise GarbledError(f"{found!r} where {character!r} should be")
        self.at += 1

    def members(self) -> Iterator[str]:
        """The keys of the object that begins here; after each the caller takes its value."""
        self.take("{")
        yield from self.members_left()

    def members_left(self) -> Iterator[str]:
        """The keys of an object whose beginning was read."""
        if self.peek() == "}":
            self.at += 1
            return
        while True:
            key = self.value()
            if not isinstance(key, str):
                raise GarbledError("a key that is no string")
            self.take(":")
            self.peek()
            yield key
            if self.peek() == "}":
                self.at += 1
                return
            self.take(",")

    def elements(self) -> Iterator[None]:
        """Once for each element of the array that begins here; the caller takes it."""
        self.take("[")
        if self.peek() == "]":
            self.at += 1
            return
        while True:
            self.peek()
            yield
            if self.peek() == "]":
                self.at += 1
                return
            self.take(",")

    def value(self) -> Any:
        """The JSON value that begins here, whatever it is."""
        first = self.peek()
        while True:
            end = self._end_of_value(first)
            if end is not None:
                break
            held = len(self.data) - self.at
            if held > MAX_VALUE_BYTES:
                raise GarbledError("a value that does not end")
            self.more()
            self.look_ahead(2 * held)  # each look is at twice as much: a long value costs no square
        text = self.data[self.at : end]
        self.at = end
        return read_json(text)

    def must_be_over(self) -> None:
        """Nothing but space may follow."""
        self.look_ahead(1)
        while self.data[self.at :].isspace():
            self.at = len(self.data)
            self.look_ahead(1)
        if self.at < len(self.data):
            raise GarbledError("more text behind the answer")

    def _end_of_value(self, first: str) -> int | None:
        if first == '"':
            found = _STRING.match(self.data, self.at)
            return found.end() if found else None
        if first not in "[{":
            found = _SCALAR.match(self.data, self.at)
            if found is None:
                raise GarbledError(f"{first!r} where a value should be")
            return found.end() if found.end() < len(self.data) else None
        depth = 0
        for found in _STRING_OR_BRACKET.finditer(self.data, self.at):
            character = found.group()
            if character == b'"':
                return None  # a string that has not ended yet: brackets behind it are its own
            depth += (character in (b"[", b"{")) - (character in (b"]", b"}"))
            if depth == 0:
                return found.end()
        return None
