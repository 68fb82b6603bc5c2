"""A proxy in front of a real server, with the manners of gateways, stores and clouds that people have in between."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.servers.misbehaving import Exchange, misbehaving

Manner = Callable[[Exchange, Callable[[], "Passed"]], None]
"""`(what was asked, what passes it on)`: answers the exchange."""


@dataclass(frozen=True)
class Passed:
    """The real server's answer."""

    status: int
    body: bytes
    kind: str


@contextmanager
def proxied(backend: str, manner: Manner) -> Iterator[tuple[str, list[Exchange]]]:
    """The address of a proxy with this manner, and what it has been asked."""

    def behave(exchange: Exchange) -> None:
        manner(exchange, lambda: _passed(backend, exchange))

    with misbehaving(behave) as (url, seen):
        yield url, seen


def api(exchange: Exchange) -> str:
    """The API's page: `query_range`, `label`, `series`, ..."""
    return exchange.path.partition("/api/v1/")[2].split("/")[0] if "/api/v1/" in exchange.path else exchange.path


def asked(exchange: Exchange, name: str) -> str:
    """A parameter, wherever it stands."""
    return exchange.form.get(name) or (exchange.query.get(name) or [""])[0]


def as_is(exchange: Exchange, passed: Passed, **headers: str) -> None:
    """The real server's answer, unchanged."""
    exchange.answer(passed.body, status=passed.status, kind=passed.kind, **headers)


def refused(exchange: Exchange, status: int, words: str, error_type: str = "execution") -> None:
    """An error of the API."""
    exchange.answer(json.dumps({"status": "error", "errorType": error_type, "error": words}), status=status)


def _passed(backend: str, exchange: Exchange) -> Passed:
    query = urllib.parse.urlencode(exchange.query, doseq=True)
    request = urllib.request.Request(
        f"{backend}{exchange.path}{'?' + query if query else ''}",
        data=urllib.parse.urlencode(exchange.form).encode() if exchange.method == "POST" else None,
        method=exchange.method,
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Passed(answer.status, answer.read(), answer.headers.get("Content-Type", ""))
    except urllib.error.HTTPError as error:
        return Passed(error.code, error.read(), error.headers.get("Content-Type", ""))
