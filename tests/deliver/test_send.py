from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message as Mail
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reconstruct.config import Target
from reconstruct.deliver import Announcement, EpisodeView, Message, payload_for, send, write_dead_letter
from reconstruct.deliver.mail import as_mail
from reconstruct.errors import SourceError, UsageError
from tests.fake_http import Answer, Request, fake_http

T = pd.Timestamp("2026-11-17T13:56:00Z")
HOSTILE = "db <!channel> & <https://evil.example|click>\r\nBcc: everyone@example.org"


def announcement(*series: str, headline: str = "Query time of db") -> Announcement:
    return Announcement("20261117-abc", 2, "update", EpisodeView(T, None, series, headline), T, series[:1])


def target(kind: Any, **more: Any) -> Target:
    return Target(kind=kind, name="there", **more)


def waits() -> tuple[list[float], Any]:
    waited: list[float] = []
    return waited, waited.append


def test_slack_gets_blocks_in_which_labels_stay_text() -> None:
    slack = target("slack", url="x")
    payload = payload_for(announcement(HOSTILE, headline=HOSTILE), slack)
    with fake_http(lambda _: Answer(200, b"ok")) as server:
        send(payload, target("slack", url=f"{server.url}/services/T0/B0/secret"), key="k")
    (request,) = server.requests
    assert request.path == "/services/T0/B0/secret"
    text = request.json["blocks"][0]["text"]["text"]
    assert "<" not in text
    assert "&lt;!channel&gt; &amp;" in text


def test_slacks_limits_hold_however_much_there_is_to_say() -> None:
    series = tuple(f"signal{i}{{{'x' * 5000}}}" for i in range(500))
    payload = payload_for(announcement(*series), target("slack", url="x"))
    assert len(payload["blocks"]) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in payload["blocks"])


def test_a_webhook_gets_json_its_headers_and_the_idempotency_key() -> None:
    with fake_http(lambda _: Answer(202)) as server:
        url = server.url.replace("http://", "http://me:pw@") + "/hook?team=shop"
        hook = target("webhook", url=url, headers={"X-Team": "shop"})
        send(payload_for(announcement("a"), hook), hook, key="episode/2/there")
    (request,) = server.requests
    assert request.query == {"team": ["shop"]}
    assert request.headers["X-Team"] == "shop"
    assert request.headers["Idempotency-Key"] == "episode/2/there"
    assert request.headers["Authorization"].startswith("Basic ")
    assert request.json["schema"] == "reconstruct/announcement/1"
    assert (request.json["id"], request.json["end"]) == ("20261117-abc/2", None)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_what_may_pass_is_tried_again_with_pauses_that_double(status: int) -> None:
    answers = iter([status, status])

    def answer(_: Request) -> Answer:
        return Answer(next(answers, 200), headers={"Retry-After": "0"} if status == 429 else {})

    waited, sleep = waits()
    with fake_http(answer) as server:
        send({}, target("webhook", url=server.url), key="k", sleep=sleep)
    assert len(server.requests) == 3
    assert waited in ([1.0, 2.0], [])  # a 429 is repeated by the session itself, as it is told to
    assert len({request.headers["Idempotency-Key"] for request in server.requests}) == 1


def test_after_the_last_try_it_is_said_how_often_and_why() -> None:
    waited, sleep = waits()
    said = r"there: not delivered in 4 tries: .*503: maintenance"
    with fake_http(lambda _: Answer(503, b"maintenance")) as server, pytest.raises(SourceError, match=said):
        send({}, target("webhook", url=server.url), key="k", sleep=sleep)
    assert len(server.requests) == 4
    assert waited == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 302])
def test_a_refusal_is_final(status: int) -> None:
    said = f"there: refused: .*{status}: invalid_blocks"
    with fake_http(lambda _: Answer(status, b"invalid_blocks")) as server, pytest.raises(UsageError, match=said):
        send({}, target("slack", url=f"{server.url}/services/s3cret"), key="k")
    assert len(server.requests) == 1


def test_nobody_there_is_said_without_the_secret_path() -> None:
    with fake_http(lambda _: Answer()) as server:
        url = f"{server.url}/services/s3cret"
    waited, sleep = waits()
    with pytest.raises(SourceError, match="refused the connection") as raised:
        send({}, target("slack", url=url, attempts=2), key="k", sleep=sleep)
    assert "s3cret" not in raised.value.message + raised.value.hint
    assert waited == [1.0]


@pytest.mark.parametrize("url", ["", "hook.example/x", "ftp://hook.example/x", "http://[bad/x"])
def test_an_address_that_is_none_is_the_users_to_correct(url: str) -> None:
    with pytest.raises(UsageError):
        send({}, target("webhook", url=url), key="k")


class FakeMail:
    """A mail server that answers each command as `replies` says (default: it takes everything)."""

    def __init__(self, replies: Mapping[str, str]) -> None:
        self.replies = replies
        self.mails: list[tuple[list[str], Mail]] = []
        self.port = 0


@contextmanager
def fake_mail(**replies: str) -> Iterator[FakeMail]:
    box = FakeMail(replies)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say(box.replies.get("hello", "220 fake"))
            to: list[str] = []
            while line := self.rfile.readline():
                word = line.split()[0].upper().decode() if line.strip() else ""
                if word == "QUIT":
                    self.say("221 bye")
                    return
                if word == "RCPT":
                    to.append(line.decode().split("<")[1].split(">")[0])
                if word == "DATA" and "DATA" not in box.replies:
                    self.say("354 go on")
                    body = b""
                    while (part := self.rfile.readline()) not in (b".\r\n", b""):
                        body += part
                    box.mails.append((to, message_from_bytes(body)))
                self.say(box.replies.get(word, "250 ok"))

        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join(timeout=5)


def mail_target(port: int, **more: Any) -> Target:
    fields = {"tls": "none", "sender": "me@example.org", "to": ("a@example.org", "b@example.org"), **more}
    return target("smtp", host="127.0.0.1", port=port, **fields)


def test_mail_reaches_all_recipients_with_a_steady_message_id() -> None:
    with fake_mail() as box:
        there = mail_target(box.port)
        for _ in range(2):
            send({**payload_for(announcement("série"), there), "html": "<p>x</p>"}, there, key="k1")
        send(payload_for(announcement("x"), there), there, key="k2")
    (to, first), (_, again), (_, other) = box.mails
    assert to == ["a@example.org", "b@example.org"]
    assert first["Subject"] == "Still going on: Query time of db, since 2026-11-17 13:56 UTC"
    assert first.get_content_type() == "multipart/alternative"
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert other.get_content_type() == "text/plain"


def test_half_characters_do_not_stop_a_mail() -> None:
    mail = as_mail({"subject": "a\ud83d", "text": "b\ud83d", "html": "c\ud83d"}, mail_target(25), key="k")
    assert mail.as_bytes()
    assert mail["Subject"] == "a?"


def test_a_subject_cannot_add_headers() -> None:
    mail = as_mail({"subject": HOSTILE, "text": "x"}, mail_target(25), key="k")
    assert mail["Bcc"] is None
    assert "\n" not in mail["Subject"]


@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        ({"hello": "421 busy"}, SourceError),
        ({"MAIL": "451 later"}, SourceError),
        ({"MAIL": "550 not from you"}, UsageError),
        ({"RCPT": "450 greylisted"}, SourceError),
        ({"RCPT": "550 unknown"}, UsageError),
        ({"DATA": "554 no"}, UsageError),
    ],
)
def test_later_is_tried_again_and_never_is_final(replies: dict[str, str], kind: type[Exception]) -> None:
    waited, sleep = waits()
    with fake_mail(**replies) as box, pytest.raises(kind):
        send({"subject": "s", "text": "t"}, mail_target(box.port, attempts=2), key="k", sleep=sleep)
    assert waited == ([1.0] if kind is SourceError else [])
    assert box.mails == []


def test_mail_is_not_sent_in_the_clear_when_tls_was_asked_for() -> None:
    with fake_mail() as box:
        with pytest.raises(UsageError, match="STARTTLS"):
            send({"text": "t"}, mail_target(box.port, tls="starttls"), key="k")
        with pytest.raises(UsageError, match="TLS failed"):
            send({"text": "t"}, mail_target(box.port, tls="tls"), key="k")
        with pytest.raises(UsageError, match="AUTH"):
            send({"text": "t"}, mail_target(box.port, username="me", password="pw"), key="k")
    assert box.mails == []


def test_no_mail_server_is_said() -> None:
    with fake_mail() as box:
        port = box.port
    with pytest.raises(SourceError, match="no mail server answers"):
        send({"text": "t"}, mail_target(port, attempts=1), key="k")


def test_a_dead_letter_is_written_once_and_after_half_a_line_of_a_killed_run(tmp_path: Path) -> None:
    path = tmp_path / "letters" / "dead.jsonl"
    error = SourceError("no answer", hint="try later")
    message = Message("k/1", "there", {"text": "x"}, T)
    write_dead_letter(path, message, error=error, now=T)
    write_dead_letter(path, message, error=error, now=T)
    path.write_text(path.read_text(encoding="utf-8") + '{"id": "half', encoding="utf-8")
    write_dead_letter(path, Message("k/2", "there", {}, T), error=error, now=T)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in (lines[0], lines[2])] == ["k/1", "k/2"]
    assert len(lines) == 3
    with pytest.raises(UsageError, match="cannot write the dead-letter file"):
        write_dead_letter(path / "below", message, error=error, now=T)
