"""An alert is proposed where the history shows that it would have been better, and only there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from reconstruct.alerting.proposal import propose
from reconstruct.model import Alert, Evidence, Impact, Metric, NoProposal, ProposedAlert, Service
from reconstruct.text.alerting import no_proposal_text, proposal_text
from reconstruct.text.times import Clock
from tests.alerting.made import (
    ONSET,
    RECOVERED,
    SHOP,
    START,
    STEP,
    after,
    alert,
    anomaly,
    evidence,
    explained,
    metric,
    values,
    with_window,
)
from tests.growth import exponent

PROMQL = "sum by (service, zone, pod) (rate(errors[1m]))"


def proposed(
    *metrics: Metric, alerts: tuple[Alert, ...] = (), of: Evidence | None = None, level: float = 0.3
) -> tuple[ProposedAlert | None, NoProposal | None]:
    found = tuple(anomaly(m, key=f"a{n}", level=level) for n, m in enumerate(metrics, 1))
    return propose(of or evidence(*metrics, alerts=alerts), found, explained(*found))


def test_the_threshold_lies_between_history_and_incident_and_the_gain_is_told() -> None:
    one, why = proposed(metric(PROMQL, values()), alerts=(alert("Slow", "4min", "20min"),))
    assert why is None
    assert one is not None
    assert 0.01 < one.threshold < 0.3
    assert one.would_fire_at == after("30s")
    assert (one.earlier_s, one.first_alert, one.false_firings) == (210.0, "al1", 0)
    assert 0.08 < one.backtest_days < 0.09
    said = proposal_text(one, clock=Clock(), first_alert="Slow")
    assert said.endswith(
        "would have fired at 14:00:30, 3 min 30 s earlier than the first alert (Slow), and 0 times in the 2 h before."
    )


def test_labels_that_no_series_has_do_not_stand_in_the_expression() -> None:
    one, _ = proposed(metric(PROMQL, values()))
    assert one is not None
    assert one.promql == "sum by (service, zone) (rate(errors[1m]))"


def test_where_no_alert_fired_that_is_told() -> None:
    one, _ = proposed(metric(PROMQL, values()))
    assert one is not None
    assert one.earlier_s is None
    assert "; no alert fired, and 0 times" in proposal_text(one, clock=Clock())


def test_a_spike_in_the_history_counts_as_a_false_firing_or_lifts_the_threshold() -> None:
    noisy = np.array(values())
    noisy[100:110] = 0.1
    one, _ = proposed(metric(PROMQL, list(noisy)))
    assert one is not None
    assert one.threshold > 0.1 or one.for_s > 150
    assert one.false_firings == 0


def test_an_alert_that_would_cry_wolf_is_not_proposed() -> None:
    noisy = np.array(values())
    noisy[100:200] = 0.5
    one, why = proposed(metric(PROMQL, list(noisy)))
    assert one is None
    assert why is not None
    assert why.reason == "false-firings"


def test_no_earlier_is_no_better() -> None:
    one, why = proposed(metric(PROMQL, values()), alerts=(alert("Quick", "45s", "20min"),))
    assert one is None
    assert why is not None
    assert why.reason == "not-earlier"
    assert "15 s before Quick did" in no_proposal_text(why, clock=Clock())


def test_an_alert_that_always_fires_was_no_first_alert() -> None:
    one, _ = proposed(metric(PROMQL, values()), alerts=(alert("Watchdog", "-3h", None),))
    assert one is not None
    assert one.first_alert is None


def test_with_less_than_an_hour_of_history_the_proposal_says_how_little_it_is() -> None:
    held = metric(PROMQL, values())
    short = with_window(evidence(held), after("-20min"))
    one, _ = proposed(short.metrics[0], of=short)
    assert one is not None
    said = proposal_text(one, clock=Clock())
    assert said.endswith(
        "in the 20 min before: too little history to count false firings, try it on more (--backtest 7d)."
    )
    longer, _ = proposed(held)
    assert longer is not None
    assert "too little history" not in proposal_text(longer, clock=Clock())


def test_a_figure_made_here_of_several_series_is_no_expression_that_a_server_could_evaluate() -> None:
    assert proposed(metric(PROMQL, values(), tags=("users",)))[1] == NoProposal("no-signal")


def test_less_than_five_minutes_of_history_is_too_thin_and_a_longer_answer_is_enough() -> None:
    held = metric(PROMQL, values())
    thin = with_window(evidence(held), after("-4min"))
    one, why = proposed(thin.metrics[0], of=thin)
    assert one is None
    assert why is not None
    assert why.reason == "thin-history"
    said = no_proposal_text(why, clock=Clock())
    assert said.startswith("3 min 45 s of samples before onset are too few")
    assert "--backtest 7d asks for more" in said
    _, why = propose(thin, (anomaly(thin.metrics[0]),), explained(anomaly(thin.metrics[0])), histories={})
    assert why is not None
    assert "the server holds no more" in no_proposal_text(why, clock=Clock())
    index = pd.date_range(START - pd.Timedelta(days=7), held.values.index[-1], freq=STEP)
    longer = replace(held, values=held.values.reindex(index).fillna(0.0))
    found = (anomaly(thin.metrics[0]),)
    one, why = propose(thin, found, explained(*found), histories={held.query: longer})
    assert one is not None
    assert 7.0 < one.backtest_days < 7.2


def test_a_resource_is_no_user_facing_signal() -> None:
    cpu = metric(PROMQL, values(), layer="host", aspect="utilisation")
    assert proposed(cpu)[1] == NoProposal("no-signal")
    retries = metric(PROMQL, values(), tags=("retries",))
    assert proposed(retries)[1] == NoProposal("no-signal")


def test_a_files_series_is_nothing_that_a_server_could_evaluate() -> None:
    one = metric(PROMQL, values())
    assert proposed(replace(one, signal=replace(one.signal, id="file/p95")))[1] == NoProposal("no-signal")


def test_where_users_met_it_decides_over_an_inner_hop_that_shows_it_earlier() -> None:
    edge, inner = metric("rate(a[1m])", values(start="2min"), query="q1"), metric("rate(b[1m])", values(), query="q2")
    inner = replace(inner, services=(Service("pricing"),))
    found = (anomaly(edge, key="a1"), anomaly(inner, key="a2"))
    told = replace(explained(*found), affected=(SHOP, Service("pricing")))
    assert _query(propose(evidence(edge, inner), found, told)) == "q2"
    felt = Impact(SHOP, "failed requests", 1.0, "count", None, ONSET, RECOVERED, ("q1",))
    assert _query(propose(evidence(edge, inner), found, replace(told, impact=(felt,)))) == "q1"


def _query(proposed: tuple[ProposedAlert | None, NoProposal | None]) -> str:
    assert proposed[0] is not None
    return proposed[0].query


def test_of_signals_that_show_it_at_once_a_share_is_preferred_and_of_others_the_earliest() -> None:
    share = metric("rate(a[1m])", values(), query="q1")
    count = metric("rate(b[1m])", values(during=40.0), query="q2", unit="per second")
    one, _ = proposed(count, share)
    assert one is not None
    assert one.query == "q1"
    early = metric("rate(b[1m])", values(during=40.0, start="0s"), query="q2", unit="per second")
    late = metric("rate(a[1m])", values(start="5min"), query="q1")
    found = (anomaly(late, key="a1"), anomaly(early, key="a2", level=40.0))
    one, _ = propose(evidence(late, early), found, explained(*found))
    assert one is not None
    assert one.query == "q2"


def test_falling_availability_is_watched_from_above() -> None:
    up = metric("avg(probe_success)", values(before=1.0, during=0.0), aspect="availability")
    found = (anomaly(up, level=0.0, direction="down"),)
    one, _ = propose(evidence(up), (), explained(*found))
    assert one is None
    up = replace(up, signal=replace(up.signal, worse="down"))
    found = (anomaly(up, level=0.0, direction="down"),)
    one, _ = propose(evidence(up), found, explained(*found))
    assert one is not None
    assert (one.comparator, one.name) == ("<", "ShopAvailabilityLow")
    assert 0 < one.threshold < 1


def test_the_cost_of_a_noisy_history_grows_with_its_length_not_with_its_square() -> None:
    held = metric(PROMQL, values())
    found = (anomaly(held),)

    def noisy(days: int) -> Metric:
        index = pd.date_range(START - pd.Timedelta(days=days), held.values.index[-1], freq=STEP)
        noise = np.abs(np.random.default_rng(1).normal(0, 0.02, len(index)))
        noise[-len(held.values) :] += held.values[0].to_numpy()
        return replace(held, values=pd.DataFrame({0: noise}, index=index))

    def proposal(longer: Metric) -> ProposedAlert | None:
        return propose(evidence(held), found, explained(*found), histories={held.query: longer})[0]

    assert exponent(proposal, noisy, sizes=(1, 7)) < 1.5
    one = proposal(noisy(1))
    assert one is not None
    assert one.threshold > 0.05
