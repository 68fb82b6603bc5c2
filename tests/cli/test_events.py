from __future__ import annotations

from pathlib import Path

import pandas as pd
from typer.testing import CliRunner

from reconstruct.cli import app


def test_without_a_window_the_last_day_is_told_with_what_did_not_take_effect(tmp_path: Path) -> None:
    now = pd.Timestamp.now(tz="UTC").floor("s")
    rows = ["time,kind,service,version,status"]
    ages = (("2h", "2.20.0", "success"), ("1h", "2.21.0", "failed"), ("3D", "2.19.0", "success"))
    rows += [f"{(now - pd.Timedelta(age)).isoformat()},deploy,shop,{version},{state}" for age, version, state in ages]
    path = tmp_path / "deploys.csv"
    path.write_text("\n".join(rows) + "\n")
    done = CliRunner().invoke(app, ["events", "--events", str(path)])
    assert done.exit_code == 0
    assert "deploy shop 2.20.0  (deploys.csv)" in done.stdout
    assert "deploy shop 2.21.0 [failed]  (deploys.csv)" in done.stdout
    assert "2.19.0" not in done.stdout
    assert "shop: 1 (" in done.stdout
    assert "the last 24h" in done.stderr
