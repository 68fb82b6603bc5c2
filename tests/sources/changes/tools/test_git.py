from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from reconstruct.errors import UsageError
from reconstruct.model import Window
from reconstruct.sources.changes.tools.git import fetch_history, is_dateless_log, is_log, parse_log
from reconstruct.sources.result import SourceRequest

START = pd.Timestamp("2026-11-17T12:00:00Z")
WINDOW = Window(START, START + pd.Timedelta("6h"), pd.Timedelta("15s"), START)
ASK = SourceRequest("", WINDOW)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    who = {"GIT_AUTHOR_NAME": "Jo Invented", "GIT_AUTHOR_EMAIL": "jo@invented.example"}
    who |= {"GIT_COMMITTER_NAME": "Jo Invented", "GIT_COMMITTER_EMAIL": "jo@invented.example"}

    def git(*arguments: str, at: str = "13:00") -> None:
        when = f"2026-11-17T{at}:00+02:00"
        environment = {
            **os.environ,
            **who,
            "GIT_AUTHOR_DATE": when,
            "GIT_COMMITTER_DATE": when,
            "GIT_CONFIG_GLOBAL": "/dev/null",
        }
        subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=environment)

    git("init", "-q", "-b", "main")
    git("commit", "-q", "--allow-empty", "-m", "first", at="10:00")
    git("checkout", "-q", "-b", "topic")
    git("commit", "-q", "--allow-empty", "-m", "find orders, by Jo Invented", at="15:00")
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "topic", "-m", "Merge topic of Jo Invented", at="15:30")
    git("tag", "-a", "v2.20.0", "-m", "2.20.0", at="15:55")
    return folder


def test_tags_are_releases_and_merges_notes_and_nobody_is_named(repository: Path) -> None:
    events = fetch_history(SourceRequest(str(repository), WINDOW)).events
    told = sorted((f"{e.time:%H:%M}", e.kind, e.service.name, e.version) for e in events)
    assert [row[:3] for row in told] == [("13:30", "note", "shop"), ("13:55", "deploy", "shop")]
    assert told[1][3] == "2.20.0"
    assert "nvented" not in repr(events)


@pytest.mark.parametrize("style", ["medium", "full", "fuller", "raw"])
def test_a_log_is_read_in_each_of_gits_own_formats(repository: Path, style: str) -> None:
    command = ["git", "-C", str(repository), "log", f"--format={style}", "--date=default"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if style == "full":  # it tells no date
        assert not is_log(text)
        return
    assert is_log(text)
    events = parse_log(text, source="log.txt", ask=ASK).events
    assert [f"{e.time:%H:%M}" for e in events] == ["08:00", "13:00", "13:30"]
    assert {e.kind for e in events} == {"note"}
    assert "nvented" not in repr(events)


def test_a_log_of_one_line_each_tells_no_date(repository: Path) -> None:
    command = ["git", "-C", str(repository), "log", "--oneline"]
    assert is_dateless_log(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_a_folder_that_is_no_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="git in"):
        fetch_history(SourceRequest(str(tmp_path), WINDOW))
