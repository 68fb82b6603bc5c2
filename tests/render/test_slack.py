"""The Slack message: within the documented limits, whatever the incident holds, and with the story in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from reconstruct.model import Gap, Incident
from reconstruct.render.slack import to_slack, to_slack_json
from tests.render import stories as made
from tests.render.stories import classic


def flooded() -> Incident:
    """The classic story with every list longer and every text worse than any limit."""
    story = classic()
    nasty = "<&>*_`~" * 900
    explanation = replace(
        story.explanation,
        says=nasty,
        hints=tuple(replace(story.explanation.hints[0], rank=n, statement=nasty) for n in range(1, 40)),
        impact=tuple(replace(story.explanation.impact[0], what=nasty) for _ in range(80)),
    )
    gaps = tuple(Gap(f"g{n}", nasty, nasty, f"{nasty} {n}") for n in range(1, 60))
    timeline = tuple(replace(entry, facts={"title": nasty, "detail": nasty}) for entry in story.timeline * 30)
    return replace(story, evidence=replace(story.evidence, gaps=gaps), explanation=explanation, timeline=timeline)


STORIES: tuple[Callable[[], Incident], ...] = (
    classic,
    made.ongoing,
    made.quiet,
    made.hostile,
    made.fortnight,
    made.many_entries,
    flooded,
)


def texts(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for block in payload["blocks"]:
        yield from [block["text"]] if "text" in block else []
        yield from block.get("fields", [])
        yield from block.get("elements", [])


@pytest.mark.parametrize("story", STORIES)
def test_the_payload_keeps_slacks_limits(story: Callable[[], Incident]) -> None:
    payload = to_slack(story(), report_url="https://reports.example/1")
    assert 1 <= len(payload["blocks"]) <= 50
    assert 0 < len(payload["text"]) <= 4000
    for block in payload["blocks"]:
        if block["type"] == "header":
            assert block["text"]["type"] == "plain_text"
            assert 1 <= len(block["text"]["text"]) <= 150
        elif block["type"] == "section":
            assert ("text" in block) != ("fields" in block)
            assert 1 <= len(block.get("text", {"text": "x"})["text"]) <= 3000
            assert len(block.get("fields", [])) <= 10
            assert all(1 <= len(field["text"]) <= 2000 for field in block.get("fields", []))
        else:
            assert block["type"] == "context"
            assert 1 <= len(block["elements"]) <= 10


@pytest.mark.parametrize("story", STORIES)
def test_no_text_mentions_links_or_is_cut_inside_an_escape(story: Callable[[], Incident]) -> None:
    for text in texts(to_slack(story())):
        assert "<" not in text["text"]
        for part in text["text"].split("&")[1:]:
            assert part.startswith(("amp;", "lt;", "gt;"))


def test_the_story_is_in_it_and_the_summary_leads() -> None:
    told = [text["text"] for text in texts(to_slack(classic()))]
    whole = "\n".join(told)
    assert whole.index("Requests to shop failed") < whole.index("403 Forbidden") < whole.index("*Timeline*")
    assert "*Onset*\n13:56:22 −23 s +7.5 s" in told
    assert "*1.* *Slow query at shop, perhaps set off by" in whole
    assert "45 seconds before the first slow request" in whole
    assert "*Rollback of shop to 2.14.1 begins: instance by instance*" in whole


def test_when_lines_do_not_fit_the_turning_points_stay_and_the_rest_is_counted() -> None:
    whole = "\n".join(text["text"] for text in texts(to_slack(made.many_entries())))
    assert "more lines in the report" in whole


def test_a_report_link_is_a_link_only_if_it_is_a_web_address() -> None:
    assert "<https://reports.example/a?b=1&amp;c=2|Full report>" in json.dumps(
        to_slack(classic(), report_url="https://me:pw@reports.example/a?b=1&c=2")
    )
    assert "Full report" not in json.dumps(to_slack(classic(), report_url="javascript:alert(1)"))


def test_the_file_is_the_payload() -> None:
    assert json.loads(to_slack_json(classic())) == to_slack(classic())
