"""A change, its service and version, and when it was."""

from __future__ import annotations

import pytest

from tests.verify.asked import checked, verdict


@pytest.mark.parametrize(
    "line",
    [
        "13:55:30 shop 2.20.0 was deployed",
        "- 13:55 deployed shop v2.20.0",
        "At 13:55 UTC shop 2.20.0 went live.",
        "about 14:00 shop 2.20.0 was rolled out",
        "15:20 rollback of shop",
        "Rolled back shop to 2.14.1 at 15:20.",
        "The rollback was complete at 15:26:30.",
        "15:20–15:26 rollback of shop to 2.14.1",
        "Rollback of the deploy at 15:20",
        "shop 2.20.0 (deployed at 13:55) was rolled back at 15:20",
        "14:20 flag new_footer on for 100%",
        "13:40 config change on lb",
        "Trigger: deploy of shop 2.20.0",
        "| 13:31 | deploy of catalog 1.10.0 |",
    ],
)
def test_what_the_events_bear_out_holds(line: str) -> None:
    assert verdict(line) == "holds"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("14:15 shop 2.20.0 was deployed", "deploy of shop 2.20.0 at 13:55:30 (e3), not 14:15"),
        ("13:55:30 shop 2.21.0 was deployed", "no event has 2.21.0"),
        ("13:55:30 catalog 2.20.0 was deployed", "was shop's (e3), not catalog's"),
        ("The rollback started at 14:50.", "rollback of shop 2.14.1 at 15:20:00 (e5), not 14:50"),
        ("The rollback of shop was complete at 15:50.", "was complete at 15:26:30 (e5), not 15:50"),
        ("13:31 shop 2.20.0 deployed", "13:55:30"),
    ],
)
def test_another_time_version_or_service_is_contradicted_with_the_event(line: str, says: str) -> None:
    found = checked(line)
    assert found is not None
    assert found.verdict == "contradicted"
    assert says in found.says
    assert found.evidence


@pytest.mark.parametrize(
    "line",
    [
        "14:30 we suspected the deploy of shop 2.20.0",
        "14:40 code review of shop 2.20.0",
        "15:05 decided to roll back shop",
        "15:12 decision to roll back shop",
        "shop 2.14.1 was running at 13:50",
        "14:50 config change on lb",
        "14:10 deploy of the wiki",
        "14:10 payments 7.1.0 was deployed",
        "12:00 deploy freeze lifted",
        "shop 2.20.0 should have been rolled back at 14:00",
        "shop 2.20.0 was not deployed at 14:00",
        "2026-11-18 13:55 shop 2.20.0 was deployed",
    ],
)
def test_what_the_evidence_cannot_settle_is_not_called_wrong(line: str) -> None:
    assert verdict(line) == "not checked"


def test_it_is_silent_on_a_change_without_a_time_or_version() -> None:
    assert verdict("We deploy twice a day and roll back when in doubt.") == "silent"
