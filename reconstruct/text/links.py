"""Where a reader can ask a query again: the metrics server's own graph page, and Grafana Explore."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import pandas as pd

from reconstruct.model import Query

WEB_SCHEMES: Final = ("http", "https")
"""What a link in a report may start; `javascript:` and `data:` run in the reader's browser."""


@dataclass(frozen=True, slots=True)
class Links:
    """Base URLs of the reader's own tools; "" = not configured, no link is shown."""

    prometheus_url: str = ""
    grafana_url: str = ""
    grafana_datasource: str = ""
    """UID of the Prometheus data source in Grafana."""

    def graph(self, query: Query) -> str:
        """The graph page of the server for a query and its time range; "" without a server.

        >>> t = pd.Timestamp("2026-01-01T12:00Z")
        >>> q = Query("q1", "http/errors", "rate(x[1m])", t, t + pd.Timedelta("1h"), 15.0, 3)
        >>> Links("https://prom.example/p/").graph(q)  # doctest: +ELLIPSIS
        'https://prom.example/p/graph?g0.expr=rate%28x%5B1m%5D%29&g0.tab=0&g0.range_input=3600s&g0.end_input=2026-01-...'
        """
        base = web_url(self.prometheus_url)
        if not base:
            return ""
        fields = {
            "g0.expr": query.query,
            "g0.tab": "0",
            "g0.range_input": f"{max(1, round((query.end - query.start).total_seconds()))}s",
            "g0.end_input": query.end.tz_convert("UTC").strftime("%Y-%m-%d %H:%M:%S"),
            "g0.step_input": str(max(1, round(query.step_s))),
        }
        return f"{base.rstrip('/')}/graph?{_encoded(fields)}"

    def explore(self, query: Query) -> str:
        """Grafana Explore for a query and its time range; "" where Grafana or its data source is not configured."""
        base = web_url(self.grafana_url)
        if not base or not self.grafana_datasource:
            return ""
        source = {"type": "prometheus", "uid": self.grafana_datasource}
        asked = {"refId": "A", "expr": query.query, "datasource": source}
        pane = {
            "datasource": self.grafana_datasource,
            "queries": [asked],
            "range": {"from": _epoch_ms(query.start), "to": _epoch_ms(query.end)},
        }
        panes = json.dumps({"a": pane}, separators=(",", ":"))
        return f"{base.rstrip('/')}/explore?{_encoded({'schemaVersion': '1', 'panes': panes, 'orgId': '1'})}"


def web_url(url: str) -> str:
    """`url` without credentials and safe as the target of a link, or "" where it is not a web address.

    >>> web_url("https://me:secret@ci.example/run/7?x=1"), web_url("javascript:alert(1)"), web_url("https://")
    ('https://ci.example/run/7?x=1', '', '')
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port  # raises on nonsense, as urlsplit does on a broken IPv6 host
    except ValueError:
        return ""
    if parts.scheme.lower() not in WEB_SCHEMES or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = quote(host, safe="[]:.-_~%") + (f":{port}" if port is not None else "")
    path, query, fragment = (_quoted(part) for part in parts[2:])
    return urlunsplit((parts.scheme.lower(), netloc, path, query, fragment))


def _quoted(text: str) -> str:
    # What is encoded already stays; what could end a link in HTML, Markdown or Slack does not.
    return quote(text.encode("utf-8", "replace"), safe="/?:@!$&*+,;=~%-._#")


def _encoded(fields: dict[str, str]) -> str:
    return urlencode({key: value.encode("utf-8", "replace") for key, value in fields.items()}, quote_via=quote)


def _epoch_ms(time: pd.Timestamp) -> str:
    return str(time.value // 1_000_000)
