from __future__ import annotations

import pandas as pd
import pytest

from reconstruct.model import Event, Service
from reconstruct.model.kinds import EventState

AT = pd.Timestamp("2026-11-17T13:55:30Z")


@pytest.mark.parametrize(
    ("state", "production", "applied", "effect"),
    [
        ("done", None, False, True),
        ("running", True, False, True),
        ("done", False, False, False),
        ("requested", True, False, False),
        ("failed", True, False, False),
        ("failed", True, True, True),
        ("failed", False, True, False),
        ("cancelled", None, False, False),
        ("draft", None, False, False),
    ],
)
def test_only_what_happened_where_users_are_took_effect(
    state: EventState, production: bool | None, applied: bool, effect: bool
) -> None:
    event = Event("e1", AT, "deploy", Service("shop"), "x", state=state, production=production, seen_applied=applied)
    assert event.took_effect is effect
