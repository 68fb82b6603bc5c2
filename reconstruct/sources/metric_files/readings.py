"""How the numbers of one metric are read: what its name says, its unit, and what its values allow."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from reconstruct.model import Window
from reconstruct.packs import Conventions, Meaning, classify
from reconstruct.packs.classify import min_effect_of
from reconstruct.packs.words import words_of
from reconstruct.sources.metric_files.cells import Numbers
from reconstruct.sources.metric_files.column_choices import ColumnChoice
from reconstruct.sources.metric_files.units import WrittenUnit, split_header
from reconstruct.text.units import human

TOP: Final = 0.999
"""Quantile that stands for the largest value: one glitch in a thousand samples decides no unit."""
WHOLE: Final = 1.005
"""A share of 1, and what rounding adds."""
OWN_SCALE: Final = 0.2
"""Of a series' own level: the smallest change of interest where no unit tells one. A guess: a fifth, twice the usual
spread of a busy service's latency from one minute to the next."""
MOVED: Final = 2.0
"""Times its level before the window, from which on what could not be classified is said to have moved."""
CERTAIN: Final = frozenset({("latency", "seconds"), ("errors", "ratio"), ("availability", "ratio")})
LIKELY: Final[Mapping[str, str]] = {
    "ratio": "errors,%",
    "bytes": "utilisation,bytes",
    "per second": "traffic,per second",
}
"""What the line that classifies is filled in with, by unit: a person changes it."""
_QUANTILE_WORD: Final = re.compile(r"^p(?:50|7\d|8\d|9\d{1,2})$|^percentile$|^quantile$|^median$|^\d{2}th$")
_SUCCESS: Final = frozenset({"success", "successful", "availability", "available", "uptime", "ok"})
_PARTS: Final = frozenset({"cpu", "memory", "disk"})
_USE_WORDS: Final = frozenset(
    {"usage", "used", "use", "util", "utilization", "utilisation", "busy", "idle", "load", "pct"}
)

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the numbers of a metric mean: `value in meaning.unit = factor * number`, then turned over if `inverted`."""

    meaning: Meaning
    factor: float = 1.0
    inverted: bool = False
    """A share of successes, read as the share of failures: 1 - value."""
    how: tuple[str, ...] = ()
    """What was done to the numbers, for the title."""
    own_scale: bool = False
    """No unit tells the smallest change of interest: the series' own level does."""
    classified: bool = True
    certain: bool = False
    """The user says what it is, or it is a latency in seconds or a share of failures by its own words: whoever gives a
    file with such a column means it."""
    unit_factor: float = 0.0
    """The factor of the unit that is written beside the first series; 0 = none is."""

    def in_unit(self, values: Numbers, *, times_s: Numbers, unit: WrittenUnit | None) -> Numbers:
        """The numbers in the meaning's unit; `unit` is the series' own as written."""
        # Series of one metric may be written in several units: each in its own.
        own = unit.factor / self.unit_factor if self.unit_factor and unit is not None else 1.0
        values = values * (self.factor * own)
        if self.inverted:
            return np.clip(1.0 - values, 0.0, 1.0)
        if not self.meaning.countdown:
            return values
        # An end given as a moment lies decades past 1970, as a remainder never.
        end_is_moment = len(values) > 0 and np.median(values) > 1e9
        return np.maximum(times_s - values if end_is_moment else -values, 0.0)


def reading_of(
    name: str,
    series: Sequence[Numbers],
    *,
    kind: str,
    unit: WrittenUnit | None,
    label_names: Collection[str],
    conventions: Conventions,
    choice: ColumnChoice | None = None,
) -> Reading:
    """Read a metric by its name, the unit written beside it, its values, and what the user says.

    A unit that is written counts before one in the name. Whether a share is 0..1 or 0..100 is decided by the values:
    a name that says percent, over values that never pass 1, leaves it open, and then no absolute floor applies.
    """
    name, in_name = split_header(name)
    unit = unit or in_name
    chosen = choice is not None and choice.unit is not None
    unit = choice.unit if choice is not None and choice.unit is not None else unit
    told = unit.unit if unit is not None else ""
    meaning = classify(name, conventions=conventions, kind=kind, unit=told, label_names=label_names)
    if unit is not None and told:
        measured = told
        if kind == "counter":
            measured = f"{told} per second" if told in ("seconds", "bytes") else "per second"
        meaning = _in(replace(meaning, factor=1.0), measured, conventions=conventions)
    elif unit is not None and unit.factor != 1.0:
        meaning = replace(meaning, factor=meaning.factor * unit.factor)
    meaning = _as_latency(meaning, name, conventions=conventions)
    if choice is not None and choice.aspect is not None:
        worse = choice.worse or ("down" if choice.aspect == "availability" else "up")
        meaning = _in(replace(meaning, aspect=choice.aspect, worse=worse), meaning.unit, conventions=conventions)
    values = np.concatenate([one[~np.isnan(one)] for one in series]) if series else np.empty(0)
    factor = unit.factor if unit is not None and told else meaning.factor
    reading = Reading(
        meaning, factor=factor, unit_factor=unit.factor if unit is not None and told and not chosen else 0.0
    )
    reading = _share(reading, name, values, kind=kind, conventions=conventions) if len(values) else reading
    reading = _failures(reading, name, values, conventions=conventions) if len(values) else reading
    meaning = reading.meaning
    how = [f"in {meaning.unit}"] if reading.factor != 1.0 and meaning.unit not in ("count", "per second") else []
    how += ["failures: 100 % minus it"] if reading.inverted else []
    unknown = meaning.unit == "count" and bool(len(values)) and not _whole(values)
    return replace(
        reading,
        how=tuple(how) or reading.how,
        own_scale=reading.own_scale or unknown,
        classified=choice is not None or not _is_default(meaning, name),
        certain=choice is not None or (meaning.aspect, meaning.unit) in CERTAIN,
    )


def own_scale(before: Matrix, every: Matrix, *, least: float) -> float:
    """The smallest change of interest by the series' own level before the window; never more than `least` where given.

    Of several series the smallest counts, so that none is under the floor of another. A series of zeros is told by
    its own largest value.
    """
    healthy = before if len(before) and not np.isnan(before).all() else every
    levels = []
    for column in range(healthy.shape[1]):
        found = np.abs(healthy[:, column][~np.isnan(healthy[:, column])])
        level = float(np.median(found)) if len(found) else 0.0
        peak = np.abs(every[:, column][~np.isnan(every[:, column])])
        levels.append(OWN_SCALE * level if level > 0 else OWN_SCALE * float(peak.max(initial=0.0)))
    known = [level for level in levels if level > 0]
    scale = min(known, default=0.0)
    return min(scale, least) if least > 0 and scale > 0 else scale or least


def told_of(name: str, values: Matrix, *, window: Window, reading: Reading, unit: str) -> str:
    """What moved in a metric that could not be classified, and the line that would classify it; "" = nothing moved."""
    if reading.classified:
        return ""
    likely = LIKELY.get(unit, "latency,seconds")
    line = f"--column '{name}={likely}' (or another aspect and unit) says it"
    before, inside = values[: window.first], values[window.first :]
    moved = []
    for column in range(values.shape[1]):
        earlier, later = before[:, column], inside[:, column]
        earlier, later = earlier[~np.isnan(earlier)], later[~np.isnan(later)]
        if not len(earlier) or not len(later):
            continue
        level, peak = float(np.median(earlier)), float(np.quantile(later, 0.95))
        low = float(np.quantile(later, 0.05))
        far = peak if abs(peak - level) >= abs(low - level) else low
        if far != level and (abs(far) >= MOVED * abs(level) or abs(far) * MOVED <= abs(level)):
            moved.append((abs(far - level) / abs(level) if level else np.inf, level, far))
    if not moved:
        return ""
    _, level, far = max(moved)
    return f"its name does not tell; it went from {human(level, unit)} to {human(far, unit)}; {line}"


def _in(meaning: Meaning, unit: str, *, conventions: Conventions) -> Meaning:
    return replace(meaning, unit=unit, min_effect=min_effect_of(unit, aspect=meaning.aspect, conventions=conventions))


def _as_latency(meaning: Meaning, name: str, *, conventions: Conventions) -> Meaning:
    """A quantile of nothing named is a latency: nobody draws the 95th percentile of anything else without saying so."""
    if meaning.aspect != "work" or meaning.unit not in ("count", "seconds"):
        return meaning
    if not any(_QUANTILE_WORD.match(word) for word in words_of(name)):
        return meaning
    return _in(replace(meaning, aspect="latency", worse="up"), meaning.unit, conventions=conventions)


def _share(reading: Reading, name: str, values: Numbers, *, kind: str, conventions: Conventions) -> Reading:
    """The reading with 0..1 or 0..100 decided by the values."""
    meaning = reading.meaning
    top = float(np.quantile(np.abs(values), TOP))
    is_share = meaning.aspect in ("errors", "availability") or "share" in meaning.tags
    if meaning.unit == "ratio" and kind != "counter":
        if reading.factor == 0.01:
            if top <= 1.0 and top > 0:
                return replace(reading, own_scale=True)
            return _number(reading, conventions=conventions) if is_share and top > 100 * WHOLE else reading
        if top <= (WHOLE if is_share else 2.0):
            return reading
        if top <= 100 * WHOLE:
            return replace(reading, factor=0.01)
        return _number(reading, conventions=conventions)
    # Availability in whole percent is still a share; in 0 and 1 it is up or down.
    counted = _whole(values) and (meaning.aspect != "availability" or top <= 1.0)
    if meaning.unit != "count" or kind == "counter" or reading.unit_factor or counted:
        return reading
    words = set(words_of(name))
    used = meaning.aspect == "utilisation" and bool(words & _USE_WORDS or "cpu" in meaning.tags)
    share = used or (meaning.aspect == "availability")
    if not share:
        return reading
    if top <= WHOLE:
        return replace(reading, meaning=_in(meaning, "ratio", conventions=conventions))
    sure = "cpu" in meaning.tags or float(np.median(values)) > 10.0
    if top <= 100 * WHOLE and sure:
        return replace(reading, meaning=_in(meaning, "ratio", conventions=conventions), factor=0.01)
    return reading


def _number(reading: Reading, *, conventions: Conventions) -> Reading:
    """More than all cannot fail: it is a number of some kind, not a share."""
    meaning = replace(_in(reading.meaning, "count", conventions=conventions), factor=1.0)
    return Reading(meaning, how=("more than 100 %: not a share",), own_scale=True)


def _failures(reading: Reading, name: str, values: Numbers, *, conventions: Conventions) -> Reading:
    meaning = reading.meaning
    graded = bool(np.any((values != 0) & (np.abs(values * reading.factor - 1.0) > 1e-9)))
    if meaning.aspect != "availability" or meaning.unit != "ratio" or not graded:
        return reading
    if meaning.worse != "down" or not _SUCCESS & set(words_of(name)):
        return reading
    turned = _in(replace(meaning, aspect="errors", worse="up"), "ratio", conventions=conventions)
    return replace(reading, meaning=replace(turned, tags=(*meaning.tags, "share")), inverted=True)


def _whole(values: Numbers) -> bool:
    return bool(np.all(values == np.round(values)))


def _is_default(meaning: Meaning, name: str) -> bool:
    """Whether the conventions said nothing of a name: no rule gives work of the app without a word of its own."""
    del name
    return meaning.aspect == "work" and meaning.layer == "app" and not meaning.tags and not meaning.ignored
