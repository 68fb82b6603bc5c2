"""The one plain sentence of a hint, with times and figures: what a colleague could say."""

from __future__ import annotations

from collections.abc import Sequence

from reconstruct.explain.changes import Change
from reconstruct.explain.context import GROWS, Case
from reconstruct.model import Anomaly, Mechanism, Reason
from reconstruct.text.reasons import clock, lower_first, span, the_change
from reconstruct.text.units import human


def say(
    case: Case, mechanism: Mechanism, anomaly: Anomaly | None, *, change: Change | None, reasons: Sequence[Reason]
) -> str:
    """Put a hint into a sentence: the change and its lag, what moved, and what came of undoing it."""
    shown = anomaly or case.bout.main[0].anomaly
    figures = {
        "service": shown.service.name or (case.first[0].name if case.first and case.first[0].name else "the service"),
        "metric": lower_first(shown.signal.title),
        "before": human(shown.baseline, shown.signal.unit),
        # What fills to a bound and is emptied is told at its fullest, not in the middle of its saw's teeth.
        "during": human(shown.peak if GROWS & set(shown.signal.tags) else shown.level, shown.signal.unit),
        "time": clock(shown.onset.time),
    }
    what = mechanism.statement.format(**figures) if mechanism.statement else _only(figures)
    if change is None:
        heard = next((r.says for r in reasons if shown.id not in r.evidence), "")
        said = f"{what}, with no change that explains it" + (f": {heard}" if heard else "")
    else:
        within = change.event.time >= case.onset.earliest
        when = "Right" if within else span(change.event.time, case.onset.time)
        said = f"{when} after {the_change(change.event)}, {what}"
        undone = next((r.says for r in reasons if r.rule == "reversal"), "")
        said += f"; it was {undone}" if undone.startswith("undone at") else ""
    said = f"{said[:1].upper()}{said[1:]}"
    return said if said.endswith(".") else f"{said}."


def _only(figures: dict[str, str]) -> str:
    return "{metric} of {service}, {before} before, median {during} from {time}".format(**figures)
