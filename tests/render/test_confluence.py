"""Confluence storage format: well-formed, with the macros that Confluence knows, and hostile text as text."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

import pytest

from reconstruct.charts.image import ChartImage
from reconstruct.model import Incident
from reconstruct.render.confluence import to_confluence
from reconstruct.text.escape import lines, plain
from reconstruct.text.links import Links
from tests.render import stories as made
from tests.render.stories import classic

AC, RI = "http://atlassian.com/content", "http://atlassian.com/resource/identifier"
CHARTS = (ChartImage("overview", "Overview", 'alt with "quotes" & <tags>', png=b"x"),)
ELEMENTS = {
    *("h1", "h2", "h3", "p", "ul", "li", "table", "tbody", "tr", "th", "td", "strong", "code", "a"),
    *(f"{{{AC}}}{name}" for name in ("structured-macro", "parameter", "rich-text-body", "plain-text-body", "image")),
    f"{{{RI}}}attachment",
}


def read(incident: Incident) -> ET.Element:
    body = to_confluence(incident, charts=CHARTS, links=Links("http://p:9090/", "http://g", "uid"))
    return ET.fromstring(f'<page xmlns:ac="{AC}" xmlns:ri="{RI}">{body}</page>')


@pytest.mark.parametrize("story", [classic, made.ongoing, made.quiet, made.hostile, made.fortnight, made.many_entries])
def test_it_is_well_formed_and_holds_only_known_elements(story: Callable[[], Incident]) -> None:
    page = read(story())
    assert {node.tag for node in page.iter()} - {"page"} <= ELEMENTS


def test_hostile_titles_are_text() -> None:
    incident = made.hostile()
    text = " ".join("".join(node.itertext()) for node in read(incident).iter("td"))
    for entry in incident.timeline:
        assert plain(str(entry.facts["title"])) in text


def test_queries_stand_whole_in_code_macros_even_with_a_cdata_end_inside() -> None:
    story = classic()
    nasty = "a[b[0]]>1 # ]]> <x>\nsecond line"
    queries = tuple(replace(q, query=nasty) for q in story.evidence.queries)
    page = read(replace(story, evidence=replace(story.evidence, queries=queries)))
    bodies = [node.text for node in page.iter(f"{{{AC}}}plain-text-body")]
    assert bodies == [lines(nasty)] * len(queries)


def test_gaps_stand_in_a_warning_before_the_summary() -> None:
    page = read(classic())
    tags = list(page)
    warning = next(n for n, node in enumerate(tags) if node.get(f"{{{AC}}}name") == "warning")
    summary = next(n for n, node in enumerate(tags) if node.text == "Summary")
    assert warning < summary
    assert "403 Forbidden" in "".join(tags[warning].itertext())


def test_charts_are_attachments_with_alt_text() -> None:
    (image,) = read(classic()).iter(f"{{{AC}}}image")
    assert image.get(f"{{{AC}}}alt") == 'alt with "quotes" & <tags>'
    assert image[0].get(f"{{{RI}}}filename") == "overview.png"
