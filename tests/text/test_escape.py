"""Foreign text stays text in every format, judged by what really reads the format."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconstruct.text import escape
from tests.render.hosts import github_html, gitlab_html, shown
from tests.render.incident_factory import HOSTILE

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)
MARKUP = st.text(alphabet="ab1 \\`*_{}[]()<>#+-.!|~&@$^:;/=\"'\n", max_size=40)

NASTY = [
    *HOSTILE.values(),
    "- item",
    "1. item",
    "2) item",
    "# heading",
    "=====",
    "> quote",
    "~~~",
    "```",
    "***",
    "---",
    "__init__ _x_ a_b_c",
    "[a]: http://evil.example",
    "[^1] [[wiki]] ![img](x)",
    "&copy; &#35; &amp;",
    "mail me@evil.example or www.evil.example or https://evil.example/a?b=c",
    "ftp://evil.example mailto:me@evil.example",
    "@team #12 !7 %3 ~bug &4 $5 GH-6 acme/shop#7",
    ":fire: :+1: :100: at 13:55:30",
    "$x^2$ and `code` and ``more``",
    "<!-- comment --> <details>",
    "trailing backslash \\",
    "| a | b |",
    "~~gone~~",
    "/close",
]


@pytest.mark.parametrize("host", [github_html, gitlab_html])
@pytest.mark.parametrize("text", NASTY)
def test_markdown_shows_hostile_text_as_it_is(host: object, text: str) -> None:
    assert callable(host)
    page = str(host(f"| a | b |\n| --- | --- |\n| {escape.markdown(text)} | end |\n"))
    assert shown(page) == f"a b {escape.plain(text)} end".replace("  ", " ")
    cells = re.sub(r"</?(?:table|thead|tbody|tr|t[dh])>", "", page)
    assert "<" not in cells.replace("<span data-escaped-char>", "").replace("</span>", "")


@pytest.mark.parametrize("host", [github_html, gitlab_html])
@pytest.mark.parametrize("text", NASTY)
def test_markdown_starts_no_block_where_text_stands_first(host: object, text: str) -> None:
    assert callable(host)
    page = str(host(f"- {escape.markdown(text)}\n"))
    assert page.count("<li>") == 1
    assert not re.search(r"<(?:h\d|ol|blockquote|hr|pre|table|a|img|script|em|strong|code|del|input)\b", page)


@given(text=MARKUP)
def test_markdown_never_makes_markup_of_random_marks(text: str) -> None:
    page = github_html(f"x {escape.markdown(text)} y\n")
    assert shown(page) == re.sub(r"\s+", " ", f"x {escape.plain(text)} y")


@pytest.mark.parametrize(
    "text", ["@everyone", "#12", "acme/shop#7", "!7", "GH-6", "https://evil.example", "www.evil.example", ":fire:"]
)
def test_a_host_that_links_names_after_rendering_finds_none(text: str) -> None:
    # Both hosts look for these in the text of the finished HTML, so Markdown's own escapes do not help.
    seen = re.sub(r"<[^>]+>", "", github_html(escape.markdown(text)))
    assert text not in seen
    assert seen.replace("\u200b", "").strip() == text


def test_times_and_metric_names_stay_readable_in_the_source() -> None:
    assert escape.markdown("http_requests_total at 13:55:30") == "http_requests_total at 13:55:30"


@given(text=ANY_TEXT)
def test_inline_code_shows_the_text_exactly(text: str) -> None:
    code = escape.markdown_code(text)
    want = re.sub(r" +", " ", escape.plain(text))
    assert shown(github_html(f"x {code} y")) == re.sub(r"\s+", " ", f"x {want} y".replace("\u200b", ""))


@pytest.mark.parametrize("query", ["a|b", "a`|`b", "{x=~'a|b'}"])
def test_inline_code_keeps_its_cell(query: str) -> None:
    row = f"| {escape.markdown_code(query, in_table=True)} | end |"
    page = github_html(f"| a | b |\n| --- | --- |\n{row}\n")
    assert shown(page) == f"a b {query} end"
    assert "<code>" in page


@pytest.mark.parametrize("query", ["up", "a ``` b", "line\n```\n# heading\n````", "~~~", "x\x1b[31m"])
def test_a_fence_holds_whatever_the_query_holds(query: str) -> None:
    page = github_html(f"{escape.markdown_fence(query, language='promql')}\n\nafter\n")
    assert page.count("<pre>") + page.count("<pre lang") == 1
    assert page.endswith("<p>after</p>\n")


@given(text=ANY_TEXT)
def test_plain_is_one_visible_line(text: str) -> None:
    line = escape.plain(text)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", line)
    assert line.encode("utf-8").decode("utf-8") == line
    assert escape.plain(line) == line


def test_clip_never_halves_a_joined_emoji_or_an_accent() -> None:
    assert escape.clip("ab\U0001f468\u200d\U0001f4bb", most=4) == "ab…"
    assert escape.clip("cafe\u0301s", most=5) == "caf…"
    assert escape.clip("shop", most=4) == "shop"


@given(text=ANY_TEXT)
def test_xml_reads_back_what_is_visible(text: str) -> None:
    node = ET.fromstring(f'<r a="{escape.xml(text)}">{escape.xml(text)}</r>')
    assert (node.text or "") == node.get("a") == escape.plain(text)


@given(text=ANY_TEXT)
def test_cdata_reads_back_what_is_visible(text: str) -> None:
    assert (ET.fromstring(f"<r>{escape.cdata(text + ']]>' + text)}</r>").text or "") == escape.lines(
        text + "]]>" + text
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "|calc", "＝1", " =1", "\t=1", "\r=1", "\n@x"])
def test_no_csv_cell_begins_a_formula(text: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerow([escape.csv_cell(text)])
    (cell,) = next(csv.reader(io.StringIO(out.getvalue())))
    assert cell.startswith("'")


@pytest.mark.parametrize(
    "text", ["<!channel>", "<@U1>", "<http://evil.example|click>", "*bold*", "_it_", "`c`", ":fire:"]
)
def test_slack_finds_no_mention_link_or_mark(text: str) -> None:
    out = escape.slack(text)
    assert "<" not in out
    assert not re.search(r"(?<!\u200b)[*`~]|(?<!\u200b)\b_|:\w+:", out)


@given(text=ANY_TEXT)
def test_mermaid_names_hold_nothing_its_grammar_reads(text: str) -> None:
    name = escape.mermaid(text)
    assert name
    assert not set(name) & set(':;#,%"{}<>|\n`')
