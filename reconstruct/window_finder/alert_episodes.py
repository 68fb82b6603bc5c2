"""When alerts fired, by Prometheus' own series `ALERTS`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from reconstruct import promql
from reconstruct.errors import NothingToShowError, UsageError
from reconstruct.model import Alert, Window
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.window_finder.spans import FoundWindow, Span, around, episodes, window_of, without_watchdogs

LOOK_BACK: Final = pd.Timedelta(days=7)
"""For the last episode, where nobody says when. A guess: who writes it down later names a time."""
STEP: Final = pd.Timedelta("1min")
"""Ten thousand points a week; the window has margins of half an hour."""
_NAMED: Final = re.compile(r"\s*(?P<name>[^{}\s]+)?\s*(?:\{(?P<matchers>.*)\})?\s*")


def alert_selector(text: str) -> str:
    """The matchers of `NAME` or `NAME{matchers}`.

    Raises
    ------
    UsageError
        If it is neither.

    >>> alert_selector('ShopDown{severity="page"}'), alert_selector("ShopDown")
    ('alertname="ShopDown",severity="page"', 'alertname="ShopDown"')
    """
    found = _NAMED.fullmatch(text)
    if found is None or not (found["name"] or found["matchers"]):
        raise UsageError(f"{text!r} is no alert", hint="write --alert NAME or --alert 'NAME{severity=\"page\"}'")
    named = f"alertname={promql.quote_label(found['name'])}" if found["name"] else ""
    return ",".join(part for part in (named, (found["matchers"] or "").strip().rstrip(",")) if part)


def firing_spans(
    server: Prometheus, *, matchers: str, start: pd.Timestamp, end: pd.Timestamp, scope: str = ""
) -> tuple[Span, ...]:
    """Every stretch in which an alert fired, to within `STEP`; alerts that lack a label of the scope are kept."""
    inside = ",".join(part for part in ('alertstate="firing"', matchers, promql.lenient(scope)) if part)
    window = Window(start.floor(STEP), end, STEP, start.floor(STEP))
    answer = server.range(f"max by (alertname) (ALERTS{{{inside}}})", window)
    spans: list[Span] = []
    for column, labels in enumerate(answer.labels):
        there = ~np.isnan(np.asarray(answer.values)[:, column])
        spans += _spans(there, window.index, alert=labels.get("alertname", "?"))
    return tuple(spans)


def spans_of(alerts: Sequence[Alert], *, selector: str = "") -> tuple[Span, ...]:
    """The spans of alerts as evidence holds them; of those that a selector fits."""
    return tuple(
        Span(alert.rule, alert.firing_at, alert.resolved_at)
        for alert in alerts
        if not selector or promql.selects(f"{{{selector}}}", {**alert.labels, "alertname": alert.rule})
    )


def of_alert(spans: Sequence[Span], *, text: str, now: pd.Timestamp) -> FoundWindow:
    """The window of an alert's last episode.

    Raises
    ------
    NothingToShowError
        It did not fire.
    """
    found = episodes(spans, now=now)
    if not found:
        raise NothingToShowError(
            f"{text} did not fire in what was looked at",
            hint="is the name right, and is the rule evaluated by this server? --from and --to look elsewhere",
        )
    return window_of(found[-1], what="the last episode of the alert", now=now)


def last_episode(spans: Sequence[Span], *, start: pd.Timestamp, now: pd.Timestamp) -> FoundWindow:
    """The window of the last episode of any alerts but watchdogs.

    Raises
    ------
    NothingToShowError
        None fired.
    """
    found = episodes(without_watchdogs(spans, start=start, now=now), now=now)
    if not found:
        raise NothingToShowError(
            f"no alert fired between {start:%Y-%m-%d %H:%M} and {now:%Y-%m-%d %H:%M} UTC",
            hint="give the window: --from and --to, --around TIME, or --alert NAME",
        )
    return window_of(found[-1], what="the last episode of firing alerts", now=now)


def at_time(spans: Sequence[Span], time: pd.Timestamp, *, start: pd.Timestamp, now: pd.Timestamp) -> FoundWindow:
    """The window around a time that a person remembers."""
    return around(time, without_watchdogs(spans, start=start, now=now), now=now)


def _spans(there: np.ndarray[tuple[int], np.dtype[np.bool_]], index: pd.DatetimeIndex, *, alert: str) -> list[Span]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(np.int8)))
    spans = []
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        still = after >= len(index) - 1
        spans.append(Span(alert, index[first], None if still else index[after - 1]))
    return spans
