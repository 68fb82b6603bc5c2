"""The summary: what users met, what set it off, how it ended: each part a clause that its facts guard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reconstruct.model import Anomaly, Event, Impact, Incident, Measured
from reconstruct.text.measures import measure
from reconstruct.text.references import change_text, changed_where, shared_names, short_text
from reconstruct.text.times import Clock, clock_of
from reconstruct.text.units import human, lasted
from reconstruct.text.wording import capitalised, joined, mechanism_text, sentence, share_text

SAME_LENGTH: Final = 0.02
"""Of a length of time: a share counted over one that differs by less is the same figure."""

MAX_WORDS: Final = 60
"""Of the summary: where the changes' own titles make it longer, they are left to the timeline."""
MAX_LINE: Final = 90
"""Characters of a line below a picture's title: what fits its width."""
UNKNOWN: Final = "unknown"
"""Mechanism of a hint that names a place only."""
UNSPECIFIC: Final = "bad-change"
"""Mechanism that says no more than that the change broke something."""


def finding(incident: Incident) -> str:
    """What users met and for how long, in a few words: `shop failed 33 % of requests for 1 h 31 min`; "" = nothing.

    From the first user-facing series: what a title states.
    """
    if not incident.users:
        return ""
    length = lasted_text(incident)
    return f"{capitalised_name(_met(incident, incident.users[0]), incident)}{f' for {length}' if length else ''}"


def below_title(incident: Incident) -> tuple[str, ...]:
    """Below a picture's title: candidate cause, and how it ended; the verdict's reason where there is no incident."""
    if incident.milestones.get("onset") is None:
        return (opening(incident),)
    clock = clock_of(incident)
    told = ["" if incident.users else opening(incident)]
    for line in (_cause_sentence, _ended):  # whole, with the change's own title only where it fits
        whole = line(incident, clock, change_text)
        told.append(whole if len(whole) <= MAX_LINE else line(incident, clock, changed_where))
    return tuple(sentence(capitalised_name(part, incident)) for part in told if part)


def lasted_text(incident: Incident) -> str:
    """From onset to recovery; "" while it lasts."""
    length = incident.durations.get("time_to_recover_s")
    return lasted(length.value_s) if length else ""


def _met(incident: Incident, measured: Measured, *, whose: bool = True) -> str:
    """`shop failed 33 % of requests` (on average), or `p95 latency of shop rose from 45 ms to 3.5 s` (its median)."""
    a = _anomaly(incident, measured)
    where = a.service.name
    if a.signal.aspect == "errors" and a.signal.unit in ("ratio", "percent"):
        return f"{where or 'the service'} failed {failed_text(incident, measured)} of requests"
    way = "fell" if a.direction == "down" else "rose"
    before, during = (human(value, a.signal.unit) for value in (a.baseline, measured.median.value))
    head = f"{measure(a)}{f' of {where}' if whose and where else ''} {way}"
    if before == during:  # bursts leave the median where it was
        return f"{head} to {human(measured.peak.value, a.signal.unit)} at times ({before} before)"
    return f"{head} from {before} to {during}"


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
    for name in (change_text, changed_where):
        cause, end = _cause_sentence(incident, clock, name), _end_sentence(incident, clock, name)
        text = " ".join(sentence(part) for part in (_impact_sentence(incident, clock), cause, end) if part)
        if len(text.split()) <= MAX_WORDS:
            break
    return text


def _impact_sentence(incident: Incident, clock: Clock) -> str:
    onset, users = incident.milestones.get("onset"), incident.users
    if onset is None or not users:
        return opening(incident)
    length = lasted_text(incident)
    first = _anomaly(incident, users[0])
    told = [_met(incident, users[0])]
    told += [_met(incident, m, whose=_anomaly(incident, m).service != first.service) for m in users[1:2]]
    return f"From {clock.time(onset.moment.time)}{f', for {length}' if length else ''}, {joined(told)}"


def _cause_sentence(incident: Incident, clock: Clock, name: Callable[[Event], str] = change_text) -> str:
    hint = next((h for h in incident.explanation.hints if h.verdict in ("supported", "plausible")), None)
    if hint is None:
        return "" if incident.explanation.verdict != "incident" else "No candidate cause is supported by the data"
    mechanism = mechanism_text(hint.mechanism)
    place = short_text(hint.service, shared_names(incident))
    where = f" at {place}" if hint.service.name else ""
    event = next((e for e in incident.evidence.events if e.id == hint.trigger), None)
    share = share_text(hint.confidence)
    if event is None and hint.mechanism == UNKNOWN:
        return f"Where to look first ({share}): {place}; no change and no mechanism is shown"
    if event is None and hint.mechanism == UNSPECIFIC and place:
        return f"Where to look first ({share}): {place}; no change explains it"
    if event is None:
        return f"Candidate cause ({share}): {mechanism}{where}; no change explains it"
    changed = f"{name(event)} at {clock.time(event.time)}"
    if hint.mechanism == UNSPECIFIC:
        return f"Candidate cause ({share}): {changed}"
    where = "" if event.service.name == hint.service.name else where
    return f"Candidate cause ({share}): {mechanism}{where} after {changed}"


def _end_sentence(incident: Incident, clock: Clock, name: Callable[[Event], str] = change_text) -> str:
    stones = incident.milestones
    if stones.get("onset") is None:
        return ""
    detect = incident.durations.get("time_to_detect_s")
    detected, onset = stones.get("detected"), stones["onset"]
    if detected and onset and detected.moment.time < onset.moment.time:
        before = lasted((onset.moment.time - detected.moment.time).total_seconds())
        seen = f"first alert {before} before onset"
    elif detect is not None and lasted(detect.value_s) == "0 s":
        seen = "first alert at onset"
    elif detect is not None:
        seen = f"first alert after {lasted(detect.value_s)}"
    else:
        seen = "no alert fired"
    if _dated_by_alert(incident, "onset"):  # the alert itself dates the onset: that it fired later is no delay
        return capitalised_name(_ended(incident, clock, name), incident)
    return capitalised_name(f"{_ended(incident, clock, name)}; {seen}", incident)


def _ended(incident: Incident, clock: Clock, name: Callable[[Event], str] = change_text) -> str:
    """`the rollback of shop to 2.14.1 started at 15:20:00, shop recovered at 15:27:00`."""
    mitigated, recovered = incident.milestones.get("mitigated"), incident.milestones.get("recovered")
    events = {e.id: e for e in incident.evidence.events}
    step = next((events[i] for i in mitigated.evidence if i in events), None) if mitigated else None
    hint = next((h for h in incident.explanation.hints[:1] if h.verdict in ("supported", "plausible")), None)
    named = events.get(hint.trigger or "") if hint else None
    same = step is not None and named is not None and named.service == step.service and step.kind == "rollback"
    what = f"the rollback to {step.version}" if step and same and step.version else name(step) if step else ""
    if step and named and step.id != named.id and what == name(named):
        what = what.replace("the ", "another ", 1)  # two changes of one service that bear one name
    started = f"{what} started at {clock.time(mitigated.moment.time)}" if mitigated and step else ""
    alert = _dated_by_alert(incident, "onset", "recovered")
    if recovered is None:
        still = f"{alert} was still firing" if alert else "it was ongoing"
        return (f"{started}; " if started else "") + f"{still} at {clock.time(incident.evidence.window.end)}"
    about = next((a.service for m in incident.users[:1] for a in incident.anomalies if a.id == m.anomaly), None)
    who = about.name if about is not None and about.name else "it"
    back = f"{f'{alert} resolved' if alert else f'{who} recovered'} at {clock.time(recovered.moment.time)}"
    return f"{started}, {back}" if started else f"{back} without a known action"


def _dated_by_alert(incident: Incident, *names: str) -> str:
    """The one rule whose alerts alone date these milestones; "" where a measured signal does, or several rules do."""
    stones = (incident.milestones.get(name) for name in names)
    ids = {one for stone in stones if stone is not None for one in stone.evidence}
    rules = {a.id: a.rule for a in incident.evidence.alerts}
    named = {rules.get(one, "") for one in ids}
    return next(iter(named)) if len(named) == 1 and not incident.users else ""


def opening(incident: Incident) -> str:
    """The verdict's reason as a sentence; a service's name that begins it keeps its own spelling."""
    return capitalised_name(sentence(incident.explanation.says), incident)
