"""Which events are changes, how fast each kind acts, and what was undone by what."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import pandas as pd

from reconstruct.explain import priors
from reconstruct.model import Event, EventKind, Evidence, Service

Acts = Literal["rolls out", "at once", "while it runs"]

_ACTS: Final[dict[EventKind, Acts]] = {
    "deploy": "rolls out",
    "rollback": "rolls out",
    "scale": "rolls out",
    "restart": "at once",
    "config": "at once",
    "flag": "at once",
    "migration": "while it runs",
    "job": "while it runs",
}
LASTING: Final[frozenset[EventKind]] = frozenset({"deploy", "rollback", "config", "flag", "scale"})
"""Kinds whose effect stays until somebody undoes it; a migration lets its lock go by itself."""

CLOCKS_S: Final = 3.0
"""Two machines' clocks, and times in whole seconds, do not order what lies closer than this: a process begins, as the
kernel reckons it, a second before the deploy that began it was written down."""
OBSERVED: Final = "prometheus"
"""Source of events that were read off the metrics."""
STAGE_S: Final = 3600.0
"""The steps of a gradual release follow each other within the hour: longer bake times are a guess nobody makes for
us, and a deploy of the same version a day later is another matter."""
MAX_BETWEEN: Final = 100
"""Events of one service on either side of a change that are held against it: what a hundred later ones have gone over
was not taken back, and without a bound the time grows with the square."""
_UNDO_WORDS: Final = re.compile(
    r"\b(roll(?:ed|ing|s)?[ -]?back|revert(?:ed|ing|s)?|back(?:ed|ing)? out)\b", re.IGNORECASE
)
_STATE: Final = re.compile(r"\b(on|off|enabled?|disabled?|true|false)\b", re.IGNORECASE)
_ON: Final = frozenset({"on", "enable", "enabled", "true"})


_Versions = Callable[[Event], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Change:
    """An event that can have set something off."""

    event: Event
    acts: Acts
    restarted: pd.Timestamp | None
    """When its service's instances were first seen to begin again after it: it had taken effect by then."""
    undone_by: Event | None
    """The first later event that took it back."""
    earlier: tuple[Event, ...]
    """Changes of the same kind and service before it."""

    replaced_by: Event | None = None
    """The first later event that put something else in its place without going back: a fix forward, if it was one."""
    stages: tuple[Event, ...] = ()
    """Later events of the same release: it went out step by step."""

    @property
    def done(self) -> pd.Timestamp:
        """When it was complete, as far as told."""
        ends = [e.end if e.end is not None else e.time for e in (self.event, *self.stages)]
        return max(ends)


def changes(evidence: Evidence) -> tuple[Change, ...]:
    """All changes in the evidence, in order of time."""
    events = sorted(evidence.events, key=lambda e: (e.time, e.id))
    found = [e for e in events if e.kind in priors.CHANGE_KINDS and e.took_effect and not _only_seen(e)]
    told, changed = _near(events), _near(found)
    ran = _remembered(lambda event: _versions(event, _earlier(event, changed(event))))
    stages = {e.id: _stages(e, _after(e, changed(e))) for e in found}
    staged = {stage.id for of_one in stages.values() for stage in of_one}
    return tuple(_change(e, told(e), changed(e), stages[e.id], ran) for e in found if e.id not in staged)


def undos(events: Sequence[Event]) -> tuple[Event, ...]:
    """The changes that take something back, in order of time."""
    ordered = sorted(events, key=lambda e: (e.time, e.id))
    near = _near(ordered)
    ran = _remembered(lambda event: _versions(event, _earlier(event, near(event))))
    found = (e for e in ordered if e.kind in priors.CHANGE_KINDS and e.took_effect)
    return tuple(e for e in found if is_rollback(e, near(e), ran=ran))


def _change(
    event: Event, told: Sequence[Event], near: Sequence[Event], stages: tuple[Event, ...], ran: _Versions
) -> Change:
    """A change among all that is told of its service, and the changes among them."""
    later = [e for e in _after(event, near) if same(e.service, event.service)]
    return Change(
        event=event,
        acts=_ACTS[event.kind],
        restarted=_restarted(event, told),
        undone_by=next((u for u in _may_undo(event, later, ran) if undoes(u, event, near, ran=ran)), None),
        earlier=tuple(o for o in _earlier(event, near) if o.kind == event.kind and same(o.service, event.service)),
        replaced_by=next((u for u in later if replaces(u, event)), None),
        stages=stages,
    )


def _time(event: Event) -> pd.Timestamp:
    return event.time


def _after(event: Event, near: Sequence[Event]) -> Sequence[Event]:
    """Those of `near`, which is in order of time, that came later."""
    return near[bisect_right(near, event.time, key=_time) :]


def _earlier(event: Event, near: Sequence[Event]) -> Sequence[Event]:
    """Those of `near`, which is in order of time, that came before."""
    return near[: bisect_left(near, event.time, key=_time)]


def _may_undo(event: Event, later: Sequence[Event], ran: _Versions) -> Iterable[Event]:
    """Those that `undoes` has to look at: where versions decide, most can be passed over by theirs."""
    if event.kind == "flag" or not event.version or event.version == event.previous:
        return later
    before = ran(event)
    return (u for u in later if not u.version or u.version in before or u.previous == event.version)


def _remembered(versions: _Versions) -> _Versions:
    known: dict[str, frozenset[str]] = {}

    def ran(event: Event) -> frozenset[str]:
        if event.id not in known:
            known[event.id] = versions(event)
        return known[event.id]

    return ran


def _near(events: Sequence[Event]) -> Callable[[Event], Sequence[Event]]:
    """For an event those of the service of its name, `MAX_BETWEEN` to either side of it, in order of time."""
    by_name: dict[str, list[Event]] = {}
    places: dict[str, int] = {}
    for event in events:
        mine = by_name.setdefault(event.service.name, [])
        places[event.id] = len(mine)
        mine.append(event)

    def near(event: Event) -> Sequence[Event]:
        place = places[event.id]
        return by_name[event.service.name][max(0, place - MAX_BETWEEN) : place + MAX_BETWEEN + 1]

    return near


def _only_seen(event: Event) -> bool:
    """A restart that nobody announced: Prometheus saw a process begin again, which crashes and deploys bring about."""
    return event.kind == "restart" and event.source == OBSERVED


def same(one: Service, other: Service) -> bool:
    """Whether two events surely speak of one service: both name it, and nothing told differs."""
    return bool(one.name) and (one == other or one.may_be(other))  # equal is by far the most, and the least to compare


def is_rollback(event: Event, events: Sequence[Event], *, ran: _Versions | None = None) -> bool:
    """Whether an event takes something back: by its kind, by its version going back, or by its title.

    `ran` tells what versions a service had run before an event, where that is known already.
    """
    if event.kind == "rollback" or _says_undo(event.title):
        return True
    if not event.version or event.version == event.previous:
        return False
    return event.version in (ran(event) if ran is not None else _before(event, events))


@lru_cache(maxsize=4096)
def _says_undo(title: str) -> bool:
    return _UNDO_WORDS.search(title) is not None


def undoes(later: Event, earlier: Event, events: Sequence[Event], *, ran: _Versions | None = None) -> bool:
    """Whether `later` took `earlier` back; `ran` as for `is_rollback`.

    Versions decide where both tell theirs and `earlier` changed it: the service runs again what it ran before.
    Otherwise a rollback takes back the last change of its service, and a flag goes back to its other state.
    """
    if not same(later.service, earlier.service) or later.time <= earlier.time:
        return False
    if earlier.kind == "flag" or later.kind == "flag":
        if earlier.kind != later.kind:
            return False
        (name, state), (its_name, its_state) = _flag(later.title), _flag(earlier.title)
        return name == its_name and state != its_state
    if later.version and earlier.version and earlier.version != earlier.previous:
        before = ran(earlier) if ran is not None else _before(earlier, events)
        again = later.version != earlier.version and later.version in before
        return again or (later.previous == earlier.version and is_rollback(later, events, ran=ran))
    if earlier.kind not in LASTING or not is_rollback(later, events, ran=ran):
        return False
    return not any(
        earlier.time < e.time < later.time
        and same(e.service, earlier.service)
        and e.kind in LASTING - {"flag"}
        and not is_rollback(e, events, ran=ran)
        for e in events
    )


def replaces(later: Event, earlier: Event) -> bool:
    """Whether `later` put something else in the place of `earlier`: the next version, or the next change of its kind.

    Where both tell versions they decide; a version that starts from another one replaces that one.
    """
    if not same(later.service, earlier.service) or later.time <= earlier.time or earlier.kind not in LASTING:
        return False
    if earlier.kind == "flag" or later.kind == "flag":
        return earlier.kind == later.kind and _flag(later.title)[0] == _flag(earlier.title)[0]
    if later.previous and earlier.version:
        return later.previous == earlier.version and later.version != earlier.version
    family = {"deploy", "rollback"} if earlier.kind in ("deploy", "rollback") else {earlier.kind}
    return later.kind in family


def _stages(event: Event, events: Sequence[Event]) -> tuple[Event, ...]:
    """Later deploys of the same version of the same service, each soon after the one before: one gradual release."""
    if event.kind != "deploy" or not event.version:
        return ()
    found: list[Event] = []
    for e in events:
        last = found[-1] if found else event
        if e.time <= last.time or not same(e.service, event.service) or e.kind not in LASTING - {"flag", "config"}:
            continue
        if (
            e.kind != "deploy"
            or e.version != event.version
            or e.previous == e.version
            or (e.time - last.time).total_seconds() > STAGE_S
        ):
            break
        found.append(e)
    return tuple(found)


def _before(event: Event, events: Sequence[Event]) -> frozenset[str]:
    """Versions that the service had run before an event."""
    return _versions(event, [e for e in events if e.time < event.time])


def _versions(event: Event, earlier: Iterable[Event]) -> frozenset[str]:
    """As `_before`, of events that came earlier."""
    known = {event.previous}
    for e in earlier:
        if same(e.service, event.service):
            known.add(e.version)
            known.add(e.previous)
    return frozenset(known - {"", event.version if event.version == event.previous else ""})


@lru_cache(maxsize=4096)
def _flag(title: str) -> tuple[str, bool | None]:
    """Name and state of a flag as its event's title tells: "flag x off->on" is x, on."""
    states = [word.lower() in _ON for word in _STATE.findall(title)]
    name = " ".join(_STATE.sub(" ", title).replace("->", " ").split()[:2]).lower()
    return name, states[-1] if states else None


def _restarted(event: Event, events: Sequence[Event]) -> pd.Timestamp | None:
    """The first restart after it, unless another rollout of the service lies between: then it is that one's."""
    slack = pd.Timedelta(seconds=CLOCKS_S)
    limit = event.time + pd.Timedelta(seconds=priors.TAKES_EFFECT_S)
    for e in events[bisect_left(events, event.time - slack, key=_time) :]:
        if e.id == event.id or not same(e.service, event.service):
            continue
        if e.time > limit or (_ACTS.get(e.kind) == "rolls out" and e.time >= event.time):
            return None
        if e.kind == "restart":
            return max(e.time, event.time)
    return None
