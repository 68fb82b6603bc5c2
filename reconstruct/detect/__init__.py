"""TEMPORARY stand-in by the lead so that the pipeline runs; the detection helper replaces this file."""
import sys
from dataclasses import dataclass
sys.path.insert(0, "/tmp/ex")
@dataclass(frozen=True)
class Detection:
    anomalies: tuple
    gaps: tuple = ()
    notes: tuple = ()
def detect(evidence):
    from crude import crude
    return Detection(crude(evidence))
def explain_anomaly(evidence, anomaly): return str(anomaly.why)
