from __future__ import annotations

import pandas as pd
import pytest

from reconstruct.model import Event, EventKind, Service
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


@pytest.mark.parametrize(
    ("kind", "minutes", "effect"),
    [("migration", 9, True), ("job", 9, True), ("migration", 0, False), ("deploy", 9, False)],
)
def test_a_migration_or_job_that_failed_after_a_while_had_its_effect_while_it_ran(
    kind: EventKind, minutes: int, effect: bool
) -> None:
    end = AT + pd.Timedelta(minutes=minutes) if minutes else None
    assert Event("e1", AT, kind, Service("shop"), "x", end=end, state="failed").took_effect is effect
