"""What packs and configuration build, and the pipeline passes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from reconstruct.model.error_budget import Objective
from reconstruct.model.kinds import Aspect, EventKind, Layer


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
    """Any of these of `Tag`; `-tag` = without it. The reader of mechanisms.yaml knows no others."""
    says: str = ""
    alternatives: tuple[Sign, ...] = ()
    """Other kinds of signal that show the same thing."""


@dataclass(frozen=True, slots=True)
class Tell:
    """A figure of one thing that shows a mechanism at work there, or a condition beside it.

    `on` is the kind of thing (explain.figures.Place), `figure` its figure. All bounds given must hold.
    """

    figure: str
    on: str = ""
    """"" = of the same thing, in a condition."""
    moves: Literal["up", "down"] = "up"
    times: float = 1.0
    """At least so many times what it was (moves down: at most)."""
    by: float = 0.0
    """At least so much more (less), in its unit."""
    reaches: float | None = None
    """During the incident it is at least (moves down: at most) this ..."""
    was: float | None = None
    """... and before it was below (above) this."""
    below: float | None = None
    """During the incident it is less than this, whatever it did."""
    spread: float = 0.0
    """Its robust spread is never taken for less than this."""
    sure: float = 4.0
    """Robust spreads that it must move by."""
    quantile: float = 0.5
    """Of its values while the impact lasted: 0.5 = most of the time, more for what comes in bursts."""
    telling: float = 0.0
    """Log-odds that it says for the mechanism."""
    slope: bool = False
    """It fills, drains or leaks: what counts is when the slope began."""
    vague: bool = False
    """It tells no neighbour apart: what does is believed first."""
    measured: bool | None = None
    """In a condition: only whether the figure exists at all."""
    changes_of: Mapping[str, float] = field(default_factory=dict)
    """Whose change may bring it about, and how likely: itself, target, users, hosted, anyone."""
    when: tuple[Tell, ...] = ()
    unless: tuple[Tell, ...] = ()


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
    shown_by: tuple[Tell, ...] = ()
    """Figures of the system that show it, each alone sufficient."""
    cleared_by: tuple[Tell, ...] = ()
    """Figures that rule it out for the very thing where they hold (as bounds of what stayed, not of what moved)."""
    kinds: Mapping[EventKind, float] = field(default_factory=dict)
    """Log-odds of each kind of change for it, against any kind."""
    explained_by: tuple[str, ...] = ()
    """Mechanisms that bring this one about: where one of them is at work beneath, this is its consequence."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user configured that the pure core needs."""

    services: tuple[str, ...] = ()
    """What the incident is about; () = found out."""
    calls: tuple[tuple[str, str], ...] = ()
    mechanisms: tuple[Mechanism, ...] = ()
    authors: bool = False
    objectives: tuple[Objective, ...] = ()
    """Service level objectives that the configuration names."""
