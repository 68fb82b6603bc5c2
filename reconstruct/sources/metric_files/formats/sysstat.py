"""sysstat: what `sar` prints, `sadf -j`, `-d` and `-p` export, and `mpstat` and `iostat -t` tell as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from reconstruct.errors import UsageError
from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder, number
from reconstruct.sources.metric_files.units import WrittenUnit

_BANNER: Final = re.compile(
    r"^\S+ \S+ \((?P<host>[^)]+)\)\s+(?P<date>\d{4}-\d\d-\d\d|\d\d/\d\d/\d{2,4}|\d\d\.\d\d\.\d{2,4})\s"
)
_CLOCK: Final = re.compile(r"^(?P<clock>\d\d:\d\d:\d\d)(?:\s+(?P<half>AM|PM))?\s+(?P<rest>\S.*)$")
_PIPED: Final = re.compile(r"\S+\t-?\d+\t(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?: UTC)?|\d{10})\t\S+\t\S+\t\S+\n")
_DEVICES: Final = frozenset({"CPU", "IFACE", "DEV", "TTY", "FILESYSTEM", "INTR", "FAN", "TEMP", "BUS"})
_PLAIN: Final[Mapping[str, str]] = {
    "%idle": "cpu_idle",
    "%util": "disk_busy",
    "%memused": "memory_used",
    "%swpused": "swap_used",
    "%commit": "memory_commit",
    "%ifutil": "interface_utilization",
    "%fsused": "filesystem_used",
    "%Iused": "inodes_used",
}
"""Fields whose own names do not say what they are of."""
_CPU: Final = frozenset({"user", "usr", "nice", "system", "sys", "iowait", "steal", "irq", "soft", "guest", "gnice"})
"""Shares of the time of a CPU; other shares are of memory, disks and interfaces."""
_PERCENT: Final = re.compile(r"percent$|cpu-load|avg-cpu|disk_(?:util|[rwd]rqm)$")
"""Fields of the JSON outputs that are percentages."""
_ALL_CPUS: Final = "-1"
_KB: Final = WrittenUnit("bytes", 1024.0)


def read_sysstat(content: Content, *, tz: str) -> Parsed | None:
    """Each field is a metric, the CPU, device or interface a label, the host too.

    Source: sar(1) and sadf(1) of sysstat.
    """
    recorder = Recorder(tz=tz)
    document = content.document
    if isinstance(document, dict) and "sysstat" in document:
        zoned = [_json_host(host, recorder=recorder) for host in document["sysstat"].get("hosts") or ()]
        return Parsed(recorder.tracks(), zoneless=not all(zoned))
    if content.text.startswith("# hostname;interval;timestamp"):
        zoneless = _database(content.text, recorder=recorder)
        return Parsed(recorder.tracks(), zoneless=zoneless)
    if _PIPED.match(content.text):
        zoneless = _piped(content.text, recorder=recorder)
        return Parsed(recorder.tracks(), zoneless=zoneless)
    banner = _BANNER.match(content.text)
    if banner is None:
        return None
    _printed(content.text, banner=banner, recorder=recorder)
    return Parsed(recorder.tracks(), zoneless=True)


def _printed(text: str, *, banner: re.Match[str], recorder: Recorder) -> None:
    day = _date(banner["date"])
    host = banner["host"]
    header: list[str] = []
    before = pd.Timedelta(0)
    nights = pd.Timedelta(0)
    fresh = True
    for line in text.splitlines():
        again = _BANNER.match(line)
        if again:
            day, before, nights = _date(again["date"]), pd.Timedelta(0), pd.Timedelta(0)
        if not line.strip():
            header, fresh = [], True
            continue
        clock = _CLOCK.match(line.strip())
        if clock is None or "LINUX RESTART" in line:
            continue
        cells = clock["rest"].split()
        if not header or any(not _is_number(cell) for cell in cells[1:]):
            header = cells
            continue
        at = pd.Timedelta(clock["clock"])
        if clock["half"]:
            at = at % pd.Timedelta("12h") + (pd.Timedelta("12h") if clock["half"] == "PM" else pd.Timedelta(0))
        if fresh:
            # Each table begins anew; a report is of one day, and ends with its midnight.
            before, nights, fresh = at, pd.Timedelta(0), False
        if at < before:
            nights += pd.Timedelta("1D")
        before = at
        time = (day + at + nights).strftime("%Y-%m-%d %H:%M:%S")
        _row(header, cells, labels={"host": host}, time=time, recorder=recorder)


def _row(
    header: Sequence[str], cells: Sequence[str], *, labels: Mapping[str, str], time: Any, recorder: Recorder
) -> None:
    own = dict(labels)
    named = header[0] in _DEVICES
    if named:
        own["cpu" if header[0] == "CPU" else "device"] = (
            "all" if (header[0], cells[0]) == ("CPU", _ALL_CPUS) else cells[0]
        )
    for field, cell in zip(header[named:], cells[named:], strict=False):
        if _is_number(cell):
            name, unit = meaning_of_field(field)
            recorder.add(name, own, [time], [cell.replace(",", ".")], unit=unit)


def meaning_of_field(field: str) -> tuple[str, WrittenUnit | None]:
    """A name that says what a field of sar is of, and its unit.

    >>> meaning_of_field("%user"), meaning_of_field("rxkB/s")[0], meaning_of_field("ldavg-1")[0]
    (('cpu_user', WrittenUnit(unit='ratio', factor=0.01)), 'rx_per_second', 'ldavg-1')
    """
    if field.startswith("%"):
        plain = f"cpu_{field[1:]}" if field[1:] in _CPU else f"{field[1:]}_share"
        return _PLAIN.get(field, plain), WrittenUnit("ratio", 0.01)
    if field.endswith("kB/s"):
        return f"{field[:-4]}_per_second", WrittenUnit("bytes per second", 1024.0)
    if field.endswith("/s"):
        return f"{field[:-2]}_per_second", WrittenUnit("per second")
    if field.startswith("kb"):
        return field[2:] + "_memory" if "mem" not in field else field[2:], _KB
    if field in ("await", "svctm"):
        return f"disk_{field}", WrittenUnit("seconds", 1e-3)
    return field, None


def _date(text: str) -> pd.Timestamp:
    if "-" in text:
        return pd.Timestamp(text)
    if "." in text:
        day, month, year = text.split(".")
    else:
        month, day, year = text.split("/")  # LC_ALL=C, as sysstat writes without a locale
    return pd.Timestamp(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))


def _is_number(cell: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(?:[.,]\d+)?", cell))


def _json_host(host: Mapping[str, Any], *, recorder: Recorder) -> bool:
    """What `sadf -j`, `mpstat -o JSON` and `iostat -o JSON -t` tell of one host; whether its times have a zone.

    Raises
    ------
    UsageError
        If its moments have no times.
    """
    name, zoned = str(host.get("nodename") or ""), True
    moments = list(host.get("statistics") or ())
    if len(moments) > 1 and "avg-cpu" in moments[0]:
        moments = moments[1:]  # iostat's first report is of the time since the machine started
    for moment in moments:
        stamp = moment.get("timestamp")
        if not stamp:
            raise UsageError("its reports have no times", hint="iostat tells them with -t")
        if isinstance(stamp, str):
            stamp = _of_reports(stamp, host)
        utc = stamp.get("utc") in (1, True, "1") or stamp.get("tz") == "UTC"
        zoned = zoned and utc
        time = f"{stamp.get('date')}T{stamp.get('time')}Z" if utc else f"{stamp.get('date')} {stamp.get('time')}"
        for field, value, labels in _leaves({k: v for k, v in moment.items() if k != "timestamp"}, path=(), labels={}):
            unit = WrittenUnit("ratio", 0.01) if _PERCENT.search(field) else None
            recorder.add(field, {"host": name, **labels}, [time], [value], unit=unit)
    return zoned


def _of_reports(stamp: str, host: Mapping[str, Any]) -> Mapping[str, Any]:
    """The time of a moment of `mpstat -o JSON` (a clock) and of `iostat -o JSON -t` (with its date)."""
    date, _, clock = stamp.rpartition(" ")
    return {"date": f"{_date(date or str(host.get('date'))):%Y-%m-%d}", "time": clock}


def _leaves(
    node: Any, *, path: tuple[str, ...], labels: Mapping[str, str]
) -> Iterator[tuple[str, float, Mapping[str, str]]]:
    if isinstance(node, list):
        for one in node:
            yield from _leaves(one, path=path, labels=labels)
    elif isinstance(node, dict):
        own = {k: str(v) for k, v in node.items() if isinstance(v, str)}
        for key, value in node.items():
            if isinstance(value, dict | list):
                yield from _leaves(value, path=(*path, key), labels={**labels, **own})
            elif not isinstance(value, str):
                yield "_".join((*path, key)), number(value), {**labels, **own}


def _database(text: str, *, recorder: Recorder) -> bool:
    """What `sadf -d` gives; whether its times have no zone (`-T`: the machine's own)."""
    header: list[str] = []
    zoneless = False
    for line in text.splitlines():
        cells = line.split(";")
        if line.startswith("#"):
            header = [cells[0].lstrip("# "), *cells[1:]]
            continue
        if len(cells) < len(header) or "LINUX-RESTART" in line:
            continue
        zoneless = zoneless or _is_zoneless(cells[2])
        _row(header[3:], cells[3:], labels={"host": cells[0]}, time=_stamp(cells[2]), recorder=recorder)
    return zoneless


def _piped(text: str, *, recorder: Recorder) -> bool:
    """What `sadf -p` gives: host, interval, time, device or `-`, field, value; whether its times have no zone."""
    zoneless = False
    for line in text.splitlines():
        cells = line.split("\t")
        if len(cells) != 6 or not _is_number(cells[5]):
            continue
        zoneless = zoneless or _is_zoneless(cells[2])
        name, unit = meaning_of_field(cells[4])
        device = {} if cells[3] == "-" else {"cpu" if name.startswith("cpu_") else "device": cells[3]}
        labels = {"host": cells[0], **device}
        recorder.add(name, labels, [_stamp(cells[2])], [cells[5].replace(",", ".")], unit=unit)
    return zoneless


def _stamp(cell: str) -> str:
    return cell.replace(" UTC", "Z").replace(" ", "T", 1)


def _is_zoneless(cell: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", cell))
