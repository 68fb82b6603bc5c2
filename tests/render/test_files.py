"""Which files are written, and that a folder never holds half of them or loses what was there."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from reconstruct.charts.image import ChartImage
from reconstruct.errors import UsageError
from reconstruct.render.files import FORMATS, output_files, parse_formats, write_files, write_outputs
from tests.render import stories as made
from tests.render.stories import classic

CHARTS = (
    ChartImage("overview", "Overview", "what happened", png=b"png", svg=b"<svg/>"),
    ChartImage("http-latency-p95", "Latency", "p95 rose", png=b"png", svg=b"<svg/>", signal="http/latency-p95"),
)


def held(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_format_is_the_file_that_the_contract_names(tmp_path: Path) -> None:
    out = tmp_path / "a" / "out"
    paths = write_outputs(classic(), out, FORMATS, force=False, charts=CHARTS, templates=["google-sre"])
    names = [str(path.relative_to(out)) for path in paths]
    assert names == sorted(names)
    assert set(names) == {
        *("timeline.md", "evidence.md", "report.html", "incident.json", "timeline.csv", "slack.json", "confluence.xml"),
        *("timeline.github.md", "timeline.gitlab.md", "timeline.mmd", "google-sre.md"),
        *("charts/overview.png", "charts/overview.svg"),
        *("charts/http-latency-p95.png", "charts/http-latency-p95.svg"),
    }
    assert all(path.is_file() for path in paths)
    assert held(out.parent) == ["out"], "no scratch folder is left"


def test_hostile_incidents_are_written_as_valid_utf_8(tmp_path: Path) -> None:
    for path in write_outputs(made.hostile(), tmp_path / "out", FORMATS, force=False, templates=["pagerduty"]):
        assert path.read_text(encoding="utf-8"), path.name


def test_charts_are_linked_only_where_their_files_are_written() -> None:
    with_png = output_files(classic(), ("md", "png"), charts=CHARTS)
    with_svg = output_files(classic(), ("md", "svg"), charts=CHARTS)
    without = output_files(classic(), ("md", "html"), charts=CHARTS)
    assert b"charts/overview.png" in with_png["timeline.md"]
    assert b"charts/overview.svg" in with_svg["timeline.md"]
    assert set(without) == {"timeline.md", "evidence.md", "report.html"}
    assert b"charts/" not in without["timeline.md"]
    assert b"data:image/svg+xml;base64," in without["report.html"]


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "incident.json").write_text("mine")
    (out / "notes.txt").write_text("also mine")
    with pytest.raises(UsageError, match=r"already holds incident\.json") as caught:
        write_outputs(classic(), out, ("md", "json"), force=False)
    assert "--force" in caught.value.hint
    assert (out / "incident.json").read_text() == "mine"
    assert held(out) == ["incident.json", "notes.txt"]


def test_force_replaces_what_it_writes_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "incident.json").write_text("old")
    (out / "notes.txt").write_text("mine")
    write_outputs(classic(), out, ("json", "png"), force=True, charts=CHARTS)
    assert json.loads((out / "incident.json").read_text())["verdict"] == "incident"
    assert (out / "notes.txt").read_text() == "mine"
    assert held(out) == ["charts", "incident.json", "notes.txt"]


def test_a_wrong_template_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "bad.md.j2").write_text("{{ nope }}")
    with pytest.raises(UsageError, match=r"bad\.md\.j2, line 1"):
        write_outputs(classic(), tmp_path / "out", ("md",), force=False, templates=[str(tmp_path / "bad.md.j2")])
    assert held(tmp_path) == ["bad.md.j2"]


def test_two_outputs_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "timeline.md.j2").write_text("x")
    with pytest.raises(UsageError, match=r"two outputs would be called timeline\.md"):
        output_files(classic(), ("md",), templates=[str(tmp_path / "timeline.md.j2")])


def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    for folder in (tmp_path / "out", tmp_path / "out" / "below"):
        with pytest.raises(UsageError) as caught:
            write_files({"a.md": b"x"}, folder, force=True)
        assert "--out" in caught.value.hint


def test_a_failure_half_way_leaves_a_new_folder_unmade_and_an_old_one_as_it_was(tmp_path: Path) -> None:
    files = {"a.md": b"new", "a.md/b.md": b"a folder of the name of a file"}
    with pytest.raises(UsageError, match="cannot be written"):
        write_files(files, tmp_path / "new", force=False)
    old = tmp_path / "old"
    old.mkdir()
    (old / "a.md").write_text("old")
    with pytest.raises(UsageError, match="cannot be written"):
        write_files(files, old, force=True)
    assert held(tmp_path) == ["old"]
    assert (old / "a.md").read_text() == "old"


def test_others_may_read_what_was_written(tmp_path: Path) -> None:
    reference = tmp_path / "reference"
    reference.mkdir()
    (reference / "file").write_text("x")
    write_files({"a.md": b"x"}, tmp_path / "out", force=False)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == stat.S_IMODE(reference.stat().st_mode)
    assert stat.S_IMODE((tmp_path / "out" / "a.md").stat().st_mode) == stat.S_IMODE((reference / "file").stat().st_mode)


def test_an_unknown_format_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="unknown format 'pdf'") as caught:
        parse_formats("md,pdf")
    assert "html" in caught.value.hint
    with pytest.raises(UsageError, match="no format"):
        parse_formats(" , ")


def test_a_chart_without_a_picture_or_with_an_unsafe_name_is_our_bug() -> None:
    with pytest.raises(ValueError, match="no picture"):
        ChartImage("overview", "Overview", "alt")
    for name in ("../x", "a/b", "", ".hidden"):
        with pytest.raises(ValueError, match="not safe"):
            ChartImage(name, "t", "alt", png=b"x")
