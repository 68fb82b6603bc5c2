"""A query in a code block below its id is the one that was asked."""

from __future__ import annotations

import pytest

from tests.verify.asked import checked, story, verdict

HEAD = "`q1` haproxy/response-time\n\n"


def block(query: str, language: str = "promql") -> str:
    return f"{HEAD}```{language}\n{query}\n```\n"


def test_the_query_as_it_was_asked_holds_however_it_is_broken_into_lines() -> None:
    asked = story().evidence.queries[0].query
    assert verdict(block(asked)) == "holds"
    assert verdict(block(asked.replace(" ", "\n  "))) == "holds"


def test_another_query_is_contradicted_with_the_one_that_was_asked() -> None:
    found = checked(block("up == 0"))
    assert found is not None
    assert found.verdict == "contradicted"
    assert story().evidence.queries[0].query in found.says
    assert found.line == 3


@pytest.mark.parametrize(
    "text", [block("SELECT 1", "sql"), "```promql\nup\n```\n", "```\n13:55 shop 9.9.9 deployed\n```\n"]
)
def test_it_is_silent_on_other_blocks(text: str) -> None:
    assert verdict(text) == "silent"
