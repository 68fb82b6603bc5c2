"""Terraform's own log, `terraform apply -json`: one event for a run, from its first change to its last.

A line of `planned_change` says what would be done; only `apply_start` and what follows it says that it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconstruct.model import Service
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    begin,
    each,
    end,
    has,
    items_at,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceResult

MAX_RESOURCES_SHOWN: Final = 3
_APPLIED: Final = ("apply_start", "apply_complete", "apply_errored")


def _parse(lines: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Each run of the log: a line of `version` begins one."""
    runs: list[list[Item]] = [[]]
    for line in lines:
        if text(line, "type") == "version":
            runs.append([])
        if text(line, "type") in _APPLIED:
            runs[-1].append(line)
    told = [run for run in runs if run]
    if not told:
        return SourceResult(notes=(f"{reading.source}: a run of Terraform that changed nothing is passed over",))
    return each(_run)([{"lines": run} for run in told], reading)


def _run(item: Item, reading: PayloadReading) -> Iterator[Told]:
    lines = items_at(item, "lines")
    changed = list(dict.fromkeys(text(line, "hook.resource.addr") for line in lines))
    shown = ", ".join(changed[:MAX_RESOURCES_SHOWN]) + (", ..." if len(changed) > MAX_RESOURCES_SHOWN else "")
    done = [line for line in lines if text(line, "type") == "apply_complete"]
    failed = [line for line in lines if text(line, "type") == "apply_errored"]
    over = len(done) + len(failed) == len(lines) - len(done) - len(failed)
    yield event(
        time=begin(lines[0], "@timestamp"),
        end=end(lines[-1], "@timestamp") if over else None,
        kind="config",
        service=Service(reading.service),
        title=f"terraform apply: {shown}" + (f", {len(failed)} failed" if failed else ""),
        source=reading.source,
        source_id=text(lines[0], "@timestamp"),
        state="done" if done and over else "failed" if failed and over else "running",
    )


FORMATS: Final = (
    Format(
        "a log of Terraform",
        lambda item: has(item, "@timestamp", "@message", "type") and text(item, "@module").startswith("terraform"),
        _parse,
    ),
)
