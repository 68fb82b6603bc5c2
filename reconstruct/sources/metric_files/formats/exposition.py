"""OpenMetrics and Prometheus text with timestamps, as `promtool tsdb dump` and federation write them."""

from __future__ import annotations

import re
from typing import Final

from reconstruct.errors import UsageError
from reconstruct.model import Gap
from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder, limited
from reconstruct.sources.metric_files.units import unit_of_vendor

_SAMPLE: Final = re.compile(
    r"^(?P<name>[a-zA-Z_:][\w:.]*)?\s*(?:\{(?P<labels>(?:[^\"}]|\"(?:\\.|[^\"\\])*\")*)\})?"
    r"\s+(?P<value>[+-]?(?:[\d.]+(?:[eE][+-]?\d+)?|[Ii]nf(?:inity)?|NaN|nan))(?:\s+(?P<time>-?[\d.]+(?:[eE]\+?\d+)?))?"
    r"(?:\s+#\s*\{.*)?$"
)
_LABEL: Final = re.compile(r'\s*"?([a-zA-Z_][\w.]*)"?\s*=\s*"((?:\\.|[^"\\])*)"\s*(?:,|$)')
_ESCAPES: Final = {"n": "\n"}
_META: Final = re.compile(r"^#\s+(?P<what>TYPE|UNIT|HELP)\s+(?P<name>\S+)\s*(?P<says>.*)$")
LINES_LOOKED_AT: Final = 20
"""Enough to tell a scrape from a table: comments in front are few."""


def read_exposition(content: Content, *, tz: str) -> Parsed | None:
    """Lines `name{labels} value timestamp`; seconds in OpenMetrics, milliseconds in the older text, told by size.

    Raises
    ------
    UsageError
        If no line has a time: one scrape says what is, not what was.
    """
    if not _is_exposition(content):
        return None
    recorder = Recorder(tz=tz)
    kinds: dict[str, str] = {}
    units: dict[str, str] = {}
    gaps: list[Gap] = []
    timeless = 0
    for at, line in enumerate(content.lines(), 1):
        text = line.strip()
        meta = _META.match(text)
        if meta:
            {"TYPE": kinds, "UNIT": units}.get(meta["what"], {})[meta["name"]] = meta["says"].strip()
        if not text or text.startswith("#"):
            continue
        sample = _SAMPLE.match(text)
        if sample is None:
            gaps.append(Gap("", content.name, f"the sample on line {at}", f"{text[:60]!r} is no sample"))
        elif sample["time"] is None:
            timeless += 1
        else:
            labels = labels_of(sample["labels"] or "")
            name = sample["name"] or labels.pop("__name__", content.stem)
            family = name if name in kinds else re.sub(r"_(total|bucket|sum|count|created)$", "", name)
            kind = kinds.get(family, "")
            unit = unit_of_vendor(units.get(family))
            recorder.add(
                name,
                labels,
                [float(sample["time"])],
                [sample["value"]],
                unit=unit,
                kind=kind if kind in ("counter", "gauge") else "",
            )
    tracks = recorder.tracks()
    if not tracks and timeless:
        raise UsageError(
            f"{content.path} is a scrape without times: {timeless} samples, all of one unknown moment",
            hint="save a range instead: `promtool query range -o json`, or `promtool tsdb dump`",
        )
    if timeless:
        gaps.append(Gap("", content.name, f"{timeless} samples", "they have no time"))
    return Parsed(tracks, limited(gaps, name=content.name))


def labels_of(text: str) -> dict[str, str]:
    """Labels as the exposition format writes them, escapes undone.

    >>> labels_of('job="a", path="C:\\\\\\\\x", q="say \\\\"hi\\\\""')
    {'job': 'a', 'path': 'C:\\\\x', 'q': 'say "hi"'}
    """
    return {name: re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), value) for name, value in _LABEL.findall(text)}


def _is_exposition(content: Content) -> bool:
    if content.looks_like_json:
        return False
    seen = 0
    for line in content.text[: 64 * 1024].splitlines()[:LINES_LOOKED_AT]:
        text = line.strip()
        if _META.match(text) or ((sample := _SAMPLE.match(text)) and (sample["name"] or sample["labels"])):
            seen += 1
        elif text and not text.startswith("#"):
            return False
    return seen > 0
