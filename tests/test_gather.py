"""Gathering: one Evidence of a real server, files and change sources; gaps instead of silence, errors under strict."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from reconstruct.bundle import read_bundle, write_bundle
from reconstruct.errors import NothingToShowError, SourceError, UsageError
from reconstruct.gather import Request, gather, gather_changes
from reconstruct.http import HttpSettings
from reconstruct.model import Evidence

NOW = pd.Timestamp("2026-03-02T15:00Z")


def at(clock: str) -> pd.Timestamp:
    return pd.Timestamp(f"2026-03-02T{clock}Z")


@pytest.fixture(scope="module")
def evidence(prometheus_url: str, tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    changes = tmp_path_factory.mktemp("changes") / "deploys.csv"
    changes.write_text(
        "time,kind,service,title,version,id\n"
        "2026-03-02 13:29:50,deploy,shop,shop 1.1.0,1.1.0,4711\n"
        "soon,deploy,x,y,1,2\n"
    )
    asked = Request(
        start=at("13:00"), end=at("14:30"), prometheus=HttpSettings(prometheus_url), events=((str(changes), {}),)
    )
    return gather(asked, now=NOW)


def test_every_metric_sits_on_the_grid_and_cites_its_query(evidence: Evidence) -> None:
    index, queries = evidence.window.index, {query.id: query for query in evidence.queries}
    assert evidence.metrics
    for metric in evidence.metrics:
        assert metric.values.index.equals(index)
        assert queries[metric.query].series == len(metric.labels)
    assert [query.id for query in evidence.queries] == [f"q{n}" for n in range(1, len(evidence.queries) + 1)]


def test_the_step_is_the_scrape_interval_and_the_baseline_is_said(evidence: Evidence) -> None:
    assert evidence.window.step_s == 15
    assert evidence.window.start - evidence.window.baseline_start == pd.Timedelta("90min")
    assert any("baseline" in note for note in evidence.notes)


def test_a_deploy_seen_by_two_sources_is_one_event_with_the_explicit_id(evidence: Evidence) -> None:
    deploys = [e for e in evidence.events if e.kind == "deploy" and e.service.name == "shop"]
    assert [e.source_id for e in deploys] == ["4711"]


def test_what_could_not_be_read_is_a_gap_that_names_its_line(evidence: Evidence) -> None:
    assert [gap.missing for gap in evidence.gaps if gap.source == "deploys.csv"] == ["the event on line 3"]


def test_alerts_carry_their_rules_condition(evidence: Evidence) -> None:
    assert evidence.alerts
    assert all(alert.query in {q.id for q in evidence.queries} for alert in evidence.alerts)
    assert any(alert.condition for alert in evidence.alerts)


def test_a_bundle_gives_the_very_evidence_back(evidence: Evidence, tmp_path: Path) -> None:
    write_bundle(tmp_path / "b.zip", evidence)
    again, _ = read_bundle(tmp_path / "b.zip")
    assert (again.window, again.events, again.alerts, again.gaps, again.queries, again.notes) == (
        evidence.window,
        evidence.events,
        evidence.alerts,
        evidence.gaps,
        evidence.queries,
        evidence.notes,
    )
    for one, other in zip(again.metrics, evidence.metrics, strict=True):
        pd.testing.assert_frame_equal(one.values, other.values, check_exact=True)


def test_victoriametrics_answers_the_same_questions(victoria_url: str, evidence: Evidence) -> None:
    asked = Request(start=at("13:00"), end=at("14:30"), prometheus=HttpSettings(victoria_url))
    there = gather(asked, now=NOW)
    wanted = {m.signal.id for m in evidence.metrics if not m.signal.inferred}
    assert wanted <= {m.signal.id for m in there.metrics}


def test_a_scope_that_matches_nothing_is_nothing_to_show(prometheus_url: str) -> None:
    asked = Request(start=at("13:00"), end=at("14:30"), prometheus=HttpSettings(prometheus_url), scope='job="nosuch"')
    with pytest.raises(NothingToShowError) as told:
        gather(asked, now=NOW)
    assert "--scope" in told.value.hint


def test_an_event_source_that_is_away_is_a_gap_and_under_strict_an_error(prometheus_url: str) -> None:
    away: tuple[tuple[str, dict[str, str]], ...] = (("alertmanager:http://127.0.0.1:9", {}),)
    asked = Request(start=at("14:00"), end=at("14:30"), prometheus=HttpSettings(prometheus_url), events=away)
    assert any(gap.missing == "change events" for gap in gather(asked, now=NOW).gaps)
    strict = Request(
        start=at("14:00"), end=at("14:30"), prometheus=HttpSettings(prometheus_url), events=away, strict=True
    )
    with pytest.raises(SourceError):
        gather(strict, now=NOW)


def test_an_end_in_the_future_is_the_servers_now(prometheus_url: str) -> None:
    clock = pd.Timestamp.now("UTC")
    asked = Request(
        start=at("13:00"), end=clock + pd.Timedelta("2h"), prometheus=HttpSettings(prometheus_url), scope='job="shop"'
    )
    found = gather(asked, now=clock)
    assert found.window.end <= pd.Timestamp.now("UTC") + pd.Timedelta("1min")
    assert any("server's own time" in note for note in found.notes)


def test_metric_files_alone_are_enough_and_their_span_is_the_window(tmp_path: Path) -> None:
    rows = [
        f"{t:%Y-%m-%d %H:%M:%S},{1 + n % 3}" for n, t in enumerate(pd.date_range(at("13:00"), periods=90, freq="60s"))
    ]
    (tmp_path / "m.csv").write_text("time,http_request_duration_ms\n" + "\n".join(rows))
    found = gather(Request(metric_files=(tmp_path / "m.csv",)), now=NOW)
    assert (found.window.start, found.window.end, found.window.step_s) == (at("13:00"), at("14:30"), 60)
    assert found.metrics[0].signal.unit == "seconds"


def test_a_window_across_midnight_in_another_zone_is_one_window(prometheus_url: str) -> None:
    asked = Request(
        start=pd.Timestamp("2026-03-02T01:30+13:00").tz_convert("UTC"),
        end=pd.Timestamp("2026-03-02T03:00+13:00").tz_convert("UTC"),
        prometheus=HttpSettings(prometheus_url),
    )
    assert gather(asked, now=NOW).window.end == pd.Timestamp("2026-03-01T14:00Z")


def test_changes_can_be_gathered_without_any_metric(prometheus_url: str) -> None:
    found = gather_changes(
        Request(start=at("13:00"), end=at("14:30"), prometheus=HttpSettings(prometheus_url)), now=NOW
    )
    assert not found.metrics
    assert {event.kind for event in found.events} & {"deploy", "rollback", "restart"}


def test_nothing_to_ask_is_said() -> None:
    with pytest.raises(UsageError, match="nothing to ask"):
        gather(Request(), now=NOW)
