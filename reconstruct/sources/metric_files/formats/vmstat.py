"""What `vmstat -t` prints: one line a moment, the time at its end, the zone above it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from reconstruct.errors import UsageError
from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder, has_samples
from reconstruct.sources.metric_files.units import WrittenUnit

_BANNER: Final = re.compile(r"-*procs-* -+memory-+ .*")
_ROW: Final = re.compile(r"\s*(?P<cells>(?:\d+\s+)+)(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\s*$")
_SHARE: Final = WrittenUnit("ratio", 0.01)
_NAMES: Final[Mapping[str, tuple[str, WrittenUnit | None]]] = {
    "r": ("run_queue_length", None),
    "b": ("blocked_processes", None),
    "si": ("swapped_in_per_second", None),
    "so": ("swapped_out_per_second", None),
    "bi": ("blocks_in_per_second", WrittenUnit("per second")),
    "bo": ("blocks_out_per_second", WrittenUnit("per second")),
    "in": ("interrupts_per_second", WrittenUnit("per second")),
    "cs": ("context_switches_per_second", WrittenUnit("per second")),
    "us": ("cpu_user", _SHARE),
    "sy": ("cpu_system", _SHARE),
    "id": ("cpu_idle", _SHARE),
    "wa": ("cpu_iowait", _SHARE),
    "st": ("cpu_steal", _SHARE),
    "gu": ("cpu_guest", _SHARE),
}
"""Columns of memory have no unit: `-S` changes it, and the output does not tell."""


def read_vmstat(content: Content, *, tz: str) -> Parsed | None:
    """Each column a metric; the first line of each run tells means since the machine started, and is left out.

    Raises
    ------
    UsageError
        If it was run without `-t`, and has no times; if its zone is none, or several.

    Source: vmstat(8) of procps.
    """
    if not _BANNER.match(content.text):
        return None
    recorder = Recorder(tz=tz)
    header: list[str] = []
    zone, fresh = "", True
    for line in content.lines():
        cells = line.split()
        if cells[:2] == ["r", "b"]:
            if not header:
                fresh = True
            header = [cell for cell in cells if cell.islower()]
            zone = next((cell for cell in cells if not cell.islower()), "")
        elif match := _ROW.fullmatch(line):
            if fresh:
                fresh = False
                continue
            time = f"{match['time']} {zone}"
            for name, cell in zip(header, match["cells"].split(), strict=False):
                called, unit = _NAMES.get(name, (f"memory_{name}", None))
                recorder.add(called, {}, [time], [cell], unit=unit)
    if not zone:
        raise UsageError(f"{content.path} is of vmstat without times", hint="run it as `vmstat -t 10`")
    tracks = recorder.tracks()
    if tracks and not any(map(has_samples, tracks)):
        raise UsageError(
            f"{content.path}: the zone {zone!r} of its times is not known", hint="run `TZ=UTC vmstat -t 10`"
        )
    return Parsed(tracks)
