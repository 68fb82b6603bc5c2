"""The mapping of columns that the configuration may hold for a file, and a guess of it where none is understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from reconstruct.config import read_time
from reconstruct.errors import UsageError
from reconstruct.sources.changes.people import names_person
from reconstruct.sources.changes.record import FIELDS, cell_text, column_name, taken_columns

_SHOWN = 12
"""Names of columns in a message."""


def mapped_columns(options: Mapping[str, str]) -> dict[str, str]:
    """Which column, or value, the configuration names for each field of an event.

    >>> mapped_columns({"time": "deployed_at", "kind": "deploy", "token": "x"})
    {'time': 'deployed_at', 'kind': 'deploy'}
    """
    return {field: options[field] for field in FIELDS if options.get(field)}


def guessed_mapping(records: Sequence[Mapping[str, object]], *, name: str, source: str) -> UsageError:
    """The error for records without a time that is known: the entry for reconstruct.yaml, filled in as guessed."""
    first = records[0]
    columns = [str(column) for column in first]
    dated = [column for column in columns if all(_is_time(record.get(column)) for record in records[:20])]
    told = {column_name(column): cell_text(first[column]) for column in columns if column not in dated}
    guessed = {field: column for field, column in taken_columns(told, {}).items() if field in _WORTH_SAYING}
    lines = [f"time: {dated[0]}" if dated else f"time: <one of {', '.join(columns[:_SHOWN])}>"]
    lines += [f"{field}: {column}" for field, column in guessed.items()]
    lines += ["kind: deploy"] if "kind" not in guessed else []
    entry = "\n".join(["events:", f"  - source: {source}", *(f"    {line}" for line in lines)])
    shown = ", ".join(column for column in columns[:_SHOWN] if not names_person(column))
    return UsageError(
        f"{name} is of no format that is known here, and none of its columns is known as a time; it has {shown}",
        hint=f"say which column is what in reconstruct.yaml:\n{entry}\n    # zone: Europe/Berlin",
    )


_WORTH_SAYING = frozenset({"kind", "service", "title", "version", "state", "environment"})


def _is_time(value: object) -> bool:
    text = cell_text(value)
    if len(text) < len("00:00"):
        return False
    try:
        read_time(text, tz="UTC", today=date(2000, 1, 1), serials=True)
    except UsageError as error:
        return " can be " in error.message
    return True
