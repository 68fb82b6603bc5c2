"""What users met, judged at the outermost hop: harm, its times, its figures; and what is no harm to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from reconstruct.model import Alert, Incident, Metric, Service, Settings, Signal
from reconstruct.pipeline import draft
from tests.meaning.made import START, STEP, Labels, N, Values, counter, evidence, gauge, later

EDGE = {"job": "haproxy", "instance": "edge-1:8405", "proxy": "public"}
SHOP = {"job": "shop", "instance": "10.0.0.2:80"}
NOISE = np.random.default_rng(7).normal(1.0, 0.02, N)
Series = list[tuple[str, Labels, Values]]


def between(usual: float, worse: float, first: int = 80, last: int = 100) -> Values:
    """One value, another in the samples [first, last)."""
    rows = np.arange(N)
    return np.where((rows >= first) & (rows < last), worse, usual) * NOISE


def edge(failed: float | Values = 0.0, rate: float | Values = 50.0) -> Series:
    """A proxy with requests and those of them that fail, per second."""
    served = np.broadcast_to(np.asarray(rate, dtype=float), (N,)) * NOISE
    broken = np.broadcast_to(np.asarray(failed, dtype=float), (N,))
    return [
        ("haproxy_frontend_http_responses_total", {**EDGE, "code": "2xx"}, counter(served - broken)),
        ("haproxy_frontend_http_responses_total", {**EDGE, "code": "5xx"}, counter(broken)),
    ]


def service(mean_s: float | Values, *, labels: Labels = SHOP, rate: float = 50.0) -> Series:
    """A service with requests that take so long."""
    return [
        ("http_request_duration_seconds_sum", {**labels, "path": "/a"}, counter(rate * np.asarray(mean_s) * NOISE)),
        ("http_request_duration_seconds_count", {**labels, "path": "/a"}, counter(rate * NOISE)),
        ("http_requests_total", {**labels, "code": "200"}, counter(rate * NOISE)),
    ]


def told(series: Series, **more: object) -> Incident:
    return draft(evidence(series, **more), settings=Settings())  # type: ignore[arg-type]


def time(row: int) -> pd.Timestamp:
    return START + row * STEP


def test_failed_requests_are_counted_over_the_very_set_that_the_share_is_of() -> None:
    incident = told([*edge(between(0.0, 10.0)), *service(0.05)])
    explanation = incident.explanation
    assert explanation.verdict == "incident"
    (impact,) = [i for i in explanation.impact if i.what == "failed requests"]
    assert impact.service == Service("edge")
    assert impact.share == pytest.approx(0.2, abs=0.02)
    assert impact.value == pytest.approx(20 * 15 * 10.0, rel=0.1)


def test_onset_and_recovery_lie_between_the_last_normal_sample_and_the_first_one_that_is_not() -> None:
    explanation = told([*edge(between(0.0, 10.0)), *service(0.05)]).explanation
    assert explanation.onset is not None
    assert explanation.recovered is not None
    assert explanation.onset.time == time(80)
    assert explanation.onset.earliest >= time(78)
    assert explanation.recovered.time == time(100)


def test_users_are_counted_once_at_the_outermost_hop() -> None:
    calls = ("http_client_requests_total", {**SHOP, "target": "stock", "status": "200"}, counter(50.0))
    behind: Series = [
        (
            "http_requests_total",
            {"job": "stock", "instance": "10.0.0.9:80", "code": "200"},
            counter(between(50.0, 40.0)),
        ),
        (
            "http_requests_total",
            {"job": "stock", "instance": "10.0.0.9:80", "code": "500"},
            counter(between(0.0, 10.0)),
        ),
    ]
    explanation = told([*edge(between(0.0, 10.0)), *service(0.05), calls, *behind]).explanation
    assert {i.service.name for i in explanation.impact if not i.inner} == {"edge"}
    assert {i.service.name for i in explanation.impact if i.inner} == {"stock"}, "a part of the same failures"


def test_a_service_within_that_fails_while_users_are_answered_is_no_incident() -> None:
    inner = {"job": "stock", "instance": "10.0.0.9:80"}
    calls = ("http_client_requests_total", {**SHOP, "target": "stock", "status": "200"}, counter(50.0))
    behind: Series = [("http_requests_total", {**inner, "code": "500"}, counter(between(0.0, 10.0)))]
    behind += [("http_requests_total", {**inner, "code": "200"}, counter(40.0 * NOISE))]
    explanation = told([*edge(), *service(0.05), calls, *behind]).explanation
    assert explanation.verdict == "no-incident"
    assert explanation.impact == ()


def test_slow_requests_are_told_by_route_with_the_mean_before_and_during() -> None:
    explanation = told([*edge(), *service(between(0.05, 0.5))]).explanation
    assert explanation.verdict == "incident"
    (impact,) = explanation.impact
    assert impact.service.name == "shop"
    assert "slow requests" in impact.what
    assert impact.share == pytest.approx(1.0)


def test_a_mean_that_rises_by_a_tenth_is_no_harm() -> None:
    assert told([*edge(), *service(between(0.05, 0.055))]).explanation.verdict == "no-incident"


def test_what_lasts_one_sample_is_a_blip() -> None:
    assert told([*edge(between(0.0, 10.0, 80, 81)), *service(0.05)]).explanation.verdict == "no-incident"


def test_traffic_that_doubles_harms_nobody_by_itself() -> None:
    assert told([*edge(rate=later(50.0, 100.0)), *service(0.05)]).explanation.verdict == "no-incident"


def test_work_that_waits_is_late_where_nobody_waits_for_an_answer() -> None:
    queue = {"job": "rabbitmq", "instance": "broker:15692", "queue": "mails"}
    depth = np.concatenate([np.full(80, 5.0), np.linspace(5.0, 4000.0, 40)])
    series: Series = [
        *edge(),
        *service(0.05),
        ("rabbitmq_queue_messages_ready", queue, depth),
        ("rabbitmq_queue_consumers", queue, gauge(2.0)),
        (
            "worker_messages_total",
            {"job": "mailer", "instance": "10.0.0.7:80", "queue": "mails", "outcome": "ok"},
            counter(10.0),
        ),
    ]
    explanation = told(series).explanation
    assert explanation.verdict == "incident"
    (impact,) = explanation.impact
    assert impact.service.name == "mails"
    assert "late" in impact.what


def test_an_alert_that_somebody_is_called_for_is_told_though_users_met_nothing() -> None:
    given = evidence([*edge(), *service(0.05)])
    fired = Alert("al1", "DiskFilling", Service("shop"), {"severity": "critical"}, "", time(84), time(88), None)
    explanation = draft(replace(given, alerts=(fired,)), settings=Settings()).explanation
    assert explanation.verdict == "incident"
    assert explanation.impact == ()
    assert explanation.onset is not None
    assert explanation.onset.time == time(84)


def test_processes_killed_for_memory_are_told_without_any_alert() -> None:
    killed = np.where(np.arange(N) >= 90, 2.0, 1.0)
    host = {"job": "node", "instance": "10.0.0.5:9100", "node": "node-1"}
    series: Series = [*edge(), *service(0.05), ("node_vmstat_oom_kill", host, killed)]
    explanation = told([*series, ("node_load1", host, gauge(1.0))]).explanation
    assert explanation.verdict == "incident"
    assert explanation.impact == ()
    assert explanation.reason.facts["what"] == "oom-kill"


def test_a_user_facing_signal_that_cannot_be_judged_is_no_all_clear() -> None:
    given = evidence([*edge(), *service(0.05)])
    window = replace(given.window, start=given.window.baseline_start + 3 * STEP)
    explanation = draft(replace(given, window=window), settings=Settings()).explanation
    assert explanation.verdict == "inconclusive"
    assert explanation.reason.kind == "not-judged"


def test_two_outages_far_apart_are_two_episodes_and_the_worse_one_dates_the_incident() -> None:
    failed = np.maximum(between(0.0, 5.0, 62, 68), between(0.0, 20.0, 100, 112))
    explanation = told([*edge(failed), *service(0.05)]).explanation
    assert len(explanation.episodes) == 2
    assert explanation.onset is not None
    assert explanation.onset.time == time(100)


def test_times_that_only_a_pack_can_read_are_still_judged_where_no_hop_tells_them() -> None:
    given = evidence(edge())
    signal = Signal("http/latency-p95", "Latency", "p95", "seconds", "app", "latency", min_effect=0.02)
    values = pd.DataFrame(between(0.08, 0.9), index=given.window.index)
    slow = Metric(signal, values, ({"service": "shop"},), (Service("shop"),), "q99", 15.0)
    explanation = draft(replace(given, metrics=(slow,)), settings=Settings()).explanation
    assert explanation.verdict == "incident"


@pytest.mark.parametrize(("share", "verdict"), [(0.017, "no-incident"), (0.023, "incident")])
def test_one_request_in_fifty_failing_is_clear_harm(share: float, verdict: str) -> None:
    assert told([*edge(between(0.0, 50.0 * share)), *service(0.05)]).explanation.verdict == verdict


@pytest.mark.parametrize(("mean_s", "verdict"), [(0.24, "no-incident"), (0.27, "incident")])
def test_answers_that_take_a_quarter_longer_are_clear_harm(mean_s: float, verdict: str) -> None:
    assert told([*edge(), *service(between(0.2, mean_s))]).explanation.verdict == verdict


@pytest.mark.parametrize(("samples", "verdict"), [(4, "no-incident"), (5, "incident")])
def test_harm_that_is_just_clear_lasts_a_minute_and_a_quarter(samples: int, verdict: str) -> None:
    failed = between(0.0, 50.0 * 0.022, 80, 80 + samples)
    assert told([*edge(failed), *service(0.05)]).explanation.verdict == verdict
