"""report.html as text: self-contained, strictly policed, and complete without its script."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from reconstruct.charts.image import ChartImage
from reconstruct.model import Incident
from reconstruct.render.minimap import strip
from reconstruct.render.page import to_page
from reconstruct.text.escape import lines, plain
from reconstruct.text.links import Links
from tests.render import stories as made
from tests.render.stories import classic

LINKS = Links("http://prom.example:9090", "https://grafana.example", "uid")
CHARTS = (
    ChartImage("overview", "Overview", "what happened", svg=b"<svg/>", dark=b"<svg dark/>"),
    ChartImage("http-latency-p95", "Latency", "p95 rose", png=b"\x89PNG", signal="http/latency-p95"),
)
STORIES: tuple[Callable[[], Incident], ...] = (
    classic,
    made.ongoing,
    made.quiet,
    made.hostile,
    made.fortnight,
    made.many_entries,
    made.many_series,
)
VOID = {"meta", "img", "input", "br", "link"}


class Reader(HTMLParser):
    """Every tag with its attributes, the text outside style and script, and whether tags nest."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.crossed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text.append(data)


def read(incident: Incident) -> Reader:
    reader = Reader()
    reader.feed(to_page(incident, charts=CHARTS, links=LINKS))
    reader.close()
    return reader


@pytest.mark.parametrize("story", STORIES)
def test_tags_nest_ids_are_unique_and_every_anchor_leads_somewhere(story: Callable[[], Incident]) -> None:
    page = read(story())
    assert page.crossed == []
    assert page.open == []
    ids = Counter(attrs["id"] for _, attrs in page.tags if "id" in attrs)
    assert [name for name, count in ids.items() if count > 1] == []
    anchors = {attrs["href"][1:] for tag, attrs in page.tags if tag == "a" and attrs["href"].startswith("#")}
    assert anchors <= set(ids)
    labelled = {name for _, attrs in page.tags for name in attrs.get("aria-labelledby", "").split()}
    assert labelled <= set(ids)


@pytest.mark.parametrize("story", STORIES)
def test_nothing_is_loaded_from_anywhere_and_nothing_runs_inline(story: Callable[[], Incident]) -> None:
    for tag, attrs in read(story()).tags:
        assert tag not in {"link", "iframe", "object", "embed", "base", "video", "audio", "image"}
        assert not [name for name in attrs if name.startswith("on") or name in ("style", "srcset", "background")]
        if "src" in attrs:
            assert tag == "img"
            assert attrs["src"].startswith("data:image/")
        if "href" in attrs:
            assert tag == "a"
            assert attrs["href"].startswith(("#", "http://", "https://"))


@pytest.mark.parametrize("story", [classic, made.hostile])
def test_the_policy_allows_this_style_and_this_script_and_no_other(story: Callable[[], Incident]) -> None:
    text = to_page(story(), charts=CHARTS)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    rules = dict(rule.split(" ", 1) for rule in policy.replace("&#39;", "'").split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"


def test_ids_that_stand_for_the_same_name_it_once() -> None:
    text = to_page(classic(), charts=CHARTS)
    for cell in re.findall(r'<p class="cites">(.*?)</p>', text, re.DOTALL):
        names = [name for name in re.findall(r"<bdi>(.*?)</bdi>", cell) if name]
        assert all(one != other for one, other in pairwise(names)), names


def test_everything_is_there_without_the_script() -> None:
    incident = classic()
    page = read(incident)
    text = re.sub(r"\s+", " ", " ".join(page.text))
    for entry in incident.timeline:
        assert str(entry.facts["title"]) in text
        assert entry.rule in text
    for hint in incident.explanation.hints:
        assert all(part.strip() in text for part in re.split(r"\d\d:\d\d:\d\d", hint.statement))
        for reason in (*hint.reasons_for, *hint.reasons_against):
            assert reason.says in text
    for ruled in incident.explanation.ruled_out:
        assert ruled.says in text
    for gone in incident.explanation.dismissed_changes:
        assert gone.says in text
    for query in incident.evidence.queries:
        assert re.sub(r"\s+", " ", lines(query.query)) in text
    assert text.index("403 Forbidden") < text.index("Requests to shop failed"), "gaps are said first"


def test_each_query_links_to_the_servers_graph_and_to_grafana() -> None:
    incident = classic()
    targets = [attrs["href"] for tag, attrs in read(incident).tags if tag == "a"]
    assert sum(href.startswith("http://prom.example:9090/graph?") for href in targets) == len(incident.evidence.queries)
    assert sum(href.startswith("https://grafana.example/explore?") for href in targets) == len(
        incident.evidence.queries
    )
    without = to_page(incident)
    assert "/graph?" not in without
    assert "/explore?" not in without


def test_hostile_names_are_text_and_only_text() -> None:
    incident = made.hostile()
    page = read(incident)
    assert [tag for tag, _ in page.tags if tag == "script"] == ["script"]
    assert len([tag for tag, _ in page.tags if tag == "img"]) == 3
    text = "".join(page.text)
    for entry in incident.timeline:
        assert plain(str(entry.facts["title"])) in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


def test_links_of_events_lead_to_web_addresses_only() -> None:
    story = classic()
    events = tuple(replace(e, url="javascript:alert(1)") for e in story.evidence.events)
    text = to_page(replace(story, evidence=replace(story.evidence, events=events)))
    assert "javascript:" not in text


def test_pictures_are_inside_with_alt_text_and_a_dark_twin_where_there_is_one() -> None:
    pictures = [attrs for tag, attrs in read(classic()).tags if tag == "img"]
    assert [p["alt"] for p in pictures] == ["what happened", "what happened", "p95 rose"]
    assert [p["src"].split(";")[0] for p in pictures] == ["data:image/svg+xml", "data:image/svg+xml", "data:image/png"]


def test_the_same_incident_gives_the_same_page() -> None:
    assert to_page(classic(), charts=CHARTS, links=LINKS) == to_page(classic(), charts=CHARTS, links=LINKS)


def test_marks_stand_where_their_time_is() -> None:
    drawn = strip(classic())
    places = {mark.entry.id: mark.percent for lane in drawn.lanes for mark in lane.marks}
    assert len(places) == len(classic().timeline)
    assert places["t1"] == pytest.approx(100 * 46 / 195, abs=0.01)
    assert drawn.impact is not None
    assert 0 < drawn.impact[0] < drawn.impact[1] < 100
    assert strip(made.ongoing()).impact == pytest.approx((100 * 4282.5 / 6300, 100.0), abs=0.01)
    assert strip(made.quiet()).impact is None
