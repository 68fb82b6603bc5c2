"""What `scan` found, for people (a table with what it means above it), and as JSON, CSV and Parquet."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final

import pandas as pd

from reconstruct.model import AffectedInstances, ChangedSeries, CommonLabel, ScanResult, Window
from reconstruct.text import scan as words
from reconstruct.text.escape import clip, json_text, plain
from reconstruct.text.times import clock, iso, iso_or_none
from reconstruct.text.units import human, six_digits

SCHEMA: Final = "reconstruct/scan/1"
MAX_NAME: Final = 90
"""Characters of a series' name: the figures before it stay in line."""
MAX_COMMON_SHOWN: Final = 5
BINS: Final = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400)
"""Seconds of a row of the histogram: the shortest that needs no more than MAX_ROWS rows."""
MAX_ROWS: Final = 16
BAR: Final = 40
"""Characters of its longest bar."""


def to_scan_table(result: ScanResult) -> str:
    """When most of it began, what it has in common, and one line a series."""
    dates = spans_days(result.window)
    lines = []
    if result.most_began is not None:
        first, last, count = result.most_began
        lines.append(words.most_began(first, last, count, changed=result.changed, dates=dates))
    lines.append(words.counted(series=result.series, judged=result.judged, changed=result.changed))
    if result.common:
        lines += ["", "What the changed series have in common:"]
        lines += [f"  {plain(words.in_common(one))}" for one in result.common[:MAX_COMMON_SHOWN]]
    if result.instances is not None and result.instances.common:
        lines += ["", plain(words.instances_text(result.instances))]
    if result.families:
        lines += ["", f"By metric: {plain(words.families_text(result.families))}"]
    if len(result.onsets) > 1:
        lines += ["", "Onsets:", *_histogram(result, dates=dates)]
    if result.top:
        lines += ["", *scan_rows(result, dates=dates)]
    if result.unread:
        lines += ["", f"Not read ({len(result.unread)}):"]
        lines += [f"  {clip(plain(f'{what}: {why}'), most=2 * MAX_NAME)}" for what, why in result.unread[:MAX_ROWS]]
    return "\n".join(lines) + "\n"


def spans_days(window: Window) -> bool:
    """Whether a time of the day alone would be ambiguous."""
    return bool(window.baseline_start.normalize() != window.end.normalize())


def to_scan_json(result: ScanResult) -> str:
    """The whole answer as JSON: times RFC 3339 UTC, figures to six digits."""
    return json_text(json.dumps(scan_dict(result), indent=1, ensure_ascii=False)) + "\n"


def scan_dict(result: ScanResult) -> dict[str, Any]:
    """The answer as json.dumps takes it."""
    began = result.most_began
    return {
        "schema": SCHEMA,
        "window": {
            "start": iso(result.window.start),
            "end": iso(result.window.end),
            "baseline_start": iso(result.window.baseline_start),
            "step_s": six_digits(result.window.step_s),
        },
        "selector": result.selector,
        "series": result.series,
        "judged": result.judged,
        "changed": result.changed,
        "most_began": {"start": iso(began[0]), "end": iso(began[1]), "series": began[2]} if began else None,
        "onsets": [
            {"time": iso(pd.Timestamp(time, unit="s", tz="UTC")), "series": count} for time, count in result.onsets
        ],
        "common": [_common(one) for one in result.common],
        "instances": _instances(result.instances),
        "families": [{"metric": f.metric, "changed": f.changed, "series": f.series} for f in result.families],
        "top": [_record(rank, one) for rank, one in enumerate(result.top, 1)],
        "unread": [{"query": what, "cause": why} for what, why in result.unread],
        "left_out": result.left_out,
    }


def _common(one: CommonLabel) -> dict[str, Any]:
    return {
        "selector": one.selector,
        "matchers": [list(condition) for condition in one.matchers],
        "changed": one.changed,
        "of_changed": one.of_changed,
        "others": six_digits(one.others),
        "of_others": six_digits(one.of_others),
        "support": six_digits(one.support),
        "share": six_digits(one.share),
        "lift": six_digits(one.lift),
        "p_value": six_digits(one.p_value),
    }


def _instances(one: AffectedInstances | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "label": one.label,
        "affected": list(one.affected),
        "others": one.others,
        "common": [_common(each) for each in one.common],
        "text": words.instances_text(one),
    }


def to_scan_csv(result: ScanResult) -> str:
    """One row a series; labels as JSON in one cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for number, row in enumerate(_flat(result)):
        if not number:
            writer.writerow(row)
        writer.writerow(["" if value is None else value for value in row.values()])
    return out.getvalue()


def to_scan_parquet(result: ScanResult) -> bytes:
    """The same rows as Parquet."""
    out = io.BytesIO()
    pd.DataFrame(list(_flat(result))).to_parquet(out, index=False)
    return out.getvalue()


def _flat(result: ScanResult) -> list[dict[str, Any]]:
    rows = []
    for rank, one in enumerate(result.top, 1):
        record = _record(rank, one)
        labels = json.dumps(record.pop("labels"), sort_keys=True, ensure_ascii=False)
        for name in ("onset", "recovery"):
            moment = record.pop(name) or {"time": None, "earliest": None, "latest": None}
            record |= {name: moment["time"], f"{name}_earliest": moment["earliest"], f"{name}_latest": moment["latest"]}
        rows.append({**record, "labels": labels})
    return rows


def _record(rank: int, one: ChangedSeries) -> dict[str, Any]:
    def moment(value: Any) -> dict[str, str | None] | None:
        return value and {
            "time": iso_or_none(value.time),
            "earliest": iso_or_none(value.earliest),
            "latest": iso_or_none(value.latest),
        }

    return {
        "rank": rank,
        "metric": one.metric,
        "labels": dict(one.labels),
        "unit": one.unit,
        "direction": one.direction,
        "shape": one.shape,
        "score": six_digits(one.score),
        "robust_z": six_digits(one.robust_z),
        "baseline": six_digits(one.baseline),
        "level": six_digits(one.level),
        "peak": six_digits(one.peak),
        "peak_time": iso(one.peak_time),
        "onset": moment(one.onset),
        "recovery": moment(one.recovery),
    }


def scan_rows(result: ScanResult, *, dates: bool) -> list[str]:
    """One line a series: score, onset and recovery, baseline, level and peak, name."""
    wide = 19 if dates else 9
    head = (
        f"{'score':>7}  {'onset':<{wide}}  {'recovered':<{wide}}  {'baseline':>11}  {'level':>11}  {'peak':>11}  series"
    )
    lines = [head]
    for one in result.top:
        labels = ", ".join(f"{k}={v}" for k, v in sorted(one.labels.items()))
        name = clip(plain(f"{one.metric}{{{labels}}}"), most=MAX_NAME)
        back = clock(one.recovery.time, dates=dates) if one.recovery else "ongoing"
        figures = "  ".join(f"{human(value, one.unit):>11}" for value in (one.baseline, one.level, one.peak))
        score = f"{one.score:7.3g}" if one.score < 1e4 else f"{one.score:7.1e}"
        lines.append(f"{score}  {clock(one.onset.time, dates=dates):<{wide}}  {back:<{wide}}  {figures}  {name}")
    return lines


def _histogram(result: ScanResult, *, dates: bool) -> list[str]:
    """Onsets over time, a bar a stretch."""
    times = [time for time, _ in result.onsets]
    bin_s = next((s for s in BINS if (times[-1] - times[0]) // s < MAX_ROWS), BINS[-1])
    counts: dict[int, int] = {}
    for time, count in result.onsets:
        counts[time // bin_s] = counts.get(time // bin_s, 0) + count
    most = max(counts.values())
    lines = []
    for number in range(times[0] // bin_s, times[-1] // bin_s + 1):
        count = counts.get(number, 0)
        at = clock(pd.Timestamp(number * bin_s, unit="s", tz="UTC"), dates=dates)
        lines.append(f"  {at}  {count:>8,}  {'#' * -(-BAR * count // most)}".rstrip())
    return lines
