"""Range queries, raw samples and the clock, on both real servers."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request

import numpy as np
import pandas as pd
import pytest

from reconstruct.errors import QueryError, SourceError
from reconstruct.http import HttpSettings
from reconstruct.model import Window
from reconstruct.sources.prometheus.client import Prometheus
from tests.servers.misbehaving import Exchange, misbehaving
from tests.servers.story import END, HOSTILE, SPECIAL, START, at

pytestmark = pytest.mark.server
STEP = pd.Timedelta("15s")
WINDOW = Window(pd.Timestamp("2026-03-02T13:15Z"), END, STEP, START)


def asked_plainly(url: str, promql: str, window: Window) -> dict[tuple[tuple[str, str], ...], dict[float, str]]:
    """The same question without any code of ours: series -> time -> value as sent."""
    form = {
        "query": promql,
        "start": window.baseline_start.timestamp(),
        "end": window.index[-1].timestamp(),
        "step": window.step_s,
        "nocache": 1,
    }
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/api/v1/query_range", urllib.parse.urlencode(form).encode()) as answer:
        result = json.load(answer)["data"]["result"]
    return {tuple(sorted(each["metric"].items())): {float(t): v for t, v in each["values"]} for each in result}


@pytest.mark.parametrize(
    "promql",
    ["up", "sum by (service) (rate(http_requests_total[1m]))", "hostile_labels", "queue_depth", "rate(nothing[1m])"],
)
def test_a_range_query_gives_exactly_the_samples_that_the_server_sends(server: Prometheus, promql: str) -> None:
    answer = server.range(promql, WINDOW)
    plain = asked_plainly(server.settings.url, promql, WINDOW)
    assert answer.values.shape == (len(WINDOW.index), len(plain))
    assert answer.values.dtype == np.float64
    for column, labels in enumerate(answer.labels):
        expected = plain[tuple(sorted(labels.items()))]
        told = {
            time.timestamp(): value
            for time, value in zip(WINDOW.index, answer.values[:, column], strict=True)
            if not np.isnan(value)
        }
        assert told == {time: float(value) for time, value in expected.items()}


def test_labels_with_brackets_quotes_and_line_breaks_arrive_whole(server: Prometheus) -> None:
    answer = server.range("hostile_labels", WINDOW)
    told = {labels["text"]: answer.values[5, column] for column, labels in enumerate(answer.labels)}
    assert told == {text: float(number) for number, text in enumerate(HOSTILE)}


def test_special_values_keep_every_bit(prometheus_server: Prometheus) -> None:
    window = Window(START, START + STEP * len(SPECIAL), STEP, START)
    values = prometheus_server.range("special_values", window).values[:, 0]
    expected = np.array([float(text) for text in SPECIAL])
    np.testing.assert_array_equal(values.view(np.int64)[1:], expected.view(np.int64)[1:])
    assert np.isnan(values[0])


def test_secrets_in_labels_never_arrive(server: Prometheus) -> None:
    (labels,) = server.range("secret_labels", WINDOW).labels
    assert labels["dsn"] == "postgres://db-1/shop?password=REDACTED"
    assert labels["url"] == "https://x/?token=REDACTED"
    (sample,) = server.instant("secret_labels", at=END)
    assert sample.labels["dsn"] == labels["dsn"]


def test_a_window_longer_than_one_answer_may_be_is_asked_in_pieces_without_seams(server: Prometheus) -> None:
    fine = Window(pd.Timestamp("2026-03-02T13:15Z"), END, pd.Timedelta("500ms"), START)
    assert len(fine.index) > 11_000
    answer = server.range('http_requests_total{instance="shop-1"}', fine)
    every_half_second = answer.values[:, 0]
    coarse = server.range('http_requests_total{instance="shop-1"}', WINDOW).values[:, 0]
    np.testing.assert_array_equal(every_half_second[::30], coarse)
    assert not np.isnan(every_half_second[30:]).any()
    assert (np.diff(every_half_second[30:]) >= 0).all()


def test_a_long_answer_is_counted_first_and_asked_in_pieces_that_fit() -> None:
    asked: list[tuple[str, int]] = []

    def behave(exchange: Exchange) -> None:
        query = exchange.form["query"]
        if exchange.path.endswith("/query"):
            value = 20_000 if query.startswith("count(") else int(END.timestamp()) + 60
            asked.append((query, 1))
            sample = f'{{"metric":{{}},"value":[0,"{value}"]}}'
            exchange.answer(f'{{"status":"success","data":{{"resultType":"vector","result":[{sample}]}}}}')
            return
        points = (float(exchange.form["end"]) - float(exchange.form["start"])) / float(exchange.form["step"]) + 1
        asked.append((query, round(points)))
        exchange.answer('{"status":"success","data":{"resultType":"matrix","result":[]}}')

    fine = Window(START, START + pd.Timedelta("1200s"), pd.Timedelta("1s"), START)
    with misbehaving(behave) as (url, _):
        Prometheus(HttpSettings(url)).range("x # all of it", fine)
    assert asked == [
        ("time()", 1),
        ("count(\nx # all of it\n)", 1),
        ("x # all of it", 500),
        ("x # all of it", 500),
        ("x # all of it", 200),
    ]


def test_samples_do_not_reach_into_the_servers_future(server: Prometheus) -> None:
    now = server.now()
    ahead = Window(now, now + pd.Timedelta("10min"), STEP, now - pd.Timedelta("10min"))
    values = server.range("vector(1)", ahead).values[:, 0]
    told = ahead.index[~np.isnan(values)]
    assert told[-1] <= server.now()
    assert np.isnan(values[ahead.index > server.now()]).all()


def test_too_many_series_are_given_up_with_a_hint(server: Prometheus) -> None:
    with pytest.raises(SourceError, match="more than 3 series") as caught:
        server.range("up", WINDOW, max_series=3)
    assert "--scope" in caught.value.hint
    assert len(server.range("up", WINDOW, max_series=100).labels) > 3


def test_raw_samples_are_those_that_were_scraped_and_none_twice(server: Prometheus) -> None:
    half = START + (END - START) / 2
    first, second = (server.raw('up{job="db"}', start=start, end=end)[0] for start, end in ((START, half), (half, END)))
    times = np.concatenate((first.times_s, second.times_s))
    assert (np.diff(times) > 0).all()
    assert times[0] == START.timestamp() + 30  # (start, end]
    assert not ((times >= at("13:40")) & (times < at("13:50"))).any()


def test_present_tells_where_samples_are_and_the_look_back_is_not_believed(prometheus_server: Prometheus) -> None:
    plain = prometheus_server.range("queue_depth", WINDOW).values[:, 0]
    seen = prometheus_server.present("queue_depth", WINDOW, spacing_s=15).values[:, 0]
    after = WINDOW.index >= pd.Timestamp("2026-03-02T14:00:15Z")
    assert not np.isnan(plain[after][:15]).any()  # Prometheus repeats the last sample for five minutes
    assert np.isnan(seen[after]).all()
    assert not np.isnan(seen[WINDOW.index < pd.Timestamp("2026-03-02T14:00Z")]).any()


def test_the_clock_is_the_servers_and_a_difference_is_told(server: Prometheus) -> None:
    now = server.now()
    assert server.skew_note(now) == ""
    assert "s behind this machine's" in server.skew_note(now + pd.Timedelta("1h"))
    assert "s ahead of this machine's" in server.skew_note(now - pd.Timedelta("1h"))


def test_label_values_are_those_of_the_scope_and_the_window(server: Prometheus) -> None:
    assert server.label_values("job", scope='service="shop"', window=WINDOW) == ["shop"]
    assert "web-3" in server.label_values("instance", scope='job="web"', window=WINDOW)
    assert {"job", "instance"} <= set(server.label_names(scope='job="web"', window=WINDOW))


def test_a_query_that_is_wrong_is_shown_with_a_caret(prometheus_server: Prometheus) -> None:
    with pytest.raises(QueryError) as caught:
        prometheus_server.range("sum(rate(up[5m])", WINDOW)
    assert caught.value.message.splitlines()[1:] == ["  sum(rate(up[5m])", "                  ^"]
    assert caught.value.exit_code == 2


def test_a_query_that_is_wrong_is_refused_by_both_servers(server: Prometheus) -> None:
    with pytest.raises(QueryError, match="refused the query") as caught:
        server.range("sum(rate(up[5m]", WINDOW)
    assert "sum(rate(up[5m]" in caught.value.message


def test_an_address_with_a_trailing_slash_works(prometheus_url: str) -> None:
    assert Prometheus(HttpSettings(prometheus_url + "/")).label_values("job")
