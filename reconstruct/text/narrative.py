"""The words of the draft, once: what every text output says, before each escapes it for its own format."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from reconstruct.model import (
    Anomaly,
    DismissedChange,
    EntryKind,
    Hint,
    Incident,
    Reason,
    Service,
)
from reconstruct.text.causes import beyond_statement
from reconstruct.text.escape import clip, plain
from reconstruct.text.measures import moved_text
from reconstruct.text.references import CHANGE_NOUNS, event_text, labels_text, service_text, shared_names, short_text
from reconstruct.text.summary import UNKNOWN, UNSPECIFIC, capitalised_name, finding
from reconstruct.text.times import Clock, clock, retold, span, spans_midnight
from reconstruct.text.units import apart, human_duration
from reconstruct.text.verdict import near_miss
from reconstruct.text.wording import capitalised, joined, mechanism_text, sentence, share_text

MAX_SERVICES_SHOWN: Final = 3
"""So many services stand in a title; the others are counted."""
MAX_NAME: Final = 60
"""Characters of a service's name in a title."""
UNSEEN: Final = "Unexplained"
"""What is left of the confidences: no ranking of hints is complete."""

ENTRY_KINDS: Final[Mapping[EntryKind, str]] = {
    "change": "Change",
    "onset": "Onset",
    "threshold": "Pending",
    "alert": "Alert",
    "spread": "Spread",
    "peak": "Peak",
    "mitigation": "Mitigation",
    "recovery": "Recovery",
    "gap": "Data gap",
    "restart": "Restart",
    "note": "Note",
}
"""Kind of an entry: the word that a reader sees."""


def retimed(incident: Incident, clock: Clock) -> Incident:
    """The incident with the times in hints, reasons and dismissals as `clock` writes them: dated, or switchable."""
    if not (clock.dates or clock.marked):
        return incident
    explanation = incident.explanation
    times = [e.time for e in incident.evidence.events]
    times += [s.moment.time for s in incident.milestones.values() if s is not None]
    times += [a.onset.time for a in incident.anomalies]
    reasons = [r for h in explanation.hints for r in (*h.reasons_for, *h.reasons_against)]
    times += [fact for r in reasons for fact in r.facts.values() if isinstance(fact, pd.Timestamp)]

    def told(text: str) -> str:
        return retold(text, times, clock)

    def reason(one: Reason) -> Reason:
        return replace(one, says=told(one.says))

    hints = tuple(
        replace(
            hint,
            statement=told(hint.statement),
            reasons_for=tuple(map(reason, hint.reasons_for)),
            reasons_against=tuple(map(reason, hint.reasons_against)),
        )
        for hint in explanation.hints
    )
    dismissed_changes = tuple(replace(one, says=told(one.says)) for one in explanation.dismissed_changes)
    ruled_out = tuple(replace(one, says=told(one.says)) for one in explanation.ruled_out)
    explained = replace(
        explanation,
        says=told(explanation.says),
        hints=hints,
        dismissed_changes=dismissed_changes,
        ruled_out=ruled_out,
    )
    return replace(incident, explanation=explained)


def title(incident: Incident) -> str:
    """What a list of drafts shows: the finding, and when."""
    window, stones = incident.evidence.window, incident.milestones
    onset, recovered = stones.get("onset"), stones.get("recovered")
    start = onset.moment.time if onset else window.start
    end = recovered.moment.time if recovered else window.end
    verdict = incident.explanation.verdict
    if verdict == "incident":
        found = finding(incident)
        if not found:
            about = services_text(incident.explanation.affected, shared_names(incident))
            found = capitalised_name(near_miss(incident.explanation.reason), incident)
            found = found or f"Incident{f' on {about}' if about else ''}"
        ongoing = onset is not None and recovered is None
        when = f"from {clock(start, dates=True)[:-3]} UTC, ongoing" if ongoing else f"{_span_text(start, end)} UTC"
        return f"{found}, {when}"
    what = "No incident found" if verdict == "no-incident" else "Inconclusive"
    return f"{what}, {_span_text(window.start, window.end)} UTC"


def _span_text(start: pd.Timestamp, end: pd.Timestamp) -> str:
    dates = spans_midnight(start, end)
    return f"{clock(start, dates=True)[:-3]} to {clock(end, dates=dates)[:-3]}"


def services_text(services: Sequence[Service], shared: Collection[str] | None = None) -> str:
    """`shop, postgres and lb`; past a few, the rest is counted. `shared`: the only names that need a namespace."""
    told = (service_text(s) if shared is None else short_text(s, shared) for s in services)
    names = list(dict.fromkeys(clip(plain(name), most=MAX_NAME) for name in told if name))
    if len(names) > MAX_SERVICES_SHOWN:
        names = [*names[: MAX_SERVICES_SHOWN - 1], f"{len(names) - MAX_SERVICES_SHOWN + 1} more"]
    return joined(names)


def window_text(incident: Incident) -> str:
    """The window always stated: what was looked at, how finely, and what counted as baseline."""
    window = incident.evidence.window
    baseline = ""
    if window.baseline_start < window.start:
        since = clock(window.baseline_start, dates=spans_midnight(window.baseline_start, window.start))
        baseline = f"; baseline from {since}"
    step = human_duration(window.step_s)
    return f"Window {span(window.start, window.end, dates=True)}, one sample every {step}{baseline}."


MAX_MOVERS: Final = 5
"""What moved most where no incident was found: so many series."""


def largest_effects(incident: Incident, *, clock: Clock) -> tuple[tuple[str, str], ...]:
    """What moved furthest beyond its threshold in the window, one series a signal, each with its id."""
    window = incident.evidence.window
    inside = [a for a in incident.anomalies if a.worse and a.onset.time >= window.start and a.signal.threshold is None]
    best: dict[str, Anomaly] = {}
    for a in sorted(inside, key=lambda a: (a.signal.inferred, -a.score, a.id)):
        best.setdefault(a.signal.id, a)
    told = []
    for a in list(best.values())[:MAX_MOVERS]:
        series = labels_text(a.labels, service=a.service)
        until = f" until {clock.time(a.recovery.time)}" if a.recovery else ", not recovered"
        before, peak = apart(a.baseline, a.peak, a.signal.unit)
        named = f" ({series})" if series else ""
        text = f"{capitalised(moved_text(a))}{named}: {before} before, peak {peak} at {clock.time(a.peak_time)}; "
        told.append((f"{text}from {clock.time(a.onset.time)}{until}", a.id))
    return tuple(told)


def dismissed(incident: Incident) -> tuple[DismissedChange, ...]:
    """Changes that were dismissed: not the mitigation and what a hint names, nor what came after the recovery."""
    mitigated = incident.milestones.get("mitigated")
    told = {h.trigger for h in incident.explanation.hints if h.verdict in ("supported", "plausible")}
    told |= set(mitigated.evidence) if mitigated else set()
    recovered = incident.milestones.get("recovered")
    over = recovered.moment.latest if recovered else incident.evidence.window.end
    told |= {e.id for e in incident.evidence.events if e.time > over}
    return tuple(g for g in incident.explanation.dismissed_changes if g.event not in told)


def told_hints(incident: Incident, *, most: int) -> tuple[Hint, ...]:
    """The hints that a draft tells: those that the data support, else the first as the best that there is."""
    hints = incident.explanation.hints
    return tuple([h for h in hints if h.verdict in ("supported", "plausible")][:most] or hints[:1])


def hint_title(hint: Hint, *, incident: Incident) -> str:
    """What the hint suspects: the mechanism, where, and the change that may have set it off."""
    trigger = next((e for e in incident.evidence.events if e.id == hint.trigger), None)
    where = short_text(hint.service, shared_names(incident))
    if trigger is None and hint.mechanism == UNSPECIFIC and where:
        return f"Where to look: {where}; no change explains it"
    if trigger is None and hint.mechanism == UNKNOWN:
        return f"Where to look: {where}" if where else "No mechanism is shown"
    if trigger is not None and hint.mechanism == UNSPECIFIC:
        return capitalised(f"{CHANGE_NOUNS.get(trigger.kind, trigger.kind)} “{event_text(trigger)}”")
    mechanism = capitalised(mechanism_text(hint.mechanism)) + (f" at {where}" if where else "")
    if trigger is None:
        return f"{mechanism}; no change explains it"
    return f"{mechanism}, perhaps set off by “{event_text(trigger)}”"


def statement_text(hint: Hint) -> tuple[str, tuple[str, ...]]:
    """What a hint says, and what that rests on: the reasons that it says already."""
    own = [r for r in (*hint.reasons_for, *hint.reasons_against) if not _beyond(r, hint)]
    shown = [hint.metric] if own and hint.metric else []  # whose figure it tells
    return sentence(hint.statement), tuple(dict.fromkeys((*shown, *(one for r in own for one in r.evidence))))


def reasons_text(hint: Hint, *, most: int) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """What speaks for it and against it beyond its statement, the weightiest first, at most so many a side: the side,
    the reason, its evidence."""
    told = []
    for side, reasons in (("for", hint.reasons_for), ("against", hint.reasons_against)):
        beyond = [(_beyond(r, hint), r.evidence) for r in reasons]
        told += [(side, text, evidence) for text, evidence in [one for one in beyond if one[0]][:most]]
    return tuple(told)


def _beyond(reason: Reason, hint: Hint) -> str:
    """What a reason says that stands neither in its kind nor word for word in the hint's statement."""
    text = beyond_statement(reason)
    if (reason.rule, hint.mechanism) == ("mechanism-fits", UNSPECIFIC):
        return ""  # that a change can break something is no reason
    return "" if text.rstrip(".").lower() in hint.statement.lower() else text


def left_text(incident: Incident, *, told: Sequence[Hint]) -> str:
    """What the confidences of the hints that are `told` leave: to the other hints, and unexplained."""
    rest = sum(h.confidence for h in incident.explanation.hints if h not in told)
    others = f"Less likely candidate causes: {share_text(rest)}. " if rest > 0 else ""
    return f"{others}{UNSEEN}: {share_text(left_over(incident))}."


def confidence_text(hint: Hint) -> str:
    """Verdict and confidence; never 100 %, for no hint is certain.

    >>> from reconstruct.model import Hint
    >>> confidence_text(Hint(1, None, "unknown", Service(""), None, 0.864, "plausible", ""))
    'plausible, 86 %'
    """
    return f"{hint.verdict}, {share_text(hint.confidence)}"


def left_over(incident: Incident) -> float:
    """What the hints' confidences leave unexplained."""
    return max(0.0, 1.0 - sum(hint.confidence for hint in incident.explanation.hints))


def turning_points(incident: Incident) -> frozenset[str]:
    """Ids of the entries that stand out: onset, mitigation, and the recovery that is the milestone."""
    return frozenset(
        e.id
        for e in incident.timeline
        if e.kind in ("onset", "mitigation")
        or (e.kind == "recovery" and e.level == "key" and e.rule not in ("phase", "mechanism-ended"))
    )
