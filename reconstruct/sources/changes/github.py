"""GitHub deployments: `GET /repos/{owner}/{repo}/deployments` and each one's statuses.

The API has no time filter: pages come newest first, and reading stops at the first page that is older than the window.
A deployment that was asked for is not one that began: the first `in_progress` status is its time, the first `success`
after it its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

import pandas as pd

from reconstruct.config import ReadTime, read_time
from reconstruct.errors import SourceError, UsageError
from reconstruct.model import Event, Gap, Service
from reconstruct.sources.changes.paged import get_json, open_source, pages
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

API_URL: Final = "https://api.github.com"
PAGE_SIZE: Final = 100
"""The most that GitHub gives."""
MAX_PAGES: Final = 50
"""5,000 deployments between now and the window's start: beyond that the rest is a Gap, not a hammered API."""
QUEUE_TIME: Final = pd.Timedelta(days=1)
"""A deployment may wait for an approval before it begins; a guess at how long."""

BEGAN: Final = frozenset({"in_progress"})
ENDED: Final = frozenset({"success", "failure", "error"})
_REPOSITORY: Final = re.compile(r"(?!\.+/)[\w.-]+/(?!\.+$)[\w.-]+", re.ASCII)


def is_deployments(whole: object) -> bool:
    """Whether a JSON value looks like GitHub's list of deployments."""
    return (
        isinstance(whole, list)
        and bool(whole)
        and all(isinstance(item, dict) and {"sha", "ref", "environment", "created_at"} <= item.keys() for item in whole)
    )


def is_statuses(whole: object) -> bool:
    """Whether a JSON value is deployment statuses by deployment id, as `parse_deployments` takes them."""
    return (
        isinstance(whole, dict)
        and bool(whole)
        and all(key.isdigit() and isinstance(value, list) for key, value in whole.items())
    )


def fetch_deployments(ask: SourceRequest) -> SourceResult:
    """The deployments of `owner/repo` in the window, with when each began and was complete.

    Options: `token`, `url` (of a GitHub Enterprise API), `environment`.

    Raises
    ------
    UsageError
        If the argument is not owner/repo.
    SourceError
        If GitHub does not answer, refuses the token, or knows no such repository.
    """
    if not _REPOSITORY.fullmatch(ask.argument):
        raise UsageError(f"{ask.argument!r} is not a GitHub repository", hint="write github:owner/repo")
    base = f"/repos/{ask.argument}/deployments"
    params = {"per_page": str(PAGE_SIZE)}
    if environment := ask.options.get("environment"):
        params["environment"] = environment
    found: list[Mapping[str, object]] = []
    statuses: dict[str, object] = {}
    gaps: list[Gap] = []
    source = f"github:{ask.argument}"
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    url, token = ask.options.get("url", API_URL), ask.options.get("token", "")
    with open_source(ask, name="GitHub", url=url, token=token, headers=headers) as session:
        answers = pages(session, base, params=params, page_size=PAGE_SIZE, max_pages=MAX_PAGES)
        for page in _until_older(answers, ask=ask, gaps=gaps):
            found.extend(page)
        for deployment in found:
            number = str(deployment.get("id", ""))
            try:
                statuses[number] = get_json(session, f"{base}/{number}/statuses", params={"per_page": str(PAGE_SIZE)})
            except SourceError as error:
                missing = f"when deployment {number} began and ended"
                gaps.append(Gap(id="", source=source, missing=missing, cause=error.message))
    ledger = parse_deployments(found, statuses, source=source, authors=ask.authors)
    return SourceResult(events=tuple(e for e in ledger.events if ask.covers(e.time)), gaps=tuple(gaps) + ledger.gaps)


def parse_deployments(whole: object, statuses: object, *, source: str, authors: bool = False) -> SourceResult:
    """Events of a list of deployments and of their statuses by deployment id; one that cannot be read is a Gap."""
    by_id = cast("Mapping[str, object]", statuses) if isinstance(statuses, dict) else {}
    events: list[Event] = []
    gaps: list[Gap] = []
    for number, item in enumerate(cast("Sequence[Mapping[str, object]]", whole), start=1):
        try:
            its_statuses = cast("Sequence[Mapping[str, object]]", by_id.get(str(item["id"]), ()))
            events.append(_event(item, its_statuses, source=source, authors=authors))
        except (UsageError, KeyError, TypeError, AttributeError) as error:
            gaps.append(Gap(id="", source=source, missing=f"deployment {number}", cause=f"cannot be read: {error}"))
    return SourceResult(events=tuple(sorted(events, key=lambda e: (e.time, e.source_id))), gaps=tuple(gaps))


def _event(
    deployment: Mapping[str, object], statuses: Sequence[Mapping[str, object]], *, source: str, authors: bool
) -> Event:
    raw_payload = deployment.get("payload")
    payload = cast("Mapping[str, object]", raw_payload) if isinstance(raw_payload, dict) else {}
    told = sorted(
        ((_time(status["created_at"]), _text(status.get("state")), status) for status in _dated(statuses)),
        key=lambda status: status[:2],  # `in_progress` sorts before `success` where both came in one second
    )
    began = next((time for time, state, _ in told if state in BEGAN), _time(deployment["created_at"]))
    over = next(((time, state) for time, state, _ in told if state in ENDED and time >= began), None)
    task = _text(deployment.get("task"))
    title = _text(deployment.get("description")) or _text(payload.get("title"))
    kind = _text(payload.get("kind")) or ("migration" if "migrat" in task else task.partition(":")[0] or "deploy")
    labels = {
        "environment": _text(deployment.get("environment")),
        "sha": _text(deployment.get("sha"))[:12],
        "state": over[1] if over else (told[-1][1] if told else ""),
    }
    creator = deployment.get("creator")
    if authors and isinstance(creator, dict):
        labels["author"] = _text(creator.get("login"))
    return event(
        time=ReadTime(began, 0.0, zone_told=True),
        end=over[0] if over and over[0] > began else None,
        kind=kind,
        service=Service(_text(payload.get("service")) or _repository(deployment)),
        title=title,
        source=source,
        source_id=_text(deployment["id"]),
        version=_text(payload.get("version")) or _version(deployment),
        previous=_text(payload.get("previous")),
        url=_link(deployment, [status for _, _, status in told]),
        labels={name: value for name, value in labels.items() if value},
    )


def _dated(statuses: Sequence[Mapping[str, object]]) -> Iterator[Mapping[str, object]]:
    return (status for status in statuses if isinstance(status, dict) and "created_at" in status)


def _until_older(
    answers: Iterator[Sequence[Mapping[str, object]] | None], *, ask: SourceRequest, gaps: list[Gap]
) -> Iterator[list[Mapping[str, object]]]:
    """Pages, cut to what may lie in the window, up to the first that is wholly older; None = no more were asked for."""
    oldest = ask.window.baseline_start - QUEUE_TIME
    for page in answers:
        if page is None:
            cause = f"only the newest {MAX_PAGES * PAGE_SIZE} were read"
            gaps.append(Gap(id="", source=f"github:{ask.argument}", missing="older deployments", cause=cause))
            return
        dated = [(item, _time(item.get("created_at", ""))) for item in page]
        yield [item for item, time in dated if oldest <= time < ask.window.end]
        if dated and max(time for _, time in dated) < oldest:
            return


def _repository(deployment: Mapping[str, object]) -> str:
    match = re.search(r"/repos/[^/]+/([^/]+)", _text(deployment.get("repository_url") or deployment.get("url")))
    return match[1] if match else ""


def _version(deployment: Mapping[str, object]) -> str:
    """The tag without its `v`; a branch says nothing about what was deployed, its commit does."""
    ref, sha = _text(deployment.get("ref")), _text(deployment.get("sha"))
    if any(letter.isdigit() for letter in ref):
        return re.sub(r"^v(?=\d)", "", ref.removeprefix("refs/tags/"))
    return sha[:7] or ref


def _link(deployment: Mapping[str, object], statuses: Sequence[Mapping[str, object]]) -> str:
    """Where a person can look: the run's log, the environment, and only then the API."""
    for name in ("log_url", "target_url", "environment_url"):
        for status in statuses:
            if link := _text(status.get(name)):
                return link
    return _text(deployment.get("url"))


def _time(value: object) -> pd.Timestamp:
    return read_time(_text(value), tz="UTC").time


def _text(value: object) -> str:
    return "" if value is None else str(value)
