"""Runs that are ended, or lack a disk, a home or a working directory: nothing half-written, the right words."""

from __future__ import annotations

import json
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconstruct.deliver.state import load_state
from tests.servers.misbehaving import Exchange, misbehaving
from tests.servers.programs import heeds_signals

pytestmark = pytest.mark.checkout
BUNDLE = Path(__file__).resolve().parents[1] / "fuzz" / "seeds" / "bundles" / "small.zip"
WAIT_S = 600.0
"""Of a process, on a machine that has other things to do."""


def environment(**more: str) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(map(str, sys.path)), "MPLCONFIGDIR": "", **more}


@contextmanager
def running(*words: str, folder: Path, before: Callable[[], None] = heeds_signals) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own, ended whatever the test does."""
    with subprocess.Popen(
        [sys.executable, "-m", "reconstruct", *words],
        cwd=folder,
        env=environment(HOME=str(folder)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ran(*words: str, folder: Path, before: Callable[[], None] = heeds_signals) -> tuple[int, str]:
    with running(*words, folder=folder, before=before) as process:
        _, said = process.communicate(timeout=WAIT_S)
        return process.returncode, said


def wait_for(happened: Callable[[], object]) -> None:
    until = time.monotonic() + WAIT_S
    while not happened():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.005)


def half_written(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.suffix == ".tmp" or ".reconstruct-" in str(path)]


ENDED = ((signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130))


@pytest.mark.parametrize(("number", "code"), ENDED, ids=["TERM", "HUP", "INT"])
def test_a_run_that_is_told_to_end_says_what_it_wrote(number: signal.Signals, code: int, tmp_path: Path) -> None:
    over = threading.Event()

    def silent(exchange: Exchange) -> None:
        over.wait()

    with misbehaving(silent) as (url, seen):
        words = ("incident", "--prometheus", url, "--from", "-1h", "--out", "out")
        with running(*words, folder=tmp_path) as process:
            wait_for(lambda: seen)
            process.send_signal(number)
            _, said = process.communicate(timeout=WAIT_S)
        over.set()
    assert process.returncode == code
    assert "stopped; nothing was written" in said
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()


INCIDENT = ("incident", "--bundle", str(BUNDLE), "--format", "csv,json", "--out", "out", "--force")
REPORT = (
    *("report", "--bundle", str(BUNDLE), "--format", "json", "--out", "out", "--force"),
    *("--state", "state.json", "--metrics-file", "run.prom"),
)
OLD_STATE = {"state.json": '{"schema": "reconstruct/report-state/1", "known": [], "outbox": [], "counters": {}}'}
OLD = {"out/incident.json": "old", "out/timeline.csv": "old"}


@pytest.mark.parametrize(
    ("words", "old", "end"),
    [
        pytest.param(INCIDENT, OLD, "KILL", id="incident-KILL"),
        pytest.param(INCIDENT, OLD, "TERM", id="incident-TERM"),
        pytest.param(INCIDENT, OLD, "full", id="incident-full"),
        pytest.param(REPORT, OLD_STATE, "KILL", id="report-KILL"),
        pytest.param(REPORT, OLD_STATE, "full", id="report-full"),
    ],
)
def test_a_run_that_ends_at_any_of_its_writes_leaves_whole_files_and_says_which(
    words: Sequence[str], old: Mapping[str, str], end: str, tmp_path: Path
) -> None:
    """The n-th run ends at its n-th write: killed, told to end, or on a disk that is full from then on."""
    for name, text in old.items():
        (tmp_path / "before" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "before" / name).write_text(text)
    number = end if end == "full" else str(int(signal.Signals[f"SIG{end}"]))
    program = [sys.executable, str(Path(__file__).with_name("every_write.py"))]
    done = subprocess.run(
        [*program, str(tmp_path), number, json.dumps(words)],
        env=environment(HOME=str(tmp_path)),
        capture_output=True,
        text=True,
        check=True,
    )
    codes = [int(code) for code in done.stdout.split()]
    assert len(codes) > 8
    assert codes[-1] == 0, "the last run had no write left to end at"
    whole = contents(tmp_path / "first")
    assert set(codes[:-1]) <= {"KILL": {-9}, "TERM": {143}, "full": {0, 2}}[end]
    for at, code in enumerate(codes[:-1], 1):
        said = (tmp_path / f"{at}.said").read_text()
        there = contents(tmp_path / str(at))
        new = {name for name, content in there.items() if content != old.get(name, "").encode()}
        assert all(alike(there[name], whole[name]) for name in new - {"state.json"} if not hidden(name)), at
        assert "state.json" not in old or load_state(tmp_path / str(at) / "state.json") is not None
        assert set(old) <= set(there)
        assert "Traceback" not in said
        if end == "TERM":
            told = said.splitlines()[-1]
            assert told.startswith("stopped; ")
            assert {Path(name).name for name in new if name.startswith("out/")} == set(TOLD_FILE.findall(told)), told
        if end == "full" and code:
            assert "error: " in said
            assert "hint: " in said
        if end != "KILL":
            assert not half_written(tmp_path / str(at))


TOLD_FILE = re.compile(r"\b(?:incident\.json|timeline\.csv)")
STAMP = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+\+00:00|_seconds [\d.e+]+")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def alike(one: bytes, other: bytes) -> bool:
    """The same but for when it was written."""
    return STAMP.sub(b"", one) == STAMP.sub(b"", other)


def hidden(name: str) -> bool:
    return name.endswith((".tmp", ".lock")) or ".reconstruct-" in name


def test_a_full_disk_is_told_and_nothing_half_written_stays(tmp_path: Path) -> None:
    def small_files_only() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    code, said = ran(
        "incident",
        "--bundle",
        str(BUNDLE),
        "--format",
        "json",
        "--out",
        "out",
        folder=tmp_path,
        before=small_files_only,
    )
    assert code == 2
    assert "cannot be written" in said
    assert "hint: " in said
    assert not (tmp_path / "out" / "incident.json").exists()
    assert not half_written(tmp_path)


def test_a_full_standard_output_is_an_error(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "reconstruct", "events", "--bundle", str(BUNDLE)],
            cwd=tmp_path,
            env=environment(HOME=str(tmp_path)),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, said = ran("incident", "--bundle", str(BUNDLE), "--format", "json", "--out", "file/out", folder=tmp_path)
    assert code == 2
    assert "file" in said
    assert "hint: " in said
    assert "Traceback" not in said


def test_no_home_is_needed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reconstruct", "incident", "--bundle", str(BUNDLE), "--format", "json", "--out", "out"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "incident.json").is_file()


def test_a_working_directory_that_was_deleted_is_told(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    code, said = ran("incident", "--bundle", str(BUNDLE), folder=gone, before=gone.rmdir)
    assert code == 2
    assert "the working directory is gone" in said
    assert "Traceback" not in said


def test_two_runs_on_one_state_leave_it_whole(tmp_path: Path) -> None:
    words = ("report", "--bundle", str(BUNDLE), "--format", "json", "--state", "state.json")
    with (
        running(*words, "--out", "one", folder=tmp_path) as one,
        running(*words, "--out", "other", folder=tmp_path) as other,
    ):
        said = [process.communicate(timeout=WAIT_S)[1] for process in (one, other)]
    assert [one.returncode, other.returncode] == [0, 0], said
    assert load_state(tmp_path / "state.json").known is not None
    assert not half_written(tmp_path)
