"""Hostile text in every field and every output: nothing of it is markup, a link of its own, a formula or a control."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from reconstruct.charts.image import ChartImage
from reconstruct.render.change_table import to_jsonl, to_table
from reconstruct.render.confluence import to_confluence
from reconstruct.render.incident_json import to_json
from reconstruct.render.markdown import to_markdown
from reconstruct.render.markdown_evidence import to_evidence
from reconstruct.render.mermaid import to_mermaid
from reconstruct.render.page import to_page
from reconstruct.render.report import one_line, to_report
from reconstruct.render.slack import to_slack
from reconstruct.render.terminal import to_terminal
from reconstruct.render.timeline_csv import to_csv
from tests.render.hostile_evidence import PAYLOADS, hostile_incident
from tests.render.hosts import github_html, gitlab_html
from tests.render.test_confluence import AC, ELEMENTS, RI
from tests.render.test_mermaid import TASK

TAGS = {
    *("h1", "h2", "h3", "p", "strong", "blockquote", "ul", "ol", "li", "code", "pre", "a", "br"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Elements(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def commonmark_html(text: str) -> str:
    return str(MarkdownIt("commonmark", {"html": True}).render(text))


def test_there_are_two_hundred_payloads_and_they_are_in_the_incident() -> None:
    assert len(PAYLOADS) >= 200
    incident = hostile_incident()
    assert incident.explanation.verdict == "incident"
    assert len(incident.evidence.events) == len(PAYLOADS) == len(incident.evidence.alerts)
    assert len(incident.timeline) > len(PAYLOADS)


@pytest.mark.parametrize("host", [commonmark_html, github_html, gitlab_html])
@pytest.mark.parametrize("write", [to_markdown, to_evidence])
def test_markdown_is_text_to_every_host(host: Callable[[str], str], write: Callable[..., str]) -> None:
    incident = hostile_incident()
    elements = Elements(host(write(incident))).found
    assert {tag for tag, _ in elements} <= TAGS
    assert {name for _, attrs in elements for name in attrs} <= {"href", "class", "align", "style", "lang", "start"}
    web = {event.url for event in incident.evidence.events if re.match(r"https?://", event.url)}
    links = {attrs["href"] for tag, attrs in elements if tag == "a" and "href" in attrs}
    assert not [link for link in links if not re.match(r"https?://|evidence\.md|timeline\.md|#", link)]
    assert len(links) <= len(web) + 2
    assert not CONTROLS.search(write(incident))


def test_the_page_has_no_element_and_no_link_of_theirs() -> None:
    elements = Elements(to_page(hostile_incident())).found
    assert len([tag for tag, _ in elements if tag == "script"]) == 1
    assert not {"iframe", "object", "embed", "base", "form", "link", "video", "audio"} & {t for t, _ in elements} - {
        "form"
    }
    assert not [name for _, attrs in elements for name in attrs if name.startswith("on")]
    links = [attrs["href"] for _, attrs in elements if "href" in attrs]
    assert not [link for link in links if not re.match(r"https?://|#", link)]


def test_confluence_is_well_formed_and_has_only_known_elements() -> None:
    body = to_confluence(hostile_incident(), charts=(ChartImage("overview", "Overview", PAYLOADS[0], png=b"x"),))
    page = ET.fromstring(f'<page xmlns:ac="{AC}" xmlns:ri="{RI}">{body}</page>')
    assert {node.tag for node in page.iter()} - {"page"} <= ELEMENTS
    links = [node.get("href", "") for node in page.iter("a")]
    assert not [link for link in links if not re.match(r"https?://", link)]


def test_no_cell_of_the_table_is_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(to_csv(hostile_incident()), newline="")))
    assert len({len(row) for row in rows}) == 1
    assert not [cell for row in rows for cell in row if re.match(r"\s*[=+\-@|\t\r\n\uff1d]", cell)]
    assert not [cell for row in rows for cell in row if CONTROLS.search(cell)]


def test_slack_mentions_nobody() -> None:
    text = json.dumps(to_slack(hostile_incident()), ensure_ascii=False)
    assert not re.search(r"<[!@#]|<https?:|<mailto:|<javascript:", text)
    for block in to_slack(hostile_incident())["blocks"]:
        told = json.dumps(block, ensure_ascii=False)
        assert "<" not in told, told


@pytest.mark.parametrize(
    "text",
    [
        lambda incident: to_terminal(incident, colour=False),
        to_report,
        one_line,
        lambda incident: to_table(incident.evidence.events, incident.evidence.alerts),
        lambda incident: to_jsonl(incident.evidence.events, incident.evidence.alerts),
        lambda incident: to_json(incident),
        to_mermaid,
    ],
    ids=["terminal", "report", "one line", "changes", "jsonl", "json", "mermaid"],
)
def test_nothing_controls_a_terminal(text: Callable[..., str | bytes]) -> None:
    shown = text(hostile_incident())
    assert not CONTROLS.search(shown.decode() if isinstance(shown, bytes) else shown)


def test_a_coloured_terminal_is_sent_colours_only() -> None:
    shown = to_terminal(hostile_incident(), colour=True)
    assert not CONTROLS.search(re.sub(r"\x1b\[[0-9;]*m", "", shown))


def test_json_is_json_and_each_line_of_changes_too() -> None:
    incident = hostile_incident()
    assert json.loads(to_json(incident))["schema"]
    changes = to_jsonl(incident.evidence.events, incident.evidence.alerts)
    assert len([json.loads(line) for line in changes.splitlines()]) == 2 * len(PAYLOADS)


def test_every_task_of_the_gantt_fits_its_grammar() -> None:
    _, *body = to_mermaid(hostile_incident()).rstrip("\n").split("\n    section ")
    tasks = [task for section in body for task in section.split("\n")[1:]]
    assert tasks
    assert [task for task in tasks if not TASK.fullmatch(task)] == []
