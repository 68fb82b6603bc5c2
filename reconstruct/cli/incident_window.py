"""The window of `incident` and `capture` where nobody gives one: by an alert, a page, a time, or the last alerts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd

from reconstruct import promql
from reconstruct.cli.console import Progress
from reconstruct.cli.options import IncidentOptions
from reconstruct.config import parse_time
from reconstruct.errors import UsageError
from reconstruct.gather import Request, gather
from reconstruct.model import Alert, Evidence, Settings
from reconstruct.pipeline import draft
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.window_finder import alert_episodes, pages, spans


def wanted(given: IncidentOptions) -> str:
    """Which of --alert, --page and --around is given; "" = none.

    Raises
    ------
    UsageError
        More than one is, or one beside a window.
    """
    told = [name for name in ("alert", "page", "around") if getattr(given, name)]
    if len(told) > 1:
        raise UsageError(f"--{told[0]} and --{told[1]} each name a window", hint="give one of them")
    if told and told[0] != "alert" and (given.begin or given.end):
        raise UsageError(f"--{told[0]} finds the window itself: --from and --to cannot act", hint="leave them out")
    return told[0] if told else ""


def gathered(
    given: IncidentOptions, asked: Request, *, settings: Settings, at: pd.Timestamp, progress: Progress
) -> Evidence:
    """The evidence of the window that was found, widened while an onset lies at its edge or nothing has recovered."""
    if asked.prometheus is None:
        found = _without_server(given, asked, at=at)
        return gather(asked if found is None else _asked_of(asked, found), now=at, progress=progress)
    server = Prometheus(asked.prometheus)
    server.ready()
    now = min(server.now(), at)
    progress(0, 0, "looking for the window")
    found = _found(given, asked, server=server, now=now)
    for round_ in range(spans.MAX_ROUNDS + 1):
        evidence = gather(_asked_of(asked, found), now=at, progress=progress)
        answer = draft(evidence, settings=settings)
        onset, recovered = answer.milestones.get("onset"), answer.milestones.get("recovered")
        wider = spans.widened(
            found,
            onset=onset.moment.earliest if onset else None,
            recovered=recovered.moment.time if recovered else None,
            ongoing=onset is not None,
            step=evidence.window.step,
            now=now,
        )
        if wider is None or round_ == spans.MAX_ROUNDS:
            break
        found = wider
        progress(0, 0, "the onset lies at the window's edge: looking further")
    return evidence


def of_bundle(
    given: IncidentOptions, alerts: tuple[Alert, ...], *, end: pd.Timestamp, zone: str
) -> spans.FoundWindow | None:
    """The window that --alert or --around finds in a bundle; None where neither is given."""
    which = wanted(given)
    if which == "page":
        raise UsageError("--page cannot act with --bundle", hint="give --alert NAME or --around TIME")
    if which == "alert" and given.alert:
        found = alert_episodes.spans_of(alerts, selector=alert_episodes.alert_selector(given.alert))
        return alert_episodes.of_alert(found, text=given.alert, now=end)
    if which == "around" and given.around:
        time, _ = _time_around(given.around, now=end, zone=zone)
        return spans.around(time, alert_episodes.spans_of(alerts), now=end)
    return None


def _found(given: IncidentOptions, asked: Request, *, server: Prometheus, now: pd.Timestamp) -> spans.FoundWindow:
    end = min(asked.end, now) if asked.end is not None else now
    start = asked.start if asked.start is not None else end - alert_episodes.LOOK_BACK
    which = wanted(given)

    def firing(matchers: str, *, since: pd.Timestamp = start, until: pd.Timestamp = end) -> tuple[spans.Span, ...]:
        return alert_episodes.firing_spans(server, matchers=matchers, start=since, end=until, scope=asked.scope)

    if which == "alert" and given.alert:
        found = firing(alert_episodes.alert_selector(given.alert))
        return alert_episodes.of_alert(found, text=given.alert, now=end)
    if which == "page" and given.page:
        page, labels = pages.find_page(given.page, env=os.environ, now=now)
        return _with_alert(page, labels, firing=firing, now=now)
    if which == "around" and given.around:
        time, note = _time_around(given.around, now=now, zone=asked.tz)
        since, until = time - spans.MAX_EPISODE, min(time + spans.MAX_EPISODE, now)
        window = alert_episodes.at_time(firing("", since=since, until=until), time, start=since, now=until)
        return replace(window, note=f"{window.note}; {note}" if note else window.note)
    return alert_episodes.last_episode(firing(""), start=start, now=end)


def _with_alert(
    page: spans.FoundWindow,
    labels: Mapping[str, str],
    *,
    firing: Callable[..., tuple[spans.Span, ...]],
    now: pd.Timestamp,
) -> spans.FoundWindow:
    """The page's window, longer where the alert behind it (any, where it tells none) fired longer."""
    matchers = ",".join(
        f"{name}={promql.quote_label(value)}" for name, value in sorted(labels.items()) if name == "alertname"
    )
    since, until = page.start - spans.MARGIN, min(page.end + spans.MARGIN, now)
    found = [one for one in firing(matchers, since=since, until=until) if one.end is None or one.end >= page.start]
    if not matchers:
        found = list(spans.without_watchdogs(found, start=since, now=until))
    if not found:
        return page
    start = min(page.start, min(one.start for one in found) - spans.MARGIN)
    end = min(max(page.end, max((one.end or now) for one in found) + spans.MARGIN), now)
    return replace(page, start=max(start, since), end=end)


def _without_server(given: IncidentOptions, asked: Request, *, at: pd.Timestamp) -> spans.FoundWindow | None:
    which = wanted(given)
    if which == "around" and given.around:
        time, _ = _time_around(given.around, now=at, zone=asked.tz)
        return spans.around(time, (), now=at)
    if which == "page" and given.page:
        return pages.find_page(given.page, env=os.environ, now=at)[0]
    if which:
        raise UsageError(
            f"--{which} needs a metrics server, whose history of alerts is read", hint="give --around TIME"
        )
    return None


def _time_around(text: str, *, now: pd.Timestamp, zone: str) -> tuple[pd.Timestamp, str]:
    """The time; of a clock time that is still to come, yesterday's."""
    time, note = parse_time(text, now=now, tz=zone)
    if time > now and ":" in text and "-" not in text:
        return parse_time(text, now=now - pd.Timedelta("1D"), tz=zone)
    if time > now:
        raise UsageError(f"--around {text} lies in the future", hint="give a time that has passed")
    return time, note


def _asked_of(asked: Request, found: spans.FoundWindow) -> Request:
    return replace(asked, start=found.start, end=found.end, notes=(*asked.notes, found.note))
