"""docs/report.md says what the code does."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from reconstruct.deliver.episodes import KEEP_FOR, REMIND_AFTER, TOLERANCE, News
from reconstruct.deliver.textfile import HELP

PAGE = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")


def test_every_kind_of_news_and_every_metric_is_on_the_page() -> None:
    assert not [news for news in get_args(News) if f"| `{news}` |" not in PAGE]
    assert not [name for name in HELP if f"`{name}" not in PAGE]


def test_the_times_on_the_page_are_those_in_the_code() -> None:
    assert REMIND_AFTER.total_seconds() == 4 * 3600
    assert "open for four hours" in PAGE
    assert TOLERANCE.total_seconds() == 600
    assert "less than ten minutes" in PAGE
    assert KEEP_FOR.days == 35
    assert "for 35 days" in PAGE
