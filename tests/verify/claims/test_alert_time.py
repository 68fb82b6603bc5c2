"""An alerting rule by name, when it fired and when it resolved."""

from __future__ import annotations

import pytest

from tests.verify.asked import checked, verdict


@pytest.mark.parametrize(
    "line",
    [
        "DbQueryLatencyHigh fired at 14:00",
        "14:00:45 db query latency high fired",
        "14:01 `DbQueryLatencyHigh` fired",
        "around 14:05 DbQueryLatencyHigh triggered",
        "DbQueryLatencyHigh resolved at 15:28",
        "DbQueryLatencyHigh was firing at 14:45",
        "Condition of DbQueryLatencyHigh first held at 13:57:15",
        "DbQueryLatencyHigh fired at 14:00 and resolved at 15:28",
        "13:57 ProbeFailed",
        "The alert fired at 14:00:45.",
        "13:59 ShopErrorRateHigh and ShopLatencyHigh fire",
        "shop 2.20.0 deployed at 13:55, ProbeFailed at 13:57, rolled back at 15:20, back to normal at 15:27",
    ],
)
def test_times_of_the_alert_hold(line: str) -> None:
    assert verdict(line) == "holds"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("DbQueryLatencyHigh fired at 14:20", "DbQueryLatencyHigh fired at 14:00:45 (al5), not 14:20"),
        ("13:57 db query latency high fired", "14:00:45 (al5)"),
        ("DbQueryLatencyHigh resolved at 14:28", "resolved at 15:28:45 (al5)"),
        ("| 13:57:30 | FooBarHigh fired | `al1` |", "al1 is ProbeFailed, not FooBarHigh"),
        ("| 13:57:30 | HostCpuHigh fired | `al1` |", "al1 is ProbeFailed"),
        (
            "| 13:57:30 | ProbeFailed fired: after 9 min of its condition holding | `al1` |",
            "its condition had held for 30 s (al1), not 9 min",
        ),
    ],
)
def test_another_time_or_name_is_contradicted_with_the_alert(line: str, says: str) -> None:
    found = checked(line)
    assert found is not None
    assert found.verdict == "contradicted"
    assert says in found.says


@pytest.mark.parametrize(
    "line",
    [
        "DbQueryLatencyHigh was paged at 14:01:20",
        "14:15 DbQueryLatencyHigh paged the secondary",
        "14:10 acknowledged ProbeFailed",
        "ProbeFailed should have fired at 13:50",
        "ProbeFailed did not fire at 13:50",
        "If HostCpuHigh had fired at 13:50 we would have known",
        "CheckoutDown fired at 14:05",
        "The alert fired at 14:40.",
        "DbQueryLatencyHigh fired at 09:00",
        "14:20 ShopErrorRateHigh alert was silenced",
    ],
)
def test_a_later_page_and_what_people_did_with_it_is_not_called_wrong(line: str) -> None:
    assert verdict(line) == "not checked"


def test_it_is_silent_on_an_alert_without_a_time() -> None:
    assert verdict("ProbeFailed told us first.") == "silent"
