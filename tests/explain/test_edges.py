"""Thin, odd and hostile evidence: always an answer, never a blame that nothing supports."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reconstruct.explain import explain
from reconstruct.model import Anomaly, Evidence, Moment, Service, Settings
from tests.explain.made import MECHANISMS, Line, Move, alert, at, event, made, told
from tests.explain.stories import FROM, database, quiet, web

SETTINGS = Settings(mechanisms=MECHANISMS)
DEPLOY = event("e1", "13:52", "deploy", "shop", version="2")


def test_nothing_at_all() -> None:
    evidence, _ = made([])
    assert explain(evidence, (), settings=SETTINGS).verdict == "inconclusive"


def test_events_without_metrics_blame_nobody() -> None:
    evidence, _ = made([], events=[DEPLOY], alerts=[alert("High", "shop", "13:58")])
    story = explain(evidence, (), settings=SETTINGS)
    assert story.verdict == "incident"
    assert story.impact == ()
    assert story.hints == ()


def test_without_mechanisms_the_hint_is_unknown() -> None:
    evidence, anomalies = made([*web(end=None), *quiet()], events=[DEPLOY])
    story = explain(evidence, anomalies, settings=Settings())
    assert story.hints[0].trigger == "e1"
    assert story.hints[0].mechanism == "unknown"
    assert story.ruled_out == ()


def test_without_events_the_mechanism_is_told_and_no_change() -> None:
    story = told([*web(), *quiet(), *database(latency=0.55, cpu=0.7, rows=9000)])
    assert story.hints[0].trigger is None
    assert story.hints[0].mechanism == "slow-query"
    assert "no change that explains it" in story.hints[0].statement


def ongoing_at_start(anomaly: Anomaly, start: str) -> Anomaly:
    began = at(start)
    return replace(anomaly, onset=Moment(began, began, began), ongoing_at_start=True)


def test_an_incident_under_way_at_the_start_is_an_incident() -> None:
    evidence, anomalies = made([*web(start="12:00", end="14:00"), *quiet()], events=[DEPLOY], window=("12:00", "15:00"))
    story = explain(evidence, [ongoing_at_start(a, "12:00") for a in anomalies], settings=SETTINGS)
    assert story.verdict == "incident"
    assert "e1" not in {h.trigger for h in story.hints}


@pytest.mark.parametrize("value", [np.nan, 0.0, 1e12, -5.0])
def test_constant_and_empty_series_break_nothing(value: float) -> None:
    lines = [
        Line("runtime/memory", "runtime", "utilisation", "bytes", "shop", value, tags=("memory",)),
        Line("x509/left", "network", "availability", "seconds", "shop", value, tags=("certificate",)),
        Line("node/left", "host", "utilisation", "ratio", "", value, tags=("disk",), worse="down"),
    ]
    story = told([*web(end=None), *quiet(), *lines], events=[DEPLOY], steady=True)
    assert story.hints[0].trigger == "e1"


def test_hostile_names_and_titles_are_text() -> None:
    evil = "shop}{0.__class__}%s<script>\n"
    story = told(
        [*web(evil, end=None), *quiet()], events=[event("e1", "13:52", "deploy", evil, title="{service} %d {")]
    )
    assert story.hints[0].trigger == "e1"
    assert evil in story.hints[0].statement


def test_an_event_with_a_coarse_time_may_lie_before_the_onset() -> None:
    minute = replace(event("e1", "13:55", "deploy", "shop", version="2"), resolution_s=60.0)
    story = told([*web(end=None), *quiet()], events=[minute])
    assert story.hints[0].trigger == "e1"


def test_namespaces_keep_services_of_one_name_apart() -> None:
    evidence, anomalies = made([*web(end=None), *quiet()], events=[DEPLOY])
    here, there = Service("shop", "prod"), Service("shop", "staging")

    def in_prod(parts: tuple[Evidence, tuple[Anomaly, ...]]) -> tuple[Evidence, tuple[Anomaly, ...]]:
        metrics = tuple(
            replace(m, services=tuple(here if s.name == "shop" else s for s in m.services)) for m in parts[0].metrics
        )
        found = tuple(replace(a, service=here) if a.service.name == "shop" else a for a in parts[1])
        return replace(parts[0], metrics=metrics), found

    for service, is_first in ((here, True), (there, False), (Service("shop"), True)):
        changed = replace(evidence, events=(replace(DEPLOY, service=service),))
        story = explain(*in_prod((changed, anomalies)), settings=SETTINGS)
        assert (story.hints[0].trigger == "e1") is is_first, service


def test_the_evidence_is_not_changed() -> None:
    evidence, anomalies = made([*web(), *quiet(), *database(latency=0.5, cpu=0.6, rows=900)], events=[DEPLOY])
    before = [m.values.copy() for m in evidence.metrics]
    explain(evidence, anomalies, settings=SETTINGS)
    assert all(m.values.equals(b) for m, b in zip(evidence.metrics, before, strict=True))


def test_two_metrics_of_a_handful_of_samples() -> None:
    lines = [Line("http/errors", "app", "errors", "ratio", "shop", 0.001, (Move(FROM, None, 0.5),), min_effect=0.01)]
    story = told(lines, events=[DEPLOY], window=("13:50", "14:00"), baseline="13:45", step_s=60)
    assert story.verdict == "incident"
    assert story.hints[0].trigger == "e1"
