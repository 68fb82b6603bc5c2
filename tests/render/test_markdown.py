"""timeline.md: what it says, and that both hosts show the same of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from reconstruct.charts.image import ChartImage
from reconstruct.model import Gap, Incident, Query
from reconstruct.render.markdown import BODY_LIMITS, to_markdown
from reconstruct.render.markdown_evidence import to_evidence
from reconstruct.render.markdown_parts import Flavour, cite
from reconstruct.text.escape import plain
from reconstruct.text.links import Links
from reconstruct.text.references import Cited
from tests.render import stories as made
from tests.render.hosts import github_html, gitlab_html, shown
from tests.render.stories import classic

STORIES: dict[str, Callable[[], Incident]] = {
    "classic": classic,
    "ongoing": made.ongoing,
    "quiet": made.quiet,
    "hostile": made.hostile,
    "fortnight": made.fortnight,
    "forty_minutes": made.forty_minutes,
    "many_entries": made.many_entries,
}
CHARTS = (
    ChartImage("overview", "Overview", "Latency | errors rose at 13:56 [see]", png=b"png"),
    ChartImage(
        "http-latency-p95", "Latency", "p95 rose from 48 ms to 4.47 s", svg=b"<svg/>", signal="http/latency-p95"
    ),
)


def section(text: str, heading: str) -> str:
    match = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return match[1] if match else ""


def rows(block: str) -> list[list[str]]:
    return [re.split(r" (?<!\\)\| ", line.strip("| ")) for line in block.splitlines() if line.startswith("| ")][2:]


@pytest.mark.parametrize("flavour", ["plain", "github", "gitlab"])
@pytest.mark.parametrize("story", STORIES)
def test_both_hosts_show_the_same(story: str, flavour: Flavour) -> None:
    text = to_markdown(STORIES[story](), charts=CHARTS, links=Links("http://p:9090", "http://g", "u"), flavour=flavour)
    github, gitlab = github_html(text), gitlab_html(text)
    if flavour != "plain":  # alerts are drawn by GitHub after rendering, and by comrak itself
        gitlab = re.sub(r'<div class="markdown-alert[^>]*>\s*<p[^>]*>Warning</p>', "<p>[!WARNING] ", gitlab)
    assert shown(github) == shown(gitlab)
    for tag in ("table", "tr", "td", "th", "h1", "h2", "h3", "li", "pre", "a ", "img "):
        assert github.count(f"<{tag}") == gitlab.count(f"<{tag}"), tag


@pytest.mark.parametrize("story", STORIES)
def test_every_line_of_the_timeline_is_one_row_that_cites_and_names_its_rule(story: str) -> None:
    incident = STORIES[story]()
    page = github_html(to_evidence(incident))
    body = page.split("<h2>All entries</h2>")[1].split("<h2>")[0]
    cells = re.findall(
        r"<tr>\s*<td>(.*?)</td>\s*<td>(.*?)</td>\s*<td>(.*?)</td>\s*<td>(.*?)</td>\s*</tr>", body, re.DOTALL
    )
    assert len(cells) == len(incident.timeline)
    for entry, (time, event, evidence, rule) in zip(incident.timeline, cells, strict=True):
        assert entry.moment.time.strftime("%H:%M:%S") in time
        assert f"<code>{entry.evidence[0]}</code>" in evidence
        assert f"<code>{entry.rule}</code>" in rule
        assert plain(str(entry.facts["title"]))[:40] in shown(event)


def test_hostile_names_make_no_tag_no_link_and_no_picture() -> None:
    incident = made.hostile()
    for host, write in ((github_html, to_markdown), (gitlab_html, to_markdown), (github_html, to_evidence)):
        page = host(write(incident))
        tags = set(re.findall(r"<(/?\w+)", page))
        assert {t.strip("/") for t in tags} <= {
            *("h1", "h2", "h3", "p", "strong", "blockquote", "ul", "ol", "li", "code", "pre", "a"),
            *("table", "thead", "tbody", "tr", "th", "td"),
        }
        targets = set(re.findall(r'href="([^"]*)"', page))
        assert targets <= {event.url for event in incident.evidence.events} | {"evidence.md", "timeline.md"}


def test_what_was_not_seen_is_said_before_anything_else() -> None:
    text = to_markdown(classic())
    assert text.index("job catalog, 14:40:00 to 14:47:00: scrape failed") < text.index("## Summary")
    assert "403 Forbidden" in section(to_evidence(classic()), "Data gaps")


def test_a_gap_before_the_window_is_told_but_not_first() -> None:
    story = made.forty_minutes()
    start = story.evidence.window.baseline_start
    old = Gap("g1", "prometheus", "job old", "scrape failed", start, start + pd.Timedelta("5min"))
    told = replace(story, evidence=replace(story.evidence, gaps=(old,)))
    assert "job old" not in to_markdown(told)
    assert "1 data gap that changed nothing said here" in section(to_markdown(told), "Data gaps")
    assert "job old" in section(to_evidence(told), "Data gaps")


def test_a_gap_that_could_change_nothing_does_not_lead() -> None:
    story = classic()
    gaps = tuple(replace(gap, matters=False) for gap in story.evidence.gaps)
    text = to_markdown(replace(story, evidence=replace(story.evidence, gaps=gaps)))
    assert "scrape failed" not in text.split("## Summary")[0]
    assert "2 data gaps that changed nothing said here" in section(text, "Data gaps")


def test_many_gaps_of_one_kind_are_one_line() -> None:
    story = made.forty_minutes()
    gaps = tuple(Gap(f"g{n}", "prometheus", f"signal-{n}", "no data", matters=True) for n in range(1, 31))
    text = to_markdown(replace(story, evidence=replace(story.evidence, gaps=gaps)))
    assert "signal-1, signal-2, signal-3, 27 more: no data (prometheus)" in text.split("## Summary")[0].replace(
        "\\", ""
    )


def test_milestones_carry_interval_formula_and_evidence() -> None:
    block = section(to_markdown(classic()), "Milestones")
    assert "| Onset | **13:56:22** | 13:56:00 to 13:56:30 |" in block
    assert "| Time to detect | **1 min 8 s** | 30 s to 1 min 30 s | detected - onset |" in block
    assert "`e5` [deploys.jsonl 57405](<https://github.example.internal/acme/57405>)" in block


def test_an_ongoing_incident_claims_no_recovery() -> None:
    text = to_markdown(made.ongoing())
    assert "It was ongoing at 14:30:00" in section(text, "Summary")
    assert "| Recovered | - | - | Not recovered by the end of the window |" in text
    assert "from 2026-11-17 13:56 UTC, ongoing" in text.splitlines()[0]


def test_a_quiet_window_says_so_and_blames_nothing() -> None:
    text = to_markdown(made.quiet())
    assert text.startswith("# No incident found, 2026-11-17 12:45 to 16:00 UTC")
    assert "## Candidate causes" not in text
    assert "## Milestones" not in text


def test_hints_show_both_sides_and_what_is_left() -> None:
    block = section(to_evidence(classic()), "Candidate causes")
    assert "(supported, 86 %)" in block
    assert "`reversal`: symptoms ended when shop 2.14.1 was back on each instance. (`e5`, `a10`)" in block
    assert block.index("Against:") > block.index("For:")
    assert "Unexplained: 8 %." in block


def test_a_window_across_midnight_shows_dates() -> None:
    assert all(re.match(r"2026-11-\d\d ", row[0]) for row in rows(section(to_markdown(made.fortnight()), "Timeline")))
    assert all(re.match(r"\d\d:", row[0]) for row in rows(section(to_markdown(classic()), "Timeline")))


def test_a_second_column_shows_a_local_zone() -> None:
    block = section(to_markdown(classic(), zone="Asia/Kolkata"), "Timeline")
    assert "| Time (UTC) | Time (Asia/Kolkata) | Event | Evidence |" in block
    assert "| 13:55:30 ±15 s | 19:25:30 |" in block


def test_charts_are_linked_with_alt_text_only_where_they_travel() -> None:
    text = to_markdown(classic(), charts=CHARTS)
    assert 'src="charts/overview.png" alt="Latency | errors rose at 13:56 [see]"' in github_html(text)
    assert "charts/http-latency-p95.svg" not in text
    assert "](<charts/http-latency-p95.svg>)" in section(to_evidence(classic(), charts=CHARTS), "Charts")
    assert "charts/" not in to_markdown(classic(), charts=CHARTS, flavour="github")


def test_each_query_behind_a_citation_can_be_asked_again() -> None:
    incident = classic()
    block = section(to_evidence(incident, links=Links("http://prom:9090")), "Queries")
    for anomaly in incident.anomalies:
        if any(anomaly.id in entry.evidence for entry in incident.timeline):
            (query,) = (q for q in incident.evidence.queries if q.id == anomaly.query)
            assert f"```promql\n{query.query}\n```" in block
    assert "http://prom:9090/graph?g0.expr=" in block
    assert "incident.json lists them" in block


def test_backticks_in_a_query_do_not_end_its_block() -> None:
    story = classic()
    nasty = 'x{a="```"}\n# heading\n````'
    queries = tuple(replace(q, query=nasty) for q in story.evidence.queries)
    page = github_html(to_evidence(replace(story, evidence=replace(story.evidence, queries=queries))))
    assert "<h1>heading" not in page
    assert "x{a=&quot;```&quot;}\n# heading\n````" in page


@pytest.mark.parametrize("flavour", ["github", "gitlab"])
def test_a_flavour_for_pasting_folds_the_appendix_and_draws_with_mermaid(flavour: Flavour) -> None:
    text = to_markdown(classic(), flavour=flavour)
    assert "```mermaid\ngantt\n" in text
    assert text.count("<details>") == text.count("</details>") == 2
    assert "> [!WARNING]" in text


def test_plain_is_free_of_html_and_extensions() -> None:
    text = to_markdown(classic(), charts=CHARTS)
    assert "<details>" not in text
    assert "[!WARNING]" not in text
    assert "mermaid" not in text


def test_what_github_takes_is_never_exceeded_and_the_rest_is_said() -> None:
    story = made.many_entries(2000)
    text = to_markdown(story, flavour="github")
    assert len(text) <= BODY_LIMITS["github"]
    told = len(rows(section(text, "Timeline")))
    assert 0 < told < 2000
    assert f"{2000 - told:,} more lines in incident.json" in text
    assert len(rows(section(to_markdown(story), "Timeline"))) == 2000


def test_the_same_incident_gives_the_same_text() -> None:
    assert to_markdown(classic(), charts=CHARTS) == to_markdown(classic(), charts=CHARTS)


def test_a_query_without_an_answer_is_still_counted() -> None:
    story = made.forty_minutes()
    window = story.evidence.window
    silent = Query("q99", "x/y", "absent_metric", window.start, window.end, 15.0, 0)
    text = to_evidence(replace(story, evidence=replace(story.evidence, queries=(*story.evidence.queries, silent))))
    more = len(story.evidence.queries) + 1 - section(text, "Queries").count("```promql")
    assert f"{more} more queries were asked" in text


def test_only_key_entries_stand_in_the_draft_and_all_in_the_evidence() -> None:
    story = classic()
    timeline = tuple(replace(e, level="detail") if e.kind == "peak" else e for e in story.timeline)
    told = replace(story, timeline=timeline)
    assert "peaks at" not in to_markdown(told)
    assert "peaks at" in section(to_evidence(told), "All entries")


def test_ids_that_stand_for_the_same_are_told_together() -> None:
    known = {one: Cited(one, "anomaly", name, name) for one, name in (("a1", "x"), ("a2", "x"), ("a3", "y"))}
    assert cite(["a1", "a2", "a3"], known) == "`a1`, `a2` x, `a3` y"
    assert cite(["a1", "a3", "a2"], known, most=2) == "`a1` x, `a3` y, 1 more"
