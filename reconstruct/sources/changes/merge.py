"""Several sources, one ledger: a deploy that several of them saw is one event, an alert that two of them saw one alert.

Two events are one change when they are about the same service and version, no other version of it came between, and
one began no later than ROLLOUT after the other was over. The first source given is the explicit one: its id, title and
time are kept, the others lend what it lacks and are listed in the label `also_seen_in`. What Prometheus derived from
metrics always yields, and lends the end of the rollout: the moment its last instance changed.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from reconstruct.model import Alert, Event, Window

ROLLOUT: Final = pd.Timedelta(minutes=20)
"""How long a change may take to be seen everywhere; a guess: rollouts of hundreds of instances take about as long."""

UNTOLD_VERSION_TOLERANCE: Final = pd.Timedelta(minutes=10)
"""Without a version on one side only nearness in time speaks; a guess: a person writes it down some minutes off."""

MAX_STRETCHES: Final = 1000
"""A change that says it lasted longer than this many ROLLOUTs (two weeks) is compared by its beginning only."""

ALERT_TOLERANCE: Final = pd.Timedelta(minutes=5)
"""Alertmanager hears of an alert at an evaluation, and groups; its default group_interval is 5 minutes."""

DERIVED: Final = "prometheus"
ALSO: Final = "also_seen_in"
_Versions = dict[str, list[tuple[pd.Timestamp, str]]]
_ROLLED: Final = frozenset({"deploy", "rollback"})


def merge(*ledgers: Iterable[Event]) -> tuple[Event, ...]:
    """All events in order of time, each change once; explicit sources come first among the arguments.

    Events of one source are never merged with each other, unless they have the same id or are the same in all fields.

    >>> from reconstruct.model import Service
    >>> t = pd.Timestamp("2026-11-17T13:55:30Z")
    >>> told = Event("", t, "deploy", Service("shop"), "shop 2.20", version="2.20", source="deploys.csv", source_id="7")
    >>> seen = Event("", t + pd.Timedelta("40s"), "deploy", Service("shop"), "shop 2.20 appeared", version="v2.20",
    ...              end=t + pd.Timedelta("3min"), source="prometheus")
    >>> [(event.source_id, str(event.end), dict(event.labels)) for event in merge([told], [seen])]
    [('7', '2026-11-17 13:58:30+00:00', {'also_seen_in': 'prometheus'})]
    """
    given = [event for events in ledgers for event in events]
    ordered = sorted(given, key=lambda event: event.source == DERIVED)  # stable: explicit sources stay in order
    kept: list[Event] = []
    sources: list[set[str]] = []
    near: dict[tuple[str, int], list[int]] = defaultdict(list)
    told = _versions(given)
    for event in ordered:
        candidates = sorted({index for key in _near(event) for index in near[key]})
        match = _best(event, candidates, kept=kept, sources=sources, told=told)
        if match is None:
            for key in _near(event):
                near[key].append(len(kept))
            kept.append(event)
            sources.append({event.source})
        else:
            kept[match] = _lend(kept[match], event)
            sources[match].add(event.source)
    return tuple(sorted(mark_rollbacks(kept), key=_order))


def mark_rollbacks(events: Iterable[Event]) -> tuple[Event, ...]:
    """Events in order of time; a deploy of the version that ran before the present one is called a rollback.

    Rollbacks made by hand are rarely announced as such; their version says it.
    """
    ran: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    marked = []
    for event in sorted(events, key=_order):
        if event.kind in _ROLLED and event.version:
            versions = ran[event.service]
            if not versions and event.previous:
                versions.append(event.previous)
            returns = len(versions) >= 2 and same_version(event.version, versions[-2])
            if event.kind == "deploy" and returns and not same_version(event.version, versions[-1]):
                labels = {**event.labels, "kind_told_by": f"version {event.version} ran before {versions[-1]}"}
                marked.append(replace(event, kind="rollback", labels=labels))
            else:
                marked.append(event)
            if not versions or not same_version(event.version, versions[-1]):
                versions.append(event.version)
        else:
            marked.append(event)
    return tuple(marked)


def merge_alerts(first: Sequence[Alert], second: Sequence[Alert]) -> tuple[Alert, ...]:
    """Alerts of `first`, and those of `second` that `first` does not know, in order of time.

    `first` is Prometheus' own history: it knows the condition and when it first held. An alert is known when the rule
    is the same, the labels that both carry agree, and it fired within ALERT_TOLERANCE of the other's firing.
    """
    new = [alert for alert in second if not any(_same_alert(alert, known) for known in first)]
    return tuple(sorted([*first, *new], key=lambda alert: (alert.firing_at, alert.rule, sorted(alert.labels.items()))))


def in_window(events: Iterable[Event], *, window: Window) -> tuple[tuple[Event, ...], int]:
    """The events that touch `[baseline_start, end)`, and how many do not."""
    given = tuple(events)
    inside = tuple(
        event
        for event in given
        if event.time < window.end
        and (event.end or event.time + pd.Timedelta(seconds=event.resolution_s)) >= window.baseline_start
    )
    return inside, len(given) - len(inside)


def number(events: Iterable[Event]) -> tuple[Event, ...]:
    """The events in order of time with the ids e1, e2, ..."""
    return tuple(replace(event, id=f"e{i}") for i, event in enumerate(sorted(events, key=_order), start=1))


def same_version(one: str, other: str) -> bool:
    """Whether two texts name one version: `v2.15.0`, `shop:2.15.0`, a commit and its first seven letters.

    >>> same_version("v2.15.0", "registry:5000/shop:2.15.0"), same_version("2.1", "2.15")
    (True, False)
    >>> same_version("36b2709", "36b27092fbfb")
    True
    """
    a, b = _plain_version(one), _plain_version(other)
    if a == b:
        return bool(a)
    short, long = sorted((a, b), key=len)
    return len(short) >= 7 and bool(re.fullmatch(r"[0-9a-f]+", long)) and long.startswith(short)


def _plain_version(version: str) -> str:
    return re.sub(r"^v(?=\d)", "", version.strip().lower().rpartition(":")[2])


def _near(event: Event) -> Iterator[tuple[str, int]]:
    """The (service, stretch of time) pairs in which the same change can lie: keeps merging linear in events."""
    first = (event.time - ROLLOUT).value // ROLLOUT.value
    last = ((event.end or event.time) + ROLLOUT).value // ROLLOUT.value
    return ((event.service.name, stretch) for stretch in range(first, min(last, first + MAX_STRETCHES) + 1))


def _best(
    event: Event, candidates: Sequence[int], *, kept: Sequence[Event], sources: Sequence[set[str]], told: _Versions
) -> int | None:
    """The kept event nearest in time that is the same change."""
    same = [
        index
        for index in candidates
        if (
            _same_record(event, kept[index])
            if event.source in sources[index]
            else _same_change(event, kept[index], told)
        )
    ]
    return min(same, key=lambda index: abs(kept[index].time - event.time), default=None)


def _versions(events: Iterable[Event]) -> _Versions:
    """Per service, what was rolled out when: tells whether another version came between two events."""
    told: _Versions = defaultdict(list)
    for event in events:
        if event.kind in _ROLLED and event.version:
            told[event.service.name].append((event.time, event.version))
    return {service: sorted(versions) for service, versions in told.items()}


def _same_record(event: Event, known: Event) -> bool:
    """One source's record, read twice (a file given twice, a poll that overlaps)."""
    if event.source_id or known.source_id:
        return (event.source_id, event.time, event.kind, event.service.name, event.title) == (
            known.source_id,
            known.time,
            known.kind,
            known.service.name,
            known.title,
        )
    return replace(event, id="") == replace(known, id="", labels={k: v for k, v in known.labels.items() if k != ALSO})


def _same_change(event: Event, known: Event, told: _Versions) -> bool:
    if not event.service.may_be(known.service) or event.kind in {"note", "alert"}:
        return False
    if event.kind != known.kind and not {event.kind, known.kind} <= _ROLLED:
        return False
    earlier, later = sorted((event, known), key=lambda one: one.time)
    apart = later.time - (earlier.end or earlier.time + pd.Timedelta(seconds=earlier.resolution_s))
    if event.source_id and event.source_id == known.source_id and apart <= ROLLOUT:
        return True
    if not (event.version and known.version):
        one_is_derived = DERIVED in {event.source, known.source}
        return apart <= UNTOLD_VERSION_TOLERANCE and (one_is_derived or event.title == known.title)
    if not same_version(event.version, known.version) or apart > ROLLOUT:
        return False
    versions = told.get(event.service.name, [])
    first = bisect_right(versions, earlier.time, key=_when)
    between = versions[first : bisect_left(versions, later.time, key=_when)]
    if event.kind not in _ROLLED:  # flags and settings carry the version that runs, not one of their own
        return apart <= UNTOLD_VERSION_TOLERANCE and event.title == known.title
    return all(same_version(version, event.version) for _, version in between)


def _when(version: tuple[pd.Timestamp, str]) -> pd.Timestamp:
    return version[0]


def _lend(kept: Event, other: Event) -> Event:
    """`kept` with what only `other` knows."""
    end = kept.end
    if end is None or (other.source == DERIVED and other.end is not None and other.end > end):
        end = other.end if other.end is not None and other.end > kept.time else end
    also = [*filter(None, kept.labels.get(ALSO, "").split(", ")), other.source]
    seen = ", ".join(dict.fromkeys(source for source in also if source and source != kept.source))
    return replace(
        kept,
        end=end,
        kind="rollback" if "rollback" in {kept.kind, other.kind} and {kept.kind, other.kind} <= _ROLLED else kept.kind,
        service=kept.service._replace(
            namespace=kept.service.namespace or other.service.namespace,
            cluster=kept.service.cluster or other.service.cluster,
        ),
        version=kept.version or other.version,
        previous=kept.previous or other.previous,
        url=kept.url or other.url,
        labels={**kept.labels, ALSO: seen} if seen else kept.labels,
    )


def _same_alert(alert: Alert, known: Alert) -> bool:
    if alert.rule != known.rule:
        return False
    common = alert.labels.keys() & known.labels.keys()
    near = abs(alert.firing_at - known.firing_at) <= ALERT_TOLERANCE
    return near and all(alert.labels[name] == known.labels[name] for name in common)


def _order(event: Event) -> tuple[pd.Timestamp, str, str, str, str, str, str]:
    return (event.time, event.service.name, event.kind, event.title, event.version, event.source, event.source_id)
