"""The nouns every stage speaks: frozen data, no behaviour beyond what follows from the fields.

Times are `pandas.Timestamp` in UTC; windows are half-open; durations are seconds. Frames held by a noun are never
changed. Ids are unique within one incident: q1 (queries), e1 (events), al1 (alerts), g1 (gaps), a1 (anomalies),
t1 (timeline), ep1 (episodes).
"""

from reconstruct.model.evidence import (
    Alert,
    Event,
    Evidence,
    Gap,
    Metric,
    Query,
    Signal,
    Window,
)
from reconstruct.model.facts import Fact, Facts, Quantity, Reference
from reconstruct.model.findings import (
    Anomaly,
    DismissedChange,
    Episode,
    Explanation,
    Hint,
    Impact,
    Moment,
    NotChecked,
    Reason,
    RuledOut,
)
from reconstruct.model.incident import (
    Duration,
    Entry,
    Incident,
    Milestone,
)
from reconstruct.model.kinds import (
    ASPECTS,
    LAYERS,
    Aspect,
    Direction,
    EntryKind,
    EventKind,
    HintVerdict,
    Layer,
    Service,
    Shape,
    Verdict,
    Worse,
)
from reconstruct.model.mechanisms import (
    Mechanism,
    Settings,
    Sign,
)

__all__ = [
    "ASPECTS",
    "LAYERS",
    "Alert",
    "Anomaly",
    "Aspect",
    "Direction",
    "DismissedChange",
    "Duration",
    "Entry",
    "EntryKind",
    "Episode",
    "Event",
    "EventKind",
    "Evidence",
    "Explanation",
    "Fact",
    "Facts",
    "Gap",
    "Hint",
    "HintVerdict",
    "Impact",
    "Incident",
    "Layer",
    "Mechanism",
    "Metric",
    "Milestone",
    "Moment",
    "NotChecked",
    "Quantity",
    "Query",
    "Reason",
    "Reference",
    "RuledOut",
    "Service",
    "Settings",
    "Shape",
    "Sign",
    "Signal",
    "Verdict",
    "Window",
    "Worse",
]
