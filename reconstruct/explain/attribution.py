"""Whether a change brought a mechanism about: whose it is, its kind, its time, and what came of taking it back."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from reconstruct.explain.before_during import Span
from reconstruct.explain.changes import OBSERVED, Change, same
from reconstruct.explain.context import Case
from reconstruct.explain.figures import Rollouts, says_database
from reconstruct.explain.rules.ambiguous_order import NearOnset, ambiguous_order
from reconstruct.explain.rules.canary_comparison import canary_comparison
from reconstruct.explain.rules.negative_control import negative_control
from reconstruct.explain.rules.recovered_without_rollback import recovered_without_rollback
from reconstruct.explain.rules.reversal import reversal
from reconstruct.explain.shown import ANYONE, NETWORK, Candidate
from reconstruct.model import Event, Evidence, Facts, Reason
from reconstruct.model.system import System

ON_IT: Final = 1.5
"""The change is of the very thing (or of one that may as well have brought the mechanism about); less by the logarithm
of its share."""
ANYBODY: Final = 0.0
"""Nobody within the system brings it about, and this change's service is not known to be within it."""
WITHIN: Final = -1.0
"""... and it is within it: users come and go for reasons of their own."""
ANY_MACHINE: Final = 0.5
"""A job may run on any machine; nothing but its time says so."""
OF_THE_NETWORK: Final = frozenset(
    {
        "network",
        "net",
        "vpc",
        "router",
        "routing",
        "firewall",
        "switch",
        "cni",
        "dns",
        "coredns",
        "resolver",
        "vpn",
        "wan",
    }
)
"""Words in the name of what a change is of that say: of what lies between services, which no metric bears."""
UNDER_BOTH: Final = 0.7
"""... where calls fail or take longer between two that are well: the network is one of what may do that."""
LOST_ON_THE_WAY: Final = frozenset({"edge-alone", "never-arrives"})
"""What an edge fails that those behind it answered, or never got: its own doing, or of what lies between."""
UNKNOWN_STORE: Final = 0.5
"""Share for a change of a database that no metric names: the one that is measured may be it."""
OF_STORES: Final = frozenset({"migration", "job"})
"""Kinds of change that work on a database, whatever the name of who runs them."""
NO_CHANGE: Final = 2.0
"""Log-odds that no recorded change brought a mechanism about, on the scale of a change's terms: one of an unlikely kind
on the very thing, at no particular time, does not reach it."""
AT_ONCE: Final = 2.0
"""A change so soon before the first sign of what it may have brought about: of changes that come by chance one in
thirty lies so near in an hour."""
SOON_S: Final = 120.0
"""A reload, or the first new pods, take so long (a rollout that is told to last longer: until it is done)."""
DOUBLING: Final = -1.0
"""One off each time the lag doubles beyond that ..."""
FADED: Final = -3.0
"""... to this; and it is not looked at where it would be less ..."""
SLOPE_SOON_S: Final = 300.0
"""... the start of a slope is known less well."""
ENDED_WITH_IT_S: Final = 1800.0
"""What ended when it was taken back began with it, though it took so long to show."""
CLOCKS_S: Final = 15.0
"""Clocks of sources of changes differ by some seconds from the server's."""
AFTER_SIGN: Final = -3.0
"""A change after the first sign of the mechanism, by less than that sign is known."""
AFTER_BY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Attributed:
    """What the rules say of one change for one candidate."""

    change: Change
    prior: float
    reasons: tuple[Reason, ...]

    @property
    def log_odds(self) -> float:
        """Its prior and all terms."""
        return self.prior + sum(r.weight for r in self.reasons)


def attribute(
    change: Change,
    candidate: Candidate,
    *,
    case: Case,
    system: System,
    span: Span,
    near: NearOnset,
    cured_by: Event | None,
) -> Attributed | None:
    """The terms of one change for one candidate; None where it cannot have brought it about."""
    where = topology(change, candidate, system)
    when = temporal_order(change, candidate, case, span)
    if where is None or when is None:
        return None
    kind = change.event.kind
    fits = candidate.mechanism.kinds.get(kind, 0.0) if candidate.mechanism.kinds else 0.0
    if change.acts == "while it runs" and fits > 0:
        fits *= min(max(when.weight, 0.0) / AT_ONCE, 1.0)  # what runs does it while it runs, not minutes later
    if kind in ("config", "scale") and _left_the_bound(candidate, system):
        fits = min(fits, LEFT_THE_BOUND)
    undone = _undone(change, candidate, case, span)
    ended = undone is not None and undone.weight > 0  # then it was not simply left in place
    told = (
        where,
        Reason(
            "mechanism-fits",
            "",
            (change.event.id,),
            fits,
            kind="kind-of-change",
            facts={"kind": kind, "mechanism": candidate.mechanism.id},
        ),
        when,
        canary_comparison(change, case),
        negative_control(change, case),
        undone,
        None if ended else recovered_without_rollback(change, case, cured_by),
        ambiguous_order(change, near),
    )
    return Attributed(change, _prior(change, candidate, system), tuple(r for r in told if r is not None))


def _prior(change: Change, candidate: Candidate, system: System) -> float:
    """Of its kind; a restart of what keeps its contents in memory empties it, which is no consequence of it."""
    kind, thing = change.event.kind, system.thing(change.event.service.name)
    emptied = kind == "restart" and system.kinds.get(thing or "") == "cache" and thing == candidate.thing
    return 0.0 if emptied else KIND_PRIOR.get(kind, 0.0)


LEFT_THE_BOUND: Final = -1.0
"""A configuration after which a pool is as large as before did not make it too small."""


def _left_the_bound(candidate: Candidate, system: System) -> bool:
    pool = system.pools.get((candidate.thing, candidate.target)) if candidate.place == "pool" else None
    return pool is not None and pool.size is not None and not candidate.own_doing


KIND_PRIOR: Final[Mapping[str, float]] = {"rollback": -2.0, "restart": -2.0}
"""A rollback goes to what ran before; most restarts are a consequence. Other kinds as the mechanism says."""


def topology(change: Change, candidate: Candidate, system: System) -> Reason | None:
    """Whether the change is of what the mechanism is at work at, or of what may bring it about there."""
    name = change.event.service.name
    thing = system.thing(name) or name if name else ""
    weight = None
    for one, share in candidate.changes_of.items():
        if one == ANYONE:
            inside = candidate.mechanism.id == "traffic-surge" and thing in system.kinds
            weight = max(weight if weight is not None else -9.0, WITHIN if inside else ANYBODY)
        elif thing and one == thing:
            weight = max(weight if weight is not None else -9.0, ON_IT + math.log(max(share, 0.05)))
    if (
        weight is None
        and candidate.mechanism.id == "cpu-contention"
        and change.event.kind == "job"
        and candidate.place == "host"
    ):
        weight = ANY_MACHINE
    of_stores = change.event.kind in OF_STORES or says_database(thing)
    unknown = thing and thing not in system.kinds and of_stores
    if weight is None and unknown and candidate.place == "database":
        weight = ON_IT + math.log(UNKNOWN_STORE)
    network = candidate.place in ("path", "dns") or candidate.thing == NETWORK
    network |= candidate.why == "between-many"
    between = network or candidate.why.startswith("between") or candidate.why in LOST_ON_THE_WAY
    if weight is None and between and thing not in system.kinds and OF_THE_NETWORK & set(re.split(r"[-_.\d]+", thing)):
        weight = ON_IT if network else UNDER_BOTH
    if weight is None:
        return None
    facts: Facts = {"service": change.event.service, "thing": candidate.thing}
    kind = "on-it" if thing == candidate.thing else "may-reach-it" if weight >= 0 else "hardly-reaches-it"
    return Reason(
        "topology",
        "",
        (change.event.id,),
        weight,
        kind=kind,
        facts=facts,
    )


def temporal_order(change: Change, candidate: Candidate, case: Case, span: Span) -> Reason | None:
    """Log-odds of the lag from a change to the first sign of the mechanism (the start of its slope where it fills)."""
    event, sign = change.event, span.time(candidate.first)
    step = span.window.step_s
    lag_s = (sign - event.time).total_seconds()
    slack_s = CLOCKS_S + 1.5 * step + (AFTER_BY_S if candidate.slope else 0.0)
    weight = 0.0
    kind = "before-sign"
    if lag_s < 0 and event.time > case.onset.latest + pd.Timedelta(seconds=slack_s):
        return None  # the impact had begun by then
    if lag_s < -slack_s:
        if lag_s < -slack_s - AFTER_BY_S:
            return None
        weight, kind = AFTER_SIGN, "after-sign"
    elif candidate.slope and lag_s < AFTER_BY_S - slack_s:  # a line may have begun later than it seems, hardly by much
        weight = AFTER_SIGN * (AFTER_BY_S - slack_s - lag_s) / AFTER_BY_S
        kind = "after-sign"
    lasted_s = max((change.done - event.time).total_seconds(), 0.0) if change.acts == "rolls out" else 0.0
    soon_s = max(SLOPE_SOON_S if candidate.slope else SOON_S, lasted_s + SOON_S / 2, 2.5 * step)
    if _tight(change, case):
        soon_s = max(soon_s, ENDED_WITH_IT_S)
    if change.acts == "while it runs" and change.event.end is not None and change.event.end >= sign:
        lag_s = min(lag_s, soon_s)
    late = max(0.0, lag_s - event.resolution_s) / soon_s
    near = AT_ONCE + (DOUBLING * math.log2(late) if late > 1 else 0.0)
    if near < FADED:
        return None
    facts: Facts = {"time": event.time, "sign": sign, "slope": candidate.slope, "late": near <= 0}
    return Reason("temporal-order", "", (event.id,), weight + near, kind=kind, facts=facts)


def _tight(change: Change, case: Case) -> bool:
    """Whether the symptoms ended right when it was taken back: then it began with it."""
    undo, back = change.undone_by or change.replaced_by, case.recovered
    if undo is None or back is None or undo.time <= case.onset.earliest:
        return False
    done = undo.end if undo.end is not None else undo.time
    return bool(
        -CLOCKS_S
        <= (back.earliest - undo.time).total_seconds()
        <= 180.0 + (done - undo.time).total_seconds() + 2 * case.evidence.window.step_s
    )


def _undone(change: Change, candidate: Candidate, case: Case, span: Span) -> Reason | None:
    """What came of taking it back: by the symptoms or by the mechanism's own figure, whichever speaks more for it.

    Symptoms that stay until something else is done may be another's; a figure that was back is this mechanism's.
    """
    user_facing, figure = reversal(change, case), figure_reversal(change, candidate, span)
    if user_facing is not None and user_facing.weight > 0:
        user_facing = replace(user_facing, weight=user_facing.weight * _in_response_time(change, case, candidate))
    if user_facing is not None and (figure is None or user_facing.weight >= max(CLEAR_REVERSAL, figure.weight)):
        return user_facing
    return figure or user_facing or _fixed_forward(change, case) or _ended_with(change, case)


CLEAR_REVERSAL: Final = 1.0
RESPONSE_S: Final = 300.0
"""What was done this long before the symptoms ended did hardly end them ..."""
RESPONSE_MOST_S: Final = 900.0
"""... and after this not at all; three times as long where something has to drain."""


def _in_response_time(change: Change, case: Case, candidate: Candidate) -> float:
    """1 where the symptoms left soon after it was taken back, falling to 0."""
    undo, back = change.undone_by, case.recovered
    if undo is None or back is None:
        return 1.0
    waited_s = (back.earliest - (undo.end if undo.end is not None else undo.time)).total_seconds()
    drains = 3.0 if candidate.slope or candidate.place == "queue" else 1.0
    late = (waited_s / drains - RESPONSE_S) / (RESPONSE_MOST_S - RESPONSE_S)
    return min(max(1.0 - late, 0.0), 1.0)


ENDED_WITH: Final = 1.2
"""Another change of the same service came right before the symptoms ended: perhaps a switch turned off."""
ENDED_WITH_S: Final = 150.0


def _ended_with(change: Change, case: Case) -> Reason | None:
    """Whether a later flag, configuration or release of the same service may have ended what this one brought."""
    back, step_s = case.recovered, case.evidence.window.step_s
    if back is None or change.event.kind not in ("deploy", "config", "flag"):
        return None
    for e in case.evidence.events:
        before_s = (back.time - e.time).total_seconds()
        near = -30.0 - e.resolution_s <= before_s <= ENDED_WITH_S + 2 * step_s
        if (
            near
            and e.time > max(change.event.time, case.onset.latest)
            and e.kind in ("deploy", "config", "flag", "rollback")
        ) and same(e.service, change.event.service):
            facts: Facts = {"time": e.time, "back": back.time}
            return Reason("reversal", "", (change.event.id, e.id), ENDED_WITH, kind="ended-with", facts=facts)
    return None


FIXED_FORWARD: Final = 1.5
"""The symptoms ended right when the next version took its place: half of what taking it back says."""


def _fixed_forward(change: Change, case: Case) -> Reason | None:
    """Whether the next change in its place ended the symptoms."""
    fix, back = change.replaced_by, case.recovered
    if change.undone_by is not None or fix is None or back is None or not _tight(change, case):
        return None
    facts: Facts = {"time": fix.time, "back": back.time}
    return Reason("reversal", "", (change.event.id, fix.id), FIXED_FORWARD, kind="fixed-forward", facts=facts)


FIGURE_REVERSED: Final = 2.3
"""The mechanism's own figure was back when the change was taken back (users may have met nothing) ..."""
FIGURE_STAYED: Final = -3.0
"""... or it stayed as it was."""
BACK_S: Final = 600.0
"""Looked at for so long after it was done ..."""
SETTLES_S: Final = 120.0
"""... but not at once: pods start one after the other."""
BACK_SHARE: Final = 0.4
STAYED_SHARE: Final = 0.8


def figure_reversal(change: Change, candidate: Candidate, span: Span) -> Reason | None:
    """Whether the mechanism's own figure went back when the change was taken back, or ended; None where none tells."""
    undo, figure, moved = change.undone_by, candidate.figure, candidate.moved
    ended = change.event.end if change.acts == "while it runs" else None
    at, done = (undo.time, undo.end or undo.time) if undo is not None else (ended, ended)
    if (
        at is None
        or done is None
        or figure is None
        or moved is None
        or moved.by == 0.0
        or at <= span.time(candidate.first)
    ):
        return None
    index = span.window.index
    after = (index >= done + pd.Timedelta(seconds=SETTLES_S)) & (index < done + pd.Timedelta(seconds=BACK_S))
    before = (index >= at - pd.Timedelta(seconds=BACK_S)) & (index < at) & (index >= span.time(candidate.first))
    with_it, without = figure.values[before], figure.values[after]
    with_it, without = with_it[np.isfinite(with_it)], without[np.isfinite(without)]
    if min(len(with_it), len(without)) < 3:
        return None
    excess = float(np.median(with_it)) - moved.before
    if excess * moved.by <= 0:
        return None
    left = (float(np.median(without)) - moved.before) / excess
    if BACK_SHARE < left < STAYED_SHARE:
        return None
    cited = (change.event.id, *([undo.id] if undo is not None else []), *candidate.queries)
    facts: Facts = {**candidate.facts, "time": at, "left": left}
    if left <= BACK_SHARE:
        away = (figure.values - moved.before) / excess >= (BACK_SHARE + STAYED_SHARE) / 2
        asked = (index >= span.time(candidate.first)) & (index < done + pd.Timedelta(seconds=BACK_S))
        ill = np.flatnonzero(away & np.asarray(asked))
        resolution_s = undo.resolution_s if undo is not None else change.event.resolution_s
        # What comes in bursts had not left for good in a pause no longer than those before it.
        pause_s = int(np.diff(ill).max(initial=0)) * span.window.step_s
        slack = pd.Timedelta(seconds=max(CLOCKS_S + resolution_s, pause_s))
        if len(ill) and span.time(int(ill[-1])) < at - slack:  # a mean of some samples leaves later than they do
            return None
        return Reason("reversal", "", cited, FIGURE_REVERSED, kind="figure-back", facts=facts)
    return Reason("reversal", "", cited, FIGURE_STAYED, kind="figure-stayed", facts=facts)


ROLLED_S: Final = (60.0, 240.0)
"""From so long before a rollout was written down until so long after its end, restarts are its own."""


def rollouts(evidence: Evidence, system: System) -> Rollouts:
    """Rows in which each thing was being rolled out."""
    index = evidence.window.index
    found: dict[str, npt.NDArray[np.bool_]] = {}
    for e in evidence.events:
        if e.kind not in ROLLS or e.source == OBSERVED or not e.service.name:
            continue
        thing = system.thing(e.service.name) or e.service.name
        over = (e.end if e.end is not None else e.time) + pd.Timedelta(seconds=ROLLED_S[1])
        rows = np.asarray((index > e.time - pd.Timedelta(seconds=ROLLED_S[0])) & (index < over))
        found[thing] = rows | found[thing] if thing in found else rows
    return found


ROLLS: Final = frozenset({"deploy", "rollback", "config", "restart", "flag", "scale"})
