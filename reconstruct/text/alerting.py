"""What is said of alert rules: of their backtests, of the detection, of a proposed alert, of earlier occurrences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from reconstruct.model import (
    AlertReview,
    Fact,
    IncidentOverlap,
    NoProposal,
    ProposedAlert,
    Quantity,
    Recurrence,
    RuleBacktest,
    RuleNote,
)
from reconstruct.text.measures import measure_title
from reconstruct.text.times import Clock
from reconstruct.text.units import human, human_duration, lasted
from reconstruct.text.wording import capitalised

SHORT_HISTORY: Final = pd.Timedelta("1h")
"""With less, "0 false firings" says little."""
OUTCOMES: Final[Mapping[str, str]] = {"no-data": "no data", "not-evaluated": "not evaluated"}


def rule_note_text(note: RuleNote) -> str:
    """One sentence on a rule's backtest.

    >>> rule_note_text(RuleNote("no-series", {"selector": 'up{job="shpo"}', "metric": False}))
    'up{job="shpo"} matched no series in this time.'
    """
    facts = note.facts
    match note.kind:
        case "no-series" if facts["metric"]:
            return f"{facts['selector']} had no samples in this time."
        case "no-series":
            return f"{facts['selector']} matched no series in this time."
        case "needs-recorded":
            return (
                f"{facts['selector']} is read over a range, so it must exist on the server, which has no samples of it."
            )
        case "failed-evaluations":
            return (
                f"{facts['failed']:,} evaluations failed: two series had the labels of one alert"
                f" ({facts['evaluations']:,} succeeded)."
            )
        case "over-limit":
            return f"{facts['most']:,} alerts at once exceed the group's limit of {facts['limit']:,}; not applied here."
        case "label-template":
            labels = facts["labels"]
            names = ", ".join(str(name) for name in labels) if isinstance(labels, tuple) else str(labels)
            return f"The template of the label {names} is not filled in: alerts that differ by it alone count as one."
        case "warning":
            return f"The server warned: {facts['text']}"


def outcome_text(rule: RuleBacktest) -> str:
    """Firings, or why there are none to tell."""
    if rule.outcome != "judged":
        return OUTCOMES[rule.outcome]
    return "always" if rule.always else f"{len(rule.firing):,}"


def overlap_text(overlap: IncidentOverlap) -> str:
    """Whether a known incident was caught, and how soon.

    >>> t = pd.Timestamp("2026-01-01T12:00Z")
    >>> overlap_text(IncidentOverlap("a.json", t, t + pd.Timedelta("90s")))
    'fired 1 min 30 s after the onset of a.json'
    >>> overlap_text(IncidentOverlap("b.json", t, None))
    'silent in b.json'
    """
    late_s = overlap.after_onset_s
    if late_s is None:
        return f"silent in {overlap.incident}"
    side = "after" if late_s >= 0 else "before"
    return f"fired {human_duration(abs(late_s))} {side} the onset of {overlap.incident}"


def review_text(review: AlertReview, *, clock: Clock) -> str:
    """What an alert rule was worth in this incident, in one sentence; the rule's name stands beside it.

    >>> t = pd.Timestamp("2026-01-01T12:00Z")
    >>> facts = {"first": t, "pending": pd.Timedelta("2min")}
    >>> from reconstruct.model import Service
    >>> review_text(AlertReview("A", Service("shop"), "useful", "in-time", facts, ("al1",), 90.0), clock=Clock())
    'Fired 1 min 30 s after onset (pending for 2 min).'
    """
    facts = review.facts
    fired = _fired(review)
    match review.reason:
        case "in-time" | "long-after-onset":
            return f"{fired}."
        case "after-mitigation":
            return f"{fired}, after the mitigation had started at {clock.time(_when(facts['mitigated']))}."
        case "fired-again":
            return f"{fired}; one of its alerts fired {facts['times']} times in the incident."
        case "resolved-in-gap":
            resolved = clock.time(_when(facts["resolved"]))
            return f"{fired}. It resolved at {resolved} because its data were missing; the incident went on."
        case "outside":
            times = facts["times"]
            often = "once" if times == 1 else f"{times} times"
            first = clock.time(_when(facts["first"]))
            return f"Fired {often} while no incident was measured, {'' if times == 1 else 'first '}at {first}."
        case "below-threshold":
            return (
                f"Did not fire: its value peaked at {_figure(facts['peak'])}, threshold {_figure(facts['threshold'])}."
            )
        case "too-short":
            held, needed = _length(facts["held"]), _length(facts["for"])
            return f"Did not fire: its condition held for at most {held}; it has to hold for {needed}."


def fired_when(review: AlertReview) -> str:
    """How long after the onset, or before it, a rule first fired."""
    after_s = review.after_onset_s or 0.0
    length = lasted(abs(after_s))
    return "at onset" if length == "0 s" else f"{length} {'after' if after_s >= 0 else 'before'} onset"


def _fired(review: AlertReview) -> str:
    pending = review.facts.get("pending")
    waited = f" (pending for {_length(pending)})" if pending is not None and _length(pending) != "0 s" else ""
    return f"Fired {fired_when(review)}{waited}"


def proposal_text(proposed: ProposedAlert, *, clock: Clock, first_alert: str = "") -> str:
    """What a proposed alert would have done; `first_alert` is the rule of the first one that fired."""
    if proposed.earlier_s is None:
        compared = "; no alert fired"
    else:
        name = f" ({first_alert})" if first_alert else ""
        compared = f", {lasted(proposed.earlier_s)} earlier than the first alert{name}"
    times = {0: "0 times", 1: "once"}.get(proposed.false_firings, f"{proposed.false_firings} times")
    history = _history(pd.Timedelta(days=proposed.backtest_days))
    short = proposed.backtest_days < SHORT_HISTORY / pd.Timedelta(days=1)
    caution = ": too little history to count false firings, try it on more (--backtest 7d)" if short else ""
    return (
        f"{threshold_text(proposed)} for {human_duration(proposed.for_s)}: would have fired at "
        f"{clock.time(proposed.would_fire_at)}{compared}, and {times} in the {history} before{caution}."
    )


def threshold_text(proposed: ProposedAlert) -> str:
    """The condition in words: the signal and its threshold."""
    side = "above" if proposed.comparator in (">", ">=") else "below"
    whose = f" of {proposed.service.name}" if proposed.service.name else ""
    return f"{capitalised(measure_title(proposed.title))}{whose} {side} {human(proposed.threshold, proposed.unit)}"


def no_proposal_text(why: NoProposal, *, clock: Clock) -> str:
    """Why no alert is proposed; "" where nothing went wrong.

    >>> no_proposal_text(NoProposal("no-signal"), clock=Clock())
    'No user-facing signal shows the incident.'
    """
    facts = why.facts
    match why.reason:
        case "no-incident":
            return ""
        case "no-signal":
            return "No user-facing signal shows the incident."
        case "thin-history":
            had, needed = _history(facts["history"]), _length(facts["needed"])
            more = "the server holds no more" if facts["longer"] else "--backtest 7d asks for more"
            return f"{had} of samples before onset are too few to tell what is usual ({needed} needed; {more})."
        case "not-earlier":
            would, fired = clock.time(_when(facts["would_fire"])), clock.time(_when(facts["fired"]))
            best = f"The best one found would have fired at {would}"
            earlier = _when(facts["fired"]) - _when(facts["would_fire"])
            if earlier > pd.Timedelta(0):
                return f"{best}, only {_length(earlier)} before {facts['alert']} did."
            return f"{best}; {facts['alert']} fired at {fired}."
        case "false-firings":
            outside = f"fired {facts['false']} times outside the incident in {_history(facts['history'])}"
            return f"The best one found would have {outside}."
        case "never-caught":
            return "No threshold on a user-facing signal separates the incident from its baseline."


def recurrence_text(recurrence: Recurrence, *, clock: Clock) -> str:
    """One earlier time at which it looked like this."""
    if recurrence.end is None:
        when = f"{clock.time(recurrence.start)}, end not known"
    else:
        length = lasted((recurrence.end - recurrence.start).total_seconds())
        when = f"{clock.span(recurrence.start, recurrence.end)} ({length})"
    told = [when]
    if recurrence.alerts:
        told.append(f"{_listed(recurrence.alerts)} fired")
    if recurrence.change:
        told.append(f"a change of the same kind preceded ({recurrence.change})")
    if recurrence.source != "prometheus":
        same = [f"mechanism{f' and {len(recurrence.signals)} signals' if recurrence.signals else ''}"]
        if not recurrence.same_mechanism:
            same = [f"{len(recurrence.signals)} signals"] if recurrence.signals else []
        told += [f"same {each}" for each in same]
        told.append(f"mitigated by {recurrence.mitigation}" if recurrence.mitigation else "no mitigation is known")
        told.append(recurrence.source)
    return "; ".join(told)


def _listed(names: tuple[str, ...], *, most: int = 4) -> str:
    told = [*names[:most], *([f"{len(names) - most} more"] if len(names) > most else [])]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"


def _when(fact: Fact) -> pd.Timestamp:
    if not isinstance(fact, pd.Timestamp):
        raise TypeError(f"{fact!r} is no time")
    return fact


def _length(fact: Fact) -> str:
    if not isinstance(fact, pd.Timedelta):
        raise TypeError(f"{fact!r} is no length of time")
    return lasted(fact.total_seconds())


def _history(fact: Fact) -> str:
    """A length of history: to the minute from ten minutes on."""
    if not isinstance(fact, pd.Timedelta):
        raise TypeError(f"{fact!r} is no length of time")
    seconds = fact.total_seconds()
    return human_duration(60 * round(seconds / 60) if seconds >= 600 else round(seconds))


def _figure(fact: Fact) -> str:
    if not isinstance(fact, Quantity):
        raise TypeError(f"{fact!r} is no quantity")
    return human(fact.value, fact.unit)
