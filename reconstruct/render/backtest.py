"""A backtest of alert rules as a table to read, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from reconstruct.model import AlertPeriod, Backtest, RuleBacktest, TimeSpan
from reconstruct.text import escape
from reconstruct.text.alerting import outcome_text, overlap_text, rule_note_text
from reconstruct.text.escape import json_text
from reconstruct.text.times import Clock, iso, iso_or_none
from reconstruct.text.units import human, human_duration, six_digits

SCHEMA: Final = "reconstruct/backtest/1"
MAX_FIRINGS_SHOWN: Final = 5
"""Of a rule, the longest ones, in the text; JSON has all."""
WHOLE: Final = 0.99
"""Of the time with samples: less is told. A restart of a target is no gap worth a word."""
CSV_COLUMNS: Final = ("rule", "group", "alert", "pending_at", "firing_at", "resolved_at")


def to_backtest_text(told: Backtest, *, zone: str = "UTC") -> str:
    """A table with a row a rule, then each rule's firings and what must be known of it."""
    clock = Clock(zone, dates=True)
    columns = _columns(told)
    rows = [list(columns), *([escape.plain(columns[name](rule)) for name in columns] for rule in told.rules)]
    length = human_duration((told.end - told.start).total_seconds())
    blocks = [f"{clock.span(told.start, told.end)} ({length})", *map(escape.plain, told.notes), "", *_aligned(rows)]
    for rule in told.rules:
        if details := _details(rule, clock):
            head = f"{rule.rule} ({rule.place})" if rule.place else rule.rule
            blocks += ["", escape.plain(head), *(f"  {escape.plain(line)}" for line in details)]
    return "\n".join(blocks) + "\n"


def to_backtest_json(told: Backtest) -> str:
    """Everything, times as RFC 3339 in UTC and durations in seconds."""
    document = {
        "schema": SCHEMA,
        "window": {"start": iso(told.start), "end": iso(told.end)},
        "notes": list(told.notes),
        "rules": [_rule(rule) for rule in told.rules],
    }
    return json_text(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def to_backtest_csv(told: Backtest) -> str:
    """A line an alert: its rule, labels, and when it was pending, firing and resolved."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for rule in told.rules:
        for alert in rule.alerts:
            times = (iso(alert.pending_at), iso_or_none(alert.firing_at), iso_or_none(alert.resolved_at))
            cells = (rule.rule, rule.group, _labels(alert), *(each or "" for each in times))
            writer.writerow([escape.csv_cell(cell) for cell in cells])
    return out.getvalue()


def _columns(told: Backtest) -> dict[str, Callable[[RuleBacktest], str]]:
    """Heading -> what stands under it; columns that would say the same of every rule are left out."""
    columns: dict[str, Callable[[RuleBacktest], str]] = {
        "rule": lambda rule: rule.rule,
        "for": lambda rule: human_duration(rule.for_s),
        "every": lambda rule: human_duration(rule.interval_s),
        "firings": outcome_text,
        "a week": lambda rule: "-" if rule.always else _rate(rule.firings_a_week),
        "of the time": lambda rule: human(rule.firing_share, "ratio") if rule.outcome == "judged" else "-",
        "alerts": lambda rule: f"{rule.fired:,}" if rule.firing else "-",
        "longest": lambda rule: _duration(max((_length_s(span) or 0.0 for span in rule.firing), default=0.0)),
    }
    if all(rule.firings_a_week is None for rule in told.rules):
        del columns["a week"]
    if any(rule.data_share < WHOLE for rule in told.rules):
        columns["with data"] = lambda rule: human(rule.data_share, "ratio")
    if any(rule.outside is not None for rule in told.rules):
        columns["caught"] = lambda rule: _caught(rule)
        columns["outside"] = lambda rule: "-" if rule.outside is None or rule.always else f"{rule.outside:,}"
    return columns


def _rate(firings_a_week: float | None) -> str:
    return "-" if firings_a_week is None else f"{firings_a_week:.1f}".removesuffix(".0")


def _duration(seconds: float) -> str:
    return human_duration(seconds) if seconds else "-"


def _caught(rule: RuleBacktest) -> str:
    caught = sum(one.fired_at is not None for one in rule.overlaps)
    return f"{caught} of {len(rule.overlaps)}" if rule.overlaps else "-"


def _details(rule: RuleBacktest, clock: Clock) -> list[str]:
    lines = [rule_note_text(note) for note in rule.notes]
    lines += [overlap_text(overlap) for overlap in rule.overlaps if rule.firing]
    if not rule.always:
        longest = sorted(rule.firing, key=lambda span: -(_length_s(span) or float("inf")))[:MAX_FIRINGS_SHOWN]
        lines += [_span_text(span, clock) for span in sorted(longest)]
        if len(rule.firing) > len(longest):
            lines.append(f"{len(rule.firing) - len(longest):,} shorter firings: --format json")
    if rule.only_pending and rule.for_s:
        lines.append(f"pending without firing: {rule.only_pending:,} {'times' if rule.only_pending > 1 else 'time'}")
    return lines


def _span_text(span: TimeSpan, clock: Clock) -> str:
    if span.end is None:
        return f"{clock.time(span.start)} still firing at the end"
    return f"{clock.span(span.start, span.end)} ({human_duration(_length_s(span) or 0.0)})"


def _length_s(span: TimeSpan) -> float | None:
    return None if span.end is None else (span.end - span.start).total_seconds()


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _labels(alert: AlertPeriod) -> str:
    return ", ".join(f"{name}={value}" for name, value in alert.labels.items() if name != "alertname")


def _rule(rule: RuleBacktest) -> dict[str, Any]:
    return {
        "rule": rule.rule,
        "group": rule.group,
        "place": rule.place or None,
        "expr": rule.expr,
        "for_s": six_digits(rule.for_s),
        "keep_firing_for_s": six_digits(rule.keep_firing_for_s),
        "interval_s": six_digits(rule.interval_s),
        "outcome": rule.outcome,
        "days": six_digits(rule.days),
        "data_share": six_digits(rule.data_share),
        "firings_a_week": None if rule.firings_a_week is None else six_digits(rule.firings_a_week),
        "firing_share": six_digits(rule.firing_share),
        "always": rule.always,
        "fired": rule.fired,
        "only_pending": rule.only_pending,
        "alerts_left_out": rule.fired + rule.only_pending - len(rule.alerts),
        "firing": [{"start": iso(span.start), "end": iso_or_none(span.end)} for span in rule.firing],
        "alerts": [
            {
                "labels": dict(alert.labels),
                "pending_at": iso(alert.pending_at),
                "firing_at": iso_or_none(alert.firing_at),
                "resolved_at": iso_or_none(alert.resolved_at),
            }
            for alert in rule.alerts
        ],
        "incidents": [
            {
                "incident": one.incident,
                "onset": iso(one.onset),
                "fired_at": iso_or_none(one.fired_at),
                "after_onset_s": None if one.after_onset_s is None else six_digits(one.after_onset_s),
            }
            for one in rule.overlaps
        ],
        "outside": rule.outside,
        "notes": [{"kind": note.kind, "text": rule_note_text(note)} for note in rule.notes],
    }
