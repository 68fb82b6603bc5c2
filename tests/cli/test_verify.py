"""`reconstruct verify`: exit codes, streams, formats, and what it says to a file that is no postmortem."""

from __future__ import annotations

import json
import shutil
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reconstruct.cli import app

RUNNER = CliRunner()
TRUE = "# Outage\n\n- 13:55 shop 2.20.0 was deployed\n- 13:57 ProbeFailed fired\n"
FALSE = f"{TRUE}- 14:20 DbQueryLatencyHigh fired\n"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("verify") / "outage.zip"
    with as_file(files("reconstruct") / "demo" / "bad-query.zip") as shipped:
        shutil.copy(shipped, copy)
    return copy


@pytest.fixture
def postmortem(tmp_path: Path) -> Path:
    return tmp_path / "postmortem.md"


def test_a_true_postmortem_is_exit_0_and_a_false_line_is_11(bundle: Path, postmortem: Path) -> None:
    postmortem.write_text(TRUE)
    good = RUNNER.invoke(app, ["verify", str(postmortem), "--bundle", str(bundle)])
    assert good.exit_code == 0, good.output
    assert "2 lines confirmed, 0 contradicted" in good.stdout
    postmortem.write_text(FALSE)
    bad = RUNNER.invoke(app, ["verify", str(postmortem), "--bundle", str(bundle)])
    assert bad.exit_code == 11
    assert "DbQueryLatencyHigh fired at 14:00:35" in bad.stdout
    assert "looking through" in bad.stderr
    assert "looking through" not in bad.stdout


def test_json_goes_to_standard_output_alone(bundle: Path, postmortem: Path) -> None:
    postmortem.write_text(FALSE)
    result = RUNNER.invoke(app, ["verify", str(postmortem), "--bundle", str(bundle), "--format", "json"])
    assert result.exit_code == 11
    document = json.loads(result.stdout)
    assert document["counts"]["contradicted"] == 1
    assert [row["line"] for row in document["lines"]] == [3, 4, 5]
    assert "contradicted" in result.stderr


def test_times_are_read_in_the_zone_that_is_given(bundle: Path, postmortem: Path) -> None:
    postmortem.write_text("- 14:55 shop 2.20.0 was deployed\n")
    berlin = ["verify", str(postmortem), "--bundle", str(bundle), "--tz", "Europe/Berlin", "-q"]
    assert RUNNER.invoke(app, berlin).exit_code == 0
    assert RUNNER.invoke(app, ["verify", str(postmortem), "--bundle", str(bundle), "-q"]).exit_code == 11


def test_the_window_can_be_narrowed_and_what_lies_outside_is_not_checked(bundle: Path, postmortem: Path) -> None:
    postmortem.write_text("- ProbeFailed fired at 11:00\n- 15:59 nothing\n")
    window = ["--from", "2026-11-17T13:45:00Z", "--to", "2026-11-17T14:45:00Z"]
    result = RUNNER.invoke(app, ["verify", str(postmortem), "--bundle", str(bundle), *window, "-q"])
    assert result.exit_code == 0, result.output
    assert "outside what the evidence covers" in result.stdout


def test_a_tolerance_can_be_set(bundle: Path, postmortem: Path) -> None:
    postmortem.write_text("- 14:10 DbQueryLatencyHigh fired\n")
    asked = ["verify", str(postmortem), "--bundle", str(bundle), "-q"]
    assert RUNNER.invoke(app, asked).exit_code == 11
    assert RUNNER.invoke(app, [*asked, "--tolerance", "15m"]).exit_code == 0


@pytest.mark.parametrize("form", ["markdown", "github", "gitlab"])
def test_what_a_pull_request_shows_goes_to_standard_output(form: str, bundle: Path, postmortem: Path) -> None:
    postmortem.write_text(FALSE)
    result = RUNNER.invoke(app, ["verify", str(postmortem), "--bundle", str(bundle), "--format", form])
    assert result.exit_code == 11
    assert "DbQueryLatencyHigh fired at 14:00:35" in result.stdout
    assert "1 contradicted" in result.stderr


def test_a_text_file_and_a_page_of_html_are_read_by_their_names(bundle: Path, tmp_path: Path) -> None:
    for name, text in (
        ("a.txt", "    14:20 DbQueryLatencyHigh fired"),
        ("a.html", "14:20 DbQueryLatencyHigh fired<br>"),
    ):
        (tmp_path / name).write_text(text)
        result = RUNNER.invoke(app, ["verify", str(tmp_path / name), "--bundle", str(bundle), "-q"])
        assert result.exit_code == 11, result.output


def test_a_file_with_nothing_to_check_is_exit_0_and_says_so(bundle: Path, postmortem: Path) -> None:
    postmortem.write_text("# A postmortem\n\nIt was all rather unfortunate.\n")
    result = RUNNER.invoke(app, ["verify", str(postmortem), "--bundle", str(bundle), "-q"])
    assert result.exit_code == 0
    assert "No line claims anything that can be checked" in result.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"PK\x03\x04\x00\x00\x00", "is a binary file"),
        ("13:55 déployé".encode("latin-1"), "not text in UTF-8"),
        ("13:55 deployed".encode("utf-16"), "is UTF-16"),
        (b"x" * 20_000_001, "longer than"),
    ],
)
def test_what_is_no_postmortem_is_refused_before_anything_is_asked(
    content: bytes | None, said: str, postmortem: Path
) -> None:
    if content is not None:
        postmortem.write_bytes(content)
    result = RUNNER.invoke(app, ["verify", str(postmortem), "--prometheus", "http://127.0.0.1:9"])
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert "hint:" in result.stderr
    assert result.stdout == ""


def test_a_folder_an_unknown_format_and_an_unknown_zone_are_refused(
    bundle: Path, postmortem: Path, tmp_path: Path
) -> None:
    postmortem.write_text(TRUE)
    for arguments, said in (
        ([str(tmp_path)], "is a folder"),
        ([str(postmortem), "--format", "docx"], "--format takes table"),
        ([str(postmortem), "--tz", "Mars/Olympus"], "time zone"),
        ([str(postmortem), "--tolerance", "soon"], "duration"),
        ([str(postmortem), "--input", "docx"], "--input takes auto"),
    ):
        result = RUNNER.invoke(app, ["verify", *arguments, "--bundle", str(bundle)])
        assert result.exit_code == 2, result.output
        assert said in result.stderr


def test_a_file_with_a_byte_order_mark_and_windows_line_ends_is_read(bundle: Path, postmortem: Path) -> None:
    postmortem.write_bytes(b"\xef\xbb\xbf" + FALSE.replace("\n", "\r\n").encode())
    result = RUNNER.invoke(app, ["verify", str(postmortem), "--bundle", str(bundle), "--format", "json", "-q"])
    assert [row["line"] for row in json.loads(result.stdout)["lines"]] == [3, 4, 5]
    assert result.stderr == ""


def test_it_asks_a_real_server_as_incident_does(prometheus_url: str, postmortem: Path) -> None:
    postmortem.write_text("- 13:30 shop 1.1.0 was deployed\n- HighErrors fired at 13:20\n")
    window = ["--from", "2026-03-02T13:00:00Z", "--to", "2026-03-02T14:30:00Z"]
    arguments = ["verify", str(postmortem), "--prometheus", prometheus_url, *window, "--format", "json", "-q"]
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == 11, result.output
    assert [row["verdict"] for row in json.loads(result.stdout)["lines"]] == ["confirmed", "contradicted"]
