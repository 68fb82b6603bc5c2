"""Pages of PagerDuty, Opsgenie and Alertmanager."""

from __future__ import annotations

import pandas as pd
import pytest

from reconstruct.errors import NothingToShowError, ReconstructError, UsageError
from reconstruct.window_finder.pages import find_page
from tests.fake_http import Answer, Request, as_json, fake_http

NOW = pd.Timestamp("2026-11-17T18:00Z")
SECRET = "s3cr3t-t0ken"


def test_a_pagerduty_incident_is_its_window_and_the_token_goes_as_they_want_it() -> None:
    incident = {
        "id": "Q1",
        "status": "resolved",
        "created_at": "2026-11-17T14:02:00Z",
        "last_status_change_at": "2026-11-17T15:20:00Z",
    }
    with fake_http(lambda _: as_json({"incident": incident})) as server:
        env = {"PAGERDUTY_TOKEN": SECRET, "PAGERDUTY_URL": server.url}
        found, labels = find_page("pagerduty:Q1", env=env, now=NOW)
    assert (found.start, found.end) == (pd.Timestamp("2026-11-17T13:32Z"), pd.Timestamp("2026-11-17T15:50Z"))
    assert (server.requests[0].path, server.requests[0].headers["Authorization"]) == (
        "/incidents/Q1",
        f"Token token={SECRET}",
    )
    assert labels == {}


def test_an_opsgenie_alert_that_is_open_lasts_until_now() -> None:
    alert = {"id": "a-1", "status": "open", "createdAt": "2026-11-17T14:02:00.5Z", "updatedAt": "2026-11-17T14:03:00Z"}
    with fake_http(lambda _: as_json({"data": alert})) as server:
        env = {"OPSGENIE_TOKEN": SECRET, "OPSGENIE_URL": server.url}
        found, _ = find_page("opsgenie:a-1", env=env, now=NOW)
    assert found.end == NOW
    assert server.requests[0].headers["Authorization"] == f"GenieKey {SECRET}"


def test_an_alert_of_alertmanager_is_found_by_its_fingerprint() -> None:
    alert = {
        "fingerprint": "623c1cfab7c988c2",
        "labels": {"alertname": "ProbeFailed", "service": "shop"},
        "startsAt": "2026-11-17T14:02:00Z",
        "endsAt": "2026-11-17T18:03:00Z",
    }
    with fake_http(lambda _: as_json([alert])) as server:
        found, labels = find_page("alertmanager:623c1cfab7c988c2", env={"ALERTMANAGER_URL": server.url}, now=NOW)
        with pytest.raises(NothingToShowError, match="no alert with the fingerprint"):
            find_page("alertmanager:00", env={"ALERTMANAGER_URL": server.url}, now=NOW)
    assert labels["alertname"] == "ProbeFailed"
    assert "ProbeFailed from 2026-11-17 14:02 UTC, still firing" in found.note


@pytest.mark.parametrize("spec", ["pagerduty", "pager:1", "pagerduty:", "pagerduty:../users", "opsgenie:a b"])
def test_what_names_no_page_is_refused(spec: str) -> None:
    with pytest.raises(UsageError, match="names no page"):
        find_page(spec, env={"PAGERDUTY_TOKEN": SECRET, "OPSGENIE_TOKEN": SECRET}, now=NOW)


def test_a_token_that_is_missing_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        find_page("pagerduty:Q1", env={}, now=NOW)
    assert "PAGERDUTY_TOKEN" in caught.value.hint


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_what_the_pager_refuses_is_said_without_the_token(status: int) -> None:
    def answer(_: Request) -> Answer:
        return Answer(status, f'{{"error": "no, not with {SECRET}"}}'.encode(), {"Retry-After": "300"})

    with fake_http(answer) as server, pytest.raises(ReconstructError) as caught:
        find_page("pagerduty:Q1", env={"PAGERDUTY_TOKEN": SECRET, "PAGERDUTY_URL": server.url}, now=NOW)
    assert caught.value.hint
    assert SECRET not in f"{caught.value.message} {caught.value.hint}"


def state(minute: int, new: str) -> dict[str, object]:
    time = pd.Timestamp("2026-11-17T14:00Z") + pd.Timedelta(minutes=minute)
    return {"alertName": "ShopLatency", "newState": new, "prevState": "", "time": int(time.timestamp() * 1000)}


def test_the_last_firing_of_a_rule_of_grafana_is_its_window() -> None:
    def grafana(request: Request) -> Answer:
        if request.path.startswith("/api/alertmanager"):
            return as_json([])
        assert request.query["alertUID"] == ["rule-1"]
        return as_json([state(80, "Normal"), state(2, "Alerting"), state(-300, "Normal"), state(-320, "Alerting")])

    with fake_http(grafana) as server:
        env = {"GRAFANA_URL": server.url, "GRAFANA_TOKEN": SECRET}
        found, _ = find_page("grafana:rule-1", env=env, now=NOW)
    assert (found.start, found.end) == (pd.Timestamp("2026-11-17T13:32Z"), pd.Timestamp("2026-11-17T15:50Z"))
    assert server.requests[0].headers["Authorization"] == f"Bearer {SECRET}"


def test_an_alert_that_grafana_holds_is_found_by_its_fingerprint() -> None:
    held = {"fingerprint": "ab12", "startsAt": "2026-11-17T14:02:00Z", "endsAt": "2026-11-17T15:20:00Z",
            "labels": {"alertname": "ShopLatency", "service": "shop"}}  # fmt: skip
    with fake_http(lambda _: as_json([held])) as server:
        found, labels = find_page("grafana:ab12", env={"GRAFANA_URL": server.url}, now=NOW)
    assert found.start == pd.Timestamp("2026-11-17T13:32Z")
    assert labels["service"] == "shop"


def test_a_rule_of_grafana_that_never_fired_is_nothing_to_show() -> None:
    with fake_http(lambda _: as_json([])) as server, pytest.raises(NothingToShowError, match="no rule with that uid"):
        find_page("grafana:rule-1", env={"GRAFANA_URL": server.url}, now=NOW)
