"""What the changed series have in common: planted labels, pairs and prefixes, and nothing where nothing is."""

from __future__ import annotations

import random

import pytest

from reconstruct.rank.common_labels import MAX_TOLD, Labels, affected_instances, common_labels


def fleet(count: int, seed: int = 1) -> list[dict[str, str]]:
    draw = random.Random(seed)
    return [
        {
            "instance": f"i{n}",
            "zone": draw.choice("abc"),
            "version": draw.choice(["2.19.0", "2.20.0"]),
            "shard": str(draw.randrange(50)),
        }
        for n in range(count)
    ]


def split(series: list[dict[str, str]], changed: set[int]) -> tuple[list[Labels], list[Labels]]:
    return [s for n, s in enumerate(series) if n in changed], [s for n, s in enumerate(series) if n not in changed]


def test_the_version_that_all_changed_pods_run_comes_first() -> None:
    series = fleet(400)
    changed, others = split(series, {n for n, s in enumerate(series) if s["version"] == "2.20.0" and n % 4 == 0})
    first = common_labels(changed, others)[0]
    assert first.selector == 'version="2.20.0"'
    assert (first.support, first.changed) == (1.0, len(changed))
    assert first.lift > 1.5


def test_two_labels_together_where_one_does_not_do() -> None:
    series = fleet(600)
    both = {n for n, s in enumerate(series) if s["version"] == "2.20.0" and s["zone"] == "b"}
    first = common_labels(*split(series, both))[0]
    assert first.selector == 'version="2.20.0",zone="b"'
    assert (first.support, first.share) == (1.0, 1.0)


def test_instances_with_a_common_prefix_are_one_condition() -> None:
    series = fleet(1000)
    changed, others = split(series, {n for n in range(1000) if str(n).startswith("7")})
    assert common_labels(changed, others)[0].selector == 'instance=~"i7.*"'


def test_a_prefix_is_not_told_beside_the_value_that_says_the_same() -> None:
    series = fleet(300)
    changed, others = split(series, {n for n, s in enumerate(series) if s["version"] == "2.20.0"})
    assert [one.selector for one in common_labels(changed, others)] == ['version="2.20.0"']


@pytest.mark.parametrize("seed", range(40))
def test_series_that_changed_at_random_have_nothing_in_common(seed: int) -> None:
    draw = random.Random(seed)
    series = fleet(500, seed=seed)
    changed = set(draw.sample(range(500), 30))
    assert common_labels(*split(series, changed)) == ()


def test_a_sample_of_the_others_stands_for_all() -> None:
    series = fleet(20_000)
    changed, others = split(series, {n for n, s in enumerate(series) if s["shard"] == "17"})
    sample = others[::10]
    found = common_labels(changed, sample, of_others=len(others))[0]
    assert found.selector == 'shard="17"'
    assert found.of_others == len(others)


def test_too_few_or_nothing_to_compare_with_says_nothing() -> None:
    assert common_labels([{"a": "1"}, {"a": "1"}], [{"a": "2"}] * 50) == ()
    assert common_labels([{"a": "1"}] * 50, []) == ()


def test_the_answer_is_short_and_selectors_are_quoted() -> None:
    series = fleet(300) + [{"path": 'a"b\\c', "zone": "d"} for _ in range(20)]
    found = common_labels(*split(series, set(range(300, 320))))
    assert len(found) <= MAX_TOLD
    assert 'path="a\\"b\\\\c"' in [one.selector for one in found] or found[0].selector == 'zone="d"'


def spread(changed: int, with_it: int, others: int, others_with_it: int) -> tuple[list[Labels], list[Labels]]:
    """Series of which so many carry the label."""
    return (
        [{"version": "2" if n < with_it else "1"} for n in range(changed)],
        [{"version": "2" if n < others_with_it else "1"} for n in range(others)],
    )


@pytest.mark.parametrize(("others_with_it", "told"), [(2430, False), (1750, True)])
def test_a_label_that_is_less_than_half_again_as_common_is_not_told(others_with_it: int, told: bool) -> None:
    """A fifth of all series changed; of those that carry it 27 % did, or 34 %."""
    found = common_labels(*spread(1000, 900, 4000, others_with_it))
    assert ('version="2"' in [one.selector for one in found]) is told


@pytest.mark.parametrize(("with_it", "told"), [(2, False), (3, True)])
def test_a_label_of_three_changed_series_may_be_told_and_of_two_never(with_it: int, told: bool) -> None:
    found = common_labels(*spread(with_it, with_it, 2000, 0))
    assert ('version="2"' in [one.selector for one in found]) is told


def pods(old: int, new: int, **more: str) -> tuple[list[Labels], list[Labels]]:
    changed: list[Labels] = [{"pod": f"a{n}", "version": "2.20.0", "shard": str(n), **more} for n in range(new)]
    return changed, [{"pod": f"b{n}", "version": "2.19.0", "shard": str(n), **more} for n in range(old)]


def test_a_canary_of_three_in_ten_is_told_by_its_version() -> None:
    changed, others = pods(7, 3)
    found = affected_instances(changed, others, names=("pod",), known={}, foreseen=("version",))
    assert found is not None
    assert [one.selector for one in found.common] == ['version="2.20.0"']
    unasked = affected_instances(changed, others, names=("pod",), known={})
    assert unasked is not None
    assert not unasked.common  # found among many labels it would be no evidence


@pytest.mark.parametrize(("old", "new"), [(5, 3), (7, 2)])
def test_fewer_instances_separate_nothing(old: int, new: int) -> None:
    found = affected_instances(*pods(old, new), names=("pod",), known={}, foreseen=("version",))
    assert found is not None
    assert not found.common


def test_a_version_that_one_healthy_instance_runs_too_separates_nothing() -> None:
    changed, others = pods(7, 3)
    others = [*others, {"pod": "c", "version": "2.20.0"}]
    found = affected_instances(changed, others, names=("pod",), known={}, foreseen=("version",))
    assert found is not None
    assert not found.common


def test_versions_without_meaning_are_told_in_fewer_than_one_scan_in_a_hundred() -> None:
    draw, told = random.Random(3), 0
    for _ in range(1000):
        series = [{"pod": f"p{n}", "version": "2" if n < 3 else "1"} for n in range(10)]
        changed, others = split(series, set(draw.sample(range(10), 3)))
        found = affected_instances(changed, others, names=("pod",), known={}, foreseen=("version",))
        told += bool(found and found.common)
    assert told <= 20
