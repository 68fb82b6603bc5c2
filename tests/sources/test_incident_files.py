"""Earlier incidents are read from incident.json, and from nothing else."""

from __future__ import annotations

import json
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from reconstruct.bundle import read_bundle
from reconstruct.errors import UsageError
from reconstruct.pipeline import draft
from reconstruct.render.incident_json import incident_dict
from reconstruct.sources.incident_files import read_history, read_past_incidents


@pytest.fixture(scope="module")
def document() -> dict[str, object]:
    with as_file(files("reconstruct") / "demo" / "bad-query.zip") as bundle:
        evidence, settings = read_bundle(bundle)
    return incident_dict(draft(evidence, settings=settings))


def test_an_incident_of_this_program_is_read_with_its_mechanism_and_what_mitigated_it(
    document: dict[str, object], tmp_path: Path
) -> None:
    path = tmp_path / "incident.json"
    path.write_text(json.dumps(document))
    episodes = read_past_incidents(path)
    past = episodes[0]
    assert past.start.isoformat().startswith(str(document["milestones"]["onset"]["time"])[:19])  # type: ignore[index]
    assert past.end is not None
    assert (past.mechanism, past.change_kind) == ("slow-query", "deploy")
    assert past.mitigation
    assert past.alerts
    assert "shop" in past.services
    assert read_history(tmp_path) == episodes


def test_where_nothing_went_wrong_there_is_nothing_to_catch(document: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "incident.json"
    path.write_text(json.dumps({**document, "verdict": "no-incident"}))
    assert read_past_incidents(path) == ()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "other/1"}', "no json"])
def test_another_file_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "incident.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"incident\.json"):
        read_past_incidents(path)
