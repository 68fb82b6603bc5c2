"""systemd's journal, as `journalctl -o json` prints it: starts and stops of units are restarts, the rest notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconstruct.model import Service
from reconstruct.sources.changes.payload import Format, Item, PayloadReading, Told, begin, each, has, labels, text
from reconstruct.sources.changes.record import event

_STARTED: Final = re.compile(r"(?:Started|Restarted|Reloaded) ")


def _entry(item: Item, reading: PayloadReading) -> Iterator[Told]:
    raw = item.get("MESSAGE")
    said = bytes(int(one) for one in raw).decode("utf-8", "replace") if isinstance(raw, list) else text(item, "MESSAGE")
    unit = text(item, "UNIT", "USER_UNIT", "_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER")
    by_systemd = text(item, "SYSLOG_IDENTIFIER") in ("systemd", "")
    yield event(
        time=begin(item, "_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"),
        kind="restart" if by_systemd and text(item, "UNIT") and _STARTED.match(said) else "note",
        service=Service(re.sub(r"(?:@[^.]*)?\.\w+$", "", unit)),
        title=said,
        source=reading.source,
        source_id=text(item, "__CURSOR"),
        labels=labels(host=text(item, "_HOSTNAME"), unit=unit, priority=text(item, "PRIORITY")),
    )


def is_export(text: str) -> bool:
    """Whether a text is what `journalctl -o export` prints: blocks of `FIELD=value`."""
    return bool(re.match(r"__(?:CURSOR|REALTIME_TIMESTAMP)=", text))


def export_items(text: str) -> list[Item]:
    """The entries of `journalctl -o export` as its JSON has them; fields in binary are left out."""
    blocks = [block for block in re.split(r"\n\s*\n", text) if block.strip()]
    return [dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in blocks]


FORMATS: Final = (Format("the systemd journal", lambda item: has(item, "__REALTIME_TIMESTAMP"), each(_entry)),)
