"""Limits of servers, in the words that each of them has for its own."""

from __future__ import annotations

import pytest

from reconstruct.errors import QueryError, ReconstructError
from reconstruct.http import HttpSettings
from reconstruct.sources.prometheus.api_errors import TooLongError, TooMuchError, TooWideError, refusal

SERVER = HttpSettings("http://metrics.example")


def refused(error: str, *, status: int = 422, error_type: str = "execution") -> ReconstructError:
    return refusal(status=status, error_type=error_type, error=error, query="up", settings=SERVER)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("the query hit the max number of series limit (limit: 100000 series)", TooWideError),
        ("expanding series: rpc error: code = Code(422) desc = exceeded series limit: limit 3 violated", TooWideError),
        ("the query exceeded the maximum number of series (err-mimir-max-series-per-query)", TooWideError),
        ("the number of matching timeseries exceeds 30000; increase -search.max*", TooWideError),
        ("the number of matching unique timeseries exceeds 300000; increase -search.maxUniqueTimeseries", TooWideError),
        ("the query hit the max number of chunks limit (limit: 2000000 chunks)", TooMuchError),
        ("the query hit the aggregated chunks size limit (limit: 9 bytes)", TooMuchError),
        ("exceeded chunks limit: rpc error: limit 5 violated (got 6)", TooMuchError),
        ("cannot select more than -search.maxSamplesPerQuery=1000000000 samples", TooMuchError),
        ("not enough memory for processing the query; see -search.maxMemoryPerQuery", TooMuchError),
        ("the query time range exceeds the limit (query length: 721h0m0s, limit: 720h0m0s)", TooLongError),
    ],
)  # fmt: skip
def test_a_limit_is_known_whoever_words_it(words: str, kind: type[ReconstructError]) -> None:
    error = refused(words)
    assert type(error) is kind
    assert words in error.message


def test_a_query_that_was_blocked_is_no_mistake_in_the_expression() -> None:
    error = refused("the request has been blocked by the cluster administrator (err-mimir-query-blocked)")
    assert not isinstance(error, QueryError)
    assert "blocked" in error.hint
