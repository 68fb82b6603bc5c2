"""The story that everybody knows, with all that a good answer says of it: `classic()` in `incident_factory`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from reconstruct.model import (
    Alert,
    DismissedChange,
    Duration,
    Entry,
    EntryKind,
    Episode,
    Event,
    Explanation,
    Gap,
    Hint,
    Impact,
    Incident,
    Milestone,
    Moment,
    NotChecked,
    Reason,
    RuledOut,
    Service,
    Window,
)
from tests.render.incident_parts import Ask, Line, Move, alert, at, entry, event, incident, moment

DEPLOYED, ONSET = at("13:55:30"), at("13:56:15")
HALF_CURED, CURED = at("15:21:30"), at("15:27:00")


def classic_asks() -> tuple[Ask, ...]:
    """Eight layers' worth of signals; the network, the load balancer, memory and traffic stay healthy."""
    shop = [{"service": "shop", "instance": f"shop-{i}:8000"} for i in (1, 2)]
    catalog = {"service": "catalog", "instance": "catalog-1:8000"}
    db = {"service": "postgres", "instance": "db-1:9187"}
    host = {"instance": "host-1:9100"}
    scrape_gap = ((at("14:40:00"), at("14:47:00")),)

    def both(level: float, after: float | None = None, rise_s: float = 60.0) -> list[tuple[Move, ...]]:
        """shop-1 is cured first; shop-2 goes on until the end (a second move tells of the smaller level)."""
        first = (Move(ONSET, HALF_CURED, level, rise_s),)
        second = (Move(ONSET, CURED, level if after is None else after, rise_s),)
        return [first, second]

    p95 = both(3.4, 2.9)
    failed = both(0.35, 0.31)
    return (
        Ask(
            "haproxy/response-time",
            "Backend response time",
            "seconds",
            "edge",
            "latency",
            (
                Line({"service": "lb", "proxy": "shop"}, 0.045, moves=(Move(ONSET, CURED, 2.6),)),
                Line({"service": "lb", "proxy": "catalog"}, 0.012),
            ),
            threshold=1.0,
            min_effect=0.005,
        ),
        Ask(
            "haproxy/servers-up",
            "Servers up",
            "count",
            "edge",
            "availability",
            (Line({"service": "lb", "proxy": "shop"}, 2, 0.0), Line({"service": "lb", "proxy": "catalog"}, 1, 0.0)),
            worse="down",
        ),
        Ask(
            "http/latency-p95",
            "Request latency, 95th percentile",
            "seconds",
            "app",
            "latency",
            (
                Line(shop[0], 0.048, moves=p95[0]),
                Line(shop[1], 0.051, moves=p95[1]),
                Line(catalog, 0.011, missing=scrape_gap),
            ),
            threshold=0.5,
            min_effect=0.005,
        ),
        Ask(
            "http/error-ratio",
            "Failed requests",
            "ratio",
            "app",
            "errors",
            (
                Line(shop[0], 0.001, 0.3, moves=failed[0], most=1.0),
                Line(shop[1], 0.001, 0.3, moves=failed[1], most=1.0),
                Line(catalog, 0.0005, 0.3, missing=scrape_gap, most=1.0),
            ),
            threshold=0.05,
            min_effect=0.01,
        ),
        Ask(
            "http/traffic",
            "Requests",
            "per second",
            "app",
            "traffic",
            (Line(shop[0], 38, 0.05), Line(shop[1], 37, 0.05), Line(catalog, 22, 0.05, missing=scrape_gap)),
            worse="both",
        ),
        Ask(
            "db-pool/waiting",
            "Requests waiting for a connection",
            "count",
            "app",
            "saturation",
            (
                Line(shop[0], 0.02, 0.5, moves=(Move(ONSET, HALF_CURED, 41.0),)),
                Line(shop[1], 0.02, 0.5, moves=(Move(ONSET, CURED, 38.0),)),
            ),
            threshold=5.0,
            min_effect=1.0,
        ),
        Ask(
            "postgres/query-time",
            "Mean query time",
            "seconds",
            "database",
            "latency",
            (Line(db, 0.008, moves=(Move(ONSET, CURED, 0.28),)),),
            threshold=0.1,
            min_effect=0.005,
            service="postgres",
        ),
        Ask(
            "postgres/cpu",
            "Database CPU",
            "ratio",
            "database",
            "utilisation",
            (Line(db, 0.03, 0.15, moves=(Move(ONSET, CURED, 0.62),), most=1.0),),
            threshold=0.5,
            min_effect=0.05,
            service="postgres",
        ),
        Ask(
            "postgres/rows-read",
            "Rows read for each transaction",
            "count",
            "database",
            "work",
            (Line(db, 14.0, 0.1, moves=(Move(ONSET, CURED, 182_000.0),)),),
            min_effect=10.0,
            service="postgres",
        ),
        Ask(
            "postgres/lock-waits",
            "Sessions waiting for a lock",
            "count",
            "database",
            "locks",
            (Line(db, 0.0, 0.0),),
            min_effect=1.0,
            service="postgres",
        ),
        Ask(
            "node/cpu",
            "CPU in use",
            "ratio",
            "host",
            "utilisation",
            (Line(host, 0.21, 0.1, moves=(Move(ONSET, CURED, 0.93),), most=1.0),),
            threshold=0.85,
            min_effect=0.05,
        ),
        Ask(
            "node/memory-available",
            "Memory available",
            "bytes",
            "host",
            "saturation",
            (Line(host, 5.2 * 2**30, 0.01),),
            worse="down",
            min_effect=2.0**28,
        ),
        Ask(
            "netprobe/round-trip",
            "Round trip shop to database",
            "seconds",
            "network",
            "latency",
            (Line({"service": "shop", "target": "db-1:5432"}, 0.0021, 0.12),),
            min_effect=0.005,
        ),
        Ask(
            "node/network-receive",
            "Network received",
            "bytes per second",
            "network",
            "traffic",
            (Line({**host, "device": "eth0"}, 3.1e6, 0.08),),
            worse="both",
        ),
    )


def _classic_events() -> tuple[Event, ...]:
    return (
        event(
            "e1",
            at("13:31:00"),
            "deploy",
            "catalog",
            "catalog 1.10.0: new category icons",
            version="1.10.0",
            previous="1.9.2",
        ),
        event(
            "e2",
            at("13:40:00"),
            "config",
            "lb",
            "lb: note the new owners in a comment",
            version="r11",
            previous="r10",
            resolution_s=60.0,
        ),
        event(
            "e3",
            DEPLOYED,
            "deploy",
            "shop",
            "shop 2.20.0: find orders by the end of their reference",
            version="2.20.0",
            previous="2.14.1",
        ),
        event("e4", at("14:20:00"), "flag", "shop", "flag new_footer on for 100%", version="2.20.0", previous="2.20.0"),
        event(
            "e5",
            at("15:20:00"),
            "rollback",
            "shop",
            "Rollback shop to 2.14.1 (orders slow), instance by instance",
            end=at("15:26:30"),
            version="2.14.1",
            previous="2.20.0",
        ),
    )


def _classic_alerts() -> tuple[Alert, ...]:
    rows = (
        ("ProbeFailed", "shop", "probe_success == 0", "13:57:00", "13:57:30", "15:25:30"),
        ("DbPoolWaiting", "shop", "db_pool_waiting > 5", "13:56:45", "13:59:00", "15:26:45"),
        ("ShopErrorRateHigh", "shop", "job:http_errors:ratio > 0.05", "13:56:30", "13:59:15", "15:29:00"),
        ("ShopLatencyHigh", "shop", "job:http_latency:p95 > 0.5", "13:56:30", "13:59:15", "15:34:45"),
        ("DbQueryLatencyHigh", "postgres", "pg_query_time_mean > 0.1", "13:57:15", "14:00:45", "15:28:45"),
        ("DbCpuHigh", "postgres", "pg_cpu > 0.5", "13:57:30", "14:02:00", "15:30:15"),
        ("HostCpuHigh", "", "node_cpu > 0.85", "13:57:30", "14:02:30", "15:32:45"),
    )
    return tuple(
        alert(f"al{i}", rule, service, condition, (at(pending), at(firing), at(resolved)))
        for i, (rule, service, condition, pending, firing, resolved) in enumerate(rows, start=1)
    )


def _classic_hints(first: str) -> tuple[Hint, ...]:
    return (
        Hint(
            rank=1,
            trigger="e3",
            mechanism="slow-query",
            service=Service("shop"),
            metric=first,
            confidence=0.86,
            verdict="supported",
            statement="shop 2.20.0 went out at 13:55:30; 45 seconds later each transaction read 182,000 rows instead "
            "of 14, and mean query time rose from 8 ms to 280 ms.",
            reasons_for=(
                Reason("temporal-order", "45 seconds before the first slow request", ("e3", first), 1.2),
                Reason("reversal", "symptoms ended when shop 2.14.1 was back on each instance", ("e5", first), 2.1),
            ),
            reasons_against=(Reason("negative-control", "two earlier deploys of shop did nothing", ("e1",), -0.1),),
        ),
        Hint(
            rank=2,
            trigger=None,
            mechanism="pool-exhaustion",
            service=Service("shop"),
            metric=None,
            confidence=0.06,
            verdict="plausible",
            statement="Requests waited for a database connection from 13:56:30 on; the database was busy meanwhile.",
            reasons_for=(Reason("signs", "41 requests were waiting", (first,), 0.4),),
        ),
    )


def _classic_timeline(ids: Mapping[str, str]) -> tuple[Entry, ...]:
    latency, query, host = ids["http/latency-p95"], ids["postgres/query-time"], ids["node/cpu"]
    rows: tuple[tuple[str, EntryKind, str, str, tuple[str, ...], str], ...] = (
        ("13:31:00", "change", "catalog", "Deploy of catalog 1.10.0", ("e1",), "new category icons"),
        ("13:40:00", "change", "lb", "Configuration of lb r11", ("e2",), "note the new owners in a comment"),
        ("13:55:30", "change", "shop", "Deploy of shop 2.20.0 (was 2.14.1)", ("e3",), "find orders by the end"),
        ("13:56:15", "onset", "shop", "Request latency p95 leaves 50 ms", (latency,), "up to 3.4 s"),
        ("13:56:30", "threshold", "shop", "Condition of ShopErrorRateHigh first held", ("al3",), ""),
        ("13:56:45", "spread", "postgres", "Mean query time rises too", (query,), "from 8 ms to 280 ms"),
        ("13:57:30", "alert", "shop", "ProbeFailed fires", ("al1",), ""),
        ("13:57:45", "spread", "", "CPU of host-1 rises too", (host,), "from 21 % to 93 %"),
        ("14:00:45", "alert", "postgres", "DbQueryLatencyHigh fires", ("al5",), ""),
        ("14:20:00", "change", "shop", "Flag new_footer on for 100%", ("e4",), ""),
        ("14:40:00", "gap", "catalog", "No samples of catalog for 7 minutes", ("g1",), "scrape failed"),
        ("14:51:30", "peak", "shop", "Request latency p95 peaks at 4.1 s", (latency,), ""),
        ("15:20:00", "mitigation", "shop", "Rollback of shop to 2.14.1 begins", ("e5",), "instance by instance"),
        ("15:27:15", "recovery", "shop", "Latency and errors are back", (latency,), "p95 50 ms"),
    )
    return tuple(
        entry(i, at(time), kind, service, title, evidence, detail=detail)
        for i, (time, kind, service, title, evidence, detail) in enumerate(rows, start=1)
    )


def classic() -> Incident:
    """The story: deploy 13:55:30, database slow, errors; rollback 15:20 in two steps; recovered 15:27."""
    window = Window(at("12:45:00"), at("16:00:00"), pd.Timedelta("15s"), at("09:30:00"))
    gaps = (
        Gap("g1", "prometheus", "job catalog", "scrape failed", at("14:40:00"), at("14:47:00"), matters=True),
        Gap("g2", "prometheus", "rules", "403 Forbidden: no permission to read /api/v1/rules", matters=True),
    )
    bare = incident(
        classic_asks(),
        window=window,
        events=_classic_events(),
        alerts=_classic_alerts(),
        gaps=gaps,
        calls=(("lb", "shop"), ("lb", "catalog"), ("shop", "postgres")),
        notes=("Baseline: 09:30 to 12:45, chosen as as long as the window.", "Step: 15 s, the scrape interval."),
    )
    ids = {a.signal.id: a.id for a in reversed(bare.anomalies)}
    query_of = {q.signal: q.id for q in bare.evidence.queries}
    latency, errors = ids["http/latency-p95"], ids["http/error-ratio"]
    onset, recovered = moment(ONSET, spacing_s=15), moment(CURED, spacing_s=15, range_s=60)
    detected = Moment(at("13:57:30"), at("13:57:15"), at("13:57:30"))
    mitigated = Moment(at("15:20:00"), at("15:20:00"), at("15:20:00"))
    explanation = Explanation(
        verdict="incident",
        says="Requests to shop failed and were slow for 91 minutes, and seven alerts fired.",
        episodes=(Episode("ep1", ONSET, CURED, tuple(a.id for a in bare.anomalies)),),
        worst="ep1",
        onset=onset,
        onset_evidence=(latency, errors),
        mitigated=mitigated,
        mitigated_evidence=("e5",),
        recovered=recovered,
        recovered_evidence=(latency, errors),
        impact=(
            Impact(Service("shop"), "failed requests", 131_420.0, "count", 0.33, ONSET, CURED, (errors,)),
            Impact(
                Service("shop"), "95th percentile of request latency", 3.4, "seconds", None, ONSET, CURED, (latency,)
            ),
        ),
        affected=(Service("shop"), Service("postgres"), Service("lb")),
        hints=_classic_hints(ids["postgres/rows-read"]),
        ruled_out=(
            RuledOut(
                "network-degradation",
                Service("shop"),
                "The round trip stayed at 2.1 ms (2.1 ms before).",
                (query_of["netprobe/round-trip"],),
            ),
            RuledOut(
                "lock-contention",
                Service("postgres"),
                "No session waited for a lock.",
                (query_of["postgres/lock-waits"],),
            ),
            RuledOut(
                "traffic-surge",
                Service("shop"),
                "Requests stayed at 38 a second (38 before).",
                (query_of["http/traffic"],),
            ),
        ),
        not_checked=(NotChecked("disk-exhaustion", "no signal of that kind has data"),),
        dismissed_changes=(
            DismissedChange("e1", "topology", "catalog is not on the path of what was affected", ("e1",)),
            DismissedChange("e2", "temporal-order", "16 minutes before the onset; lb stayed healthy", ("e2",)),
            DismissedChange("e4", "temporal-order", "23 minutes after the onset", ("e4", latency)),
        ),
    )
    milestones: dict[str, Milestone | None] = {
        "onset": Milestone(onset, (latency, errors)),
        "detected": Milestone(detected, ("al1",)),
        "mitigated": Milestone(mitigated, ("e5",)),
        "recovered": Milestone(recovered, (latency, errors)),
    }
    durations = {
        "time_to_detect_s": Duration(67.5, 30.0, 90.0, "detected - onset"),
        "time_to_mitigate_s": Duration(5017.5, 5010.0, 5040.0, "mitigated - onset"),
        "time_to_recover_s": Duration(5445.0, 5415.0, 5535.0, "recovered - onset"),
    }
    return replace(
        bare, explanation=explanation, milestones=milestones, durations=durations, timeline=_classic_timeline(ids)
    )
