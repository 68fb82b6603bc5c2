from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from reconstruct.config import Target
from reconstruct.deliver import Announcement, EpisodeView, annotate, annotations_of, payload_for, send
from reconstruct.errors import SourceError, UsageError
from reconstruct.model import Entry, Evidence, Explanation, Incident, Moment, Service, Window
from tests.fake_http import Answer, FakeHttp, Request, as_json, fake_http

T = pd.Timestamp("2026-11-17T13:56:00Z")


class Grafana:
    """Enough of Grafana to keep annotations: as its HTTP API documentation says."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Any]] = {}
        self.writes = 0

    def answer(self, request: Request) -> Answer:
        if request.headers.get("Authorization") != "Bearer gft":
            return as_json({"message": "invalid API key"}, status=401)
        if request.method == "GET":
            tags = set(request.query.get("tags", []))
            first, last = (int(request.query.get(name, [end])[0]) for name, end in (("from", "0"), ("to", str(2**62))))
            rows = [
                {"id": number, **row}
                for number, row in self.rows.items()
                if tags <= set(row["tags"]) and row["time"] <= last and row["timeEnd"] >= first
            ]
            return as_json(rows[: int(request.query["limit"][0])])
        self.writes += 1
        if request.method == "POST":
            self.rows[len(self.rows) + 1] = request.json
        else:
            self.rows[int(request.path.rpartition("/")[2])].update(request.json)
        return as_json({"message": "ok"})


@contextmanager
def served(grafana: Grafana) -> Iterator[tuple[FakeHttp, Target]]:
    with fake_http(grafana.answer) as server:
        yield server, Target(kind="grafana", name="grafana", url=f"{server.url}/grafana", token="gft", tags=("shop",))


def entry(minute: float, title: str, *, detail: str = "", kind: Any = "onset", width_s: float = 15) -> Entry:
    time = T + pd.Timedelta(minutes=minute)
    moment = Moment(time, time, time + pd.Timedelta(seconds=width_s))
    return Entry(
        f"t{minute}",
        moment,
        kind,
        "impact-onset",
        Service("shop"),
        ("a1",),
        level="key",
        facts={"title": title, "detail": detail},
    )


def incident(*entries: Entry) -> Incident:
    window = Window(T, T + pd.Timedelta("1h"), pd.Timedelta("15s"), T)
    return Incident(Evidence(window), (), Explanation("incident", "x"), {}, {}, entries)


def test_a_dry_run_tells_what_would_be_written_and_writes_nothing() -> None:
    grafana = Grafana()
    with served(grafana) as (_, target):
        told = annotate(annotations_of(incident(entry(0, "a"), entry(1, "b"))), target)
    assert len(told.created) == 2
    assert grafana.writes == 0


def test_each_entry_becomes_an_annotation_with_its_interval_and_tags() -> None:
    grafana = Grafana()
    with served(grafana) as (server, target):
        annotations = annotations_of(incident(entry(0, "errors rise", detail="0 to 64 %")), tags=("shop-1",))
        annotate(annotations, target, dashboard="uid1", dry_run=False)
    (row,) = grafana.rows.values()
    assert row["time"] == T.value // 1_000_000
    assert row["timeEnd"] == row["time"] + 15_000
    assert row["text"] == "shop: errors rise<br>0 to 64 %"
    assert {"reconstruct", "onset", "service:shop", "shop-1"} < set(row["tags"])
    assert row["dashboardUID"] == "uid1"
    assert all(request.path.startswith("/grafana/api/annotations") for request in server.requests)


def test_writing_the_same_draft_again_changes_nothing() -> None:
    grafana = Grafana()
    annotations = annotations_of(incident(*(entry(i, "a") for i in range(5)), entry(4, "a"), entry(3, "b")))
    assert len({annotation.key for annotation in annotations}) == 7
    with served(grafana) as (_, target):
        annotate(annotations, target, dry_run=False)
        again = annotate(annotations, target, dry_run=False)
    assert (len(again.created), len(again.updated), len(again.unchanged), again.stale) == (0, 0, 7, 0)
    assert (len(grafana.rows), grafana.writes) == (7, 7)


def test_a_draft_whose_words_changed_updates_and_what_it_lost_is_counted_and_left() -> None:
    grafana = Grafana()
    with served(grafana) as (_, target):
        annotate(annotations_of(incident(entry(0, "a"), entry(1, "b"), entry(2, "c"))), target, dry_run=False)
        done = annotate(annotations_of(incident(entry(0, "a", detail="more"), entry(2, "c"))), target, dry_run=False)
    assert (len(done.created), len(done.updated), len(done.unchanged), done.stale) == (0, 1, 1, 1)
    assert len(grafana.rows) == 3
    assert "more" in grafana.rows[1]["text"]


def test_hostile_titles_are_text_in_grafana() -> None:
    (annotation,) = annotations_of(incident(entry(0, "<script>alert(1)</script>", detail='<img src="x">')))
    assert "<script" not in annotation.text
    assert "<img" not in annotation.text
    (long,) = annotations_of(incident(entry(0, "x" * 10_000)))
    assert len(long.text) <= 2000


def test_an_empty_timeline_asks_nothing() -> None:
    with served(Grafana()) as (server, target):
        annotate(annotations_of(incident()), target, dry_run=False)
    assert server.requests == []


def test_a_report_keeps_one_annotation_for_each_episode() -> None:
    grafana = Grafana()
    view = EpisodeView(T, None, ("a",), "Query time")
    with served(grafana) as (_, target):
        for sequence, end in enumerate((None, None, T + pd.Timedelta("3h")), start=1):
            moved = replace(view, start=T + pd.Timedelta(minutes=20 * sequence), end=end)
            said = Announcement("key", sequence, "update", moved, T + pd.Timedelta(hours=sequence))
            send(payload_for(said, target), target, key=f"{said.id}/{target.name}")
    (row,) = grafana.rows.values()
    assert row["timeEnd"] == (T + pd.Timedelta("3h")).value // 1_000_000
    assert "shop" in row["tags"]


def test_a_refused_token_and_another_answer_are_said() -> None:
    annotations = annotations_of(incident(entry(0, "a")))
    with served(Grafana()) as (_, target), pytest.raises(UsageError, match="401"):
        annotate(annotations, replace(target, token="other"))
    for answer in (Answer(200, b"<html>", {"Content-Type": "text/html"}), as_json({}), as_json([], status=500)):
        with fake_http(lambda _, answer=answer: answer) as server, pytest.raises(SourceError):  # type: ignore[misc]
            annotate(annotations, Target(kind="grafana", name="g", url=server.url, token="gft"))


def test_a_token_that_may_only_read_is_said() -> None:
    def answer(request: Request) -> Answer:
        return as_json([]) if request.method == "GET" else as_json({"message": "Forbidden"}, status=403)

    annotations = annotations_of(incident(entry(0, "a")))
    target = Target(kind="grafana", name="g", token="gft")
    with fake_http(answer) as server, pytest.raises(UsageError, match="403"):
        annotate(annotations, replace(target, url=server.url), dry_run=False)
