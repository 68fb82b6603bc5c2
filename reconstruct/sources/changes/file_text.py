"""A file's bytes as text, and a text as the JSON or YAML values that it holds."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Final

import yaml

from reconstruct.errors import UsageError

MAX_FILE_BYTES: Final = 256 * 1024 * 1024
"""A guess: a million events; more is a log, not a list of changes."""


def json_values(text: str) -> list[object] | None:
    """Every JSON value of a text that holds nothing else, one after the other; None = it holds something else.

    `gh api --paginate` and `kubectl get --watch` write them so, JSON Lines are the same with line ends between.
    """
    decoder = json.JSONDecoder()
    found: list[object] = []
    place, length = 0, len(text)
    try:
        while place < length:
            while place < length and text[place] in " \t\r\n\ufeff":
                place += 1
            if place < length:
                value, place = decoder.raw_decode(text, place)
                found.append(value)
    except (ValueError, RecursionError):
        return None
    return found or None


_AS_TEXT: Final = frozenset({"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:float"})


class _Plain(yaml.SafeLoader):
    """YAML whose times and fractions stay text: neither a zone nor the last digit of version 2.20 must be lost."""


_Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _AS_TEXT]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def yaml_value(text: str, *, path: Path) -> object:
    """What a YAML text holds: its one document, or the list of them.

    Raises
    ------
    UsageError
        If it is no YAML, or holds nothing.
    """
    try:
        documents = [one for one in yaml.load_all(text, Loader=_Plain) if one is not None]
    except (yaml.YAMLError, RecursionError) as error:
        where = str(error).replace("\n", " ")[:200]
        raise UsageError(f"{path}: it is not YAML that can be read: {where}", hint="export it as JSON") from error
    if not documents:
        raise UsageError(f"{path} is empty", hint="check the path given to --events")
    return documents[0] if len(documents) == 1 else documents


def read_text(path: Path) -> str:
    """The text of a file: unpacked where it is gzip, in whichever usual encoding.

    Raises
    ------
    UsageError
        If it cannot be read, or is too large.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UsageError(f"{path} is larger than {MAX_FILE_BYTES >> 20} MiB", hint="cut it down to the window")
        raw = path.read_bytes()
        if raw.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(raw)) as packed:
                raw = packed.read(MAX_FILE_BYTES)
    except (OSError, EOFError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read {path}: {said}", hint="check the path given to --events") from error
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):  # what a spreadsheet calls "Unicode text"
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")  # a spreadsheet's CSV on Windows
