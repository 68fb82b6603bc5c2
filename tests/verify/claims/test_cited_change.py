"""The version and the service in a line that cites a change are that change's."""

from __future__ import annotations

import pytest

from tests.verify.asked import checked, verdict

ROW = "| 13:55:30 | {}: find orders by the end: deploy {} | `e3` deploys.jsonl 57413 |"


@pytest.mark.parametrize(
    ("named", "versions", "says"),
    [
        ("shop 2.99.0", "2.14.1 -> 2.20.0", "e3 is the deploy of shop 2.20.0, not 2.99.0"),
        ("shop 2.20.0", "2.14.1 -> 9.9.9", "not 9.9.9"),
        ("payments 2.20.0", "2.14.1 -> 2.20.0", "not payments's"),
        ("catalog 2.20.0", "2.14.1 -> 2.20.0", "shop"),
    ],
)
def test_another_version_or_service_beside_the_id_is_contradicted(named: str, versions: str, says: str) -> None:
    found = checked(ROW.format(named, versions))
    assert found is not None
    assert found.verdict == "contradicted"
    assert says in found.says


def test_the_title_with_another_name_before_it_is_contradicted() -> None:
    row = "| 13:40 | {}: note the new owners in a comment | `e2` |"
    assert verdict(row.format("lb")) == "holds"
    assert verdict(row.format("payments")) == "contradicted"
    assert verdict("| 13:40 | owners in a comment | `e2` |") == "holds"


def test_the_draft_s_own_words_hold() -> None:
    assert verdict(ROW.format("shop 2.20.0", "2.14.1 -> 2.20.0")) == "holds"


def test_it_is_silent_where_an_ordinary_word_stands_before_the_version() -> None:
    assert verdict("| 13:55:30 | version 2.20.0 brought it | `e3` |") == "holds"


def test_a_service_in_brackets_at_the_end_is_the_event_s() -> None:
    row = "| 13:40 | note the new owners in a comment ({}) | `e2` |"
    assert verdict(row.format("lb")) == "holds"
    assert verdict(row.format("orders slow")) == "holds"
    assert verdict(row.format("shop")) == "contradicted"
