"""How explain says things: one clause each, with figures and times, in UTC."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from reconstruct.model import Anomaly, Event, Service
from reconstruct.text.measures import measure_of
from reconstruct.text.references import CHANGE_NOUNS, UNVERSIONED
from reconstruct.text.units import change, human, lasted

ALIKE = 0.1
"""Figures this close are told as "a and b", others as "a, b"."""


def clock(time: pd.Timestamp) -> str:
    """Time of day to the second.

    >>> clock(pd.Timestamp("2026-11-17T13:55:30.4Z"))
    '13:55:30'
    """
    return f"{time:%H:%M:%S}"


def moved_from_to(anomaly: Anomaly) -> str:
    """What moved, from where to where, and when."""
    whose = f" of {anomaly.service.name}" if anomaly.service.name else ""
    figures = change(anomaly.baseline, anomaly.level, anomaly.signal.unit)
    return f"{measure_of(anomaly.signal)}{whose} {figures} from {clock(anomaly.onset.time)}"


def stayed_or_moved(title: str, before: float, during: float, unit: str) -> str:
    """Two figures of one signal: as one where nobody would tell them apart.

    >>> stayed_or_moved("Round trip", 0.00099, 0.001, "seconds"), stayed_or_moved("Round trip", 0.001, 0.006, "seconds")
    ('round trip 990 µs before and 1 ms during', 'round trip 1 ms before, 6 ms during')
    >>> stayed_or_moved("Probe success", 1.0, 1.0, "ratio")
    'probe success 100 % before and during'
    """
    first, second = human(before, unit), human(during, unit)
    if first == second:
        return f"{lower_first(title)} {first} before and during"
    joint = " and" if abs(during - before) <= ALIKE * max(abs(before), abs(during)) else ","
    return f"{lower_first(title)} {first} before{joint} {second} during"


def the_change(event: Event) -> str:
    """A change as one refers to it in a sentence: kind, service, version, time.

    >>> from reconstruct.model import Service
    >>> t = pd.Timestamp("2026-11-17T13:55:30Z")
    >>> the_change(Event("e1", t, "deploy", Service("shop"), "shop 2: find orders", version="2.20.0"))
    'the deploy of shop 2.20.0 at 13:55:30'
    >>> the_change(Event("e2", t, "flag", Service(""), "flag new_footer on"))
    'the flag change “flag new_footer on” at 13:55:30'
    """
    if event.service.name and event.version and event.kind not in UNVERSIONED:
        what = f"of {event.service.name} {event.version}"
    elif event.title:
        what = f"“{event.title}”"
    else:
        what = f"of {event.service.name or 'an unnamed service'}"
    return f"the {CHANGE_NOUNS.get(event.kind, event.kind)} {what} at {clock(event.time)}"


def names(services: Sequence[Service], *, most: int = 4) -> str:
    """Services as a list in a sentence.

    >>> names([Service("a"), Service("b"), Service("c")]), names([Service("")])
    ('a, b and c', 'an unnamed service')
    """
    told = [s.name or "an unnamed service" for s in services]
    if len(told) > most:
        told = [*told[: most - 1], f"{len(told) - most + 1} more"]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}" if told else "nothing named"


def span(from_time: pd.Timestamp, to_time: pd.Timestamp) -> str:
    """Length of time between two moments."""
    return lasted((to_time - from_time).total_seconds())


def lower_first(text: str) -> str:
    """A title inside a sentence: acronyms and names of rules keep their capitals.

    >>> lower_first("Query time"), lower_first("CPU used"), lower_first("DbCpuHigh"), lower_first("")
    ('query time', 'CPU used', 'DbCpuHigh', '')
    """
    word = text.partition(" ")[0]
    return text[:1].lower() + text[1:] if word[1:].islower() else text
