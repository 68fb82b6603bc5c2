"""What is read of a Markdown file, and what is left out."""

from __future__ import annotations

import pytest

from reconstruct.verify import verify
from tests.verify.asked import story, verdict

FALSE = "13:10 shop 2.20.0 was deployed"


@pytest.mark.parametrize(
    "line",
    [
        FALSE,
        f"- {FALSE}",
        f"* [x] {FALSE}",
        f"> 1. {FALSE}",
        f"## {FALSE}",
        "**13:10** — *shop* `2.20.0` was deployed",
        "13&#8203;:10 [shop](<https://example.internal/13:55>) 2.20.0 was deployed",
        "| 13:10 | shop 2.20.0 was deployed | a \\| b |",
        "\\*13:10 shop 2.20.0 was deployed",
    ],
)
def test_markup_does_not_hide_a_claim(line: str) -> None:
    assert verdict(line) == "contradicted"


@pytest.mark.parametrize(
    "text",
    [
        f"~~{FALSE}~~",
        f"<!-- {FALSE} -->",
        f"<!--\n{FALSE}\n-->",
        f"```\n{FALSE}\n```",
        f"~~~~text\n```\n{FALSE}\n~~~~",
        f"![{FALSE}](chart.png)",
        f"## Action items\n\n- {FALSE}",
        "*Was shop 2.20.0 deployed at 13:10?*",
        "",
        "| --- | --- |",
    ],
)
def test_code_comments_pictures_plans_and_questions_claim_nothing(text: str) -> None:
    assert verdict(text) == "silent"


def test_lines_are_numbered_and_quoted_as_they_stand_and_the_others_counted() -> None:
    outcome = verify(f"# Title\n\nWords.\n\n- {FALSE}\n", story())
    (line,) = outcome.lines
    assert (line.line, line.text) == (5, f"- {FALSE}")
    assert outcome.silent == 2


def test_a_line_is_contradicted_if_one_of_its_claims_is_and_says_what_is_open_if_it_holds() -> None:
    both, half = (
        verify(text, story()).lines[0]
        for text in (
            "ProbeFailed fired at 13:57, shop 2.20.0 was deployed at 13:10",
            "15:20 rollback of shop; 4 min of talk",
        )
    )
    assert both.verdict == "contradicted"
    assert [c.verdict for c in both.claims].count("holds") == 1
    assert half.verdict == "holds"
    assert "Not checked: 4 min" in half.says


@pytest.mark.parametrize(
    "line", ["(" * 5000, "1 " * 5000, "[a](" * 3000, "00:00 " * 2000, "`a1`" * 2000, "|" * 5000, "\x1b[31m\x00"]
)
def test_strange_lines_come_to_an_end(line: str) -> None:
    verify(line, story())
