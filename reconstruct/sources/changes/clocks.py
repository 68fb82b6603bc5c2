"""Clocks of sources held against each other: what two of them tell of the same changes says how far their times differ.

A steady difference is said. One of whole hours or half hours is what local time looks like where it is labelled UTC.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from statistics import median
from typing import Final

from reconstruct.model import Event
from reconstruct.text.units import human_duration

MIN_SHARED: Final = 3
"""Changes that two sources both tell, before their difference is called their clocks': two can differ by chance."""
MIN_SHIFTED: Final = 2
"""The same for whole half hours: chance seldom makes two of these alike."""
MIN_SKEW_S: Final = 5.0
"""Less is what one rollout takes to be written down in two places."""
MAX_SKEW_S: Final = 20 * 60.0
"""As far as two events are taken for one change (`merge.ROLLOUT`)."""
STEADY_S: Final = 15.0
"""Within so much of their median the differences are one clock's; more is two stages of a rollout. A guess."""
HALF_HOUR_S: Final = 1800.0
MAX_ZONE_S: Final = 14 * 3600.0
NEAR_ZONE_S: Final = 300.0
"""How near to whole half hours a difference must be: two sources' stages of one rollout lie minutes apart."""


def clock_notes(events: Iterable[Event]) -> tuple[str, ...]:
    """What two sources' times of the same changes tell about their clocks, one note a pair.

    `events` are those of all sources before they are merged.
    """
    times = _times(events)
    sources = sorted({source for told in times.values() for source in told})
    shifted: dict[str, list[str]] = defaultdict(list)
    notes = []
    for one, other in combinations(sources, 2):
        differences = [told[other] - told[one] for told in times.values() if one in told and other in told]
        if (zone_s := _zone_shift_s(differences)) is not None:
            shifted[one].append(other)
            shifted[other].append(one)
            late, early = (other, one) if zone_s > 0 else (one, other)
            notes.append(
                f"{late} tells {len(differences)} changes {human_duration(abs(zone_s))} later than {early}: "
                f"the times of one of them look like local time labelled UTC"
            )
        elif (skew_s := _skew_s(differences)) is not None:
            late, early = (other, one) if skew_s > 0 else (one, other)
            notes.append(
                f"{late} tells changes {human_duration(abs(skew_s))} later than {early} "
                f"(median of {len(differences)} that both tell)"
            )
    odd = [source for source, others in shifted.items() if len(others) > 1]
    agree = [source for source, others in shifted.items() if len(others) == 1]
    if len(odd) == 1 and len(agree) > 1:
        notes.append(f"{odd[0]} differs from each of the others: its times are the ones to check, or set its `zone`")
    return tuple(notes)


def _times(events: Iterable[Event]) -> Mapping[tuple[str, str], Mapping[str, float]]:
    """When each source tells each change, in seconds; a change that one source tells twice is left out."""
    told: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for event in events:
        name = event.version and re.sub(r"^v(?=\d)", "", event.version.lower().rpartition(":")[2])
        if event.kind in ("note", "alert") or not (name or event.title):
            continue
        key = (event.service.name, name or event.title)
        told[key][event.source].append(event.time.timestamp())
    return {
        key: {source: found[0] for source, found in by_source.items() if len(found) == 1}
        for key, by_source in told.items()
    }


def _zone_shift_s(differences: list[float]) -> float | None:
    """The half hours that all differences are near to; None = they are not."""
    if len(differences) < MIN_SHIFTED:
        return None
    shift = round(median(differences) / HALF_HOUR_S) * HALF_HOUR_S
    near = all(abs(difference - shift) <= NEAR_ZONE_S for difference in differences)
    return shift if near and 0 < abs(shift) <= MAX_ZONE_S else None


def _skew_s(differences: list[float]) -> float | None:
    """The steady difference of two clocks; None = there is none."""
    if len(differences) < MIN_SHARED:
        return None
    middle = median(differences)
    steady = all(abs(difference - middle) <= STEADY_S for difference in differences)
    return middle if steady and MIN_SKEW_S <= abs(middle) <= MAX_SKEW_S else None
