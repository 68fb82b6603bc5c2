"""Many small worlds with known truth: services, deploys, flags and canaries drawn at random, and one fault or none.

The worlds differ from the scenarios that the weights were argued on: decoys come earlier as well as later than the
candidate, releases are gradual, and several services are watched. What is asked is a rate, over a fixed set of seeds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reconstruct.explain import explain
from reconstruct.model import Event, Explanation, Settings
from tests.explain.made import MECHANISMS, Line, Move, alert, at, event, made

WORLDS = 60
SERVICES = ("front", "cart", "pay", "search", "mail")


@dataclass(frozen=True)
class World:
    triggering: str | None
    told: Explanation


def clock(minutes: float) -> str:
    """Minutes after 12:00 as a time of day."""
    return f"{at('12:00') + pd.Timedelta(minutes=minutes):%H:%M:%S}"


def world(seed: int) -> World:
    """A fault at 80 to 150 minutes after 12:00, user_facing in one service and then in one or two that call it."""
    rng = np.random.default_rng(seed)
    onset = float(rng.uniform(80, 150))
    order = [SERVICES[i] for i in rng.permutation(len(SERVICES))]
    broken, callers, others = order[0], order[1 : 1 + int(rng.integers(0, 3))], order[3:]
    over = None if rng.random() < 0.5 else onset + float(rng.uniform(8, 20))
    lines = [line for service in order for line in healthy(service)]
    lines = [hurt(line, broken, onset, over) if line.service == broken else line for line in lines]
    for n, caller in enumerate(callers, 1):
        lines = [hurt(line, caller, onset + n, over) if line.service == caller else line for line in lines]
    events: list[Event] = []
    kind = rng.choice(["deploy", "gradual", "none"], p=[0.5, 0.25, 0.25])
    triggering: str | None = None
    if kind == "deploy":
        triggering = "triggering"
        events.append(event(triggering, clock(onset - rng.uniform(1, 12)), "deploy", broken, version="9", previous="8"))
    elif kind == "gradual":
        triggering = "triggering"
        start = onset - float(rng.uniform(2, 20))
        events.append(
            event(triggering, clock(start), "deploy", broken, version="9", previous="8", end=clock(start + 30))
        )
    for n in range(int(rng.integers(2, 7))):
        service = others[int(rng.integers(len(others)))]
        when = onset + float(rng.uniform(-40, 15))
        events.append(event(f"d{n}", clock(when), "deploy", service, version=f"{n}.1"))
    events += [
        event(f"old{n}", clock(onset - rng.uniform(40, 75)), "deploy", broken, version=f"{n}")
        for n in range(int(rng.integers(0, 3)))
    ]
    events += [
        event(f"f{n}", clock(onset - rng.uniform(6, 60)), "flag", broken, title=f"flag rail{n} off->on")
        for n in range(int(rng.integers(1, 4)))
    ]
    if triggering and over is not None and rng.random() < 0.7:
        events.append(event("back", clock(over - rng.uniform(1, 4)), "rollback", broken, version="8", previous="9"))
    evidence, anomalies = made(
        lines,
        events=events,
        alerts=[alert("High", broken, clock(onset + 3))],
        window=("12:00", "15:20"),
        step_s=60,
    )
    return World(triggering, explain(evidence, anomalies, settings=Settings(mechanisms=MECHANISMS)))


def healthy(service: str) -> list[Line]:
    return [
        Line(f"http/latency-{service}", "app", "latency", "seconds", service, 0.05, min_effect=0.01),
        Line(f"http/errors-{service}", "app", "errors", "ratio", service, 0.002, min_effect=0.01),
        Line(f"http/rate-{service}", "app", "traffic", "per second", service, 90.0, worse="both"),
    ]


def hurt(line: Line, service: str, onset: float, over: float | None) -> Line:
    level = {"latency": 0.6, "errors": 0.3}.get(line.aspect)
    if level is None:
        return line
    end = None if over is None else clock(over)
    return Line(
        line.id,
        line.layer,
        line.aspect,
        line.unit,
        service,
        line.usual,
        (Move(clock(onset), end, level),),
        min_effect=line.min_effect,
    )


def blames(told: Explanation) -> str | None:
    first = told.hints[0]
    return first.trigger if first.verdict in ("supported", "plausible") else None


def test_the_guilty_release_is_found_and_the_innocent_are_spared() -> None:
    worlds = [world(seed) for seed in range(WORLDS)]
    assert all(w.told.verdict == "incident" for w in worlds)
    with_culprit = [w for w in worlds if w.triggering]
    found = sum(w.told.hints[0].trigger == w.triggering for w in with_culprit)
    among_three = sum(w.triggering in {h.trigger for h in w.told.hints[:3]} for w in with_culprit)
    false_blame = sum(blames(w.told) not in (None, w.triggering) for w in worlds)
    assert len(with_culprit) >= WORLDS // 2
    assert found >= 0.9 * len(with_culprit)
    assert among_three >= 0.95 * len(with_culprit)
    assert false_blame <= 0.05 * WORLDS


def test_what_is_said_with_confidence_is_right() -> None:
    sure = [(h, w) for w in (world(seed) for seed in range(WORLDS)) for h in w.told.hints if h.confidence >= 0.8]
    assert len(sure) >= 10
    right = sum(h.trigger == w.triggering for h, w in sure)
    assert right >= 0.9 * len(sure)
