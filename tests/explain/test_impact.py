"""Impact first: verdict, episodes, milestones and how much users met."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconstruct.explain import explain
from reconstruct.model import Gap, Settings
from tests.explain.made import Line, Move, alert, at, event, made, told
from tests.explain.stories import FROM, TO, database, quiet, web


def latency(level: float, start: str = FROM, end: str | None = TO, **more: object) -> Line:
    line = Line(
        "http/latency-p95", "app", "latency", "seconds", "shop", 0.02, (Move(start, end, level),), min_effect=0.01
    )
    return replace(line, **more)  # type: ignore[arg-type]


def test_quiet_stays_quiet_whatever_the_machine_does() -> None:
    busy = database(host=0.99, cpu=0.3, pool=3.0, network=0.004)
    story = told([*quiet("shop"), *quiet(), *busy], events=[event("e1", "13:52", "deploy", "shop", version="2")])
    assert story.verdict == "no-incident"
    assert story.hints == ()
    assert story.onset is None
    assert story.reason.kind == "calm"


def test_an_alert_on_a_resource_alone_is_a_near_miss_without_impact() -> None:
    rule = Line("alert/HostCpuHigh", "host", "utilisation", "ratio", "", 0.5, (Move(FROM, TO, 0.99),))
    story = told([*quiet("shop"), *database(host=0.99), rule], alerts=[alert("HostCpuHigh", "", "13:58", TO)])
    assert story.verdict == "incident"
    assert story.impact == ()
    assert story.onset is not None
    assert story.onset_evidence == ("al-HostCpuHigh",)


@pytest.mark.parametrize(
    ("rule", "severity"), [("Watchdog", ""), ("DeadMansSwitch", "critical"), ("HostCpuHigh", "info"), ("X", "none")]
)
def test_an_alert_that_nobody_is_called_for_is_no_news(rule: str, severity: str) -> None:
    fired = replace(alert(rule, "", "13:58", TO), labels={"severity": severity} if severity else {})
    assert told([*quiet("shop"), *quiet()], alerts=[fired]).verdict == "no-incident"


def test_an_alert_that_fired_before_the_window_and_never_resolved_is_no_news() -> None:
    old = replace(alert("DiskFilling", "shop", "13:58", None), firing_at=at("09:00"), pending_at=at("08:59"))
    assert told([*quiet("shop"), *quiet()], alerts=[old]).verdict == "no-incident"


def test_one_clear_symptom_that_lasts_is_an_incident() -> None:
    assert told([latency(0.4), *quiet()]).verdict == "incident"


def test_one_faint_symptom_is_not() -> None:
    assert told([latency(0.04), *quiet()]).verdict == "no-incident"


def test_a_faint_symptom_that_woke_somebody_up_is_one() -> None:
    assert told([latency(0.04), *quiet()], alerts=[alert("LatencyHigh", "shop", "13:58", TO)]).verdict == "incident"


def test_an_alert_that_nothing_measured_bears_out_is_an_incident_without_impact_and_without_hints() -> None:
    story = told([*quiet("shop"), *quiet()], alerts=[alert("CheckoutBroken", "shop", "13:58", TO)])
    assert story.verdict == "incident"
    assert story.impact == ()
    assert story.hints == ()
    assert story.reason.facts["names"] == ("CheckoutBroken",)


def test_a_blip_is_not_felt() -> None:
    assert told([latency(4.0, end="13:55:45"), *quiet()]).verdict == "no-incident"


def test_a_reading_of_an_unknown_name_is_believed_less() -> None:
    known, guessed = latency(0.15), latency(0.15, inferred=True)
    assert told([known, *quiet()]).verdict == "incident"
    assert told([guessed, *quiet()]).verdict == "no-incident"


def test_without_any_user_facing_signal_it_is_undecided() -> None:
    story = told(database(host=0.99, cpu=0.9))
    assert story.verdict == "inconclusive"
    assert story.reason.kind == "nothing-measured"


def test_services_that_the_incident_is_not_about_are_left_out() -> None:
    from reconstruct.explain import explain
    from reconstruct.model import Settings
    from tests.explain.made import MECHANISMS, made

    evidence, anomalies = made([*web("shop"), *quiet()])
    about = Settings(services=("catalog",), mechanisms=MECHANISMS)
    assert explain(evidence, anomalies, settings=about).verdict == "no-incident"


def test_the_milestones_are_bounded_by_samples() -> None:
    story = told([*web(), *quiet()])
    assert story.onset is not None
    assert (story.onset.earliest, story.onset.latest) == (at("13:55:15"), at("13:55:30"))
    assert story.recovered is not None
    assert (story.recovered.earliest, story.recovered.latest) == (at("14:26:45"), at("14:27:00"))
    assert story.onset_evidence
    assert story.recovered_evidence


def test_an_incident_still_going_has_no_recovery() -> None:
    story = told([*web(end=None), *quiet()])
    assert story.recovered is None
    assert story.episodes[0].end is None


def test_data_that_end_are_no_recovery() -> None:
    lines = [replace(line, missing=(("14:05", "15:00"),)) for line in web(end=None)]
    assert told([*lines, *quiet()]).recovered is None


def test_symptoms_on_both_sides_of_a_gap_are_one_episode() -> None:
    blind = ("14:00", "14:12")
    both = (Move(FROM, "14:12", 3.5), Move("14:12", TO, 3.5))
    story = told([latency(3.5, moves=both, missing=(blind,)), *quiet()])
    assert len(story.episodes) == 1
    assert story.recovered is not None
    assert story.recovered.time == at("14:27:00")


def test_of_two_episodes_the_worst_has_the_milestones() -> None:
    twice = (Move("13:10", "13:16", 0.3), Move(FROM, TO, 3.5))
    errors = Line("http/error-share", "app", "errors", "ratio", "shop", 0.001, (Move(FROM, TO, 0.4),), min_effect=0.01)
    story = told([latency(3.5, moves=twice), errors, *quiet()])
    assert [e.id for e in story.episodes] == ["ep1", "ep2"]
    assert story.worst == "ep2"
    assert story.onset is not None
    assert story.onset.time == at(FROM)


def test_a_series_that_crept_before_it_broke_is_dated_to_the_break() -> None:
    creeping = Line(
        "http/latency-p95",
        "app",
        "latency",
        "seconds",
        "shop",
        0.02,
        (Move("13:40", FROM, 0.05), Move(FROM, TO, 4.0)),
        min_effect=0.01,
    )
    story = told([creeping, *quiet()], one_anomaly=("http/latency-p95",))
    assert story.onset is not None
    assert story.onset.time == at(FROM)


@pytest.mark.parametrize("unit", ["requests per second", "per second"])
def test_failed_requests_are_counted_where_share_and_traffic_are_known(unit: str) -> None:
    share = Line("http/error-share", "app", "errors", "ratio", "shop", 0.0, (Move(FROM, TO, 0.5),), min_effect=0.01)
    rate = Line("http/rate", "app", "traffic", unit, "shop", 40.0, worse="both")
    story = told([share, rate, *quiet()], steady=True)
    failed = next(i for i in story.impact if i.what == "failed requests")
    assert failed.value == pytest.approx(0.5 * 40 * (31.5 * 60), rel=0.02)
    assert failed.share == pytest.approx(0.5)
    assert set(failed.evidence) >= {"q1", "q2"}


def test_latency_is_told_with_what_it_was_before() -> None:
    slow = next(i for i in told([*web(), *quiet()]).impact if i.unit == "seconds")
    assert slow.what == "latency p95 (before: 20 ms)"
    assert slow.value == 3.5


def test_what_came_nearest_is_told_where_nothing_was_an_incident() -> None:
    story = told([latency(0.04), *quiet()])
    assert story.verdict == "no-incident"
    assert story.reason.facts["nearest"]
    assert not told(quiet()).reason.facts["nearest"]


def test_a_mean_over_the_last_requests_does_not_date_the_recovery() -> None:
    forgets = replace(latency(4.0, end="14:45"), id="edge/mean", layer="edge", tags=("running-mean",))
    sharp = told([latency(4.0), *quiet()]).recovered
    both = told([latency(4.0), forgets, *quiet()]).recovered
    alone = told([forgets, *quiet()]).recovered
    assert sharp is not None
    assert both == sharp
    assert alone is not None
    assert alone.time > sharp.time


def test_a_user_facing_signal_that_could_not_be_read_leaves_the_verdict_open() -> None:
    evidence, anomalies = made([*quiet("shop"), *quiet()])
    unread = Gap("g1", "prometheus", "http/error-share", "the query was refused", matters=True)
    story = explain(replace(evidence, gaps=(unread,)), anomalies, settings=Settings())
    assert story.verdict == "inconclusive"
    assert story.reason.facts["missing"] == "http/error-share"
    assert explain(
        replace(evidence, gaps=(replace(unread, matters=False),)), anomalies, settings=Settings()
    ).verdict == ("no-incident")


@pytest.mark.parametrize(("times", "verdict"), [(3.5, "no-incident"), (4.5, "incident")])
def test_without_an_alert_latency_of_four_times_what_it_was_is_an_incident(times: float, verdict: str) -> None:
    assert told([latency(0.02 * times), *quiet()]).verdict == verdict


def test_a_faint_symptom_with_an_alert_outweighs_a_clearer_one_without() -> None:
    line = latency(0.094, "13:40", "13:50")
    line = replace(line, moves=(*line.moves, Move("14:10", "14:20", 0.04)))
    calm = told([line, *quiet()])
    story = told([line, *quiet()], alerts=[alert("LatencyHigh", "shop", "14:12", "14:20")])
    assert calm.onset is not None
    assert story.onset is not None
    assert calm.onset.time < at("13:45") < at("14:05") < story.onset.time
