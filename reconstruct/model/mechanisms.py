"""What packs and configuration build, and the pipeline passes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reconstruct.model.kinds import Aspect, Layer


@dataclass(frozen=True, slots=True)
class Sign:
    """Something a mechanism expects of the signals: which kind, and which way it moves.

    `tags` empty = any signal of that (layer, aspect).
    """

    layers: tuple[Layer, ...]
    aspects: tuple[Aspect, ...]
    moves: Literal["up", "down", "worse", "any", "none"]
    """`worse` = the way that the signal itself calls worse; `none` = it must stay as it was."""
    tags: tuple[str, ...] = ()
    """Any of these; `-tag` = without it."""
    says: str = ""
    alternatives: tuple[Sign, ...] = ()
    """Other kinds of signal that show the same thing."""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A way for things to go wrong, in terms of (layer, aspect): queries/mechanisms.yaml."""

    id: str
    title: str
    statement: str
    """A sentence with {service}, {metric}, {before}, {during}, {time}."""
    must: tuple[Sign, ...] = ()
    """Each has to be there, or the mechanism is not shown."""
    may: tuple[Sign, ...] = ()
    """Each makes it likelier."""
    must_not: tuple[Sign, ...] = ()
    """Any of these contradicts it."""
    checked_by: tuple[Sign, ...] = ()
    """Signals whose staying normal rules it out; none with data = not checked."""
    needs: str = ""
    """What to export so that it can be checked."""
    change_can: tuple[str, ...] = ()
    """Event kinds that can set it off; () = any."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user configured that the pure core needs."""

    services: tuple[str, ...] = ()
    """What the incident is about; () = found out."""
    calls: tuple[tuple[str, str], ...] = ()
    mechanisms: tuple[Mechanism, ...] = ()
    authors: bool = False
