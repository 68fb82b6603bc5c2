"""LaunchDarkly: the audit log, `GET /api/v2/auditlog`; who did it stays out, titles are made of what was done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconstruct.model import Gap, Service
from reconstruct.sources.changes.environments import is_production
from reconstruct.sources.changes.paged import get_json, open_source
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    at,
    begin,
    each,
    has,
    items_at,
    labels,
    listed,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

API_URL: Final = "https://app.launchdarkly.com"
PAGE_SIZE: Final = 20
"""The most that the audit log gives at once."""
MAX_PAGES: Final = 100
_RESOURCE: Final = re.compile(
    r"(?:proj/(?P<project>[^:;]+))?(?::env/(?P<environment>[^:;]+))?(?::(?P<kind>\w+)/(?P<key>.+))?"
)


_ASKED_FOR: Final = re.compile(r"(?!apply)[a-z]+(?:ScheduledChange|ApprovalRequest|Workflow)")
"""What is done to a change to come, and not to the flag; only `applyApprovalRequest` changes one."""


def fetch_audit_log(ask: SourceRequest) -> SourceResult:
    """What was changed in the window in the project `ask.argument` (`*` = all).

    Options: `token` (with the right to read the audit log), `url`, `environment`.
    """
    after, before = ask.window.baseline_start.value // 1_000_000, ask.window.end.value // 1_000_000
    project, environment = ask.argument, ask.options.get("environment", "*")
    spec = f"proj/{project}:env/{environment}:flag/*"
    found: list[Item] = []
    gaps: tuple[Gap, ...] = ()
    token = ask.options.get("token", "")
    headers = {"Authorization": token} if token else {}
    with open_source(ask, name="LaunchDarkly", url=ask.options.get("url", API_URL), headers=headers) as session:
        for _ in range(MAX_PAGES):
            params = {"after": after, "before": before, "limit": PAGE_SIZE, "spec": spec}
            page = listed(get_json(session, "/api/v2/auditlog", params=params), "items", source="LaunchDarkly")
            found += page
            dates = [int(text(item, "date")) for item in page if text(item, "date").isdecimal()]
            if len(page) < PAGE_SIZE or not dates or min(dates) >= before:
                break
            before = min(dates)
        else:
            cause = f"only the newest {MAX_PAGES * PAGE_SIZE} were read"
            gaps = (Gap("", "launchdarkly", "older changes of flags", cause, ask.window.start, ask.window.end),)
    unique = {text(item, "_id"): item for item in found}
    return SourceResult(gaps=gaps) + AUDIT_LOG.parse(list(unique.values()), PayloadReading("launchdarkly", ask))


_OF_PEOPLE: Final = frozenset({"member", "account", "token", "team", "role", "service-token", "application"})


def _resource(item: Item) -> str:
    """What was acted on; where that was in several environments, in the one that users are in."""
    named = at(item, "target.resources")
    found = [text(one, "resource") for one in items_at(item, "accesses")]
    found = list(filter(None, found)) or ([str(one) for one in named] if isinstance(named, list) else [])
    places = [(one, match["environment"] or "") for one in found if (match := _RESOURCE.match(one))]
    return next((one for one, place in places if is_production(place)), found[0] if found else "")


def _entry(item: Item, reading: PayloadReading) -> Iterator[Told]:
    where = _RESOURCE.match(_resource(item))
    kind, name = text(item, "kind"), text(item, "target.name", "name")
    if kind in _OF_PEOPLE:
        yield f"{reading.source}: an entry of LaunchDarkly that is about people or access is passed over"
        return
    verb = text(item, "titleVerb")
    done = "on" if "turned on" in verb else "off" if "turned off" in verb else verb
    yield event(
        time=begin(item, "date"),
        kind="flag" if kind in ("flag", "segment") else "config",
        service=Service(reading.service),
        title=f"{kind} {name} {done}".strip() if done in ("on", "off") else f"{kind} {name}: {done or 'changed'}",
        source=reading.source,
        source_id=text(item, "_id"),
        url=text(item, "_links.site.href"),
        labels=labels(
            project=(where["project"] or "") if where else "",
            action=text(item, "accesses.0.action"),
            details=text(item, "description")[:200],
        ),
        environment=(where["environment"] or "").replace("*", "") if where else "",
        state="requested" if _ASKED_FOR.match(text(item, "accesses.0.action")) else "",
    )


AUDIT_LOG: Final = Format(
    "LaunchDarkly's audit log",
    lambda item: has(item, "date", "kind", "accesses") or has(item, "_id", "date", "titleVerb"),
    each(_entry),
)
FORMATS: Final = (AUDIT_LOG,)
