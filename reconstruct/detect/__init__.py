"""Series in, anomalies out: which series left their own history inside the window, when, which way, and why.

`find_departures` works on plain arrays, `detect` on Evidence; docs/detection.md tells the method beside this code:
prepare -> calibrate -> screen -> fit -> departures -> evidence.
"""

from reconstruct.detect.describe import Departure
from reconstruct.detect.evidence import Detection, Unjudged, detect, find_anomalies, unjudged
from reconstruct.detect.excursions import find_departures
from reconstruct.detect.gaps import find_gaps, gaps
from reconstruct.detect.parameters import RECIPE, Recipe
from reconstruct.detect.time_bounds import hidden_s, onset_moment, recovery_moment
from reconstruct.detect.words import explain_anomaly

__all__ = [
    "RECIPE",
    "Departure",
    "Detection",
    "Recipe",
    "Unjudged",
    "detect",
    "explain_anomaly",
    "find_anomalies",
    "find_departures",
    "find_gaps",
    "gaps",
    "hidden_s",
    "onset_moment",
    "recovery_moment",
    "unjudged",
]
