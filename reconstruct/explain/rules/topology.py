"""Rule topology: a change can only have harmed what depends on the changed service."""

from __future__ import annotations

from reconstruct.explain import priors
from reconstruct.explain.changes import Change, same
from reconstruct.explain.context import OBSERVERS, Case, in_time, levels, material
from reconstruct.model import Anomaly, Metric, Reason, Service
from reconstruct.text.reasons import moved_from_to, names, stayed_or_moved

RULE = "topology"


def topology(change: Change, case: Case) -> Reason:
    """Log-odds of where the changed service stands to what failed: first, under it, behind it, or nowhere near."""
    service = change.event.service
    own = [a for a in case.anomalies if same(service, a.service)]
    cited = (change.event.id, *(a.id for a in own[:1]))
    if not service.name:
        return Reason(RULE, "it names no service", (change.event.id,), priors.UNMEASURED)
    if any(same(service, f) for f in case.first):
        return _first(change, case, own)
    bad = [a for a in own if a.worse and in_time(case, a)]
    calls = any((a.name, service.name) in case.calls for a in case.affected)
    if any(same(service, a) for a in case.affected):
        says = f"{service.name} got worse, but later than {names(case.first)}"
        return Reason(RULE, says, cited, priors.INVOLVED if calls else priors.DOWNSTREAM)
    if bad:
        return Reason(RULE, f"{moved_from_to(bad[0])}", (change.event.id, bad[0].id), priors.INVOLVED)
    database = _database_moved(case) if change.event.kind == "migration" else None
    watched = _watched(case, service)
    if watched:
        says = f"{service.name}'s own figures stayed as they were: {_still(case, watched)}"
        return Reason(RULE, says, (change.event.id, *(m.query for m in watched[:2])), priors.HEALTHY)
    if database is not None:
        says = f"a database was changed, and {moved_from_to(database)}"
        return Reason(RULE, says, (change.event.id, database.id), priors.DATABASE_CHANGE)
    if calls:
        return Reason(RULE, f"{names(case.first)} calls {service.name}", (change.event.id,), priors.CALLED)
    return Reason(RULE, f"nothing is measured of {service.name}", (change.event.id,), priors.UNMEASURED)


def _first(change: Change, case: Case, own: list[Anomaly]) -> Reason:
    service = change.event.service
    seen = [s.anomaly for s in case.bout.main if same(service, s.anomaly.service)] or own
    cited = (change.event.id, *(a.id for a in seen[:1]))
    only_passes_on = bool(seen) and all(a.signal.layer in OBSERVERS for a in seen)
    if only_passes_on and any(not same(service, f) for f in case.affected):
        return Reason(RULE, f"{service.name} passes on what others answer", cited, priors.FIRST_OBSERVER)
    if not same(service, case.first[0]):
        says = f"{service.name} failed in the same sample as {case.first[0].name}"
        return Reason(RULE, says, cited, priors.FIRST_TIED)
    return Reason(RULE, f"{service.name} is where users met it first", cited, priors.FIRST)


def _database_moved(case: Case) -> Anomaly | None:
    """What shows that the database itself got worse: not the queue for its connections, which others fill too."""
    moved = [a for a in case.anomalies if a.signal.layer == "database" and not a.signal.has_tag("pool") and a.worse]
    return next((a for a in moved if in_time(case, a) and material(case, a)), None)


def _watched(case: Case, service: Service) -> tuple[Metric, ...]:
    return tuple(m for m in case.evidence.metrics if any(same(service, s) for s in m.services))


def _still(case: Case, watched: tuple[Metric, ...]) -> str:
    """The figures that users of that service would look at first."""
    order = ("errors", "latency", "availability", "traffic")
    ranked = sorted(watched, key=lambda m: order.index(m.signal.aspect) if m.signal.aspect in order else len(order))
    for metric in ranked:
        for level in levels(case, metric):
            return stayed_or_moved(metric.signal.title, level.before, level.during, metric.signal.unit)
    return "nothing of it moved"
