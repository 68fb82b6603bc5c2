"""A Prometheus without a network: proper answers from `small_estate`, and one endpoint whose answer is the input."""

from __future__ import annotations

import io
import json
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter

from reconstruct.http import HttpSettings
from reconstruct.sources.prometheus.client import Prometheus
from tests.servers.manners import about
from tests.servers.small_estate import proper


class Asked:
    """What `small_estate.proper` has to know of a request."""

    def __init__(self, request: requests.PreparedRequest) -> None:
        parts = urlsplit(request.url or "")
        self.path = parts.path
        self.query = parse_qs(parts.query)
        body = request.body if isinstance(request.body, str) else ""
        self.form = {name: values[0] for name, values in parse_qs(body).items()}


@lru_cache(maxsize=2000)
def _proper(url: str, body: str) -> bytes:
    asked: Any = Asked(requests.Request("POST", url, data=body).prepare())
    return json.dumps(proper(asked)).encode()


class Canned(BaseAdapter):
    """Sends nothing: the input for one endpoint, proper answers for the others."""

    def __init__(self, endpoint: str, raw: bytes, builder: Any) -> None:
        super().__init__()
        self._endpoint, self._raw, self._builder = endpoint, raw, builder

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        asked: Any = Asked(request)
        body = self._raw if about(asked) == self._endpoint else _proper(request.url or "", str(request.body or ""))
        raw = urllib3.HTTPResponse(
            io.BytesIO(body), headers={"Content-Type": "application/json"}, status=200, preload_content=False
        )
        answer: requests.Response = self._builder.build_response(request, raw)
        return answer

    def close(self) -> None:
        """Nothing is open."""


def server_with(endpoint: str, raw: bytes) -> Prometheus:
    """A client whose server answers `raw` at one endpoint."""
    server = Prometheus(HttpSettings("http://fuzz:9090"), sleep=lambda pause_s: None)
    session = server._transport._session
    session.mount(server.settings.url, Canned(endpoint, raw, session.adapter))
    return server


def proper_answer(endpoint: str, promql: str = "queue_depth", **form: str) -> bytes:
    """A proper answer of this endpoint, as a seed."""
    paths = {"ready": "/-/ready", "range": "/api/v1/query_range", "names": "/api/v1/label/__name__/values"}
    paths |= {"build": "/api/v1/status/buildinfo"}
    path = paths.get(
        endpoint, "/api/v1/query" if endpoint in ("time", "count", "raw", "vector") else f"/api/v1/{endpoint}"
    )
    request = requests.Request("POST", "http://fuzz:9090" + path, data={"query": promql, **form}).prepare()
    asked: Any = Asked(request)
    return json.dumps(proper(asked)).encode()
