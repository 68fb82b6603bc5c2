from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from reconstruct.deliver import series, write_metrics
from reconstruct.deliver.textfile import HELP, as_text

VALUES = {
    **{name: 1.5 for name, (kind, _) in HELP.items() if kind == "gauge"},
    "reconstruct_report_announcements_total": 3.0,
    series("reconstruct_report_deliveries_total", target='a "b"\\\n', outcome="delivered"): 2.0,
    series("reconstruct_report_deliveries_total", target="a", outcome="dead_letter"): 1.0,
}


@pytest.mark.server
@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_finds_nothing_to_complain_about() -> None:
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=as_text(VALUES), capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_metric_has_help_and_type_before_its_samples() -> None:
    lines = as_text(VALUES).splitlines()
    for name in HELP:
        first = next(i for i, line in enumerate(lines) if line.startswith(name))
        assert lines[first - 1].startswith(f"# TYPE {name} ")
        assert lines[first - 2].startswith(f"# HELP {name} ")


def test_the_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "textfile" / "reconstruct.prom"
    write_metrics(path, VALUES)
    write_metrics(path, {"reconstruct_report_gaps": 0})
    assert path.read_text(encoding="utf-8").endswith("reconstruct_report_gaps 0.0\n")
    assert path.stat().st_mode & 0o444 == 0o444  # node_exporter runs as another user
    assert [item.name for item in path.parent.iterdir()] == ["reconstruct.prom"]


def test_a_metric_that_is_not_declared_is_our_bug() -> None:
    with pytest.raises(ValueError, match="reconstruct_surprise"):
        as_text({"reconstruct_surprise": 1})
