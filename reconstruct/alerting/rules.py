"""What a Prometheus rule file says: groups of recording and alerting rules, and the labels that an alert gets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_LABEL_TEMPLATE: Final = re.compile(r"\{\{-?\s*(?:\$labels|\.Labels)\.([a-zA-Z_][a-zA-Z0-9_]*)\s*-?\}\}")
NAME: Final = "__name__"
ALERT_NAME: Final = "alertname"


@dataclass(frozen=True, slots=True)
class AlertingRule:
    """One rule that makes alerts."""

    name: str
    expr: str
    for_s: float = 0.0
    """How long the expression has to have a value before the alert fires."""
    keep_firing_for_s: float = 0.0
    """How long it goes on firing after the expression has none."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Those that the rule adds, as written: templates are not filled in."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    line: int = 0
    """Where the rule stands."""


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """One rule that stores its expression's value under a new name."""

    name: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Rules that are evaluated together, one after the other."""

    name: str
    rules: tuple[AlertingRule | RecordingRule, ...]
    interval_s: float | None = None
    """Between two evaluations; None = the server's `evaluation_interval`."""
    query_offset_s: float = 0.0
    """How far behind the evaluation's time the data are looked at."""
    limit: int = 0
    """Most alerts that one of its rules may have; 0 = any number."""
    file: str = ""
    line: int = 0


def alert_labels(series: Mapping[str, str], rule: AlertingRule) -> tuple[tuple[str, str], ...]:
    """The labels by which Prometheus knows an alert: the series' own without its name, then the rule's, then its name.

    A label of the rule that is empty takes the series' label away. Of templates only a label's value is filled in
    (`{{ $labels.x }}`); another one stays as written, so that alerts which differ by it alone are told as one.

    >>> rule = AlertingRule("Down", "up == 0", labels={"severity": "page", "host": "{{ $labels.instance }}", "job": ""})
    >>> dict(alert_labels({"__name__": "up", "instance": "a:1", "job": "x"}, rule))
    {'alertname': 'Down', 'host': 'a:1', 'instance': 'a:1', 'severity': 'page'}
    """
    labels = {name: value for name, value in series.items() if name != NAME}
    for name, written in rule.labels.items():
        labels[name] = _LABEL_TEMPLATE.sub(lambda found: series.get(found[1], ""), written)
    labels[ALERT_NAME] = rule.name
    return tuple(sorted((name, value) for name, value in labels.items() if value))


def unfilled_templates(rule: AlertingRule) -> tuple[str, ...]:
    """The rule's labels whose templates are more than a label's value: they may tell alerts apart, and here do not.

    >>> unfilled_templates(AlertingRule("A", "x", labels={"a": "{{ $labels.b }}", "s": "{{ $value }}"}))
    ('s',)
    """
    return tuple(name for name, written in rule.labels.items() if "{{" in _LABEL_TEMPLATE.sub("", written))
