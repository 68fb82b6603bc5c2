"""What `promtool query range` and `promtool query instant` print."""

from __future__ import annotations

import re
from typing import Final

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.formats.exposition import labels_of
from reconstruct.sources.metric_files.tracks import Parsed, Recorder

_SERIES: Final = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)?\s*(?:\{(?P<labels>.*)\})?\s*=>\s*(?P<rest>.*)$")
_SAMPLE: Final = re.compile(r"^(?P<value>\S+)\s+@\[(?P<time>[\d.]+)\]$")


def read_promtool_output(content: Content, *, tz: str) -> Parsed | None:
    """`name{labels} =>` and below it `value @[time]`; an instant query prints both on one line."""
    first = next((line for line in content.lines() if line.strip()), "")
    if not _SERIES.match(first.strip()):
        return None
    recorder = Recorder(tz=tz)
    name, labels = content.stem, {}
    for line in content.lines():
        text = line.strip()
        begun = _SERIES.match(text)
        if begun:
            labels = labels_of(begun["labels"] or "")
            name = begun["name"] or labels.pop("__name__", content.stem)
            text = begun["rest"]
        sample = _SAMPLE.match(text)
        if sample:
            recorder.add(name, labels, [float(sample["time"])], [sample["value"]])
    return Parsed(recorder.tracks())
