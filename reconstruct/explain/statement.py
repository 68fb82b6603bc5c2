"""The one plain sentence of a hint, with times and figures: what a colleague could say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reconstruct.explain.changes import Change
from reconstruct.explain.context import GROWS, Case
from reconstruct.model import Anomaly, Mechanism, Reason
from reconstruct.text.measures import measure_of
from reconstruct.text.reasons import clock, span, the_change
from reconstruct.text.units import human

_ONLY: Final = "{metric} of {service}, {before} before, median {during} from {time}"


def say(
    case: Case, mechanism: Mechanism, anomaly: Anomaly | None, *, change: Change | None, reasons: Sequence[Reason]
) -> str:
    """Put a hint into a sentence: the change and its lag, what moved, and what came of undoing it."""
    shown = anomaly or case.bout.main[0].anomaly
    figures = {
        "service": shown.service.name or (case.first[0].name if case.first and case.first[0].name else "the service"),
        "metric": measure_of(shown.signal),
        "before": human(shown.baseline, shown.signal.unit),
        "during": human(shown.level, shown.signal.unit),
        "time": clock(shown.onset.time),
    }
    statement = mechanism.statement or _ONLY
    if shown.signal.has_tag(*GROWS):  # what fills and is emptied is told at its fullest, not amid its saw's teeth
        figures["during"] = human(shown.peak, shown.signal.unit)
        statement = statement.replace("median {during}", "peak {during}")
    what = statement.format(**figures)
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
