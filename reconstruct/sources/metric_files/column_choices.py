"""What the user says of a column or metric: `--column 'Antwortzeit=latency,seconds'`, `--column 'cmdb_id=service'`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args

from reconstruct.errors import UsageError
from reconstruct.model import Aspect, Worse
from reconstruct.packs.vocabulary import UNITS
from reconstruct.sources.metric_files.columns import ROLES
from reconstruct.sources.metric_files.units import WrittenUnit, unit_of_vendor

_ASPECTS: Final[tuple[Aspect, ...]] = get_args(Aspect)
_WORSE: Final[tuple[Worse, ...]] = get_args(Worse)


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """One `--column`: a role in the table, or what is measured."""

    name: str
    role: str = ""
    """One of `columns.ROLES`; "" = it measures something."""
    aspect: Aspect | None = None
    unit: WrittenUnit | None = None
    worse: Worse | None = None


def read_column_choice(text: str) -> ColumnChoice:
    """`NAME=ROLE` or `NAME=ASPECT[,UNIT][,up|down|both]`.

    Raises
    ------
    UsageError
        If it is neither.

    >>> read_column_choice("Antwortzeit=latency,ms").unit
    WrittenUnit(unit='seconds', factor=0.001)
    >>> read_column_choice("cmdb_id=service").role
    'service'
    """
    name, equals, said = text.rpartition("=")
    words = [word.strip() for word in said.split(",") if word.strip()]
    if not equals or not name.strip() or not words:
        raise UsageError(
            f"--column {text!r} says nothing of a column",
            hint="write --column 'NAME=latency,seconds' or 'NAME=service'",
        )
    choice = ColumnChoice(name.strip())
    if len(words) == 1 and words[0] in ROLES:
        return ColumnChoice(name.strip(), role=words[0])
    for word in words:
        unit = WrittenUnit(word) if word in UNITS and word not in ("percent", "count") else unit_of_vendor(word)
        if word in _ASPECTS:
            choice = ColumnChoice(choice.name, "", next(a for a in _ASPECTS if a == word), choice.unit, choice.worse)
        elif word in _WORSE:
            choice = ColumnChoice(choice.name, "", choice.aspect, choice.unit, next(w for w in _WORSE if w == word))
        elif unit is not None:
            choice = ColumnChoice(choice.name, "", choice.aspect, unit, choice.worse)
        else:
            raise UsageError(
                f"--column {text!r}: {word!r} is no role, aspect or unit",
                hint=f"a role ({', '.join(ROLES)}), or an aspect ({', '.join(_ASPECTS)}) and a unit (ms, %)",
            )
    return choice


def roles_of(choices: Sequence[ColumnChoice]) -> dict[str, str]:
    """The role of each column that was given one."""
    return {one.name: one.role for one in choices if one.role}
