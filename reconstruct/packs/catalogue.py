"""What a pack says, after reading: packs of signal templates, and the conventions for metrics that no pack knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from reconstruct.model import Aspect, Layer, PackTag, Worse


class MetricInfo(Protocol):
    """What the server's metadata says of a metric: counter, gauge, histogram, summary, info, stateset or unknown."""

    @property
    def type(self) -> str:
        """Its kind; "" or unknown where the server does not tell."""

    @property
    def unit(self) -> str:
        """Its unit; "" where the server does not tell."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to ask for a signal."""

    promql: str
    needs: tuple[str, ...]
    """Metrics that must exist for it."""
    place: Place
    """Of the expression's first line."""
    range_s: float = 0.0
    """Range window inside a recorded series, which the expression does not show."""


@dataclass(frozen=True, slots=True)
class Template:
    """A signal before it is known which of its metrics exist."""

    id: str
    title: str
    unit: str
    layer: Layer
    aspect: Aspect
    worse: Worse
    min_effect: float
    variants: tuple[Variant, ...]
    """The first one whose metrics exist is asked."""
    place: Place
    tags: tuple[PackTag, ...] = ()
    service_label: str = ""
    service: str = ""
    each: re.Pattern[str] | None = None
    """Request once for every metric that matches in full; its named groups are macros of the expression."""
    unless: re.Pattern[str] | None = None
    """Not asked where a metric matches this: another signal says the same, better."""


@dataclass(frozen=True, slots=True)
class Pack:
    """The signals of one technology."""

    id: str
    title: str
    applies: tuple[re.Pattern[str], ...]
    """Metric names, any of which shows that the pack applies."""
    covers: tuple[re.Pattern[str], ...]
    """Further metric names that the pack knows and leaves alone on purpose: the generic signals leave them too."""
    tested_with: str
    templates: tuple[Template, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Phrases:
    """Words to look for in a name; a phrase of several must stand in it in a row. Stems, see `words.stem`."""

    single: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    """Beginnings of a word (`deserial*`)."""
    longer: tuple[tuple[str, ...], ...] = ()
    """Phrases of several words; the last one may end in `*`."""

    def __bool__(self) -> bool:
        return bool(self.single or self.prefixes or self.longer)


@dataclass(frozen=True, slots=True)
class Rule:
    """A convention: what the words in a metric's name say of it. Fields left None say nothing."""

    place: Place
    words: Phrases = Phrases()
    """Any of these stands in the name ..."""
    also: Phrases = Phrases()
    """... and any of these ..."""
    without: Phrases = Phrases()
    """... and none of these."""
    first: Phrases = Phrases()
    """Any of these begins the name."""
    last: Phrases = Phrases()
    """Any of these ends the name, before its unit."""
    kinds: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    layer: Layer | None = None
    aspect: Aspect | None = None
    worse: Worse | None = None
    tags: tuple[PackTag, ...] = ()
    ignore: bool = False
    countdown: bool = False


@dataclass(frozen=True, slots=True)
class UnitSuffix:
    """What a suffix of a name says of its values: `base = value * factor`."""

    unit: str
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Part:
    """Values of a label that make a signal of their own."""

    name: str
    matches: str
    """Regular expression for the label's value."""
    share: bool = False
    """Request as a part of all values of the label, 0..1."""
    layer: Layer | None = None
    aspect: Aspect | None = None
    worse: Worse | None = None
    tags: tuple[PackTag, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """A label by whose values a metric falls into signals of different meaning (`code`, `wait_event_type`, ...)."""

    labels: tuple[str, ...]
    parts: tuple[Part, ...]
    instead: bool
    """The parts are asked instead of the whole, not beside it."""


@dataclass(frozen=True, slots=True)
class Conventions:
    """How names are read: queries/conventions.yaml, a user's own first."""

    identity: tuple[str, ...] = ()
    """Labels that say who a series is about, and outlive a rollout."""
    service_labels: tuple[str, ...] = ()
    """Those of `identity` that a user's own file lists: they name a service before the usual labels."""
    instance: tuple[str, ...] = ()
    """Labels that tell one instance from another."""
    passing: tuple[str, ...] = ()
    """Labels that do not outlive a rollout: aggregated away where the metric can be."""
    rules: tuple[Rule, ...] = ()
    suffixes: Mapping[tuple[str, ...], UnitSuffix] = field(default_factory=dict)
    """By the words of the suffix."""
    splits: tuple[Split, ...] = ()
    min_effects: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """Smallest change worth telling, by (unit, aspect); aspect "" = any other."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that was read from the folders of packs."""

    packs: tuple[Pack, ...]
    conventions: Conventions
