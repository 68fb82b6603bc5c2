"""Every input of the program: proper ones to begin with, and what is done with one."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final

import pandas as pd
import requests
from typer.testing import CliRunner

from reconstruct import draft, packs, promql, read_bundle
from reconstruct.cli import app
from reconstruct.config import parse_config, parse_duration_s, parse_time
from reconstruct.deliver.state import load_state
from reconstruct.errors import ReconstructError
from reconstruct.gather import Request, gather
from reconstruct.http.dates import http_date, retry_after_s
from reconstruct.model import Incident, Window
from reconstruct.packs.conventions_file import read_conventions
from reconstruct.packs.loader import read_pack
from reconstruct.packs.mechanisms import read_mechanisms
from reconstruct.render.files import parse_formats
from reconstruct.render.incident_json import to_json
from reconstruct.render.markdown import to_markdown
from reconstruct.render.template_sandbox import fill
from reconstruct.render.verification import to_verification_table
from reconstruct.sources.alert_rules.rule_files import read_rule_file
from reconstruct.sources.changes.registry import read_source
from reconstruct.sources.dashboards.read import read_dashboard
from reconstruct.sources.incident_files import read_history
from reconstruct.sources.metric_files.column_choices import read_column_choice
from reconstruct.sources.prometheus import discovery
from reconstruct.sources.prometheus.client import Prometheus
from reconstruct.sources.prometheus.history.questions import HISTORY
from reconstruct.sources.prometheus.metric_inventory import seen_metrics
from reconstruct.verify import verify
from tests.fuzz.answers import proper_answer, server_with
from tests.fuzz.mutations import NUMBERS, TEXTS, TIMES, mutated
from tests.servers.manners import ENDPOINTS

ROOT: Final = Path(__file__).resolve().parents[2]
SEEDS: Final = Path(__file__).with_name("seeds")
NOW: Final = pd.Timestamp("2026-11-17T18:00:00Z")
NOON: Final = pd.Timestamp("2026-11-17T12:00:00Z")
WINDOW: Final = Window(NOON, NOON + pd.Timedelta("6h"), pd.Timedelta("15s"), NOON)

Change = Callable[[bytes, Random], bytes]


@dataclass(frozen=True, slots=True)
class Input:
    """One kind of input."""

    seeds: Callable[[], Sequence[tuple[str, bytes]]]
    """(a name whose ending is the file's, content) of proper ones."""
    read: Callable[[bytes, str, Path], object]
    """`(content, name, a folder to write to)`: what the program does with it."""
    change: Change = mutated


# ------------------------------------------------------------------------------------------------ what a server answers


def _window_now() -> Window:
    end = pd.Timestamp.now("UTC").floor("10min")
    return Window(end - pd.Timedelta("10min"), end, pd.Timedelta("15s"), end - pd.Timedelta("20min"))


def _answer_seeds(endpoint: str) -> list[tuple[str, bytes]]:
    now = time.time() // 15 * 15
    asked = {
        "range": ("queue_depth", "process_start_time_seconds", "count by (job) (up)"),
        "raw": ("queue_depth[5m]", "ALERTS[5m]", "up[5m]"),
        "vector": ("up", "count by (__name__, job) (up)", "process_start_time_seconds"),
        "time": ("time()",),
        "count": ("count(up)",),
    }.get(endpoint, ("",))
    form = {"start": str(now - 1200), "end": str(now), "step": "15"}
    return [("answer.json", proper_answer(endpoint, promql_, **form)) for promql_ in asked]


def _read_answer(endpoint: str) -> Callable[[bytes, str, Path], object]:
    def read(raw: bytes, _: str, __: Path) -> None:
        server, window = server_with(endpoint, raw), _window_now()
        refusals = [
            error for ask in _QUESTIONS.get(endpoint, _ANY_QUESTION) if (error := _refused(ask, server, window))
        ]
        if refusals:
            raise refusals[0]

    return read


def _refused(
    ask: Callable[[Prometheus, Window], object], server: Prometheus, window: Window
) -> ReconstructError | None:
    try:
        ask(server, window)
    except ReconstructError as error:
        return error
    return None


@cache
def _conventions() -> packs.Conventions:
    return packs.load([packs.packs_folder()]).conventions


def _look_at_names(server: Prometheus, window: Window) -> None:
    names, _ = discovery.metric_names(server, window=window)
    discovery.native_histograms(server, names, window=window)
    seen_metrics(server, names, window=window, conventions=_conventions())


_HISTORY: Final = tuple(
    (lambda server, window, question=question: question(server, window, "", {"shop": 15.0}))
    for question in HISTORY.values()
)
_ANY_QUESTION: Final = (lambda server, window: server.ready(wait_s=0.0), lambda server, window: server.skew_note(NOW))
_QUESTIONS: Final[dict[str, tuple[Callable[[Prometheus, Window], object], ...]]] = {
    "range": (lambda server, window: server.range("queue_depth", window, max_series=1000), *_HISTORY),
    "raw": (lambda server, window: discovery.scrape_intervals(server, window), *_HISTORY),
    "vector": (
        lambda server, window: discovery.scrape_intervals(server, window),
        lambda server, window: discovery.metric_spacings(server, ["up", "a:b"], window, intervals={"shop": 15.0}),
        *_HISTORY,
    ),
    "count": (lambda server, window: server.range("queue_depth", window, expected_series=None),),
    "labels": (lambda server, window: discovery.learn_dialect(server, window=window),),
    "build": (lambda server, window: discovery.learn_dialect(server, window=window),),
    "names": (_look_at_names,),
    "series": (_look_at_names,),
    "metadata": (_look_at_names,),
    "rules": (lambda server, window: discovery.alert_rules(server),),
}


def _headers_read(raw: bytes, _: str, __: Path) -> None:
    first, _, second = raw.decode("utf-8", "replace").partition("\n")
    answer = requests.Response()
    answer.headers.update({"Retry-After": first, "Date": second})
    retry_after_s(answer)
    http_date(first)


# ------------------------------------------------------------------------------------------------------------- files


def _files(*patterns: str, within: Path = ROOT, most: int = 60_000) -> Callable[[], list[tuple[str, bytes]]]:
    def seeds() -> list[tuple[str, bytes]]:
        paths = sorted(path for pattern in patterns for path in within.glob(pattern) if path.stat().st_size <= most)
        return [(path.name, path.read_bytes()) for path in paths]

    return seeds


def _texts(name: str, *texts: str) -> Callable[[], list[tuple[str, bytes]]]:
    return lambda: [(name, text.encode()) for text in texts]


def _file(raw: bytes, name: str, folder: Path) -> Path:
    path = folder / name
    path.write_bytes(raw)
    return path


def _events_read(raw: bytes, name: str, folder: Path) -> None:
    read_source(str(_file(raw, name, folder)), window=WINDOW)


def _metrics_read(raw: bytes, name: str, folder: Path) -> None:
    gather(Request(metric_files=(_file(raw, name, folder),), catalogue=_catalogue()), now=NOW)


@cache
def _catalogue() -> packs.Catalogue:
    return packs.load([packs.packs_folder()])


def _parquet(raw: bytes, rng: Random) -> bytes:
    """Parquet's metadata lie at its end: half of the changes are made there."""
    if rng.random() < 0.5:
        keep = max(0, len(raw) - 2500)
        return raw[:keep] + mutated(raw[keep:], rng)
    return mutated(raw, rng)


def _parquet_seeds() -> list[tuple[str, bytes]]:
    found = _files("metrics/*.parquet", within=SEEDS)()
    for stamps in (
        pd.to_datetime(["2026-11-17T12:00Z", "2026-11-17T12:01Z", "2026-11-17T12:02Z"]),
        pd.Index([1e300, float("nan"), 1794916800.0]),
        pd.Index([10**18, 2**62, 1794916800]),
        pd.to_datetime(["9999-12-31", "0001-01-01", "2026-11-17"]).as_unit("s"),
    ):
        for frame in (
            pd.DataFrame({"time": stamps, "cpu": [1.0, 2.0, float("inf")]}),
            pd.DataFrame({"cpu": [1.0, 2.0, float("nan")]}, index=pd.Index(stamps, name="time")),
        ):
            into = io.BytesIO()
            frame.to_parquet(into)
            found.append(("made.parquet", into.getvalue()))
    return found


def _sealed(raw: bytes, rng: Random) -> bytes:
    """A bundle with a part changed and its sums made right again: what a colleague who knows the format could send."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(parts.pop("manifest.json"))
    name = rng.choice([*parts, "manifest.json", "signals.jsonl", "events.jsonl", "alerts.jsonl"])
    if name == "manifest.json":
        text = mutated(json.dumps(manifest).encode(), rng)
    else:
        parts[name] = mutated(parts[name], rng)
        manifest["parts"][name] = {"sha256": sha256(parts[name]).hexdigest(), "size_bytes": len(parts[name])}
        text = json.dumps(manifest).encode()
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in {"manifest.json": text, **parts}.items():
            archive.writestr(part, content)
    return into.getvalue()


@cache
def _small_bundle() -> bytes:
    """Two hours of the CSV that a first look begins with, with an event, an alert and a gap beside it."""
    folder = ROOT / "tests" / "fuzz" / "seeds"
    return (folder / "bundles" / "small.zip").read_bytes()


def _bundle_read(raw: bytes, name: str, folder: Path) -> None:
    evidence, settings = read_bundle(_file(raw, name, folder))
    incident = draft(evidence, settings=settings)
    to_json(incident)
    to_markdown(incident)


def _archive_read(raw: bytes, name: str, folder: Path) -> None:
    read_bundle(_file(raw, name, folder))


@cache
def _incident() -> Incident:
    path = SEEDS / "bundles" / "small.zip"
    evidence, settings = read_bundle(path)
    return draft(evidence, settings=settings)


def _document_seeds() -> list[tuple[str, bytes]]:
    written = [("own.md", to_markdown(_incident()).encode())]
    return [
        *written,
        *_files("tests/verify/corpus/*/*.md", "tests/verify/corpus/*/*.html", "tests/verify/corpus/*/*.txt")()[::4],
    ]


def _document_read(raw: bytes, _: str, __: Path) -> None:
    incident = _incident()
    outcome = verify(raw.decode("utf-8", "replace"), incident)
    to_verification_table(outcome, window=incident.evidence.window, columns=80, colour=False)


def _history_read(raw: bytes, _: str, folder: Path) -> None:
    (folder / "incident.json").write_bytes(raw)
    read_history(folder)


def _state_seeds() -> list[tuple[str, bytes]]:
    return _files("state/*.json", within=SEEDS)()


def _template_read(raw: bytes, _: str, __: Path) -> None:
    document = json.loads(to_json(_incident()))
    fill(
        {
            "name": "form.md.j2",
            "template": raw.decode("utf-8", "replace"),
            "forms": {},
            "cited": {},
            "context": {"incident": document, "draft": {}, "charts": []},
        }
    )


_NAMED: Final = re.compile(r"\$\{(\w+)\}")
SECRETS: Final = {
    name: "https://x.example" if "HOOK" in name else "x" * 20
    for path in sorted((SEEDS / "config").glob("*.yaml"))
    for name in _NAMED.findall(path.read_text(encoding="utf-8"))
}
"""Every variable that the seeds name."""


def _config_read(raw: bytes, _: str, folder: Path) -> None:
    parse_config(raw.decode("utf-8", "replace"), path=folder / "reconstruct.yaml", env=SECRETS)


# ------------------------------------------------------------------------------------------------- options and PromQL


def _words_read(raw: bytes, _: str, __: Path) -> None:
    text = raw.decode("utf-8", "replace")
    refusals: list[ReconstructError] = []
    for read in (
        lambda: parse_time(text, now=NOW),
        lambda: parse_time(text, now=NOW, tz="Europe/Berlin"),
        lambda: parse_duration_s(text),
        lambda: parse_formats(text),
        lambda: read_column_choice(text),
        lambda: parse_time("13:45", now=NOW, tz=text),
    ):
        try:
            read()
        except ReconstructError as error:
            refusals.append(error)
    if len(refusals) == 6:
        raise refusals[0]


OPTIONS: Final = (
    *("--from", "--to", "--tz", "--baseline", "--format", "--service", "--around", "--alert", "--page"),
    *("--explain", "--deadline", "--step", "--scope", "--stdout", "--events", "--metrics", "--template", "--history"),
    *("--column", "--dashboard", "--config", "--queries", "--pack", "--backtest", "--prometheus"),
)


def _command_read(raw: bytes, _: str, folder: Path) -> None:
    text = raw.decode("utf-8", "replace").replace("\0", "")
    option, _, value = text.partition("\n")
    bundle = _file(_small_bundle(), "small.zip", folder)
    words = ["incident", "--bundle", str(bundle), "--format", "json", "--out", str(folder / "out"), "-q"]
    if option in OPTIONS and not (option == "--prometheus" and value.startswith("http")):
        done = CliRunner().invoke(app, [*words, option, value])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception


def _command_changed(raw: bytes, rng: Random) -> bytes:
    option = rng.choice(OPTIONS)
    value = (
        rng.choice((*TEXTS, *TIMES, *NUMBERS)).encode() if rng.random() < 0.5 else mutated(raw.partition(b"\n")[2], rng)
    )
    return option.encode() + b"\n" + value


def _promql_read(raw: bytes, _: str, __: Path) -> None:
    text = raw.decode("utf-8", "replace")
    promql.split_condition(text)
    promql.metric_names(text)
    promql.selectors(text)
    promql.add_matchers(text, 'a="b"')
    promql.lenient(text)
    promql.with_short_look_back(text, window_s=30.0)
    promql.fill(text, rate_interval_s=60.0, scope='a="b"')
    promql.metricsql(text)
    promql.rate_as_increase(text)
    promql.range_window_s(text)
    promql.respelled(text, metrics={}, labels={"job": ("job", "k8s.job")})
    promql.caret(text, "1:5: parse error")
    with suppress(ReconstructError):
        promql.selects(text, {"job": "a"})


def _promql_seeds() -> list[tuple[str, bytes]]:
    rules = (
        "sum(rate(a[5m])) / sum(rate(b[5m])) > 5 / 100 and on () c > 3",
        'histogram_quantile(0.95, sum by (le, job) (rate(x_bucket{job=~"a|b", le!=""}[5m:1m] offset 1h))) >= 1_000',
        '{"http.requests", a="b" or c="d"} @ 1609746000.5 unless ignoring (x) group_left (y) up == 0',
        "absent_over_time(up{job='x'}[10m]) or (-2 ^ 3 % 5 < bool x) # comment",
        'label_replace(topk(3, `x`), "a", "$1", "b", "(.*)") != 0x1F',
    )
    return [("rule.txt", rule.encode()) for rule in rules]


WORDS: Final = _texts(
    "option.txt",
    *("2026-11-17T13:45:00Z", "17.11.2026 13:45", "-2h", "yesterday 13:45", "1:45 PM", "1795010700123", "2h30m"),
    *(
        "Tue, 17 Nov 2026 13:45:00 +0100",
        "Europe/Berlin",
        "UTC+2",
        "md,html,json",
        "time=label",
        "'ts'=time",
        "17/Nov/2026:13:55:30 +0000",
    ),
)
_YAML: Final = ("*.yaml", "*.yml")

INPUTS: Final[dict[str, Input]] = {
    **{
        f"answer-{endpoint}": Input(lambda endpoint=endpoint: _answer_seeds(endpoint), _read_answer(endpoint))  # type: ignore[misc]
        for endpoint in ENDPOINTS
        if endpoint != "ready"
    },
    "headers": Input(
        _texts(
            "headers.txt",
            "120\nTue, 17 Nov 2026 13:45:00 GMT",
            "Tue, 17 Nov 2026 13:46:00 GMT\nTue, 17 Nov 2026 13:45:00 GMT",
        ),
        _headers_read,
    ),
    "events": Input(_files("tests/sources/changes/payloads/*", most=20_000), _events_read),
    "metrics": Input(
        lambda: [one for one in _files("metrics/*", within=SEEDS)() if not one[0].endswith(".parquet")], _metrics_read
    ),
    "parquet": Input(_parquet_seeds, _metrics_read, _parquet),
    "documents": Input(_document_seeds, _document_read),
    "archives": Input(_files("bundles/*.zip", within=SEEDS), _archive_read),
    "bundles": Input(_files("bundles/small.zip", within=SEEDS), _bundle_read, _sealed),
    "configuration": Input(_files("config/*.yaml", within=SEEDS), _config_read),
    "packs": Input(
        lambda: [one for one in _files("queries/*.yaml")() if one[0] not in ("conventions.yaml", "mechanisms.yaml")],
        lambda raw, name, folder: read_pack(_file(raw, name, folder)),
    ),
    "conventions": Input(
        _files("queries/conventions.yaml"), lambda raw, name, folder: read_conventions(_file(raw, name, folder))
    ),
    "mechanisms": Input(
        _files("queries/mechanisms.yaml"), lambda raw, name, folder: read_mechanisms(_file(raw, name, folder))
    ),
    "rules": Input(
        _files("rules/*.yml", within=SEEDS), lambda raw, name, folder: read_rule_file(_file(raw, name, folder))
    ),
    "dashboards": Input(
        _files("tests/sources/dashboards/data/*.json", most=200_000),
        lambda raw, name, folder: read_dashboard(str(_file(raw, name, folder)), env={}),
    ),
    "templates": Input(_files("reconstruct/render/templates/*.j2"), _template_read),
    "history": Input(_files("history/*.json", within=SEEDS), _history_read),
    "state": Input(_state_seeds, lambda raw, name, folder: load_state(_file(raw, name, folder))),
    "words": Input(WORDS, _words_read),
    "command": Input(WORDS, _command_read, _command_changed),
    "promql": Input(_promql_seeds, _promql_read),
}
"""By name, as `benchmarks/fuzz.py --only` takes it."""
