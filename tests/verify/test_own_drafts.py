"""Our own drafts, in every form, are not contradicted by the evidence that they were made from; changed, they are."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import cache, partial

import pandas as pd
import pytest

from reconstruct.model.verification import Verification
from reconstruct.render.files import output_files, own_drafts
from reconstruct.render.markdown import to_markdown
from reconstruct.verify import verify
from tests.incidents.recorded import HERE, incident

QUIET = "08-quiet"
BUNDLES = ("00-seed", *sorted(path.stem for path in HERE.glob("*.zip")))
INCIDENTS = tuple(name for name in BUNDLES if name != QUIET)
FORMS = ("md", "github", "gitlab", "csv", "mermaid", "confluence", "html", "slack")
TEMPLATES = ("google-sre", "pagerduty", "atlassian")
MOST = 0.9
"""Of the lines of a timeline so many are confirmed."""
CAUGHT = 0.99
"""Of the lines that are changed in one thing so many are contradicted."""
STAMP = re.compile(r"^\| (?:\d{4}-\d\d-\d\d )?(\d\d:\d\d:\d\d)")


@cache
def draft(name: str) -> tuple[str, ...]:
    return tuple(to_markdown(incident(name)).split("\n"))


@cache
def ours(name: str) -> tuple[str, ...]:
    """What the command writes over this evidence, in every form."""
    return tuple(own_drafts(incident(name)))


def rows(name: str) -> Iterator[tuple[int, str]]:
    """Index and text of each row of the timeline."""
    for n, line in enumerate(draft(name)):
        if STAMP.match(line):
            yield n, line


def contradicted(outcome: Verification) -> set[int]:
    return {line.line for line in outcome.lines if line.verdict == "contradicted"}


def alone(name: str, n: int, changed: str) -> set[int]:
    """Lines that are contradicted when one line is changed; the others are left out, all but headings, for speed."""
    lines = draft(name)
    kept = [line if line.startswith(("#", "| Time (UTC)", "| ---")) or "All times" in line else "" for line in lines]
    kept[n] = changed
    return contradicted(verify("\n".join(kept), incident(name), drafts=partial(ours, name)))


def later(row: str, *, minutes: int) -> str:
    match = STAMP.match(row)
    assert match is not None
    moved = pd.Timestamp(f"2026-01-01T{match[1]}") + pd.Timedelta(minutes=minutes)
    return f"{row[: match.start(1)]}{moved:%H:%M:%S}{row[match.end(1) :]}"


def forms_of(number: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Three of the forms and one template, so that all bundles together show each of them at least twice."""
    return tuple(FORMS[(3 * number + n) % len(FORMS)] for n in range(3)), (TEMPLATES[number % len(TEMPLATES)],)


@pytest.mark.parametrize("name", BUNDLES)
def test_nothing_of_a_draft_is_contradicted_in_any_form(name: str) -> None:
    forms, templates = forms_of(BUNDLES.index(name))
    files = output_files(incident(name), forms, templates=templates)
    wrong = {
        file: [line.text[:120] for line in outcome.lines if line.verdict == "contradicted"]
        for file, made in files.items()
        if not file.startswith("alerts/")  # rules, which Prometheus reads
        and (outcome := verify(made.decode(), incident(name), drafts=partial(ours, name))).count("contradicted")
    }
    assert not wrong


@pytest.mark.parametrize("name", BUNDLES)
def test_most_of_a_timeline_is_confirmed(name: str) -> None:
    outcome = verify("\n".join(draft(name)), incident(name))
    assert not outcome.foreign
    verdicts = {line.line: line.verdict for line in outcome.lines}
    told = [verdicts.get(n + 1) for n, _ in rows(name)]
    assert told.count("confirmed") >= MOST * len(told)


@pytest.mark.parametrize("name", BUNDLES)
def test_nor_with_a_second_column_of_times_in_another_zone(name: str) -> None:
    text = to_markdown(incident(name), zone="Asia/Kolkata")
    assert not contradicted(verify(text, incident(name), zone="Europe/Berlin", drafts=partial(ours, name)))


@pytest.mark.slow
def test_a_row_with_another_time_is_contradicted() -> None:
    """One row seven minutes late, the next twenty early; of each third row, since each costs a run of its own."""
    told = [(name, n, row) for name in BUNDLES for n, row in rows(name)][::3]
    shifts = itertools.cycle([7, -20])
    missed = [row for name, n, row in told if alone(name, n, later(row, minutes=next(shifts))) != {n + 1}]
    assert len(missed) <= (1 - CAUGHT) * len(told), missed


def test_another_version_is_contradicted() -> None:
    version = re.compile(r"(?<![\w.])\d+\.\d+\.\d+(?![\w.])")
    spots = [(name, n, row, m) for name in BUNDLES for n, row in rows(name) for m in version.finditer(row)]
    assert spots
    spots = spots[::2]
    missed = [
        row
        for name, n, row, match in spots
        if alone(name, n, f"{row[: match.start()]}9.9.9{row[match.end() :]}") != {n + 1}
    ]
    assert not missed


def test_a_zone_that_the_table_does_not_have_is_contradicted() -> None:
    text = "\n".join(draft("00-seed"))
    assert "All times UTC" in text
    outcome = verify(text.replace("All times UTC", "All times CET"), incident("00-seed"))
    assert any(f.reason == "own-zone" for line in outcome.lines for f in line.findings)


def test_two_rows_in_the_wrong_order_are_contradicted() -> None:
    lines = list(draft("00-seed"))
    first, second = [n for n, row in rows("00-seed")][3:5]
    lines[first], lines[second] = lines[second], lines[first]
    outcome = verify("\n".join(lines), incident("00-seed"))
    assert any(f.reason == "own-order" for line in outcome.lines for f in line.findings)


def test_an_id_that_does_not_resolve_is_contradicted() -> None:
    n, row = next((n, row) for n, row in rows("00-seed") if "`e" in row)
    assert alone("00-seed", n, re.sub(r"`e\d+`", "`e9999`", row, count=1)) == {n + 1}
