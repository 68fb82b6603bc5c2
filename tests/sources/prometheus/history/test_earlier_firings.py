"""Earlier firings of a window's rules, as far back as the server holds, to within five minutes."""

from __future__ import annotations

import pandas as pd

from reconstruct.model import Window
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.history.earlier_firings import earlier_firings
from tests.servers.story import at


def time(clock: str) -> pd.Timestamp:
    return pd.Timestamp(at(clock), unit="s", tz="UTC")


WINDOW = Window(time("14:50"), time("15:00"), pd.Timedelta("15s"), time("14:40"))


def test_each_firing_before_the_baseline_is_told_to_within_its_resolution(prometheus_server: Prometheus) -> None:
    found, queries, gaps = earlier_firings(prometheus_server, ["HighErrors", "QueueLong"], WINDOW)
    true = [
        ("HighErrors", time("13:33"), time("14:12")),
        ("QueueLong", time("13:46"), time("14:00")),
        ("HighErrors", time("14:22"), time("14:25")),
    ]
    assert [one.rule for one in found] == [rule for rule, _, _ in true]
    for one, (_, start, end) in zip(found, true, strict=True):
        assert abs((one.start - start).total_seconds()) <= one.resolution_s
        assert abs((one.end - end).total_seconds()) <= one.resolution_s
    assert (len(queries), gaps) == (1, ())


def test_other_rules_and_other_scopes_are_not_told(prometheus_server: Prometheus) -> None:
    found, _, _ = earlier_firings(prometheus_server, ["QueueLong"], WINDOW)
    assert {one.rule for one in found} == {"QueueLong"}
    elsewhere, _, _ = earlier_firings(prometheus_server, ["QueueLong"], WINDOW, scope='service="other"')
    assert elsewhere == ()
    assert earlier_firings(prometheus_server, [], WINDOW) == ((), (), ())
