"""The answer of `verify` as a table and as JSON: escaped, wrapped, counted."""

from __future__ import annotations

import json

from reconstruct.render.verification import summary, to_verification_json, to_verification_table
from reconstruct.verify import Verification, verify
from tests.render.incident_classic import classic

STORY = classic()
HOSTILE = "13:10 shop 2.20.0 was deployed \x1b[31mred\x1b[0m \x07 \u202egnp.exe " + "x" * 500


def outcome(text: str) -> Verification:
    return verify(text, STORY)


def test_no_control_character_of_the_document_reaches_the_terminal() -> None:
    table = to_verification_table(outcome(HOSTILE), columns=80)
    assert "contradicted" in table
    assert not set(table) & {"\x1b", "\x07", "\u202e"}
    assert max(map(len, table.splitlines())) <= 80


def test_each_line_stands_with_its_number_verdict_text_and_evidence() -> None:
    table = to_verification_table(outcome("# Title\n\n13:57 ProbeFailed fired\n\n14:10 somebody slept\n"), columns=100)
    rows = table.splitlines()
    assert "3  holds         13:57 ProbeFailed fired" in rows[1]
    assert "ProbeFailed fired at 13:57:30 (al1)" in rows[2]
    assert "5  not checked   14:10 somebody slept" in rows[3]
    assert "1 line holds, 0 contradicted, 1 not checked; 1 line without anything to check." in table


def test_colour_only_where_it_is_asked_for() -> None:
    found = outcome("13:57 ProbeFailed fired")
    assert "\x1b[32mholds" in to_verification_table(found, colour=True)
    assert "\x1b" not in to_verification_table(found)


def test_a_document_without_a_claim_says_so() -> None:
    assert summary(outcome("# Words\n\nNothing else.")) == "No line claims anything that can be checked (2 lines read)."
    assert to_verification_table(outcome("Words.")).startswith("No line claims anything")


def test_json_has_every_line_with_its_claims_in_full() -> None:
    window = STORY.evidence.window
    found = outcome(f"13:57 ProbeFailed fired\n\n{HOSTILE}")
    text = to_verification_json(found, file="p.md", window=window, generator={"name": "reconstruct", "version": "x"})
    document = json.loads(text)
    assert document["schema"] == "reconstruct/verification/1"
    assert document["counts"] == {"holds": 1, "contradicted": 1, "not_checked": 0}
    assert document["window"] == {"start": "2026-11-17T12:45:00Z", "end": "2026-11-17T16:00:00Z"}
    assert [(row["line"], row["verdict"], row["evidence"]) for row in document["lines"]] == [
        (1, "holds", ["al1"]),
        (3, "contradicted", ["e3"]),
    ]
    assert document["lines"][1]["text"] == HOSTILE
    assert document["lines"][0]["claims"] == [
        {"verdict": "holds", "says": "ProbeFailed fired at 13:57:30 (al1)", "evidence": ["al1"]}
    ]
    assert "\x1b" not in text
