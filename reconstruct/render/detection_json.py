"""The part of incident.json about alerts: their review, the proposed one, and earlier occurrences."""

from __future__ import annotations

from typing import Any

from reconstruct.model import AlertReview, Incident, NoProposal, ProposedAlert, Recurrence
from reconstruct.text.alerting import no_proposal_text, proposal_text, recurrence_text, review_text
from reconstruct.text.times import Clock, iso, iso_or_none
from reconstruct.text.units import six_digits

Document = dict[str, Any]


def detection(incident: Incident) -> Document:
    """`alert_review`, `proposed_alerts`, `no_proposal` and `recurrences`."""
    clock = Clock(dates=True)
    rules = {alert.id: alert.rule for alert in incident.evidence.alerts}
    return {
        "alert_review": [_review(one, clock) for one in incident.alert_review],
        "proposed_alerts": [
            _proposed(one, clock, rules.get(one.first_alert or "", "")) for one in incident.proposed_alerts
        ],
        "no_proposal": None if incident.no_proposal is None else _no_proposal(incident.no_proposal, clock),
        "recurrences": [_recurrence(one, clock) for one in incident.recurrences],
    }


def _review(one: AlertReview, clock: Clock) -> Document:
    return {
        "rule": one.rule,
        "service": one.service.name,
        "fired": list(one.fired),
        "after_onset_s": None if one.after_onset_s is None else six_digits(one.after_onset_s),
        "verdict": one.verdict,
        "reason": one.reason,
        "text": review_text(one, clock=clock),
        "evidence": list(dict.fromkeys((*one.fired, *one.evidence))),
    }


def _proposed(one: ProposedAlert, clock: Clock, first_alert: str) -> Document:
    return {
        "name": one.name,
        "expr": one.expr,
        "for_s": six_digits(one.for_s),
        "service": one.service.name,
        "signal": one.signal,
        "threshold": six_digits(one.threshold),
        "unit": one.unit,
        "interval_s": six_digits(one.interval_s),
        "would_fire_at": iso(one.would_fire_at),
        "earlier_s": None if one.earlier_s is None else six_digits(one.earlier_s),
        "false_firings": one.false_firings,
        "backtest_days": six_digits(one.backtest_days),
        "text": proposal_text(one, clock=clock, first_alert=first_alert),
        "evidence": [one.query, *([one.first_alert] if one.first_alert else [])],
    }


def _no_proposal(why: NoProposal, clock: Clock) -> Document:
    return {"reason": why.reason, "text": no_proposal_text(why, clock=clock)}


def _recurrence(one: Recurrence, clock: Clock) -> Document:
    return {
        "start": iso(one.start),
        "end": iso_or_none(one.end),
        "resolution_s": six_digits(one.resolution_s),
        "alerts": list(one.alerts),
        "source": one.source,
        "same_mechanism": one.same_mechanism,
        "services": list(one.services),
        "signals": list(one.signals),
        "mitigation": one.mitigation or None,
        "text": recurrence_text(one, clock=clock),
        "evidence": [one.change] if one.change else [],
    }
