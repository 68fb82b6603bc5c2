"""Has it happened before: of this incident's alerts, and of incidents like it; never of itself or of anything later."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from reconstruct.alerting.recurrences import recurrences
from reconstruct.model import EarlierFiring, Event, Hint, PastIncident, Recurrence
from reconstruct.text.alerting import recurrence_text
from reconstruct.text.times import Clock
from tests.alerting.made import ONSET, SHOP, after, alert, anomaly, evidence, explained, metric, values

ERRORS = metric("rate(errors[1m])", values())
FOUND = (anomaly(ERRORS),)
DAY = pd.Timedelta(days=1)
HINT = Hint(1, "e9", "slow-query", SHOP, "a1", 0.8, "supported", "")
PAST = PastIncident(
    "old/incident.json",
    ONSET - 30 * DAY,
    ONSET - 30 * DAY + pd.Timedelta("1h"),
    services=("shop", "db"),
    mechanism="slow-query",
    signals=("http/q1", "db/time"),
    alerts=("Errors", "Db"),
    mitigation="rollback of shop 2.1.0",
)


def test_earlier_firings_of_the_same_alerts_are_one_time_where_they_belong_together() -> None:
    now = (alert("Errors", "1min", "20min"), alert("Slow", "2min", "20min", key="al2"))
    before = (alert("Errors", "-90min", "-80min", key="al3"), alert("Slow", "-88min", "-70min", key="al4"))
    other = (alert("Disk", "-60min", "-50min", key="al5"),)
    earlier = (
        EarlierFiring("Errors", ONSET - 3 * DAY, ONSET - 3 * DAY + pd.Timedelta("10min"), 300.0),
        EarlierFiring("Other", ONSET - 4 * DAY, ONSET - 4 * DAY + pd.Timedelta("10min"), 300.0),
    )
    held = replace(evidence(ERRORS, alerts=(*now, *before, *other)), earlier_firings=earlier)
    found = recurrences(held, FOUND, explained(*FOUND))
    assert [(one.start, one.end, one.alerts) for one in found] == [
        (after("-90min"), after("-70min"), ("Errors", "Slow")),
        (ONSET - 3 * DAY, ONSET - 3 * DAY + pd.Timedelta("10min"), ("Errors",)),
    ]
    assert {one.source for one in found} == {"prometheus"}


def test_a_change_of_the_same_kind_shortly_before_is_told() -> None:
    now = (alert("Errors", "1min", "20min"), alert("Errors", "-90min", "-80min", key="al3"))
    deploy = Event("e9", after("-1min"), "deploy", SHOP, "shop 2")
    earlier = Event("e1", after("-95min"), "deploy", SHOP, "shop 1")
    flag = Event("e2", after("-95min"), "flag", SHOP, "flag")
    told = replace(explained(*FOUND), hints=(HINT,))
    held = replace(evidence(ERRORS, alerts=now), events=(earlier, flag, deploy))
    assert [one.change for one in recurrences(held, FOUND, told)] == ["e1"]
    assert [one.change for one in recurrences(replace(held, events=(flag, deploy)), FOUND, told)] == [""]


def test_an_earlier_incident_is_alike_by_mechanism_signals_or_alerts_on_a_shared_service() -> None:
    told = replace(explained(*FOUND), hints=(HINT,))
    held = evidence(ERRORS, alerts=(alert("Errors", "1min", "20min"),))
    (one,) = recurrences(held, FOUND, told, history=(PAST,))
    assert (one.same_mechanism, one.services, one.signals, one.alerts) == (True, ("shop",), ("http/q1",), ("Errors",))
    assert one.mitigation == "rollback of shop 2.1.0"
    unlike = replace(PAST, mechanism="disk-exhaustion", signals=(), alerts=())
    elsewhere = replace(PAST, services=("other",))
    itself = replace(PAST, start=ONSET - pd.Timedelta("2min"), end=None)
    earlier_draft = replace(PAST, start=ONSET - pd.Timedelta("2min"), end=ONSET + pd.Timedelta("5min"))
    assert recurrences(held, FOUND, told, history=(unlike, elsewhere, itself, earlier_draft)) == ()


def test_two_unknown_mechanisms_are_not_the_same() -> None:
    told = replace(explained(*FOUND), hints=(replace(HINT, mechanism="unknown"),))
    past = replace(PAST, mechanism="unknown", signals=(), alerts=())
    assert recurrences(evidence(ERRORS), FOUND, told, history=(past,)) == ()


def test_each_sentence_follows_its_facts() -> None:
    clock = Clock(dates=True)
    start = pd.Timestamp("2026-01-01T10:00Z")
    one = Recurrence(start, start + pd.Timedelta("10min"), ("A", "B"), "prometheus")
    assert recurrence_text(one, clock=clock) == "2026-01-01 10:00:00 to 10:10:00 (10 min); A and B fired"
    assert "end not known" in recurrence_text(replace(one, end=None), clock=clock)
    assert "a change of the same kind preceded (e1)" in recurrence_text(replace(one, change="e1"), clock=clock)
    past = replace(one, source="old.json", same_mechanism=True, mitigation="rollback of shop")
    assert "same mechanism; mitigated by rollback of shop; old.json" in recurrence_text(past, clock=clock)
    assert "no mitigation is known" in recurrence_text(replace(past, mitigation=""), clock=clock)
    assert "mechanism" not in recurrence_text(replace(past, same_mechanism=False), clock=clock)


@pytest.mark.parametrize(("pause", "times"), [("14min", 1), ("17min", 2)])
def test_firings_with_a_pause_of_less_than_a_quarter_of_an_hour_are_one_time(pause: str, times: int) -> None:
    now = alert("Errors", "1min", "20min")
    first = alert("Errors", "-90min", "-80min", key="al3")
    again = after("-80min") + pd.Timedelta(pause)
    second = replace(first, id="al4", pending_at=again, firing_at=again, resolved_at=again + pd.Timedelta("2min"))
    assert len(recurrences(evidence(ERRORS, alerts=(now, first, second)), FOUND, explained(*FOUND))) == times


@pytest.mark.parametrize(("before", "told"), [("-145min", ["e1"]), ("-160min", [""])])
def test_a_change_within_an_hour_before_an_earlier_firing_is_told(before: str, told: list[str]) -> None:
    now = (alert("Errors", "1min", "20min"), alert("Errors", "-90min", "-80min", key="al3"))
    deploy = Event("e9", after("-1min"), "deploy", SHOP, "shop 2")
    earlier = Event("e1", after(before), "deploy", SHOP, "shop 1")
    held = replace(evidence(ERRORS, alerts=now), events=(earlier, deploy))
    found = recurrences(held, FOUND, replace(explained(*FOUND), hints=(HINT,)))
    assert [one.change for one in found] == told
