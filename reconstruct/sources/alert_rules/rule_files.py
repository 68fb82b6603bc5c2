"""Prometheus rule files, read as strictly as Prometheus does, with file and line in every complaint.

A Kubernetes `PrometheusRule` is read as well: its `spec` is such a file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from reconstruct.alerting.rules import AlertingRule, RecordingRule, RuleGroup
from reconstruct.config import parse_duration_s
from reconstruct.config.document import Marked, entries, fields, items, number, read_marked, text
from reconstruct.errors import UsageError

GROUP_KEYS: Final = (
    "name",
    "interval",
    "query_offset",
    "limit",
    "labels",
    "rules",
    "partial_response_strategy",  # Thanos
    "source_tenants",  # Mimir
    "evaluation_delay",  # Mimir, Cortex
)
ALERT_KEYS: Final = ("alert", "expr", "for", "keep_firing_for", "labels", "annotations")
RECORD_KEYS: Final = ("record", "expr", "labels")
_ZERO: Final = re.compile(r"0+(?:ms|[smhdwy])?")
_LABEL_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_METRIC_NAME: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


def read_rule_file(path: Path) -> tuple[RuleGroup, ...]:
    """The groups of a rule file, in order.

    Raises
    ------
    UsageError
        The file cannot be read, is no rule file, or has something in it that Prometheus would refuse.
    """
    document = read_marked(path)
    top = entries(document)
    if "spec" in top and text(top.get("kind")) == "PrometheusRule":
        document = top["spec"]
    found: dict[str, RuleGroup] = {}
    for each in items(fields(document, allowed=("groups",), required=("groups",))["groups"]):
        group = _group(each)
        if group.name in found:
            raise each.wrong(
                f"the group {group.name!r} stands twice", hint="groups of one file have names of their own"
            )
        found[group.name] = group
    if not any(isinstance(rule, AlertingRule) for group in found.values() for rule in group.rules):
        raise UsageError(f"{path}: no alerting rule in it", hint="an alerting rule has `alert:` and `expr:`")
    return tuple(found.values())


def _group(value: Marked) -> RuleGroup:
    known = fields(value, allowed=GROUP_KEYS, required=("name", "rules"))
    labels = _labels(known.get("labels"))
    delay = known.get("query_offset") or known.get("evaluation_delay")
    interval_s = _duration_s(known.get("interval"))
    return RuleGroup(
        name=text(known["name"]),
        rules=tuple(_rule(each, shared=labels) for each in items(known["rules"])),
        interval_s=interval_s or None,
        query_offset_s=_duration_s(delay),
        limit=int(number(known.get("limit"), at_least=0)),
        file=value.file,
        line=value.line,
    )


def _rule(value: Marked, *, shared: dict[str, str]) -> AlertingRule | RecordingRule:
    keys = entries(value)
    if "alert" in keys and "record" in keys:
        raise value.wrong("a rule either alerts or records", hint="make two rules of it")
    if "record" in keys:
        known = fields(value, allowed=RECORD_KEYS, required=("record", "expr"))
        name = text(known["record"])
        if not _METRIC_NAME.fullmatch(name):
            raise known["record"].wrong(f"{name!r} is no metric name", hint="letters, digits, `_` and `:`")
        labels = {**shared, **_labels(known.get("labels"))}
        return RecordingRule(name, text(known["expr"]), labels, value.file, known["expr"].text_line)
    if "alert" not in keys:
        raise value.wrong("a rule without `alert:` or `record:`", hint="name what it alerts on")
    known = fields(value, allowed=ALERT_KEYS, required=("alert", "expr"))
    return AlertingRule(
        name=text(known["alert"]),
        expr=text(known["expr"]),
        for_s=_duration_s(known.get("for")),
        keep_firing_for_s=_duration_s(known.get("keep_firing_for")),
        labels={**shared, **_labels(known.get("labels"))},
        annotations=_labels(known.get("annotations")),
        file=value.file,
        line=known["expr"].text_line,
    )


def _duration_s(value: Marked | None) -> float:
    """Seconds; Prometheus takes 0 as well, with and without a unit."""
    if value is None:
        return 0.0
    written = text(value)
    if _ZERO.fullmatch(written):
        return 0.0
    try:
        return parse_duration_s(written)
    except UsageError as error:
        raise value.wrong(error.message, hint=error.hint) from None


def _labels(value: Marked | None) -> dict[str, str]:
    """Names and texts; a text may be empty."""
    found: dict[str, str] = {}
    for name, each in (entries(value) if value is not None else {}).items():
        if not _LABEL_NAME.fullmatch(name) or name == "__name__":
            raise each.wrong(f"{name!r} is no name for a label", hint="letters, digits and `_`, no digit first")
        found[name] = str(each.node.value) if isinstance(each.node.value, str) else text(each)
    return found
