"""Data frames of Grafana: the panel inspector's JSON, answers of `/api/ds/query`, single frames, and older series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder
from reconstruct.sources.metric_files.units import unit_of_vendor

Json = Mapping[str, Any]


def read_grafana_frames(content: Content, *, tz: str) -> Parsed | None:
    """Frames with `fields`, or `schema` and `data`; or `[{"target", "datapoints": [[value, ms], ...]}]`.

    A field of text is a label of the rows beside it; a field's `labels` and its unit are the series' own.

    Source: grafana.com/docs, data frames; packages/grafana-data, DataFrameJSON.
    """
    points = _old_series(content.document)
    recorder = Recorder(tz=tz)
    if points:
        for one in points:
            kept = [pair for pair in one["datapoints"] if isinstance(pair, list) and len(pair) == 2]
            recorder.add(str(one["target"]), one.get("tags") or {}, [t for _, t in kept], [v for v, _ in kept])
        return Parsed(recorder.tracks())
    frames = list(_frames(content.document))
    if not frames:
        return None
    for frame in frames:
        _frame(frame, recorder=recorder, stem=content.stem)
    return Parsed(recorder.tracks())


def _old_series(document: Any) -> Sequence[Json]:
    shaped = isinstance(document, list) and all(isinstance(one, dict) and "datapoints" in one for one in document)
    return [one for one in document if "target" in one] if shaped else ()


def _frames(document: Any) -> Iterator[tuple[str, list[tuple[Json, list[Any]]]]]:
    """(name of the frame, its fields with their values)."""
    if isinstance(document, list):
        for one in document:
            yield from _frames(one)
    elif isinstance(document, dict):
        if isinstance(document.get("results"), dict):
            for result in document["results"].values():
                yield from _frames(result.get("frames") if isinstance(result, dict) else None)
        elif isinstance(document.get("schema"), dict) and isinstance(document.get("data"), dict):
            fields = document["schema"].get("fields") or []
            columns = document["data"].get("values") or []
            said = document["schema"].get("name") or ""
            yield str(said), list(zip(fields, columns, strict=False))
        elif isinstance(document.get("fields"), list) and all(isinstance(f, dict) for f in document["fields"]):
            yield str(document.get("name") or ""), [(f, _values(f.get("values"))) for f in document["fields"]]
        elif isinstance(document.get("series"), list):  # the inspector's panel data: {"state", "series": [frames]}
            yield from _frames([one for one in document["series"] if isinstance(one, dict) and "fields" in one])


def _values(given: Any) -> list[Any]:
    if isinstance(given, dict):  # ArrayVector as older Grafana serialised it
        given = given.get("buffer")
    return given if isinstance(given, list) else []


def _frame(frame: tuple[str, list[tuple[Json, list[Any]]]], *, recorder: Recorder, stem: str) -> None:
    said, fields = frame
    time = next((values for field, values in fields if field.get("type") == "time"), None)
    if time is None:
        return
    texts = [(str(f.get("name")), values) for f, values in fields if f.get("type") in ("string", "enum", "boolean")]
    for field, values in fields:
        if field.get("type") != "number":
            continue
        labels = {str(k): str(v) for k, v in (field.get("labels") or {}).items()}
        config = field.get("config") or {}
        unit = unit_of_vendor(config.get("unit"))
        name = labels.pop("__name__", "") or _named(field, config, said=said, stem=stem)
        if not texts:
            recorder.add(name, labels, time, values, unit=unit)
            continue
        rows: dict[tuple[str, ...], list[int]] = {}
        for row, cells in enumerate(zip(*(column for _, column in texts), strict=False)):
            rows.setdefault(tuple("" if cell is None else str(cell) for cell in cells), []).append(row)
        for cells, places in rows.items():
            own = labels | dict(zip((name for name, _ in texts), cells, strict=True))
            recorder.add(name, own, [time[at] for at in places], [values[at] for at in places], unit=unit)


def _named(field: Json, config: Json, *, said: str, stem: str) -> str:
    name = str(field.get("name") or "")
    shown = config.get("displayName") or config.get("displayNameFromDS")
    if name and name.lower() != "value":
        return name
    # A legend made of labels only repeats them; the frame's or the file's name says more.
    return str(shown or said or stem)
