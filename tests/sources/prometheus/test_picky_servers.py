"""Servers and proxies with manners of their own: what is asked for is had all the same, or said to be missing."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable

import pandas as pd
import pytest

from reconstruct import packs
from reconstruct.errors import UsageError
from reconstruct.gather import Request, gather
from reconstruct.http import HttpSettings
from reconstruct.model import Evidence
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.history.retention import BEFORE_FIRST
from tests.servers.misbehaving import Exchange
from tests.servers.proxy import Manner, Passed, api, as_is, asked, proxied, refused
from tests.servers.story import END

pytestmark = pytest.mark.server
FROM, TO = pd.Timestamp("2026-03-02T13:30Z"), pd.Timestamp("2026-03-02T14:00Z")


def gathered(url: str, **more: object) -> Evidence:
    settings = HttpSettings(url, **more)  # type: ignore[arg-type]
    asked_for = Request(
        start=FROM,
        end=TO,
        baseline=pd.Timedelta("30min"),
        prometheus=settings,
        catalogue=packs.load([packs.packs_folder()], only=["http", "scrape"]),
    )
    return gather(asked_for, now=END)


def through(backend: str, manner: Manner) -> tuple[Evidence, list[Exchange]]:
    with proxied(backend, manner) as (url, seen):
        return gathered(url), seen


def figures(evidence: Evidence) -> list[tuple[str, int, float]]:
    return [(m.signal.id, m.values.shape[1], float(m.values.sum().sum())) for m in evidence.metrics]


@pytest.fixture(scope="module")
def direct(prometheus_3_url: str) -> Evidence:
    return gathered(prometheus_3_url)


def _no_post(exchange: Exchange, passed: Callable[[], Passed]) -> None:
    if exchange.method == "POST":
        exchange.answer("Method Not Allowed", status=405, kind="text/plain", Allow="GET")
    else:
        as_is(exchange, passed())


def _gzipped(exchange: Exchange, passed: Callable[[], Passed]) -> None:
    told = passed()
    exchange.answer(gzip.compress(told.body), status=told.status, kind=told.kind, Content_Encoding="gzip")


def _deflated(exchange: Exchange, passed: Callable[[], Passed]) -> None:
    told = passed()
    exchange.answer(zlib.compress(told.body), status=told.status, kind=told.kind, Content_Encoding="deflate")


def _zstd(exchange: Exchange, passed: Callable[[], Passed]) -> None:
    zstd = pytest.importorskip("backports.zstd")
    told = passed()
    exchange.answer(zstd.compress(told.body), status=told.status, kind=told.kind, Content_Encoding="zstd")


def _null_for_empty(exchange: Exchange, passed: Callable[[], Passed]) -> None:
    told = passed()
    body = told.body
    for name in (b"result", b"data", b"groups"):
        body = body.replace(b'"' + name + b'":[]', b'"' + name + b'":null').replace(
            b'"' + name + b'":{}', b'"' + name + b'":null'
        )
    exchange.answer(body, status=told.status, kind=told.kind)


def _two_minutes_at_most(exchange: Exchange, passed: Callable[[], Passed]) -> None:
    if api(exchange) == "query_range" and float(asked(exchange, "end")) - float(asked(exchange, "start")) > 1200:
        words = "the query time range exceeds the limit (query length: 1h0m, limit: 20m) (err-mimir-max-query-length)"
        refused(exchange, 422, words)
    else:
        as_is(exchange, passed())


def _few_samples(exchange: Exchange, passed: Callable[[], Passed]) -> None:
    if api(exchange) == "query_range":
        points = (float(asked(exchange, "end")) - float(asked(exchange, "start"))) / float(asked(exchange, "step"))
        if points > 130:
            refused(exchange, 422, "query processing would load too many samples into memory in query execution")
            return
    as_is(exchange, passed())


@pytest.mark.parametrize(
    "manner", [_no_post, _gzipped, _deflated, _zstd, _null_for_empty, _two_minutes_at_most, _few_samples]
)
def test_the_answers_are_the_same_whatever_stands_in_between(
    prometheus_3_url: str, direct: Evidence, manner: Manner
) -> None:
    evidence, _ = through(prometheus_3_url, manner)
    assert figures(evidence) == figures(direct)
    assert {gap.cause for gap in evidence.gaps} == {gap.cause for gap in direct.gaps}


@pytest.mark.parametrize("url", ["prometheus_url", "prometheus_3_url", "victoria_url", "victoria_new_url"])
def test_no_server_refuses_a_query_of_ours(url: str, request: pytest.FixtureRequest) -> None:
    refusals: list[str] = []

    def listening(exchange: Exchange, passed: Callable[[], Passed]) -> None:
        told = passed()
        if told.status >= 400 and api(exchange) in ("query", "query_range"):
            refusals.append(f"{asked(exchange, 'query')}: {told.body.decode(errors='replace')[:300]}")
        as_is(exchange, told)

    with proxied(request.getfixturevalue(url), listening) as (address, _):
        evidence = gather(Request(start=FROM, end=TO, prometheus=HttpSettings(address)), now=END)
    assert refusals == []
    assert not any(gap.matters or gap.missing == BEFORE_FIRST for gap in evidence.gaps)


@pytest.mark.parametrize("manner", [_two_minutes_at_most, _few_samples])
def test_a_limit_is_learnt_once_and_met_from_then_on(prometheus_3_url: str, manner: Manner) -> None:
    refusals = 0

    def counting(exchange: Exchange, passed: Callable[[], Passed]) -> None:
        nonlocal refusals

        def counted() -> Passed:
            nonlocal refusals
            refusals -= 1
            return passed()

        refusals += 1
        manner(exchange, counted)

    through(prometheus_3_url, counting)
    assert 0 < refusals <= 8  # four at once may learn it, each by a halving or two


@pytest.mark.parametrize(
    ("page", "status"),
    [
        *((page, 404) for page in ("metadata", "series", "labels", "label", "rules", "targets", "status")),
        *(("metadata", status) for status in (400, 403, 405, 422, 500, 501)),
        *(("series", status) for status in (400, 403, 422)),
        ("labels", 501),
        ("label", 403),
        ("rules", 500),
    ],
)
def test_a_page_that_is_not_offered_costs_one_note_and_not_the_draft(
    prometheus_3_url: str, direct: Evidence, page: str, status: int
) -> None:
    def without(exchange: Exchange, passed: Callable[[], Passed]) -> None:
        if api(exchange) == page:
            exchange.answer("not here", status=status, kind="text/plain")
        else:
            as_is(exchange, passed())

    evidence, _ = through(prometheus_3_url, without)
    names = {m.signal.id for m in evidence.metrics}
    assert {name for name, _, _ in figures(direct) if not name.startswith(("generic/", "alert/"))} <= names
    more = {gap.cause for gap in evidence.gaps} - {gap.cause for gap in direct.gaps}
    assert len(more) <= 1, more


@pytest.mark.parametrize("page", ["metadata", "series", "labels", "label", "rules", "query", "query_range"])
def test_null_in_place_of_data_is_nothing_and_no_traceback(prometheus_3_url: str, page: str) -> None:
    def null(exchange: Exchange, passed: Callable[[], Passed]) -> None:
        if api(exchange) == page and asked(exchange, "query") != "time()":
            exchange.answer('{"status":"success","data":null}')
        else:
            as_is(exchange, passed())

    with proxied(prometheus_3_url, null) as (url, _):
        if page in ("query_range", "label"):
            with pytest.raises(Exception, match="no series matched"):
                gathered(url)
        else:
            assert gathered(url).metrics


def test_warnings_of_label_and_series_answers_are_gaps_with_the_servers_words(prometheus_3_url: str) -> None:
    def warned(exchange: Exchange, passed: Callable[[], Passed]) -> None:
        told = passed()
        if api(exchange) in ("label", "series"):
            body = json.loads(told.body)
            body["warnings"] = [f"{api(exchange)}: results truncated due to limit"]
            body["isPartial"] = True
            told = Passed(told.status, json.dumps(body).encode(), told.kind)
        as_is(exchange, told)

    evidence, _ = through(prometheus_3_url, warned)
    causes = [gap.cause for gap in evidence.gaps]
    assert causes.count("label: results truncated due to limit") == 1
    assert causes.count("series: results truncated due to limit") == 1
    assert any("some storage nodes did not answer" in cause for cause in causes)


def test_an_encoding_that_nobody_reads_is_said(prometheus_3_url: str) -> None:
    def brotli(exchange: Exchange, passed: Callable[[], Passed]) -> None:
        as_is(exchange, passed(), Content_Encoding="br")

    with proxied(prometheus_3_url, brotli) as (url, _), pytest.raises(Exception, match="compressed as br"):
        gathered(url)


def test_a_missing_tenant_is_told_with_the_header(prometheus_3_url: str) -> None:
    def tenants(exchange: Exchange, passed: Callable[[], Passed]) -> None:
        if exchange.headers.get("x-scope-orgid"):
            as_is(exchange, passed())
        else:
            exchange.answer("no org id\n", status=401, kind="text/plain")

    with proxied(prometheus_3_url, tenants) as (url, _):
        with pytest.raises(UsageError) as told:
            gathered(url)
        assert "PROMETHEUS_ORG_ID" in told.value.hint
        assert gathered(url, headers={"X-Scope-OrgID": "shop"}).metrics


def test_more_series_than_the_server_reads_is_asked_once_and_is_a_gap_that_matters(prometheus_3_url: str) -> None:
    tries = 0

    def few(exchange: Exchange, passed: Callable[[], Passed]) -> None:
        nonlocal tries
        if api(exchange) == "query_range" and "http_errors" in asked(exchange, "query"):
            tries += 1
            words = (
                "the query exceeded the maximum number of series (limit: 500 series) (err-mimir-max-series-per-query)"
            )
            refused(exchange, 422, words)
        else:
            as_is(exchange, passed())

    evidence, _ = through(prometheus_3_url, few)
    lost = [gap for gap in evidence.gaps if "maximum number of series" in gap.cause]
    assert any(gap.matters for gap in lost)
    assert tries <= sum(len(gap.missing.split(", ")) for gap in lost)


def test_amazons_signature_is_right(prometheus_3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("botocore")
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    for name, value in (("ACCESS_KEY_ID", "AKID"), ("SECRET_ACCESS_KEY", "secret"), ("REGION", "eu-central-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    signed = 0

    def checking(exchange: Exchange, passed: Callable[[], Passed]) -> None:
        nonlocal signed
        given = exchange.headers.get("authorization", "")
        if "Credential=AKID/" not in given:
            exchange.answer('{"message":"Missing Authentication Token"}', status=403)
            return
        assert "/eu-central-1/aps/aws4_request" in given
        host = exchange.headers["host"]
        if exchange.method == "GET" and not exchange.query:
            kept = {"Host": host, "X-Amz-Date": exchange.headers["x-amz-date"]}
            if "content-type" in exchange.headers:
                kept["Content-Type"] = exchange.headers["content-type"]
            again = AWSRequest(method="GET", url=f"http://{host}{exchange.path}", data=b"", headers=kept)
            again.context["timestamp"] = exchange.headers["x-amz-date"]
            auth = SigV4Auth(Credentials("AKID", "secret"), "aps", "eu-central-1")
            expected = auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again)
            assert given.endswith(f"Signature={expected}")
            signed += 1
        as_is(exchange, passed())

    with proxied(prometheus_3_url, checking) as (url, _):
        assert gathered(url, auth="sigv4").metrics
        with pytest.raises(UsageError) as told:
            Prometheus(HttpSettings(url)).instant("up")
        assert "PROMETHEUS_AUTH=sigv4" in told.value.hint
    assert signed
