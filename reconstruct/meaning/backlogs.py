"""Work that waits in the queues of job libraries and of services themselves: what no broker's exporter tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np

from reconstruct.meaning import vocabulary as words_for
from reconstruct.meaning.names import Names, instance_of
from reconstruct.meaning.readings import Readings, Source
from reconstruct.meaning.rows import Row
from reconstruct.meaning.stores import queue_of

QUEUES: Final = words_for.words("queue backlog enqueued inbox outbox mailbox undelivered unprocessed")
WORK: Final = words_for.words("job task message event mail email notification item")
WAITING: Final = words_for.words("waiting wait ready pending queued enqueued available visible backlog undelivered")
"""What a state is called in which work waits to be taken."""
SIZES: Final = words_for.words("size length len depth count total current") | WORK | QUEUES | WAITING
"""Words that end the name of a count of what waits."""
GIVEN: Final = words_for.words("added enqueued published produced sent pushed submitted")
"""What is done to work that is put into a queue."""
STATE_LABELS: Final = ("state", "status")
OTHERWISE: Final = (
    words_for.NO_POOL - {"worker"}
    | words_for.TIMES
    | words_for.words("request connection pool disk io network tx rx socket byte max limit capacity oldest age buffer")
    | words_for.words("uwsgi gunicorn unicorn passenger fpm listen accept syn lock wal flush")
)
"""Queues of something else than work: of threads, connections, bytes; and what is no count."""
BY_EXPORTERS: Final = 100
"""Rank: what a broker's own exporter tells of the same queue is believed first."""


def read_backlog(name: str, rows: Sequence[Row], *, names: Names, found: Readings) -> bool:
    """Put a count of waiting work, or of work that is put into a queue, where it belongs; False where it is neither.

    A queue that no label names is its process's. Work in another state (active, done, failed) is left alone, and so
    is what counts nothing that waits.
    """
    said = frozenset(rows[0].words)
    if said & OTHERWISE or not said & (QUEUES | WORK) or "le" in rows[0].own or "quantile" in rows[0].own:
        return False
    if said & GIVEN:
        return rows[0].rate is not None and _put_in(name, rows, names=names, found=found)
    state = next((label for label in STATE_LABELS if all(label in row.own for row in rows)), None)
    waiting = [row for row in rows if state is None or row.own[state].lower() in WAITING]
    if state is None and not (said & QUEUES and rows[0].words[-1] in SIZES) and not (said & WORK and said & WAITING):
        return False
    if not waiting or (rows[0].rate is not None and name.endswith("_total")):
        return False
    parts: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in waiting:
        queue = _queue(row, names)
        apart = " ".join(f"{k}={v}" for k, v in sorted(row.own.items()) if k not in words_for.INSTANCE_LABELS)
        parts[queue, apart].append(row)
    for (queue, apart), told in parts.items():
        most = np.fmax.reduce(
            [row.values for row in told]
        )  # each process of a service tells the length of the one queue
        found.add(queue, "depth", most, Source(told[0].query, name, apart), rank=BY_EXPORTERS)
    return True


def _put_in(name: str, rows: Sequence[Row], *, names: Names, found: Readings) -> bool:
    told = False
    for row in rows:
        queue = queue_of(row, names, names.thing(row))
        if queue != names.thing(row):
            source = Source(row.query, name, instance_of(row.labels))
            found.add(queue, "published", row.signal, source, rank=BY_EXPORTERS)
            told = True
    return told


def _queue(row: Row, names: Names) -> str:
    """The queue by its own name, else by whose it is."""
    thing = names.thing(row)
    named = queue_of(row, names, thing)
    if named != thing:
        return named
    bare = row.own.get("name")
    return names.known(bare) or names.add(bare, "queue") if bare else names.add(f"queue of {thing}", "queue")
