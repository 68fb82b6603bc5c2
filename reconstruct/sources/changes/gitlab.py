"""GitLab deployments: `GET /projects/:id/deployments`, updated since the window began, newest first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, cast
from urllib.parse import quote

import pandas as pd

from reconstruct.config import ReadTime, read_time
from reconstruct.errors import UsageError
from reconstruct.model import Event, Gap, Service
from reconstruct.sources.changes.paged import open_source, pages
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

API_URL: Final = "https://gitlab.com/api/v4"
PAGE_SIZE: Final = 100
MAX_PAGES: Final = 50

_PROJECT: Final = re.compile(r"\d+|\w[\w.-]*(?:/\w[\w.-]*)+")
_NOT_DEPLOYED: Final = frozenset({"created", "blocked", "skipped", "canceled"})


def fetch_deployments(ask: SourceRequest) -> SourceResult:
    """The deployments of a project (`group/project` or its number) that touch the window.

    Options: `token`, `url` (of a GitLab of your own, with /api/v4), `environment`, `service`.

    Raises
    ------
    UsageError
        If the argument is not a project.
    SourceError
        If GitLab does not answer, refuses the token, or knows no such project.
    """
    if not _PROJECT.fullmatch(ask.argument):
        raise UsageError(f"{ask.argument!r} is not a GitLab project", hint="write gitlab:group/project, or its number")
    source = f"gitlab:{ask.argument}"
    params = {
        "per_page": str(PAGE_SIZE),
        "order_by": "updated_at",
        "sort": "desc",
        "updated_after": f"{ask.window.baseline_start:%Y-%m-%dT%H:%M:%SZ}",
    }
    if environment := ask.options.get("environment"):
        params["environment"] = environment
    token = ask.options.get("token", "")
    headers = {"PRIVATE-TOKEN": token} if token else {}
    found: list[Mapping[str, object]] = []
    gaps: list[Gap] = []
    with open_source(ask, name="GitLab", url=ask.options.get("url", API_URL), headers=headers) as session:
        path = f"/projects/{quote(ask.argument, safe='')}/deployments"
        for page in pages(session, path, params=params, page_size=PAGE_SIZE, max_pages=MAX_PAGES):
            if page is None:
                cause = f"only the {MAX_PAGES * PAGE_SIZE} latest updated were read"
                gaps.append(Gap(id="", source=source, missing="more deployments", cause=cause))
            else:
                found.extend(page)
    service = ask.options.get("service") or ask.argument.rpartition("/")[2]
    ledger = parse_deployments(found, source=source, service=service, authors=ask.authors)
    return SourceResult(events=tuple(e for e in ledger.events if ask.covers(e.time)), gaps=(*gaps, *ledger.gaps))


def parse_deployments(
    whole: Sequence[Mapping[str, object]], *, source: str, service: str, authors: bool = False
) -> SourceResult:
    """Events of GitLab's list of deployments; those that never began are left out, one that cannot be read is a Gap."""
    events: list[Event] = []
    gaps: list[Gap] = []
    for number, item in enumerate(whole, start=1):
        try:
            if item.get("status") not in _NOT_DEPLOYED:
                events.append(_event(item, source=source, service=service, authors=authors))
        except (UsageError, KeyError, TypeError, AttributeError) as error:
            gaps.append(Gap(id="", source=source, missing=f"deployment {number}", cause=f"cannot be read: {error}"))
    return SourceResult(events=tuple(sorted(events, key=lambda e: (e.time, e.source_id))), gaps=tuple(gaps))


def _event(deployment: Mapping[str, object], *, source: str, service: str, authors: bool) -> Event:
    job = _object(deployment.get("deployable"))
    commit = _object(job.get("commit"))
    began = _time(job.get("started_at") or deployment["created_at"])
    over = job.get("finished_at")
    ended = _time(over) if over else None
    ref, sha = _text(deployment.get("ref")), _text(deployment.get("sha"))
    version = ref.removeprefix("v") if job.get("tag") is True else sha[:8]
    environment = _text(_object(deployment.get("environment")).get("name"))
    title = _text(commit.get("title"))
    labels = {"environment": environment, "sha": sha[:12], "state": _text(deployment.get("status")), "ref": ref}
    if authors:
        labels["author"] = _text(_object(deployment.get("user")).get("username"))
    return event(
        time=ReadTime(began, 0.0, zone_told=True),
        end=ended if ended is not None and ended > began else None,
        kind="deploy",
        service=Service(service),
        title=f"{service} {version}: {title}" if title else "",
        source=source,
        source_id=_text(deployment["id"]),
        version=version,
        url=_text(job.get("web_url")),
        labels={name: value for name, value in labels.items() if value},
    )


def _object(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _time(value: object) -> pd.Timestamp:
    return read_time(_text(value), tz="UTC").time


def _text(value: object) -> str:
    return "" if value is None else str(value)
