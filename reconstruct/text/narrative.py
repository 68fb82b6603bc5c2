"""The words of the draft, once: what every text output says, before each escapes it for its own format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from reconstruct.model import Entry, EntryKind, Hint, Impact, Incident, Moment, Service
from reconstruct.text.escape import clip, plain
from reconstruct.text.references import event_text, service_text
from reconstruct.text.times import PRECISE_S, bounds, clock, span, spans_midnight
from reconstruct.text.units import human, human_duration
from reconstruct.text.wording import capitalised, joined, mechanism_text, sentence
from reconstruct.text.wording import share_text as share_text

MAX_SERVICES_SHOWN: Final = 3
"""So many services stand in a title; the others are counted."""
MAX_NAME: Final = 60
"""Characters of a service's name in a title."""
UNSEEN: Final = "something we cannot see"
"""What is left of the confidences: no ranking of hints is complete."""

MILESTONES: Final[Mapping[str, tuple[str, str, str]]] = {
    "onset": ("Onset", "the first moment that users or alerts could feel it", "no onset was found"),
    "detected": ("Detected", "the first alert fired", "no alert fired"),
    "mitigated": ("Mitigated", "the start of what undid it", "no change or event that undid it is known"),
    "recovered": ("Recovered", "the symptoms were back to normal", "not back to normal in what we saw"),
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
    "threshold": "Condition held",
    "alert": "Alert",
    "spread": "Spread",
    "peak": "Peak",
    "mitigation": "Mitigation",
    "recovery": "Recovery",
    "gap": "Not seen",
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


def needs_dates(incident: Incident) -> bool:
    """Whether clock times alone would be ambiguous: the window crosses midnight, or evidence lies on another day."""
    window = incident.evidence.window
    times = [entry.moment.time for entry in incident.timeline]
    first, last = min([window.start, *times]), max([window.end - pd.Timedelta(1, unit="ns"), *times])
    return spans_midnight(first, last)


def title(incident: Incident) -> str:
    """What a list of drafts shows: the verdict, about what, and when."""
    window, stones = incident.evidence.window, incident.milestones
    onset, recovered = stones.get("onset"), stones.get("recovered")
    start = onset.moment.time if onset else window.start
    end = recovered.moment.time if recovered else window.end
    verdict = incident.explanation.verdict
    if verdict == "incident":
        about = services_text(incident.explanation.affected)
        ongoing = onset is not None and recovered is None
        when = f"from {clock(start, dates=True)[:-3]}" if ongoing else _span_text(start, end)
        return f"Incident{f' on {about}' if about else ''}, {when} UTC"
    what = "No incident seen" if verdict == "no-incident" else "Inconclusive"
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
    """The window always stated: what was looked at, how finely, and what counted as healthy."""
    window = incident.evidence.window
    healthy = ""
    if window.baseline_start < window.start:
        since = clock(window.baseline_start, dates=spans_midnight(window.baseline_start, window.start))
        healthy = f"; healthy time from {since} on"
    step = human_duration(window.step_s)
    return f"Looked at {span(window.start, window.end, dates=True)}, one sample every {step}{healthy}."


def summary(incident: Incident) -> str:
    """One plain paragraph: the verdict and why, when, how it ended, and the first hint."""
    parts = [opening(incident), _story(incident)]
    if incident.explanation.hints:
        first = incident.explanation.hints[0]
        parts.append(f"First hint ({confidence_text(first)}): {sentence(first.statement)}")
    return " ".join(part for part in parts if part)


def opening(incident: Incident) -> str:
    """The verdict's reason as a sentence; a service's name that begins it keeps its own spelling."""
    says = sentence(incident.explanation.says)
    named = {service.name for metric in incident.evidence.metrics for service in metric.services}
    named |= {service.name for service in incident.explanation.affected}
    return says if says.split(" ", 1)[0] in named else capitalised(says)


def _story(incident: Incident) -> str:
    dates, stones = needs_dates(incident), incident.milestones
    onset = stones.get("onset")
    if onset is None:
        return ""
    between = bounds(onset.moment, dates=dates)
    told = [f"it began at {clock(onset.moment.time, dates=dates)}" + (f" ({between})" if between else "")]
    detect = incident.durations.get("time_to_detect_s")
    if detect:
        told.append(f"the first alert fired {human_duration(detect.value_s)} later")
    elif detected := stones.get("detected"):
        told.append(f"the first alert fired at {clock(detected.moment.time, dates=dates)}")
    else:
        told.append("no alert fired")
    if mitigated := stones.get("mitigated"):
        told.append(f"what undid it began at {clock(mitigated.moment.time, dates=dates)}")
    if recovered := stones.get("recovered"):
        told.append(f"the symptoms were back to normal at {clock(recovered.moment.time, dates=dates)}")
    else:
        told.append(f"it was not over by {clock(incident.evidence.window.end, dates=dates)} in what we saw")
    return capitalised(sentence(joined(told)))


def moment_text(moment: Moment, *, dates: bool) -> str:
    """The best estimate, with what the samples leave open on either side.

    >>> t = pd.Timestamp("2026-01-01T12:00:15Z")
    >>> moment_text(Moment(t, t - pd.Timedelta("15s"), t), dates=False)
    '12:00:15 −15 s'
    """
    return f"{clock(moment.time, dates=dates)} {open_ends(moment)}".rstrip()


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
    # 5,010 s and 5,040 s are both "1 h 24 min": then the seconds are what tells them apart.
    return f"{low} to {high}" if low != high else f"{low_s:,.0f} s to {high_s:,.0f} s"


def impact_text(impact: Impact, *, dates: bool) -> str:
    """What users felt, in one line.

    `shop: 131,420 failed requests, 33 % of requests; 13:56:15 to 15:27:00, 1 h 31 min`
    """
    size = human(impact.value, impact.unit)
    felt = f"{size} {impact.what}" if impact.unit in ("", "count") else f"{impact.what}: {size}"
    share = f", {human(impact.share, 'ratio')} of requests" if impact.share is not None else ""
    lasted = human_duration((impact.end - impact.start).total_seconds())
    when = f"{span(impact.start, impact.end, dates=dates)}, {lasted}"
    service = service_text(impact.service)
    return f"{f'{service}: ' if service else ''}{felt}{share}; {when}"


def hint_title(hint: Hint, *, incident: Incident) -> str:
    """What the hint suspects: the mechanism, where, and the change that may have set it off."""
    trigger = next((e for e in incident.evidence.events if e.id == hint.trigger), None)
    where = service_text(hint.service)
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
    """What the hints' confidences leave to "something we cannot see"."""
    return max(0.0, 1.0 - sum(hint.confidence for hint in incident.explanation.hints))


def heading(entry: Entry) -> str:
    """The title, without the word for its kind where it begins with it: outputs show that word beside it."""
    return entry.title.removeprefix(f"{ENTRY_KINDS[entry.kind]}: ")


def turning_points(incident: Incident) -> frozenset[str]:
    """Ids of the entries that stand out: onset, mitigation, and the recovery that is the milestone."""
    recovered = incident.milestones.get("recovered")
    return frozenset(
        entry.id
        for entry in incident.timeline
        if entry.kind in ("onset", "mitigation")
        or (entry.kind == "recovery" and recovered is not None and set(entry.evidence) & set(recovered.evidence))
    )
