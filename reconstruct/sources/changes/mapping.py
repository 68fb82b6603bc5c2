"""The mapping of columns that the configuration may hold for a file, and a guess of it where none is understood."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from reconstruct.config import read_time
from reconstruct.errors import UsageError
from reconstruct.sources.changes.columns import FIELDS, cell_text, column_name, taken_columns
from reconstruct.sources.changes.kinds import kind_of
from reconstruct.sources.changes.payload import at
from reconstruct.sources.changes.people import names_person

_SHOWN = 12
"""Names of columns in a message."""


def mapped_columns(options: Mapping[str, str]) -> dict[str, str]:
    """Which column, or value, the configuration names for each field of an event.

    >>> mapped_columns({"time": "deployed_at", "kind": "deploy", "token": "x"})
    {'time': 'deployed_at', 'kind': 'deploy'}
    """
    return {field: options[field] for field in FIELDS if options.get(field)}


def with_paths(record: Mapping[str, object], columns: Mapping[str, str]) -> Mapping[str, object]:
    """The record with what stands at the paths that the configuration names (`time: started.date`) as columns.

    >>> with_paths({"a": {"b": 1}}, {"time": "a.b"})
    {'a': {'b': 1}, 'a.b': 1}
    """
    paths = {path: at(record, path) for path in columns.values() if "." in path and path not in record}
    return {**record, **{path: value for path, value in paths.items() if value is not None}} if paths else record


def guessed_mapping(records: Sequence[Mapping[str, object]], *, name: str, source: str) -> UsageError:
    """The error for records without a time that is known: the entry for reconstruct.yaml, filled in as guessed."""
    flat = [flattened(record) for record in records[:20]]
    columns = [column for column in flat[0] if not any(map(names_person, column.split(".")))]
    dated = [column for column in columns if all(_is_time(record.get(column)) for record in flat if record.get(column))]
    times = [column for column in dated if flat[0][column] and _TIME_WORD.search(column)] or [
        column for column in dated if flat[0][column] and not column.lower().endswith("id")
    ]
    told = {column_name(column): cell_text(flat[0][column]) for column in columns if column not in dated}
    guessed = {field: column for field, column in taken_columns(told, {}).items() if field in _WORTH_SAYING}
    if "kind" in guessed and kind_of(told[guessed["kind"]]) == "note":
        del guessed["kind"]
    others = f"   # or {', '.join(times[1:_SHOWN])}: the one that tells when it began" if len(times) > 1 else ""
    lines = [f"time: {times[0]}{others}" if times else f"time: <one of {', '.join(columns[:_SHOWN])}>"]
    lines += [f"{field}: {column}" for field, column in guessed.items()]
    lines += ["kind: deploy"] if "kind" not in guessed else []
    entry = "\n".join(["events:", f"  - source: {source}", *(f"    {line}" for line in lines)])
    shown = ", ".join(columns[:_SHOWN])
    return UsageError(
        f"{name} is of no format that is known here, and none of its columns is known as a time; it has {shown}",
        hint=f"say which column is what in reconstruct.yaml:\n{entry}\n    # zone: Europe/Berlin",
    )


def flattened(record: Mapping[str, object], *, above: str = "", depth: int = 2) -> dict[str, object]:
    """A record's fields by their paths.

    >>> flattened({"id": 1, "started": {"date": "13:55"}, "tags": ["a"]})
    {'id': 1, 'started.date': '13:55', 'tags': ['a']}
    """
    found: dict[str, object] = {}
    for name, value in record.items():
        if isinstance(value, Mapping) and value and depth:
            found |= flattened(value, above=f"{above}{name}.", depth=depth - 1)
        else:
            found[f"{above}{name}"] = value
    return found


_WORTH_SAYING = frozenset({"kind", "service", "title", "version", "state", "environment"})
_TIME_WORD = re.compile(r"time|date|start|began|stamp|clock|(?:[a-z]At|_at|On|_on|Ts|_ts)$", re.IGNORECASE)


def _is_time(value: object) -> bool:
    text = cell_text(value)
    if len(text) < len("00:00") or isinstance(value, (list, dict)):
        return False
    try:
        read_time(text, tz="UTC", today=date(2000, 1, 1), serials=True)
    except UsageError as error:
        return " can be " in error.message
    return True
