"""Runs that are ended, or lack a disk, a home or a working directory: nothing half-written, the right words."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconstruct.deliver.state import load_state
from tests.servers.misbehaving import misbehaving

pytestmark = pytest.mark.checkout
BUNDLE = Path(__file__).resolve().parents[1] / "fuzz" / "seeds" / "bundles" / "small.zip"
WAIT_S = 180.0
"""Of a process, on a machine that has other things to do."""


def environment(**more: str) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(map(str, sys.path)), "MPLCONFIGDIR": "", **more}


@contextmanager
def running(*words: str, folder: Path, before: Callable[[], None] | None = None) -> Iterator[subprocess.Popen[str]]:
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


def ran(*words: str, folder: Path, before: Callable[[], None] | None = None) -> tuple[int, str]:
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


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)], ids=["TERM", "HUP", "INT"]
)
def test_a_run_that_is_told_to_end_says_what_it_wrote(number: signal.Signals, code: int, tmp_path: Path) -> None:
    with misbehaving(lambda exchange: time.sleep(WAIT_S)) as (url, seen):
        words = ("incident", "--prometheus", url, "--from", "-1h", "--out", "out")
        with running(*words, folder=tmp_path) as process:
            wait_for(lambda: seen)
            process.send_signal(number)
            _, said = process.communicate(timeout=WAIT_S)
    assert process.returncode == code
    assert "stopped; nothing was written" in said
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()


def test_a_run_that_is_ended_while_it_writes_says_which_files_are_there(tmp_path: Path) -> None:
    words = ("incident", "--bundle", str(BUNDLE), "--out", "out", *(f"--explain=a{n}" for n in (1, 2, 1, 2, 1, 2)))
    with running(*words, folder=tmp_path) as process:
        wait_for(lambda: (tmp_path / "out" / "incident.json").exists() or process.poll() is not None)
        process.terminate()
        _, said = process.communicate(timeout=WAIT_S)
    assert process.returncode == 143
    assert "stopped; " in said
    assert "incident.json" in said.rpartition("stopped; ")[2]
    assert "were written to out" in said
    assert json.loads((tmp_path / "out" / "incident.json").read_text())["schema"]


@pytest.mark.parametrize("after_s", [0.6, 1.2, 2.4, 4.8])
def test_a_run_that_is_killed_leaves_whole_files_only(after_s: float, tmp_path: Path) -> None:
    with running(
        "incident", "--bundle", str(BUNDLE), "--format", "json,md", "--out", "out", folder=tmp_path
    ) as process:
        time.sleep(after_s)
        process.kill()
        process.wait()
    written = tmp_path / "out" / "incident.json"
    assert not written.exists() or json.loads(written.read_text())["schema"]


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
