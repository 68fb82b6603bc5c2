"""Entries of what the first candidate cause rests on: the figure that shows the mechanism, and when it was back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from reconstruct.model import Anomaly, Entry, EntryLevel, Fact, Facts, Hint, Moment, Quantity, Reference
from reconstruct.timeline.leads import user_facing
from reconstruct.timeline.story import BELIEVED, Story

SHOWN: Final = "mechanism-shown"
USERS_FIGURES: Final = frozenset({"failed-share", "answer-time", "requests"})
"""Figures that say of the service which users meet what the onset says already."""
MAX_BESIDE: Final = 2
"""So many signals of the same thing stand beside the figure, each of another aspect."""


def mechanism(story: Story) -> Iterator[Entry]:
    """The figure that shows the first candidate's mechanism: before, during, since its first sign."""
    hint, facts = _first(story)
    sign = facts.get("sign")
    if hint is None or not isinstance(sign, pd.Timestamp) or repeats_onset(story, facts):
        return
    beside = _beside(story, hint)
    cited = _cited(hint, beside)
    if not cited:
        return
    early = bool(story.triggers) and sign < story.first_trigger
    level: EntryLevel = "detail" if early else "key"
    yield Entry(
        "",
        Moment(sign, sign - story.evidence.window.step, sign),
        "spread",
        "mechanism",
        hint.service,
        cited,
        level=level,
        facts={**_figure(facts), "beside": tuple(Reference(a.id) for a in beside)},
    )


def mechanism_ended(story: Story) -> Iterator[Entry]:
    """Where no action is known: when what the first candidate names ended, for that is what let users recover."""
    hint, facts = _first(story)
    back, after = facts.get("back"), facts.get("back_after")
    if hint is None or not isinstance(back, pd.Timestamp) or not isinstance(after, pd.Timestamp):
        return
    if story.stones["mitigated"] is not None or story.stones["recovered"] is None or after > story.over:
        return
    if repeats_onset(story, facts):
        return
    cited = _cited(hint, _beside(story, hint))
    yield Entry(
        "",
        Moment(back, after, back),
        "recovery",
        "mechanism-ended",
        hint.service,
        cited,
        level="key",
        facts={"mechanism": hint.mechanism, **_figure(facts)},
    )


def repeats_onset(story: Story, facts: Facts) -> bool:
    """Whether a figure is of the very service that the onset speaks of, and says the same of it."""
    return facts.get("figure") in USERS_FIGURES and facts.get("thing") == story.service.name


def shown_by_figure(story: Story) -> str:
    """The thing whose figure `mechanism` tells; "" where it tells none."""
    hint, facts = _first(story)
    return hint.service.name if hint is not None and not repeats_onset(story, facts) else ""


def _first(story: Story) -> tuple[Hint | None, Facts]:
    """The first hint, if it is at least plausible, and the facts of the figure that shows it."""
    hint = next((h for h in story.explanation.hints[:1] if h.verdict in BELIEVED), None)
    shown = (
        next((r.facts for r in hint.reasons_for if r.rule == SHOWN and r.facts.get("figure")), None) if hint else None
    )
    return (hint, shown) if shown else (None, {})


def _figure(facts: Facts) -> dict[str, Fact]:
    unit = str(facts["unit"])
    told: dict[str, Fact] = {key: facts[key] for key in ("figure", "thing", "target") if facts.get(key)}
    for key in ("before", "during"):
        value = facts[key]
        told[key] = Quantity(float(value) if isinstance(value, int | float) else float("nan"), unit)
    return told


def _beside(story: Story, hint: Hint) -> list[Anomaly]:
    """What else moved at the same thing in the worst episode, the clearest of each aspect, none that users meet."""
    worst = next((e for e in story.explanation.episodes if e.id == story.explanation.worst), None)
    ours = set(worst.anomalies) if worst else set()
    own = [
        a
        for a in story.anomalies
        if a.id in ours
        and a.worse
        and a.service.name == hint.service.name
        and a.signal.threshold is None
        and not a.signal.inferred
        and not user_facing(a)
    ]
    best: dict[str, Anomaly] = {}
    for a in sorted(own, key=lambda a: (a.signal.has_tag("by-instance"), -a.score, a.id)):
        best.setdefault(a.signal.aspect, a)
    return list(best.values())[:MAX_BESIDE]


def _cited(hint: Hint, beside: list[Anomaly]) -> tuple[str, ...]:
    queries = next((r.evidence for r in hint.reasons_for if r.rule == SHOWN), ())
    return tuple(dict.fromkeys((*(a.id for a in beside), *queries)))
