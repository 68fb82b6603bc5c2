"""One document a row of `lines.yaml`: which verdict each line gets that claims something."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from reconstruct.verify import verify
from tests.incidents.recorded import incident

ROWS = yaml.safe_load((Path(__file__).parent / "lines.yaml").read_text())


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_each_line_has_the_verdict_that_the_table_says(row: dict[str, str]) -> None:
    outcome = verify(row["text"], incident("00-seed"))
    assert " ".join(line.verdict for line in outcome.lines) == row["says"]


def test_a_claim_has_the_place_of_its_words_in_the_source() -> None:
    table = "| Time | Event |\n| --- | --- |\n| x | at **14:20 UTC** `DbQueryLatencyHigh` fired |\n"
    text = f"# Outage\n\nSomething.\n\n{table}"
    (line,) = verify(text, incident("00-seed")).lines
    claim = line.findings[0].claim
    assert (claim.line, claim.column) == (7, 1 + text.split("\n")[6].index("14:20"))
    assert claim.text == "14:20 UTC"


def test_a_time_is_judged_by_a_tolerance_that_is_shown_and_can_be_set() -> None:
    text = "- 14:05 UTC: DbQueryLatencyHigh fired"
    strict = verify(text, incident("00-seed")).lines[0]
    assert strict.verdict == "contradicted"
    assert strict.findings[0].tolerance_s == 180.0
    assert round(strict.findings[0].shown[0].off_s) == 265
    loose = verify(text, incident("00-seed"), tolerance_s=600.0).lines[0]
    assert loose.verdict == "confirmed"


def test_what_is_counted_from_an_interval_and_fits_is_no_seconds_off() -> None:
    demo = incident("00-seed")
    onset, fired = demo.milestones["onset"], demo.milestones["detected"]
    assert onset is not None
    assert fired is not None
    fits = int((fired.moment.time - onset.moment.time).total_seconds())
    (line,) = verify(f"ProbeFailed fired {fits} seconds after onset.", demo).lines
    assert abs(line.findings[0].shown[0].off_s) < 1
    (late,) = verify(f"ProbeFailed fired {fits + 120} seconds after onset.", demo).lines
    assert late.findings[0].shown[0].off_s > 0


def test_the_default_zone_is_that_which_is_given() -> None:
    text = "- 15:00 DbQueryLatencyHigh fired"
    assert verify(text, incident("00-seed"), zone="Europe/Berlin").count("confirmed") == 1
    assert verify(text, incident("00-seed")).count("contradicted") == 1


def test_what_it_leaves_out_is_told_and_no_longer_once_it_is_said() -> None:
    short = verify("- 15:20 UTC: rollback of shop", incident("00-seed"))
    kinds = {one.kind for one in short.omissions}
    assert {"impact-before-detection", "change-before", "gap"} <= kinds
    longer = verify(
        "- 13:55 UTC: shop 2.20.0 was deployed\n- 13:56 UTC: the outage began\n- 13:57 UTC: ProbeFailed fired\n"
        "- 15:20 UTC: rollback of shop\n\nSome metrics were missing between 13:55:45 and 13:57:00 UTC.",
        incident("00-seed"),
    )
    assert not {"impact-before-detection", "change-before", "gap"} & {one.kind for one in longer.omissions}


@pytest.mark.parametrize(("clock", "verdict"), [("14:01:30", "confirmed"), ("14:01:45", "contradicted")])
def test_a_time_to_the_second_may_be_off_by_a_minute(clock: str, verdict: str) -> None:
    text = f"- {clock} UTC: DbQueryLatencyHigh fired"  # it fired at 14:00:35
    assert verify(text, incident("00-seed")).lines[0].verdict == verdict
