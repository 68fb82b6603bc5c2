"""Rule dependency-outage: what is called does not answer, as its own figures tell, or as only calls out fail."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from reconstruct.explain.alternatives import Alternative
from reconstruct.explain.context import Case, lasts_with_impact
from reconstruct.model import Anomaly, Layer, Service
from reconstruct.text.reasons import moved_from_to, names

RULE = "dependency-outage"

MANY_CALLERS = 3
"""So many services whose calls out fail in the same moment share something that none of them changed."""


BACKENDS: tuple[Layer, ...] = ("database", "cache", "queue")
"""What others call and users never see."""
GONE_SHARE = 0.1
"""Of its usual availability: what is left of a service that is gone, a scrape that just got through."""


def dependency_outage(case: Case) -> Alternative | None:
    """What is called stopped answering: it says so itself, or calls out fail and nobody called denies it."""
    return _stopped(case) or _calls_fail(case)


def _stopped(case: Case) -> Alternative | None:
    """A database, cache, queue or service called whose own availability fell to nothing with the onset, or before it.

    It must have been away for half of the impact, users must have seen failures, and it must not have been busy: the
    exporter of a database that is overloaded answers late, too.
    """
    if not any(s.anomaly.signal.aspect in ("errors", "availability") for s in case.bout.main):
        return None
    for a in case.anomalies:
        gone = (
            a.signal.aspect == "availability"
            and a.direction == "down"
            and a.level <= GONE_SHARE * a.baseline
            and not a.signal.has_tag("outbound")
        )
        if not gone or not _is_called(case, a.service) or not _with_onset(case, a) or _busy(case, a.service):
            continue
        if not lasts_with_impact(case, a):
            continue
        return Alternative(
            rule=RULE,
            mechanism="dependency-down",
            service=a.service,
            says=f"{a.service.name} itself stopped answering: {moved_from_to(a)}",
            evidence=(a.id,),
            full=True,
            spared_services=(a.service,),
        )
    return None


def _is_called(case: Case, service: Service) -> bool:
    """Whether a service is behind those that failed: by the call graph, or because it is of a kind that is."""
    if not service.name:
        return False
    if any((first.name, service.name) in case.calls for first in case.first):
        return True
    layers = {m.signal.layer for m in case.evidence.metrics if service in m.services}
    return bool(layers & set(BACKENDS)) and not layers & {"edge", "app"}


def _busy(case: Case, service: Service) -> bool:
    """Whether it was working harder than usual when the impact began."""
    return any(
        a.service == service
        and a.direction == "up"
        and a.signal.aspect == "utilisation"
        and a.signal.has_tag("cpu", "io")
        and _with_onset(case, a)
        for a in case.anomalies
    )


def _calls_fail(case: Case) -> Alternative | None:
    """Calls out fail, from the onset on, and nobody called says that the caller gives up by itself.

    A callee that is watched, is as fast and as busy as before and tells of broken-off calls clears the dependency:
    then the caller's own limit is too low, unless many callers fail at once.
    """
    outbound = [a for a in case.anomalies if _fails_out(a) and _with_onset(case, a)]
    callers = tuple(dict.fromkeys(a.service for a in outbound if a.service.name))
    if not outbound or not (set(callers) & set(case.first) or not callers):
        return None
    starved = [a for a in case.anomalies if _starved(a, callers) and _with_onset(case, a)]
    gives_up = [a for a in case.anomalies if _tells_of_giving_up(a, case, callers)]
    if len(callers) < MANY_CALLERS and gives_up and not starved:
        return None
    says = f"only calls out fail: {moved_from_to(outbound[0])}"
    if len(callers) > 1:
        says = f"calls out of {names(callers)} fail together: {moved_from_to(outbound[0])}"
    if starved:
        says += f"; {starved[0].service.name} is hardly reached"
    gone = _gone(case, callers)
    return Alternative(
        rule=RULE,
        mechanism="dependency-down",
        service=gone or callers[0] if callers else Service(""),
        says=says + (f"; {gone.name} failed itself" if gone else ""),
        evidence=tuple(a.id for a in (*outbound[:2], *starved[:1])),
        full=True,
        spared_services=(gone,) if gone else (),
    )


def _fails_out(anomaly: Anomaly) -> bool:
    signal = anomaly.signal
    return signal.has_tag("outbound") and signal.aspect in ("errors", "availability") and anomaly.worse


def _with_onset(case: Case, anomaly: Anomaly) -> bool:
    slack = pd.Timedelta(seconds=2 * case.spacing_s(anomaly))
    return bool(anomaly.onset.earliest <= case.onset.latest + slack)


def _starved(anomaly: Anomaly, callers: Sequence[Service]) -> bool:
    """Somebody else's traffic fell: they are not reached any more."""
    down = anomaly.signal.aspect == "traffic" and anomaly.direction == "down"
    return down and bool(anomaly.service.name) and anomaly.service not in callers


def _tells_of_giving_up(anomaly: Anomaly, case: Case, callers: Sequence[Service]) -> bool:
    """Another service counts failed calls while it answers as fast as before."""
    who = anomaly.service
    if who in callers or not who.name or not anomaly.worse or anomaly.signal.aspect != "errors":
        return False
    slower = any(a.service == who and a.signal.aspect == "latency" and a.worse for a in case.anomalies)
    return _with_onset(case, anomaly) and not slower


def _gone(case: Case, callers: Sequence[Service]) -> Service | None:
    """A service that is called and whose own errors, latency or availability got worse with the onset."""
    for a in case.anomalies:
        own = a.worse and not a.signal.has_tag("outbound") and a.signal.aspect in ("errors", "latency", "availability")
        called = any((c.name, a.service.name) in case.calls for c in callers)
        if own and _with_onset(case, a) and a.service.name and a.service not in callers and called:
            return a.service
    return None
