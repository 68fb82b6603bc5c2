"""What is told where neither a change nor a mechanism is known: which service moved furthest."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from reconstruct.explain.places import FAULT_UNSEEN, place_hints, places
from reconstruct.model import Aspect, Evidence, Incident, Layer, Metric, Service, Settings, Signal, Window
from reconstruct.pipeline import draft

Floats = npt.NDArray[np.float64]
BEGIN = pd.Timestamp("2026-11-17T13:00:00Z")


def signal(name: str, layer: Layer, aspect: Aspect, unit: str, least: float) -> Signal:
    return Signal(f"file/{name}", name, name, unit, layer, aspect, min_effect=least)


LATENCY = signal("latency", "app", "latency", "seconds", 0.005)
ERRORS = signal("errors", "app", "errors", "ratio", 0.01)
CPU = signal("cpu", "runtime", "utilisation", "ratio", 0.05)


def evidence(
    series: Sequence[tuple[Signal, str, Floats]],
    *,
    first: int,
    step_s: int = 60,
    calls: tuple[tuple[str, str], ...] = (),
) -> Evidence:
    """Gauges as a file has them; the window begins with row `first`."""
    rows, step = len(series[0][2]), pd.Timedelta(seconds=step_s)
    window = Window(BEGIN + first * step, BEGIN + rows * step, step, BEGIN)
    metrics = []
    for number, kind in enumerate(dict.fromkeys(s for s, _, _ in series), 1):
        mine = [(service, values) for s, service, values in series if s == kind]
        frame = pd.DataFrame({n: values for n, (_, values) in enumerate(mine)}, index=window.index)
        services = tuple(Service(service) for service, _ in mine)
        labels = tuple({"service": service} for service, _ in mine)
        metrics.append(Metric(kind, frame, labels, services, f"q{number}", float(step_s)))
    return Evidence(window, metrics=tuple(metrics), calls=calls)


def level(usual: float, *, rows: int, moved: float = 0.0, since: int = 0, until: int | None = None) -> Floats:
    values: Floats = usual * (1 + 0.03 * np.sin(1.7 * np.arange(rows)))
    values[since:until] += moved
    return values


def slow_cart(*, first: int = 60, rows: int = 80, **options: int) -> Evidence:
    """cart's latency is ten times what it was from row 70 on; web waits for it."""
    return evidence(
        [
            (LATENCY, "web", level(0.1, rows=rows, moved=0.18, since=rows - 10)),
            (LATENCY, "cart", level(0.02, rows=rows, moved=0.18, since=rows - 10)),
            (CPU, "web", level(0.2, rows=rows)),
            (CPU, "cart", level(0.2, rows=rows)),
        ],
        first=first,
        calls=(("web", "cart"),),
        **options,
    )


def services(incident: Incident) -> list[str]:
    return [h.service.name for h in incident.explanation.hints]


def test_an_incident_without_changes_names_the_service_that_moved_furthest() -> None:
    found = draft(slow_cart()).explanation
    assert found.verdict == "incident"
    assert found.hints[0].service.name == "cart"
    assert found.hints[0].trigger is None
    assert found.hints[0].mechanism == "unknown"
    assert found.hints[0].statement.startswith("cart moved furthest from its own past: latency 20 ms before, ")
    assert found.hints[0].verdict in ("plausible", "inconclusive")


@pytest.mark.parametrize("met", [True, False])
def test_the_confidences_follow_from_the_ledger_and_leave_something_unexplained(met: bool) -> None:
    found = places(slow_cart(), (), onset=None, settings=Settings(), met=met)
    hints, ledger = place_hints(found, met=met)
    assert [h.rank for h in hints] == list(range(1, len(hints) + 1))
    for hint, line in zip(hints, ledger.candidates, strict=True):
        assert ledger.confidence(line) == pytest.approx(hint.confidence, abs=1e-9)
        assert line.log_odds == pytest.approx(line.prior + sum(w for _, w in line.terms), abs=1e-12)
        assert all(reason.weight > 0 for reason in hint.reasons_for)
    assert sum(h.confidence for h in hints) < 1.0
    assert met or all(h.verdict == "inconclusive" for h in hints)


def test_less_is_said_where_users_are_not_known_to_have_met_anything() -> None:
    said = [places(slow_cart(), (), onset=None, settings=Settings(), met=met)[0].confidence for met in (True, False)]
    assert said[1] == pytest.approx(FAULT_UNSEEN * said[0])


def test_nothing_that_moved_names_no_place() -> None:
    flat = evidence([(LATENCY, "web", np.full(80, 0.1)), (LATENCY, "cart", np.full(80, 0.2))], first=60)
    assert places(flat, (), onset=None, settings=Settings(), met=True) == ()
    assert place_hints((), met=True)[0] == ()


def test_a_window_without_user_facing_signals_is_inconclusive_and_says_where_to_look() -> None:
    seen = evidence(
        [(CPU, "web", level(0.2, rows=80)), (CPU, "cart", level(0.2, rows=80, moved=0.7, since=70))], first=60
    )
    found = draft(seen)
    assert found.explanation.verdict == "inconclusive"
    assert services(found)[0] == "cart"
    assert found.explanation.hints[0].verdict == "inconclusive"
    assert "cpu 20 % before, 90 % during" in found.explanation.hints[0].statement


@pytest.mark.parametrize(("before", "verdict"), [(8, "inconclusive"), (30, "no-incident")])
def test_with_a_handful_of_samples_before_it_no_window_is_called_calm(before: int, verdict: str) -> None:
    rows = before + 6
    calm = evidence(
        [(LATENCY, name, level(usual, rows=rows)) for name, usual in (("web", 0.1), ("cart", 0.02))], first=before
    )
    found = draft(calm).explanation
    assert found.verdict == verdict
    if verdict == "inconclusive":
        assert found.reason.kind == "short-history"
        assert (
            found.says == "only 8 samples of user-facing signals tell what is normal, too few to call the window calm"
        )


def test_a_resource_far_beyond_chance_keeps_a_window_from_being_called_calm() -> None:
    usual = [(LATENCY, name, level(0.1, rows=80)) for name in ("web", "cart", "user", "mail")]
    resources = [(CPU, name, level(0.2, rows=80)) for name in ("web", "user", "mail")]
    busy = (CPU, "cart", level(0.05, rows=80, moved=0.93, since=70))
    found = draft(evidence([*usual, *resources, busy], first=60))
    assert found.explanation.verdict == "inconclusive"
    assert found.explanation.reason.kind == "stands-out"
    assert services(found)[0] == "cart"
    calm = draft(evidence([*usual, *resources, (CPU, "cart", level(0.05, rows=80))], first=60))
    assert calm.explanation.verdict == "no-incident"
    assert not calm.explanation.hints


@pytest.mark.parametrize(
    ("step_s", "samples", "verdict"), [(300, 2, "incident"), (300, 1, "no-incident"), (15, 2, "no-incident")]
)
def test_two_bad_samples_of_five_minutes_are_an_outage(step_s: int, samples: int, verdict: str) -> None:
    rows = 300
    failing = level(0.001, rows=rows, moved=0.4, since=290, until=290 + samples)
    seen = evidence([(ERRORS, "web", failing), (LATENCY, "web", level(0.1, rows=rows))], first=280, step_s=step_s)
    assert draft(seen).explanation.verdict == verdict


def test_one_slow_sample_is_none_where_the_service_had_no_processor_left() -> None:
    slow = (LATENCY, "cart", level(0.1, rows=80, moved=9.0, since=73, until=74))
    rest = [(LATENCY, "web", level(0.1, rows=80)), (CPU, "web", level(0.2, rows=80))]
    assert (
        draft(evidence([slow, *rest, (CPU, "cart", level(0.2, rows=80))], first=60)).explanation.verdict
        == "no-incident"
    )
    full = (CPU, "cart", level(0.2, rows=80, moved=0.8, since=71, until=77))
    assert draft(evidence([slow, *rest, full], first=60)).explanation.verdict == "incident"


def test_what_the_ledger_leaves_is_the_unobserved() -> None:
    hints, ledger = place_hints(places(slow_cart(), (), onset=None, settings=Settings(), met=True), met=True)
    left = math.exp(ledger.unobserved) / ledger.normaliser
    assert left == pytest.approx(1.0 - sum(h.confidence for h in hints))


def test_of_very_many_series_only_the_signals_that_moved_are_ranked(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = slow_cart()
    anomalies = draft(seen).anomalies
    whole = places(seen, anomalies, onset=None, settings=Settings(), met=True)
    monkeypatch.setattr(sys.modules[places.__module__], "MAX_SERIES", 3)
    few = places(seen, anomalies, onset=None, settings=Settings(), met=True)
    assert few[0].service == whole[0].service
    assert {m.signal.id for m in seen.metrics} > {a.signal.id for a in anomalies}
    assert places(seen, (), onset=None, settings=Settings(), met=True) == ()
