"""sources -> Evidence -> detect -> explain -> timeline -> Incident: the whole program in one page.

`reconstruct.gather` asks the sources, `reconstruct.render` writes the files; between them everything is pure, so the
same evidence gives the same incident, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from reconstruct.alerting.proposal import propose
from reconstruct.alerting.recurrences import recurrences
from reconstruct.alerting.review import review
from reconstruct.bundle import narrow
from reconstruct.detect import asked_surprise, detect, gaps, telling
from reconstruct.explain import explain
from reconstruct.explain.trouble import trouble
from reconstruct.explain.user_impact import look, user_anomalies
from reconstruct.meaning import read_system
from reconstruct.meaning.user_signals import with_user_signals
from reconstruct.model import Episode, Evidence, Incident, Metric, PastIncident, Settings, numbered_gaps
from reconstruct.text.anomaly import expectation
from reconstruct.text.verdict import verdict_text
from reconstruct.timeline import compose

DAY = pd.Timedelta(days=1)


def draft(evidence: Evidence, *, settings: Settings | None = None) -> Incident:
    """What went wrong in the evidence's window, when, and what could have done it.

    Parameters
    ----------
    evidence : Evidence
        From `reconstruct.gather`, a bundle, or made by hand.
    settings : Settings, optional
        Services, call graph and mechanisms; without any mechanism when not given.

    Returns
    -------
    Incident
        `reconstruct.render` makes files of it; in a notebook it shows itself.
    """
    settings = settings or Settings()
    found = detect(evidence)
    evidence = replace(
        evidence,
        gaps=numbered_gaps((*evidence.gaps, *found.gaps)),
        notes=(*evidence.notes, *found.notes),
    )
    system = read_system(evidence, calls=settings.calls)
    evidence = with_user_signals(evidence, system, services=settings.services)
    users = look(evidence)
    asked = asked_surprise(evidence)
    kept = telling(
        found.anomalies,
        asked,
        spans=trouble(evidence, system, users),
        evidence=evidence,
        keep_user_facing=not users.judged,
    )
    evidence = replace(evidence, notes=(*evidence.notes, expectation(asked.series, asked.score, asked.expected)))
    anomalies = (*kept, *user_anomalies(users, evidence, after=len(kept)))
    explanation = explain(evidence, anomalies, settings=settings, system=system, users=users)
    says = verdict_text(explanation.reason, {a.id: a for a in anomalies})
    explained = replace(explanation, says=says)
    return with_detection(compose(evidence, anomalies, explained, objectives=settings.objectives))


def with_detection(
    incident: Incident, *, histories: Mapping[str, Metric] | None = None, history: Sequence[PastIncident] = ()
) -> Incident:
    """The incident with what its alerts were worth, the alert that would have been better, and whether it is new.

    Parameters
    ----------
    histories : mapping of query id to Metric, optional
        Longer answers of the queries of `candidates`, to try alerts on; the evidence alone when not given.
    history : sequence of PastIncident
        Earlier incidents to compare with.
    """
    known = (incident.evidence, incident.anomalies, incident.explanation)
    detected = incident.milestones.get("detected")
    proposed, not_proposed = propose(*known, histories=histories)
    return replace(
        incident,
        alert_review=review(*known, detected=detected.evidence if detected else ()),
        proposed_alerts=(proposed,) if proposed else (),
        no_proposal=not_proposed,
        recurrences=recurrences(*known, history=history),
    )


def without_earlier_episodes(evidence: Evidence, *, settings: Settings | None = None) -> Evidence:
    """The evidence with the episodes of the days before taken out of the baseline, and a note that says so.

    A week that holds two outages would else call a third one usual. Each day of the baseline but the first is looked at
    as a window of its own, against the days before it; what users met there becomes "no sample", never "normal".
    """
    window = evidence.window
    days = int((window.start - window.baseline_start) / DAY)
    seen = replace(evidence, gaps=numbered_gaps((*evidence.gaps, *gaps(evidence))))  # masks would look like usual gaps
    left_out = 0
    for back in range(days - 1, 0, -1):
        start = window.start - back * DAY
        day = narrow(evidence, start=start, end=start + DAY, baseline_start=window.baseline_start)
        episodes = draft(day, settings=settings).explanation.episodes
        evidence = _masked(evidence, episodes, until=start + DAY)
        left_out += len(episodes)
    if not left_out:
        return seen
    told = f"{left_out} earlier episode{'s' if left_out > 1 else ''} left out of the baseline"
    return replace(evidence, gaps=seen.gaps, notes=(*evidence.notes, told))


def _masked(evidence: Evidence, episodes: tuple[Episode, ...], *, until: pd.Timestamp) -> Evidence:
    if not episodes:
        return evidence
    index = evidence.window.index
    rows = np.zeros(len(index), dtype=bool)
    for episode in episodes:
        rows |= (index >= episode.start) & (index < (episode.end if episode.end is not None else until))
    rows &= index < evidence.window.start
    masks = (np.broadcast_to(rows[:, None], metric.values.shape) for metric in evidence.metrics)
    return replace(
        evidence,
        metrics=tuple(replace(m, values=m.values.mask(mask)) for m, mask in zip(evidence.metrics, masks, strict=True)),
    )
