"""Rule poison-message: a consumer that cannot read what it is sent, while its queue grows, points at what is sent."""

from __future__ import annotations

from reconstruct.explain.alternatives import Alternative
from reconstruct.explain.context import Case, in_time
from reconstruct.text.reasons import moved_from_to

RULE = "poison-message"


def poison_message(case: Case) -> Alternative | None:
    """Input errors of what failed first, and a queue that grows: the data or their producer, as likely as the reader.

    Changes of services that nothing is measured of (a producer) are left alone.
    """
    refused = [
        a
        for a in case.anomalies
        if a.signal.has_tag("input")
        and a.worse
        and in_time(case, a)
        and (a.service in case.first or not a.service.name)
    ]
    piles_up = [
        a
        for a in case.anomalies
        if a.signal.layer == "queue" and a.signal.aspect in ("saturation", "latency") and a.worse
    ]
    if not refused or not piles_up:
        return None
    return Alternative(
        rule=RULE,
        mechanism="queue-backlog",
        service=refused[0].service,
        says=f"{moved_from_to(refused[0])}, and {moved_from_to(piles_up[0])}: the input may be at fault",
        evidence=(refused[0].id, piles_up[0].id),
        spared_services=tuple(
            e.service
            for e in case.evidence.events
            if e.service.name and not any(e.service in m.services for m in case.evidence.metrics)
        ),
    )
