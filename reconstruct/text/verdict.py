"""The verdict in one sentence: what users met, or what was told all the same, or why nothing can be said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

import pandas as pd

from reconstruct.model import Anomaly, Facts, Reference, Service, VerdictReason
from reconstruct.text.causes import place_figures
from reconstruct.text.reasons import clock, lower_first, moved_from_to, names
from reconstruct.text.units import change, human

_RAN_OUT: Final[Mapping[str, str]] = {
    "oom-kill": "a process of {thing} was killed for memory",
    "crash-loop": "{thing} restarted again and again",
    "disk-full": "a disk of {thing} was full",
    "certificate-expired": "the certificate of {thing} expired",
}
_NO_IMPACT: Final = "no measured signal shows user impact"


def verdict_text(reason: VerdictReason, anomalies: Mapping[str, Anomaly]) -> str:
    """Why the verdict is what it is; `anomalies` by id."""
    facts = reason.facts
    match reason.kind:
        case "users-harmed":
            return _harmed(_anomaly(facts, anomalies), since=_since(facts))
        case "symptoms":
            return _symptoms(facts, _anomaly(facts, anomalies))
        case "alerts-fired":
            told = _texts(facts, "names")
            more = f" and {len(told) - 1} more" if len(told) > 1 else ""
            return f"{told[0]}{more} fired at {_since(facts)}; {_NO_IMPACT}"
        case "ran-out":
            what = _RAN_OUT[str(facts["what"])].format(thing=facts["thing"])
            return f"{what} at {_since(facts)}; {_NO_IMPACT}"
        case "not-judged":
            return f"user-facing signals were read but could not be judged: {', '.join(_texts(facts, 'signals'))}"
        case "not-read":
            others = f" and {facts['others']} more" if facts.get("others") else ""
            return f"user-facing signals could not be read: {facts['missing']}{others} ({facts['cause']})"
        case "short-history":
            samples = f"{facts['samples']} sample{'' if facts['samples'] == 1 else 's'}"
            return f"only {samples} of user-facing signals tell what is normal, too few to call the window calm"
        case "stands-out":
            whose = facts["service"].name if isinstance(facts["service"], Service) else "a service"
            moved = f"{whose} left its past: {place_figures(facts)}"
            return f"no user-facing signal left its baseline far enough to count, but {moved}"
        case "fewer-requests":
            before, during = (human(float(cast("float", facts[k])), "per second") for k in ("before", "during"))
            return (
                f"what arrived at {facts['thing']} was answered as before, but requests fell from {before} to {during} "
                f"at {_since(facts)}: what may be lost before it is not measured"
            )
        case "calm":
            return _calm(facts, anomalies)
    return "no user-facing signal (requests, errors, latency, probes) has data in the window"


def near_miss(reason: VerdictReason) -> str:
    """What was told of an incident that no measured signal shows users to have met; "" for every other verdict.

    >>> near_miss(VerdictReason("alerts-fired", {"names": ("DiskLow",)})), near_miss(VerdictReason("calm"))
    ('DiskLow fired without measured user impact', '')
    """
    if reason.kind == "alerts-fired":
        told = _texts(reason.facts, "names")
        more = f" and {len(told) - 1} more" if len(told) > 1 else ""
        return f"{told[0]}{more} fired without measured user impact"
    if reason.kind == "ran-out":
        what = _RAN_OUT[str(reason.facts["what"])].format(thing=reason.facts["thing"])
        return f"{what}, without measured user impact"
    return ""


def _harmed(anomaly: Anomaly | None, *, since: str) -> str:
    if anomaly is None:
        return f"users were affected from {since}"
    signal, whose = anomaly.signal, anomaly.service.name
    route = anomaly.labels.get("route", "")
    before, peak = human(anomaly.baseline, signal.unit), human(anomaly.peak, signal.unit)
    if signal.aspect == "errors":
        return f"from {since} {whose} failed up to {peak} of requests, {before} before"
    if signal.aspect == "availability":
        return f"from {since} probes of {whose} failed"
    if signal.layer == "queue":
        return f"from {since} work in {whose} waited up to {peak}, {before} before"
    level = human(anomaly.level, signal.unit)
    return f"from {since} requests of {whose}{f' {route}' if route else ''} took {level} on average, {before} before"


def _symptoms(facts: Facts, anomaly: Anomaly | None) -> str:
    services = [one for one in _several(facts, "services") if isinstance(one, Service)]
    if services:
        whom = f"users of {names(services)} were affected"
    elif facts.get("user_facing"):
        whom = "users were affected"
    else:
        whom = f"an alert fired, and {_NO_IMPACT},"
    if anomaly is None:
        return f"{whom} from {_since(facts)}"
    figures = change(anomaly.baseline, anomaly.level, anomaly.signal.unit)
    return f"{whom} from {_since(facts)}: {lower_first(anomaly.signal.title)} {figures}"


def _calm(facts: Facts, anomalies: Mapping[str, Anomaly]) -> str:
    moved = f"; {facts['moved']} other series moved" if facts.get("moved") else ""
    near = [
        anomalies[one.id] for one in _several(facts, "nearest") if isinstance(one, Reference) and one.id in anomalies
    ]
    ends = [f" to {clock(a.recovery.time)}" if a.recovery else ", not back" for a in near]
    nearest = ", ".join(f"{moved_from_to(a)}{end}" for a, end in zip(near, ends, strict=True))
    told = f"; nearest to it: {nearest}" if nearest else ""
    return (
        f"none of the {facts['judged']} user-facing signals left its baseline far and long enough to count{moved}{told}"
    )


def _anomaly(facts: Facts, anomalies: Mapping[str, Anomaly]) -> Anomaly | None:
    reference = facts.get("anomaly")
    return anomalies.get(reference.id) if isinstance(reference, Reference) else None


def _since(facts: Facts) -> str:
    since = facts.get("since")
    return clock(since) if isinstance(since, pd.Timestamp) else "an unknown time"


def _several(facts: Facts, name: str) -> tuple[object, ...]:
    found = facts.get(name, ())
    return found if isinstance(found, tuple) and not isinstance(found, Service) else (found,)


def _texts(facts: Facts, name: str) -> list[str]:
    return [str(one) for one in _several(facts, name)]
