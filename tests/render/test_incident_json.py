"""incident.json keeps the contract: schema, ids that resolve, six digits, and the same bytes for the same evidence."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files
from typing import Any

import jsonschema
import pandas as pd
import pytest

from reconstruct.model import Incident, Moment, Service
from reconstruct.render.incident_json import incident_dict, to_json, unresolved_ids
from tests.render import stories as made
from tests.render.stories import classic

SCHEMA = json.loads(files("reconstruct.render").joinpath("schema/incident-2.json").read_text("utf-8"))
VALID = jsonschema.Draft202012Validator(SCHEMA)
STORIES: tuple[Callable[[], Incident], ...] = (
    classic,
    made.ongoing,
    made.quiet,
    made.hostile,
    made.fortnight,
    made.forty_minutes,
    made.many_entries,
    made.many_series,
)


def leaves(node: object) -> Iterator[object]:
    if isinstance(node, dict):
        for value in node.values():
            yield from leaves(value)
    elif isinstance(node, list):
        for value in node:
            yield from leaves(value)
    else:
        yield node


def document(incident: Incident) -> Any:
    return json.loads(to_json(incident))


@pytest.mark.parametrize("story", STORIES)
def test_the_document_fits_its_schema_and_every_id_resolves(story: Callable[[], Incident]) -> None:
    read = document(story())
    assert [error.message for error in VALID.iter_errors(read)] == []
    assert unresolved_ids(read) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d["timeline"][0].update(kind="deploy"),
        lambda d: d["timeline"][0].update(evidence=[]),
        lambda d: d["timeline"][0].update(time="2026-11-17T13:56:15+00:00"),
        lambda d: d["timeline"][0].update(detail=None),
        lambda d: d["milestones"].pop("mitigated"),
        lambda d: d["hints"][0].update(confidence=1.2),
        lambda d: d["anomalies"][0].update(layer="web"),
        lambda d: d.update(schema="reconstruct/incident/3"),
        lambda d: d.update(surprise=1),
    ],
)
def test_the_schema_refuses_what_breaks_the_contract(spoil: Callable[[Any], object]) -> None:
    read = document(classic())
    spoil(read)
    assert not VALID.is_valid(read)


def test_an_id_that_nothing_holds_is_found() -> None:
    read = document(classic())
    read["hints"][0]["for"][0]["evidence"].append("e99")
    read["hints"][1]["trigger"] = "e98"
    read["events"][0]["labels"] = {"event": "e97", "id": "e96"}
    assert unresolved_ids(read) == ["e98", "e99"]


def test_what_the_contract_names_is_there_under_its_name() -> None:
    read = document(classic())
    assert list(read["milestones"]) == ["onset", "detected", "mitigated", "recovered"]
    assert read["milestones"]["detected"] == {
        "time": "2026-11-17T13:57:30Z",
        "earliest": "2026-11-17T13:57:15Z",
        "latest": "2026-11-17T13:57:30Z",
        "evidence": ["al1"],
    }
    assert read["durations"]["time_to_detect_s"] == {
        "value": 67.5,
        "low": 30,
        "high": 90,
        "formula": "detected - onset",
    }
    first, deploy = read["hints"][0], read["events"][2]
    assert (first["rank"], first["trigger"], first["mechanism"], first["service"]) == (1, "e3", "slow-query", "shop")
    assert [reason["rule"] for reason in first["for"]] == ["temporal-order", "reversal"]
    assert (deploy["version"], deploy["previous"], deploy["end"]) == ("2.20.0", "2.14.1", None)
    assert read["window"]["step_s"] == 15


@pytest.mark.parametrize("story", STORIES)
def test_figures_carry_six_digits_and_none_is_nan(story: Callable[[], Incident]) -> None:
    text = to_json(story()).decode()
    assert "NaN" not in text
    assert "Infinity" not in text
    for value in leaves(json.loads(text)):
        if isinstance(value, float):
            assert value == float(f"{value:.6g}")


def test_what_json_has_no_word_for_is_null() -> None:
    story = classic()
    odd = replace(story.anomalies[0], robust_z=float("inf"), baseline=float("nan"), peak=1234567.0)
    read = document(replace(story, anomalies=(odd, *story.anomalies[1:])))
    first = read["anomalies"][0]
    assert (first["robust_z"], first["baseline"], first["peak"]) == (None, None, 1234570)
    assert VALID.is_valid(read)


def test_the_same_evidence_gives_the_same_bytes_whatever_order_labels_came_in() -> None:
    story = classic()
    turned = tuple(replace(a, labels=dict(reversed(list(a.labels.items())))) for a in story.anomalies)
    assert to_json(replace(story, anomalies=turned)) == to_json(classic())


def test_times_are_utc_with_milliseconds_only_where_there_are_any() -> None:
    story = classic()
    berlin = story.timeline[0].moment.time.tz_convert("Europe/Berlin")
    exact = Moment(berlin, berlin - pd.Timedelta("250ms"), berlin)
    read = document(replace(story, timeline=(replace(story.timeline[0], moment=exact), *story.timeline[1:])))
    first = read["timeline"][0]
    assert (first["earliest"], first["time"]) == ("2026-11-17T13:30:59.750Z", "2026-11-17T13:31:00Z")


def test_a_service_brings_its_namespace_and_cluster_where_they_are_known() -> None:
    story = classic()
    entry = replace(story.timeline[0], service=Service("shop", "prod", "eu-1"))
    read = document(replace(story, timeline=(entry, *story.timeline[1:])))
    first, second = read["timeline"][:2]
    assert (first["service"], first["namespace"], first["cluster"]) == ("shop", "prod", "eu-1")
    assert "namespace" not in second


def test_half_a_character_in_a_label_is_valid_json_and_utf_8() -> None:
    story = classic()
    broken = replace(story.anomalies[0], labels={"pod": "half \ud83d and \\ud83d"})
    content = to_json(replace(story, anomalies=(broken, *story.anomalies[1:])))
    assert json.loads(content.decode("utf-8"))["anomalies"][0]["labels"] == {"pod": "half \ud83d and \\ud83d"}


def test_the_generator_names_its_version() -> None:
    generator = incident_dict(classic())["generator"]
    assert generator["name"] == "reconstruct"
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", generator["version"])
