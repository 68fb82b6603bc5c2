"""One wording for each kind of finding; no sentence says what its facts do not."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from reconstruct.explain import figures as module
from reconstruct.model import Facts, Hint, Reason, Service
from reconstruct.text.causes import _KINDS, FIGURES, beyond_statement, figure_text, hint_text, reason_text
from reconstruct.text.narrative import reasons_text, statement_text

T = pd.Timestamp("2026-11-17T13:40:00Z")
FACTS: Facts = {
    "thing": "shop",
    "target": "orders-db",
    "figure": "rows-per-statement",
    "unit": "rows",
    "before": 10.0,
    "during": 900.0,
    "mechanism": "slow-query",
    "service": Service("cart"),
    "kind": "deploy",
    "time": T,
    "sign": T + pd.Timedelta("45s"),
    "onset": T + pd.Timedelta("60s"),
    "back": T + pd.Timedelta("5min"),
    "slope": False,
    "by": "orders-db",
    "by_mechanism": "lock-contention",
    "left": 0.1,
    "title": "Latency",
    "rank": 1,
    "stores": ("orders-db", "users-db"),
    "confidence": 0.004,
}


@pytest.mark.parametrize(("rule", "kind"), sorted(_KINDS))
def test_every_kind_has_a_clause(rule: str, kind: str) -> None:
    said = reason_text(rule, kind, FACTS)
    assert said
    assert not said.endswith(".")
    assert "None" not in said
    assert "{" not in said


def test_a_figure_tells_before_and_during_and_only_once_where_they_are_alike() -> None:
    assert figure_text(FACTS) == "rows read per statement of shop: 10 rows before, 900 rows during"
    assert "before and during" in figure_text({**FACTS, "during": 10.0})


def test_a_pools_figure_says_where_it_leads() -> None:
    assert "of shop towards orders-db" in figure_text({**FACTS, "figure": "taken", "unit": "ratio"})
    assert "towards" not in figure_text(FACTS)


def test_a_slope_is_dated_to_where_it_began() -> None:
    assert reason_text("temporal-order", "before-sign", FACTS) == "45 s before the first sign at 13:40:45"
    assert "the slope began" in reason_text("temporal-order", "before-sign", {**FACTS, "slope": True})


def test_a_hint_names_its_change_or_says_that_none_explains_it() -> None:
    statement = "statements kept the database busy: {metric} of {service}, {before} before, median {during} from {time}"
    with_change = hint_text(statement, {**FACTS, "change": "the deploy of cart 2"})
    assert with_change.startswith("45 s after the deploy of cart 2, statements")
    assert hint_text(statement, FACTS).endswith("with no change that explains it.")


def test_every_figure_has_words() -> None:
    source = str(module.__file__)
    with open(source, encoding="utf-8") as file:  # noqa: PTH123
        text = file.read()
    assert all(f'"{name}"' in text or name in ("failed-share", "answer-time", "repeated-calls") for name in FIGURES)


def test_a_hint_without_a_figure_says_so() -> None:
    said = hint_text("{metric} of {service}", {**FACTS, "figure": "", "before": float("nan"), "during": float("nan")})
    assert "no figure shows by what" in said
    assert "no data" not in said


@pytest.mark.parametrize(
    ("figure", "lead"), [("cpu-limit", "less cpu was allowed"), ("host-cpu", "the host was busy")], ids=str
)
def test_a_hint_leads_with_what_its_own_figure_says_not_with_another_figures_words(figure: str, lead: str) -> None:
    statement = "the host was busy: {metric}, {before} before, median {during} from {time}"
    said = hint_text(statement, {**FACTS, "figure": figure})
    assert said.lower().startswith(f"{lead}: ")


@pytest.mark.parametrize(
    ("during", "said"), [(0.03, "median 3 % in the incident, falling from "), (0.4, "median 40 % from ")]
)
def test_what_filled_or_drained_is_not_told_as_a_level_from_the_time_its_slope_began(during: float, said: str) -> None:
    statement = "a disk was full: {metric}, {before} before, median {during} from {time}"
    facts = {**FACTS, "figure": "disk-left", "before": 0.6, "unit": "ratio", "during": during}
    assert said in hint_text(statement, {**facts, "slope": during < 0.1})


def _reason(rule: str, kind: str, weight: float, *ids: str, **more: object) -> Reason:
    facts: Facts = {**FACTS, **more}  # type: ignore[dict-item]
    return Reason(rule, reason_text(rule, kind, facts), ids, weight, kind=kind, facts=facts)


def test_a_change_long_before_the_sign_is_told_as_that_and_one_just_before_is_what_the_statement_says() -> None:
    soon = _reason("temporal-order", "before-sign", 2.0, late=False)
    assert beyond_statement(soon) == ""
    late = beyond_statement(_reason("temporal-order", "before-sign", -2.0, late=True))
    assert late == "45 s before the first sign at 13:40:45; such a change usually shows sooner"


def test_a_hint_says_its_figure_once_and_cites_it_there() -> None:
    figure = _reason("mechanism-shown", "figure", 2.0, "q1")
    tail = _reason("mechanism-shown", "one-instance", 1.5, "q2")
    order = _reason("temporal-order", "before-sign", 1.0, "e1")
    undone = _reason("reversal", "figure-back", 1.0, "e1", "e2")
    place = _reason("location", "way", -1.0, "q1")
    hint = Hint(1, "e1", "slow-query", Service("shop"), None, 0.8, "supported", "it was slow", (figure, tail), (place,))
    assert reasons_text(hint, most=3) == (
        ("for", "one instance of shop accounts for nearly all of it", ("q2",)),
        ("against", "shop is on the way of the calls, not at their end", ("q1",)),
    )
    told = Hint(1, "e1", "slow-query", Service("shop"), None, 0.8, "supported", "it was slow", (figure, order, undone))
    assert statement_text(told) == ("it was slow.", ("q1", "e1"))
    assert [text for _, text, _ in reasons_text(told, most=3)] == [undone.says]


def test_what_the_statement_says_word_for_word_is_said_once_and_its_figure_is_cited() -> None:
    lag = Reason("temporal-order", "15 s before the onset at 13:55:45", ("e1",), -0.1, kind="lag")
    undone = Reason("reversal", "undone at 15:20:00, and the symptoms were gone 7 min later", ("e1", "e2"), 3.0)
    said = "15 s after the deploy; it was undone at 15:20:00, and the symptoms were gone 7 min later"
    hint = Hint(1, "e1", "slow-query", Service("shop"), "a4", 0.9, "supported", said, (undone,), (lag,))
    assert reasons_text(hint, most=3) == ()
    assert statement_text(hint)[1] == ("a4", "e1", "e2")
    other = replace(hint, statement="15 s after the deploy")
    assert [text for _, text, _ in reasons_text(other, most=3)] == [undone.says]


@pytest.mark.parametrize(
    ("thing", "said"), [("host", "at the host"), ("node", "at the node"), ("orders-db", "at orders-db")]
)
def test_a_machine_called_by_a_common_noun_has_its_article(thing: str, said: str) -> None:
    told = [reason_text("topology", kind, {**FACTS, "thing": thing}) for kind in ("hardly-reaches-it", "may-reach-it")]
    assert all(one.endswith(said) for one in told)
