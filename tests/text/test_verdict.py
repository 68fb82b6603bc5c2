"""The verdict in one sentence: each kind from its facts, and gone when they are."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from reconstruct.model import Anomaly, Facts, Moment, Reference, Service, Signal, VerdictReason
from reconstruct.text.verdict import verdict_text

T = pd.Timestamp("2026-11-17T13:55:45Z")
FAILED = Anomaly(
    id="a1",
    signal=Signal("users/failed-shop", "Failed requests", "", "ratio", "edge", "errors", tags=("users",)),
    query="q1",
    labels={"service": "shop"},
    service=Service("shop"),
    direction="up",
    shape="level",
    onset=Moment(T, T, T),
    recovery=None,
    baseline=0.0,
    peak=0.7,
    peak_time=T,
    robust_z=9.0,
    level=0.34,
)
SLOW = replace(
    FAILED,
    id="a2",
    signal=replace(FAILED.signal, unit="seconds", aspect="latency"),
    labels={"service": "shop", "route": "/cart"},
    baseline=0.05,
    level=0.5,
)
LATE = replace(
    SLOW, id="a3", signal=replace(SLOW.signal, layer="queue"), service=Service("mails"), baseline=1.0, peak=600.0
)
ANOMALIES = {a.id: a for a in (FAILED, SLOW, LATE)}


def test_what_users_met_is_told_with_the_figure_before_and_at_its_peak() -> None:
    reason = VerdictReason("users-harmed", {"anomaly": Reference("a1"), "since": T})
    assert verdict_text(reason, ANOMALIES) == "from 13:55:45 shop failed up to 70 % of requests, 0 % before"


def test_slow_requests_are_told_by_route_and_late_work_by_queue() -> None:
    slow = verdict_text(VerdictReason("users-harmed", {"anomaly": Reference("a2"), "since": T}), ANOMALIES)
    late = verdict_text(VerdictReason("users-harmed", {"anomaly": Reference("a3"), "since": T}), ANOMALIES)
    assert slow == "from 13:55:45 requests of shop /cart took 500 ms on average, 50 ms before"
    assert "work in mails waited up to 10 min, 1 s before" in late


def test_without_an_anomaly_no_figure_is_told() -> None:
    assert verdict_text(VerdictReason("users-harmed", {"since": T}), {}) == "users were affected from 13:55:45"


def test_a_near_miss_names_the_alert_and_says_that_no_impact_is_shown() -> None:
    reason = VerdictReason("alerts-fired", {"names": ("DiskFilling", "DiskFull"), "since": T})
    assert verdict_text(reason, {}) == "DiskFilling and 1 more fired at 13:55:45; no measured signal shows user impact"


@pytest.mark.parametrize(
    ("what", "says"), [("oom-kill", "killed for memory"), ("disk-full", "a disk of shop was full")]
)
def test_what_ran_out_is_told_with_the_thing(what: str, says: str) -> None:
    assert says in verdict_text(VerdictReason("ran-out", {"what": what, "thing": "shop", "since": T}), {})


def test_that_users_were_affected_is_said_only_where_a_user_facing_signal_shows_it() -> None:
    facts: Facts = {"anomaly": Reference("a1"), "since": T, "services": (Service("shop"),), "user_facing": True}
    felt = verdict_text(VerdictReason("symptoms", facts), ANOMALIES)
    unfelt = verdict_text(VerdictReason("symptoms", {**facts, "services": (), "user_facing": False}), ANOMALIES)
    assert felt.startswith("users of shop were affected")
    assert "no measured signal shows user impact" in unfelt


def test_calm_is_told_with_how_much_was_judged_and_what_came_nearest() -> None:
    calm = VerdictReason("calm", {"judged": 4, "moved": 2, "nearest": (Reference("a2"),)})
    told = verdict_text(calm, ANOMALIES)
    assert "none of the 4 user-facing signals" in told
    assert "2 other series moved" in told
    assert "nearest to it" in told
    assert "nearest" not in verdict_text(VerdictReason("calm", {"judged": 4, "moved": 0, "nearest": ()}), ANOMALIES)


def test_what_could_not_be_read_or_judged_is_named() -> None:
    unread = VerdictReason("not-read", {"missing": "http/error-share", "cause": "refused", "others": 1})
    assert verdict_text(unread, {}) == "user-facing signals could not be read: http/error-share and 1 more (refused)"
    unjudged = verdict_text(VerdictReason("not-judged", {"signals": ("users/failed-shop",)}), {})
    assert unjudged == "user-facing signals were read but could not be judged: users/failed-shop"
    assert "no user-facing signal" in verdict_text(VerdictReason("nothing-measured"), {})
