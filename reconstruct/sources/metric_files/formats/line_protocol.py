"""InfluxDB's line protocol, as Telegraf writes it to files: `cpu,host=a usage_user=3.1 1795009500000000000`."""

from __future__ import annotations

import re
from typing import Final

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder

_KEY: Final = r"(?:\\.|[^,= \\])+"
_LINE: Final = re.compile(rf"(?P<about>{_KEY}(?:,{_KEY}={_KEY})*) (?P<fields>{_KEY}=\S.*?) (?P<time>\d{{9,19}})")
_FIELD: Final = re.compile(rf'(?P<name>{_KEY})=(?P<value>"(?:\\.|[^"\\])*"|[^,]*)(?:,|$)')
_ESCAPED: Final = re.compile(r"\\([,= ])")


def read_line_protocol(content: Content, *, tz: str) -> Parsed | None:
    """A measurement's fields are metrics `measurement_field`, its tags are labels; texts are passed over.

    Source: docs.influxdata.com, Line protocol.
    """
    lines = [line for line in content.lines() if line.strip() and not line.startswith("#")]
    if not lines or not _LINE.fullmatch(lines[0].strip()):
        return None
    recorder = Recorder(tz=tz)
    for line in lines:
        if (match := _LINE.fullmatch(line.strip())) is None:
            continue
        measurement, *tags = re.split(r"(?<!\\),", match["about"])
        labels = dict(_plain(tag).split("=", 1) for tag in tags)
        for field in _FIELD.finditer(match["fields"]):
            value = field["value"].removesuffix("i").removesuffix("u")
            if not value.startswith('"') and value.lower() not in ("t", "f", "true", "false"):
                name = f"{_plain(measurement)}_{_plain(field['name'])}"
                recorder.add(name, labels, [float(match["time"])], [value])
    return Parsed(recorder.tracks())


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)
