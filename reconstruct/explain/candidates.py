"""Mechanisms held against the figures of a system: what is at work where, since when, and what explains what.

Each mechanism of queries/mechanisms.yaml says which figure of which thing shows it. What several of them show is
ordered by where it stands to the end of the walk (explain.locate), and what is only the consequence of another comes
after it: a pool that is full because statements wait for a lock is the lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from reconstruct.explain.before_during import Move, Span, move, slope_start
from reconstruct.explain.figures import Figure, Rollouts, figures, hosts_of
from reconstruct.explain.locate import Location, excess, met_by_users, owns_its_time
from reconstruct.explain.own_failures import own_failures
from reconstruct.explain.priors import AT_CAPACITY, CALL_TRIPS, EXPLAINS_SHARE, ROUND_TRIPS
from reconstruct.explain.shown import ANYONE, NETWORK, Candidate
from reconstruct.model import Fact, Mechanism, Reason, Tell
from reconstruct.model.system import System

LOCATION_RULE: Final = "location"
CONSEQUENCE_RULE: Final = "consequence"
SPECIFICITY_RULE: Final = "specificity"
ONSET_RULE: Final = "onset-order"

AT_THE_END: Final = 1.0
"""Log-odds of what the end of the walk shows itself; below, what stands elsewhere against it ..."""
SERVES_THE_END: Final = 0.8
HOSTS_THE_END: Final = 0.6
AROUND: Final = 0.4
UNRELATED_STORE: Final = -1.0
ON_THE_WAY: Final = 0.0
CALLED_ON_THE_WAY: Final = 0.3
LIKELY_STORE: Final = 0.2
"""A database, where nothing tells which services use which."""
LATE_WORK: Final = 2.5
"""A queue, where what users met is that work came late."""
BELOW: Final = -0.5
ELSEWHERE: Final = -1.5
CONSEQUENCE: Final = -3.0
"""Log-odds of what a mechanism at work beneath it explains."""
VAGUE: Final = -1.5
"""... and of what names no resource, where a resource at its bound is shown at the same place."""
SURE_ENOUGH: Final = 3.9
"""A mechanism shown by this explains others away."""
LATE_S: Final = 180.0
"""What began this long after the impact did not bring it about; each such time takes one off, to LATE_MOST."""
LATE_MOST: Final = 3.0
OWN_SHARE: Final = 0.4
"""Of what a service's requests take longer: with less of it spent in statements they are not what slows them."""
IDLER: Final = 0.7
"""A machine that is busy with this share of what it was at most computes less ..."""
IDLER_SPREAD: Final = 0.02
IDLER_SURE: Final = 3.0
"""... where that is so many spreads of its own."""
TRAFFIC_FOLLOWS: Final = frozenset(
    {"requests", "requests-of-a-route", "published", "statements-per-request", "lookups-per-request"}
)
"""Figures that follow the time of day: held against the half hour before."""


def candidates(
    system: System,
    span: Span,
    mechanisms: Sequence[Mechanism],
    *,
    location: Location | None,
    late: bool,
    rollouts: Rollouts,
) -> tuple[Candidate, ...]:
    """All that the figures show, the strongest first; `late` = what users met is that work came late."""
    by_thing: dict[tuple[str, str, str], list[Figure]] = defaultdict(list)
    for figure in figures(system, span, rollouts=rollouts):
        by_thing[figure.place, figure.thing, figure.other if figure.place == "pool" else ""].append(figure)
    found: list[Candidate] = []
    for mechanism in mechanisms:
        for (place, thing, other), own in by_thing.items():
            shown = [
                c
                for tell in mechanism.shown_by
                if tell.on == place
                for c in _shown(tell, mechanism, thing, other, own, by_thing, system, span)
            ]
            if shown:
                found.append(_best(shown, system, span))
    general = next((m for m in mechanisms if m.id == "bad-change"), None)
    found = _of_the_network(found)
    if location is not None:
        found += own_failures(system, span, location, {m.id: m for m in mechanisms}, general=general)
    return tuple(
        sorted(_weighed(found, system, span, location, late=late), key=lambda c: (-c.strength, c.mechanism.id, c.thing))
    )


def cleared(system: System, span: Span, mechanism: Mechanism, *, rollouts: Rollouts) -> tuple[tuple[Figure, Move], ...]:
    """Figures of every thing that could show a mechanism and stayed; none where any did not, or none is measured.

    What moved too little to account for the impact clears as well. A figure that moved while the tell's own conditions
    (`when`, `unless`) were not met moved for another reason: it neither clears nor keeps from it. Nor does a process
    that no request passes through, such as the monitoring's own.
    """
    told, every = [], figures(system, span, rollouts=rollouts)
    part = taking_part(system)
    for figure in every:
        for tell in mechanism.cleared_by:
            if (tell.on, tell.figure) != (figure.place, figure.name):
                continue
            if figure.place == "service" and part and figure.thing not in part:
                continue
            moved = _move(tell, figure, span)
            if moved is None:
                continue
            if tell.moves == "up" and figure.unit == "ratio" and moved.during >= AT_CAPACITY:
                return ()  # with next to nothing left it rules nothing out, whatever it did
            if _stayed(tell, moved) or not _accounts(figure, moved, system, span):
                told.append((figure, moved))
                continue
            own = [f for f in every if (f.place, f.thing) == (figure.place, figure.thing)]
            if all(_met(c, own, {}, span) for c in tell.when) and not any(_met(c, own, {}, span) for c in tell.unless):
                return ()
    return tuple(told)


def _accounts(figure: Figure, moved: Move, system: System, span: Span) -> bool:
    """Whether a figure moved by enough to account for what requests wait longer.

    A request passes a way so often at most: one that takes d longer explains at most that times d. Where
    requests are not timed, or did not wait longer, nothing tells how much is enough. What a service waits for its
    statements is held against its own requests.
    """
    if figure.name == "call-time-per-request":
        return moved.by >= OWN_SHARE * excess(system.served.get(figure.thing), span).later_s > 0
    if figure.name != "round-trip":
        return True
    later = {thing: excess(flow, span).later_s for thing, flow in system.served.items()}
    slowest = max(later, key=lambda thing: later[thing], default="")
    later_s = later.get(slowest, 0.0)
    return later_s <= 0 or moved.by * _round_trips(system, slowest, span) >= EXPLAINS_SHARE * later_s


def _only_waits(own: Sequence[Figure], span: Span) -> bool:
    """Whether the machine of a database computes less than before: what takes longer there waits, it is no work."""
    moves = [move(f.values, span) for f in own if f.name == "host-cpu"]
    return any(m is not None and m.times <= IDLER and m.z(least=IDLER_SPREAD) <= -IDLER_SURE for m in moves)


def _round_trips(system: System, thing: str, span: Span) -> float:
    """How often a request of a service passes a way at most: by the calls to databases that it counts, if it does."""
    asked = [
        excess(call, span).rate
        for (caller, callee), call in system.called.items()
        if caller == thing and system.kinds.get(callee) == "database"
    ]
    requests = excess(system.served.get(thing), span).rate
    return CALL_TRIPS * max(asked) / requests if any(asked) and requests > 0 else ROUND_TRIPS


def taking_part(system: System) -> frozenset[str]:
    """The things that requests or messages pass through, as far as is known."""
    ends = {end for pair in (*system.called, *system.calls, *system.pools) for end in pair}
    return frozenset({*system.served, *system.handled, *system.consumers, *ends})


# ---------------------------------------------------------------- one figure


def _move(tell: Tell, figure: Figure, span: Span) -> Move | None:
    return move(
        figure.values,
        span,
        quantile=tell.quantile,
        recent=figure.name in TRAFFIC_FOLLOWS,
        led_up=tell.slope or tell.figure == "ended",
    )


def _holds(tell: Tell, moved: Move) -> bool:
    """Whether a figure moved as far as asked, the way asked."""
    if tell.below is not None:
        return moved.during < tell.below
    if tell.reaches is None and tell.times == 1.0 and tell.by == 0.0:
        return True
    up = tell.moves == "up"
    z = moved.z(least=tell.spread) * (1 if up else -1)
    return (
        z >= tell.sure
        and (tell.times == 1.0 or (moved.times >= tell.times if up else moved.times <= tell.times))
        and (tell.by == 0.0 or (moved.by >= tell.by if up else -moved.by >= tell.by))
        and (tell.reaches is None or (moved.during >= tell.reaches if up else moved.during <= tell.reaches))
        and (tell.was is None or (moved.before < tell.was if up else moved.before > tell.was))
    )


def _stayed(tell: Tell, moved: Move) -> bool:
    up = tell.moves == "up"
    return (
        (tell.times == 1.0 or (moved.times <= tell.times if up else moved.times >= tell.times))
        and (tell.by == 0.0 or (moved.by <= tell.by if up else -moved.by <= tell.by))
        and (tell.reaches is None or (moved.during <= tell.reaches if up else moved.during >= tell.reaches))
    )


def _shown(
    tell: Tell,
    mechanism: Mechanism,
    thing: str,
    other: str,
    own: Sequence[Figure],
    by_thing: Mapping[tuple[str, str, str], Sequence[Figure]],
    system: System,
    span: Span,
) -> list[Candidate]:
    """The candidates that a tell's figures of one thing make."""
    found = []
    for figure in own:
        if figure.name != tell.figure:
            continue
        moved = _move(tell, figure, span)
        if moved is None or not _holds(tell, moved) or not _accounts(figure, moved, system, span):
            continue
        if tell.figure == "time-per-statement" and _only_waits(own, span):
            continue
        if not all(_met(c, own, by_thing, span) for c in tell.when) or any(
            _met(c, own, by_thing, span) for c in tell.unless
        ):
            continue
        first = slope_start(figure.values, span, moved) if tell.slope else moved.first
        found.append(
            Candidate(
                mechanism=mechanism,
                thing=thing,
                place=figure.place,
                strength=tell.telling,
                telling=tell.telling,
                first=first,
                figure=figure,
                moved=moved,
                changes_of=dict(tell.changes_of),
                slope=tell.slope,
                vague=tell.vague,
                target=other or figure.other,
            )
        )
    return found


def _of_the_network(found: Sequence[Candidate]) -> list[Candidate]:
    """Machines that lose packets at the same time are one candidate: what lies between them; probes tell more."""
    machines = [c for c in found if c.place == "host" and c.mechanism.id == "network-degradation"]
    rest = [c for c in found if c not in machines]
    if any(c.place == "path" and c.mechanism.id == "network-degradation" for c in rest):
        return rest
    if len(machines) < 2:
        return [*rest, *machines]
    worst = max(machines, key=lambda c: (c.moved.during if c.moved else 0.0, c.thing))
    return [*rest, replace(worst, thing=NETWORK, first=min(c.first for c in machines), changes_of={NETWORK: 1.0})]


def _met(
    condition: Tell, own: Sequence[Figure], by_thing: Mapping[tuple[str, str, str], Sequence[Figure]], span: Span
) -> bool:
    where = (
        own
        if not condition.on
        else [f for (place, _, _), part in by_thing.items() if place == condition.on for f in part]
    )
    fits = [f for f in where if f.name == condition.figure]
    if condition.measured is not None:
        return bool(fits) == condition.measured
    return any((moved := _move(condition, f, span)) is not None and _holds(condition, moved) for f in fits)


def _best(shown: Sequence[Candidate], system: System, span: Span) -> Candidate:
    """What tells most of one mechanism at one thing, since the first sign of any that tell it."""
    best = max(shown, key=lambda c: c.telling)
    first = min(c.first for c in shown if c.telling >= best.telling - 1.0)
    best = replace(best, first=first if not best.slope else best.first)
    return replace(best, changes_of=_answerable(best, system, span))


def _answerable(candidate: Candidate, system: System, span: Span) -> Mapping[str, float]:
    """Whose change may bring it about, by name, from the words of the mechanism's file."""
    named: dict[str, float] = {}

    def add(thing: str, weight: float) -> None:
        named[thing] = max(named.get(thing, 0.0), weight)

    thing = candidate.thing
    for word, weight in candidate.changes_of.items():
        if word == "itself":
            add(thing, weight)
        elif word == "anyone":
            add(ANYONE, weight)
        elif word == "target" and candidate.target:
            add(candidate.target, weight)
        elif word == "users":
            for user, share in users_of(system, span, thing, candidate.place).items():
                add(user, weight * share)
        elif word == "hosted":
            placed = any(thing in hosts for hosts in system.hosts.values())
            for one in hosted_by(system, thing):
                add(one, weight if placed else weight * UNPLACED)
    return named


UNPLACED: Final = 0.4
"""Of the share of what runs on a machine, where nothing tells what does: it may as well run on another."""
UNTOLD_WORKER: Final = 0.5
"""Share for each worker of which nothing tells the queue, in a queue of which nothing tells the worker."""
IDLE_USER: Final = 0.5
"""Share for each user of a store where users met nothing: slowness tells none apart."""


def users_of(system: System, span: Span, thing: str, place: str) -> dict[str, float]:
    """Who gives a store or queue its work, each with the share of its slowness that is its own doing."""
    if place == "queue":
        takers = {w: 1.0 for w, queue in system.consumers.items() if queue == thing}
        return takers or dict.fromkeys(sorted(set(system.handled) - set(system.consumers)), UNTOLD_WORKER)
    told = {owner for owner, of in system.pools if of == thing} | {
        a for a, b in {*system.called, *system.calls} if b == thing
    }
    seen = told or {s for s in {*system.served, *system.handled} if system.kinds.get(s) != "edge"}
    met = met_by_users(system, span)
    if not (met.failing or met.slow):
        return dict.fromkeys(sorted(seen), IDLE_USER) or {ANYONE: 0.7}
    return {s: owns_its_time(system, span, s) if s in system.served else 0.3 for s in seen} or {ANYONE: 0.7}


def hosted_by(system: System, host: str) -> tuple[str, ...]:
    """What runs on a machine; where nothing tells, anything may."""
    told = tuple(thing for thing in system.kinds if host in hosts_of(system, thing))
    return told or tuple(
        t for t, kind in system.kinds.items() if kind in ("app", "database", "edge") and t not in system.hosts
    )


# ---------------------------------------------------------------- all of them together


def _weighed(
    found: Iterable[Candidate], system: System, span: Span, location: Location | None, *, late: bool
) -> list[Candidate]:
    every = list(found)
    places = {id(c): _stands(c, system, location, late=late) for c in every}
    out = []
    for c in every:
        terms = _terms(c, every, system, span, places) if c.mechanism.id != "traffic-surge" else ()
        out.append(replace(c, strength=c.telling + sum(t.weight for t in terms), terms=terms))
    return out


def _terms(
    c: Candidate, every: Sequence[Candidate], system: System, span: Span, places: Mapping[int, tuple[str, float]]
) -> tuple[Reason, ...]:
    """What its place, the other candidates and its time add to a candidate."""
    kind, weight = places[id(c)]
    facts: dict[str, Fact] = {"stores": _stores(system)} if kind == "other-store" else {}
    terms = [_reason(LOCATION_RULE, kind, weight, c, **facts)]
    beneath = next((o for o in every if explains(system, o, c)), None)
    if beneath is not None:
        below: dict[str, Fact] = {"by": beneath.thing, "by_mechanism": beneath.mechanism.id}
        terms.append(_reason(CONSEQUENCE_RULE, "consequence", CONSEQUENCE, c, **below))
    elif c.vague and any(_says_more(o, c) and places[id(o)][1] >= AROUND for o in every):
        terms.append(_reason(SPECIFICITY_RULE, "general", VAGUE, c))
    late_s = (c.first - span.start) * span.window.step_s
    if late_s > LATE_S:
        terms.append(_reason(ONSET_RULE, "late", -min(LATE_MOST, late_s / LATE_S), c))
    return tuple(terms)


def _reason(rule: str, kind: str, weight: float, c: Candidate, **facts: Fact) -> Reason:
    return Reason(rule, "", c.queries, weight, kind=kind, facts={"thing": c.thing, **facts})


def _says_more(one: Candidate, other: Candidate) -> bool:
    return one.mechanism.id != other.mechanism.id and not one.vague and one.telling >= SURE_ENOUGH


def explains(system: System, one: Candidate, other: Candidate) -> bool:
    """Whether `one`, at work beneath (or above, where it asks for more), brings `other` about."""
    if one.amplifies and "traffic-surge" in other.mechanism.explained_by and not other.own_doing:
        return other.thing in {one.target, *hosts_of(system, one.target), *_reachable(system, one.target)} - {one.thing}
    if (
        one is other
        or one.mechanism.id not in other.mechanism.explained_by
        or one.telling < SURE_ENOUGH
        or other.own_doing
    ):
        return False
    if one.mechanism.id in ("traffic-surge", "cache-miss-storm"):
        return True
    reached = {other.thing, other.target} - {""}
    reached |= {host for thing in (other.thing, other.target) for host in hosts_of(system, thing)}
    reached |= {callee for caller, callee in {*system.called, *system.calls} if caller == other.thing}
    return one.thing in reached or (one.place == "external" and one.target == other.thing)


def _stands(c: Candidate, system: System, location: Location | None, *, late: bool) -> tuple[str, float]:
    """Where a candidate is, seen from the end of the walk, and its log-odds."""
    if location is None:
        return ("end", LATE_WORK if late else AT_THE_END) if c.place == "queue" else ("unknown", 0.0)
    ends = {location.thing, *([location.between] if location.between else [])}
    kind = "queue" if c.place == "queue" else system.kinds.get(c.thing, "")
    if c.thing in ends:
        return "end", AT_THE_END
    if kind == "database":
        if any((e, c.thing) in _leads(system) for e in ends):
            return "serves", SERVES_THE_END
        stores = _stores(system)
        known = "elsewhere" if c.thing in stores else "other-store"
        return (known, UNRELATED_STORE) if stores else ("unknown", LIKELY_STORE)
    if kind == "host":
        hosts = {h for e in ends for h in system.hosts.get(e, ())}
        beneath = {h for owner, of in system.pools if owner in ends for h in hosts_of(system, of)}
        if c.thing in hosts | beneath:
            return "hosts", HOSTS_THE_END
        return ("below", BELOW) if hosts else ("unknown", 0.0)
    if kind in ("cache", "path", "dns", "probe") or c.thing == NETWORK:
        return "around", AROUND
    if kind == "queue":
        return "elsewhere", ELSEWHERE
    if kind == "external":
        callers = {a for a, b in system.called if b == c.thing}
        if callers & ends:
            return "serves", SERVES_THE_END
        return ("way", CALLED_ON_THE_WAY) if callers & set(location.path) else ("below", BELOW)
    if c.thing in location.path or (c.amplifies and c.target in ends):
        return "way", ON_THE_WAY
    return ("below", BELOW) if c.thing in _reachable(system, location.path[0]) else ("elsewhere", ELSEWHERE)


def _leads(system: System) -> set[tuple[str, str]]:
    return {*system.pools, *system.called, *system.calls}


def _stores(system: System) -> tuple[str, ...]:
    """The databases that something is known to call."""
    return tuple(sorted({b for _, b in _leads(system) if system.kinds.get(b) == "database"}))


def _reachable(system: System, start: str) -> set[str]:
    found: set[str] = set()
    todo = [start]
    while todo:
        here = todo.pop()
        new = {b for a, b in {*system.called, *system.calls} if a == here} - found
        found |= new
        todo += new
    return found
