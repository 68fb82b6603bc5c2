"""The session: how it proves who it is, what it repeats and what not, and what it never shows."""

from __future__ import annotations

import base64
import logging
import os
import sys
import threading
from pathlib import Path

import pytest

from reconstruct.errors import UsageError
from reconstruct.http import HttpSettings, Pace, not_answered, open_session, redact, redact_url
from tests.servers.misbehaving import Exchange, misbehaving


def sent_authorization(settings: HttpSettings) -> str:
    session = open_session(settings)
    return session.ask("GET", f"{settings.url}/").text


def echo_authorization(exchange: Exchange) -> None:
    exchange.answer(exchange.headers.get("authorization", "nothing"), kind="text/plain")


def test_user_name_and_password_are_sent_as_basic() -> None:
    with misbehaving(echo_authorization) as (url, _):
        sent = sent_authorization(HttpSettings(url, username="me", password="p:w"))
    assert base64.b64decode(sent.removeprefix("Basic ")) == b"me:p:w"


def test_credentials_in_the_address_are_used_and_taken_out_of_it() -> None:
    with misbehaving(echo_authorization) as (url, _):
        session = open_session(HttpSettings(url.replace("http://", "http://me:p%40w@")))
        assert session.settings.url == url
        sent = session.ask("GET", url).text
    assert base64.b64decode(sent.removeprefix("Basic ")) == b"me:p@w"


def test_a_bearer_token_is_sent_and_not_shown() -> None:
    settings = HttpSettings("http://127.0.0.1:1", bearer_token="very-secret", password="pw", headers={"X": "hidden"})
    assert "very-secret" not in repr(settings)
    assert "pw" not in repr(settings).replace("pwd", "")
    assert "hidden" not in repr(settings)
    with misbehaving(echo_authorization) as (url, _):
        assert sent_authorization(HttpSettings(url, bearer_token="very-secret")) == "Bearer very-secret"


def test_a_token_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    with misbehaving(echo_authorization) as (url, _):
        session = open_session(HttpSettings(url, bearer_token_file=str(file)))
        assert session.ask("GET", url).text == "Bearer first"
        file.write_text("second")
        assert session.ask("GET", url).text == "Bearer second"


def test_a_token_command_runs_once_and_again_after_a_401(tmp_path: Path) -> None:
    count = tmp_path / "count"
    program = f"import pathlib; p=pathlib.Path({str(count)!r}); n=int(p.read_text() or 0)+1 if p.exists() else 1; "
    program += "p.write_text(str(n)); print(f'token-{n}')"
    good = ["Bearer token-1"]

    def behave(exchange: Exchange) -> None:
        if exchange.headers["authorization"] in good:
            exchange.answer(exchange.form.get("query", "hello"), kind="text/plain")
        else:
            exchange.answer("expired", status=401, kind="text/plain")

    with misbehaving(behave) as (url, seen):
        session = open_session(HttpSettings(url, bearer_command=f'{sys.executable} -c "{program}"'))
        assert session.ask("GET", url).text == "hello"
        assert session.ask("GET", url).text == "hello"
        assert count.read_text() == "1"
        good[:] = ["Bearer token-2"]
        assert session.ask("POST", url, form={"query": "up"}).text == "up"
        assert count.read_text() == "2"
        good[:] = ["none is good enough"]
        assert session.ask("GET", url).status_code == 401
        assert count.read_text() == "3"
    assert [each.headers["authorization"] for each in seen][-2:] == ["Bearer token-2", "Bearer token-3"]


@pytest.mark.parametrize(
    ("cloud", "program", "asked"),
    [
        ("google", "gcloud", "auth print-access-token"),
        (
            "azure",
            "az",
            "account get-access-token --resource https://prometheus.monitor.azure.com --query accessToken -o tsv",
        ),
    ],
)
def test_the_clouds_own_tools_are_asked_for_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cloud: str, program: str, asked: str
) -> None:
    tool = tmp_path / program
    tool.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\necho token-of-{cloud}\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with misbehaving(echo_authorization) as (url, _):
        session = open_session(HttpSettings(url, auth=cloud))
        assert session.ask("GET", url).text == f"Bearer token-of-{cloud}"
    assert (tmp_path / "asked").read_text().strip() == asked


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("/no/such/program", "cannot be run"),
        (
            f"{sys.executable} -c 'import sys; sys.exit(\"log in first, password=hunter2\")'",
            "ended with 1: log in first",
        ),
        (f"{sys.executable} -c pass", "empty"),
        (f"{sys.executable} -c 'print(1, 2)'", "blanks"),
    ],
)
def test_a_token_command_that_gives_no_token_is_said(command: str, says: str) -> None:
    with misbehaving(echo_authorization) as (url, _):
        session = open_session(HttpSettings(url, bearer_command=command))
        with pytest.raises(UsageError, match=says) as caught:
            session.ask("GET", url)
    assert "hunter2" not in caught.value.message
    assert caught.value.hint


def test_extra_headers_go_with_every_request() -> None:
    def behave(exchange: Exchange) -> None:
        exchange.answer(exchange.headers.get("x-scope-orgid", ""), kind="text/plain")

    with misbehaving(behave) as (url, _):
        assert open_session(HttpSettings(url, headers={"X-Scope-OrgID": "shop"})).ask("GET", url).text == "shop"


def test_a_proxy_is_used() -> None:
    def behave(exchange: Exchange) -> None:
        exchange.answer(f"{exchange.method} {exchange.headers['host']}", kind="text/plain")

    with misbehaving(behave) as (proxy, _):
        session = open_session(HttpSettings("http://prom.example:9090", proxy=proxy))
        assert session.ask("GET", "http://prom.example:9090/x").text == "GET prom.example:9090"


def test_netrc_is_used_where_no_credentials_are_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password pw\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with misbehaving(echo_authorization) as (url, _):
        assert sent_authorization(HttpSettings(url)).startswith("Basic ")
        assert sent_authorization(HttpSettings(url, bearer_token="token")) == "Bearer token"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (HttpSettings("prom:9090"), "not an http:// or https:// address"),
        (HttpSettings("ftp://prom:9090"), "not an http:// or https:// address"),
        (HttpSettings("http://"), "not an http:// or https:// address"),
        (HttpSettings("http://prom:port"), "is no address"),
        (HttpSettings("http://prom/?token=abc"), "query or fragment"),
        (HttpSettings("http://prom", username="me", bearer_token="t"), "only one can be sent"),
        (HttpSettings("http://prom", client_key="key.pem"), "without a client certificate"),
        (HttpSettings("https://prom", ca_file="/no/such/ca.pem"), "does not exist"),
        (HttpSettings("https://prom", client_cert="/no/such/cert.pem"), "does not exist"),
    ],
)
def test_settings_that_contradict_themselves_are_said_before_anything_is_sent(
    settings: HttpSettings, says: str
) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        open_session(settings)
    assert caught.value.hint
    assert "abc" not in caught.value.message


def test_a_missing_scheme_is_suggested() -> None:
    with pytest.raises(UsageError) as caught:
        open_session(HttpSettings("me:secret@prom:9090"))
    assert caught.value.hint == "try --prometheus http://prom:9090"
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(("status", "times"), [(502, 3), (504, 3), (429, 3), (500, 1), (503, 1), (404, 1)])
def test_only_what_may_pass_is_repeated_and_at_most_twice(status: int, times: int) -> None:
    pauses: list[float] = []
    with misbehaving(lambda exchange: exchange.answer("no", status=status, kind="text/plain")) as (url, seen):
        session = open_session(HttpSettings(url), sleep=pauses.append)
        assert session.ask("GET", url).status_code == status
    assert len(seen) == times
    assert pauses == [0.5, 1.0][: times - 1]


def test_a_message_is_not_posted_twice_but_a_query_may_be() -> None:
    for post_again, times in ((False, 1), (True, 3)):
        with misbehaving(lambda exchange: exchange.answer("no", status=502, kind="text/plain")) as (url, seen):
            session = open_session(HttpSettings(url), post_again=post_again, sleep=lambda pause_s: None)
            session.ask("POST", url, form={"query": "up"})
        assert len(seen) == times
        assert all(each.form == {"query": "up"} for each in seen)


@pytest.mark.parametrize(
    ("wanted", "pauses", "said"),
    [
        ("3", [3.0, 3.0], "come back in 3 s"),
        ("0", [0.0, 0.0], "come back in 0 s"),
        ("Mon, 02 Mar 2026 12:00:07 GMT", [7.0, 7.0], "come back in 7 s"),
        ("3600", [], "come back in 3600 s"),
        ("soon", [0.5, 1.0], "too many requests (429)"),
    ],
)
def test_retry_after_is_honoured_up_to_a_bound(wanted: str, pauses: list[float], said: str) -> None:
    def behave(exchange: Exchange) -> None:
        exchange._handler.date_time_string = lambda timestamp=None: "Mon, 02 Mar 2026 12:00:00 GMT"  # type: ignore[method-assign]
        exchange.answer("busy", status=429, kind="text/plain", Retry_After=wanted)

    slept: list[float] = []
    with misbehaving(behave) as (url, seen):
        session = open_session(HttpSettings(url), sleep=slept.append)
        answer = session.ask("GET", url)
        assert answer.status_code == 429
        assert session.pace.most == 4 // 2 ** len(seen) or session.pace.most == 1
    assert slept == pauses
    error = not_answered(answer, settings=session.settings)
    assert error is not None
    assert said in error.message


def test_the_pace_lets_no_more_through_than_it_says() -> None:
    pace = Pace(most=2)
    ongoing_at_start, most = 0, 0
    lock = threading.Lock()
    go = threading.Barrier(2)

    def work() -> None:
        nonlocal ongoing_at_start, most
        with pace:
            with lock:
                ongoing_at_start += 1
                most = max(most, ongoing_at_start)
            go.wait(timeout=120)  # two have to be inside at once for either to go on
            with lock:
                ongoing_at_start -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert most == 2


def test_the_pace_halves_down_to_one() -> None:
    pace = Pace()
    limits = []
    for _ in range(4):
        pace.slow_down()
        limits.append(pace.most)
    assert limits == [2, 1, 1, 1]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("https://user:pass@host/x", "https://host/x"),
        ("https://user@host/x", "https://host/x"),
        ("amqp://u:p%40ss@mq:5672/%2f", "amqp://mq:5672/%2f"),
        ("postgres://u:p@ss@db/x", "postgres://db/x"),
        ("root:hunter2@tcp(db:3306)/shop", "tcp(db:3306)/shop"),
        ("https://x/?a=1&access_token=abc&b=2", "https://x/?a=1&access_token=REDACTED&b=2"),
        (
            "https://x/?X-Amz-Signature=abc&sig=def&user=bob",
            "https://x/?X-Amz-Signature=REDACTED&sig=REDACTED&user=REDACTED",
        ),
        ("https://x/?api_key=abc&apikey=d&api-key=e", "https://x/?api_key=REDACTED&apikey=REDACTED&api-key=REDACTED"),
        ("host=db user=app password=hunter2 dbname=x", "host=db user=app password=REDACTED dbname=x"),
        ('{"token": "abc", "x": 1}', '{"token": "REDACTED", "x": 1}'),
        ("curl -H 'Authorization: Bearer abcdefgh1234'", "curl -H 'Authorization: REDACTED REDACTED'"),
        ("Bearer abcdefgh1234 was sent", "Bearer REDACTED was sent"),
        ("pushed with ghp_" + "a" * 36, "pushed with REDACTED"),
        ("glpat-" + "x" * 20, "REDACTED"),
        ("xoxb-123456789012-abc", "REDACTED"),
        ("AKIA" + "A" * 16, "REDACTED"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_", "REDACTED"),
        ("https://hooks.slack.com/services/T0/B0/abc", "https://hooks.slack.com/services/REDACTED"),
    ],
)
def test_secrets_are_taken_out_of_text(text: str, clean: str) -> None:
    assert redact(text) == clean
    assert redact(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        'sum by (token) (rate(http_requests_total{code=~"5..",password!="x"}[5m]))',
        "llm_tokens_total:rate5m",
        "set max_tokens=4096",
        "https://github.com/acme/shop/compare/v1...v2?diff=split&w=1",
        "shop 2.15.0: accept short order references",
        "alice@example.com approved",
        "2026-03-02T12:00:00Z",
        "job:http_inprogress_requests:sum",
        "",
    ],
)
def test_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_an_address_without_a_scheme_is_cleaned_too() -> None:
    assert redact_url("me:pw@prom:9090/x@y") == "prom:9090/x@y"


def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with misbehaving(echo_authorization) as (url, _):
        session = open_session(HttpSettings(url, bearer_token="very-secret"))
        session.ask("POST", url, form={"query": "up"})
    assert "very-secret" not in caplog.text
