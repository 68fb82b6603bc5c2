"""What a rollout, a restart or a job does to what it runs on: the event itself, no anomaly beside it.

Pods that are replaced are unavailable for a moment, use more processor time while they start, and begin with empty
heaps, pools and caches. A job takes the machine that it runs on. Where it lasts longer than that, it is news.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import pandas as pd

from reconstruct.model import Anomaly, Event, EventKind

REPLACES: Final[frozenset[EventKind]] = frozenset({"deploy", "rollback", "restart", "config", "scale", "flag"})
"""Kinds of changes that new instances come with, or that are followed by a restart."""
OWN_ASPECTS: Final = frozenset({"availability", "utilisation", "saturation", "restarts", "work", "traffic"})
"""What instances say of themselves while they come and go; what users wait for or fail with is always told."""
SETTLES: Final = pd.Timedelta("5min")
"""After the last instance was replaced: start-up, first collections, connection pools (readiness probes and warm-up
take tens of seconds to minutes). What lasts longer is news."""
BEFORE: Final = pd.Timedelta("1min")
"""A record is written when the rollout is complete, or a scrape later than it began."""


def without_own_effects(anomalies: Iterable[Anomaly], events: Sequence[Event]) -> list[Anomaly]:
    """The anomalies without those that are a rollout's own.

    Left out is what moved on the service that was rolled out or restarted, in no signal that users feel, from within
    the event on, and that either was back within `SETTLES` of its end, or went the better way (a heap that starts
    anew); and what machines had to do from a recorded job's start to its end.
    """
    acts = [event for event in events if event.took_effect and (event.kind in REPLACES or event.kind == "job")]
    return [a for a in anomalies if a.signal.user_facing or not any(_own(a, event) for event in acts)]


def _own(anomaly: Anomaly, event: Event) -> bool:
    if anomaly.signal.aspect not in OWN_ASPECTS:
        return False
    done = (event.end or event.time) + pd.Timedelta(seconds=event.resolution_s) + SETTLES
    if event.kind == "job":
        began = abs(anomaly.onset.latest - event.time) <= BEFORE + pd.Timedelta(seconds=event.resolution_s)
        ended = anomaly.recovery is not None and anomaly.recovery.earliest <= done
        return event.end is not None and anomaly.signal.layer == "host" and began and ended
    if not _of_the_service(anomaly, event):
        return False
    if not event.time - BEFORE <= anomaly.onset.latest <= done:
        return False
    return not anomaly.worse or (anomaly.recovery is not None and anomaly.recovery.earliest <= done)


def _of_the_service(anomaly: Anomaly, event: Event) -> bool:
    if not event.service.name:
        return False
    return event.service.may_be(anomaly.service) or event.service.name in anomaly.labels.values()
