"""The words of the draft, once: what every text output says, before each escapes it for its own format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from reconstruct.model import (
    Anomaly,
    DismissedChange,
    EntryKind,
    Event,
    Hint,
    Impact,
    Incident,
    Measured,
    Moment,
    Reason,
    Service,
)
from reconstruct.text.escape import clip, plain
from reconstruct.text.measures import measure, moved_text
from reconstruct.text.references import event_text, labels_text, service_text
from reconstruct.text.times import PRECISE_S, Clock, clock, retold, span, spans_midnight
from reconstruct.text.units import apart, human, human_duration
from reconstruct.text.wording import capitalised, joined, mechanism_text, sentence
from reconstruct.text.wording import share_text as share_text

MAX_SERVICES_SHOWN: Final = 3
"""So many services stand in a title; the others are counted."""
SAME_LENGTH: Final = 0.02
"""Of a length of time: a share counted over one that differs by less is the same figure."""
MAX_NAME: Final = 60
"""Characters of a service's name in a title."""
UNSEEN: Final = "Unexplained"
"""What is left of the confidences: no ranking of hints is complete."""

MILESTONES: Final[Mapping[str, tuple[str, str, str]]] = {
    "onset": ("Onset", "the first user-facing symptom or pending alert", "no onset was found"),
    "detected": ("Detected", "the first alert fired", "no alert fired"),
    "mitigated": ("Mitigated", "the step started after which it recovered", "no mitigating action is known"),
    "recovered": ("Recovered", "the symptoms were back to normal", "not recovered by the end of the window"),
}
"""Name: title, meaning, and what is said where there is none."""
DURATIONS: Final[Mapping[str, str]] = {
    "time_to_detect_s": "Time to detect",
    "time_to_mitigate_s": "Time to mitigate",
    "time_to_recover_s": "Time to recover",
    "detect_to_mitigate_s": "Detection to mitigation",
    "mitigate_to_recover_s": "Mitigation to recovery",
}
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


@dataclass(frozen=True, slots=True)
class MilestoneRow:
    """One milestone, found or not."""

    name: str
    title: str
    means: str
    moment: Moment | None
    absent: str
    """Why there is none; "" where there is one."""
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DurationRow:
    """A length of time between two milestones, in words."""

    name: str
    title: str
    value: str
    between: str
    """`30 s to 90 s`; "" where the samples leave nothing open."""
    formula: str


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


def clock_of(incident: Incident, *, zone: str = "UTC", marked: bool = False) -> Clock:
    """How the times of a draft are written: with dates where the window or its evidence lies on more than one day."""
    window = incident.evidence.window
    times = [entry.moment.time for entry in incident.timeline]
    first, last = min([window.start, *times]), max([window.end - pd.Timedelta(1, unit="ns"), *times])
    return Clock(zone, dates=spans_midnight(first, last, zone=zone), marked=marked)


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
            about = services_text(incident.explanation.affected)
            found = f"Incident{f' on {about}' if about else ''}"
        ongoing = onset is not None and recovered is None
        when = f"from {clock(start, dates=True)[:-3]}, ongoing" if ongoing else _span_text(start, end)
        return f"{found}, {when} UTC"
    what = "No incident found" if verdict == "no-incident" else "Inconclusive"
    return f"{what}, {_span_text(window.start, window.end)} UTC"


def _span_text(start: pd.Timestamp, end: pd.Timestamp) -> str:
    dates = spans_midnight(start, end)
    return f"{clock(start, dates=True)[:-3]} to {clock(end, dates=dates)[:-3]}"


def services_text(services: Sequence[Service]) -> str:
    """`shop, postgres and lb`; past a few, the rest is counted."""
    names = list(dict.fromkeys(clip(plain(name), most=MAX_NAME) for name in map(service_text, services) if name))
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


def finding(incident: Incident) -> str:
    """What users met and for how long, in a few words: `shop failed 33 % of requests for 1 h 31 min`; "" = nothing.

    From the first user-facing series: what a title states.
    """
    if not incident.users:
        return ""
    lasted = lasted_text(incident)
    return f"{capitalised_name(_met(incident, incident.users[0]), incident)}{f' for {lasted}' if lasted else ''}"


def below_title(incident: Incident) -> tuple[str, ...]:
    """Below a picture's title: candidate cause, and how it ended; the verdict's reason where there is no incident."""
    if incident.milestones.get("onset") is None:
        return (opening(incident),)
    clock = clock_of(incident)
    told = ("" if incident.users else opening(incident), _cause_sentence(incident, clock), _ended(incident, clock))
    return tuple(sentence(capitalised_name(part, incident)) for part in told if part)


def lasted_text(incident: Incident) -> str:
    """From onset to recovery; "" while it lasts."""
    length = incident.durations.get("time_to_recover_s")
    return human_duration(length.value_s) if length else ""


def _met(incident: Incident, measured: Measured, *, whose: bool = True) -> str:
    """`shop failed 33 % of requests` (on average), or `p95 latency of shop rose from 45 ms to 3.5 s` (its median)."""
    a = _anomaly(incident, measured)
    where = a.service.name
    if a.signal.aspect == "errors" and a.signal.unit in ("ratio", "percent"):
        return f"{where or 'the service'} failed {failed_text(incident, measured)} of requests"
    way = "fell" if a.direction == "down" else "rose"
    before, during = (human(value, a.signal.unit) for value in (a.baseline, measured.median.value))
    return f"{measure(a)}{f' of {where}' if whose and where else ''} {way} from {before} to {during}"


def _anomaly(incident: Incident, measured: Measured) -> Anomaly:
    return next(a for a in incident.anomalies if a.id == measured.anomaly)


def failed_text(incident: Incident, measured: Measured) -> str:
    """The failed share as counted from onset to recovery; the mean of its samples there where none is counted so."""
    rows = (i for i in incident.explanation.impact if measured.anomaly in i.evidence and i.share is not None)
    length = incident.durations.get("time_to_recover_s")
    share = next((i.share for i in rows if length is None or _lasts(i, length.value_s)), None)
    if share is not None:
        return human(share, "ratio")
    return human(measured.mean.value, _anomaly(incident, measured).signal.unit)


def _lasts(row: Impact, seconds: float) -> bool:
    """Whether a row counts over the time that is told: a share of a shorter one is another figure."""
    return abs((row.end - row.start).total_seconds() - seconds) <= SAME_LENGTH * seconds


def capitalised_name(text: str, incident: Incident) -> str:
    """`text` with a large first letter, unless a service's own name begins it."""
    named = {service.name for metric in incident.evidence.metrics for service in metric.services}
    named |= {service.name for service in incident.explanation.affected}
    return text if text.split(" ", 1)[0] in named else capitalised(text)


def summary(incident: Incident, *, clock: Clock) -> str:
    """Three sentences for who reads nothing else: impact, what set it off, how it ended and was detected."""
    told = [_impact_sentence(incident, clock), _cause_sentence(incident, clock), _end_sentence(incident, clock)]
    return " ".join(sentence(part) for part in told if part)


def _impact_sentence(incident: Incident, clock: Clock) -> str:
    onset, users = incident.milestones.get("onset"), incident.users
    if onset is None or not users:
        return opening(incident)
    lasted = lasted_text(incident)
    first = _anomaly(incident, users[0])
    told = [_met(incident, users[0])]
    told += [_met(incident, m, whose=_anomaly(incident, m).service != first.service) for m in users[1:2]]
    return f"From {clock.time(onset.moment.time)}{f', for {lasted}' if lasted else ''}, {joined(told)}"


def _cause_sentence(incident: Incident, clock: Clock) -> str:
    hint = next((h for h in incident.explanation.hints if h.verdict in ("supported", "plausible")), None)
    if hint is None:
        return "" if incident.explanation.verdict != "incident" else "No candidate cause is supported by the data"
    mechanism = mechanism_text(hint.mechanism)
    where = f" at {service_text(hint.service)}" if hint.service.name else ""
    event = next((e for e in incident.evidence.events if e.id == hint.trigger), None)
    share = share_text(hint.confidence)
    if event is None and hint.mechanism == UNKNOWN:
        return f"Where to look first ({share}): {service_text(hint.service)}; no change and no mechanism is shown"
    if event is None:
        return f"Candidate cause ({share}): {mechanism}{where}; no change explains it"
    where = "" if event.service.name == hint.service.name else where
    return f"Candidate cause ({share}): {change_text(event)} at {clock.time(event.time)}, by {mechanism}{where}"


def _end_sentence(incident: Incident, clock: Clock) -> str:
    stones = incident.milestones
    if stones.get("onset") is None:
        return ""
    detect = incident.durations.get("time_to_detect_s")
    detected, onset = stones.get("detected"), stones["onset"]
    if detected and onset and detected.moment.time < onset.moment.time:
        before = human_duration((onset.moment.time - detected.moment.time).total_seconds())
        seen = f"first alert {before} before onset"
    elif detect is not None:
        seen = f"first alert after {human_duration(detect.value_s)}"
    else:
        seen = "no alert fired"
    return capitalised_name(f"{_ended(incident, clock)}; {seen}", incident)


def _ended(incident: Incident, clock: Clock) -> str:
    """`the rollback of shop to 2.14.1 started at 15:20:00, shop recovered at 15:27:00`."""
    mitigated, recovered = incident.milestones.get("mitigated"), incident.milestones.get("recovered")
    events = {e.id: e for e in incident.evidence.events}
    step = next((events[i] for i in mitigated.evidence if i in events), None) if mitigated else None
    hint = next((h for h in incident.explanation.hints[:1] if h.verdict in ("supported", "plausible")), None)
    named = events.get(hint.trigger or "") if hint else None
    same = step is not None and named is not None and named.service == step.service and step.kind == "rollback"
    what = f"the rollback to {step.version}" if step and same and step.version else change_text(step) if step else ""
    started = f"{what} started at {clock.time(mitigated.moment.time)}" if mitigated and step else ""
    if recovered is None:
        return (f"{started}; " if started else "") + f"it was ongoing at {clock.time(incident.evidence.window.end)}"
    about = next((a.service for m in incident.users[:1] for a in incident.anomalies if a.id == m.anomaly), None)
    who = about.name if about is not None and about.name else "it"
    back = f"{who} recovered at {clock.time(recovered.moment.time)}"
    return f"{started}, {back}" if started else f"{back} without a known action"


def change_text(event: Event) -> str:
    """A change as one refers to it: `the deploy of shop 2.20.0`."""
    changed = event.version and event.version != event.previous and event.kind not in ("flag", "config")
    if event.service.name and changed:
        return f"the {event.kind} of {event.service.name} to {event.version}"
    if event.title:
        return f"the {event.kind} “{clip(event.title, most=MAX_NAME)}”"
    return f"the {event.kind} of {event.service.name or 'an unnamed service'}"


def opening(incident: Incident) -> str:
    """The verdict's reason as a sentence; a service's name that begins it keeps its own spelling."""
    return capitalised_name(sentence(incident.explanation.says), incident)


def moment_text(moment: Moment, *, clock: Clock) -> str:
    """The best estimate, with what the samples leave open on either side.

    >>> t = pd.Timestamp("2026-01-01T12:00:15Z")
    >>> moment_text(Moment(t, t - pd.Timedelta("15s"), t), clock=Clock())
    '12:00:15 −15 s'
    """
    return f"{clock.time(moment.time)} {open_ends(moment)}".rstrip()


def open_ends(moment: Moment) -> str:
    """How much earlier or later it may have been; "" where it is as good as a point.

    >>> t, s = pd.Timestamp("2026-01-01T12:00:15Z"), pd.Timedelta("15s")
    >>> open_ends(Moment(t, t - s, t + 4 * s)), open_ends(Moment(t, t - s, t + s)), open_ends(Moment(t, t, t))
    ('−15 s +1 min', '±15 s', '')
    """
    before, after = ((b - a).total_seconds() for a, b in ((moment.earliest, moment.time), (moment.time, moment.latest)))
    ends = [(sign, human_duration(size)) for sign, size in (("−", before), ("+", after)) if size >= PRECISE_S]
    if len(ends) == 2 and ends[0][1] == ends[1][1]:
        return f"±{ends[0][1]}"
    return " ".join(sign + size for sign, size in ends)


def milestone_rows(incident: Incident) -> tuple[MilestoneRow, ...]:
    """All four, in order; those not found say so."""
    rows = []
    begun = incident.milestones.get("onset") is not None
    for name, (head, means, absent) in MILESTONES.items():
        stone = incident.milestones.get(name)
        if stone is None:
            why = absent if begun or name == "onset" else "there is no onset that it could follow"
            rows.append(MilestoneRow(name, head, means, None, why, ()))
        else:
            rows.append(MilestoneRow(name, head, means, stone.moment, "", stone.evidence))
    return tuple(rows)


def duration_rows(incident: Incident) -> tuple[DurationRow, ...]:
    """The durations with their formulas and bounds."""
    return tuple(
        DurationRow(
            name,
            DURATIONS.get(name, name.removesuffix("_s").replace("_", " ").capitalize()),
            human_duration(d.value_s),
            _between(d.low_s, d.high_s),
            d.formula,
        )
        for name, d in incident.durations.items()
    )


def _between(low_s: float, high_s: float) -> str:
    if high_s - low_s < PRECISE_S:
        return ""
    low, high = human_duration(low_s), human_duration(high_s)
    return f"{low} to {high}" if low != high else ""


UNKNOWN: Final = "unknown"
"""Mechanism of a hint that names a place only."""
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


def hint_title(hint: Hint, *, incident: Incident) -> str:
    """What the hint suspects: the mechanism, where, and the change that may have set it off."""
    trigger = next((e for e in incident.evidence.events if e.id == hint.trigger), None)
    where = service_text(hint.service)
    if trigger is None and hint.mechanism == UNKNOWN:
        return f"Where to look: {where}" if where else "No mechanism is shown"
    mechanism = capitalised(mechanism_text(hint.mechanism)) + (f" at {where}" if where else "")
    if trigger is None:
        return f"{mechanism}; no change explains it"
    return f"{mechanism}, perhaps set off by “{event_text(trigger)}”"


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
