from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from reconstruct.model import Alert, Event, Service, Window
from reconstruct.sources.changes.merge import in_window, merge, merge_alerts, number, same_version
from tests.growth import exponent

START = pd.Timestamp("2026-11-17T13:00:00Z")


def at(minutes: float) -> pd.Timestamp:
    return START + pd.Timedelta(minutes=minutes)


def event(minutes: float, version: str = "2.0", *, source: str = "deploys.csv", **more: Any) -> Event:
    fields: dict[str, Any] = {"kind": "deploy", "service": Service("shop"), "title": f"shop {version}", **more}
    return Event(id="", time=at(minutes), version=version, source=source, **fields)


def test_one_deploy_seen_by_three_sources_is_one_event_with_the_explicit_ones_id() -> None:
    told = event(10, source_id="41023", title="shop 2.0: new lookup")
    github = event(10.1, "v2.0", source="github:acme/shop", source_id="99", url="https://gh/99", end=at(12))
    seen = event(11, "2.0", source="prometheus", end=at(18), service=Service("shop", "prod", "eu-1"))
    (one,) = merge([told], [github], [seen])
    assert (one.source, one.source_id, one.title, one.time) == ("deploys.csv", "41023", "shop 2.0: new lookup", at(10))
    assert one.end == at(18)
    assert one.url == "https://gh/99"
    assert one.service == ("shop", "prod", "eu-1")
    assert one.labels == {"also_seen_in": "github:acme/shop, prometheus"}


def test_what_prometheus_derived_yields_even_when_it_is_given_first() -> None:
    (one,) = merge([event(11, source="prometheus", end=at(14))], [event(10, source_id="7")])
    assert (one.source_id, one.end) == ("7", at(14))


def test_a_deploy_that_only_prometheus_saw_stays() -> None:
    seen = event(11, source="prometheus")
    assert merge([event(10, service=Service("cart"))], [seen])[1] == seen


@pytest.mark.parametrize(
    "other",
    [
        event(11, "2.1", source="prometheus"),
        event(45, source="prometheus"),
        event(11, source="prometheus", service=Service("cart")),
        event(11, source="github:a/b", kind="config", title="x"),
        event(11, source="github:a/b", kind="note"),
        event(11, source="deploys.csv", source_id="another"),
    ],
    ids=["version", "time", "service", "kind", "a note", "same source"],
)
def test_what_differs_stays_apart(other: Event) -> None:
    assert len(merge([event(10)], [other])) == 2


def test_namespaces_that_are_both_told_and_differ_keep_deploys_apart() -> None:
    a = event(10, service=Service("shop", "blue"))
    b = event(11, source="prometheus", service=Service("shop", "green"))
    assert len(merge([a], [b])) == 2


def test_the_same_version_again_after_another_one_is_another_deploy() -> None:
    story = [event(0, "1.0", source_id="a"), event(5, "2.0", source_id="b"), event(10, "1.0", source_id="c")]
    seen = [event(m + 1, v, source="prometheus", source_id=f"p{m}") for m, v in ((0, "1.0"), (5, "2.0"), (10, "1.0"))]
    merged = merge(story, seen)
    assert [one.source_id for one in merged] == ["a", "b", "c"]
    assert all(one.labels["also_seen_in"] == "prometheus" for one in merged)


def test_a_return_to_the_version_before_is_a_rollback_whatever_it_is_called() -> None:
    merged = merge([event(0, "1.0"), event(5, "2.0"), event(10, "1.0")])
    assert [one.kind for one in merged] == ["deploy", "deploy", "rollback"]
    assert merged[2].labels["kind_told_by"] == "version 1.0 ran before 2.0"
    assert [one.kind for one in merge([event(5, "2.0", previous="1.0"), event(10, "1.0")])] == ["deploy", "rollback"]


def test_the_same_version_deployed_again_is_no_rollback() -> None:
    merged = merge([event(0, "1.0"), event(5, "2.0"), event(10, "2.0"), event(15, "3.0")])
    assert {one.kind for one in merged} == {"deploy"}


def test_a_rollback_that_prometheus_calls_a_deploy_is_one_event_and_a_rollback() -> None:
    told = event(10, "1.0", kind="rollback", source_id="r")
    (one,) = merge([told], [event(11, "1.0", source="prometheus", kind="deploy")])
    assert (one.kind, one.source_id) == ("rollback", "r")


def test_without_a_version_only_nearness_and_prometheus_speak_for_one_change() -> None:
    told = event(10, "", title="new shop is out")
    assert len(merge([told], [event(11, "2.0", source="prometheus")])) == 1
    assert len(merge([told], [event(21, "2.0", source="prometheus")])) == 2
    assert len(merge([replace(told, resolution_s=60)], [event(20.9, "2.0", source="prometheus")])) == 1
    assert len(merge([told], [event(11, "2.0", source="github:a/b")])) == 2


def test_a_restart_that_somebody_wrote_down_and_prometheus_saw_is_one() -> None:
    told = event(10, "", kind="restart", title="restarted shop by hand", resolution_s=60)
    seen = [event(m, "", kind="restart", source="prometheus", title="shop-1 restarted") for m in (10.5, 15, 25)]
    merged = merge([told], seen)
    assert [(one.title, one.time) for one in merged] == [
        ("restarted shop by hand", at(10)),
        ("shop-1 restarted", at(15)),
        ("shop-1 restarted", at(25)),
    ]


def test_rows_of_one_file_with_one_id_and_other_words_are_all_kept() -> None:
    rows = [event(10, source_id="CHG-1", title=title) for title in ("step 1", "step 2")]
    assert len(merge(rows, rows)) == 2


def test_two_flags_of_one_service_and_version_are_two() -> None:
    flags = [event(10, kind="flag", title="a on"), event(11, kind="flag", title="b on", source="github:a/b")]
    assert len(merge([flags[0]], [flags[1]])) == 2
    assert len(merge([flags[0]], [replace(flags[0], source="github:a/b")])) == 1


def test_a_source_read_twice_gives_its_events_once() -> None:
    rows = [event(m, source_id=str(m)) for m in (1, 30, 60)] + [event(70, title="no id")]
    assert merge(rows, rows) == merge(rows)


def test_merging_is_in_order_of_time_whatever_order_the_sources_are_read_in() -> None:
    rows = [event(m, f"{m}.0", source_id=str(m)) for m in range(0, 300, 30)]
    shuffled = rows.copy()
    random.Random(4).shuffle(shuffled)
    assert merge(shuffled) == tuple(rows)


def test_merging_merged_events_changes_nothing() -> None:
    once = merge([event(0, "1.0", source_id="a"), event(5, "2.0")], [event(6, source="prometheus", end=at(8))])
    assert merge(once) == once


def test_thousands_of_events_of_one_service_are_merged() -> None:
    told = [event(m, f"{m}", source_id=str(m)) for m in range(0, 30_000, 10)]
    seen = [event(m + 1, f"{m}", source="prometheus", source_id=f"p{m}") for m in range(0, 30_000, 10)]
    assert len(merge(told, seen)) == 3_000


def test_versions_are_compared_as_people_write_them() -> None:
    assert same_version("2.15.0", "v2.15.0")
    assert same_version("shop:2.15.0", "2.15.0")
    assert same_version("36B2709", "36b27092fbfb78a07f026557a7b7f34218f99ee6")
    assert not same_version("2.1", "2.10")
    assert not same_version("", "")
    assert not same_version("1234567", "1234568")


def test_events_get_their_ids_in_order_of_time() -> None:
    assert [one.id for one in number([event(5), event(1), event(3)])] == ["e1", "e2", "e3"]
    assert [one.time for one in number([event(5), event(1)])] == [at(1), at(5)]


def test_events_outside_the_window_are_counted() -> None:
    window = Window(at(10), at(20), pd.Timedelta("15s"), at(0))
    rollout = event(-5, end=at(3))
    inside, outside = in_window([event(-1), rollout, event(0), event(19.9), event(20)], window=window)
    assert [one.time for one in inside] == [at(-5), at(0), at(19.9)]
    assert outside == 2


def alert(rule: str, minutes: float, **labels: str) -> Alert:
    return Alert("", rule, Service("shop"), labels, "", None, at(minutes), None)


def test_an_alert_that_prometheus_and_alertmanager_know_is_one() -> None:
    history = [alert("Slow", 10, instance="a", severity="page"), alert("Slow", 60, instance="a")]
    live = [
        alert("Slow", 10.2, instance="a", severity="page", cluster="external label"),
        alert("Slow", 10.2, instance="b"),
        alert("Fast", 10.2, instance="a"),
    ]
    merged = merge_alerts(history, live)
    assert [(one.rule, one.labels.get("instance"), one.firing_at) for one in merged] == [
        ("Slow", "a", at(10)),
        ("Fast", "a", at(10.2)),
        ("Slow", "b", at(10.2)),
        ("Slow", "a", at(60)),
    ]


def test_a_deployment_a_run_and_a_tag_of_one_commit_are_one_change() -> None:
    deployment = event(10, "2.0", source="github:a/b", source_id="1", labels={"sha": "36b27092fbfb"})
    run = event(9, "36b27092fbfb", source="github:a/b runs", source_id="2", end=at(12), title="Deploy production")
    tag = event(8, "v2.0", source="git", source_id="v2.0", labels={"event": "tag"})
    (one,) = merge([tag], [deployment], [run])
    assert (one.source, one.time, one.labels["also_seen_in"]) == ("github:a/b", at(10), "github:a/b runs, git")


def test_the_same_version_in_another_environment_is_another_change() -> None:
    staging = event(10, source="github:a/b", environment="staging", production=False)
    live = event(12, source="argocd", environment="production", production=True)
    seen = event(13, source="prometheus", end=at(15))
    first, second = merge([staging], [live], [seen])
    assert (first.took_effect, first.end) == (False, None)
    assert (second.took_effect, second.end) == (True, at(15))


def test_what_its_source_calls_failed_and_metrics_saw_took_effect_all_the_same() -> None:
    failed = event(10, source="helm.json", state="failed")
    assert not merge([failed])[0].took_effect
    (one,) = merge([failed], [event(11, source="prometheus", end=at(12))])
    assert (one.state, one.took_effect) == ("failed", True)
    (one,) = merge([failed], [event(11, source="git", labels={"event": "tag"})])
    assert not one.took_effect


def test_a_dry_run_is_never_the_change_itself() -> None:
    assert len(merge([event(10, source="a", state="draft")], [event(10.1, source="b", state="done")])) == 2


def test_a_deploy_to_staging_and_a_later_one_that_tells_no_place_are_two() -> None:
    staged = event(10, source="a", environment="staging", production=False)
    assert [e.took_effect for e in merge([staged], [event(25, source="b")])] == [False, True]
    assert len(merge([staged], [event(10.2, source="b")])) == 1


def test_the_furthest_state_that_a_witness_tells_counts() -> None:
    (one,) = merge([event(10, source="a", state="requested")], [event(11, source="b", state="done")])
    assert one.state == "done"


@pytest.mark.parametrize("spread_s", [600, 86_400])
def test_the_cost_of_merging_grows_with_the_number_of_events_not_with_its_square(spread_s: int) -> None:
    def two_sources(number: int) -> list[list[Event]]:
        return [
            [event(n * 7 % spread_s / 60, f"2.{n}", source=source, source_id=f"{source}{n}") for n in range(number)]
            for source in "ab"
        ]

    assert exponent(lambda sources: merge(*sources), two_sources, sizes=(200, 1600)) < 1.5
    assert len(merge(*two_sources(200))) == 200


def shifted(time: pd.Timestamp, *, skew_s: float, zone: str) -> pd.Timestamp:
    """As a source writes it in its own zone, read back."""
    written = (time + pd.Timedelta(seconds=skew_s)).tz_convert(zone).isoformat()
    return pd.Timestamp(written).tz_convert("UTC")


def test_a_night_told_by_six_skewed_sources_in_three_zones_is_one_ledger() -> None:
    changes = [event(12 * n, f"3.{n}", source="truth", service=Service(f"s{n % 5}")) for n in range(40)]
    skews_s = {"github": 0, "argocd": 40, "jenkins": -30, "datadog": 75, "sentry": 20, "prometheus": 60}
    zones = {"github": "UTC", "argocd": "Europe/Berlin", "jenkins": "America/New_York"}
    told = []
    for place, (source, skew_s) in enumerate(skews_s.items()):
        zone = zones.get(source, "UTC")
        mine = [
            replace(one, source=source, source_id=f"{source}{n}", time=shifted(one.time, skew_s=skew_s, zone=zone))
            for n, one in enumerate(changes)
            if (n + place) % 4
        ]
        told.append(mine + mine[:5])
    events = merge(*told)
    assert [(e.service.name, e.version) for e in events] == [(c.service.name, c.version) for c in changes]
    assert sum(len(e.labels["also_seen_in"].split(", ")) + 1 for e in events) == 6 * 30


def test_a_commit_and_a_release_that_begin_together_are_one_rollout_told_by_two_tools() -> None:
    release = event(10, "2.20.0", source="kubectl.json")
    assert len(merge([release], [event(10.5, "53e28ff20cc5", source="argocd")])) == 1
    assert len(merge([release], [event(14, "53e28ff20cc5", source="argocd")])) == 2
    assert len(merge([release], [event(10.5, "2.21.0", source="argocd")])) == 2
    assert len(merge([event(10, "aaaaaaa1", source="a")], [event(10, "bbbbbbb2", source="b")])) == 2
