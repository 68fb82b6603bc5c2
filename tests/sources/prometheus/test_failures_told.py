"""How the command ends when its Prometheus fails: one message, one hint, the exit code, no traceback, no files."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from reconstruct.cli import app
from tests.servers.misbehaving import Exchange, misbehaving
from tests.servers.programs import free_port
from tests.servers.story import END

WINDOW = ["--from", "2026-03-02T13:15:00Z", "--to", "2026-03-02T15:00:00Z"]


def incident(url: str, folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(
        app,
        ["incident", "--prometheus", url, *WINDOW, "--out", str(folder / "out"), *arguments],
        env={"PROMETHEUS_URL": ""},
    )


def assert_ended(result: Result, folder: Path, *, code: int, says: str, hint: str) -> None:
    assert result.exit_code == code, result.output
    assert says in result.stderr
    assert hint in result.stderr.partition("hint:")[2]
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert not (folder / "out").exists()


def clock_or(other: Callable[[Exchange], None], exchange: Exchange) -> None:
    """A server that knows the time and nothing else."""
    if exchange.form.get("query") == "time()" or exchange.path == "/-/ready":
        now = END.timestamp() + 60
        exchange.answer(json.dumps({"status": "success", "data": {"resultType": "scalar", "result": [now, str(now)]}}))
    else:
        other(exchange)


html = partial(Exchange.answer, body="<html>Sign in</html>", kind="text/html")
redirect = partial(Exchange.answer, body="", status=302, Location="https://sso.example/")
not_found = partial(Exchange.answer, body="404 page not found", status=404, kind="text/plain")
unauthorised = partial(Exchange.answer, body="Unauthorized", status=401, kind="text/plain")
forbidden = partial(Exchange.answer, body="no", status=403, kind="text/plain")
busy = partial(Exchange.answer, body="slow down", status=429, kind="text/plain", Retry_After="600")
broken = partial(Exchange.answer, body="panic", status=500, kind="text/plain")
no_json = partial(Exchange.answer, body="hello", kind="text/plain")
cut = partial(Exchange.answer, body='{"status":"success","data":{"resu')


@pytest.mark.parametrize(
    ("behave", "code", "says", "hint"),
    [
        (html, 3, "a login page, or another program", "credentials"),
        (redirect, 3, "sends us elsewhere (302): https://sso.example/", "login page"),
        (not_found, 3, "knows no such page", "prefix"),
        (unauthorised, 2, "wants to know who asks", "PROMETHEUS_TOKEN"),
        (forbidden, 2, "does not allow it", "right to read"),
        (busy, 3, "too many requests (429)", "try again later"),
        (broken, 3, "answered 500: panic", "log"),
        (no_json, 3, "not Prometheus's API", "--prometheus"),
        (cut, 3, "not Prometheus's API", "--prometheus"),
        (partial(clock_or, html), 3, "a login page, or another program", "credentials"),
        (partial(clock_or, cut), 3, "not Prometheus's API", "--prometheus"),
        (partial(clock_or, broken), 3, "answered 500: panic", "log"),
    ],
)
def test_a_server_that_fails_is_told_with_a_hint_and_an_exit_code(
    behave: Callable[[Exchange], None], code: int, says: str, hint: str, tmp_path: Path
) -> None:
    with misbehaving(behave) as (url, _):
        result = incident(url, tmp_path)
    assert_ended(result, tmp_path, code=code, says=says, hint=hint)


def test_a_refused_connection_ends_with_the_address(tmp_path: Path) -> None:
    port = free_port()
    result = incident(f"http://127.0.0.1:{port}", tmp_path)
    assert_ended(result, tmp_path, code=3, says=f"127.0.0.1:{port} refused the connection", hint="is it running")


@pytest.mark.server
def test_no_series_ends_with_its_own_code(prometheus_url: str, tmp_path: Path) -> None:
    result = incident(prometheus_url, tmp_path, "--scope", 'job="nobody"')
    assert_ended(result, tmp_path, code=4, says="no series matched", hint="--scope")


@pytest.mark.server
def test_a_scope_that_is_no_promql_ends_as_a_mistake_of_the_user(prometheus_url: str, tmp_path: Path) -> None:
    result = incident(prometheus_url, tmp_path, "--scope", 'job="unclosed')
    assert result.exit_code == 2, result.output
    assert "refused the query" in result.stderr
    assert "Traceback" not in result.output
