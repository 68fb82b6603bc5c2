"""Prometheus alert rules over samples: what a rule is, when its alerts were pending and firing, and what that is worth.

Pure: no I/O and no clock. `reconstruct.sources.alert_rules` reads rule files and asks a server.
"""

from reconstruct.alerting.rules import AlertingRule, RecordingRule, RuleGroup, alert_labels
from reconstruct.alerting.states import Active, AlertInstance, Labels, States, advance, still_active

__all__ = [
    "Active",
    "AlertInstance",
    "AlertingRule",
    "Labels",
    "RecordingRule",
    "RuleGroup",
    "States",
    "advance",
    "alert_labels",
    "still_active",
]
