"""What an incident cost its users, in words: at the outermost hop, where behind it, and of the error budgets."""

from __future__ import annotations

import re
from typing import Final

from reconstruct.model import ErrorBudget, Impact, Incident
from reconstruct.text.measures import measure, span_text
from reconstruct.text.references import service_text, shared_names, short_text
from reconstruct.text.times import Clock
from reconstruct.text.units import human, human_duration, lasted
from reconstruct.text.wording import capitalised

_PERCENTILE: Final = re.compile(r"p\d")
"""`p95` keeps its small letter at the head of a line."""


def impact_told(incident: Incident, *, clock: Clock) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every line of what it cost users, with its evidence: at the outermost hop, where behind it, the error budgets."""
    outer, _ = impact_rows(incident)
    told = [(impact_text(row, incident=incident, clock=clock), row.evidence) for row in outer]
    if told and (parts := impact_parts(incident)):
        cited = (one for row in incident.explanation.impact if row.inner for one in row.evidence)
        told.append((parts, tuple(dict.fromkeys(cited))))
    told += [(error_budget_text(one), one.evidence) for one in incident.error_budgets]
    return tuple(told)


def uncounted(incident: Incident) -> str:
    """What stands in the place of impact where none was counted: that none shows, or that its extent is not known."""
    lead = {m.anomaly for m in incident.users[:1]}
    shown = next((a for a in incident.anomalies if a.id in lead), None)
    if shown is None:
        return "No user impact was measured: no user-facing signal shows any."
    where = f" of {short_text(shown.service, shared_names(incident))}" if shown.service.name else ""
    return f"How many requests it met was not measured: only {measure(shown)}{where} shows it."


def impact_text(impact: Impact, *, incident: Incident, clock: Clock) -> str:
    """What users met, in one line, one figure a fact.

    `99,000 failed requests at lb, 23 % of its requests; 13:55:45 to 15:27:15, 1 h 32 min`
    """
    lead = next((m for m in incident.users if m.anomaly in impact.evidence), None)
    shown = next((a for a in incident.anomalies if a.id == (lead.anomaly if lead else "")), None)
    shown = shown or next((a for a in incident.anomalies if a.id in impact.evidence), None)
    place = f"{short_text(impact.service, shared_names(incident))} {impact.route}".strip()
    size = f"{human(impact.value, impact.unit)} {impact.what}{f' at {place}' if place else ''}"
    if impact.unit not in ("", "count"):
        what = measure(shown) if shown else impact.what
        during = f"{human(impact.share, 'ratio')} on average" if impact.share is not None else ""
        before = f", {human(shown.baseline, shown.signal.unit)} before" if shown else ""
        size = (
            f"{what}{f' at {place}' if place else ''}: {during or f'median {human(impact.value, impact.unit)}'}{before}"
        )
    elif impact.share is not None:
        size += f", {human(impact.share, 'ratio')} of {_whole(impact.what)}"
    if shown is not None and impact.what in ("slow requests", "late messages"):
        median = f"median {human(lead.median.value, lead.median.unit)}" if lead else ""
        figures = f"{human(shown.baseline, shown.signal.unit)} before, {median}" if median else span_text(shown)
        size += f" ({measure(shown)} {figures})"
    length = lasted((impact.end - impact.start).total_seconds())
    return f"{size if _PERCENTILE.match(size) else capitalised(size)}; {clock.span(impact.start, impact.end)}, {length}"


def _whole(what: str) -> str:
    """What a share of these is a share of.

    >>> _whole("late messages"), _whole("failed requests")
    ('its messages', 'its requests')
    """
    return "probes" if "probes" in what else "its messages" if "messages" in what else "its requests"


def impact_parts(incident: Incident) -> str:
    """Where of it the failures were, by service behind the outermost hop and by route; "" where nothing tells.

    `Share of requests that failed behind lb: shop 33 %; by route of lb: /orders 41 %, /login 12 %`
    """
    parts = [i for i in incident.explanation.impact if i.inner and i.share is not None]
    shared = shared_names(incident)
    services = [f"{short_text(i.service, shared)} {human(i.share or 0.0, 'ratio')}" for i in parts if not i.route]
    routes = [i for i in parts if i.route]
    by_route = ", ".join(f"{i.route} {human(i.share or 0.0, 'ratio')}" for i in routes)
    told = [", ".join(services), f"by route of {short_text(routes[0].service, shared)}: {by_route}" if routes else ""]
    text = "; ".join(part for part in told if part)
    front = next((short_text(row.service, shared) for row in impact_rows(incident)[0] if row.service.name), "it")
    return f"Share of requests that failed behind {front}: {text}" if text else ""


def impact_inner(incident: Incident, *, clock: Clock) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The same failures as hops behind the outermost one, and single routes, counted them."""
    _, inner = impact_rows(incident)
    return tuple((impact_text(row, incident=incident, clock=clock), row.evidence) for row in inner)


def impact_rows(incident: Incident) -> tuple[tuple[Impact, ...], tuple[Impact, ...]]:
    """What users met at the outermost hop, and the inner hops: a failed request is one, wherever it is counted.

    The service of the lead series is what users met; probes of it say the same again.
    """
    rows, ids = incident.explanation.impact, {m.anomaly for m in incident.users}
    services = [a.service for a in incident.anomalies if a.id in ids]
    if not services:
        return tuple(i for i in rows if not i.inner), tuple(i for i in rows if i.inner)
    outer = [i for i in rows if not i.inner]
    outer = [i for i in outer if ids & set(i.evidence)] or [i for i in outer if i.service in services]
    return tuple(outer), tuple(i for i in rows if i not in outer)


def error_budget_text(one: ErrorBudget) -> str:
    """What an objective lost, with its formula.

    >>> from reconstruct.model import Objective, Service
    >>> import pandas as pd
    >>> t = pd.Timestamp("2026-01-01T12:00Z")
    >>> spent = ErrorBudget(Objective("shop", 0.999), Service("shop"), "configuration", 0.23, t,
    ...     t + pd.Timedelta("92min"), ())
    >>> error_budget_text(spent)
    'Error budget of shop (99.9 % over 30 d): 49 % spent = 23 % failed x 1 h 32 min / (30 d x 0.1 %)'
    """
    objective = one.objective
    length = human_duration((one.end - one.start).total_seconds())
    period, budget = human_duration(objective.period_s), f"{100 * (1 - objective.target):.4g} %"
    name = " ".join(part for part in (service_text(one.service), objective.name) if part)
    failed = human(one.error_ratio, "ratio")
    return (
        f"Error budget{f' of {name}' if name else ''} ({100 * objective.target:.6g} % over {period}): "
        f"{human(one.spent, 'ratio')} spent = {failed} failed x {length} / ({period} x {budget})"
    )
