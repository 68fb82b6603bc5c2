from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from reconstruct.errors import UsageError
from reconstruct.http import NotAllowedError
from reconstruct.model import Window
from reconstruct.sources.changes.registry import (
    BUILT_IN,
    GROUP,
    TOKEN_VARIABLES,
    Reading,
    kind_and_argument,
    read_source,
    read_sources,
)
from tests.fake_http import Answer, Request, as_json, fake_http

START = pd.Timestamp("2026-11-17T13:00:00Z")
WINDOW = Window(START, START + pd.Timedelta("3h"), pd.Timedelta("15s"), START - pd.Timedelta("1h"))


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="'pigeon'") as raised:
        read_source("pigeon:post", window=WINDOW)
    assert all(kind in raised.value.hint for kind in BUILT_IN)


def test_a_file_with_a_colon_in_its_name_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("github:notes").write_text("x", encoding="utf-8")
    assert kind_and_argument("github:notes") == ("file", "github:notes")
    assert kind_and_argument("github:acme/shop") == ("github", "acme/shop")
    assert kind_and_argument("/data/deploys.jsonl") == ("file", "/data/deploys.jsonl")


def test_what_lies_outside_the_window_is_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text(
        "time,title\n2026-11-16T00:00:00Z,a\n2026-11-17T13:45:00Z,b\n2026-11-18T00:00:00Z,c\n", encoding="utf-8"
    )
    ledger = read_source(str(path), window=WINDOW)
    assert [event.title for event in ledger.events] == ["b"]
    assert ledger.notes == ("2 events of e.csv lie outside the window",)


def test_another_packages_source_is_loaded_when_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "pigeon_source-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pigeon-source\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\npigeon = pigeon_source:fetch\n", encoding="utf-8")
    (tmp_path / "pigeon_source.py").write_text(
        """
from reconstruct.model import Event, Service
from reconstruct.sources.result import SourceResult

def fetch(ask):
    return SourceResult(events=(Event("", ask.window.start, "note", Service(""), ask.argument + ask.options["token"]),))
""",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert read_source("pigeon:post", window=WINDOW, options={"token": "!"}).events[0].title == "post!"
    with pytest.raises(UsageError) as raised:
        read_source("raven:post", window=WINDOW)
    assert "pigeon" in raised.value.hint


def test_every_kind_stands_in_the_documentation_with_its_token() -> None:
    text = (Path(__file__).parents[3] / "docs" / "events.md").read_text(encoding="utf-8")
    assert not [kind for kind in BUILT_IN if kind != "file" and f"`{kind}:" not in text]
    assert not [name for name in TOKEN_VARIABLES.values() if name not in text]
    assert TOKEN_VARIABLES.keys() <= BUILT_IN.keys()


def refusing(status: int) -> Callable[[Request], Answer]:
    return lambda request: as_json({"message": "no"}, status=status)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_a_source_that_refuses_or_fails_is_a_gap_and_the_others_are_read(status: int, tmp_path: Path) -> None:
    path = tmp_path / "deploys.csv"
    path.write_text("time,title\n2026-11-17T13:30:00Z,deployed shop\n")
    sources: list[tuple[str, dict[str, str]]] = [("grafana:", {}), (str(path), {})]
    with fake_http(refusing(status)) as server:
        sources[0] = (f"grafana:{server.url}", {"token": "glsa_top-secret-token"})
        told, gaps = read_sources(
            sources, window=WINDOW, reading=Reading(), strict=False, alone=True, on_source=lambda spec: None
        )
    assert [event.title for one in told for event in one.events] == ["deployed shop"]
    (gap,) = gaps
    assert str(status) in gap.cause
    assert "top-secret" not in repr(gap)


def test_where_every_source_refuses_and_nothing_else_is_asked_it_is_an_error() -> None:
    with fake_http(refusing(403)) as server, pytest.raises(NotAllowedError):
        read_sources(
            [(f"grafana:{server.url}", {})],
            window=WINDOW, reading=Reading(), strict=False, alone=True, on_source=lambda spec: None,
        )  # fmt: skip


def test_the_configuration_says_where_users_are_and_what_a_service_is_called(tmp_path: Path) -> None:
    path = tmp_path / "deploys.csv"
    rows = "2026-11-17T13:30:00Z,shop-api-prod,eu-1,2.20\n2026-11-17T13:31:00Z,shop,pr-7,2.21\n"
    path.write_text("time,service,environment,version\n" + rows)
    reading = Reading(environments={"eu-*": "production", "pr-*": "other"}, names={"shop-api-*": "shop"})
    events = read_source(str(path), window=WINDOW, reading=reading).events
    assert [(event.service.name, event.environment, event.took_effect) for event in events] == [
        ("shop", "eu-1", True),
        ("shop", "pr-7", False),
    ]
    assert events[0].labels["named_by_source"] == "shop-api-prod"
