"""Nouns <-> JSON, exactly: driven by the type hints of the dataclasses, so a new field needs no code here.

Timestamps are RFC 3339 text whose digits after the second (0, 3, 6 or 9) are their resolution; time deltas are
`[count, unit]`; floats that JSON cannot write are the words NaN, Infinity and -Infinity; a Service is
`[name, namespace, cluster]`; label order is kept.
"""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import numpy as np
import pandas as pd

from reconstruct import model
from reconstruct.model.instants import in_range, is_span

_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
_UNITS = {digits: unit for unit, digits in _DIGITS.items()}


class DecodeError(Exception):
    """A part does not hold what it should; says where."""


def encode(value: object) -> Any:
    """A noun, or what a noun may hold, as values that JSON knows."""
    match value:
        case None | bool() | str():
            return value
        case float() | np.floating():
            number = float(value)
            return number if math.isfinite(number) else _word(number)
        case int() | np.integer():
            return int(value)
        case pd.Timestamp():
            return encode_time(value)
        case pd.Timedelta():
            return [int(value.asm8.astype("int64")), value.unit]
        case tuple() | list():
            return [encode(item) for item in value]
        case Mapping():
            return {str(key): encode(item) for key, item in value.items()}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    raise ValueError(f"no code for {type(value).__name__}")


def encode_time(time: pd.Timestamp) -> str:
    """A UTC instant as text that tells its resolution.

    >>> encode_time(pd.Timestamp("2026-11-17T13:45:00Z").as_unit("ms"))
    '2026-11-17T13:45:00.000Z'
    """
    if time.tz is None or time.utcoffset() != pd.Timedelta(0):
        raise ValueError(f"{time!r} is not UTC")
    digits = _DIGITS[time.unit]
    fraction = f".{time.microsecond * 1000 + time.nanosecond:09d}"[: digits + 1] if digits else ""
    return f"{time:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def decode_time(text: str) -> pd.Timestamp:
    """The inverse of `encode_time`."""
    if not isinstance(text, str):
        raise DecodeError(f"{str(text)[:40]!r} is not a time")
    text = text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text
    digits = len(text.rstrip("Z").partition(".")[2])
    if digits not in _UNITS or not text.endswith("Z"):
        raise DecodeError(f"{text[:40]!r} is not a time")
    try:
        time = pd.Timestamp(text).as_unit(cast("Any", _UNITS[digits]))
    except ValueError as error:
        raise DecodeError(f"{text[:40]!r} is not a time") from error
    if not in_range(time):
        raise DecodeError(f"{text[:40]!r} is before 1970 or after 2200")
    return time


def decode(value: object, kind: Any) -> Any:
    """The value of type `kind` that `encode` made `value` from.

    Raises
    ------
    DecodeError
        If `value` is no such thing, or knows a field that this version does not.
    """
    if kind is Any:
        return value
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        options = [option for option in get_args(kind) if option is not type(None)]
        return None if value is None else decode(value, options[0])
    if origin is Literal:
        if value not in get_args(kind):
            raise DecodeError(f"{value!r} is none of {', '.join(map(str, get_args(kind)))}")
        return value
    if origin is tuple:
        return _decode_tuple(value, get_args(kind))
    if origin is not None and issubclass(origin, Mapping):
        _, item_kind = get_args(kind)
        return {key: decode(item, item_kind) for key, item in _object(value).items()}
    if kind is model.Service:
        return model.Service(*_decode_tuple(value, (str, str, str)))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _decode_noun(_object(value), kind)
    return _decode_scalar(value, kind)


def _decode_noun(fields: Mapping[str, object], kind: type) -> object:
    hints = _hints(kind)
    if unknown := fields.keys() - hints.keys():
        raise DecodeError(f"{kind.__name__} has no field {', '.join(sorted(unknown))}")
    try:
        if kind is model.Signal:
            fields = {**fields, "tags": _known_tags(fields.get("tags", []))}
        told = {name: decode(value, hints[name]) for name, value in fields.items()}
        for name, value in told.items():
            if name.endswith("_s") and isinstance(value, float) and not is_span(value, zero=True):
                raise DecodeError(f"{kind.__name__}: {value} is no length of time for {name}")
        return kind(**told)
    except TypeError as error:  # a field without a default is not there
        raise DecodeError(f"{kind.__name__} lacks a field: {error}") from error


def _known_tags(tags: object) -> object:
    """Without those of earlier versions, whose packs could invent tags that no rule asked for."""
    return [tag for tag in tags if tag in model.TAGS] if isinstance(tags, list) else tags


def _decode_tuple(value: object, kinds: tuple[Any, ...]) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise DecodeError(f"{str(value)[:40]!r} is not a list")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(decode(item, kinds[0]) for item in value)
    if len(value) != len(kinds):
        raise DecodeError(f"{len(value)} items where {len(kinds)} belong")
    return tuple(decode(item, kind) for item, kind in zip(value, kinds, strict=True))


def _decode_scalar(value: object, kind: Any) -> object:
    if kind is float and isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            return float(value)
        except (ValueError, OverflowError) as error:
            raise DecodeError(f"{value!r} is not a number") from error
    if kind is pd.Timestamp and isinstance(value, str):
        return decode_time(value)
    if kind is pd.Timedelta:
        return _decode_delta(value)
    if kind in (str, int, bool) and type(value) is kind:
        return value
    raise DecodeError(f"{str(value)[:40]!r} is not a {getattr(kind, '__name__', kind)}")


def _decode_delta(value: object) -> pd.Timedelta:
    match value:
        case [int(count), str(unit)] if unit in _DIGITS and abs(count) < 2**62:
            return pd.Timedelta(np.timedelta64(count, cast("Any", unit)))
    raise DecodeError(f"{str(value)[:40]!r} is not a duration")


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise DecodeError(f"{str(value)[:40]!r} is not an object")
    return value


def _word(number: float) -> str:
    return "NaN" if math.isnan(number) else ("Infinity" if number > 0 else "-Infinity")


@lru_cache(maxsize=64)
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)
