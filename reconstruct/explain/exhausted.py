"""What ran out, whether or not anybody met it: memory, restarts, disk, certificates.

Each is an end in itself: a process that the kernel killed, a container that cannot stay up, a full disk and an expired
certificate are worth telling when no user was touched yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from reconstruct.model import Evidence, Moment
from reconstruct.model.system import Reading, Series, System

What = Literal["oom-kill", "crash-loop", "disk-full", "certificate-expired"]
CRASHES: Final = 3
"""Restarts of one instance that are a loop: kubelet's back-off has then doubled twice."""
CRASHES_WITHIN_S: Final = 900.0
FULL_SHARE: Final = 0.01
"""Of a disk that is left: file systems keep five in a hundred back for root, so at one nothing can be written."""


@dataclass(frozen=True, slots=True)
class RanOut:
    """One thing that ran out within the window."""

    what: What
    thing: str
    instance: str
    """Pod, mount point or host name; "" = not told."""
    moment: Moment
    queries: tuple[str, ...]


def ran_out(system: System, evidence: Evidence) -> tuple[RanOut, ...]:
    """What ran out within the window and had not before; the first moment of each, in order of time."""
    found = [one for (thing, role), reading in system.readings.items() for one in _of(thing, role, reading, evidence)]
    return tuple(sorted(found, key=lambda one: (one.moment.time, one.what, one.thing, one.instance)))


def _of(thing: str, role: str, reading: Reading, evidence: Evidence) -> Iterator[RanOut]:
    what: What | None = None
    for instance, values in reading.instances.items():
        match role:
            case "oom_kills":
                what, rows = "oom-kill", np.nan_to_num(values) > 0
            case "restarts":
                what, rows = "crash-loop", _looping(values, evidence.window.step_s)
            case "disk_free":
                whole = reading.instance_bounds.get(instance)
                if whole is None:
                    continue
                what, rows = "disk-full", np.nan_to_num(values / np.maximum(whole, 1.0), nan=1.0) < FULL_SHARE
            case "certificate_left":
                what, rows = "certificate-expired", np.nan_to_num(values, nan=1.0) <= 0
            case _:
                return
        first = evidence.window.first
        if not rows[first:].any() or (role in ("disk_free", "certificate_left") and rows[:first].any()):
            continue
        row = first + int(rows[first:].argmax())
        times = evidence.window.index
        moment = Moment(times[row], times[max(row - 1, 0)], times[row])
        yield RanOut(what, thing, instance, moment, reading.queries)


def _looping(restarts: Series, step_s: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Rows by which CRASHES restarts have come within CRASHES_WITHIN_S."""
    total = np.cumsum(np.nan_to_num(restarts))
    back = max(1, int(CRASHES_WITHIN_S / step_s))
    before = np.concatenate((np.zeros(min(back, len(total))), total[:-back]))
    return np.asarray(total - before >= CRASHES)
