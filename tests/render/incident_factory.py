"""Incidents to draw and to write about: made by hand, the same on every run, with the truth known.

`classic` is the story that everybody knows: a deploy slows the database, a rollback cures it, two candidates are
innocent. The others stretch one thing each: many entries, many series, hostile text, two weeks, forty minutes, no end,
no incident. Everything is built from the public nouns, so a change of the nouns shows here first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from reconstruct.model import (
    Episode,
    EventKind,
    Explanation,
    Incident,
    Service,
    Window,
)
from tests.render.incident_classic import CURED, ONSET, classic, classic_asks
from tests.render.incident_parts import Ask, Line, Move, alert, at, entry, event, incident, told

HOSTILE = {
    "maths": "price $x_{1}^{2}$ and $\\frac{a}{b}$ 100%",
    "newlines": "first line\nsecond line\r\n\tthird",
    "control": "bell\x07 escape\x1b[31mred\x1b[0m null\x00 del\x7f",
    "html": '<script>alert(1)</script><img src=x onerror="alert(2)">',
    "emoji": "\U0001f525 checkout \U0001f468‍\U0001f4bb burns",
    "right to left": "שלום ‮txt.exe\u202c مرحبا",
    "long": "a-very-long-name-" * 18,
    "no spaces": "x" * 300,
    "chinese": "数据库 响应 时间",
    "markdown": "| `code` | **bold** [link](javascript:alert(1)) #1 @everyone",
    "formula": '=HYPERLINK("http://evil.example","click")',
    "format": "{service} %s {0} ${HOME} \\n \\d",
    "empty": "",
    "surrogate": "lone \ud83d half",
}


def ongoing() -> Incident:
    """The classic story looked at while it lasts: the window ends at 14:30, nothing is back, alerts still fire."""
    story = classic()
    end = at("14:30:00")
    window = replace(story.evidence.window, end=end)
    metrics = tuple(replace(m, values=m.values.loc[m.values.index < end]) for m in story.evidence.metrics)
    alerts = tuple(replace(a, resolved_at=None) for a in story.evidence.alerts)
    events = tuple(e for e in story.evidence.events if e.time < end)
    gaps = tuple(g for g in story.evidence.gaps if g.start is None or g.start < end)
    queries = tuple(replace(q, end=end) for q in story.evidence.queries)
    evidence = replace(
        story.evidence, window=window, metrics=metrics, alerts=alerts, events=events, gaps=gaps, queries=queries
    )
    anomalies = tuple(replace(a, recovery=None, peak_time=min(a.peak_time, end - window.step)) for a in story.anomalies)
    hints = tuple(
        replace(h, reasons_for=tuple(r for r in h.reasons_for if "e5" not in r.evidence))
        for h in story.explanation.hints
    )
    explanation = replace(
        story.explanation,
        says="Requests to shop fail and are slow since 13:56, and seven alerts are firing.",
        episodes=(Episode("ep1", ONSET, None, tuple(a.id for a in anomalies)),),
        mitigated=None,
        mitigated_evidence=(),
        recovered=None,
        recovered_evidence=(),
        impact=tuple(replace(i, end=end) for i in story.explanation.impact),
        hints=hints,
    )
    return replace(
        story,
        evidence=evidence,
        anomalies=anomalies,
        explanation=explanation,
        milestones={**story.milestones, "mitigated": None, "recovered": None},
        durations={"time_to_detect_s": story.durations["time_to_detect_s"]},
        timeline=tuple(e for e in story.timeline if e.moment.time < end),
    )


def quiet() -> Incident:
    """No incident: the classic system on a day when harmless changes went out and nothing went wrong."""
    story = classic()
    asks = tuple(replace(ask, lines=tuple(replace(line, moves=()) for line in ask.lines)) for ask in classic_asks())
    events = tuple(replace(e, kind="deploy" if e.kind == "rollback" else e.kind) for e in story.evidence.events[:2])
    bare = incident(asks, window=story.evidence.window, events=events, gaps=story.evidence.gaps, seed=2)
    explanation = Explanation(
        verdict="no-incident", says="Nothing that users feel left its usual range, and no alert fired."
    )
    return replace(bare, explanation=explanation, timeline=story.timeline[:2])


def many_entries(count: int = 500) -> Incident:
    """The classic story with `count` entries on the timeline: deploys, flags and flapping alerts through the day."""
    story = classic()
    window = story.evidence.window
    rng = np.random.default_rng(7)
    kinds: tuple[EventKind, ...] = ("deploy", "config", "flag", "scale", "restart", "job", "migration", "note")
    span_s = (window.end - window.start).total_seconds()
    n_alerts = count // 10
    n_events = count - n_alerts - len(story.timeline)
    offsets = np.sort(rng.uniform(0.0, span_s, n_events))
    events, entries = list(story.evidence.events), list(story.timeline)
    for i, offset in enumerate(offsets):
        when = (window.start + pd.Timedelta(seconds=float(offset))).floor("s")
        kind = kinds[i % len(kinds)]
        service = f"service-{i % 40:02d}"
        event_id = f"e{len(events) + 1}"
        events.append(event(event_id, when, kind, service, f"{service} change {i} of the day", version=f"1.{i}.0"))
        entries.append(entry(0, when, "change", service, f"{kind} of {service}", (event_id,), within_s=0.0))
    alerts = list(story.evidence.alerts)
    for i in range(n_alerts):
        start = (window.start + pd.Timedelta(seconds=float(rng.uniform(0.0, span_s - 900)))).floor("s")
        alert_id = f"al{len(alerts) + 1}"
        times = (start, start + pd.Timedelta("60s"), start + pd.Timedelta(f"{120 + 10 * i}s"))
        alerts.append(alert(alert_id, f"Flapping{i % 12}", f"service-{i % 40:02d}", "up == 0", times))
        entries.append(entry(0, times[1], "alert", f"service-{i % 40:02d}", f"Flapping{i % 12} fires", (alert_id,)))
    ordered = sorted(entries, key=lambda e: e.moment.time)
    timeline = tuple(replace(e, id=f"t{i}") for i, e in enumerate(ordered, start=1))
    evidence = replace(story.evidence, events=tuple(sorted(events, key=lambda e: e.time)), alerts=tuple(alerts))
    return replace(story, evidence=evidence, timeline=timeline)


def many_series(count: int = 2000, *, affected: int = 40) -> Incident:
    """`count` pods of one service, `affected` of them slow from 13:56:15 to 15:27: what a big cluster looks like."""
    window = Window(at("12:45:00"), at("16:00:00"), pd.Timedelta("60s"), at("09:30:00"))
    rng = np.random.default_rng(11)
    usual = rng.uniform(0.02, 0.09, count)
    lines = tuple(
        Line(
            {"service": "shop", "namespace": "prod", "pod": f"shop-7d9f8b6c5-{i:05x}"},
            float(usual[i]),
            0.15,
            moves=(Move(ONSET, CURED, float(rng.uniform(0.6, 2.4))),) if i < affected else (),
        )
        for i in range(count)
    )
    ask = Ask(
        "http/latency-p95", "Request latency, 95th percentile", "seconds", "app", "latency", lines, min_effect=0.005
    )
    return told(
        incident(
            (ask,), window=window, events=classic().evidence.events, alerts=classic().evidence.alerts[2:4], seed=11
        ),
        onset=ONSET,
        recovered=CURED,
        service="shop",
    )


def hostile() -> Incident:
    """The classic story with every name replaced by text that breaks renderers."""
    texts = list(HOSTILE.values())
    story = classic()

    def text(i: int) -> str:
        return texts[i % len(texts)]

    metrics = tuple(
        replace(
            metric,
            signal=replace(metric.signal, title=text(i)),
            labels=tuple({"instance": text(i + j), "$x$": text(j)} for j in range(len(metric.labels))),
            services=tuple(Service(text(i + j)) for j in range(len(metric.labels))),
        )
        for i, metric in enumerate(story.evidence.metrics)
    )
    by_id = {m.signal.id: m for m in metrics}
    anomalies = tuple(
        replace(
            a,
            signal=by_id[a.signal.id].signal,
            labels=by_id[a.signal.id].labels[a.column],
            service=by_id[a.signal.id].services[a.column],
        )
        for a in story.anomalies
    )
    shared = story.evidence.events
    events = tuple(
        replace(
            shared[i % len(shared)],
            id=f"e{i + 1}",
            title=title,
            service=Service(text(i + 3)),
            version=text(i + 5),
            time=shared[i % len(shared)].time + pd.Timedelta(seconds=7 * i),
            end=None,
            source_id=title,
        )
        for i, title in enumerate(texts)
    )
    alerts = tuple(
        replace(a, rule=text(i), service=Service(text(i + 1)), condition=text(i + 2), labels={"a": text(i)})
        for i, a in enumerate(story.evidence.alerts)
    )
    gaps = tuple(replace(g, missing=text(i), cause=text(i + 1)) for i, g in enumerate(story.evidence.gaps))
    queries = tuple(replace(q, query=text(i)) for i, q in enumerate(story.evidence.queries))
    evidence = replace(
        story.evidence,
        metrics=metrics,
        events=events,
        alerts=alerts,
        gaps=gaps,
        queries=queries,
        notes=tuple(texts),
    )
    answer = story.explanation
    explanation = replace(
        answer,
        says=text(0),
        affected=tuple(Service(t) for t in texts[:3]),
        impact=tuple(replace(x, what=text(i), service=Service(text(i + 1))) for i, x in enumerate(answer.impact)),
        hints=tuple(
            replace(
                h,
                statement=text(i),
                service=Service(text(i + 4)),
                reasons_for=tuple(replace(r, says=text(j + 2)) for j, r in enumerate(h.reasons_for)),
            )
            for i, h in enumerate(answer.hints)
        ),
        ruled_out=tuple(replace(r, says=text(i + 6)) for i, r in enumerate(answer.ruled_out)),
        not_checked=tuple(replace(n, reason=text(i + 8)) for i, n in enumerate(answer.not_checked)),
        dismissed_changes=tuple(replace(x, says=text(i + 9)) for i, x in enumerate(answer.dismissed_changes)),
    )
    timeline = tuple(
        replace(e, facts={"title": text(i), "detail": text(i + 1)}, service=Service(text(i + 2)))
        for i, e in enumerate(story.timeline)
    )
    return replace(story, evidence=evidence, anomalies=anomalies, explanation=explanation, timeline=timeline)


def fortnight() -> Incident:
    """Fourteen days at five minutes a sample: a daily season, a slow leak, a day-long incident in the second week."""
    begin = pd.Timestamp("2026-11-03T00:00:00Z")
    window = Window(begin, begin + pd.Timedelta("14D"), pd.Timedelta("300s"), begin - pd.Timedelta("7D"))
    onset, over = begin + pd.Timedelta("9D 10h 20min"), begin + pd.Timedelta("10D 5h 30min")
    pods = [{"service": "shop", "instance": f"shop-{i}:8000"} for i in range(1, 7)]
    asks = (
        Ask(
            "http/latency-p95",
            "Request latency, 95th percentile",
            "seconds",
            "app",
            "latency",
            tuple(
                Line(labels, 0.05, 0.1, moves=(Move(onset, over, 0.9, 1800.0),) if i < 2 else (), daily=0.3)
                for i, labels in enumerate(pods)
            ),
            threshold=0.5,
            min_effect=0.005,
        ),
        Ask(
            "http/traffic",
            "Requests",
            "per second",
            "app",
            "traffic",
            tuple(Line(labels, 120.0, 0.05, daily=0.6) for labels in pods),
            worse="both",
        ),
        Ask(
            "node/memory-used",
            "Memory in use",
            "bytes",
            "host",
            "saturation",
            (
                Line(
                    {"instance": "host-1:9100"},
                    3.0 * 2**30,
                    0.01,
                    moves=(Move(begin + pd.Timedelta("4D"), over, 7.6 * 2**30, shape="ramp"),),
                ),
            ),
            min_effect=2.0**28,
        ),
    )
    deploys = [
        event(
            f"e{i + 1}",
            over - pd.Timedelta("40min") if i == 10 else begin + pd.Timedelta(hours=10 + 24 * i),
            "rollback" if i == 10 else "deploy",
            "shop",
            "Rollback shop to 3.8.0" if i == 10 else f"shop 3.{i}.0",
            version="3.8.0" if i == 10 else f"3.{i}.0",
        )
        for i in range(14)
    ]
    alarm = alert(
        "al1",
        "ShopLatencyHigh",
        "shop",
        "job:http_latency:p95 > 0.5",
        (onset + pd.Timedelta("15min"), onset + pd.Timedelta("30min"), over - pd.Timedelta("20min")),
    )
    return told(
        incident(asks, window=window, events=deploys, alerts=(alarm,), seed=14),
        onset=onset,
        recovered=over,
        service="shop",
    )


def forty_minutes() -> Incident:
    """A short one at two seconds a sample: eleven minutes of trouble in a window of forty."""
    begin = at("17:00:00", day="2026-11-22")
    window = Window(begin, begin + pd.Timedelta("40min"), pd.Timedelta("2s"), begin - pd.Timedelta("40min"))
    onset, over = begin + pd.Timedelta("12min 6s"), begin + pd.Timedelta("23min 20s")
    shop = {"service": "shop", "instance": "shop-1:8000"}
    asks = (
        Ask(
            "http/latency-p95",
            "Request latency, 95th percentile",
            "seconds",
            "app",
            "latency",
            (Line(shop, 0.022, 0.1, moves=(Move(onset, over, 0.55, 10.0),)),),
            min_effect=0.005,
            range_s=8,
        ),
        Ask(
            "postgres/lock-waits",
            "Sessions waiting for a lock",
            "count",
            "database",
            "locks",
            (Line({"service": "postgres"}, 0.0, 0.0, moves=(Move(onset, over, 24.0, 4.0),)),),
            min_effect=1.0,
            range_s=0,
        ),
        Ask(
            "postgres/cpu",
            "Database CPU",
            "ratio",
            "database",
            "utilisation",
            (Line({"service": "postgres"}, 0.12, 0.15, moves=(Move(onset, over, 0.01, 10.0),), most=1.0),),
            worse="both",
            min_effect=0.05,
            range_s=8,
        ),
    )
    events = (
        event("e1", begin + pd.Timedelta("2min 4s"), "config", "lb", "lb: comment header for the owners file"),
        event(
            "e2",
            begin + pd.Timedelta("12min 4s"),
            "migration",
            "orders-db",
            "migration 0042: add column orders.channel with backfill",
            version="m0042",
            previous="m0041",
        ),
        event("e3", begin + pd.Timedelta("15min"), "flag", "shop", "flag new_footer on for 100%"),
    )
    alarm = alert(
        "al1",
        "ShopLatencyHigh",
        "shop",
        "job:http_latency:p95 > 0.3",
        (onset + pd.Timedelta("8s"), onset + pd.Timedelta("68s"), over + pd.Timedelta("30s")),
    )
    return told(
        incident(asks, window=window, events=events, alerts=(alarm,), seed=40),
        onset=onset,
        recovered=over,
        service="shop",
    )


STORIES: dict[str, Callable[[], Incident]] = {
    "classic": classic,
    "ongoing": ongoing,
    "quiet": quiet,
    "many-entries": many_entries,
    "many-series": many_series,
    "hostile": hostile,
    "fortnight": fortnight,
    "forty-minutes": forty_minutes,
}
"""Every story by name, for tests that hold for all of them."""
