"""Candidate causes in one ledger: it adds up, it abstains, and the mitigation agrees with what began it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from reconstruct.explain.causes import Causes, causes, mitigation
from reconstruct.explain.locate import met_by_users
from reconstruct.model import Event, EventKind
from reconstruct.model.system import System
from tests.explain.made_system import OVER, at, case, changes_of, event, flow, level, reading, span, system
from tests.explain.test_candidates import AFFECTED, DATABASE, LINKS, Readings

LOCKED = system(
    served=AFFECTED, called=LINKS, readings={**DATABASE, ("orders-db", "lock_waits"): reading(level(0.0, 9.0))}
)
MIGRATION = event(158, "migration", "orders-db", named="e7", version="m2", previous="m1")


def told(found: System, *events: Event) -> Causes:
    changes = changes_of(*events)
    answer = causes(case(*events), found, span(), changes, met=met_by_users(found, span()), cured_by=None)
    assert answer is not None
    return answer


def test_the_change_of_the_located_thing_is_the_first_hint() -> None:
    first = told(LOCKED, MIGRATION, event(150, "deploy", "cart")).hints[0]
    assert (first.trigger, first.mechanism, first.service.name) == ("e7", "lock-contention", "orders-db")
    assert first.verdict == "supported"


def test_our_own_certificates_rule_nothing_out_of_a_provider_that_fails() -> None:
    failing = flow(level(100.0), failing=level(0.0, 0.3), mean_s=0.05)
    ours: Readings = {("www.example", "certificate_left"): reading(level(4e6), unit="seconds")}
    calm = {**AFFECTED, "edge": failing, "shop": failing}
    calls = {("edge", "shop"): failing, ("shop", "pay.example"): failing}
    provider = replace(
        system(served=calm, called=calls, readings=ours), kinds={"edge": "edge", "pay.example": "external"}
    )
    assert told(provider).hints[0].mechanism == "dependency-down"
    assert "certificate-expiry" not in {r.mechanism for r in told(provider).ruled_out}
    locked = replace(LOCKED, readings={**LOCKED.readings, **ours})
    assert "certificate-expiry" in {r.mechanism for r in told(locked).ruled_out}


def test_without_a_change_that_fits_none_is_named() -> None:
    answer = told(LOCKED, event(150, "deploy", "cart"))
    assert answer.hints[0].trigger is None
    assert answer.hints[0].mechanism == "lock-contention"
    assert {d.event for d in answer.dismissed_changes} == {"e1"}


def test_two_changes_that_fit_alike_are_not_decided() -> None:
    answer = told(LOCKED, MIGRATION, event(158, "migration", "orders-db", named="e8", version="m3", previous="m2"))
    assert answer.hints[0].verdict == "inconclusive"


def test_every_confidence_adds_up_from_the_ledger() -> None:
    answer = told(LOCKED, MIGRATION, event(150, "deploy", "shop"), event(100, "config", "orders-db", named="e2"))
    ledger = answer.ledger
    by_hand = math.exp(ledger.unobserved) + sum(
        math.exp(c.prior + sum(w for _, w in c.terms)) for c in ledger.candidates
    )
    assert ledger.normaliser == pytest.approx(by_hand, abs=1e-9)
    for hint in answer.hints:
        fits = [c for c in ledger.candidates if (c.trigger, c.mechanism) == (hint.trigger, hint.mechanism)]
        assert hint.confidence == pytest.approx(max(map(ledger.confidence, fits)), abs=1e-9)
    assert sum(map(ledger.confidence, ledger.candidates)) < 1


def test_reasons_of_a_hint_are_the_terms_of_its_candidate() -> None:
    answer = told(LOCKED, MIGRATION)
    first, line = answer.hints[0], answer.ledger.candidates[0]
    weights = sorted(r.weight for r in (*first.reasons_for, *first.reasons_against))
    assert sum(weights) + line.prior == pytest.approx(line.log_odds, abs=1e-9)
    assert all(
        r.says and r.kind
        for r in (*first.reasons_for, *first.reasons_against)
        if r.rule != "recovered-without-rollback"
    )


def test_a_mechanism_under_suspicion_is_not_ruled_out_and_a_quiet_resource_is() -> None:
    ruled = {r.mechanism for r in told(LOCKED, MIGRATION).ruled_out}
    assert "lock-contention" not in ruled
    assert "traffic-surge" in ruled


def test_the_mitigation_is_what_took_the_first_hints_change_back() -> None:
    undo = event(OVER - 4, "rollback", "orders-db", named="e9", version="1", previous="2")
    other = event(OVER - 2, "rollback", "cart", named="e10")
    deploy = event(158, "config", "orders-db", named="e7", version="2", previous="1")
    answer = told(LOCKED, deploy, undo, other)
    changes = changes_of(deploy, undo, other)
    assert answer.hints[0].trigger == "e7"
    assert mitigation(answer, changes, case(deploy, undo, other), other) == undo


def test_a_rollback_of_what_is_not_involved_ended_nothing() -> None:
    other = event(OVER - 2, "rollback", "cart", named="e10")
    answer = told(LOCKED, other)
    assert mitigation(answer, changes_of(other), case(other), other) is None


def test_a_system_without_figures_has_no_candidates() -> None:
    assert causes(case(), System(), span(), (), met=met_by_users(System(), span()), cured_by=None) is None


def test_a_change_that_only_time_and_place_speak_for_is_inconclusive() -> None:
    found = system(served=AFFECTED, called=LINKS)  # shop's own time grew, and no resource shows why
    deploy = event(158, "deploy", "shop", named="e7", version="2", previous="1")
    first = told(found, deploy).hints[0]
    assert (first.trigger, first.mechanism, first.verdict) == ("e7", "bad-change", "inconclusive")


def test_a_job_that_ends_by_itself_needs_nobody_to_mitigate_it() -> None:
    job = Event("e7", MIGRATION.time, "job", MIGRATION.service, "export", end=at(OVER), source="file")
    restart = event(OVER - 2, "restart", "orders-db", named="e10")
    answer = told(LOCKED, job, restart)
    assert answer.hints[0].trigger == "e7"
    assert mitigation(answer, changes_of(job, restart), case(job, restart), restart) is None


@pytest.mark.parametrize(("rows_before", "it"), [(6, True), (7, False)])
def test_without_a_change_that_began_it_only_a_step_within_a_minute_before_the_end_ended_it(
    rows_before: int, it: bool
) -> None:
    """A minute, and two samples of 15 s by which its time may be off."""
    restart = event(OVER - 1 - rows_before, "restart", "orders-db", named="e10")
    answer = told(LOCKED, restart)
    assert answer.hints[0].trigger is None
    assert (mitigation(answer, changes_of(restart), case(restart), restart) is not None) is it


def test_a_migration_minutes_before_the_sign_is_no_cause_for_its_kind_alone() -> None:
    """It holds its locks while it runs: what its kind speaks for it fades with the lag, and leaves it undecided."""
    answer = told(LOCKED, event(130, "migration", "orders-db"))
    assert [(h.trigger, h.verdict) for h in answer.hints if h.verdict in ("supported", "plausible")] == [
        (None, "plausible")
    ]


@pytest.mark.parametrize(
    ("kind", "row", "between", "verdict"),
    [
        ("migration", 148, (0.90, 0.95), "supported"),
        ("migration", 140, (0.70, 0.78), "supported"),
        ("config", 150, (0.50, 0.60), "plausible"),
    ],
)
def test_a_cause_is_supported_from_a_confidence_of_seven_in_ten(
    kind: EventKind, row: int, between: tuple[float, float], verdict: str
) -> None:
    first = told(LOCKED, event(row, kind, "orders-db")).hints[0]
    assert between[0] < first.confidence < between[1]
    assert first.verdict == verdict
