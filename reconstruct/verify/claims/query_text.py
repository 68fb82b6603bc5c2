"""A query in a code block below its id is the one that was asked."""

from __future__ import annotations

from collections.abc import Iterator

from reconstruct.model import Query
from reconstruct.verify.clauses import Finding
from reconstruct.verify.document import Line
from reconstruct.verify.evidence_index import Record


def query_text(block: Line, above: Line | None, record: Record) -> Iterator[Finding]:
    """Whether the code block under a line that begins with a query's id shows that query."""
    if above is None or block.language != "promql" or not above.cited:
        return
    first = above.cited[0]
    query = record.item(first.id)
    if first.start > 0 or not first.sure or not isinstance(query, Query):
        return
    if block.block.split() == query.query.split():
        yield Finding("holds", f"{query.id} was asked so", (query.id,), ((0, 0),))
    else:
        yield Finding("contradicted", f"{query.id} was asked otherwise: {query.query}", (query.id,), ((0, 0),))
