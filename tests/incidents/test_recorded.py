"""What must come out of the recorded incidents, by what is known of them from outside."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import pandas as pd
import pytest

from reconstruct.bundle import narrow
from reconstruct.explain.context import GROWS
from reconstruct.render.incident_json import incident_dict, to_json, unresolved_ids
from reconstruct.text.units import human
from tests.incidents.recorded import blamed, drafted, evidence, incident, source_id


@dataclass(frozen=True)
class Truth:
    trigger: str | None
    mechanism: str
    onset: tuple[str, str]
    recovered: tuple[str, str]
    scrape_s: float
    ruled_out: frozenset[str]


TRUTH = {
    "00-seed": Truth(
        "57413",
        "slow-query",
        ("2026-11-17T13:55:45Z", "2026-11-17T13:56:30Z"),
        ("2026-11-17T15:27:00Z", "2026-11-17T15:30:15Z"),
        15,
        frozenset({"network-degradation", "traffic-surge", "memory-exhaustion", "lock-contention"}),
    ),
    "01-bad-query": Truth(
        "41023",
        "slow-query",
        ("2026-11-22T17:11:49Z", "2026-11-22T17:11:59Z"),
        ("2026-11-22T17:16:45Z", "2026-11-22T17:17:31Z"),
        2,
        frozenset({"network-degradation", "traffic-surge", "memory-exhaustion", "lock-contention"}),
    ),
    "03-lock": Truth(
        "57346",
        "lock-contention",
        ("2026-11-22T17:22:09Z", "2026-11-22T17:22:17Z"),
        ("2026-11-22T17:27:09Z", "2026-11-22T17:27:44Z"),
        2,
        frozenset({"network-degradation", "traffic-surge", "slow-query"}),
    ),
    "21-cache-key": Truth(
        "4427",
        "cache-miss-storm",
        ("2026-11-27T01:16:05Z", "2026-11-27T01:16:15Z"),
        ("2026-11-27T01:20:35Z", "2026-11-27T01:21:10Z"),
        5,
        frozenset({"traffic-surge", "queue-backlog", "lock-contention"}),
    ),
    "23-canary": Truth(
        "4441",
        "bad-change",
        ("2026-11-27T01:29:20Z", "2026-11-27T01:29:30Z"),
        ("2026-11-27T01:33:45Z", "2026-11-27T01:34:19Z"),
        5,
        frozenset({"traffic-surge", "queue-backlog", "cache-miss-storm"}),
    ),
    "29-cpu-limit": Truth(
        "CHG-90255",
        "cpu-contention",
        ("2026-11-27T01:59:00Z", "2026-11-27T01:59:10Z"),
        ("2026-11-27T02:03:30Z", "2026-11-27T02:04:01Z"),
        5,
        frozenset({"traffic-surge", "queue-backlog", "cache-miss-storm"}),
    ),
    "04-pool": Truth(
        "52031",
        "pool-exhaustion",
        ("2026-11-22T22:57:02Z", "2026-11-22T22:57:12Z"),
        ("2026-11-22T23:00:48Z", "2026-11-22T23:01:32Z"),
        2,
        frozenset({"network-degradation", "traffic-surge", "memory-exhaustion", "lock-contention"}),
    ),
    "05-slow-network": Truth(
        None,
        "network-degradation",
        ("2026-11-22T22:53:41Z", "2026-11-22T22:53:51Z"),
        ("2026-11-22T22:57:27Z", "2026-11-22T22:58:05Z"),
        2,
        frozenset({"slow-query", "traffic-surge", "memory-exhaustion", "lock-contention", "cpu-contention"}),
    ),
    "06-memory-leak": Truth(
        "54021",
        "memory-exhaustion",
        ("2026-11-22T23:11:16Z", "2026-11-22T23:13:46Z"),
        ("2026-11-22T23:15:02Z", "2026-11-22T23:18:04Z"),
        2,
        frozenset({"network-degradation", "traffic-surge", "slow-query", "lock-contention"}),
    ),
    "07-surge": Truth(
        None,
        "traffic-surge",
        ("2026-11-22T23:46:54Z", "2026-11-22T23:47:04Z"),
        ("2026-11-22T23:50:40Z", "2026-11-22T23:51:20Z"),
        2,
        frozenset({"network-degradation", "memory-exhaustion", "lock-contention"}),
    ),
    "12-dependency-down": Truth(
        None,
        "dependency-down",
        ("2026-11-22T23:07:57Z", "2026-11-22T23:08:07Z"),
        ("2026-11-22T23:10:33Z", "2026-11-22T23:11:15Z"),
        2,
        frozenset({"traffic-surge", "memory-exhaustion"}),
    ),
    "13-errors": Truth(
        "59021",
        "bad-change",
        ("2026-11-22T23:19:03Z", "2026-11-22T23:19:13Z"),
        ("2026-11-22T23:21:59Z", "2026-11-22T23:22:27Z"),
        2,
        frozenset({"network-degradation", "traffic-surge", "memory-exhaustion", "lock-contention", "slow-query"}),
    ),
}
NAMES = sorted(TRUTH)
UNDONE_BY = {
    "00-seed": "57423",
    "01-bad-query": "41032",
    "04-pool": "52040",
    "06-memory-leak": "54029",
    "13-errors": "59030",
    "21-cache-key": "4435",
    "23-canary": "4444",
    "29-cpu-limit": "CHG-90264",
}
"""The rollback that cured each; the others ended by themselves, or by a hand that nobody wrote down."""


@pytest.mark.parametrize("name", NAMES)
def test_the_guilty_change_is_the_first_hint_and_the_mechanism_is_right(name: str) -> None:
    first = incident(name).explanation.hints[0]
    assert source_id(incident(name), first.trigger) == TRUTH[name].trigger
    assert first.mechanism == TRUTH[name].mechanism


@pytest.mark.parametrize("name", NAMES)
def test_no_other_change_is_blamed(name: str) -> None:
    assert blamed(incident(name)) <= {TRUTH[name].trigger}


@pytest.mark.parametrize("name", NAMES)
def test_the_innocent_suspects_are_ruled_out_by_queries_that_had_data(name: str) -> None:
    looked_at = {q.id for q in evidence(name).queries if q.series}
    cleared = {r.mechanism for r in incident(name).explanation.ruled_out if looked_at & set(r.evidence)}
    assert TRUTH[name].ruled_out <= cleared
    assert TRUTH[name].mechanism not in {r.mechanism for r in incident(name).explanation.ruled_out}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("stone", "slack"), [("onset", 2), ("recovered", 5)])
def test_milestones_lie_within_the_truth(name: str, stone: str, slack: int) -> None:
    found = incident(name).milestones[stone]
    assert found is not None
    low, high = (pd.Timestamp(t) for t in getattr(TRUTH[name], stone))
    widened = pd.Timedelta(seconds=slack * TRUTH[name].scrape_s)
    assert low - widened <= found.moment.time <= high + widened
    assert found.moment.earliest <= found.moment.time <= found.moment.latest


@pytest.mark.parametrize("name", NAMES)
def test_what_undid_it_is_the_rollback_and_else_nothing_that_anybody_announced(name: str) -> None:
    """In 03-lock somebody turned a flag two minutes before the end; it cured nothing."""
    stone = incident(name).milestones["mitigated"]
    assert [source_id(incident(name), e) for e in (stone.evidence if stone else ())] == [
        UNDONE_BY[name] for _ in [name] if name in UNDONE_BY
    ]


@pytest.mark.parametrize("name", NAMES)
def test_seen_while_it_lasts_nobody_innocent_is_blamed_and_the_mechanism_is_not_ruled_out(name: str) -> None:
    onset, over = incident(name).milestones["onset"], incident(name).milestones["recovered"]
    assert onset is not None
    assert over is not None
    window = evidence(name).window
    middle = onset.moment.time + (over.moment.time - onset.moment.time) * 0.45
    end = window.index[int(window.index.searchsorted(middle))]
    cut = drafted(narrow(evidence(name), start=window.start, end=end))
    assert blamed(cut) <= {TRUTH[name].trigger}
    assert TRUTH[name].mechanism not in {r.mechanism for r in cut.explanation.ruled_out}


@pytest.mark.parametrize("name", NAMES)
def test_a_hint_tells_a_level_as_the_median_or_the_peak_and_in_words(name: str) -> None:
    hint = incident(name).explanation.hints[0]
    assert "went from" not in hint.statement
    assert not re.search(r"[a-z]_[a-z]", hint.statement)
    figure = next((r.facts for r in hint.reasons_for if r.rule == "mechanism-shown" and "before" in r.facts), None)
    if figure is not None:
        before, during = (human(float(str(figure[key])), str(figure["unit"])) for key in ("before", "during"))
        assert f"{before} before, median {during} from" in hint.statement
        return
    shown = next(a for a in incident(name).anomalies if a.id == hint.metric)
    level, word = (shown.peak, "peak") if GROWS & set(shown.signal.tags) else (shown.level, "median")
    if word in hint.statement:
        assert f"{word} {human(level, shown.signal.unit)}" in hint.statement


def test_the_quiet_recording_is_no_incident_and_blames_nothing() -> None:
    quiet = incident("08-quiet")
    assert quiet.explanation.verdict == "no-incident"
    assert not [h for h in quiet.explanation.hints if h.verdict in ("supported", "plausible")]
    assert quiet.milestones["onset"] is None


@pytest.mark.parametrize("name", [*NAMES, "08-quiet"])
def test_every_id_resolves_and_the_same_evidence_gives_the_same_bytes(name: str) -> None:
    assert not unresolved_ids(incident_dict(incident(name)))
    assert to_json(drafted(evidence(name))) == to_json(incident(name))


@pytest.mark.parametrize("name", sorted(TRUTH))
def test_confidences_add_up_from_the_ledger(name: str) -> None:
    document = incident_dict(incident(name))
    ledger = document["confidence_ledger"]
    for one in ledger["candidates"]:
        assert one["log_odds"] == pytest.approx(one["prior"] + sum(t["log_odds"] for t in one["terms"]), abs=1e-9)
    parts = [math.exp(one["log_odds"]) for one in ledger["candidates"]]
    assert ledger["normaliser"] == pytest.approx(sum(parts) + math.exp(ledger["unobserved"]), rel=1e-9)
    told = [part / ledger["normaliser"] for part in parts]
    for hint in document["hints"]:
        assert any(hint["confidence"] == pytest.approx(confidence, abs=1e-6) for confidence in told)
    assert sum(told) <= 1
