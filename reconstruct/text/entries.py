"""The words of each line of the timeline: title and detail, by the rule that wrote it, from its facts alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

import pandas as pd

from reconstruct.model import Alert, Anomaly, Entry, Event, Fact, Facts, Gap, Incident, Quantity, Reference, Service
from reconstruct.text.causes import figure_name
from reconstruct.text.effects import came_to, compared, effect_text, reference_id, that_moved
from reconstruct.text.event_state import how_far
from reconstruct.text.measures import level_text, measure, moved_text, span_text
from reconstruct.text.references import CHANGE_NOUNS, change_text, labels_text, shared_names, short_text
from reconstruct.text.times import Clock
from reconstruct.text.units import apart, change, lasted
from reconstruct.text.wording import joined, mechanism_text

MAX_NAMES: Final = 3
"""So many alerts or series stand in a line; the others are counted."""


class Words(NamedTuple):
    """A line of the timeline as people read it."""

    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What references resolve to, and how times are written."""

    clock: Clock
    events: Mapping[str, Event]
    alerts: Mapping[str, Alert]
    anomalies: Mapping[str, Anomaly]
    gaps: Mapping[str, Gap]
    shared: frozenset[str]

    def name(self, service: Service) -> str:
        """A service, with its namespace only where another one has its name."""
        return short_text(service, self.shared)


def entry_words(incident: Incident, *, clock: Clock) -> Mapping[str, Words]:
    """Title and detail of every entry of the timeline, by its id."""
    known = _Known(
        clock,
        {e.id: e for e in incident.evidence.events},
        {a.id: a for a in incident.evidence.alerts},
        {a.id: a for a in incident.anomalies},
        {g.id: g for g in incident.evidence.gaps},
        shared_names(incident),
    )
    return {entry.id: _RULES.get(entry.rule, _named)(entry, known) for entry in incident.timeline}


def _ids(fact: Fact | None) -> list[str]:
    return [one.id for one in fact if isinstance(one, Reference)] if isinstance(fact, tuple) else []


def _shown(entry: Entry, known: _Known) -> list[Anomaly]:
    return [known.anomalies[i] for i in _ids(entry.facts.get("moved")) if i in known.anomalies]


def _change(entry: Entry, known: _Known) -> Words:
    event = known.events[reference_id(entry.facts["event"])]
    if event.kind == "restart" and entry.end is not None and entry.facts.get("restarts"):
        until = known.clock.time(entry.end)
        return Words(f"{known.name(event.service)}: instances restarted again and again", f"until {until}")
    title = event.title or f"{event.kind} of {known.name(event.service) or 'an unnamed service'}"
    told = [_version(event), how_far(event)]
    restarts = [known.events[i] for i in _ids(entry.facts.get("restarts")) if i in known.events]
    if restarts:
        first, last = restarts[0].time, max(e.end or e.time for e in restarts)
        when = known.clock.time(first) if first == last else known.clock.span(first, last)
        told.append(f"instances restarted {when}")
    elif entry.end is not None and event.state == "done" and event.kind != "restart":
        told.append(f"complete at {known.clock.time(entry.end)}")
    if "effect" in entry.facts:
        told.append(effect_text(entry.facts["effect"], entry.facts.get("measured"), known.anomalies))
    return Words(title, "; ".join(part for part in told if part))


def _version(event: Event) -> str:
    """Its kind and versions, where the title does not say them and they differ."""
    if event.kind in ("note", "alert") or (event.kind == "restart" and not event.version):
        return ""
    kind = "" if event.kind in event.title.lower() else CHANGE_NOUNS.get(event.kind, event.kind)
    if not event.version or event.version == event.previous or event.kind == "flag":
        return kind
    if event.previous and not (event.previous in event.title and event.version in event.title):
        return f"{CHANGE_NOUNS.get(event.kind, event.kind)} from {event.previous} to {event.version}"
    return kind if event.version in event.title else f"{CHANGE_NOUNS.get(event.kind, event.kind)} {event.version}"


def _alert_pending(entry: Entry, known: _Known) -> Words:
    alert = known.alerts[reference_id(entry.facts["alert"])]
    return Words(f"{alert.rule} pending", alert.condition)


def _alert_fired(entry: Entry, known: _Known) -> Words:
    alerts = [known.alerts[i] for i in _ids(entry.facts["alerts"]) if i in known.alerts]
    names = list(dict.fromkeys(a.rule for a in alerts))
    if len(names) == 1:
        told, title = [], f"{names[0]} fired"
        pending = entry.facts.get("pending")
        if isinstance(pending, pd.Timedelta):
            title += f" (pending for {lasted(pending.total_seconds())})"
        if "times" in entry.facts and isinstance(last := entry.facts.get("last"), pd.Timestamp):
            told.append(f"fired {entry.facts['times']} times in this window, last at {known.clock.time(last)}")
        series = [known.alerts[i] for i in _ids(entry.facts.get("series")) if i in known.alerts]
        told += [_series_text([a.labels for a in series])] if series else []
        return Words(title, "; ".join(told))
    shown = names if len(names) <= MAX_NAMES + 1 else names[:MAX_NAMES]
    more = [f"{len(names) - len(shown)} more"] if len(names) > len(shown) else []
    when = f" {known.clock.span(entry.moment.time, entry.end)}" if entry.end is not None else ""
    rest = [f"{a.rule} at {known.clock.time(a.firing_at)}" for a in alerts if a.rule not in shown]
    return Words(f"{joined([*shown, *more])} fired{when}", ", ".join(rest))


def _alert_resolved(entry: Entry, known: _Known) -> Words:
    alert = known.alerts[reference_id(entry.facts["alert"])]
    if entry.facts.get("ended_in_gap"):
        return Words(f"{alert.rule} ended with its data: not a recovery", "")
    return Words(f"{alert.rule} resolved", "")


def _onset(entry: Entry, known: _Known) -> Words:
    shown = _shown(entry, known)
    if not shown:
        alert = known.alerts.get(reference_id(entry.facts.get("alert")))
        return Words(f"First sign: {alert.rule} pending" if alert else "First symptom: an alert was pending", "")
    title = f"First symptom: {moved_text(shown[0])}"
    return Words(title, _figures(entry, shown, known))


def _episode(entry: Entry, known: _Known) -> Words:
    shown = _shown(entry, known)
    until = f" until {known.clock.time(entry.end)}" if entry.end is not None else ""
    what = moved_text(shown[0]) if shown else "symptoms"
    return Words(f"Another episode{until}: {what}", _figures(entry, shown, known))


def _spread(entry: Entry, known: _Known) -> Words:
    shown = _shown(entry, known)
    where = known.name(entry.service)
    layer = str(entry.facts["layer"])
    head = f"{where} ({layer})" if where and layer not in where else where or layer
    return Words(f"{head}: {moved_text(shown[0], whose=False)}", _figures(entry, shown, known))


def _figures(entry: Entry, shown: Sequence[Anomaly], known: _Known) -> str:
    """The first with its median's interval or its peak's time, the others with baseline and median."""
    if not shown:
        return ""
    facts = entry.facts
    before, median = level_text(facts["baseline"]), level_text(facts["median"])
    peak_time = facts.get("peak_time")
    told = [f"{before} before"]
    if median != before or not isinstance(peak_time, pd.Timestamp):  # bursts leave the median where it was
        told.append(f"median {median}")
    if isinstance(peak_time, pd.Timestamp):
        calm = " before the mitigation" if facts.get("before_mitigation") else ""
        told.append(f"peak{calm} {level_text(facts['peak'])} at {known.clock.time(peak_time)}")
    first = ", ".join(told)
    series = labels_text(shown[0].labels, service=shown[0].service) if entry.rule != "onset" else ""
    told = [first + (f" ({series})" if series else "")]
    return "; ".join([*told, *(f"{measure(a)} {span_text(a)}" for a in shown[1:])])


def _phase(entry: Entry, known: _Known) -> Words:
    told = compared(entry.facts.get("measured"), known.anomalies)
    moved = that_moved(told)
    step = known.events.get(reference_id(entry.facts.get("step")))
    if step and entry.facts.get("improved"):
        moved = came_to(entry.facts.get("measured"), known.anomalies)  # what it came from stands with the step
    head = "Partly recovered" if entry.facts.get("improved") else _worse_or_other(entry, known)
    if entry.facts.get("back"):
        head = "User-facing signals back to normal"
    return Words(f"{head}: {'; '.join(moved)}", _after_step(step, entry.moment.time, known) if step else "")


def _worse_or_other(entry: Entry, known: _Known) -> str:
    """`Worse` where every figure that moved went further from its baseline; else only that it changed."""
    rows = cast("tuple[tuple[Reference, Quantity, Quantity], ...]", entry.facts["measured"])
    known_rows = [
        (known.anomalies[r.id].baseline, was.value, now.value) for r, was, now in rows if r.id in known.anomalies
    ]
    worse = all(abs(now - base) >= abs(was - base) for base, was, now in known_rows)
    return "Worse" if worse else "Changed"


def _after_step(step: Event, moment: pd.Timestamp, known: _Known) -> str:
    """What a move followed: the start of a step, or its end where that stands nearer before it."""
    if step.time > moment:
        return f"as {change_text(step)} started, {known.clock.time(step.time)}"
    if step.end is not None and step.end <= moment:
        return f"after {change_text(step)} was complete at {known.clock.time(step.end)}"
    return f"after {change_text(step)} at {known.clock.time(step.time)}"


def _peak(entry: Entry, known: _Known) -> Words:
    shown = _shown(entry, known)
    figure = f"{level_text(entry.facts['peak'])}, {level_text(entry.facts['baseline'])} before"
    return Words(f"Peak of {measure(shown[0])}: {figure}", labels_text(shown[0].labels, service=shown[0].service))


def _recovered(entry: Entry, known: _Known) -> Words:
    where = known.name(entry.service)
    step = known.events.get(reference_id(entry.facts.get("step")))
    told = [f"about when {change_text(step)}, {known.clock.time(step.time)}"] if step else []
    if not entry.facts.get("known_action"):
        told.append("no action that mitigated it is known")
    alerts = [known.alerts[i] for i in _ids(entry.facts.get("alerts")) if i in known.alerts]
    if alerts:
        names = joined(dict.fromkeys(a.rule for a in alerts))
        return Words(f"Recovered: {names} resolved", "; ".join(told))
    return Words(f"Recovered: {where + ' ' if where else ''}back to normal", "; ".join(told))


def _layer_recovered(entry: Entry, known: _Known) -> Words:
    where = known.name(entry.service)
    layer = str(entry.facts["layer"])
    return Words(f"{f'{where} ({layer})' if where else layer} recovered", str(entry.facts["signal"]))


def _before_during(facts: Facts) -> tuple[Quantity, Quantity]:
    before, during = (one for key in ("before", "during") if isinstance(one := facts[key], Quantity))
    return before, during


def _mechanism(entry: Entry, known: _Known) -> Words:
    facts, name = entry.facts, figure_name(entry.facts)
    before, during = _before_during(facts)
    way = "rose" if during.value > before.value else "fell"
    beside = [known.anomalies[i] for i in _ids(facts.get("beside")) if i in known.anomalies]
    was, now = apart(before.value, during.value, before.unit)
    told = [f"{was} before, median {now}", *(f"{measure(a)} {span_text(a)}" for a in beside)]
    return Words(f"{known.name(entry.service)}: {name} {way}", "; ".join(told))


def _mechanism_ended(entry: Entry, known: _Known) -> Words:
    facts = entry.facts
    before, during = _before_during(facts)
    figure = change(during.value, before.value, before.unit)
    gone = f"{mechanism_text(str(facts['mechanism']))} gone"
    return Words(f"{known.name(entry.service)}: {gone}", f"{figure_name(facts)} back from {figure}")


def _gap(entry: Entry, known: _Known) -> Words:
    gap = known.gaps[reference_id(entry.facts["gap"])]
    times = entry.facts.get("times")
    often = f" {times} times" if isinstance(times, int) and times > 1 else ""
    until = f" until {known.clock.time(entry.end)}" if entry.end is not None else ""
    return Words(f"Data gap: {gap.missing}", f"{gap.cause}{often}{until} ({gap.source})")


def _named(entry: Entry, _: _Known) -> Words:
    """A line of a rule that is not of `reconstruct.timeline`: what the evidence calls it."""
    return Words(str(entry.facts.get("title") or entry.kind), str(entry.facts.get("detail", "")))


def _series_text(labels: Sequence[Mapping[str, str]]) -> str:
    """What tells the series apart, for at most three of them: by the one label that does, where one does.

    >>> _series_text([{"job": "a", "instance": "x"}, {"job": "a", "instance": "y"}])
    '2 series: x, y'
    >>> _series_text([{"host": "h1", "route": "a", "port": "1"}, {"host": "h1", "route": "b", "port": "1"}])
    '2 series: a, b'
    """
    own = [{k: v for k, v in row.items() if any(other.get(k) != v for other in labels)} for row in labels]
    alone = next((k for k in sorted(set().union(*own)) if len({row.get(k) for row in own}) == len(own)), None)
    names = [row.get(alone, "") if alone else ", ".join(v for _, v in sorted(row.items())) for row in own]
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f"{len(names)} series: {('; ' if not alone else ', ').join(names[:MAX_NAMES])}{more}"


_RULES: Final[Mapping[str, Callable[[Entry, _Known], Words]]] = {
    "change": _change,
    "alert-pending": _alert_pending,
    "alert-fired": _alert_fired,
    "alert-resolved": _alert_resolved,
    "onset": _onset,
    "episode": _episode,
    "spread": _spread,
    "phase": _phase,
    "peak": _peak,
    "recovered": _recovered,
    "layer-recovered": _layer_recovered,
    "mechanism": _mechanism,
    "mechanism-ended": _mechanism_ended,
    "gap": _gap,
}
"""Every rule of `reconstruct.timeline`, by the name that its entries carry."""
