"""The answer of `verify` in each form: escaped, wrapped, counted, and in the shapes that GitHub and GitLab take."""

from __future__ import annotations

import json
import re

import pytest

from reconstruct.model.verification import Verification
from reconstruct.render.verification import (
    summary,
    to_annotated,
    to_github,
    to_gitlab,
    to_verification_json,
    to_verification_table,
)
from reconstruct.verify import verify
from tests.render.incident_classic import classic

STORY = classic()
WINDOW = STORY.evidence.window
HOSTILE = "13:10 shop 2.20.0 was deployed \x1b[31mred\x1b[0m \x07 \u202egnp.exe " + "x" * 500
PAGE = """# Outage

- 13:57 ProbeFailed fired
- 13:10 shop 2.20.0 was deployed, 100 % \x20
- 14:10 somebody slept

| Time | Event |
| --- | --- |
| 13:57 | ProbeFailed fired |

```
13:10 shop 2.20.0 was deployed
```
"""


def outcome(text: str) -> Verification:
    return verify(text, STORY)


def test_no_control_character_of_the_document_reaches_the_terminal() -> None:
    table = to_verification_table(outcome(HOSTILE), window=WINDOW, columns=80)
    assert "contradicted" in table
    assert not set(table) & {"\x1b", "\x07", "\u202e"}
    assert max(map(len, table.splitlines())) <= 80


def test_each_line_stands_with_its_number_verdict_text_and_evidence() -> None:
    text = "# Title\n\n13:57 ProbeFailed fired\n\n14:10 somebody slept\n"
    table = to_verification_table(outcome(text), window=WINDOW, columns=100)
    rows = table.splitlines()
    assert "3  confirmed     13:57 ProbeFailed fired" in rows[1]
    assert "ProbeFailed fired at 13:57:30 (al1)" in rows[2]
    assert "5  human         14:10 somebody slept" in rows[3]
    assert "1 line confirmed, 0 contradicted, 0 unverifiable, 1 human act" in table
    assert "3 min off" in " ".join(table.split())


def test_colour_only_where_it_is_asked_for() -> None:
    found = outcome("13:57 ProbeFailed fired")
    assert "\x1b[32mconfirmed" in to_verification_table(found, window=WINDOW, colour=True)
    assert "\x1b" not in to_verification_table(found, window=WINDOW)


def test_a_document_without_a_claim_says_so() -> None:
    assert summary(outcome("Nothing else.")) == "No line claims anything that can be checked (1 passage read)."
    assert to_verification_table(outcome("Words."), window=WINDOW).startswith("No line claims anything")


def test_json_has_every_claim_with_its_place_its_time_and_what_was_measured() -> None:
    found = outcome(f"13:57 ProbeFailed fired\n\n{HOSTILE}")
    text = to_verification_json(found, file="p.md", window=WINDOW, generator={"name": "reconstruct", "version": "x"})
    document = json.loads(text)
    assert document["schema"] == "reconstruct/verification/2"
    assert document["counts"] == {"confirmed": 1, "contradicted": 1, "unverifiable": 0, "human": 0}
    assert [(row["line"], row["verdict"], row["evidence"][:1]) for row in document["lines"]] == [
        (1, "confirmed", ["al1"]),
        (3, "contradicted", ["e3"]),
    ]
    assert document["lines"][1]["text"] == HOSTILE
    claim = document["lines"][0]["claims"][0]
    assert (claim["kind"], claim["column"], claim["end_column"], claim["time"]) == (
        "alert",
        1,
        6,
        "2026-11-17T13:57:00Z",
    )
    assert claim["measured"][0]["earliest"] == "2026-11-17T13:57:30Z"
    assert claim["measured"][0]["written_later_s"] == -30.0
    assert "\x1b" not in text


def test_the_annotated_document_is_the_authors_text_with_marks_that_can_be_taken_out_again() -> None:
    shown = to_annotated(PAGE, outcome(PAGE), window=WINDOW)
    assert re.sub(r"\[\^verify-\d+\](?!:)", "", shown).startswith(PAGE)
    assert "ProbeFailed fired[^verify-1]" in shown
    assert "| 13:57 | ProbeFailed fired[^verify-4] |" in shown
    assert "[^verify-2]: **contradicted**: " in shown
    inside = shown.split("```")[1]
    assert "[^" not in inside


def test_in_html_the_notes_are_comments() -> None:
    page = "<h1>Outage</h1>\n<ul><li>13:57 ProbeFailed fired</li></ul>"
    shown = to_annotated(page, outcome(page), window=WINDOW, markup=True)
    assert re.sub(r"\s?<!-- .*? -->\n?", "", shown).rstrip() == page
    assert "<!-- verify: confirmed: ProbeFailed fired at 13:57:30" in shown


def test_github_gets_workflow_commands_with_their_escapes() -> None:
    lines = to_github(outcome(PAGE), file="docs/a,b.md", window=WINDOW).splitlines()
    command = re.compile(r"::(error|notice) file=([^,:]+)(,\w+=[^,:]*)*::.+")
    assert all(command.fullmatch(line) for line in lines), lines
    error = next(line for line in lines if line.startswith("::error"))
    assert error.startswith(
        "::error file=docs/a%2Cb.md,line=4,endLine=4,col=3,endColumn=8,title=contradicted%3A 13%3A10::"
    )
    assert not any("\n" in line or re.search(r"%(?!25|0A|0D|2C|3A)", line) for line in lines)


def test_gitlab_gets_a_code_quality_report() -> None:
    rows = json.loads(to_gitlab(outcome(PAGE), file="a.md", window=WINDOW))
    assert {frozenset(row) for row in rows} == {
        frozenset(("description", "check_name", "fingerprint", "severity", "location"))
    }
    assert {row["severity"] for row in rows} <= {"info", "minor", "major", "critical", "blocker"}
    assert len({row["fingerprint"] for row in rows}) == len(rows)
    assert all(row["location"]["path"] == "a.md" and row["location"]["lines"]["begin"] >= 1 for row in rows)
    assert any(row["severity"] == "major" and row["location"]["lines"]["begin"] == 4 for row in rows)


@pytest.mark.parametrize("form", ["github", "gitlab"])
def test_what_is_confirmed_is_no_annotation(form: str) -> None:
    found = outcome("13:57 ProbeFailed fired")
    bare = Verification(found.lines, 0, "UTC", 180.0)
    text = to_github(bare, file="a", window=WINDOW) if form == "github" else to_gitlab(bare, file="a", window=WINDOW)
    assert text.strip() in ("", "[]")
