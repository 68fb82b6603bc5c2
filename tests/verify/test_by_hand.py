"""A postmortem that people wrote, with true and false lines: each says in a comment which it is."""

from __future__ import annotations

import re
from pathlib import Path

from reconstruct.verify import verify
from tests.incidents.recorded import incident

TEXT = (Path(__file__).parent / "by_hand.md").read_text()
TRUTH = {
    number: match[1]
    for number, line in enumerate(TEXT.splitlines(), 1)
    if (match := re.search(r"<!-- (holds|contradicted|not checked) -->", line))
}


def test_each_line_gets_the_verdict_that_it_deserves() -> None:
    found = {line.line: line.verdict for line in verify(TEXT, incident("00-seed")).lines}
    assert found == TRUTH


def test_the_test_data_has_all_three_verdicts() -> None:
    assert set(TRUTH.values()) == {"holds", "contradicted", "not checked"}
