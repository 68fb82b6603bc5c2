"""alerts/proposed.yaml and alerts/proposed_test.yaml: a proposed alert as a Prometheus rule file, and its unit test.

The rule records the signal and alerts on the record, so that the test can drive it with the very samples of the
incident: `promtool test rules proposed_test.yaml` says that it is silent one evaluation before the time at which it
would have fired, and fires then.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from reconstruct import promql
from reconstruct.model import Incident, ProposedAlert
from reconstruct.text.alerting import proposal_text, threshold_text
from reconstruct.text.times import Clock

FOLDER: Final = "alerts"
RULES: Final = "proposed.yaml"
TEST: Final = "proposed_test.yaml"
SEVERITY: Final = "page"
Annotated = tuple[ProposedAlert, Mapping[str, str]]
"""With the annotations of its rule."""


def alert_files(incident: Incident) -> dict[str, str]:
    """Path in the folder -> content; empty where no alert is proposed."""
    if not incident.proposed_alerts:
        return {}
    rules = {alert.id: alert.rule for alert in incident.evidence.alerts}
    annotated = [(one, _annotations(one, rules.get(one.first_alert or "", ""))) for one in incident.proposed_alerts]
    return {f"{FOLDER}/{RULES}": _rules(annotated), f"{FOLDER}/{TEST}": _test(annotated)}


def _annotations(one: ProposedAlert, first_alert: str) -> dict[str, str]:
    return {
        "summary": threshold_text(one),
        "description": proposal_text(one, clock=Clock(dates=True), first_alert=first_alert),
    }


def _rules(annotated: Sequence[Annotated]) -> str:
    lines = ["# Proposed from one incident: read it as a draft, and try it on more history with", "#"]
    lines += ["#   reconstruct backtest proposed.yaml --prometheus URL --from -30d", "groups:"]
    for one, notes in annotated:
        lines += [
            f"  - name: {json.dumps(f'proposed-{one.name}')}",
            f"    interval: {promql.duration(one.interval_s)}",
            "    rules:",
            f"      - record: {one.record}",
            "        expr: |-",
            *(f"          {line}" for line in one.promql.splitlines()),
            f"      - alert: {one.name}",
            f"        expr: {one.record} {one.comparator} {_number(one.threshold)}",
            f"        for: {promql.duration(one.for_s)}",
            "        labels:",
            *(f"          {name}: {json.dumps(value)}" for name, value in _rule_labels(one).items()),
            "        annotations:",
            *(f"          {name}: {_quoted(text)}" for name, text in notes.items()),
        ]
    return "\n".join(lines) + "\n"


def _test(annotated: Sequence[Annotated]) -> str:
    """One test an alert; JSON values are YAML's."""
    every = promql.duration(annotated[0][0].interval_s)
    lines = [f"rule_files: [{RULES}]", f"evaluation_interval: {every}", "tests:"]
    for one, notes in annotated:
        every_s = one.interval_s
        last = len(one.samples) - 1
        series = f"{one.record}{{{promql.matchers(one.labels)}}}" if one.labels else one.record
        expected = {"exp_labels": {**one.labels, **_rule_labels(one)}, "exp_annotations": notes}
        lines += [
            f"  - interval: {promql.duration(every_s)}",
            "    input_series:",
            f"      - series: {json.dumps(series, ensure_ascii=False)}",
            f"        values: {json.dumps(' '.join(_values(one)))}",
            "    alert_rule_test:",
            *_check(one, at_s=(last - 1) * every_s, expected=[]),
            *_check(one, at_s=last * every_s, expected=[expected]),
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A YAML text that Prometheus does not take for a template: what a pack calls a signal is text."""
    return json.dumps(text.replace("{{", '{{ "{{" }}'), ensure_ascii=False)


def _check(one: ProposedAlert, *, at_s: float, expected: list[dict[str, Any]]) -> list[str]:
    return [
        f"      - eval_time: {promql.duration(at_s)}",
        f"        alertname: {one.name}",
        f"        exp_alerts: {json.dumps(expected, ensure_ascii=False)}",
    ]


def _values(one: ProposedAlert) -> Iterator[str]:
    """The samples in promtool's notation; `stale` where a series pauses, so that no look-back bridges it."""
    before = math.nan
    for value in one.samples:
        if math.isnan(value):
            yield "_" if math.isnan(before) else "stale"
        else:
            yield _number(value)
        before = value


def _number(value: float) -> str:
    """Without an exponent, and with every digit that counts."""
    return str(np.format_float_positional(value, trim="-"))


def _rule_labels(one: ProposedAlert) -> dict[str, str]:
    """Beside the series' own; the service only where the series do not tell it."""
    named = {} if not one.service.name or one.service.name in one.labels.values() else {"service": one.service.name}
    return {**named, "severity": SEVERITY}
