"""Series in, anomalies out: which series left their own history inside the window, when, which way, and why.

`find_excursions` works on plain arrays, `detect` on Evidence; docs/detection.md tells the method beside this code:
prepare -> calibrate -> screen -> fit -> excursions -> evidence.
"""

from reconstruct.detect.describe import Excursion
from reconstruct.detect.evidence import Detection, Unjudged, detect, find_anomalies, unjudged
from reconstruct.detect.excursions import find_excursions
from reconstruct.detect.false_alarms import Surprise, asked_surprise, telling
from reconstruct.detect.gaps import find_gaps, gaps
from reconstruct.detect.parameters import PARAMETERS, Parameters
from reconstruct.detect.time_bounds import hidden_s, onset_moment, recovery_moment
from reconstruct.model import Anomaly, Evidence
from reconstruct.text.anomaly import Limits, anomaly_reasons

__all__ = [
    "PARAMETERS",
    "Detection",
    "Excursion",
    "Parameters",
    "Surprise",
    "Unjudged",
    "asked_surprise",
    "detect",
    "explain_anomaly",
    "find_anomalies",
    "find_excursions",
    "find_gaps",
    "gaps",
    "hidden_s",
    "onset_moment",
    "recovery_moment",
    "telling",
    "unjudged",
]


def explain_anomaly(evidence: Evidence, anomaly: Anomaly) -> str:
    """Why an anomaly is one, one sentence a line; labels are told as they are, so who prints this escapes it."""
    limits = Limits(
        spreads=PARAMETERS.spreads,
        recurring_extreme=PARAMETERS.recurring_extreme,
        parts=PARAMETERS.parts,
        ceiling=PARAMETERS.ceiling,
    )
    return anomaly_reasons(evidence, anomaly, limits=limits)
