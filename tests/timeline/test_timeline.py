"""The timeline on hand-made evidence: milestones, durations, and that every line cites what shows it."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from reconstruct.model import (
    Alert,
    Anomaly,
    DismissedChange,
    Episode,
    Event,
    EventKind,
    Evidence,
    Explanation,
    Gap,
    Hint,
    HintVerdict,
    Incident,
    Moment,
    Reason,
    Service,
    Signal,
    Window,
)
from reconstruct.text.entries import Words, entry_words
from reconstruct.text.times import Clock
from reconstruct.timeline import compose

SHOP, DB = Service("shop"), Service("postgres")


def at(clock: str) -> pd.Timestamp:
    return pd.Timestamp(f"2026-11-17T{clock}Z")


def moment(clock: str, *, slack_s: float = 15) -> Moment:
    return Moment(at(clock), at(clock) - pd.Timedelta(seconds=slack_s), at(clock))


LATENCY = Signal("http/p95", "Request p95", "p95", "seconds", "app", "latency")
CPU = Signal("db/cpu", "Database CPU", "cpu", "ratio", "database", "utilisation")


def anomaly(name: str, signal: Signal, service: Service, onset: str, recovery: str | None) -> Anomaly:
    return Anomaly(
        id=name,
        signal=signal,
        query="q1",
        labels={"instance": f"{service.name}-1"},
        service=service,
        direction="up",
        shape="level",
        onset=moment(onset),
        recovery=moment(recovery) if recovery else None,
        baseline=0.02,
        peak=0.62,
        peak_time=at("14:30:00"),
        robust_z=40.0,
    )


def story(*, alerts: tuple[Alert, ...] | None = None, recovered: bool = True, hints: tuple[Hint, ...] = ()) -> Incident:
    window = Window(at("13:45:00"), at("16:00:00"), pd.Timedelta("15s"), at("12:45:00"))
    events = (
        Event("e1", at("13:55:30"), "deploy", SHOP, "shop 2.20.0", version="2.20.0", previous="2.14.1"),
        Event("e2", at("13:05:00"), "job", Service("cron"), "sales report"),
        Event("e3", at("15:20:00"), "rollback", SHOP, "Rollback shop", version="2.14.1"),
    )
    if alerts is None:
        alerts = (Alert("al1", "Slow", DB, {}, "x > 0.1", at("13:56:45"), at("14:00:00"), at("15:28:00")),)
    found = (anomaly("a1", LATENCY, SHOP, "13:56:15", "15:27:15"), anomaly("a2", CPU, DB, "13:56:00", "15:27:00"))
    explanation = Explanation(
        verdict="incident",
        says="users met it",
        episodes=(Episode("ep1", at("13:56:00"), at("15:27:15"), ("a1", "a2")),),
        worst="ep1",
        onset=moment("13:56:15"),
        onset_evidence=("a1",),
        mitigated=moment("15:20:00", slack_s=0),
        mitigated_evidence=("e3",),
        recovered=moment("15:27:15") if recovered else None,
        recovered_evidence=("a1",) if recovered else (),
        affected=(SHOP, DB),
        hints=hints,
        dismissed_changes=(DismissedChange("e2", "temporal-order", "51 minutes before the onset", ("e2",)),),
    )
    gaps = (Gap("g1", "prometheus", "job shop", "scrape failed", at("14:10:00"), at("14:11:00")),)
    return compose(Evidence(window=window, events=events, alerts=alerts, gaps=gaps), found, explanation)


def words(incident: Incident) -> dict[str, Words]:
    """The words of each entry, by id."""
    return dict(entry_words(incident, clock=Clock()))


def test_every_line_cites_something_that_exists() -> None:
    incident = story()
    known = {"a1", "a2", "e1", "e2", "e3", "al1", "g1"}
    assert all(entry.evidence and set(entry.evidence) <= known for entry in incident.timeline)
    assert [e.id for e in incident.timeline] == [f"t{n}" for n in range(1, len(incident.timeline) + 1)]


def test_lines_stand_in_order_of_time_and_tell_the_whole_story() -> None:
    lines = story().timeline
    assert [e.moment.time for e in lines] == sorted(e.moment.time for e in lines)
    kinds = {(e.kind, next(iter(e.evidence))) for e in lines}
    assert {("change", "e1"), ("mitigation", "e3"), ("note", "e2"), ("onset", "a1"), ("spread", "a2")} <= kinds
    assert {("threshold", "al1"), ("alert", "al1"), ("peak", "a1"), ("recovery", "a1"), ("gap", "g1")} <= kinds


def test_detection_is_the_first_alert_of_the_incident_not_one_from_before() -> None:
    old = Alert("al0", "Noise", DB, {}, "", at("13:46:00"), at("13:47:00"), at("13:50:00"))
    real = Alert("al1", "Slow", DB, {}, "", at("13:56:45"), at("14:00:00"), None, resolution_s=15)
    detected = story(alerts=(old, real)).milestones["detected"]
    assert detected is not None
    assert detected.evidence == ("al1",)
    assert detected.moment.earliest == at("13:59:45")


@pytest.mark.parametrize(
    ("fired", "service", "verdict", "detected"),
    [
        ("13:55:50", SHOP, "supported", "al0"),
        ("13:55:10", SHOP, "supported", "al1"),
        ("13:55:50", Service("catalog"), "supported", "al1"),
        ("13:55:50", SHOP, "inconclusive", "al1"),
    ],
    ids=["warned", "before-the-change", "of-another-service", "nobody-is-suspected"],
)
def test_a_warning_between_the_change_and_the_onset_is_the_detection(
    fired: str, service: Service, verdict: HintVerdict, detected: str
) -> None:
    warning = Alert("al0", "MemoryHigh", service, {}, "", None, at(fired), at("13:55:55"))
    real = Alert("al1", "Slow", DB, {}, "", at("13:56:45"), at("14:00:00"), None)
    blamed = Hint(1, "e1", "memory-exhaustion", SHOP, "a1", 0.8, verdict, "memory ran out")
    stone = story(alerts=(warning, real), hints=(blamed,)).milestones["detected"]
    assert stone is not None
    assert stone.evidence == (detected,)


def test_durations_carry_the_widest_and_narrowest_reading() -> None:
    spent = story().durations["time_to_recover_s"]
    assert (spent.value_s, spent.low_s, spent.high_s, spent.formula) == (5460, 5445, 5475, "recovered - onset")


def test_an_ongoing_incident_claims_no_recovery() -> None:
    incident = story(recovered=False)
    assert incident.milestones["recovered"] is None
    assert "time_to_recover_s" not in incident.durations


def test_an_alert_that_ended_with_its_data_is_not_called_resolved() -> None:
    lost = Alert("al1", "Down", DB, {}, "", None, at("14:00:00"), at("14:20:00"), ended_in_gap=True)
    told = story(alerts=(lost,))
    titles = [words(told)[e.id].title for e in told.timeline if e.rule == "alert-resolved"]
    assert titles == ["Down ended with its data: not a recovery"]


@pytest.mark.parametrize(("times", "lines"), [(2, 1), (4, 3), (5, 1), (12, 1)])
def test_a_flapping_alert_is_named_once_and_its_further_firings_are_counted(times: int, lines: int) -> None:
    one = Alert("al1", "Flap", DB, {}, "", None, at("14:00:00"), at("14:00:30"))
    later = [pd.Timedelta(minutes=n) for n in range(times)]
    flaps = tuple(
        replace(one, id=f"al{n}", firing_at=one.firing_at + d, resolved_at=at("14:00:30") + d)
        for n, d in enumerate(later, 1)
    )
    told = story(alerts=flaps)
    fired = [e for e in told.timeline if e.rule == "alert-fired"]
    assert [e.level for e in fired] == ["key", *["detail"] * lines]
    assert times < 5 or f"fired {times} times" in words(told)[fired[1].id].detail
    assert {i for e in fired for i in e.evidence} == {a.id for a in flaps}


@pytest.mark.parametrize(("count", "lines"), [(3, 3), (4, 1)])
def test_what_fails_again_and_again_is_one_line_that_counts(count: int, lines: int) -> None:
    gaps = tuple(
        Gap(f"g{n}", "prometheus", "job shop, instance shop-1", "scrape failed", at(f"14:1{n}:00"), at(f"14:1{n}:15"))
        for n in range(count)
    )
    told = story()
    again = compose(replace(told.evidence, gaps=gaps), told.anomalies, told.explanation)
    found = [e for e in again.timeline if e.kind == "gap"]
    assert len(found) == lines
    assert {i for e in found for i in e.evidence} == {g.id for g in gaps}
    assert (f"scrape failed {count} times until 14:1{count - 1}:15" in words(again)[found[0].id].detail) == (lines == 1)


def key(incident: Incident) -> list[str]:
    """Titles of the key entries, in order."""
    told = words(incident)
    return [told[e.id].title for e in incident.timeline if e.level == "key"]


def test_key_entries_are_chosen_by_role_and_tell_the_trigger_onset_layer_alert_mitigation_and_recovery() -> None:
    hint = Hint(1, "e1", "cpu-contention", DB, "a2", 0.8, "supported", "", reasons_for=(Reason("r", "", ("a2",)),))
    assert key(story(hints=(hint,))) == [
        "shop 2.20.0",
        "postgres (database): database CPU rose",
        "First symptom: request p95 of shop rose",
        "Slow fired (pending for 3 min 15 s)",
        "Rollback shop",
        "Recovered: shop back to normal",
    ]


def test_without_a_hint_that_names_it_a_change_before_the_onset_is_a_detail() -> None:
    assert "shop 2.20.0" not in key(story())


def test_a_rule_is_named_once_and_alerts_that_are_not_about_users_are_one_group() -> None:
    alerts = tuple(
        Alert(f"al{n}", rule, DB, {}, "", None, at(time), None, resolution_s=15)
        for n, (rule, time) in enumerate(
            (("A", "13:58:00"), ("B", "13:59:00"), ("C", "14:00:00"), ("B", "14:01:00"), ("D", "14:04:00")), 1
        )
    )
    told = story(alerts=alerts, recovered=False)
    fired = [words(told)[e.id].title for e in told.timeline if e.rule == "alert-fired" and e.level == "key"]
    assert fired == ["A fired", "B, C and D fired 13:59:00 to 14:04:00"]


def test_an_alert_that_fires_before_the_window_and_through_it_is_never_told() -> None:
    watchdog = Alert("al9", "Watchdog", DB, {}, "vector(1)", None, at("12:50:00"), None)
    told = story(alerts=(watchdog,))
    assert not [e for e in told.timeline if "al9" in e.evidence]


def test_alerts_that_notify_nobody_are_details_where_another_fired() -> None:
    page = Alert("al1", "Slow", DB, {"severity": "page"}, "", None, at("14:00:00"), None)
    info = Alert("al2", "Throttled", DB, {"severity": "info"}, "", None, at("14:00:30"), None)
    assert [t for t in key(story(alerts=(page, info))) if t.endswith("fired")] == ["Slow fired"]
    assert [t for t in key(story(alerts=(info,))) if t.endswith("fired")] == ["Throttled fired"]


def test_a_recovery_before_the_mitigation_leaves_the_mitigation_out() -> None:
    told = story()
    late = replace(told.explanation, mitigated=moment("15:40:00", slack_s=0))
    again = compose(told.evidence, told.anomalies, late)
    assert again.milestones["mitigated"] is None
    assert again.milestones["recovered"] is not None
    (recovery,) = [e for e in again.timeline if e.rule == "recovered"]
    assert recovery.facts["known_action"] is False
    assert words(again)[recovery.id].detail == "no action that mitigated it is known"


def test_a_recovery_whose_interval_holds_the_mitigation_is_not_before_it() -> None:
    told = story()
    within = replace(
        told.explanation,
        mitigated=moment("15:27:10", slack_s=0),
        recovered=Moment(at("15:27:00"), at("15:26:45"), at("15:27:15")),
    )
    stones = compose(told.evidence, told.anomalies, within).milestones
    assert stones["mitigated"] is not None
    assert stones["recovered"] is not None
    assert stones["recovered"].moment.time == at("15:27:10")


@pytest.mark.parametrize(("kind", "level"), [("note", "key"), ("job", "detail"), ("flag", "key")])
def test_what_people_did_while_it_lasted_is_key_and_jobs_are_not(kind: EventKind, level: str) -> None:
    told = story()
    event = Event("e7", at("14:20:00"), kind, SHOP if kind != "job" else Service("cron"), "something")
    again = compose(replace(told.evidence, events=(*told.evidence.events, event)), told.anomalies, told.explanation)
    assert [e.level for e in again.timeline if e.evidence == ("e7",)] == [level]


def test_a_rollout_takes_the_restarts_it_caused_into_its_own_line() -> None:
    told = story()
    restart = Event("e9", at("15:21:00"), "restart", SHOP, "shop-1 restarted", source="prometheus")
    events = (*told.evidence.events, restart)
    again = compose(replace(told.evidence, events=events), told.anomalies, told.explanation)
    (rollback,) = [e for e in again.timeline if "e3" in e.evidence]
    assert "e9" in rollback.evidence
    assert rollback.end == at("15:21:00")
    assert [e for e in again.timeline if "e9" in e.evidence] == [rollback]


def test_of_forty_changes_the_candidate_cause_and_the_mitigation_stay_key() -> None:
    told = story()
    flags = tuple(Event(f"f{n}", at(f"14:{n:02d}:00"), "flag", SHOP, f"flag {n} on") for n in range(1, 41))
    hint = Hint(1, "f1", "bad-change", SHOP, "a1", 0.8, "plausible", "")
    explanation = replace(told.explanation, hints=(hint,))
    again = compose(replace(told.evidence, events=(*told.evidence.events, *flags)), told.anomalies, explanation)
    key_entries = [e for e in again.timeline if e.level == "key"]
    assert len(key_entries) <= 15
    assert {"f1", "e3"} <= {i for e in key_entries for i in e.evidence}


def test_a_change_that_did_not_take_effect_is_a_note_that_says_so() -> None:
    incident = story()
    failed = Event("e8", at("14:05:00"), "deploy", SHOP, "upgrade of shop", version="2.21.0", state="failed")
    preview = replace(failed, id="e9", title="preview of shop", state="done", environment="pr-131", production=False)
    evidence = replace(incident.evidence, events=(*incident.evidence.events, failed, preview))
    told = compose(evidence, incident.anomalies, incident.explanation)
    own = [e for e in told.timeline if e.evidence in (("e8",), ("e9",))]
    assert {words(told)[e.id].title: (e.kind, words(told)[e.id].detail) for e in own} == {
        "upgrade of shop": ("note", "deploy 2.21.0; failed"),
        "preview of shop": ("note", "deploy 2.21.0; in pr-131, not production"),
    }


def alerted() -> Incident:
    """An incident that only an alert shows: it was pending, fired and resolved."""
    told = story()
    alert = replace(told.evidence.alerts[0], pending_at=at("13:56:15"))
    explanation = replace(
        told.explanation, onset_evidence=("al1",), recovered_evidence=("al1",), episodes=(), worst=None, affected=()
    )
    return compose(replace(told.evidence, alerts=(alert,)), (), explanation)


def test_what_only_an_alert_shows_is_told_by_its_name_and_its_own_pending_time_is_no_late_detection() -> None:
    incident = alerted()
    titles = key(incident)
    assert "First sign: Slow pending" in titles
    assert "Recovered: Slow resolved" in titles
    assert not [f for f in incident.follow_ups if f.kind == "detection"]


def test_a_short_gap_of_one_target_does_not_lead_a_quiet_draft_and_a_long_one_does() -> None:
    told = story()
    quiet = Explanation(verdict="no-incident")
    gaps = tuple(
        replace(told.evidence.gaps[0], id=f"g{n}", matters=False, end=told.evidence.gaps[0].start + d)
        for n, d in enumerate((pd.Timedelta("15s"), pd.Timedelta("2min")), 1)
        if told.evidence.gaps[0].start is not None
    )
    again = compose(replace(told.evidence, gaps=gaps), (), quiet)
    assert [g.matters for g in again.evidence.gaps] == [False, True]


@pytest.mark.parametrize(("minutes", "level"), [(1, "detail"), (4, "detail"), (5, "key"), (45, "key")])
def test_another_episode_with_little_of_the_worst_ones_harm_is_a_detail(minutes: int, level: str) -> None:
    told = story()
    small = replace(anomaly("a9", LATENCY, SHOP, "15:40:00", None), recovery=moment("15:50:00"), score=1.0)
    end = at("15:40:00") + pd.Timedelta(minutes=minutes)
    episodes = (*told.explanation.episodes, Episode("ep2", at("15:40:00"), end, ("a9",)))
    again = compose(told.evidence, (*told.anomalies, small), replace(told.explanation, episodes=episodes))
    assert [e.level for e in again.timeline if e.rule == "episode"] == [level]


def test_what_users_recovered_after_is_never_told_to_have_had_no_effect() -> None:
    told = story()
    (mitigation,) = [e for e in told.timeline if e.kind == "mitigation"]
    assert "no effect" not in words(told)[mitigation.id].detail
