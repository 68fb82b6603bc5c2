"""What must come out of the recorded incidents, by what is known of them from outside."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pytest

from reconstruct.render.incident_json import incident_dict, to_json, unresolved_ids
from tests.incidents.recorded import blamed, drafted, evidence, incident, source_id


@dataclass(frozen=True)
class Truth:
    trigger: str
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
}
NAMES = sorted(TRUTH)


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


def test_what_undid_it_is_the_rollback_and_for_the_lock_nothing_that_anybody_announced() -> None:
    undone = {name: incident(name).milestones["mitigated"] for name in NAMES}
    assert undone["03-lock"] is None, "a flag that somebody turned two minutes before the end cured nothing"
    for name, event in (("00-seed", "57423"), ("01-bad-query", "41032")):
        stone = undone[name]
        assert stone is not None
        assert [source_id(incident(name), e) for e in stone.evidence] == [event]


def test_the_quiet_recording_is_no_incident_and_blames_nothing() -> None:
    quiet = incident("08-quiet")
    assert quiet.explanation.verdict == "no-incident"
    assert not [h for h in quiet.explanation.hints if h.verdict in ("supported", "plausible")]
    assert quiet.milestones["onset"] is None


@pytest.mark.parametrize("name", [*NAMES, "08-quiet"])
def test_every_id_resolves_and_the_same_evidence_gives_the_same_bytes(name: str) -> None:
    assert not unresolved_ids(incident_dict(incident(name)))
    assert to_json(drafted(evidence(name))) == to_json(incident(name))
