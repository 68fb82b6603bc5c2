"""What a JSON file of no known tool wraps its records in: lists, pages, `data`, `attributes`, a record's envelope."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, cast

from reconstruct.json_text import JsonError, read_json
from reconstruct.sources.changes.columns import FIELDS, cell_text, column_name, column_of
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
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
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


def pushed(whole: object) -> object:
    """What a message of Pub/Sub carries as base64, where it is JSON; anything else as it is.

    >>> pushed({"message": {"data": "eyJhIjogMX0=", "messageId": "7"}, "subscription": "s"})
    {'a': 1}
    """
    message = whole.get("message") if isinstance(whole, dict) else None
    data = message.get("data") if isinstance(message, dict) else None
    if not isinstance(data, str):
        return whole
    try:
        return read_json(base64.b64decode(data, validate=True).decode("utf-8"))
    except (ValueError, JsonError):
        return whole


def likely_records(items: Sequence[Item]) -> tuple[int, int]:
    """How much a list looks like records rather than an envelope: by its length, then by what its first item holds."""
    return len(items), sum(not isinstance(value, (dict, list)) for value in items[0].values())


def dated_lists(whole: object, is_dated: Callable[[Item], bool]) -> list[Item] | None:
    """The records of an object that holds several lists of them, by kind, by service or by date; None = it does not.

    >>> lists = {"shop": [{"at": "13:45"}], "cart": [{"at": "13:50"}]}
    >>> dated_lists(lists, lambda item: "at" in item)
    [{'service': 'shop', 'at': '13:45'}, {'service': 'cart', 'at': '13:50'}]
    """
    if not isinstance(whole, dict):
        return None
    lists = {str(name): _objects(value) for name, value in whole.items() if isinstance(value, list)}
    dated = {name: items for name, items in lists.items() if any(map(is_dated, items))}
    if len(dated) < 2:
        return None
    only = len(dated) == len(whole)
    return [_of_list(name, _called(name, item) if only else item) for name, items in dated.items() for item in items]


def _called(name: str, item: Item) -> Item:
    """A record with what its list is called: its date or its service, where it tells none."""
    field = "date" if _DATE.fullmatch(name) else "service"
    told = name.lower() in _LISTED or any(column_name(one) in FIELDS.get(field, (field,)) for one in item)
    return item if told else {field: name, **item}


def unwrapped(values: Sequence[object]) -> list[Item] | None:
    """What each line of a log of messages carries, where a message tells only when it came; None = it is no such log.

    >>> unwrapped([{"topic": "x", "timestamp": 1794929999000, "value": {"at": "13:45", "service": "shop"}}])
    [{'at': '13:45', 'service': 'shop'}]
    """
    found: list[Item] = []
    for value in values:
        held = _carried(value) if isinstance(value, dict) else None
        if held is None:
            return None
        found.append(held)
    return found


def _carried(message: Item) -> Item | None:
    objects = {name: _object(value) for name, value in message.items()}
    plain = {column_name(name): cell_text(value) for name, value in message.items() if objects[name] is None}
    if any(column_of(field, plain) for field in ("title", "service", "kind", "version", "state")):
        return None
    carried = [one for name, one in objects.items() if one and str(name).lower() in _WRAPPERS]
    dated = [one for one in carried if any(column_name(field) in _TIMES for field in one)]
    return dated[0] if len(dated) == 1 else None


def _object(value: object) -> Item | None:
    """An object, or the one that a text holds as JSON."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        with suppress(JsonError):
            value = read_json(value)
    return cast("Item", value) if isinstance(value, dict) else None


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
    """Whether an object only holds a list, `{"edges": [...], "pageInfo": {...}}`, or one that does."""
    if isinstance(value, dict) and len(value) == 1 and isinstance(only := next(iter(value.values())), (dict, list)):
        return isinstance(only, list) or _wraps(only)
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
