"""Exposition text as samples over time: counters rise, everything else stays."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from tests.servers.samples import Samples, every

FOLDER = Path(__file__).parent / "exposition"
START = pd.Timestamp("2026-03-02T12:00:00Z")
END = pd.Timestamp("2026-03-02T12:20:00Z")
STEP_S = 15.0
RISE_A_STEP = 300.0
"""What every counter gains each step, beside a twentieth of itself: enough for `> 10 a second`."""

_SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)\s*$")
_LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:\\.|[^"\\])*)"')
_PARTS = ("_total", "_bucket", "_sum", "_count")


def expositions() -> list[str]:
    """Names of all samples: an exporter each."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


def names_in(exposition: str) -> set[str]:
    """The metric names of one exporter."""
    return {match["name"] for match in _matches(exposition)}


def samples_of(expositions: list[str]) -> Samples:
    """All of them scraped for twenty minutes, each as the job of its name."""
    samples = Samples()
    times = every(STEP_S, START, END)
    for exposition in expositions:
        counters = _counters(exposition)
        for match in _matches(exposition):
            labels = {name: re.sub(r"\\(.)", r"\1", value) for name, value in _LABEL.findall(match["labels"] or "")} | {
                "job": exposition,
                "instance": f"{exposition}:1",
            }
            value = float(match["value"])
            rise = RISE_A_STEP + 0.05 * value if match["name"] in counters else 0.0
            samples.add(match["name"], labels, [(time, value + rise * n) for n, time in enumerate(times)])
        samples.add("up", {"job": exposition, "instance": f"{exposition}:1"}, [(time, 1.0) for time in times])
        samples.add(
            "scrape_duration_seconds",
            {"job": exposition, "instance": f"{exposition}:1"},
            [(time, 0.01) for time in times],
        )
    return samples


def _matches(exposition: str) -> list[re.Match[str]]:
    text = (FOLDER / f"{exposition}.txt").read_text(encoding="utf-8")
    return [match for line in text.splitlines() if not line.startswith("#") and (match := _SAMPLE.match(line))]


def _counters(exposition: str) -> set[str]:
    text = (FOLDER / f"{exposition}.txt").read_text(encoding="utf-8")
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)", text, flags=re.MULTILINE))
    found = set()
    for name in names_in(exposition):
        family = next((name.removesuffix(part) for part in _PARTS if name.removesuffix(part) in kinds), name)
        kind = kinds.get(name, kinds.get(family, "untyped"))
        # node_exporter and mysqld_exporter send what the system counts without a type.
        if kind in ("counter", "untyped") or (kind in ("histogram", "summary") and name.endswith(_PARTS)):
            found.add(name)
    return found
