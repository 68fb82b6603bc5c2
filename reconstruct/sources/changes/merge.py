"""Several sources, one ledger: a deploy that several of them saw is one event, an alert that two of them saw one alert.

Two events are one change when they are about the same service and version, no other version of it came between, and
one began no later than ROLLOUT after the other was over. The first source given is the explicit one: its id, title and
time are kept, the others lend what it lacks and are listed in the label `also_seen_in`. What Prometheus derived from
metrics always yields, and lends the end of the rollout: the moment its last instance changed.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final, TypedDict

import pandas as pd

from reconstruct.model import Alert, Event, Window
from reconstruct.model.kinds import EventState

ROLLOUT: Final = pd.Timedelta(minutes=20)
"""How long a change may take to be seen everywhere; a guess: rollouts of hundreds of instances take about as long."""

UNTOLD_VERSION_TOLERANCE: Final = pd.Timedelta(minutes=10)
"""Without a version on one side only nearness in time speaks; a guess: a person writes it down some minutes off."""

OTHER_NAME_TOLERANCE: Final = pd.Timedelta(minutes=2)
"""A commit and a release that begin so near to each other on one service are one rollout told by two tools; a guess."""

MAX_STRETCHES: Final = 1000
"""A change that says it lasted longer than this many ROLLOUTs (two weeks) is compared by its beginning only."""

ALERT_TOLERANCE: Final = pd.Timedelta(minutes=5)
"""Alertmanager hears of an alert at an evaluation, and groups; its default group_interval is 5 minutes."""

DERIVED: Final = "prometheus"
ALSO: Final = "also_seen_in"
_Versions = dict[str, list[tuple[pd.Timestamp, tuple[str, ...]]]]
_ROLLED: Final = frozenset({"deploy", "rollback"})
_FURTHER: Final[tuple[EventState, ...]] = ("draft", "requested", "running", "done", "cancelled", "failed")
_ANNOUNCED: Final = frozenset({"release", "tag"})
"""Label `event` of what names a version without deploying it: a deploy of that version knows the time better."""
NEAREST: Final = 16
"""Events on either side that one is compared with, for each name: one change has a handful of witnesses."""
SHORT_SHA: Final = 7
"""Letters that git abbreviates a commit to at least."""


def merge(*ledgers: Iterable[Event]) -> tuple[Event, ...]:
    """All events in order of time, each change once; explicit sources come first among the arguments.

    Events of one source are never merged with each other, unless they have the same id or are the same in all fields.
    The work is linear in the number of events: each is compared with the nearest few that share a name for the change.

    >>> from reconstruct.model import Service
    >>> t = pd.Timestamp("2026-11-17T13:55:30Z")
    >>> told = Event("", t, "deploy", Service("shop"), "shop 2.20", version="2.20", source="deploys.csv", source_id="7")
    >>> seen = Event("", t + pd.Timedelta("40s"), "deploy", Service("shop"), "shop 2.20 appeared", version="v2.20",
    ...              end=t + pd.Timedelta("3min"), source="prometheus")
    >>> [(event.source_id, str(event.end), dict(event.labels)) for event in merge([told], [seen])]
    [('7', '2026-11-17 13:58:30+00:00', {'also_seen_in': 'prometheus'})]
    """
    given = [event for events in ledgers for event in events]
    ordered = sorted(given, key=lambda event: (event.source == DERIVED, event.labels.get("event") in _ANNOUNCED))
    kept: list[Event] = []
    sources: list[set[str]] = []
    records: dict[Hashable, int] = {}
    near = _Near()
    told = _versions(given)
    for event in ordered:
        record = _record(event)
        match = records.get(record)
        if match is None:
            candidates = [n for n in near.of(event) if event.source not in sources[n]]
            same = [n for n in candidates if _same_change(event, kept[n], told)]
            match = min(same, key=lambda n: abs(kept[n].time - event.time), default=None)
        if match is None:
            match = len(kept)
            near.add(event, match)
            kept.append(event)
            sources.append({event.source})
        else:
            kept[match] = _lend(kept[match], event)
            sources[match].add(event.source)
        records.setdefault(record, match)
    return tuple(sorted(mark_rollbacks(kept), key=_order))


class _Near:
    """Kept events by what names their change, service and stretch of time: the few that can be the same as another."""

    def __init__(self) -> None:
        self._found: dict[Hashable, list[tuple[int, int]]] = defaultdict(list)

    def add(self, event: Event, number: int) -> None:
        for key in _keys(event):
            insort(self._found[key], (event.time.value, number))

    def of(self, event: Event) -> list[int]:
        """Numbers of the nearest kept events, at most NEAREST on either side for each name."""
        numbers: set[int] = set()
        for key in _keys(event, asking=True):
            listed = self._found.get(key, [])
            place = bisect_left(listed, (event.time.value, 0))
            numbers.update(number for _, number in listed[max(0, place - NEAREST) : place + NEAREST])
        return sorted(numbers)


def _keys(event: Event, *, asking: bool = False) -> Iterator[Hashable]:
    """What names a change, for every stretch of time in which the same change can lie."""
    names: list[Hashable] = [("id", event.source_id)] if event.source_id else []
    names += [("version", _bucket(version)) for version in _names_of(event)]
    names += [("title", event.title)]
    names += [("rolled", "")] if event.kind in _ROLLED and event.version else []
    if event.source == DERIVED or not event.version:
        names += [("kind", _group(event), bool(event.version))]
    if asking and event.source == DERIVED:
        names += [("kind", _group(event), False)]
    if not asking and event.version:
        names += [("kind", _group(event), True)]
    if asking and event.source != DERIVED:
        names = [name for name in names if name[0] != "kind"]  # type: ignore[index]
    reach = ROLLOUT if asking else pd.Timedelta(0)
    first = (event.time - reach).value // ROLLOUT.value
    last = ((event.end or event.time) + reach).value // ROLLOUT.value
    for stretch in range(first, min(last, first + MAX_STRETCHES) + 1):
        for name in dict.fromkeys(names):
            yield event.service.name, stretch, name


def _group(event: Event) -> str:
    return "rolled" if event.kind in _ROLLED else event.kind


def _names_of(event: Event) -> tuple[str, ...]:
    """What names the version: itself, and its commit."""
    return tuple(dict.fromkeys(filter(None, (event.version, event.labels.get("sha", "")))))


def _bucket(version: str) -> str:
    plain = _plain_version(version)
    return plain[:SHORT_SHA] if len(plain) >= SHORT_SHA and re.fullmatch(r"[0-9a-f]+", plain) else plain


def _record(event: Event) -> Hashable:
    """One source's record: read twice (a file given twice, a poll that overlaps) it is the same."""
    if event.source_id:
        return (event.source, event.source_id, event.time, event.kind, event.service.name, event.title)
    return (event.source, event.time, event.end, event.kind, event.service, event.title, event.version, event.previous,
            event.url, tuple(sorted(event.labels.items())))  # fmt: skip


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
    known: dict[tuple[str, int], list[Alert]] = defaultdict(list)
    for alert in first:
        known[alert.rule, alert.firing_at.value // ALERT_TOLERANCE.value].append(alert)

    def near(alert: Alert) -> Iterator[Alert]:
        stretch = alert.firing_at.value // ALERT_TOLERANCE.value
        return (one for shift in (-1, 0, 1) for one in known.get((alert.rule, stretch + shift), ()))

    new = [alert for alert in second if not any(_same_alert(alert, one) for one in near(alert))]
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
    return len(short) >= SHORT_SHA and bool(re.fullmatch(r"[0-9a-f]+", long)) and long.startswith(short)


@lru_cache(maxsize=65_536)
def _plain_version(version: str) -> str:
    return re.sub(r"^v(?=\d)", "", version.strip().lower().rpartition(":")[2])


def _versions(events: Iterable[Event]) -> _Versions:
    """Per service, what was rolled out when: tells whether another version came between two events."""
    told: _Versions = defaultdict(list)
    for event in events:
        if event.kind in _ROLLED and event.version:
            told[event.service.name].append((event.time, _names_of(event)))
    return {service: sorted(versions) for service, versions in told.items()}


def _same_change(event: Event, known: Event, told: _Versions) -> bool:
    if not event.service.may_be(known.service) or event.kind in {"note", "alert"} or _elsewhere(event, known):
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
    if not _same_names(_names_of(event), _names_of(known)):
        return _named_otherwise(event, known) and later.time - earlier.time <= OTHER_NAME_TOLERANCE
    if apart > ROLLOUT:
        return False
    if event.kind not in _ROLLED:  # flags and settings carry the version that runs, not one of their own
        return apart <= UNTOLD_VERSION_TOLERANCE and event.title == known.title
    versions = told.get(event.service.name, [])
    first, last = (find(versions, one.time, key=_when) for find, one in ((bisect_right, earlier), (bisect_left, later)))
    names = (*_names_of(event), *_names_of(known))
    return all(_same_names(versions[place][1], names) for place in range(first, last))


def _same_names(some: Sequence[str], others: Sequence[str]) -> bool:
    return any(same_version(one, other) for one in some for other in others)


def _named_otherwise(event: Event, known: Event) -> bool:
    """Whether one names its version by a commit and the other by a release: neither can contradict the other."""
    commits = [all(_is_commit(name) for name in _names_of(one)) for one in (event, known)]
    return {event.kind, known.kind} <= _ROLLED and sorted(commits) == [False, True]


def _is_commit(version: str) -> bool:
    plain = _plain_version(version)
    return len(plain) >= SHORT_SHA and bool(re.fullmatch(r"(?=.*[a-f])[0-9a-f]+", plain))


def _elsewhere(event: Event, known: Event) -> bool:
    """Whether the two surely happened in different places, or one on paper: metrics show what happened here.

    A deploy outside production is often followed by one of the same version here: where only one of the two tells its
    place, they have to begin together.
    """
    if "draft" in {event.state, known.state} and event.state != known.state:
        return True
    if {event.production, known.production} == {True, False}:
        return True
    if DERIVED in {event.source, known.source}:
        return False in {event.production, known.production}
    if {event.production, known.production} == {None, False} and abs(event.time - known.time) > OTHER_NAME_TOLERANCE:
        return True
    told = {event.environment.lower(), known.environment.lower()} - {""}
    return len(told) > 1 and not (event.production and known.production)


def _when(version: tuple[pd.Timestamp, tuple[str, ...]]) -> pd.Timestamp:
    return version[0]


def _lend(kept: Event, other: Event) -> Event:
    """`kept` with what only `other` knows."""
    end = kept.end
    if end is None or (other.source == DERIVED and other.end is not None and other.end > end):
        end = other.end if other.end is not None and other.end > kept.time else end
    also = [*filter(None, kept.labels.get(ALSO, "").split(", ")), other.source]
    sha = {"sha": other.labels["sha"]} if other.labels.get("sha") else {}
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
        labels={**sha, **kept.labels, ALSO: seen} if seen else kept.labels,
        environment=kept.environment or other.environment,
        production=kept.production if kept.production is not None else other.production,
        **_state(kept, other),
    )


class _Reached(TypedDict):
    state: EventState
    seen_applied: bool


def _state(kept: Event, other: Event) -> _Reached:
    """The furthest that any witness tells; what one calls failed and another saw done took effect all the same."""
    applied = kept.seen_applied or other.seen_applied
    states = {kept.state, other.state}
    if states & {"failed", "cancelled"}:
        seen = "done" in states and other.labels.get("event") not in _ANNOUNCED
        worst = kept.state if kept.state in ("failed", "cancelled") else other.state
        return {"state": worst, "seen_applied": applied or seen}
    return {"state": max(kept.state, other.state, key=_FURTHER.index), "seen_applied": applied}


def _same_alert(alert: Alert, known: Alert) -> bool:
    if alert.rule != known.rule:
        return False
    common = alert.labels.keys() & known.labels.keys()
    near = abs(alert.firing_at - known.firing_at) <= ALERT_TOLERANCE
    return near and all(alert.labels[name] == known.labels[name] for name in common)


def _order(event: Event) -> tuple[pd.Timestamp, str, str, str, str, str, str]:
    return (event.time, event.service.name, event.kind, event.title, event.version, event.source, event.source_id)
