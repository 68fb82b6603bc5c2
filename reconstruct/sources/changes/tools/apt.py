"""apt's history (`/var/log/apt/history.log`): each run with the packages that it installed, upgraded or removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconstruct.config import read_time
from reconstruct.model import Service
from reconstruct.sources.changes.payload import Item, PayloadReading, Told, each, text
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

_DONE: Final = ("Install", "Upgrade", "Downgrade", "Reinstall", "Remove", "Purge")
MAX_TITLE: Final = 200


def is_history(history: str) -> bool:
    """Whether a text is apt's history."""
    return bool(re.match(r"\s*Start-Date: \d{4}-", history))


def parse_history(history: str, *, source: str, ask: SourceRequest) -> SourceResult:
    """Each run a deploy, failed where apt says so; its times are the machine's own, read in `ask.tz`."""
    blocks = [block for block in re.split(r"\n\s*\n", history) if block.strip()]
    runs: list[Item] = [
        dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and line[0].isalpha())
        for block in blocks
    ]
    return each(_run)(runs, PayloadReading(source, ask)) + SourceResult(
        notes=(f"times without a zone in {source} are read as {ask.tz}",)
    )


def _run(item: Item, reading: PayloadReading) -> Iterator[Told]:
    done = [f"{word.lower()} {_packages(text(item, word))}" for word in _DONE if text(item, word)]
    over = text(item, "End-Date")
    yield event(
        time=read_time(" ".join(str(item["Start-Date"]).split()), tz=reading.ask.tz),
        end=read_time(" ".join(over.split()), tz=reading.ask.tz).time if over else None,
        kind="deploy",
        service=Service(reading.service),
        title=f"apt: {'; '.join(done)}"[:MAX_TITLE],
        source=reading.source,
        source_id=text(item, "Start-Date"),
        state="failed" if text(item, "Error") else "done",
    )


def _packages(told: str) -> str:
    """Names without architecture and version."""
    return re.sub(r":\w+ \([^)]*\)", "", told)
