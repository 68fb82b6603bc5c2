"""Which service has it, with known truth: arrays where we say who broke, and evidence as gathered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from reconstruct.model import Event, Evidence, Metric, Moment, Service, Signal, Window
from reconstruct.rank.effect_size import Column, SeriesTable, effect
from reconstruct.rank.ranking import Ranking, rank_services, rank_table, scan
from tests.explain.made import Line, Move, alert, at, made

Floats = npt.NDArray[np.float64]

CHAIN = (("web", "shop"), ("shop", "cart"), ("shop", "search"))
BROKE_AT = 30
ROWS = 42


def latency(service: str) -> Column:
    return Column(service, "latency-avg", "latency", "app", "latency", ("mean",))


def requests(service: str) -> Column:
    return Column(service, "load", "load", "app", "traffic", ("requests",), "both")


def cpu(service: str) -> Column:
    return Column(service, "cpu", "cpu", "runtime", "utilisation", ("cpu",), full=100.0)


def errors(service: str) -> Column:
    return Column(service, "error", "error", "app", "errors", ("share",), min_effect=0.1)


def table(
    series: Mapping[Column, float], moves: Mapping[Column, float], *, rows: int = ROWS, end: int | None = None
) -> SeriesTable:
    """Noisy series at their usual value, plus what is said from BROKE_AT to `end`; always the same noise."""
    noise = np.random.default_rng(7).normal(1.0, 0.03, (rows, len(series)))
    values = np.array(list(series.values())) * noise
    for place, column in enumerate(series):
        values[BROKE_AT:end, place] += moves.get(column, 0.0)
    return SeriesTable(values, list(series))


def chain(
    moves: Mapping[Column, float], *, cart_s: float = 0.02, rows: int = ROWS, end: int | None = None
) -> SeriesTable:
    """web calls shop, shop calls cart and search: time, requests and processor of each."""
    usual = {"web": 0.2, "shop": 0.1, "cart": cart_s, "search": 0.03}
    series: dict[Column, float] = {}
    for service, seconds in usual.items():
        series |= {latency(service): seconds, requests(service): 100.0, cpu(service): 15.0}
    return table(series, moves, rows=rows, end=end)


BROKEN_CALLEE = {latency("web"): 0.55, latency("shop"): 0.55, latency("cart"): 0.5}
"""cart is slow; its callers are a little slower still, and many spreads above what they were."""


def test_a_caller_of_a_broken_callee_is_a_victim() -> None:
    """One request in four asks the cart, so shop moved by more spreads than cart: only the calls tell."""
    moves = {latency("web"): 0.6, latency("shop"): 0.6, latency("cart"): 2.0, requests("cart"): -75.0}
    seen = chain(moves, cart_s=0.4)
    assert rank_table(seen, starts=[BROKE_AT]).services[0] == "shop"
    assert rank_table(seen, starts=[BROKE_AT], calls=CHAIN).services[0] == "cart"
    assert rank_table(seen, starts=[BROKE_AT], calls=CHAIN, alerting="web").services[0] == "cart"


def test_a_caller_whose_callees_cannot_account_for_its_excess_keeps_the_blame() -> None:
    """cart left its past by more spreads, but 0.1 s do not explain 0.4 s."""
    seen = chain({latency("web"): 0.4, latency("shop"): 0.4, latency("cart"): 0.1})
    assert rank_table(seen, starts=[BROKE_AT]).services[0] == "cart"
    assert rank_table(seen, starts=[BROKE_AT], calls=CHAIN).services[0] == "shop"
    assert rank_table(seen, starts=[BROKE_AT], calls=CHAIN, alerting="web").services[0] == "shop"


def test_a_callee_with_few_calls_accounts_for_little() -> None:
    moves = {latency("web"): 0.5, latency("shop"): 0.5, latency("cart"): 0.5, latency("search"): 0.5}
    seen = chain({**moves, requests("search"): -99.0}, cart_s=0.1)
    alone = rank_table(seen, starts=[BROKE_AT])
    assert alone.services.index("search") < alone.services.index("cart")
    ranking = rank_table(seen, starts=[BROKE_AT], calls=CHAIN, alerting="web")
    assert ranking.services.index("cart") < ranking.services.index("search")


def test_calls_in_a_circle_end_somewhere() -> None:
    seen = chain(BROKEN_CALLEE)
    ranking = rank_table(seen, starts=[BROKE_AT], calls=(*CHAIN, ("cart", "web"), ("shop", "shop")), alerting="web")
    assert sorted(ranking.services) == ["cart", "search", "shop", "web"]
    assert all(np.isfinite(ranking.attribution))


def test_latency_of_calls_that_a_service_makes_is_not_its_own() -> None:
    outbound = Column("shop", "clatency-90", "clatency", "app", "latency", ("outbound",))
    seen = table({outbound: 0.05, latency("shop"): 0.1, latency("cart"): 0.02}, {outbound: 5.0, latency("cart"): 0.5})
    ranking = rank_table(seen, starts=[BROKE_AT])
    assert ranking.services[0] == "cart"
    assert ranking.score[0] == 0.0


def test_traffic_that_moved_does_not_outrank_what_users_feel() -> None:
    seen = chain({requests("search"): 400.0, latency("cart"): 0.3})
    assert rank_table(seen, starts=[BROKE_AT]).services[0] == "cart"


def test_a_resource_at_its_limit_comes_before_the_latency_it_causes() -> None:
    seen = chain({cpu("cart"): 80.0, latency("cart"): 0.4})
    ranking = rank_table(seen, starts=[BROKE_AT])
    assert [seen.columns[j] for j in ranking.columns[:2]] == [cpu("cart"), latency("cart")]


def test_fewer_errors_are_no_symptom() -> None:
    seen = table({errors("shop"): 50.0, errors("cart"): 50.0}, {errors("shop"): -50.0})
    assert rank_table(seen, starts=[BROKE_AT]).score[0] == 0.0


def test_a_service_that_shows_nothing_it_uses_up_says_when_and_not_where() -> None:
    gauge = Column("probe", "latency-99", "latency", "app", "latency")
    names = ("a", "b", "c", "d", "e")
    series = {gauge: 0.1} | {latency(n): 0.1 for n in names} | {cpu(n): 15.0 for n in names}
    ranking = rank_table(table(series, {gauge: 9.0, latency("c"): 0.3}), starts=[BROKE_AT])
    assert ranking.services[0] == "c"
    assert ranking.services[-1] == "probe"


@pytest.mark.parametrize(("rows", "end"), [(ROWS, None), (BROKE_AT + 4, None), (ROWS + 60, None), (ROWS + 20, 38)])
def test_without_an_onset_the_same_service_comes_first_wherever_it_lies_in_the_window(
    rows: int, end: int | None
) -> None:
    ranking = rank_table(chain(BROKEN_CALLEE, rows=rows, end=end), calls=CHAIN)
    assert ranking.services[0] == "cart"
    assert ranking.start is not None
    assert abs(ranking.start - BROKE_AT) <= 1


def test_a_long_fault_is_dated_to_its_step() -> None:
    """It lasts for most of the table, so stretches that begin elsewhere show a third of faulty samples too."""
    assert rank_table(chain(BROKEN_CALLEE, rows=20 * BROKE_AT), calls=CHAIN).start == BROKE_AT


def test_the_order_of_the_columns_changes_nothing() -> None:
    seen = chain(BROKEN_CALLEE)
    turned = SeriesTable(seen.values[:, ::-1], list(reversed(seen.columns)))
    first, second = (rank_table(t, calls=CHAIN) for t in (seen, turned))
    assert first.services == second.services
    assert [seen.columns[j] for j in first.columns] == [turned.columns[j] for j in second.columns]
    assert first.attribution == pytest.approx(second.attribution)


def test_the_unit_of_the_series_changes_nothing() -> None:
    seen = chain(BROKEN_CALLEE)
    in_ms = SeriesTable(np.where(seen.aspect_is("latency"), 1000.0, 1.0) * seen.values, seen.columns)
    assert rank_table(seen, calls=CHAIN).services == rank_table(in_ms, calls=CHAIN).services


def test_confidence_is_low_where_nothing_happened_and_higher_where_one_service_broke() -> None:
    quiet, broken = rank_table(chain({})), rank_table(chain({cpu("cart"): 80.0, latency("cart"): 0.4}))
    assert quiet.confidence < 0.4
    assert broken.confidence > 0.6


def test_gaps_are_neither_normal_nor_a_fall() -> None:
    """search has no sample while cart is broken: it is not judged, and nobody is attributed for it."""
    seen = chain(BROKEN_CALLEE)
    values = seen.values.copy()
    gone = [j for j, c in enumerate(seen.columns) if c.service == "search"]
    values[BROKE_AT:, gone] = np.nan
    ranking = rank_table(SeriesTable(values, seen.columns), starts=[BROKE_AT], calls=CHAIN)
    assert ranking.services == ("cart", *[s for s in ranking.services if s != "cart"])
    assert "search" not in ranking.services
    assert ranking.score[gone].tolist() == [-1.0, -1.0, -1.0]


@pytest.mark.parametrize(
    "values",
    [
        np.full((20, 1), np.nan),
        np.full((20, 1), 3.0),
        np.array([[1.0], [2.0]]),
        np.full((20, 1), np.inf),
    ],
)
def test_a_table_with_nothing_to_say_names_nobody(values: Floats) -> None:
    ranking: Ranking = rank_table(SeriesTable(values, [latency("shop")]))
    assert ranking.services == ()
    assert ranking.columns == ()
    assert ranking.start is None
    assert ranking.confidence == 0.0


def test_past_restlessness_is_half_an_excuse() -> None:
    calm, restless = latency("calm"), latency("restless")
    seen = table({calm: 0.1, restless: 0.1}, {calm: 1.0, restless: 1.0})
    values = seen.values.copy()
    values[10:14, 1] += 1.0
    found = effect(SeriesTable(values, seen.columns), start=BROKE_AT, end=ROWS)
    assert 0 < found.score[1] < 0.7 * found.score[0]


def test_one_spike_is_not_a_level() -> None:
    seen = chain({})
    values = seen.values.copy()
    values[BROKE_AT + 2, 0] += 50.0
    assert effect(SeriesTable(values, seen.columns), start=BROKE_AT, end=ROWS).score[0] < 0.2


@pytest.mark.parametrize(("start", "end"), [(0, 5), (5, 5), (5, ROWS + 1)])
def test_a_stretch_outside_the_table_is_our_bug(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="rows"):
        effect(chain({}), start=start, end=end)


def test_a_table_whose_columns_do_not_fit_is_our_bug() -> None:
    with pytest.raises(ValueError, match="shape"):
        SeriesTable(np.zeros((5, 2)), [latency("shop")])


# ---------------------------------------------------------------- evidence as gathered

SLOW = (Move("14:00", None, 0.6),)


def shop_and_cart(*, cart: tuple[Move, ...] = SLOW, shop: tuple[Move, ...] = SLOW) -> Evidence:
    """shop calls cart; both measured by the same signal, as a pack does."""
    evidence, _ = made(
        [
            Line("http/latency", "app", "latency", "seconds", "shop", 0.1, shop),
            Line("http/latency-cart", "app", "latency", "seconds", "cart", 0.02, cart),
            Line("go/heap", "runtime", "saturation", "bytes", "shop", 5e7),
        ],
        calls=[("shop", "cart")],
        joined=["http/latency", "http/latency-cart"],
    )
    return evidence


def test_services_of_evidence_are_ranked_with_the_series_that_show_it() -> None:
    evidence = shop_and_cart()
    ranked = rank_services(evidence, onset=Moment(at("14:00"), at("13:59:45"), at("14:00:15")))
    assert [r.service.name for r in ranked] == ["cart", "shop"]
    metric = {m.query: m for m in evidence.metrics}
    query, column = ranked[0].series[0]
    assert metric[query].services[column].name == "cart"
    assert ranked[0].confidence > ranked[1].confidence == 0.0


def test_services_of_evidence_are_ranked_without_an_onset_and_from_an_alert() -> None:
    evidence = shop_and_cart()
    fired = replace(evidence, alerts=(alert("Slow", "shop", "14:05"),))
    assert [rank_services(e)[0].service.name for e in (evidence, fired)] == ["cart", "cart"]


def test_an_event_in_the_baseline_is_not_the_incident() -> None:
    """cart was slow before the window began and is well since; the window's own fault is the shop's."""
    evidence = shop_and_cart(cart=(Move("12:20", "12:40", 5.0),))
    assert rank_services(evidence)[0].service.name == "shop"


def test_series_that_name_no_service_are_left_out() -> None:
    evidence = shop_and_cart()
    nameless = replace(
        evidence,
        metrics=tuple(replace(m, services=tuple(s._replace(name="") for s in m.services)) for m in evidence.metrics),
    )
    assert rank_services(nameless) == ()
    assert len(scan(nameless)) == len(scan(evidence)) == 3


def test_scan_ranks_every_series_by_how_it_changed() -> None:
    rows = scan(shop_and_cart())
    assert rows[0].score > rows[1].score > 1.0 > rows[2].score
    assert [r.signal.id for r in rows[2:]] == ["go/heap"]
    assert rows[0].before == pytest.approx(0.02, rel=0.2)
    assert rows[0].during == pytest.approx(0.6, rel=0.2)


def test_scan_of_a_window_without_a_baseline_uses_its_healthy_part() -> None:
    evidence = shop_and_cart()
    window = replace(evidence.window, start=evidence.window.baseline_start)
    assert scan(replace(evidence, window=window))[0].before == pytest.approx(0.02, rel=0.2)


def test_scan_of_nothing_is_empty() -> None:
    evidence = shop_and_cart()
    assert scan(replace(evidence, metrics=())) == ()
    first = evidence.metrics[0]
    gone = replace(first, values=pd.DataFrame(np.nan, index=first.values.index, columns=first.values.columns))
    assert scan(replace(evidence, metrics=(gone,))) == ()


def test_an_alert_told_as_an_event_says_where_to_begin_and_what_it_is_about() -> None:
    minute, begin = pd.Timedelta("1min"), pd.Timestamp("2026-11-17T13:00:00Z")
    window = Window(begin + 40 * minute, begin + 60 * minute, minute, begin)
    slow, calm = np.full(60, 0.1), np.full(60, 0.1)
    slow[45:] = 1.0
    signal = Signal("file/latency_seconds", "Latency", "latency_seconds", "seconds", "app", "latency", min_effect=0.005)
    noise = 0.001 * np.sin(np.arange(60))
    frame = pd.DataFrame({0: slow + noise, 1: slow + noise, 2: calm + noise}, index=window.index)
    services = tuple(Service(name) for name in ("front", "cart", "other"))
    metric = Metric(signal, frame, tuple({"service": s.name} for s in services), services, "q1", 60.0)
    alert = Event("e1", begin + 46 * minute, "alert", Service("front"), "front latency too high")
    told = Evidence(window, metrics=(metric,), events=(alert,), calls=(("front", "cart"),))
    assert rank_services(told)[0].service.name == "cart"
    assert rank_services(replace(told, calls=()))[0].service.name in ("front", "cart")


def gauges(series: Mapping[tuple[str, str], Floats], *, first: int, calls: tuple[tuple[str, str], ...]) -> Evidence:
    """Latencies in seconds by (signal, service), a minute a row, the window from row `first`."""
    rows = len(next(iter(series.values())))
    minute, begin = pd.Timedelta("1min"), pd.Timestamp("2026-11-17T13:00:00Z")
    window = Window(begin + first * minute, begin + rows * minute, minute, begin)
    metrics = []
    for number, name in enumerate(dict.fromkeys(name for name, _ in series), 1):
        mine = {service: values for (signal, service), values in series.items() if signal == name}
        frame = pd.DataFrame(dict(enumerate(mine.values())), index=window.index)
        signal = Signal(f"file/{name}", name, name, "seconds", "app", "latency", min_effect=0.005)
        services = tuple(Service(service) for service in mine)
        metrics.append(
            Metric(signal, frame, tuple({"service": s.name} for s in services), services, f"q{number}", 60.0)
        )
    return Evidence(window, metrics=tuple(metrics), calls=calls)


def slower(usual: float, excess: float, *, rows: int = 40, since: int = 30) -> Floats:
    values = usual * (1 + 0.02 * np.sin(np.arange(rows)))
    values[since:] += excess
    return values


def test_a_name_with_a_slash_is_found_in_the_call_graph() -> None:
    """Gateways and queues of clouds are called `api/prod` and `https://...`."""
    slow = {("latency_mean", "web"): slower(0.1, 0.5), ("latency_mean", "api/prod"): slower(0.4, 0.5)}
    assert rank_services(gauges(slow, first=25, calls=()))[0].service.name == "web"
    assert rank_services(gauges(slow, first=25, calls=(("web", "api/prod"),)))[0].service.name == "api/prod"


def test_of_a_mean_and_a_quantile_the_mean_accounts_for_the_caller() -> None:
    """The quantiles of a rare slow call are as large as its caller's; its mean tells that it is not the reason."""
    seen = {
        ("latency", "web"): slower(0.2, 3.0),
        ("latency", "cart"): slower(0.2, 2.0),
        ("latency_mean", "web"): slower(0.1, 1.0),
        ("latency_mean", "cart"): slower(0.05, 0.02),
    }
    calls = (("web", "cart"),)
    assert rank_services(gauges(seen, first=25, calls=calls))[0].service.name == "web"
    quantiles = {key: values for key, values in seen.items() if key[0] == "latency"}
    assert rank_services(gauges(quantiles, first=25, calls=calls))[0].service.name == "cart"


def test_pauses_between_the_samples_change_no_ranking() -> None:
    """A recorder that was off for minutes leaves rows without any sample: they are no part of the incident."""
    seen = {("latency", "web"): slower(0.2, 0.3), ("latency", "cart"): slower(0.1, 0.6)}
    paused = {}
    for key, values in seen.items():
        spread = np.full(160, np.nan)
        spread[::4] = values
        paused[key] = spread
    plain, off = rank_services(gauges(seen, first=25, calls=())), rank_services(gauges(paused, first=100, calls=()))
    assert [(r.service, r.score, r.confidence) for r in plain] == [(r.service, r.score, r.confidence) for r in off]
