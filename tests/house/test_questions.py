"""docs/questions.md: each search that it tells leads to the file that it names, among few others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(
    r"^\| (.+?) \| `(.+?)` \| `(.+?)` \| \[.+?\]\((.+?)\) \|$",
    (ROOT / "docs" / "questions.md").read_text(),
    re.MULTILINE,
)
MOST_HITS = 12
"""Files that a search may list: what fits on half a screen."""
pytestmark = pytest.mark.checkout


def test_there_are_twenty_questions() -> None:
    assert len(ROWS) == 20


@pytest.mark.parametrize(("question", "search", "file", "page"), ROWS)
def test_the_search_finds_the_file_among_few(question: str, search: str, file: str, page: str) -> None:
    hits = {
        str(path.relative_to(ROOT))
        for folder in ("reconstruct", "queries")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".yaml") and re.search(search, path.read_text(encoding="utf-8"))
    }
    assert file in hits, question
    assert len(hits) <= MOST_HITS, sorted(hits)
    assert (ROOT / "docs" / page).is_file()
