"""Samples as tests write them, and as Prometheus (OpenMetrics) and VictoriaMetrics (milliseconds) read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

Value = float | str


@dataclass(frozen=True)
class Line:
    """One series: its name, labels, and (Unix seconds, value) pairs."""

    name: str
    labels: Mapping[str, str]
    samples: tuple[tuple[float, Value], ...]


@dataclass
class Samples:
    """Series of one data set."""

    lines: list[Line] = field(default_factory=list)

    def add(self, name: str, labels: Mapping[str, str], samples: Iterable[tuple[float, Value]]) -> None:
        self.lines.append(Line(name, dict(labels), tuple(samples)))

    def openmetrics(self) -> str:
        """For `promtool tsdb create-blocks-from openmetrics`: sorted by time, or samples are lost silently."""
        rows = sorted((time, index) for index, line in enumerate(self.lines) for time, _ in line.samples)
        cursors = [iter(line.samples) for line in self.lines]
        heads = [series_text(line) for line in self.lines]
        text = [f"{heads[index]} {_number(next(cursors[index])[1])} {time:.3f}" for time, index in rows]
        return "\n".join([*text, "# EOF", ""])

    def with_milliseconds(self) -> Iterator[str]:
        """For VictoriaMetrics's `/api/v1/import/prometheus`."""
        for line in self.lines:
            head = series_text(line)
            for time, value in line.samples:
                yield f"{head} {_number(value)} {round(time * 1000)}"


def series_text(line: Line) -> str:
    def quoted(value: str) -> str:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'

    labels = ",".join(f"{name}={quoted(value)}" for name, value in line.labels.items())
    return f"{line.name}{{{labels}}}" if labels else line.name


def every(step_s: float, start: pd.Timestamp, end: pd.Timestamp) -> list[float]:
    """Unix seconds from `start` on, before `end`."""
    count = int(-(-(end - start).total_seconds() // step_s))
    return [start.timestamp() + step_s * number for number in range(count)]


def _number(value: Value) -> str:
    return value if isinstance(value, str) else repr(float(value))
