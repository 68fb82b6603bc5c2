"""Which worker takes from which queue, where no label tells: by how much the one handles and the other gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from reconstruct.model.system import Flow, Reading, Role, Series

AS_MUCH: Final = 0.25
"""Rates over the same time that differ by less than this part of the larger are taken for the same messages."""


def consumers_by_rate(
    handled: Mapping[str, Flow], readings: Mapping[tuple[str, Role], Reading], known: Mapping[str, str]
) -> dict[str, str]:
    """Worker -> queue, for workers and queues of which nothing is told, and only where there is no second choice.

    Parameters
    ----------
    handled : mapping of worker to Flow
        Messages per second that each worker handles.
    readings : mapping
        `depth` says that a thing is a queue, `consumed` how much it gives, per second.
    known : mapping of worker to queue
        What labels tell.
    """
    workers = {worker: rate_of(flow.total) for worker, flow in handled.items() if worker not in known}
    queues = sorted({thing for thing, role in readings if role == "depth"} - set(known.values()))
    if len(workers) == 1 and len(queues) == 1:
        return dict.fromkeys(workers, queues[0])
    given = {q: rate_of(readings[q, "consumed"].values) for q in queues if (q, "consumed") in readings}
    found = {}
    for worker, rate in sorted(workers.items()):
        gives = [q for q, one in given.items() if alike(one, rate)]
        likewise = [w for w, other in workers.items() if alike(other, rate)]
        if len(gives) == 1 and len(likewise) == 1:
            found[worker] = gives[0]
    return found


def alike(one: float, other: float) -> bool:
    """Whether two rates are of the same messages."""
    return abs(one - other) <= AS_MUCH * max(one, other)


def rate_of(values: Series) -> float:
    """Mean of what is known, 0 where nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else 0.0
