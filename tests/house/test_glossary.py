"""The field's words: what the glossary replaced is gone from code, queries, forms and documentation."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.checkout
ROOT = Path(__file__).resolve().parents[2]
REPLACED = re.compile(
    r"\b(blame[ds]?|guilty|innocent|culprits?|victims?|felt|let_go|sigmas|smear_s|rivals?|under_way|departures?"
    r"|recipes?|placebos?|takeups?|refusals|back within its baseline|something we cannot see|at its worst)\b",
    re.IGNORECASE,
)
ALLOWED = {
    "docs/outputs.md": "names what version 1 called it",
    "docs/decisions": "records keep the words of their time",
    "reconstruct/bundle/version_1.py": "reads the names of version 1",
    "reconstruct/verify": "reads what other people write",
    "reconstruct/sources/changes/people.py": "Jenkins names a field so",
}


def texts() -> list[Path]:
    where = ("reconstruct/*.py", "reconstruct/*.j2", "queries/*.yaml", "docs/*.md", "README.md", "CONTRIBUTING.md")
    listed = subprocess.run(
        ["git", "ls-files", "-z", *where], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and not name.startswith(tuple(ALLOWED))]


def test_the_words_that_the_glossary_replaced_are_gone() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match[0]}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (match := REPLACED.search(line))
    ]
    assert not found


def test_the_glossary_is_sorted_and_each_word_stands_once() -> None:
    words = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/glossary.md").read_text(), flags=re.MULTILINE)[2:]
    assert words == sorted(words, key=str.lower)
    assert len(words) == len(set(words))
