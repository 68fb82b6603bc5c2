"""How the time of a draft grows with each thing that can be many: events, alerts, gaps, anomalies, entries, series.

    python benchmarks/linearity.py [--sizes 100,1000,10000] [--only events,alerts] [--budget 60]

The evidence is made: one service fails for half an hour, and so many more events (deploys of other services, all
through the baseline), alerts, gaps, or series (quiet ones; for anomalies, ones that step at a time of their own). What
is timed is CPU in `draft` and in writing the Markdown and the JSON. The exponent is the slope between the two largest
sizes in logarithms. A size is not begun where the one before took more than the budget.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from reconstruct import draft
from reconstruct.model import (
    Alert,
    Event,
    Evidence,
    Gap,
    Metric,
    Query,
    Service,
    Settings,
    Signal,
    Window,
    numbered_gaps,
)
from reconstruct.packs.mechanisms import load_mechanisms
from reconstruct.render.incident_json import to_json
from reconstruct.render.markdown import to_markdown

START: Final = pd.Timestamp("2026-11-17T12:00Z")
STEP: Final = pd.Timedelta("1min")
WINDOW: Final = Window(START + 120 * STEP, START + 300 * STEP, STEP, START)
FAULT: Final = slice(160, 190)


def _metric(values: np.ndarray[tuple[int, int], np.dtype[np.float64]], name: str, services: list[str]) -> Metric:
    layer_of = {"shop/latency": ("app", "latency", "seconds"), "hosts/load": ("host", "utilisation", "ratio")}
    layer, aspect, unit = layer_of[name]
    signal = Signal(name, name.split("/")[1], name.replace("/", "_"), unit, layer, aspect, min_effect=0.01)  # type: ignore[arg-type]
    return Metric(
        signal=signal,
        values=pd.DataFrame(values, index=WINDOW.index, columns=pd.RangeIndex(values.shape[1])),
        labels=tuple({"service": service, "instance": f"{service}:1"} for service in services),
        services=tuple(Service(service) for service in services),
        query="q1",
        spacing_s=STEP.total_seconds(),
    )


def evidence() -> Evidence:
    """One service that fails for half an hour."""
    rng = np.random.default_rng(1)
    values = 0.05 + 0.001 * rng.standard_normal((len(WINDOW.index), 1))
    values[FAULT] += 1.0
    query = Query("q1", "shop/latency", "shop_latency", WINDOW.baseline_start, WINDOW.end, 60.0, 1)
    deploy = Event("e1", WINDOW.index[FAULT.start - 1], "deploy", Service("shop"), "Deploy shop 2.0", version="2.0")
    return Evidence(
        window=WINDOW, metrics=(_metric(values, "shop/latency", ["shop"]),), events=(deploy,), queries=(query,)
    )


def with_events(number: int) -> Evidence:
    """So many deploys of other services, evenly through window and baseline."""
    span = (WINDOW.end - WINDOW.baseline_start) / (number + 1)
    more = [
        Event(
            f"e{n + 2}",
            (WINDOW.baseline_start + (n + 1) * span).as_unit("ns"),
            "deploy",
            Service(f"other-{n % 50}"),
            f"Deploy {n}",
            version=f"1.{n}",
        )
        for n in range(number)
    ]
    whole = evidence()
    events = sorted((*whole.events, *more), key=lambda event: event.time)
    return replace(whole, events=tuple(replace(event, id=f"e{n}") for n, event in enumerate(events, 1)))


def with_alerts(number: int) -> Evidence:
    """So many firings of 100 rules on 50 services."""
    span = (WINDOW.end - WINDOW.baseline_start) / (number + 1)
    alerts = []
    for n in range(number):
        at = (WINDOW.baseline_start + (n + 1) * span).as_unit("ns")
        service = Service(f"other-{n % 50}")
        alerts.append(
            Alert(
                f"al{n + 1}",
                f"Rule{n % 100}",
                service,
                {"instance": f"i-{n}"},
                "x > 1",
                at,
                at,
                at + 3 * STEP,
                resolution_s=15.0,
            )
        )
    return replace(evidence(), alerts=tuple(alerts))


def with_gaps(number: int) -> Evidence:
    """So many targets that could not be scraped for some minutes."""
    gaps = [
        Gap(
            "",
            "prometheus",
            f"job other-{n % 50}, instance i-{n}",
            "scrape failed",
            START + (n % 200) * STEP,
            START + (n % 200 + 5) * STEP,
        )
        for n in range(number)
    ]
    return replace(evidence(), gaps=numbered_gaps(tuple(gaps)))


def with_series(number: int) -> Evidence:
    """So many quiet series."""
    rng = np.random.default_rng(2)
    values = 0.3 + 0.01 * rng.standard_normal((len(WINDOW.index), number))
    whole = evidence()
    return replace(whole, metrics=(*whole.metrics, _metric(values, "hosts/load", [f"host-{n}" for n in range(number)])))


def with_anomalies(number: int) -> Evidence:
    """So many series that step up at a time of their own: each is an anomaly, and an entry of the timeline."""
    rng = np.random.default_rng(3)
    values = 0.3 + 0.005 * rng.standard_normal((len(WINDOW.index), number))
    for column in range(number):
        values[125 + column % 120 : 135 + column % 120, column] += 0.5
    whole = evidence()
    return replace(whole, metrics=(*whole.metrics, _metric(values, "hosts/load", [f"host-{n}" for n in range(number)])))


MANY: Final[dict[str, Callable[[int], Evidence]]] = {
    "events": with_events,
    "alerts": with_alerts,
    "gaps": with_gaps,
    "series": with_series,
    "anomalies": with_anomalies,
}


def cost(whole: Evidence) -> tuple[float, str]:
    """CPU seconds of a draft and its texts, and what it holds."""
    settings = Settings(services=("shop",), mechanisms=load_mechanisms())
    begun = time.process_time()
    incident = draft(whole, settings=settings)
    drafted = time.process_time() - begun
    to_markdown(incident)
    to_json(incident)
    took = time.process_time() - begun
    held = f"{len(incident.anomalies):,} anomalies, {len(incident.timeline):,} entries, draft {drafted:.1f} s"
    return took, held


def main() -> None:
    """Measure and print a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", default="100,1000,10000,100000")
    options.add_argument("--only", default=",".join(MANY))
    options.add_argument("--budget", type=float, default=120.0)
    given = options.parse_args()
    sizes = [int(size) for size in given.sizes.split(",")]
    cost(evidence())
    print("| what | " + " | ".join(f"{size:,}" for size in sizes) + " | exponent |")
    print("|---|" + "---|" * (len(sizes) + 1))
    for name in given.only.split(","):
        found: list[float] = []
        for size in sizes:
            if found and found[-1] > given.budget:
                break
            took, held = cost(MANY[name](size))
            found.append(took)
            print(f"<!-- {name} {size:,}: {took:.2f} s, {held} -->", flush=True)
        exponent = math.log(found[-1] / found[-2]) / math.log(sizes[len(found) - 1] / sizes[len(found) - 2])
        cells = [f"{took:.2f} s" for took in found] + ["-"] * (len(sizes) - len(found))
        print(f"| {name} | " + " | ".join(cells) + f" | {exponent:.2f} |", flush=True)


if __name__ == "__main__":
    main()
