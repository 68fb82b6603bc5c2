"""Answers of the Prometheus API as saved with curl or `promtool query range -o json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconstruct.errors import UsageError
from reconstruct.model import Gap
from reconstruct.sources.metric_files.content import Content
from reconstruct.sources.metric_files.tracks import Parsed, Recorder


def read_prometheus_api(content: Content, *, tz: str) -> Parsed | None:
    """`{"status", "data": {"resultType", "result": [{"metric", "values"}]}}`, its `data`, or its `result` alone.

    Raises
    ------
    UsageError
        If it is an error as the API answers one.

    Source: prometheus.io/docs/prometheus/latest/querying/api.
    """
    answer = content.document
    if isinstance(answer, dict) and answer.get("status") == "error" and "errorType" in answer:
        raise UsageError(
            f"{content.path} is an error of the Prometheus API: {answer.get('error')}",
            hint="ask again, and save an answer that has status success",
        )
    result = _result(answer)
    if result is None:
        return None
    recorder = Recorder(tz=tz)
    for one in result:
        labels = {str(k): str(v) for k, v in one["metric"].items()}
        name = labels.pop("__name__", content.stem)
        samples = one.get("values") or ([one["value"]] if one.get("value") else [])
        recorder.add(name, labels, [sample[0] for sample in samples], [sample[1] for sample in samples])
    return Parsed(recorder.tracks(), gaps=_gaps(answer, source=content.name))


def _gaps(answer: Any, *, source: str) -> tuple[Gap, ...]:
    """What the server says is not whole: its warnings (Thanos), and VictoriaMetrics' `isPartial`."""
    if not isinstance(answer, dict):
        return ()
    warnings = answer.get("warnings")
    told = [str(one) for one in warnings] if isinstance(warnings, list) else []
    if answer.get("isPartial") is True:
        told.append("the server marked its answer as partial")
    return tuple(Gap("", source, "a part of its series or samples", cause) for cause in dict.fromkeys(told))


def _result(answer: Any) -> Sequence[Mapping[str, Any]] | None:
    for key in ("data", "result"):
        if isinstance(answer, dict) and isinstance(answer.get(key), dict | list):
            answer = answer[key]
    shaped = isinstance(answer, list) and all(
        isinstance(one, dict)
        and isinstance(one.get("metric"), dict)
        and ("values" in one or "value" in one or "histograms" in one)
        and "timestamps" not in one
        for one in answer
    )
    return answer if shaped and answer else None
