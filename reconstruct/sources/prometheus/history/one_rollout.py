"""One rollout is one event: a new version, its ReplicaSet and instances that began with it witness the same change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from reconstruct.model import Event

SAME_ROLLOUT: Final = pd.Timedelta("10min")
"""Between what two witnesses of one rollout say of its beginning: a version is told once the new program answers, and
Kubernetes gives a rollout ten minutes to make progress (`progressDeadlineSeconds`)."""
STARTS_BEFORE: Final = pd.Timedelta("2min")
STARTS_AFTER: Final = pd.Timedelta("5min")
"""Instances that begin between so long before a rollout's beginning and so long after its end are its own."""
ROLLED: Final = ("deploy", "rollback")


def one_rollout(events: Sequence[Event]) -> tuple[Event, ...]:
    """The events with all that one rollout left in the metrics as one, with a length and its witnesses named.

    Merged are deploys and rollbacks of one service without two different versions, and starts of instances within its
    time. What began again and again is left: it died, and is evidence of its own.
    """
    rolled = sorted((e for e in events if e.kind in ROLLED), key=lambda e: (e.time, not e.version, e.source_id))
    kept: list[Event] = []
    for event in rolled:
        at = next((n for n, known in enumerate(kept) if _same_change(event, known)), None)
        if at is None:
            kept.append(event)
        else:
            kept[at] = _joined(kept[at], event)
    rest: list[Event] = []
    for event in events:
        if event.kind in ROLLED:
            continue
        at = next((n for n, known in enumerate(kept) if _started_with(event, known)), None)
        if at is None:
            rest.append(event)
        else:
            kept[at] = _joined(kept[at], event)
    return tuple(sorted((*kept, *rest), key=lambda e: (e.time, e.service, e.title)))


def _same_change(event: Event, known: Event) -> bool:
    if event.service.name != known.service.name or not event.service.may_be(known.service) or not event.service.name:
        return False
    if event.version and known.version:
        return False  # two versions, or one that came back: told apart by whoever read them
    end = (known.end or known.time + pd.Timedelta(seconds=known.resolution_s)) + SAME_ROLLOUT
    return bool(known.time - SAME_ROLLOUT <= event.time <= end)


def _started_with(event: Event, known: Event) -> bool:
    if event.kind != "restart" or not event.service.name or event.service.name != known.service.name:
        return False
    if not event.service.may_be(known.service) or " times" in event.title:
        return False
    end = (known.end or known.time + pd.Timedelta(seconds=known.resolution_s)) + STARTS_AFTER
    return bool(known.time - STARTS_BEFORE <= event.time and (event.end or event.time) <= end)


def _joined(known: Event, other: Event) -> Event:
    """The event of whoever knows the version, from the first sign of it to the last."""
    main, also = (known, other) if known.version or not other.version else (other, known)
    time = min(main.time, also.time) if also.kind in ROLLED else main.time
    ends = [each for each in (main.end, also.end, also.time) if each is not None and each > time]
    # The narrower bounds of the beginning are kept with the earlier time.
    first = main if main.time == time else also
    witnesses = [
        each for each in (main.labels.get("witnesses", ""), also.labels.get("witnesses", ""), also.title) if each
    ]
    return replace(
        main,
        time=time,
        end=max(ends, default=None),
        resolution_s=first.resolution_s,
        kind="rollback" if "rollback" in {main.kind, also.kind} else main.kind,
        service=main.service._replace(
            namespace=main.service.namespace or also.service.namespace,
            cluster=main.service.cluster or also.service.cluster,
        ),
        labels={**also.labels, **main.labels, "witnesses": "; ".join(dict.fromkeys(witnesses))},
    )
