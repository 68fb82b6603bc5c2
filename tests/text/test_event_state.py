from __future__ import annotations

from dataclasses import replace

import pandas as pd

from reconstruct.model import Event, Service
from reconstruct.text.event_state import how_far

DEPLOY = Event("e1", pd.Timestamp("2026-11-17T13:55:30Z"), "deploy", Service("shop"), "shop 2.20.0")


def test_what_happened_needs_no_words_and_what_did_not_is_called_what_it_is() -> None:
    assert how_far(DEPLOY) == ""
    assert how_far(replace(DEPLOY, state="requested")) == "requested, not begun"
    assert how_far(replace(DEPLOY, state="failed")) == "failed"
    assert how_far(replace(DEPLOY, state="failed", seen_applied=True)) == ""
    assert (
        how_far(replace(DEPLOY, environment="pr-131 preview", production=False)) == "in pr-131 preview, not production"
    )
    assert how_far(replace(DEPLOY, environment="eu-1", production=True)) == ""
