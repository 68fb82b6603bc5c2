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


FORMATS: Final = (Format("the systemd journal", lambda item: has(item, "__REALTIME_TIMESTAMP"), each(_entry)),)
