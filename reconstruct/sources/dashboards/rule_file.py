"""A Prometheus rule file as a dashboard: each alert's condition with its threshold, each recorded series."""

from __future__ import annotations

from pathlib import Path

from reconstruct import promql
from reconstruct.alerting import AlertingRule
from reconstruct.sources.alert_rules.rule_files import read_rule_file
from reconstruct.sources.dashboards.panels import Dashboard, NotAsked, PanelQuery


def read_rules(path: Path) -> Dashboard:
    """The left side of each alert's condition, its number as the threshold; what is recorded, as it is recorded."""
    queries: list[PanelQuery] = []
    left: list[NotAsked] = []
    for group in read_rule_file(path):
        for rule in group.rules:
            if not isinstance(rule, AlertingRule):
                queries.append(PanelQuery(title=rule.name, group=group.name, expression=rule.name))
                continue
            condition = promql.split_condition(rule.expr)
            if condition is None:
                left.append(NotAsked(rule.name, "its condition compares nothing with a number"))
                continue
            queries.append(
                PanelQuery(
                    title=rule.name,
                    group=group.name,
                    expression=condition.left,
                    threshold=condition.threshold,
                    comparator=condition.comparator,
                    alert=True,
                )
            )
    return Dashboard(path.name, tuple(queries), tuple(left))
