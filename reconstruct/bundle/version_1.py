"""What bundles of version 1 call otherwise: `reconstruct/bundle/1` is read, never written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

SCHEMA: Final = "reconstruct/bundle/1"

_SIGNAL: Final = {"floor": "min_effect", "smear_s": "range_s"}
_GAP: Final = {"wanted": "missing", "reason": "cause"}
_STATEMENT: Final = (" went from {before} to {during} at {time}", ", {before} before, median {during} from {time}")
"""How a mechanism told its figure, and how it does: what stood in the middle of a time is no value at an instant."""


def upgraded(part: str, record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record of `part` with the names of version 2.

    >>> upgraded("gaps.jsonl", {"id": "g1", "wanted": "job shop", "reason": "scrape failed"})
    {'id': 'g1', 'missing': 'job shop', 'cause': 'scrape failed'}
    >>> upgraded("settings.json", {"mechanisms": [{"statement": "{metric} went from {before} to {during} at {time}"}]})
    {'mechanisms': [{'statement': '{metric}, {before} before, median {during} from {time}'}]}
    >>> upgraded("signals.jsonl", {"signal": {"id": "a/b", "floor": 1.0, "known": False}})
    {'signal': {'id': 'a/b', 'min_effect': 1.0, 'inferred': True}}
    """
    if part == "gaps.jsonl":
        return _renamed(record, _GAP)
    if part == "signals.jsonl" and isinstance(signal := record.get("signal"), dict):
        named = dict(_renamed(signal, _SIGNAL))
        known = named.pop("known", True)
        return {**record, "signal": {**named, "inferred": not known} if isinstance(known, bool) else signal}
    if part == "settings.json" and isinstance(mechanisms := record.get("mechanisms"), list):
        return {**record, "mechanisms": [_reworded(one) for one in mechanisms]}
    return record


def _reworded(mechanism: object) -> object:
    if not isinstance(mechanism, dict) or not isinstance(said := mechanism.get("statement"), str):
        return mechanism
    return {**mechanism, "statement": said.replace(*_STATEMENT)}


def _renamed(record: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    return {names.get(name, name): value for name, value in record.items()}
