"""What was asked for, refused, or done elsewhere is never a candidate cause."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from reconstruct.explain.changes import changes
from reconstruct.model import Event, Evidence, Service, Window

AT = pd.Timestamp("2026-11-17T13:55:30Z")
WINDOW = Window(AT - pd.Timedelta("1h"), AT + pd.Timedelta("1h"), pd.Timedelta("15s"), AT - pd.Timedelta("2h"))


@pytest.mark.parametrize(
    ("more", "candidates"),
    [
        ({}, 1),
        ({"state": "running"}, 1),
        ({"state": "requested"}, 0),
        ({"state": "failed"}, 0),
        ({"state": "cancelled"}, 0),
        ({"environment": "pr-131 preview", "production": False}, 0),
    ],
)
def test_a_change_is_a_candidate_only_where_it_took_effect(more: dict[str, Any], candidates: int) -> None:
    deploy = Event("e1", AT, "deploy", Service("shop"), "shop 2.20.0", version="2.20.0", **more)
    assert len(changes(Evidence(window=WINDOW, events=(deploy,)))) == candidates
