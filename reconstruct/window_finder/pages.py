"""The page that woke somebody: an incident of PagerDuty, an alert of Opsgenie, of Alertmanager or of Grafana."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import pandas as pd

from reconstruct.config import read_time
from reconstruct.errors import NothingToShowError, ReconstructError, SourceError, UsageError
from reconstruct.model import Window
from reconstruct.sources.changes.paged import get_json, open_source
from reconstruct.sources.result import SourceRequest
from reconstruct.window_finder.spans import FoundWindow, Span, window_of

PAGERDUTY_URL: Final = "https://api.pagerduty.com"
OPSGENIE_URL: Final = "https://api.opsgenie.com"
MAX_STATE_CHANGES: Final = 100
"""Grafana gives as many annotations where nothing else is asked for."""
_SAFE: Final = re.compile(r"[A-Za-z0-9_-]+")

Page = tuple[Span, Mapping[str, str]]
"""When it was open, and its labels where it has any."""


def find_page(spec: str, *, env: Mapping[str, str], now: pd.Timestamp) -> tuple[FoundWindow, Mapping[str, str]]:
    """The window of `pagerduty:ID`, `opsgenie:ID`, `alertmanager:FINGERPRINT` or `grafana:UID`, and the alert's labels.

    Tokens and addresses come from the environment: PAGERDUTY_TOKEN, OPSGENIE_TOKEN, ALERTMANAGER_URL and
    ALERTMANAGER_TOKEN, GRAFANA_URL and GRAFANA_TOKEN (PAGERDUTY_URL and OPSGENIE_URL for other regions).

    Raises
    ------
    UsageError
        If the kind or the id is none, or a token is missing or refused.
    SourceError
        If the pager does not answer.
    NothingToShowError
        If it has no such page.
    """
    kind, _, name = spec.partition(":")
    kinds: Mapping[str, Callable[..., Page]] = {
        "pagerduty": _pagerduty,
        "opsgenie": _opsgenie,
        "alertmanager": _alertmanager,
        "grafana": _grafana,
    }
    if kind not in kinds or not _SAFE.fullmatch(name):
        raise UsageError(
            f"--page {spec!r} names no page", hint=f"write KIND:ID, with {', '.join(kinds)} and the id that it gave"
        )
    span, labels = kinds[kind](name, env=env, now=now)
    return window_of([span], what=f"the page {spec}", now=now), labels


def _asked(path: str, *, name: str, url: str, token: str, scheme: str, headers: Mapping[str, str], now: Any) -> Any:
    # Neither PagerDuty nor Opsgenie takes a bearer.
    sent = {**headers, **({"Authorization": f"{scheme}{token}"} if token else {})}
    ask = SourceRequest("", Window(now, now, pd.Timedelta("1s"), now), options={})
    with open_source(ask, name=name, url=url, headers=sent) as session:
        try:
            return get_json(session, path)
        except ReconstructError as error:
            if not token:
                raise
            # A gateway may say back what it was sent.
            raise type(error)(error.message.replace(token, "***"), hint=error.hint.replace(token, "***")) from None


def _token(env: Mapping[str, str], variable: str, *, of: str) -> str:
    token = env.get(variable, "")
    if not token:
        raise UsageError(f"{of} needs a token", hint=f"put it into {variable}; a read-only one is enough")
    return token


def _pagerduty(name: str, *, env: Mapping[str, str], now: pd.Timestamp) -> Page:
    answer = _asked(
        f"/incidents/{name}",
        name="PagerDuty",
        url=env.get("PAGERDUTY_URL") or PAGERDUTY_URL,
        token=_token(env, "PAGERDUTY_TOKEN", of="PagerDuty"),
        scheme="Token token=",
        headers={"Accept": "application/vnd.pagerduty+json;version=2"},
        now=now,
    )
    incident = _inside(answer, "incident", of="PagerDuty")
    over = incident.get("resolved_at") or (
        incident.get("last_status_change_at") if incident.get("status") == "resolved" else None
    )
    return _span(f"PagerDuty {name}", incident.get("created_at"), over), {}


def _opsgenie(name: str, *, env: Mapping[str, str], now: pd.Timestamp) -> Page:
    answer = _asked(
        f"/v2/alerts/{name}",
        name="Opsgenie",
        url=env.get("OPSGENIE_URL") or OPSGENIE_URL,
        token=_token(env, "OPSGENIE_TOKEN", of="Opsgenie"),
        scheme="GenieKey ",
        headers={},
        now=now,
    )
    alert = _inside(answer, "data", of="Opsgenie")
    over = alert.get("updatedAt") if alert.get("status") == "closed" else None
    return _span(f"Opsgenie {name}", alert.get("createdAt"), over), {}


def _alertmanager(name: str, *, env: Mapping[str, str], now: pd.Timestamp) -> Page:
    url = env.get("ALERTMANAGER_URL", "")
    if not url:
        raise UsageError("there is no Alertmanager to ask", hint="put its address into ALERTMANAGER_URL")
    token = env.get("ALERTMANAGER_TOKEN", "")
    answer = _asked("/api/v2/alerts", name="Alertmanager", url=url, token=token, scheme="Bearer ", headers={}, now=now)
    found = _held(answer, name, now=now)
    if found is None:
        raise NothingToShowError(
            f"Alertmanager holds no alert with the fingerprint {name}",
            hint="it forgets an alert minutes after its end; give --alert NAME, which reads Prometheus' history",
        )
    return found


def _held(answer: Any, fingerprint: str, *, now: pd.Timestamp) -> Page | None:
    """The alert with that fingerprint among those that an Alertmanager holds."""
    alerts = answer if isinstance(answer, list) else []
    found = next((one for one in alerts if isinstance(one, dict) and one.get("fingerprint") == fingerprint), None)
    if found is None:
        return None
    ends = read_time(str(found["endsAt"]), tz="UTC").time if found.get("endsAt") else None
    labels = {str(k): str(v) for k, v in (found.get("labels") or {}).items()}
    over = found.get("endsAt") if ends is not None and ends <= now else None
    return _span(labels.get("alertname", fingerprint), found.get("startsAt"), over), labels


def _grafana(name: str, *, env: Mapping[str, str], now: pd.Timestamp) -> Page:
    """An alert that Grafana holds, by its fingerprint; else the last time that the rule with that uid fired."""
    url = env.get("GRAFANA_URL", "")
    if not url:
        raise UsageError("there is no Grafana to ask", hint="put its address into GRAFANA_URL")
    token = env.get("GRAFANA_TOKEN", "")

    def asked(path: str) -> Any:
        return _asked(path, name="Grafana", url=url, token=token, scheme="Bearer ", headers={}, now=now)

    try:
        held = _held(asked("/api/alertmanager/grafana/api/v2/alerts"), name, now=now)
    except SourceError:  # a Grafana without alerts of its own, or of old, still keeps its annotations
        held = None
    if held is not None:
        return held
    told = asked(f"/api/annotations?type=alert&alertUID={name}&limit={MAX_STATE_CHANGES}")
    changes = [one for one in told if isinstance(one, dict) and one.get("time")] if isinstance(told, list) else []
    changes.sort(key=lambda one: int(one["time"]))
    fired = [place for place, one in enumerate(changes) if str(one.get("newState", "")).startswith("Alerting")]
    if not fired:
        raise NothingToShowError(
            f"Grafana holds no alert with the fingerprint {name}, and no rule with that uid fired",
            hint="the uid stands in the rule's address behind /alerting/; give --around TIME instead",
        )
    last = fired[-1]
    while last - 1 in fired:  # several instances of one rule
        last -= 1
    over = next((one["time"] for one in changes[fired[-1] + 1 :]), None)
    return _span(str(changes[last].get("alertName") or name), changes[last]["time"], over), {}


def _inside(answer: Any, key: str, *, of: str) -> Mapping[str, Any]:
    inner = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(inner, dict):
        raise SourceError(f"{of}'s answer has no {key}", hint="is its address that of the API?")
    return inner


def _span(alert: str, start: Any, end: Any) -> Span:
    if not start:
        raise SourceError(f"{alert} has no time at which it was created", hint="give --around TIME instead")
    begun = read_time(str(start), tz="UTC").time
    return Span(alert, begun, read_time(str(end), tz="UTC").time if end else None)
