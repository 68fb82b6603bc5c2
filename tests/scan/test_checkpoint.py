"""A stopped scan goes on where it was, and never with another question's state."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from reconstruct.errors import UsageError
from reconstruct.packs import load, packs_folder
from reconstruct.scan import ScanPlan, Tally
from reconstruct.scan.blocks import Block
from reconstruct.scan.checkpoint import Checkpoint, load_checkpoint, save_checkpoint, tally_dict
from reconstruct.scan.judge import judge
from tests.scan.made import WINDOW, metric

PLAN = ScanPlan((Block(("load",), "", False, 40),), WINDOW, load((packs_folder(),)).conventions)


def test_what_was_counted_comes_back(tmp_path: Path) -> None:
    tally = Tally()
    judge(metric("load", 40), window=WINDOW, tally=tally)
    path = tmp_path / "scan.json"
    save_checkpoint(path, Checkpoint(tally, frozenset({"load{}"}), (("x{}", "refused"),)), plan=PLAN)
    back = load_checkpoint(path, plan=PLAN)
    assert json.dumps(tally_dict(back.tally)) == json.dumps(tally_dict(tally))
    assert (back.done, back.unread) == (frozenset({"load{}"}), (("x{}", "refused"),))


def test_no_file_is_a_fresh_start(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path / "absent.json", plan=PLAN).tally.series == 0


def test_the_state_of_another_scan_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scan.json"
    save_checkpoint(path, Checkpoint(Tally()), plan=PLAN)
    with pytest.raises(UsageError, match="of another scan"):
        load_checkpoint(path, plan=replace(PLAN, min_score=2.0))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": "reconstruct/scan-checkpoint/9"}', '{"a": NaN}'])
def test_a_damaged_state_is_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "scan.json"
    path.write_text(content)
    with pytest.raises(UsageError) as raised:
        load_checkpoint(path, plan=PLAN)
    assert "remove it" in raised.value.hint
