"""incident.json: the answer for machines, as the contract says, checked by `schema/incident-2.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from reconstruct.model import (
    ActionEffect,
    Alert,
    Anomaly,
    Entry,
    ErrorBudget,
    Event,
    Explanation,
    Fact,
    Hint,
    Incident,
    Ledger,
    Measured,
    Milestone,
    Moment,
    Phase,
    Quantity,
    Query,
    Reason,
    Reference,
    Service,
    Window,
)
from reconstruct.render.detection_json import detection
from reconstruct.render.scan_table import scan_dict
from reconstruct.text.entries import Words, entry_words
from reconstruct.text.escape import json_text
from reconstruct.text.follow_ups import follow_up_text
from reconstruct.text.narrative import dismissed
from reconstruct.text.times import clock_of, iso, iso_or_none
from reconstruct.text.units import six_digits

SCHEMA: Final = "reconstruct/incident/2"

Document = dict[str, Any]
"""What json.dumps takes."""


def to_json(incident: Incident) -> bytes:
    """The document as UTF-8, one key a line; the same evidence gives the same bytes, apart from `generator`."""
    text = json.dumps(incident_dict(incident), indent=2, ensure_ascii=False, allow_nan=False)
    return (json_text(text) + "\n").encode()


def incident_dict(incident: Incident) -> Document:
    """The document as plain dicts and lists: times RFC 3339 UTC, durations in seconds, figures to six digits.

    Beyond the contract: `text`, `affected`, `dismissed_changes`, `scans`, `notes`, `calls`; `title`, `worse`,
    `score`, `level`, `ongoing_at_start`, `threshold`, `query_id` and `why` of an anomaly; `rule` of an entry;
    `log_odds` of a reason; `namespace` and `cluster` beside a service where they are known.
    """
    evidence, explanation = incident.evidence, incident.explanation
    words = entry_words(incident, clock=clock_of(incident))
    return {
        "schema": SCHEMA,
        "generator": _generator(),
        "window": _window(evidence.window),
        "verdict": explanation.verdict,
        "text": explanation.says,
        "affected": [_service(service) for service in explanation.affected],
        "milestones": {
            name: _milestone(incident.milestones.get(name)) for name in ("onset", "detected", "mitigated", "recovered")
        },
        "impact": _impact(explanation),
        "episodes": [
            {"id": e.id, "start": iso(e.start), "end": iso_or_none(e.end), "anomalies": list(e.anomalies)}
            for e in explanation.episodes
        ],
        "durations": {
            name: {
                "value": six_digits(d.value_s),
                "low": six_digits(d.low_s),
                "high": six_digits(d.high_s),
                "formula": d.formula,
            }
            for name, d in incident.durations.items()
        },
        "users": [_measured(m) for m in incident.users],
        "phases": [_phase(phase) for phase in incident.phases],
        "actions": [_action(action) for action in incident.actions],
        "follow_ups": [
            {
                "kind": one.kind,
                "text": follow_up_text(one, incident, clock_of(incident)),
                "facts": {name: _fact(fact) for name, fact in sorted(one.facts.items())},
                "evidence": _ids(one.evidence),
            }
            for one in incident.follow_ups
        ],
        "error_budgets": [_error_budget(one) for one in incident.error_budgets],
        "timeline": [_entry(entry, words[entry.id]) for entry in incident.timeline],
        "anomalies": [_anomaly(anomaly) for anomaly in incident.anomalies],
        "events": [_event(event) for event in evidence.events],
        "alerts": [_alert(alert) for alert in evidence.alerts],
        "hints": [_hint(hint) for hint in explanation.hints],
        "confidence_ledger": _ledger(explanation.ledger),
        "ruled_out": [
            {"mechanism": r.mechanism, **_service(r.service), "text": r.says, "evidence": _ids(r.evidence)}
            for r in explanation.ruled_out
        ],
        "not_checked": [{"mechanism": n.mechanism, "reason": n.reason} for n in explanation.not_checked],
        "dismissed_changes": [
            {"event": g.event, "rule": g.rule, "text": g.says, "evidence": _ids(g.evidence)}
            for g in dismissed(incident)
        ],
        "gaps": [
            {
                "id": g.id,
                "source": g.source,
                "missing": g.missing,
                "cause": g.cause,
                "matters": g.matters,
                "start": iso_or_none(g.start),
                "end": iso_or_none(g.end),
            }
            for g in evidence.gaps
        ],
        **detection(incident),
        "scans": [scan_dict(result) for result in evidence.scans],
        "notes": list(evidence.notes),
        "calls": [list(pair) for pair in evidence.calls],
        "queries": [_query(query) for query in evidence.queries],
    }


def unresolved_ids(document: Mapping[str, Any]) -> list[str]:
    """Ids that the document cites and does not hold; empty for every document that keeps the contract.

    >>> unresolved_ids({"anomalies": [{"id": "a1"}], "timeline": [{"id": "t1", "evidence": ["a1", "e9"]}]})
    ['e9']
    >>> unresolved_ids({"events": [{"id": "e1", "labels": {"event": "e9"}}]})
    []
    """
    held = {str(part["id"]) for part in _objects(document) if isinstance(part.get("id"), str)}
    return sorted({cited for part in _objects(document) for cited in _cited(part)} - held)


def _objects(node: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, Mapping):
        yield node
        for key, value in node.items():
            if key not in ("labels", "families", "top"):  # theirs: a label may be called "event", a metric "m1"
                yield from _objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from _objects(value)


def _cited(part: Mapping[str, Any]) -> Iterator[str]:
    for key in ("evidence", "anomalies"):
        yield from (cited for cited in part.get(key) or () if isinstance(cited, str))
    for key in ("trigger", "metric", "event", "anomaly", "query_id"):
        if isinstance(part.get(key), str) and part[key]:
            yield part[key]


def _generator() -> Document:
    from reconstruct import __version__  # late: the package's front imports the renderers

    return {"name": "reconstruct", "version": __version__}


def _window(window: Window) -> Document:
    return {
        "start": iso(window.start),
        "end": iso(window.end),
        "baseline_start": iso(window.baseline_start),
        "step_s": window.step_s,
    }


def _service(service: Service) -> Document:
    named: Document = {"service": service.name}
    if service.namespace:
        named["namespace"] = service.namespace
    if service.cluster:
        named["cluster"] = service.cluster
    return named


def _labels(labels: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(labels.items()))


def _ids(ids: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(ids))


def _moment(moment: Moment) -> Document:
    return {"time": iso(moment.time), "earliest": iso(moment.earliest), "latest": iso(moment.latest)}


def _milestone(milestone: Milestone | None) -> Document | None:
    return None if milestone is None else {**_moment(milestone.moment), "evidence": _ids(milestone.evidence)}


def _impact(explanation: Explanation) -> list[Document]:
    return [
        {
            **_service(i.service),
            "what": i.what,
            "value": six_digits(i.value),
            "unit": i.unit,
            "share": None if i.share is None else six_digits(i.share),
            "route": i.route,
            "inner": i.inner,
            "start": iso(i.start),
            "end": iso(i.end),
            "evidence": _ids(i.evidence),
        }
        for i in explanation.impact
    ]


def _error_budget(one: ErrorBudget) -> Document:
    return {
        **_service(one.service),
        "name": one.objective.name,
        "target": six_digits(one.objective.target),
        "period_s": six_digits(one.objective.period_s),
        "source": one.source,
        "error_ratio": six_digits(one.error_ratio),
        "spent": six_digits(one.spent),
        "formula": "error_ratio x (end - start) / (period x (1 - target))",
        "start": iso(one.start),
        "end": iso(one.end),
        "evidence": _ids(one.evidence),
    }


def _entry(entry: Entry, words: Words) -> Document:
    return {
        "id": entry.id,
        **_moment(entry.moment),
        "end": iso_or_none(entry.end),
        "level": entry.level,
        "kind": entry.kind,
        "rule": entry.rule,
        **_service(entry.service),
        "title": words.title,
        "detail": words.detail,
        "facts": {name: _fact(fact) for name, fact in sorted(entry.facts.items())},
        "evidence": _ids(entry.evidence),
    }


def _fact(fact: Fact) -> object:
    """A fact in JSON: quantities with their unit, references as ids, times RFC 3339, lengths in seconds."""
    match fact:
        case Quantity():
            return {"value": six_digits(fact.value), "unit": fact.unit}
        case Reference():
            return fact.id
        case Service():
            return _service(fact)
        case pd.Timestamp():
            return iso(fact)
        case pd.Timedelta():
            return six_digits(fact.total_seconds())
        case bool() | str():
            return fact
        case tuple():
            return [_fact(one) for one in fact]
    return six_digits(fact)


def _phase(phase: Phase) -> Document:
    return {
        "kind": phase.kind,
        **_service(phase.service),
        "start": _moment(phase.start),
        "end": iso(phase.end),
        "improved": phase.improved,
        "measured": [_measured(m) for m in phase.measured],
    }


def _measured(measured: Measured) -> Document:
    return {
        "anomaly": measured.anomaly,
        "mean": _fact(measured.mean),
        "median": _fact(measured.median),
        "peak": _fact(measured.peak),
        "peak_time": iso(measured.peak_time),
    }


def _action(action: ActionEffect) -> Document:
    return {
        "event": action.event,
        "effect": action.effect,
        "measured": [
            {"anomaly": one, "before": _fact(before), "after": _fact(after)} for one, before, after in action.measured
        ],
    }


def _anomaly(anomaly: Anomaly) -> Document:
    signal = anomaly.signal
    return {
        "id": anomaly.id,
        "signal": signal.id,
        "title": signal.title,
        "query": signal.promql,
        "query_id": anomaly.query,
        "labels": _labels(anomaly.labels),
        **_service(anomaly.service),
        "layer": signal.layer,
        "aspect": signal.aspect,
        "unit": signal.unit,
        "direction": anomaly.direction,
        "worse": anomaly.worse,
        "shape": anomaly.shape,
        "onset": _moment(anomaly.onset),
        "recovery": None if anomaly.recovery is None else _moment(anomaly.recovery),
        "ongoing_at_start": anomaly.ongoing_at_start,
        "baseline": six_digits(anomaly.baseline),
        "level": six_digits(anomaly.level),
        "peak": six_digits(anomaly.peak),
        "peak_time": iso(anomaly.peak_time),
        "robust_z": six_digits(anomaly.robust_z),
        "score": six_digits(anomaly.score),
        "threshold": None if signal.threshold is None else six_digits(signal.threshold),
        "why": {name: six_digits(value) for name, value in sorted(anomaly.why.items())},
    }


def _event(event: Event) -> Document:
    return {
        "id": event.id,
        "time": iso(event.time),
        "end": iso_or_none(event.end),
        "resolution_s": six_digits(event.resolution_s),
        "kind": event.kind,
        **_service(event.service),
        "title": event.title,
        "version": event.version or None,
        "previous": event.previous or None,
        "url": event.url or None,
        "source": event.source,
        "source_id": event.source_id or None,
        "labels": _labels(event.labels),
        **_how_far(event),
    }


def _how_far(event: Event) -> Document:
    """Only what is not as expected: an event without these was done, and nobody told where."""
    told = {"state": event.state if event.state != "done" else None, "environment": event.environment or None}
    return {
        **{name: value for name, value in told.items() if value},
        **({"production": event.production} if event.production is not None else {}),
        **({} if event.took_effect else {"took_effect": False}),
    }


def _alert(alert: Alert) -> Document:
    return {
        "id": alert.id,
        "rule": alert.rule,
        **_service(alert.service),
        "labels": _labels(alert.labels),
        "condition": alert.condition,
        "pending_at": iso_or_none(alert.pending_at),
        "firing_at": iso(alert.firing_at),
        "resolved_at": iso_or_none(alert.resolved_at),
        "ended_in_gap": alert.ended_in_gap,
        "resolution_s": six_digits(alert.resolution_s),
        "query_id": alert.query or None,
    }


def _hint(hint: Hint) -> Document:
    return {
        "rank": hint.rank,
        "trigger": hint.trigger,
        "mechanism": hint.mechanism,
        **_service(hint.service),
        "metric": hint.metric,
        "confidence": six_digits(hint.confidence),
        "verdict": hint.verdict,
        "statement": hint.statement,
        "for": _reasons(hint.reasons_for),
        "against": _reasons(hint.reasons_against),
    }


def _ledger(ledger: Ledger) -> Document:
    """Every candidate cause with its terms, in full precision: they add up to within 1e-9."""
    return {
        "candidates": [
            {
                "trigger": one.trigger,
                "mechanism": one.mechanism,
                **_service(one.service),
                "prior": one.prior,
                "terms": [{"rule": rule, "log_odds": weight} for rule, weight in one.terms],
                "log_odds": one.log_odds,
            }
            for one in ledger.candidates
        ],
        "unobserved": ledger.unobserved,
        "normaliser": ledger.normaliser,
    }


def _reasons(reasons: Sequence[Reason]) -> list[Document]:
    return [
        {"rule": r.rule, "text": r.says, "evidence": _ids(r.evidence), "log_odds": six_digits(r.weight)}
        for r in reasons
    ]


def _query(query: Query) -> Document:
    return {
        "id": query.id,
        "signal": query.signal,
        "query": query.query,
        "start": iso(query.start),
        "end": iso(query.end),
        "step_s": six_digits(query.step_s),
        "series": query.series,
    }
