"""Each row of the failure table in docs/prometheus.md, provoked: by the real server where it can be, else by a bad one.

Every case says what is told, what the user can do, and how the command would end.
"""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reconstruct.errors import QueryError, ReconstructError, SourceError, UsageError
from reconstruct.http import HttpSettings
from reconstruct.model import Signal, Window
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.discovery import alert_rules, metric_names
from reconstruct.sources.prometheus.signals import gather_signals
from tests.servers.misbehaving import Exchange, misbehaving
from tests.servers.programs import free_port
from tests.servers.prometheus import prometheus
from tests.servers.story import END, START
from tests.servers.tls import Certificates, certificates

STEP = pd.Timedelta("15s")
WINDOW = Window(pd.Timestamp("2026-03-02T13:15Z"), END, STEP, START)
WINDOW_ROWS = len(WINDOW.index)
PASSWORD_HASH = "$2b$04$1JhyALESv8NN8tMyaQKkf.4h7.XfRSmgZPCDAY1E21jaEBRrR1Rk2"  # of "correct horse"


def no_pause(pause_s: float) -> None:
    """In place of sleeping between repetitions."""


def failure(settings: HttpSettings, ask: Callable[[Prometheus], object] | None = None) -> ReconstructError:
    """What a first contact, or another question, ends with."""
    server = Prometheus(settings, sleep=no_pause)
    with pytest.raises(ReconstructError) as caught:
        (ask or Prometheus.ready)(server)
    assert caught.value.hint
    assert "object at 0x" not in caught.value.message
    return caught.value


def ask_up(server: Prometheus) -> object:
    return server.range("up", WINDOW)


def matrix(n_points: int, *, start: float = START.timestamp(), name: str = "x", **more: object) -> str:
    """An answer as Prometheus sends it."""
    values = [[start + 15 * row, str(row)] for row in range(n_points)]
    result = [{"metric": {"__name__": name}, "values": values}]
    body = {"status": "success", "data": {"resultType": "matrix", "result": result}, **more}
    return json.dumps(body, separators=(",", ":"))


def clock(exchange: Exchange) -> bool:
    """Answer an instant query, as every server can; False for another question."""
    if exchange.path != "/api/v1/query":
        return False
    now = END.timestamp() + 3600
    exchange.answer(json.dumps({"status": "success", "data": {"resultType": "scalar", "result": [now, str(now)]}}))
    return True


# -------------------------------------------------------------------------------------- what the real server refuses


@pytest.mark.server
def test_bad_promql_is_shown_with_a_caret(prometheus_url: str) -> None:
    error = failure(HttpSettings(prometheus_url), lambda server: server.range("sum(\n  rate(up[5m)\n)", WINDOW))
    assert isinstance(error, QueryError)
    assert error.exit_code == 2
    line, pointer = error.message.splitlines()[1:]
    assert line == "    rate(up[5m)"
    assert line[pointer.index("^")] == ")"


@pytest.mark.server
def test_more_samples_than_the_server_loads_are_asked_in_halves(story_data: Path, tmp_path: Path) -> None:
    with prometheus(tmp_path, data=copied(story_data, tmp_path), flags=["--query.max-samples=900"]) as url:
        server = Prometheus(HttpSettings(url))
        promql = 'rate(http_requests_total{instance="shop-1"}[1m])'
        values = server.range(promql, WINDOW).values
        assert values.shape == (WINDOW_ROWS, 1)
        assert np.isfinite(values[4:]).all()
        np.testing.assert_allclose(values[8:, 0], 10.0)
        error = failure(HttpSettings(url), lambda server: server.range("rate(http_requests_total[1h:1s])", WINDOW))
    assert isinstance(error, SourceError)
    assert error.exit_code == 3
    assert "too many samples" in error.message
    assert "--query.max-samples" in error.hint


@pytest.mark.server
def test_a_query_that_takes_too_long_is_told_with_the_servers_own_limit(story_data: Path, tmp_path: Path) -> None:
    slow = "sum(quantile_over_time(0.5, rate(up[5m])[1h:100ms]))"  # seconds of work on any machine, beside 50 ms
    window = Window(END - pd.Timedelta("40min"), END, STEP, END - pd.Timedelta("40min"))
    with prometheus(tmp_path, data=copied(story_data, tmp_path), flags=["--query.timeout=50ms"]) as url:
        error = failure(HttpSettings(url), lambda server: server.range(slow, window))
    assert error.exit_code == 3
    assert "did not finish the query in time" in error.message
    assert "--query.timeout" in error.hint


@pytest.mark.server
@pytest.mark.parametrize("promql", ["up * on (job) up", "http_requests_total + on (job) group_left up"])
def test_sides_that_do_not_match_are_told_with_group_left(prometheus_url: str, promql: str) -> None:
    error = failure(HttpSettings(prometheus_url), lambda server: server.range(promql, WINDOW))
    assert isinstance(error, QueryError)
    assert error.exit_code == 2
    assert promql in error.message
    assert "group_left" in error.hint


@pytest.mark.server
def test_a_wrong_prefix_is_told_with_the_right_one(tmp_path: Path) -> None:
    flags = ["--web.external-url=http://127.0.0.1/monitoring/prom/", "--web.route-prefix=/monitoring/prom"]
    with prometheus(tmp_path, flags=flags, ready_path="/monitoring/prom/-/ready") as url:
        error = failure(HttpSettings(url))
        Prometheus(HttpSettings(f"{url}/monitoring/prom")).ready()
    assert isinstance(error, SourceError)
    assert error.exit_code == 3
    assert "knows no such page (404" in error.message
    assert error.hint == f"it lives under a prefix: give --prometheus {url}/monitoring/prom"


@pytest.mark.server
def test_no_credentials_and_wrong_ones_are_told_apart(tmp_path: Path) -> None:
    web = tmp_path / "web.yml"
    web.write_text(f"basic_auth_users: {{me: '{PASSWORD_HASH}'}}\n")
    with prometheus(tmp_path, flags=[f"--web.config.file={web}"], ready_status=401) as url:
        Prometheus(HttpSettings(url, username="me", password="correct horse")).ready()
        missing = failure(HttpSettings(url))
        wrong = failure(HttpSettings(url, username="me", password="battery staple"))
    for error in (missing, wrong):
        assert isinstance(error, UsageError)
        assert error.exit_code == 2
        assert "(401, Unauthorized)" in error.message
        assert "PROMETHEUS_TOKEN" in error.hint
    assert missing.hint.startswith("give credentials")
    assert wrong.hint.startswith("the credentials were refused")
    assert "battery staple" not in wrong.message + wrong.hint


# ----------------------------------------------------------------------------------------------------------- TLS


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Certificates]]:
    """A real Prometheus with TLS that nobody trusts."""
    folder = tmp_path_factory.mktemp("tls")
    made = certificates(folder)
    web = folder / "web.yml"
    web.write_text(f"tls_server_config: {{cert_file: {made.cert}, key_file: {made.key}}}\n")
    with prometheus(folder / "prometheus", flags=[f"--web.config.file={web}"], scheme="https") as url:
        yield url, made


@pytest.mark.server
def test_a_ca_file_makes_a_private_authority_trusted(secure: tuple[str, Certificates]) -> None:
    url, made = secure
    server = Prometheus(HttpSettings(url, ca_file=str(made.ca)))
    server.ready()
    assert server.label_names() == []
    Prometheus(HttpSettings(url, verify=False)).ready()


@pytest.mark.server
def test_the_configured_authority_wins_over_the_environment(
    secure: tuple[str, Certificates], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url, made = secure
    other = certificates(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other.ca))
    Prometheus(HttpSettings(url, ca_file=str(made.ca))).ready()
    assert "not signed by anyone we trust" in failure(HttpSettings(url)).message


@pytest.mark.server
def test_a_certificate_that_nobody_signed_is_told_with_the_ca_file(secure: tuple[str, Certificates]) -> None:
    url, _ = secure
    error = failure(HttpSettings(url))
    assert error.exit_code == 3
    assert url.removeprefix("https://") in error.message
    assert "not signed by anyone we trust" in error.message
    assert "ca_file" in error.hint


@pytest.mark.server
def test_plain_http_to_a_tls_port_is_told_with_https(secure: tuple[str, Certificates]) -> None:
    url, _ = secure
    error = failure(HttpSettings(url.replace("https", "http")))
    assert error.exit_code == 3
    assert "speaks TLS on that port" in error.message
    assert error.hint == f"use --prometheus {url}"


def test_https_to_a_plain_port_is_told_with_http() -> None:
    with misbehaving(lambda exchange: exchange.answer("{}")) as (url, _):
        error = failure(HttpSettings(url.replace("http", "https")))
    assert "does not speak TLS" in error.message
    assert "http://" in error.hint


# --------------------------------------------------------------------------------------------- cannot be reached


def test_a_refused_connection_says_where() -> None:
    port = free_port()
    error = failure(HttpSettings(f"http://127.0.0.1:{port}"))
    assert isinstance(error, SourceError)
    assert error.exit_code == 3
    assert error.message == f"prometheus at 127.0.0.1:{port} refused the connection"
    assert "--prometheus" in error.hint


def test_an_unknown_host_is_said() -> None:
    error = failure(HttpSettings("http://no-such-host.invalid:9090"))
    assert error.exit_code == 3
    assert error.message == "prometheus at no-such-host.invalid:9090: no such host"


def test_a_host_that_swallows_packets_is_left_after_two_short_tries() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        with socket.create_connection(deaf.getsockname()):  # its queue is full now
            url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
            error = failure(HttpSettings(url, connect_timeout_s=0.5, timeout_s=1.0))
    assert error.exit_code == 3
    assert error.message.endswith(": no connection within 0.5 s")
    assert "firewall" in error.hint


def test_a_server_that_says_nothing_is_left_after_the_time_out() -> None:
    over = threading.Event()

    def silent(exchange: Exchange) -> None:
        over.wait()

    with misbehaving(silent) as (url, seen):
        error = failure(HttpSettings(url, timeout_s=1.0))
        over.set()
    assert error.exit_code == 3
    assert "did not answer within 1 s" in error.message
    assert len(seen) == 1


def test_a_slow_range_query_is_tried_once_more_with_half_the_window_and_no_more() -> None:
    asked: list[float] = []
    over = threading.Event()

    def slow(exchange: Exchange) -> None:
        if not clock(exchange):
            asked.append(float(exchange.form["end"]) - float(exchange.form["start"]))
            over.wait()

    with misbehaving(slow) as (url, _):
        error = failure(HttpSettings(url, timeout_s=1.0), ask_up)
        over.set()
    assert "did not answer within 1 s" in error.message
    assert len(asked) == 2
    assert asked[1] == pytest.approx(asked[0] / 2, abs=15)


def test_a_query_time_out_of_the_server_is_halved_once_and_the_limit_named() -> None:
    body = json.dumps({"status": "error", "errorType": "timeout", "error": "query timed out in expression evaluation"})

    def busy(exchange: Exchange) -> None:
        if not clock(exchange):
            exchange.answer(body, status=503)

    with misbehaving(busy) as (url, seen):
        error = failure(HttpSettings(url), ask_up)
    assert error.exit_code == 3
    assert "query timed out in expression evaluation" in error.message
    assert "--query.timeout" in error.hint
    assert sum(each.path.endswith("query_range") for each in seen) == 2


def test_a_body_that_never_ends_is_given_up() -> None:
    def dripping(exchange: Exchange) -> None:
        if clock(exchange):
            return
        exchange.head(200, Content_Type="application/json")
        exchange.write(b'{"status":"success","data":{"resultType":"matrix","result":[')
        while True:  # until the client has gone
            time.sleep(0.1)
            exchange.write(b" " * 2_000_000)

    with misbehaving(dripping) as (url, _):
        error = failure(HttpSettings(url, body_timeout_s=1.0), ask_up)
    assert "still sending after 1 s" in error.message


def test_a_server_that_starts_up_is_waited_for() -> None:
    answers = iter(["not yet", "not yet", "ready"])

    def starting(exchange: Exchange) -> None:
        if exchange.path == "/-/ready" and next(answers) == "not yet":
            exchange.answer("Service Unavailable", status=503, kind="text/plain")
        elif not clock(exchange):
            exchange.answer("ready", kind="text/plain")

    pauses: list[float] = []
    with misbehaving(starting) as (url, _):
        Prometheus(HttpSettings(url), sleep=pauses.append).ready()
    assert pauses == [0.5, 0.5]


def test_a_server_that_does_not_finish_starting_is_left_after_a_bound() -> None:
    pauses: list[float] = []
    with misbehaving(lambda exchange: exchange.answer("wait", status=503, kind="text/plain")) as (url, _):
        server = Prometheus(HttpSettings(url), sleep=pauses.append)
        with pytest.raises(SourceError, match="still starting up after 30 s") as caught:
            server.ready()
    assert sum(pauses) == 30.0
    assert "/-/ready" in caught.value.hint


# ----------------------------------------------------------------------------------------- answers that are none


def test_too_many_requests_are_waited_out_and_fewer_are_sent_then() -> None:
    left = [2]

    def busy(exchange: Exchange) -> None:
        if clock(exchange):
            return
        if left[0]:
            left[0] -= 1
            exchange.answer("slow down", status=429, kind="text/plain", Retry_After="7")
        else:
            exchange.answer(matrix(WINDOW_ROWS))

    pauses: list[float] = []
    with misbehaving(busy) as (url, _):
        server = Prometheus(HttpSettings(url), sleep=pauses.append)
        assert server.range("up", WINDOW).values.shape == (WINDOW_ROWS, 1)
    assert pauses == [7.0, 7.0]


def test_too_many_requests_for_good_are_an_error_with_a_hint() -> None:
    def busy(exchange: Exchange) -> None:
        if not clock(exchange):
            exchange.answer("slow down", status=429, kind="text/plain", Retry_After="600")

    with misbehaving(busy) as (url, seen):
        error = failure(HttpSettings(url), ask_up)
    assert error.exit_code == 3
    assert "too many requests (429), and asks to come back in 600 s" in error.message
    assert len([each for each in seen if each.path.endswith("range")]) == 1


def test_a_login_page_is_not_taken_for_prometheus() -> None:
    page = "<!DOCTYPE html><html><script>evil()</script><h1>Sign in</h1></html>"
    with misbehaving(lambda exchange: exchange.answer(page, kind="text/html; charset=utf-8")) as (url, _):
        for ask in (None, ask_up, Prometheus.metadata, Prometheus.label_names):
            error = failure(HttpSettings(url), ask)
            assert error.exit_code == 3
            assert "a login page, or another program" in error.message
            assert "credentials" in error.hint


def test_a_redirect_to_a_login_is_told_and_not_followed() -> None:
    def redirect(exchange: Exchange) -> None:
        exchange.answer("", status=302, Location="https://sso.example/login?token=abc")

    with misbehaving(redirect) as (url, seen):
        error = failure(HttpSettings(url), ask_up)
    assert "sends us elsewhere (302): https://sso.example/login?token=REDACTED" in error.message
    assert "login page" in error.hint
    assert len(seen) == 1


def test_another_api_is_not_taken_for_prometheus() -> None:
    for body in ('{"hello": "world"}', "[]", "42", "not json", ""):
        with misbehaving(partial(Exchange.answer, body=body)) as (url, _):
            error = failure(HttpSettings(url))
        assert error.exit_code == 3
        assert "not Prometheus's API" in error.message


def cut_in_chunks(exchange: Exchange, body: bytes) -> None:
    exchange.head(200, Content_Type="application/json", Transfer_Encoding="chunked")
    exchange.write(b"%x\r\n%s\r\n" % (len(body), body))  # and no last chunk


def cut_by_length(exchange: Exchange, body: bytes) -> None:
    exchange.head(200, Content_Type="application/json", Content_Length=str(len(body) + 100))
    exchange.write(body)


def cut_without_length(exchange: Exchange, body: bytes) -> None:
    exchange.head(200, Content_Type="application/json")
    exchange.write(body)


def cut_gzip(exchange: Exchange, body: bytes) -> None:
    packed = gzip.compress(body)
    packed = packed[: len(packed) // 2]
    exchange.answer(packed, Content_Encoding="gzip")


@pytest.mark.parametrize("cut", [cut_in_chunks, cut_by_length, cut_without_length, cut_gzip])
def test_an_answer_that_is_cut_short_is_asked_again_once(cut: Callable[[Exchange, bytes], None]) -> None:
    whole = matrix(WINDOW_ROWS).encode()
    times = [0]

    def behave(exchange: Exchange) -> None:
        if clock(exchange):
            return
        times[0] += 1
        if times[0] == 1:
            cut(exchange, whole[: len(whole) * 2 // 3])
        else:
            exchange.answer(whole)

    with misbehaving(behave) as (url, _):
        values = Prometheus(HttpSettings(url)).range("x", WINDOW).values
    np.testing.assert_array_equal(values[:, 0], np.arange(WINDOW_ROWS))
    assert times == [2]


@pytest.mark.parametrize("cut", [cut_in_chunks, cut_by_length, cut_without_length, cut_gzip])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
def test_an_answer_that_is_always_cut_short_is_an_error(cut: Callable[[Exchange, bytes], None], share: float) -> None:
    whole = matrix(WINDOW_ROWS).encode()

    def behave(exchange: Exchange) -> None:
        if not clock(exchange):
            cut(exchange, whole[: int(len(whole) * share)])

    with misbehaving(behave) as (url, seen):
        error = failure(HttpSettings(url), ask_up)
    assert error.exit_code == 3
    assert "cut its answer short, twice" in error.message
    assert sum(each.path.endswith("range") for each in seen) == 2


def test_an_error_inside_a_200_is_an_error() -> None:
    def behave(exchange: Exchange) -> None:
        if not clock(exchange):
            exchange.answer(json.dumps({"status": "error", "errorType": "internal", "error": "disk is gone"}))

    with misbehaving(behave) as (url, _):
        error = failure(HttpSettings(url), ask_up)
    assert "disk is gone" in error.message
    assert error.exit_code == 3


# ----------------------------------------------------------------------------------------------- partial answers


def signal(name: str, promql: str = "up") -> Signal:
    return Signal(id=name, title=name, promql=promql, unit="count", layer="app", aspect="traffic")


def test_warnings_of_an_answer_are_gaps_and_infos_are_none() -> None:
    def behave(exchange: Exchange) -> None:
        if not clock(exchange):
            exchange.answer(matrix(WINDOW_ROWS, warnings=["store \x1b[31meu-2 is away"], infos=["not a counter"]))

    with misbehaving(behave) as (url, _):
        metrics, queries, gaps = gather_signals(Prometheus(HttpSettings(url)), [signal("a/b"), signal("a/c")], WINDOW)
    assert len(metrics) == len(queries) == 2
    assert [(gap.missing, gap.cause) for gap in gaps] == [("a/b, a/c", "store [31meu-2 is away")]


def test_a_partial_answer_of_victoria_metrics_is_a_gap() -> None:
    def behave(exchange: Exchange) -> None:
        if not clock(exchange):
            exchange.answer(matrix(WINDOW_ROWS, isPartial=True))

    with misbehaving(behave) as (url, _):
        _, _, gaps = gather_signals(Prometheus(HttpSettings(url)), [signal("a/b")], WINDOW)
    assert "partial" in gaps[0].cause


@pytest.mark.server
def test_a_metric_that_nobody_has_is_an_empty_answer_and_no_gap(server: Prometheus) -> None:
    metrics, queries, gaps = gather_signals(server, [signal("a/b", "no_such_metric")], WINDOW)
    assert metrics == ()
    assert [query.series for query in queries] == [0]
    assert gaps == ()


@pytest.mark.parametrize("status", [403, 404])
def test_pages_that_are_not_shown_are_gaps_and_not_errors(status: int) -> None:
    def behave(exchange: Exchange) -> None:
        if clock(exchange):
            return
        if exchange.path.endswith("/values"):
            exchange.answer(json.dumps({"status": "success", "data": ["up", "x_total"]}))
        else:
            exchange.answer("no", status=status, kind="text/plain")

    with misbehaving(behave) as (url, _):
        server = Prometheus(HttpSettings(url))
        names, unknown = metric_names(server)
        rules, unread = alert_rules(server)
    assert names["x_total"].type == "counter"
    assert rules == ()
    assert [gap.missing for gap in (*unknown, *unread)] == ["metric metadata", "alert rules"]
    assert all(str(status) in gap.cause for gap in (*unknown, *unread))


def test_a_server_that_breaks_down_is_left_alone_after_three_signals() -> None:
    def behave(exchange: Exchange) -> None:
        if not clock(exchange):
            good = exchange.form["query"] == "good"
            exchange.answer(
                matrix(WINDOW_ROWS) if good else "oops", status=200 if good else 500, kind="application/json"
            )

    signals = [signal("s/first", "good"), *(signal(f"s/{number}", "bad") for number in range(40))]
    with misbehaving(behave) as (url, seen):
        metrics, _, gaps = gather_signals(Prometheus(HttpSettings(url)), signals, WINDOW)
    assert len(metrics) == 1
    assert len([each for each in seen if each.form.get("query") == "bad"]) < 12
    assert gaps[-1].missing.endswith("more signals")
    assert "not asked" in gaps[-1].cause


def test_a_server_that_answers_no_signal_is_an_error() -> None:
    def behave(exchange: Exchange) -> None:
        if not clock(exchange):
            exchange.answer("oops", status=500, kind="text/plain")

    with misbehaving(behave) as (url, _), pytest.raises(SourceError, match="answered 500: oops"):
        gather_signals(Prometheus(HttpSettings(url)), [signal("a/b"), signal("a/c")], WINDOW)


def copied(data: Path, folder: Path) -> Path:
    """A second server needs a data directory of its own: the first one has locked it."""
    return Path(
        shutil.copytree(data, folder / "copied", ignore=shutil.ignore_patterns("lock", "wal", "queries.active"))
    )
