"""The stories that several tests tell, as series: each with the consequences that mislead."""

from __future__ import annotations

from tests.explain.made import Line, Move

FROM, TO = "13:55:30", "14:27"


def web(
    service: str = "shop", *, latency: float = 3.5, share: float = 0.35, start: str = FROM, end: str | None = TO
) -> list[Line]:
    """What users of a service feel: latency and failed requests at the service and at the edge, with steady traffic."""
    return [
        Line(
            "http/latency-p95",
            "app",
            "latency",
            "seconds",
            service,
            0.02,
            (Move(start, end, latency),),
            min_effect=0.01,
        ),
        Line("http/error-share", "app", "errors", "ratio", service, 0.001, (Move(start, end, share),), min_effect=0.01),
        Line(
            "edge/error-share", "edge", "errors", "ratio", service, 0.001, (Move(start, end, share),), min_effect=0.01
        ),
        Line("http/request-rate", "app", "traffic", "requests per second", service, 55.0, worse="both"),
    ]


def quiet(service: str = "catalog") -> list[Line]:
    """A service that nobody complains of."""
    return [
        Line(f"http/latency-p95-{service}", "app", "latency", "seconds", service, 0.001, min_effect=0.01),
        Line(f"http/error-share-{service}", "app", "errors", "ratio", service, 0.0005, min_effect=0.01),
    ]


def database(**moves: float) -> list[Line]:
    """A database: latency, cpu, rows, locks, waiting, each at its usual value unless a level is given."""
    usual = {"latency": 0.003, "cpu": 0.02, "rows": 40.0, "locks": 0.1, "pool": 0.1, "network": 0.001, "host": 0.5}
    kinds = {
        "latency": ("database", "latency", "seconds", "postgres", ("query",), "postgres/statement-time"),
        "cpu": ("database", "utilisation", "ratio", "postgres", ("cpu", "process"), "process/database-cpu"),
        "rows": ("database", "work", "rows", "postgres", ("rows",), "postgres/rows-per-statement"),
        "locks": ("database", "locks", "count", "postgres", ("lock",), "postgres/waiting-on-lock"),
        "pool": ("database", "saturation", "count", "shop", ("pool",), "app/pool-waiting"),
        "network": ("network", "latency", "seconds", "", ("probe",), "probe/round-trip"),
        "host": ("host", "utilisation", "ratio", "", ("host", "cpu"), "node/cpu"),
    }
    lines = []
    for name, (layer, aspect, unit, service, tags, ident) in kinds.items():
        shift = (Move(FROM, TO, moves[name]),) if name in moves else ()
        lines.append(Line(ident, layer, aspect, unit, service, usual[name], shift, tags=tags))  # type: ignore[arg-type]
    return lines
