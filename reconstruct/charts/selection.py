"""What of an incident is worth a picture: which signals, which changes, which alerts, under which names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from reconstruct.charts.axes import Span, joined
from reconstruct.errors import UsageError
from reconstruct.model import LAYERS, Alert, Anomaly, Event, Incident, Layer, Metric

CHANGE_KINDS: Final = frozenset(
    {"deploy", "rollback", "config", "flag", "migration", "scale", "restart", "job", "note"}
)
USER_FACING: Final = frozenset({"latency", "errors", "availability"})
"""User-facing aspects; in the edge and app layers they are the incident itself."""
RULE_SIGNALS: Final = "alert/"
"""Ids of signals that were made from the condition of an alert rule begin so."""
SEEN_WELL: Final = 0.95
"""A healthy signal with fewer of its samples than this shows gaps rather than health."""
ROWS: Final = 12
"""Signals in an overview: more rows than this cannot be taken in at a glance (a guess that held for every story)."""
SICK_ROWS: Final = 9
"""Of these rows, those for signals that went wrong: the rest shows what stayed healthy."""
ROWS_A_LAYER: Final = 3
HEALTHY_EXTRA: Final = 3
"""Healthy signals shown beside sick ones of their own layer because a hypothesis was ruled out with them."""
NAMED_CHANGES: Final = 12
"""Changes with a name in a picture; the rest are marks that are counted."""
ALERT_ROWS: Final = 8
NEAR: Final = pd.Timedelta("1h")
"""Changes this long before the onset are what a reader asks about first (a guess)."""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """All firings of one rule, drawn in one line."""

    rule: str
    alerts: tuple[Alert, ...]


def metric_of(incident: Incident, signal_id: str) -> Metric:
    """The answer to a signal's query; with several of one id, the one that the worst anomaly was found in.

    Raises `UsageError` where the incident has no signal of that id.
    """
    found = [m for m in incident.evidence.metrics if m.signal.id == signal_id]
    if not found:
        known = ", ".join(sorted({m.signal.id for m in incident.evidence.metrics})[:20])
        raise UsageError(f"the incident has no signal {signal_id!r}", hint=f"signals it has: {known or 'none'}")
    return max(found, key=lambda m: max((a.score for a in anomalies_of(incident, m)), default=0.0))


def seen_anomalies(incident: Incident) -> list[Anomaly]:
    """The anomalies of which something lies in the window: a blip of the baseline is no part of the picture."""
    window = incident.evidence.window
    return [
        a
        for a in incident.anomalies
        if a.onset.time < window.end and (a.recovery is None or a.recovery.time > window.start)
    ]


def anomalies_of(incident: Incident, metric: Metric) -> tuple[Anomaly, ...]:
    """The anomalies found in a metric within the window, the worst one first."""
    mine = [a for a in seen_anomalies(incident) if a.signal.id == metric.signal.id and a.query == metric.query]
    return tuple(sorted(mine, key=lambda a: (not a.worse, -a.score, a.column, a.onset.time)))


def furthest(found: Sequence[Anomaly]) -> Anomaly:
    """Of a metric's anomalies the one that reached furthest the way the first moved: what a chart of all shows."""
    alike = [a for a in found if a.direction == found[0].direction]
    return min(alike, key=lambda a: a.peak) if found[0].direction == "down" else max(alike, key=lambda a: a.peak)


def affected_columns(incident: Incident, metric: Metric) -> list[int]:
    """Columns with an anomaly, the worst one first."""
    return list(dict.fromkeys(a.column for a in anomalies_of(incident, metric)))


def sick_metrics(incident: Incident) -> list[Metric]:
    """Metrics that moved the way they call worse, or that a hint rests on; the most telling one first.

    In the worst episode before outside it, then what milestones, impact and hints cite, then what users meet, then by
    how far it is beyond its threshold.
    """
    told = incident.explanation
    worst = next((set(e.anomalies) for e in told.episodes if e.id == told.worst), None)
    by_hints = {h.metric for h in told.hints} | {i for h in told.hints for r in h.reasons_for for i in r.evidence}
    cited = by_hints | {i for m in incident.milestones.values() if m is not None for i in m.evidence}
    cited |= {i for impact in told.impact for i in impact.evidence}
    by_metric: dict[tuple[str, str], list[Anomaly]] = {}
    for anomaly in seen_anomalies(incident):
        by_metric.setdefault((anomaly.query, anomaly.signal.id), []).append(anomaly)
    ranked = []
    for metric in incident.evidence.metrics:
        mine = by_metric.get((metric.query, metric.signal.id), [])
        if not any(a.worse or a.id in by_hints for a in mine):
            continue
        ids = {a.id for a in mine}
        rank = (
            worst is not None and not ids & worst,
            not ids & cited,
            not _user_facing(metric),
            -max(a.score for a in mine),
            metric.signal.id,
            metric.query,
        )
        ranked.append((rank, metric))
    return _rules_last([metric for _, metric in sorted(ranked, key=lambda pair: pair[0])])


def _rules_last(sick: Sequence[Metric]) -> list[Metric]:
    """Conditions of alert rules go behind where another signal tells the same: alerts have a lane of their own."""
    told = {(m.signal.layer, m.signal.aspect) for m in sick if not m.signal.id.startswith(RULE_SIGNALS)}
    doubles = [m.signal.id.startswith(RULE_SIGNALS) and (m.signal.layer, m.signal.aspect) in told for m in sick]
    return [sick[i] for i in sorted(range(len(sick)), key=lambda i: doubles[i])]


def rows_by_layer(incident: Incident) -> tuple[dict[Layer, list[Metric]], int]:
    """The signals of an overview, by layer from the edge down, and how many sick signals had no room.

    Of a layer's sick signals those of different aspects come first: ten latencies tell less than latency, errors and
    saturation. A layer in which nothing went wrong shows one healthy signal: that it was looked at is told by it.
    """
    sick = sick_metrics(incident)
    chosen = _varied(sick)
    rows: dict[Layer, list[Metric]] = {layer: [m for m in chosen if m.signal.layer == layer] for layer in LAYERS}
    healthy = _healthy_metrics(incident, sick)
    room = ROWS - len(chosen)
    for layer in LAYERS:
        if not rows[layer] and room > 0:
            rows[layer] = [m for m in healthy if m.signal.layer == layer][: 1 if sick else 2]
            room -= len(rows[layer])
    extra = [m for m in healthy if _rules_out(incident, m) and all(m is not r for r in rows[m.signal.layer])]
    for metric in extra[: min(HEALTHY_EXTRA, max(room, 0))]:
        rows[metric.signal.layer].append(metric)
    return {layer: lane for layer, lane in rows.items() if lane}, len(sick) - len(chosen)


def _varied(sick: Sequence[Metric]) -> list[Metric]:
    """At most `SICK_ROWS` of the sick signals, `ROWS_A_LAYER` a layer, one of each aspect before a second one."""
    seen: dict[tuple[str, str], int] = {}
    turns = []
    for place, metric in enumerate(sick):
        kind = (metric.signal.layer, metric.signal.aspect)
        seen[kind] = seen.get(kind, 0) + 1
        turns.append((seen[kind] > 1, place))
    in_layer: dict[str, int] = {}
    kept: list[int] = []
    for _, place in sorted(turns):
        layer = sick[place].signal.layer
        if in_layer.get(layer, 0) < ROWS_A_LAYER and len(kept) < SICK_ROWS:
            in_layer[layer] = in_layer.get(layer, 0) + 1
            kept.append(place)
    return [sick[place] for place in sorted(kept)]


def charted(incident: Incident, *, most: int) -> list[Metric]:
    """The signals that get a chart of their own, at most `most`: of key entries, of the overview, then the next."""
    sick = sick_metrics(incident)
    ranked = [*_of_key_entries(incident), *_varied(sick), *sick]
    return list({id(metric): metric for metric in ranked}.values())[:most]


def _of_key_entries(incident: Incident) -> list[Metric]:
    """The metrics that the key entries tell of, the first of each: every line of the draft opens its chart."""
    by_id = {a.id: a for a in seen_anomalies(incident)}
    first = [m.anomaly for m in incident.users]
    for entry in incident.timeline:
        if entry.level == "key" and entry.rule in ("onset", "mechanism", "spread", "episode", "mechanism-ended"):
            first += entry.evidence[:1]
    told = [by_id[i] for i in dict.fromkeys(first) if i in by_id]
    found = ((m for m in incident.evidence.metrics if (m.query, m.signal.id) == (a.query, a.signal.id)) for a in told)
    return [metric for each in found for metric in each]


def _healthy_metrics(incident: Incident, sick: Sequence[Metric]) -> list[Metric]:
    """Metrics with data in the window and no anomaly, those that rule something out and that users meet first."""
    odd = {(a.query, a.signal.id) for a in seen_anomalies(incident)} | {(m.query, m.signal.id) for m in sick}
    window = incident.evidence.window
    healthy = [
        (seen, m)
        for m in incident.evidence.metrics
        if (m.query, m.signal.id) not in odd and (seen := _share_seen(m, start=window.start)) > 0.0
    ]

    def rank(pair: tuple[float, Metric]) -> tuple[bool, bool, bool, bool, str]:
        seen, metric = pair
        signal = metric.signal
        users = signal.aspect in USER_FACING
        return not _rules_out(incident, metric), seen < SEEN_WELL, not users, signal.inferred, signal.id

    return [metric for _, metric in sorted(healthy, key=rank)]


def _share_seen(metric: Metric, *, start: pd.Timestamp) -> float:
    """Share of the moments in the window at which any series has a sample, allowing for their spacing."""
    inside = metric.values.loc[start:].notna().any(axis=1)
    if inside.empty:
        return 0.0
    step_s = (metric.values.index[1] - metric.values.index[0]).total_seconds() if len(metric.values) > 1 else 1.0
    return min(float(inside.mean()) * max(metric.spacing_s / step_s, 1.0), 1.0)


def _rules_out(incident: Incident, metric: Metric) -> bool:
    return any(metric.query in r.evidence for r in incident.explanation.ruled_out)


def _user_facing(metric: Metric) -> bool:
    return metric.signal.layer in ("edge", "app") and metric.signal.aspect in USER_FACING


def anomalous_spans(incident: Incident, metric: Metric, *, columns: Sequence[int]) -> list[Span]:
    """When any of these columns was anomalous: merged stretches, to the window's end where one did not recover."""
    end = incident.evidence.window.end
    wanted = set(columns)
    mine = [a for a in anomalies_of(incident, metric) if a.column in wanted]
    return joined(Span(a.onset.time, end if a.recovery is None else a.recovery.time) for a in mine)


def healthy_until(incident: Incident, metric: Metric) -> pd.Timestamp:
    """Where a metric's healthy time ends: at the start of the window, or at the onset where nothing lies before it."""
    window = incident.evidence.window
    if window.baseline_start < window.start:
        return window.start
    return min((a.onset.earliest for a in anomalies_of(incident, metric)), default=window.end)


def named_changes(incident: Incident, *, most: int = NAMED_CHANGES) -> tuple[list[Event], list[Event]]:
    """Changes that took effect in the window: those named in a picture, those only marked; each in order of time.

    First what hints, mitigation and recovery cite, then what was dismissed, then what touched affected services, then
    what lies shortly before the onset.
    """
    told, window = incident.explanation, incident.evidence.window
    events = [
        e
        for e in incident.evidence.events
        if e.kind in CHANGE_KINDS and e.took_effect and e.time < window.end and (e.end or e.time) >= window.start
    ]
    cited = {h.trigger for h in told.hints} | {*told.mitigated_evidence, *told.recovered_evidence}
    dismissed_changes = {x.event for x in told.dismissed_changes}
    onset = told.onset.time if told.onset is not None else None

    def rank(event: Event) -> tuple[bool, bool, bool, bool, float]:
        lag_s = (onset - event.time).total_seconds() if onset is not None else 0.0
        return (
            event.id not in cited,
            event.id not in dismissed_changes,
            not any(event.service.may_be(s) for s in told.affected if s.name),
            not 0.0 <= lag_s <= NEAR.total_seconds(),
            abs(lag_s),
        )

    ranked = sorted(events, key=rank)
    by_time = {id(e): i for i, e in enumerate(sorted(events, key=lambda e: (e.time, e.id)))}
    named = sorted(ranked[:most], key=lambda e: by_time[id(e)])
    return named, sorted(ranked[most:], key=lambda e: by_time[id(e)])


def cited_changes(incident: Incident) -> set[str]:
    """Ids of the changes that set it off or undid it, as far as anything can say."""
    told = incident.explanation
    named = {h.trigger for h in told.hints if h.verdict in ("supported", "plausible") and h.trigger is not None}
    return named | set(told.mitigated_evidence)


def alert_rows(incident: Incident, *, most: int = ALERT_ROWS) -> tuple[list[AlertRow], int]:
    """Alerts by rule, in order of their first sign, and how many rules had no room.

    Events of kind `alert` count as alerts that fire from their time to their end. With more rules than room, those
    cited by a milestone and those that fired longest stay.
    """
    window = incident.evidence.window
    by_rule: dict[str, list[Alert]] = {}
    for alert in (*incident.evidence.alerts, *_alert_events(incident)):
        begin, end = alert.pending_at or alert.firing_at, alert.resolved_at
        if begin < window.end and (end is None or end > window.start):
            by_rule.setdefault(alert.rule, []).append(alert)
    cited = {i for m in incident.milestones.values() if m is not None for i in m.evidence}

    def firing_s(rule: str) -> float:
        return sum(((a.resolved_at or window.end) - a.firing_at).total_seconds() for a in by_rule[rule])

    ranked = sorted(by_rule, key=lambda r: (not any(a.id in cited for a in by_rule[r]), -firing_s(r), r))
    rows = [AlertRow(r, tuple(sorted(by_rule[r], key=lambda a: (a.firing_at, a.id)))) for r in ranked[:most]]
    rows.sort(key=lambda row: min(a.pending_at or a.firing_at for a in row.alerts))
    return rows, len(ranked) - len(rows)


def _alert_events(incident: Incident) -> list[Alert]:
    return [
        Alert(e.id, e.title or e.id, e.service, e.labels, "", None, e.time, e.end, resolution_s=e.resolution_s)
        for e in incident.evidence.events
        if e.kind == "alert"
    ]
