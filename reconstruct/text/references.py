"""What an id stands for, in a few words: every output names its evidence the same way."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal

from reconstruct.model import Alert, Anomaly, Event, Gap, Incident, Query, Service
from reconstruct.text.escape import clip
from reconstruct.text.links import web_url
from reconstruct.text.units import change

SCRAPE_LABELS: Final = frozenset({"job", "endpoint", "prometheus", "namespace", "cluster", "container", "__name__"})
"""Labels that say how a series was scraped, or what its service says already."""
MAX_LABELS_SHOWN: Final = 3
"""So many label values tell a series apart for a reader; incident.json has all."""

MAX_TITLE: Final = 60
"""Characters of an event's title inside a sentence."""
UNVERSIONED: Final = frozenset({"flag", "config"})
"""Kinds of change whose title says what they did: a version beside them is the service's, or a file's revision."""
CHANGE_NOUNS: Final[Mapping[str, str]] = {"config": "configuration change", "flag": "flag change", "scale": "scaling"}
"""Kinds of change as a sentence names them, where the kind itself is no such noun."""

CitedKind = Literal["query", "event", "alert", "gap", "anomaly", "episode", "entry"]


@dataclass(frozen=True, slots=True)
class Cited:
    """Something that can be cited. Texts are as they came: each renderer escapes them for its format."""

    id: str
    kind: CitedKind
    short: str
    """The name alone, for a table's cell."""
    text: str
    """What it shows, with its figures."""
    url: str = ""
    """Where its source shows it; "" = nowhere, or nowhere safe."""
    query: str = ""
    """Id of the query that shows it again; "" = none."""
    signal: str = ""
    """Id of the signal whose chart shows it; "" = none."""


def cited(incident: Incident) -> Mapping[str, Cited]:
    """Everything in an incident that an entry, a reason or a milestone can cite, by its id."""
    found = [
        *(_query(query) for query in incident.evidence.queries),
        *(_event(event) for event in incident.evidence.events),
        *(_alert(alert) for alert in incident.evidence.alerts),
        *(_gap(gap) for gap in incident.evidence.gaps),
        *(_anomaly(anomaly) for anomaly in incident.anomalies),
        *(Cited(e.id, "episode", "episode", "episode") for e in incident.explanation.episodes),
        *(Cited(e.id, "entry", "entry", "entry") for e in incident.timeline),
    ]
    return {one.id: one for one in found}


def cited_in_draft(incident: Incident, known: Mapping[str, Cited]) -> list[Cited]:
    """Of `known`, in its order: what the timeline, milestones, impact, hints and verdicts cite."""
    explanation = incident.explanation
    ids = {one for entry in incident.timeline for one in entry.evidence}
    ids |= {one for stone in incident.milestones.values() if stone for one in stone.evidence}
    ids |= {one for impact in explanation.impact for one in impact.evidence}
    ids |= {one for ruled in explanation.ruled_out for one in ruled.evidence}
    ids |= {one for gone in explanation.dismissed_changes for one in (gone.event, *gone.evidence)}
    for hint in explanation.hints:
        ids |= {one for one in (hint.trigger, hint.metric) if one}
        ids |= {one for reason in (*hint.reasons_for, *hint.reasons_against) for one in reason.evidence}
    return [one for one in known.values() if one.id in ids]


def service_text(service: Service) -> str:
    """A service as one names it: with namespace and cluster where they are known.

    >>> service_text(Service("shop", "prod", "eu-1")), service_text(Service(""))
    ('shop (prod, eu-1)', '')
    """
    where = ", ".join(part for part in service[1:] if part)
    return f"{service.name} ({where})" if service.name and where else service.name or where


def shared_names(incident: Incident) -> frozenset[str]:
    """Names that two services of the incident bear: only these need a namespace beside them."""
    held: dict[str, set[Service]] = {}
    told = (a.service for a in incident.anomalies), (e.service for e in incident.evidence.events)
    for service in (*incident.explanation.affected, *(one for services in told for one in services)):
        held.setdefault(service.name, set()).add(service)
    return frozenset(n for n, of in held.items() if any(not a.may_be(b) for a, b in combinations(of, 2)))


def short_text(service: Service, shared: Collection[str]) -> str:
    """A service as a draft names it; `shared` from `shared_names`.

    >>> short_text(Service("shop", "prod"), ()), short_text(Service("shop", "prod"), {"shop"})
    ('shop', 'shop (prod)')
    """
    return service.name if service.name and service.name not in shared else service_text(service)


def labels_text(labels: Mapping[str, str], *, service: Service) -> str:
    """The label values that tell a series from its sisters; those that only repeat the service are left out.

    >>> labels_text({"service": "shop", "instance": "shop-1:8000"}, service=Service("shop"))
    'shop-1:8000'
    """
    values = [v for k, v in sorted(labels.items()) if v and v not in service and k not in SCRAPE_LABELS]
    more = [f"{len(values) - MAX_LABELS_SHOWN} more labels"] if len(values) > MAX_LABELS_SHOWN else []
    return ", ".join([*values[:MAX_LABELS_SHOWN], *more])


def anomaly_text(anomaly: Anomaly) -> str:
    """The signal, the series and its figures: `Query time (db-1): 8 ms to 280 ms`."""
    series = labels_text(anomaly.labels, service=anomaly.service) or service_text(anomaly.service)
    named = f"{anomaly.signal.title} ({series})" if series else anomaly.signal.title
    return f"{named}: {change(anomaly.baseline, anomaly.peak, anomaly.signal.unit)}"


def event_text(event: Event) -> str:
    """The event in words, with its versions where its title does not say them."""
    title = event.title or f"{event.kind} of {service_text(event.service) or 'an unnamed service'}"
    if not event.version or event.version in title or event.kind == "flag":
        return title
    before = f"{event.previous} to " if event.previous and event.previous != event.version else ""
    return f"{title} ({before}{event.version})"


def change_text(event: Event) -> str:
    """A change as one refers to it in a sentence.

    >>> import pandas as pd
    >>> t = pd.Timestamp("2026-01-01T12:00Z")
    >>> change_text(Event("e1", t, "deploy", Service("shop"), "shop 2.20.0: find orders", version="2.20.0"))
    'the deploy of shop to 2.20.0'
    >>> change_text(Event("e2", t, "config", Service("shop"), "pool of 20", version="r8"))
    'the configuration change “pool of 20”'
    """
    kind = CHANGE_NOUNS.get(event.kind, event.kind)
    if event.service.name and event.version and event.version != event.previous and event.kind not in UNVERSIONED:
        return f"the {kind} of {event.service.name} to {event.version}"
    if event.title:
        return f"the {kind} “{clip(event.title, most=MAX_TITLE)}”"
    return f"the {kind} of {event.service.name or 'an unnamed service'}"


def changed_where(event: Event) -> str:
    """A change by its kind and service alone, for where its title is too long; by its title where no service is known.

    >>> import pandas as pd
    >>> t = pd.Timestamp("2026-01-01T12:00Z")
    >>> changed_where(Event("e1", t, "config", Service("shop"), "pool of 20 for each pod of the second zone"))
    'the configuration change of shop'
    """
    kind = CHANGE_NOUNS.get(event.kind, event.kind)
    versioned = event.version and event.version != event.previous and event.kind not in UNVERSIONED
    return change_text(event) if versioned or not event.service.name else f"the {kind} of {event.service.name}"


_EPOCH: Final = re.compile(r":\d{9,}$")
"""A moment in seconds since 1970 at the end of an id."""


def source_text(event: Event) -> str:
    """Who told of an event, and its id there; without the time in it of what was derived from samples."""
    return " ".join(part for part in (event.source, _EPOCH.sub("", event.source_id)) if part) or event.kind


def _query(query: Query) -> Cited:
    series = f"{query.series} series" if query.series else "no series"
    return Cited(query.id, "query", query.signal, f"{query.signal}: {series}", query=query.id, signal=query.signal)


def _event(event: Event) -> Cited:
    return Cited(event.id, "event", source_text(event), event_text(event), url=web_url(event.url))


def _alert(alert: Alert) -> Cited:
    condition = f": {alert.condition}" if alert.condition else ""
    return Cited(alert.id, "alert", alert.rule, f"alert {alert.rule}{condition}", query=alert.query)


def _gap(gap: Gap) -> Cited:
    return Cited(gap.id, "gap", f"gap in {gap.source}", f"not seen: {gap.missing} ({gap.source}): {gap.cause}")


def _anomaly(anomaly: Anomaly) -> Cited:
    signal = anomaly.signal
    return Cited(anomaly.id, "anomaly", signal.id, anomaly_text(anomaly), query=anomaly.query, signal=signal.id)
