"""Why an anomaly is one, in words and figures: `reconstruct incident --explain a3`."""

from __future__ import annotations

from dataclasses import dataclass

from reconstruct.model import Anomaly, Evidence
from reconstruct.text.times import Clock, spans_midnight
from reconstruct.text.units import figure, human, human_duration


@dataclass(frozen=True, slots=True)
class Limits:
    """Of the detector's parameters those that its sentences name."""

    spreads: float
    """Robust spreads of a mean that are noise."""
    recurring_extreme: int
    """So many parts of the baseline that reached something make it a recurring extreme."""
    parts: int
    """Into so many parts the baseline is cut."""
    ceiling: float
    """Standard deviations beyond which one earlier extreme excuses nothing."""


def anomaly_reasons(evidence: Evidence, anomaly: Anomaly, *, limits: Limits) -> str:
    """Which mean fired, how far it went, and what the threshold was made of; one sentence a line.

    Labels are told as they are: who prints this escapes it.

    Parameters
    ----------
    evidence : Evidence
        That it was found in.
    anomaly : Anomaly
        From `detect`.
    limits : Limits
        Of the detector that found it.
    """
    metric = next((m for m in evidence.metrics if m.signal.id == anomaly.signal.id and m.query == anomaly.query), None)
    spacing_s = metric.spacing_s if metric else evidence.window.step_s
    fired = _flat_line(anomaly, spacing_s) if "flat" in anomaly.why else _exceeded(anomaly, spacing_s, limits)
    return "\n".join([_what(anomaly), *fired, _when(anomaly)])


def _what(anomaly: Anomaly) -> str:
    """What moved, which way, and how far."""
    unit = anomaly.signal.unit
    names = ", ".join(f"{k}={v}" for k, v in sorted(anomaly.labels.items()) if k != "__name__")
    way = {"up": " up", "down": " down", "both": " both ways"}[anomaly.direction]
    moved = {
        "level": f"went{way}",
        "ramp": f"drifted{way}",
        "spike": f"spiked{way}",
        "variance": f"scattered{way}",
        "flat": "was stuck",
        "cap": "was stuck at a cap",
    }
    return (
        f"{anomaly.id}: {anomaly.signal.title}{f' ({names})' if names else ''} {moved.get(anomaly.shape, 'moved')}: "
        f"{human(anomaly.baseline, unit)} before, {human(anomaly.peak, unit)} at the peak, "
        f"{human(anomaly.level, unit)} in the middle."
    )


def _flat_line(anomaly: Anomaly, spacing_s: float) -> list[str]:
    """Why a repeated value is news."""
    why = anomaly.why
    return [
        f"What fired: {figure(why['flat'])} samples in a row ({human_duration(why['flat'] * spacing_s)}) "
        f"had one value; "
        f"{figure(why['needed'])} are news for a series that repeated itself {figure(why['longest_before'])} times "
        f"at most in {figure(why['history'])} samples before the window."
    ]


def _exceeded(anomaly: Anomaly, spacing_s: float, limits: Limits) -> list[str]:
    """Which mean or edge passed which threshold."""
    why, unit = anomaly.why, anomaly.signal.unit
    samples = int(why["samples"])
    length = human_duration(samples * spacing_s)
    mean = "a single sample" if samples == 1 else f"the mean over {samples} samples ({length})"
    step = "the sample before it" if samples == 1 else f"the mean over the {samples} samples before it"
    raised = f", so few that every threshold was raised {figure(why['caution'])} times" if why["caution"] > 1 else ""
    return [
        f"What fired: {mean} was {human(why['excess'], unit)} from {step if why['edge'] else 'its baseline'}, "
        f"{figure(anomaly.score)} times the threshold of {human(why['threshold'], unit)}.",
        f"The threshold is {_made_of(anomaly, limits)}.",
        f"The baseline is {figure(why['history'])} samples before the window{raised}: "
        f"robust spread {human(why['spread'], unit)}, standard deviation {human(why['plain_spread'], unit)}.",
    ]


def _made_of(anomaly: Anomaly, limits: Limits) -> str:
    """Which of its reasons set the threshold."""
    why, unit = anomaly.why, anomaly.signal.unit
    once = min(why["once"], why["ceiling"])
    largest = max(why["noise"], why["recurring_extreme"], once)
    if why["min_effect"] >= largest * why["caution"]:
        return f"the smallest change of this signal worth telling, {human(why['min_effect'], unit)}"
    if why["noise"] >= largest:
        return (
            f"{figure(limits.spreads)} robust spreads of such a {'step' if why['edge'] else 'mean'} before the window"
        )
    if why["recurring_extreme"] >= largest:
        return f"what {limits.recurring_extreme} of {limits.parts} parts of the time before the window reached as well"
    if why["once"] <= why["ceiling"]:
        return "the most that was ever reached before the window, and a little more"
    return f"{figure(limits.ceiling)} standard deviations: more was reached before, but once is no recurring_extreme"


def _when(anomaly: Anomaly) -> str:
    """The intervals that the samples can show."""
    onset, back = anomaly.onset, anomaly.recovery
    last = back.latest if back is not None else onset.latest
    clock = Clock(dates=spans_midnight(onset.earliest, last))
    began = f"It began between {Clock(dates=True).time(onset.earliest)} and {clock.time(onset.latest)} UTC"
    if back is None:
        return f"{began} and had not recovered by the last sample."
    return f"{began} and recovered between {clock.time(back.earliest)} and {clock.time(back.latest)} UTC."


def expectation(series: int, score: float, expected: float) -> str:
    """What is asked of an anomaly away from any incident, and how many false ones are expected then.

    >>> expectation(400, 5.66, 0.5)
    'threshold away from an incident: 5.7 times that of one series, as 400 are compared (false anomalies expected: 0.5)'
    """
    return (
        f"threshold away from an incident: {score:.1f} times that of one series, as {series:,} are compared "
        f"(false anomalies expected: {expected:.2g})"
    )
