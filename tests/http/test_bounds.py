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
    """What the session says of such a server, and that it does so within seconds."""
    with misbehaving(behave) as (url, _):
        given = {"connect_timeout_s": 0.5, "timeout_s": 0.5, "body_timeout_s": 1.5, **limits}
        session = open_session(HttpSettings(url, **given))  # type: ignore[arg-type]
        begun = time.monotonic()
        with pytest.raises(ReconstructError) as raised:
            session.ask("GET", url + "/x")
        assert time.monotonic() - begun < 10
    return raised.value.message


def drips_headers(exchange: Exchange) -> None:
    exchange.raw(b"HTTP/1.1 200 OK\r\n")
    for _ in range(200):
        exchange.raw(b"X-More: 1\r\n")
        time.sleep(0.2)


def drips_body(exchange: Exchange) -> None:
    exchange.head(200)
    for _ in range(200):
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
    ("behave", "words"),
    [
        (drips_headers, "did not answer within"),
        (drips_body, "was still sending after 1.5 s"),
        (never_ends, "sent more than 8 MiB in one answer"),
        (unpacks_to_much, "sent more than 8 MiB in one answer"),
        (packed_twice, "packed its answer more than once"),
    ],
)
def test_an_answer_is_bounded_in_time_and_size(behave: Behaviour, words: str) -> None:
    assert words in told(behave, max_answer_bytes=8 << 20)


def test_a_proper_answer_is_read_whole() -> None:
    body = b'{"status": "success"}' * 1000
    with misbehaving(lambda e: e.answer(gzip.compress(body), Content_Encoding="gzip")) as (url, _):
        answer = open_session(HttpSettings(url)).ask("GET", url + "/x")
    assert answer.content == body
    assert answer.text == body.decode()


def test_a_body_that_breaks_off_is_told() -> None:
    def cut(exchange: Exchange) -> None:
        exchange.head(200, Content_Length="1000")
        exchange.write(b"only this")

    with misbehaving(cut) as (url, _), pytest.raises(SourceError):
        open_session(HttpSettings(url)).ask("GET", url + "/x")
