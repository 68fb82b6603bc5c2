from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reconstruct.config import Target
from reconstruct.deliver import Announced, EpisodeView, announce, load_state, locked
from reconstruct.errors import UsageError
from tests.fake_http import Answer, Request, fake_http

START = pd.Timestamp("2026-11-17T00:00:00Z")


def view(number: int) -> EpisodeView:
    start = START + pd.Timedelta(hours=number)
    return EpisodeView(start, start + pd.Timedelta("20min"), (f"db/time{{n={number}}}",), f"episode {number}")


def run(folder: Path, url: str, *views: EpisodeView, hours: float = 24, **more: Any) -> Announced:
    targets = [Target(kind="webhook", name="hook", url=url, attempts=2)] if url else []
    now = START + pd.Timedelta(hours=hours)
    return announce(
        views,
        targets=more.pop("targets", targets),
        state_file=folder / "state.json",
        now=now,
        window_start=now - pd.Timedelta("48h"),
        sleep=lambda _: None,
        **more,
    )


def taken(requests: list[Request]) -> Counter[str]:
    return Counter(request.headers["Idempotency-Key"] for request in requests)


def test_each_episode_is_delivered_once_to_each_target(tmp_path: Path) -> None:
    with fake_http(lambda _: Answer(204)) as server:
        targets = [Target(kind="webhook", name=name, url=f"{server.url}/{name}") for name in ("a", "b")]
        first = run(tmp_path, "", view(1), view(2), targets=targets)
        again = run(tmp_path, "", view(1), view(2), targets=targets)
        third = run(tmp_path, "", view(1), view(2), view(3), targets=targets)
    assert (first.delivered, again.delivered, third.delivered) == (4, 0, 2)
    assert len(server.requests) == 6
    assert set(taken(server.requests).values()) == {1}
    record = server.requests[0].json
    assert (record["news"], record["headline"], record["start"]) == ("new", "episode 1", "2026-11-17T01:00:00Z")


def test_without_targets_episodes_are_remembered_as_told(tmp_path: Path) -> None:
    assert len(run(tmp_path, "", view(1)).announcements) == 1
    assert run(tmp_path, "", view(1)).announcements == ()


def test_what_cannot_be_delivered_goes_into_the_dead_letters_and_the_rest_goes_on(tmp_path: Path) -> None:
    def answer(request: Request) -> Answer:
        return Answer(500 if request.path == "/broken" else 200, b"<b>oops</b>")

    with fake_http(answer) as server:
        targets = [
            Target(kind="webhook", name="broken", url=f"{server.url}/broken", attempts=3),
            Target(kind="webhook", name="good", url=f"{server.url}/good"),
        ]
        done = run(tmp_path, "", view(1), view(2), targets=targets)
        assert run(tmp_path, "", view(1), view(2), targets=targets).delivered == 0
    assert done.delivered == 2
    assert len(done.failed) == 2
    assert "broken: not delivered in 3 tries" in done.failed[0]
    # three tries for the first message; the second finds the target known to be down and gets one
    assert sum(request.path == "/broken" for request in server.requests) == 4
    letters = [json.loads(line) for line in (tmp_path / "state.dead-letters.jsonl").read_text().splitlines()]
    assert [letter["target"] for letter in letters] == ["broken", "broken"]
    assert letters[0]["payload"]["headline"] == "episode 1"
    assert "oops" in letters[0]["error"]
    assert server.url not in json.dumps(letters).replace("127.0.0.1:", "")
    assert done.counters['reconstruct_report_deliveries_total{outcome="dead_letter",target="broken"}'] == 2


def test_the_last_success_stays_known_while_runs_fail(tmp_path: Path) -> None:
    with fake_http(lambda _: Answer(200)) as server:
        good = run(tmp_path, server.url, view(1), hours=24)
    with fake_http(lambda _: Answer(400)) as server:
        bad = run(tmp_path, server.url, view(2), hours=25)
    name = "reconstruct_report_last_success_timestamp_seconds"
    assert good.counters[name] == bad.counters[name] == (START + pd.Timedelta("24h")).timestamp()


def test_a_refusal_is_not_tried_again(tmp_path: Path) -> None:
    with fake_http(lambda _: Answer(410, b"channel_is_archived")) as server:
        done = run(tmp_path, server.url, view(1))
    assert len(server.requests) == 1
    assert "refused" in done.failed[0]
    assert "channel_is_archived" in done.failed[0]


def test_what_an_earlier_run_promised_is_delivered_first(tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    def answer(_: Request) -> Answer:
        return Answer(503)

    def die(_: float) -> None:
        raise Killed

    with fake_http(answer) as server, pytest.raises(Killed):
        announce(
            [view(1)], targets=[Target(kind="webhook", name="hook", url=server.url)], sleep=die,
            state_file=tmp_path / "state.json", now=START + pd.Timedelta("24h"), window_start=START,
        )  # fmt: skip
    assert len(load_state(tmp_path / "state.json").outbox) == 1
    with fake_http(lambda _: Answer(200)) as server:
        run(tmp_path, server.url, view(1), view(2))
    assert [request.json["headline"] for request in server.requests] == ["episode 1", "episode 2"]


def test_a_target_that_was_renamed_leaves_its_messages_in_the_dead_letters(tmp_path: Path) -> None:
    run(tmp_path, "", targets=[])
    state = json.loads((tmp_path / "state.json").read_text())
    state["outbox"] = [{"id": "x/1", "target": "old", "payload": {}, "created": START.isoformat()}]
    (tmp_path / "state.json").write_text(json.dumps(state))
    assert "no target is called 'old' any more" in run(tmp_path, "", targets=[]).failed[0]
    assert load_state(tmp_path / "state.json").outbox == ()


def test_two_runs_at_once_announce_each_episode_once(tmp_path: Path) -> None:
    with fake_http(lambda _: Answer(200)) as server:
        target = Target(kind="webhook", name="hook", url=server.url)

        def one() -> None:
            announce(
                [view(i) for i in range(1, 6)], targets=[target], state_file=tmp_path / "state.json",
                now=START + pd.Timedelta("24h"), window_start=START,
            )  # fmt: skip

        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert len(server.requests) == 5
    assert set(taken(server.requests).values()) == {1}


def test_a_lock_that_another_run_keeps_ends_in_a_message(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with locked(path), pytest.raises(UsageError, match="another run has held") as raised, locked(path, wait_s=0.2):
        pass
    assert "its own state file" in raised.value.hint


def test_a_state_of_the_first_version_is_read(tmp_path: Path) -> None:
    known: dict[str, object] = {
        "key": "k",
        "start": "2026-11-17T13:55:00+00:00",
        "end": None,
        "series": ["a{}"],
        "headline": "h",
    }
    known |= {"sequence": 1, "told_at": "2026-11-17T14:00:00+00:00", "seen_until": "2026-11-17T14:00:00+00:00"}
    whole = {"schema": "reconstruct/report-state/1", "known": [known], "outbox": [], "counters": {"x": 2.0}}
    (tmp_path / "state.json").write_text(json.dumps(whole))
    state = load_state(tmp_path / "state.json")
    assert state.known[0].start == pd.Timestamp("2026-11-17T13:55Z")
    assert state.counters == {"x": 2.0}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "reconstruct/report-state/9"}', '{"schema": 1}', "\xff"])
def test_a_damaged_memory_is_not_silently_forgotten(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError) as raised:
        run(tmp_path, "", view(1))
    assert raised.value.hint
    assert (tmp_path / "state.json").read_bytes() == text.encode("latin-1")


def test_a_folder_that_cannot_be_written_to_is_the_users_to_correct(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="cannot lock"):
        run(tmp_path / "file", "", view(1))


RUNS = textwrap.dedent(
    """
    # Forks a run for each line `first last`, so that 50 runs do not import pandas 50 times.
    import os, signal, sys
    from pathlib import Path
    import pandas as pd
    from reconstruct.config import Target
    from reconstruct.deliver import EpisodeView, announce

    folder, url = Path(sys.argv[1]), sys.argv[2]
    start = pd.Timestamp("2026-11-17T00:00:00Z")
    for line in sys.stdin:
        first, last = map(int, line.split())
        views = []
        for number in range(first, last):
            at = start + pd.Timedelta(hours=number)
            views.append(EpisodeView(at, at + pd.Timedelta("20min"), (f"db/time{{n={number}}}",), f"episode {number}"))
        now = start + pd.Timedelta(hours=last)
        child = os.fork()
        if child == 0:
            announce(views, targets=[Target(kind="webhook", name="hook", url=url)], state_file=folder / "state.json",
                     now=now, window_start=now - pd.Timedelta("48h"))
            os.write(1, b"done\\n")
            signal.pause()
        os.write(1, f"{child}\\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(1, f"ended {status}\\n".encode())
    """
)


def test_killed_at_fifty_random_moments_it_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    """Each of 50 runs sees three new episodes and is killed at a random moment; later runs are let through.

    A moment is a number of requests that the receiver must have seen and a wait after that, so that on a slow machine
    too the kills fall between the first request and the last.

    Nothing lost: each episode reaches the receiver. Nothing repeated: one idempotency key always carries the same
    message, and each episode has one key, so a receiver that knows keys takes each once. The same key comes twice only
    after a kill between the receiver's answer and our note of it: at most once a kill.
    """
    moments = random.Random(20261117)
    bodies: dict[str, bytes] = {}
    arrived = threading.Semaphore(0)

    def answer(request: Request) -> Answer:
        arrived.release()
        time.sleep(0.002)
        bodies.setdefault(request.headers["Idempotency-Key"], request.body)
        return Answer(200)

    with fake_http(answer) as server:
        runs = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", RUNS, str(tmp_path), server.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        try:
            undisturbed_s = killed_after(runs, 0, 3, arrived, requests=3)
            for first in range(3, 150, 3):
                requests = moments.choice([0, 0, 1, 1, 2, 3])
                wait_s = moments.uniform(0.0, undisturbed_s / 2)
                killed_after(runs, first, first + 3, arrived, requests=requests, wait_s=wait_s)
        finally:
            runs.kill()
            runs.communicate(timeout=20)
        assert 10 < len(bodies) < 150  # the kills did fall into the middle of runs
        for last in range(3, 153, 3):  # on a schedule windows overlap: what a killed run saw, a later one sees again
            assert run(tmp_path, server.url, *(view(n) for n in range(last - 3, last)), hours=last).failed == ()
    records = [json.loads(body) for body in bodies.values()]
    assert Counter(record["headline"] for record in records) == Counter({f"episode {n}": 1 for n in range(150)})
    assert all(request.body == bodies[request.headers["Idempotency-Key"]] for request in server.requests)
    assert sum(count - 1 for count in taken(server.requests).values()) <= 50
    assert load_state(tmp_path / "state.json").outbox == ()
    assert sorted(item.name for item in tmp_path.iterdir()) == ["state.json", "state.json.lock"]


def killed_after(
    runs: subprocess.Popen[str],
    first: int,
    last: int,
    arrived: threading.Semaphore,
    *,
    requests: int,
    wait_s: float = 0.0,
) -> float:
    """Begin a run and kill it `wait_s` after the receiver saw its `requests`-th request; seconds that it had."""
    assert runs.stdin is not None
    assert runs.stdout is not None
    while arrived.acquire(blocking=False):
        pass  # of the run before
    runs.stdin.write(f"{first} {last}\n")
    runs.stdin.flush()
    child = int(runs.stdout.readline())
    began = time.monotonic()
    for _ in range(requests):
        assert arrived.acquire(timeout=60), "a run that sees three new episodes sends three"
    time.sleep(wait_s)
    had_s = time.monotonic() - began
    os.kill(child, signal.SIGKILL)
    while not (line := runs.stdout.readline()).startswith("ended"):
        assert line == "done\n"
    assert line == f"ended {int(signal.SIGKILL)}\n"
    return had_s
