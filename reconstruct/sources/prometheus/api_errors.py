"""What a Prometheus says when it does not answer a query, in words that tell what to do."""

from __future__ import annotations

import re
from typing import Final

from reconstruct import promql
from reconstruct.errors import QueryError, ReconstructError, SourceError
from reconstruct.http import HttpSettings, host_of, plain, redact

_TOO_MANY_SAMPLES: Final = re.compile(
    r"too many samples|maxSamplesPer|max-(?:fetched|estimated|chunks|samples)|maxQueryDuration"
    r"|exceeded maximum resolution|too many points|maxPointsPerTimeseries"
    r"|max number of (?:samples|chunks) limit|aggregated (?:chunks|data) size limit"  # Cortex
    r"|exceeded (?:samples|chunks|bytes) limit|maxMemoryPerQuery"  # store gateways, VictoriaMetrics
)
_TOO_LONG: Final = re.compile(
    r"(?:query )?time range (?:exceeds|cannot exceed)|query length exceeds|max-(?:total-)?query-length"
)
_TOO_WIDE: Final = re.compile(
    r"maximum number of series|max-series-per-query|maxSeries|too many (?:time)?series"
    r"|max number of series limit|exceeded series limit"  # Cortex, store gateways of Thanos and Mimir
    r"|(?:matching|unique) timeseries exceeds"  # VictoriaMetrics
)
_BLOCKED: Final = re.compile(r"blocked by the cluster administrator|query-blocked")
MAX_KIND: Final = 40
"""Characters of the kind of an error: Prometheus's own have 16 at most."""
_LIMIT: Final = re.compile(r"limit: *((?:[0-9.]+(?:ms|[smhdwy]))+)")
_TOO_SLOW: Final = re.compile(r"timed? ?out|deadline exceeded|cannot be completed in|maxQueryDuration")


class TooMuchError(SourceError):
    """The server would answer for a shorter piece of the window."""


class TooLongError(TooMuchError):
    """The server answers for shorter windows only; `limit_s` where it told for how long."""

    def __init__(self, message: str, *, hint: str, limit_s: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.limit_s = limit_s


class TooWideError(SourceError):
    """The query reads more series than the server allows: a shorter window does not help."""


class TooSlowError(SourceError):
    """The server did not finish in time; it may for a shorter piece of the window."""


def refusal(*, status: int, error_type: str, error: str, query: str, settings: HttpSettings) -> ReconstructError:
    """The error to raise for an API answer with `status: error`.

    A query that cannot be understood, or whose sides do not match, is the user's (`QueryError`, with a caret where the
    server names a place); everything else is the server's.

    >>> e = refusal(status=400, error_type="bad_data", error="1:5: parse error: unclosed left parenthesis",
    ...             query="sum(", settings=HttpSettings("http://prom:9090"))
    >>> print(e.message)
    prometheus at prom:9090 refused the query: 1:5: parse error: unclosed left parenthesis
      sum(
          ^
    """
    at = f"{settings.name} at {host_of(settings.url)}"
    kind = plain(error_type)[:MAX_KIND]
    words = plain(error) or f"{status} {kind}".strip()
    if _TOO_LONG.search(error):
        told = _LIMIT.search(error)
        return TooLongError(
            f"{at} answers for shorter windows only: {words}",
            hint="a shorter window, or a higher limit on the server",
            limit_s=promql.seconds(told.group(1)) if told else None,
        )
    if _TOO_WIDE.search(error):
        return TooWideError(
            f"{at} does not read so many series at once: {words}",
            hint="narrow --scope, or raise the limit on the server",
        )
    if _TOO_MANY_SAMPLES.search(error):
        return TooMuchError(
            f"{at} would have to load too many samples: {words}",
            hint="narrow --scope, or raise --query.max-samples on the server",
        )
    if _BLOCKED.search(error):
        return SourceError(f"{at} does not take this query: {words}", hint="whoever runs it has blocked it: ask them")
    if error_type in ("timeout", "canceled") or (status in (503, 422) and _TOO_SLOW.search(error)):
        return TooSlowError(
            f"{at} did not finish the query in time: {words}",
            hint="narrow --scope or shorten the window; the server's limit is --query.timeout",
        )
    if "many-to-many" in error or "duplicate series" in error or "multiple matches for labels" in error:
        return QueryError(
            f"{at} could not match the two sides of the query: {words}\n{_shown(query, error)}",
            hint="add group_left or group_right, or aggregate the side that has several series for one",
        )
    if error_type == "bad_data" or status == 400 or (status == 422 and error_type in ("execution", "422", "")):
        return QueryError(
            f"{at} refused the query: {words}\n{_shown(query, error)}", hint="correct the expression and try again"
        )
    return SourceError(f"{at} answered {status} {kind}: {words}".replace("  ", " "), hint="look into its log")


def _shown(query: str, error: str) -> str:
    shown = promql.caret(redact(query), error) or redact(query).strip()
    return "\n".join(f"  {line}" for line in shown.splitlines())
