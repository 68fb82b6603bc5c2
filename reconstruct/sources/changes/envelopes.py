"""What a JSON file of no known tool wraps its records in: lists, pages, `data`, `attributes`, a record's envelope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from reconstruct.sources.changes.columns import FIELDS, column_name
from reconstruct.sources.changes.payload import Item

MAX_DEPTH: Final = 6
_WRAPPERS: Final = frozenset(
    {
        *(
            "data",
            "result",
            "results",
            "response",
            "payload",
            "event",
            "incident",
            "incidents",
            "deployment",
            "release",
        ),
        *("build", "alert", "content", "detail", "details", "body", "object", "attributes", "properties", "fields"),
        *("_source", "edges", "nodes", "node", "hits", "deploy", "item", "items", "value", "values", "execution"),
    }
)
"""Fields whose object is the record itself; any other nested object is a part of one."""
_LISTS: Final = ("edges", "nodes", "items", "results", "content", "values", "value", "elements", "entries", "records")
_LISTED: Final = {
    **dict.fromkeys(("deployments", "deploys", "releases", "rollouts"), "deployment"),
    "rollbacks": "rollback",
    "migrations": "migration",
    "restarts": "restart",
    "alerts": "alert",
    "incidents": "alert",
}
"""What lists of records are called."""
_TIMES: Final = frozenset((*FIELDS["time"], *FIELDS["end"]))


def record_lists(whole: Mapping[str, object] | Sequence[object]) -> Iterator[Sequence[Item]]:
    """Every list of records that a payload may be about, outermost first; what wraps one lends it its plain fields.

    >>> [[dict(one) for one in items] for items in record_lists({"data": [{"id": 1, "attributes": {"a": 2}}]})]
    [[{'data': [{'id': 1, 'attributes': {'a': 2}}]}], [{'id': 1, 'attributes': {'a': 2}}], [{'id': 1, 'a': 2}]]
    """
    level = [_objects(whole)]
    if isinstance(whole, dict) and len(whole) > 1 and all(isinstance(value, dict) for value in whole.values()):
        level.append(_objects(list(whole.values())))  # records by their ids
    for _ in range(MAX_DEPTH):
        yield from level
        level = [inner for items in level for inner in _within(items) if inner]


def likely_records(items: Sequence[Item]) -> tuple[int, int]:
    """How much a list looks like records rather than an envelope: by its length, then by what its first item holds."""
    return len(items), sum(not isinstance(value, (dict, list)) for value in items[0].values())


def _within(items: Sequence[Item]) -> Iterator[list[Item]]:
    for name in dict.fromkeys(name for item in items for name in item):
        held = [(item, item[name]) for item in items if isinstance(item.get(name), (dict, list))]
        if any(isinstance(value, list) for _, value in held):
            inner = [one for _, value in held for one in _objects(value)]
            yield [_of_list(str(name), one) for one in inner]
        elif held and (str(name).lower() in _WRAPPERS or any(_wraps(value) for _, value in held)):
            yield [cast("Item", {**_plain(item), **cast("dict[str, object]", value)}) for item, value in held]


def _of_list(name: str, item: Item) -> Item:
    """A record with the kind that its list is called by, where it tells none: `{"deployments": [...]}`."""
    if (kind := _LISTED.get(name.lower())) and not any(column_name(field) in FIELDS["kind"] for field in item):
        return {**item, "kind": kind}
    return item


def _wraps(value: object) -> bool:
    """Whether an object only holds a list: `{"edges": [...], "pageInfo": {...}}`."""
    return isinstance(value, dict) and any(isinstance(value.get(name), list) for name in _LISTS)


def _plain(item: Item) -> dict[str, object]:
    """What an envelope tells beside its content; its times are those of the message."""
    return {
        name: value
        for name, value in item.items()
        if not isinstance(value, (dict, list)) and column_name(name) not in _TIMES
    }


def _objects(value: object) -> list[Item]:
    found = value if isinstance(value, list) else [value]
    flat = [one for part in found for one in (part if isinstance(part, list) else [part])]
    return [cast("Item", one) for one in flat if isinstance(one, dict)]
