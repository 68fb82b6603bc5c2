"""What an answer may cost: dripped headers and bodies, endless ones, and those that unpack to gigabytes."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable

import pytest

from reconstruct.errors import ReconstructError, SourceError
from reconstruct.http import HttpSettings, open_session
from tests.servers.misbehaving import Exchange, misbehaving

Behaviour = Callable[[Exchange], None]


def told(behave: Behaviour, **limits: float) -> str:
    """What the session says of such a server."""
    with misbehaving(behave) as (url, _):
        session = open_session(HttpSettings(url, **limits))  # type: ignore[arg-type]
        with pytest.raises(ReconstructError) as raised:
            session.ask("GET", url + "/x")
    return raised.value.message


def drips_headers(exchange: Exchange) -> None:
    exchange.raw(b"HTTP/1.1 200 OK\r\n")
    while True:  # until the client has gone
        exchange.raw(b"X-More: 1\r\n")
        time.sleep(0.1)


def drips_body(exchange: Exchange) -> None:
    exchange.head(200)
    while True:
        exchange.write(b" ")
        time.sleep(0.1)


def never_ends(exchange: Exchange) -> None:
    exchange.head(200)
    while True:
        exchange.write(b"x" * (1 << 20))


BOMB = gzip.compress(b"\0" * (100 << 20))


def unpacks_to_much(exchange: Exchange) -> None:
    exchange.answer(BOMB, Content_Encoding="gzip")


def packed_twice(exchange: Exchange) -> None:
    exchange.answer(gzip.compress(gzip.compress(b"\0" * (1 << 20))), Content_Encoding="gzip, gzip")


@pytest.mark.parametrize(
    ("behave", "limits", "words"),
    [
        (drips_headers, {"timeout_s": 0.5, "connect_timeout_s": 0.5}, "did not answer within"),
        (drips_body, {"body_timeout_s": 0.5}, "was still sending after 0.5 s"),
        (never_ends, {"max_answer_bytes": 8 << 20}, "sent more than 8 MiB in one answer"),
        (unpacks_to_much, {"max_answer_bytes": 8 << 20}, "sent more than 8 MiB in one answer"),
        (packed_twice, {}, "packed its answer more than once"),
    ],
)
def test_an_answer_is_bounded_in_time_and_size(behave: Behaviour, limits: dict[str, float], words: str) -> None:
    assert words in told(behave, **limits)


def test_a_proper_answer_is_read_whole() -> None:
    body = b'{"status": "success"}' * 1000
    with misbehaving(lambda e: e.answer(gzip.compress(body), Content_Encoding="gzip")) as (url, _):
        answer = open_session(HttpSettings(url)).ask("GET", url + "/x")
    assert answer.content == body
    assert answer.text == body.decode()


def test_nothing_is_asked_when_the_runs_time_is_over() -> None:
    with misbehaving(lambda e: e.answer("{}")) as (url, seen):
        session = open_session(HttpSettings(url, until_s=time.monotonic() - 1))
        with pytest.raises(SourceError, match="the run's time is over") as raised:
            session.ask("GET", url + "/x")
    assert "--deadline" in raised.value.hint
    assert not seen


def test_a_dripping_answer_ends_with_the_runs_time() -> None:
    with misbehaving(drips_body) as (url, _):
        session = open_session(HttpSettings(url, until_s=time.monotonic() + 1.0))
        with pytest.raises(SourceError):
            session.ask("GET", url + "/x")


def test_a_body_that_breaks_off_is_told() -> None:
    def cut(exchange: Exchange) -> None:
        exchange.head(200, Content_Length="1000")
        exchange.write(b"only this")

    with misbehaving(cut) as (url, _), pytest.raises(SourceError):
        open_session(HttpSettings(url)).ask("GET", url + "/x")
