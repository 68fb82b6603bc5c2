"""Metrics about the report itself, for node_exporter's textfile collector: who watches that the watcher runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from reconstruct.files import write_whole

HELP: Final[Mapping[str, tuple[Literal["gauge", "counter"], str]]] = {
    "reconstruct_report_last_run_timestamp_seconds": ("gauge", "When the last report ended."),
    "reconstruct_report_last_success_timestamp_seconds": ("gauge", "When the last report ended with all delivered."),
    "reconstruct_report_duration_seconds": ("gauge", "How long the last report took."),
    "reconstruct_report_episodes": ("gauge", "Episodes in the window of the last report."),
    "reconstruct_report_open_episodes": ("gauge", "Episodes that were still open at its end."),
    "reconstruct_report_gaps": ("gauge", "What the last report asked for and did not get."),
    "reconstruct_report_announcements_total": ("counter", "Announcements made."),
    "reconstruct_report_deliveries_total": ("counter", "Messages by target and outcome (delivered, dead_letter)."),
}


def write_metrics(path: Path, values: Mapping[str, float]) -> None:
    """Write `values`, by metric name with labels (see `series`), in the text format, replacing `path` whole.

    Raises
    ------
    UsageError
        If the file cannot be written.
    ValueError
        If a metric is not one of HELP.
    """
    content = as_text(values).encode("utf-8")
    write_whole(path, content, what="the metrics file", mode=0o644)  # node_exporter runs as another user


def as_text(values: Mapping[str, float]) -> str:
    r"""The text exposition of `values`.

    >>> print(as_text({"reconstruct_report_gaps": 2}), end="")
    # HELP reconstruct_report_gaps What the last report asked for and did not get.
    # TYPE reconstruct_report_gaps gauge
    reconstruct_report_gaps 2.0
    """
    if unknown := {name.partition("{")[0] for name in values} - HELP.keys():
        raise ValueError(f"unknown metrics: {', '.join(sorted(unknown))}")
    lines = []
    for name, (kind, says) in HELP.items():
        samples = [f"{key} {float(value)!r}" for key, value in values.items() if key.partition("{")[0] == name]
        if samples:
            lines += [f"# HELP {name} {says}", f"# TYPE {name} {kind}", *sorted(samples)]
    return "".join(line + "\n" for line in lines)


def series(name: str, **labels: str) -> str:
    r"""A series' name, its label values escaped.

    >>> series("reconstruct_report_deliveries_total", outcome="delivered", target='a"b')
    'reconstruct_report_deliveries_total{outcome="delivered",target="a\\"b"}'
    """
    escaped = {k: v.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for k, v in labels.items()}
    inside = ",".join(f'{key}="{value}"' for key, value in sorted(escaped.items()))
    return f"{name}{{{inside}}}" if inside else name
