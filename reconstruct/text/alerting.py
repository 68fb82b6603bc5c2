"""What is said of alert rules: of their backtests, of the detection, of a proposed alert, of earlier occurrences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconstruct.model import IncidentOverlap, RuleBacktest, RuleNote
from reconstruct.text.units import human_duration

OUTCOMES: Final[Mapping[str, str]] = {"no-data": "no data", "not-evaluated": "not evaluated"}


def rule_note_text(note: RuleNote) -> str:
    """One sentence on a rule's backtest.

    >>> rule_note_text(RuleNote("no-series", {"selector": 'up{job="shpo"}', "metric": False}))
    'up{job="shpo"} matched no series in this time.'
    """
    facts = note.facts
    match note.kind:
        case "no-series" if facts["metric"]:
            return f"{facts['selector']} had no samples in this time: the rule was not tried."
        case "no-series":
            return f"{facts['selector']} matched no series in this time."
        case "needs-recorded":
            return (
                f"{facts['selector']} is read over a range, so it must exist on the server, which has no samples of it:"
                " the rule was not tried."
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

    >>> import pandas as pd
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
