"""What a rule's alerts come to: firings, shares, and which known incidents they caught."""

from __future__ import annotations

import pandas as pd
import pytest

from reconstruct.alerting import AlertingRule, AlertInstance
from reconstruct.alerting.backtest import MAX_ALERTS_LISTED, most_at_once, summary
from reconstruct.model import PastIncident, RuleBacktest

START = pd.Timestamp("2026-01-01T00:00Z")
HOUR = pd.Timedelta("1h")
DAY = pd.Timedelta(days=1)
RULE = AlertingRule("A", "x > 1", for_s=60)


def alert(host: str, pending_h: float, fired_h: float | None, ended_h: float | None) -> AlertInstance:
    def ms(hours: float) -> int:
        return round((START + hours * HOUR).timestamp() * 1000)

    return AlertInstance(
        (("alertname", "A"), ("host", host)),
        ms(pending_h),
        None if fired_h is None else ms(fired_h),
        ms(ended_h if ended_h is not None else 168),
        None if ended_h is None else ms(ended_h),
    )


def told(*alerts: AlertInstance, incidents: tuple[PastIncident, ...] = (), data_share: float = 1.0) -> RuleBacktest:
    return summary(
        RULE,
        alerts,
        group="g",
        interval_s=60,
        start=START,
        end=START + 7 * DAY,
        incidents=incidents,
        data_share=data_share,
    )


def incident(start_h: float, end_h: float | None) -> PastIncident:
    return PastIncident(f"i{start_h:g}", START + start_h * HOUR, None if end_h is None else START + end_h * HOUR)


def test_alerts_of_one_rule_that_fire_together_are_one_firing() -> None:
    found = told(alert("a", 1, 2, 4), alert("b", 2, 3, 5), alert("a", 10, 11, 12), alert("c", 20, None, 21))
    assert [(s.start.hour, s.end.hour if s.end else None) for s in found.firing] == [(2, 5), (11, 12)]
    assert found.firings_a_week == 2
    assert found.firing_share == pytest.approx(4 / 168)
    assert len(found.alerts) == 4


def test_a_rate_counts_only_the_time_that_had_data_and_needs_a_day_of_it() -> None:
    assert told(alert("a", 1, 2, 4), data_share=0.5).firings_a_week == pytest.approx(2)
    assert told(alert("a", 1, 2, 4), data_share=0.1).firings_a_week is None


def test_incidents_are_caught_with_a_delay_or_missed_and_other_firings_counted() -> None:
    known = (incident(10, 12), incident(50, 51), incident(100, None))
    found = told(alert("a", 10, 10.5, 11), alert("a", 30, 31, 32), alert("a", 90, 90, None), incidents=known)
    assert [one.after_onset_s for one in found.overlaps] == [1800, None, -36_000]
    assert found.outside == 1


def test_an_alert_that_always_fires_catches_nothing() -> None:
    found = told(alert("a", 0, 0, None), incidents=(incident(10, 12),))
    assert found.always
    assert not found.overlaps


def test_firings_before_the_start_count_from_the_start() -> None:
    found = told(alert("a", -3, -2, 1), alert("b", -3, -2, -1))
    assert [(span.start, span.end) for span in found.firing] == [(START, START + HOUR)]


def test_the_most_alerts_at_once_counts_pending_ones() -> None:
    found = [alert("a", 1, 2, 4), alert("b", 3, None, 6), alert("c", 5, 6, 7)]
    assert most_at_once(found) == 2


def test_of_a_rule_that_flaps_all_the_time_only_so_many_alerts_are_listed_and_all_counted() -> None:
    flapping = [alert("a", n / 100, n / 100 + 0.002, n / 100 + 0.004) for n in range(MAX_ALERTS_LISTED)]
    quiet = [alert("b", n / 100, None, n / 100 + 0.004) for n in range(500)]
    found = told(*flapping, *quiet)
    assert (len(found.alerts), found.fired, found.only_pending) == (MAX_ALERTS_LISTED, MAX_ALERTS_LISTED, 500)
    assert len(found.firing) == MAX_ALERTS_LISTED
    assert all(one.firing_at is not None for one in found.alerts)


@pytest.mark.parametrize(("share", "always"), [(0.7, False), (0.93, False), (0.97, True)])
def test_a_rule_that_fires_nineteen_twentieths_of_the_time_always_fires(share: float, always: bool) -> None:
    assert told(alert("a", 0, 0, 168 * share)).always is always
