"""Proper answers of a Prometheus with one small service: what a misbehaving server is measured against."""

from __future__ import annotations

import json
import math
import re
import time
from typing import Any, Final

from tests.servers.misbehaving import Exchange

STEP_S: Final = 15
INSTANCES: Final = ("shop-1:8080", "shop-2:8080")
NAMES: Final = (
    "up",
    "http_requests_total",
    "http_request_duration_seconds_bucket",
    "http_request_duration_seconds_sum",
    "http_request_duration_seconds_count",
    "process_start_time_seconds",
    "shop_build_info",
    "queue_depth",
)
_RANGE: Final = re.compile(r"^(?P<selector>[^()]*\{.*\}|[a-zA-Z_:]+)\[(?P<number>\d+)(?P<unit>ms|[smhd])\]$", re.DOTALL)
_UNIT_S: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
RULE: Final = {
    "type": "alerting",
    "name": "ErrorsHigh",
    "query": "rate(http_requests_total[1m]) > 100",
    "duration": 60,
    "labels": {"severity": "page", "service": "shop"},
    "annotations": {},
    "alerts": [],
}


def proper(exchange: Exchange) -> dict[str, Any]:
    """The whole document that a Prometheus would answer to this request."""
    asked = {**{name: values[0] for name, values in exchange.query.items()}, **exchange.form}
    path = exchange.path
    data: Any
    if path.endswith("/query_range"):
        data = _range(asked)
    elif path.endswith("/query"):
        data = _instant(asked)
    elif path.endswith("/labels"):
        data = ["__name__", "code", "instance", "job", "service", "version"]
    elif path.endswith("/label/__name__/values"):
        data = list(NAMES)
    elif path.endswith("/values"):
        data = []
    elif path.endswith("/series"):
        wanted = asked.get("match[]", "")
        names = [name for name in NAMES if name in wanted] or ["queue_depth"]
        data = [_labels(instance, name=name) for name in names for instance in INSTANCES]
    elif path.endswith("/metadata"):
        data = {"http_requests_total": [{"type": "counter", "help": "Requests.", "unit": ""}]}
    elif path.endswith("/rules"):
        data = {"groups": [{"name": "shop", "file": "shop.yml", "interval": 15, "rules": [RULE]}]}
    elif path.endswith("/buildinfo"):
        data = {"version": "2.53.0", "revision": "abc", "branch": "HEAD", "goVersion": "go1.22"}
    else:
        data = {}
    return {"status": "success", "data": data}


def behave_properly(exchange: Exchange) -> None:
    """Answer as a Prometheus would."""
    exchange.answer(json.dumps(proper(exchange)))


def _labels(instance: str, *, name: str = "") -> dict[str, str]:
    labels = {"instance": instance, "job": "shop", "service": "shop"}
    labels |= {"__name__": name} if name else {}
    labels |= {"code": "200"} if name == "http_requests_total" else {}
    labels |= {"le": "0.5"} if name.endswith("_bucket") else {}
    return labels | ({"version": "1.0.0"} if name == "shop_build_info" else {})


def _value(promql: str, stamp: float, number: int) -> str:
    if "start_time" in promql:
        return repr(math.floor(time.time()) - 900.0 if number else 1_767_225_600.0)
    if "ALERTS_FOR_STATE" in promql:
        return repr(math.floor(time.time()) - 1500.0)
    if promql == "up" or "_info" in promql or "ALERTS" in promql:
        return "1"
    late = time.time() - stamp < 1800
    return repr(round(0.01 + 0.001 * ((stamp // STEP_S * 7919) % 11) + (0.5 if late else 0.0), 6))


def _named(promql: str) -> str:
    return next((name for name in NAMES if promql.startswith((name, '{__name__="' + name))), "")


def _series(promql: str) -> list[dict[str, str]]:
    if "ALERTS" in promql:
        if "pending" in promql:
            return []
        name = "ALERTS_FOR_STATE" if "FOR_STATE" in promql else "ALERTS"
        return [{"__name__": name, "alertname": "ErrorsHigh", "service": "shop", "severity": "page"}]
    if promql.startswith("count by (__name__, job)"):
        return [{"__name__": name, "job": "shop"} for name in NAMES if name in promql]
    if "kube_" in promql or "of_metric" in promql or "replica" in promql:
        return []
    return [_labels(instance, name=_named(promql)) for instance in INSTANCES]


def _instant(asked: dict[str, str]) -> dict[str, Any]:
    promql, at = asked.get("query", ""), float(asked.get("time") or time.time())
    if promql == "time()":
        scalar: list[object] = [at, repr(at)]
        return {"resultType": "scalar", "result": scalar}
    if match := _RANGE.match(promql):
        length_s = min(int(match["number"]) * _UNIT_S[match["unit"]], 7200)
        begin = max(at - length_s, time.time() - 1400) if "ALERTS" in promql else at - length_s
        stamps = [at - back * STEP_S for back in range(int(max(at - begin, 0) // STEP_S), -1, -1)]
        rows = [
            {"metric": labels, "values": [[stamp, _value(promql, stamp, number)] for stamp in stamps]}
            for number, labels in enumerate(_series(promql))
        ]
        return {"resultType": "matrix", "result": rows}
    points = [
        {"metric": labels, "value": [at, _value(promql, at, number)]} for number, labels in enumerate(_series(promql))
    ]
    return {"resultType": "vector", "result": points}


def _range(asked: dict[str, str]) -> dict[str, Any]:
    promql, start, end, step = asked["query"], *(float(asked[name]) for name in ("start", "end", "step"))
    stamps = [start + n * step for n in range(int((end - start) // step) + 1)]
    rows = [
        {"metric": labels, "values": [[stamp, _value(promql, stamp, number)] for stamp in stamps]}
        for number, labels in enumerate(_series(promql))
    ]
    return {"resultType": "matrix", "result": rows}
