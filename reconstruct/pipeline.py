"""sources -> Evidence -> detect -> explain -> timeline -> Incident: the whole program in one page.

`reconstruct.gather` asks the sources, `reconstruct.render` writes the files; between them everything is pure, so the
same evidence gives the same incident, byte for byte.
"""

from __future__ import annotations

from dataclasses import replace

from reconstruct.detect import detect
from reconstruct.explain import explain
from reconstruct.gather import numbered_gaps
from reconstruct.model import Evidence, Incident, Settings
from reconstruct.timeline import compose


def draft(evidence: Evidence, *, settings: Settings | None = None) -> Incident:
    """What went wrong in the evidence's window, when, and what could have done it.

    Parameters
    ----------
    evidence : Evidence
        From `reconstruct.gather`, a bundle, or made by hand.
    settings : Settings, optional
        Services, call graph and mechanisms; the shipped mechanisms when not given.

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
    explanation = explain(evidence, found.anomalies, settings=settings)
    return compose(evidence, found.anomalies, explanation)
