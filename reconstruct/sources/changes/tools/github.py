"""GitHub: deployments with their statuses, releases, workflow runs; from the API, `gh --json` and webhooks alike.

The API's deployments have no time filter: pages come newest first, and reading stops at the first page that is older
than the window. A deployment that was asked for is not one that began: the first `in_progress` status is its time, the
first `success` after it its end. A release's time is when it was published, a draft is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, cast

import pandas as pd

from reconstruct.config import ReadTime
from reconstruct.errors import SourceError, UsageError
from reconstruct.http import NotAllowedError, Session
from reconstruct.model import Gap, Service
from reconstruct.sources.changes.environments import place_in
from reconstruct.sources.changes.kinds import kind_of_pipeline
from reconstruct.sources.changes.paged import RateLimitedError, get_json, open_source, pages
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    at,
    begin,
    each,
    end,
    has,
    labels,
    newest,
    plain_version,
    short_sha,
    text,
)
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


def fetch_changes(ask: SourceRequest) -> SourceResult:
    """Deployments, published releases and workflow runs of `owner/repo` in the window.

    Options: `token`, `url` (of a GitHub Enterprise API), `environment`, `service`.

    Raises
    ------
    UsageError
        If the argument is not owner/repo.
    SourceError
        If GitHub does not answer, refuses the token, or knows no such repository.
    """
    if not _REPOSITORY.fullmatch(ask.argument):
        raise UsageError(f"{ask.argument!r} is not a GitHub repository", hint="write github:owner/repo")
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    url, token = ask.options.get("url", API_URL), ask.options.get("token", "")
    told = SourceResult()
    refused: list[SourceError | NotAllowedError] = []
    with open_source(ask, name="GitHub", url=url, token=token, headers=headers) as session:
        for what, read in (("deployments", _deployments), ("releases", _releases), ("workflow runs", _runs)):
            try:
                told += read(session, ask)
            except (SourceError, NotAllowedError) as error:
                if what == "deployments" and not (isinstance(error, NotAllowedError) and "403" in error.message):
                    raise  # the repository, the token or the network is wrong: the rest would say the same
                refused.append(error)
                told += SourceResult(gaps=(_gap(ask, what, f"{error.message}; {error.hint}"),))
                if isinstance(error, RateLimitedError):
                    break
    if len(refused) == 3:  # a token that may see one of them is enough
        raise refused[0]
    return told.within(ask)


def _deployments(session: Session, ask: SourceRequest) -> SourceResult:
    base = f"/repos/{ask.argument}/deployments"
    params = {"per_page": str(PAGE_SIZE)}
    if environment := ask.options.get("environment"):
        params["environment"] = environment
    gaps: list[Gap] = []
    statuses: dict[str, object] = {}
    answers = pages(session, base, params=params, page_size=PAGE_SIZE, max_pages=MAX_PAGES)
    found = list(_until_older(answers, ask=ask, gaps=gaps))
    for place, deployment in enumerate(found):
        number = str(deployment.get("id", ""))
        try:
            statuses[number] = get_json(session, f"{base}/{number}/statuses", params={"per_page": str(PAGE_SIZE)})
        except RateLimitedError as error:
            left = len(found) - place
            gaps.append(_gap(ask, f"when {left} of {len(found)} deployments began and ended", error.message))
            break
        except (SourceError, NotAllowedError) as error:
            gaps.append(_gap(ask, f"when deployment {number} began and ended", error.message))
    reading = PayloadReading(_source(ask), ask, service=ask.options.get("service", ""), beside=statuses)
    return SourceResult(gaps=tuple(gaps)) + DEPLOYMENTS.parse(found, reading)


def _releases(session: Session, ask: SourceRequest) -> SourceResult:
    base = f"/repos/{ask.argument}/releases"
    gaps: list[Gap] = []
    answers = pages(session, base, params={"per_page": str(PAGE_SIZE)}, page_size=PAGE_SIZE, max_pages=MAX_PAGES)
    found = list(_until_older(answers, ask=ask, gaps=gaps))
    return SourceResult(gaps=tuple(gaps)) + RELEASES.parse(found, PayloadReading(f"{_source(ask)} releases", ask))


def _runs(session: Session, ask: SourceRequest) -> SourceResult:
    """Runs of workflows that deploy, by their names; the API filters by when they were created."""
    since, until = ask.window.baseline_start - QUEUE_TIME, ask.window.end
    params = {"per_page": str(PAGE_SIZE), "created": f"{since:%Y-%m-%dT%H:%M:%SZ}..{until:%Y-%m-%dT%H:%M:%SZ}"}
    path = f"/repos/{ask.argument}/actions/runs"
    gaps: list[Gap] = []
    found: list[Item] = []
    answers = pages(session, path, params=params, page_size=PAGE_SIZE, max_pages=RUN_PAGES, items="workflow_runs")
    for page in answers:
        if page is None:
            gaps.append(_gap(ask, "older workflow runs", f"only the newest {RUN_PAGES * PAGE_SIZE} were read"))
        else:
            found += [
                run
                for run in page
                if kind_of_pipeline(text(run, "name"), text(run, "path"), otherwise="note") != "note"
            ]
    return SourceResult(gaps=tuple(gaps)) + RUNS.parse(found, PayloadReading(f"{_source(ask)} runs", ask))


RUN_PAGES: Final = 10
"""GitHub gives 1,000 results of a search at most."""


def _deployment(item: Item, statuses: Sequence[Item], reading: PayloadReading) -> Iterator[Told]:
    payload = at(item, "payload")
    told = sorted(
        ((begin(status, "created_at", "createdAt").time, text(status, "state").lower(), status) for status in statuses),
        key=lambda status: status[:2],  # `in_progress` sorts before `success` where both came in one second
    )
    began = next((time for time, state, _ in told if state in BEGAN), None)
    asked = begin(item, "created_at", "createdAt")
    over = next(((time, state) for time, state, _ in told if state in ENDED and time >= (began or asked.time)), None)
    state = over[1] if over else (told[-1][1] if told else text(item, "state"))
    if not state or (state == "inactive" and not over):
        state = "success" if not told or state == "inactive" else state
    task = text(item, "task")
    yield event(
        time=ReadTime(began, 0.0, zone_told=True) if began is not None else asked,
        end=over[0] if over else None,
        kind=text(payload, "kind") or ("migration" if "migrat" in task else task.partition(":")[0] or "deploy"),
        service=Service(text(payload, "service") or reading.service or _repository(item)),
        title=text(item, "description") or text(payload, "title"),
        source=reading.source,
        source_id=text(item, "id"),
        version=text(payload, "version") or _version(item),
        previous=text(payload, "previous"),
        url=_link(item, [status for _, _, status in told]),
        labels=_labels(item, reading, sha=text(item, "sha")[:12]),
        state=state,
        environment=text(item, "environment"),
        production=_production(item),
    )


def _production(item: Item) -> bool | None:
    if at(item, "transient_environment") is True:
        return False
    flag = at(item, "production_environment")
    return flag if isinstance(flag, bool) else None


def _parse_deployments(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    by_id = cast("Mapping[str, object]", reading.beside) if isinstance(reading.beside, dict) else {}

    def read(item: Item, how: PayloadReading) -> Iterable[Told]:
        listed = by_id.get(text(item, "id"), ())
        statuses = [one for one in cast("Sequence[object]", listed) if isinstance(one, dict) and "created_at" in one]
        return _deployment(item, statuses, how)

    return each(read)(items, reading)


def _parse_webhooks(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Bodies of `deployment` and `deployment_status`: each deployment once, with all its statuses."""
    deployments: dict[str, Item] = {}
    statuses: dict[str, list[object]] = {}
    for item in items:
        number = text(item, "deployment.id")
        deployments[number] = cast("Item", at(item, "deployment"))
        if has(item, "deployment_status.state"):
            statuses.setdefault(number, []).append(at(item, "deployment_status"))
    whole = PayloadReading(reading.source, reading.ask, service=reading.service, beside=statuses)
    return _parse_deployments(list(deployments.values()), whole)


def _parse_statuses(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """A deployment's statuses alone: they tell its times and place; of what is deployed only the repository."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(text(item, "deployment_url"), []).append(item)
    made = [
        {
            "id": url.rpartition("/")[2],
            "url": url,
            "repository_url": text(group[0], "repository_url"),
            "environment": text(group[0], "environment"),
            "created_at": min(text(status, "created_at") for status in group),
        }
        for url, group in groups.items()
    ]
    beside = {url.rpartition("/")[2]: group for url, group in groups.items()}
    note = f"{reading.source} holds deployment statuses alone: versions are in the deployments themselves"
    told = _parse_deployments(made, PayloadReading(reading.source, reading.ask, reading.service, beside))
    return told + SourceResult(notes=(note,))


def _release(item: Item, reading: PayloadReading) -> Iterator[Told]:
    if at(item, "draft") is True or at(item, "isDraft") is True:
        yield f"{reading.source}: a draft of a release is passed over"
        return
    tag = text(item, "tag_name", "tagName")
    repository = text(item, "repository.name") or _repository(item)
    version = plain_version(tag)
    name = text(item, "name")
    yield event(
        time=begin(item, "published_at", "publishedAt", "created_at", "createdAt"),
        kind="deploy",
        service=Service(reading.service or repository),
        title=f"{repository} {version}: {name}" if name and plain_version(name) != version else "",
        source=reading.source,
        source_id=text(item, "id", "databaseId") or tag,
        version=version,
        url=text(item, "html_url", "url"),
        labels=_labels(item, reading, event="release", prerelease="true" if at(item, "prerelease") is True else ""),
    )


def _run(item: Item, reading: PayloadReading) -> Iterator[Told]:
    name = text(item, "workflowName", "name")
    began = begin(item, "run_started_at", "startedAt", "created_at", "createdAt")
    status, conclusion = text(item, "status"), text(item, "conclusion")
    kind = kind_of_pipeline(name, text(item, "path"), otherwise="note")
    repository = text(item, "repository.name", "head_repository.name") or _repository(item)
    yield event(
        time=began,
        end=end(item, "updated_at", "updatedAt") if status == "completed" else None,
        kind=kind,
        service=Service(reading.service or repository),
        title=": ".join(filter(None, (name, text(item, "display_title", "displayTitle")))),
        source=reading.source,
        source_id=text(item, "id", "databaseId"),
        version=short_sha(text(item, "head_sha", "headSha")),
        url=text(item, "html_url", "url"),
        labels=_labels(
            item,
            reading,
            event=text(item, "event"),
            branch=text(item, "head_branch", "headBranch"),
            conclusion=conclusion,
        ),
        state=conclusion or status,
        environment=place_in(name) if kind != "note" else "",
    )


def _labels(item: Item, reading: PayloadReading, **told: str) -> dict[str, str]:
    who = text(item, "creator.login", "author.login", "actor.login") if reading.ask.authors else ""
    return labels(**told, author=who)


def _until_older(answers: Iterator[Sequence[Item] | None], *, ask: SourceRequest, gaps: list[Gap]) -> Iterator[Item]:
    """Items that may lie in the window, up to the first page that is wholly older; None = no more were asked for."""
    oldest = ask.window.baseline_start - QUEUE_TIME
    for page in answers:
        if page is None:
            gaps.append(_gap(ask, "older deployments", f"only the newest {MAX_PAGES * PAGE_SIZE} were read"))
            return
        dated = [(item, newest([item], "published_at", "created_at")) for item in page]
        yield from (item for item, time in dated if time is None or oldest <= time < ask.window.end)
        latest = newest(page, "published_at", "created_at")
        if latest is not None and latest < oldest:
            return


def _source(ask: SourceRequest) -> str:
    return f"github:{ask.argument}"


def _gap(ask: SourceRequest, missing: str, cause: str) -> Gap:
    return Gap("", _source(ask), missing, cause, ask.window.baseline_start, ask.window.end)


def _repository(item: Item) -> str:
    for url in (text(item, "repository_url"), text(item, "url"), text(item, "html_url")):
        if match := re.search(r"/repos/[^/]+/([^/]+)|//github[^/]*/[^/]+/([^/]+)", url):
            return match[1] or match[2]
    return ""


def _version(deployment: Item) -> str:
    """The tag without its `v`; a branch says nothing about what was deployed, its commit does."""
    ref, sha = text(deployment, "ref"), text(deployment, "sha")
    looks_like_version = re.fullmatch(r"(?:refs/tags/)?v?\d+(?:\.\d+)+\S*|(?:refs/tags/)?v\d+|[0-9a-f]{7,40}", ref)
    if looks_like_version or (any(letter.isdigit() for letter in ref) and "/" not in ref.removeprefix("refs/tags/")):
        return plain_version(ref)
    return sha[:7] or ref


def _link(deployment: Item, statuses: Sequence[Item]) -> str:
    """Where a person can look: the run's log, the environment, and only then the API."""
    for name in ("log_url", "target_url", "environment_url"):
        for status in statuses:
            if link := text(status, name):
                return link
    return text(deployment, "url")


def is_statuses_by_id(whole: object) -> bool:
    """Whether a JSON value is deployment statuses by deployment id, as they are kept beside the deployments."""
    return (
        isinstance(whole, dict)
        and bool(whole)
        and all(key.isdigit() and isinstance(value, list) for key, value in whole.items())
    )


def _knows_deployment(item: Item) -> bool:
    return has(item, "sha", "ref", "environment", "created_at") and isinstance(item["environment"], str)


DEPLOYMENTS: Final = Format("GitHub deployments", _knows_deployment, _parse_deployments)
RELEASES: Final = Format(
    "GitHub releases",
    lambda item: has(item, "tag_name", "published_at") or has(item, "tagName", "publishedAt"),
    each(_release),
)
RUNS: Final = Format(
    "GitHub workflow runs",
    lambda item: (
        (has(item, "head_sha", "run_number") or has(item, "head_branch", "conclusion", "html_url"))
        or (
            has(item, "conclusion")
            and (has(item, "createdAt") or has(item, "startedAt"))
            and any(has(item, name) for name in ("databaseId", "headSha", "workflowName", "displayTitle"))
        )
    ),
    each(_run),
)


def _unwrapped(name: str) -> Format:
    """The same thing in a webhook's body: `{"action": ..., "release": {...}, "repository": {...}}`."""
    inner = {"release": RELEASES, "workflow_run": RUNS}[name]

    def parse(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
        bodies = [{"repository": item.get("repository"), **cast("Item", item[name])} for item in items]
        latest = {text(body, "id"): body for body in bodies}
        return inner.parse(list(latest.values()), reading)

    return Format(
        f"{inner.name} (webhook)", lambda item: has(item, "action", "repository") and has(item, f"{name}.id"), parse
    )


def _parse_graphql(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Deployments as GraphQL gives them: states in capitals, statuses inside."""
    made: list[Item] = []
    beside: dict[str, list[object]] = {}
    for item in items:
        number = text(item, "databaseId", "id")
        made.append(
            {
                "id": number,
                "sha": text(item, "commitOid"),
                "ref": text(item, "ref.name"),
                "environment": text(item, "environment", "latestEnvironment"),
                "created_at": text(item, "createdAt"),
                "state": {"ACTIVE": "success", "DESTROYED": "inactive"}.get(text(item, "state"), text(item, "state")),
                "description": text(item, "description"),
                "task": text(item, "task"),
                "repository_url": text(item, "repository.url"),
            }
        )
        nodes = at(item, "statuses.nodes")
        beside[number] = [
            {"state": text(one, "state").lower(), "created_at": text(one, "createdAt")}
            for one in (nodes if isinstance(nodes, list) else [])
            if isinstance(one, dict)
        ]
    return _parse_deployments(made, PayloadReading(reading.source, reading.ask, reading.service, beside))


def _activity(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """An entry of a repository's activity (`/repos/{owner}/{repo}/events`)."""
    repository = text(item, "repo.name").rpartition("/")[2]
    what = text(item, "type")
    if what == "ReleaseEvent" and isinstance(release := at(item, "payload.release"), dict):
        yield from _release({"repository": {"name": repository}, **release}, reading)
    elif what == "PushEvent":
        yield event(
            time=begin(item, "created_at"),
            kind="note",
            service=Service(reading.service or repository),
            title=f"push to {text(item, 'payload.ref').removeprefix('refs/heads/')}",
            source=reading.source,
            source_id=text(item, "id"),
            version=text(item, "payload.head")[:12],
        )
    else:
        yield f"{reading.source}: an entry that is no push and no release is passed over"


FORMATS: Final = (
    Format("GitHub's activity", lambda item: has(item, "type", "actor", "repo.name", "payload"), each(_activity)),
    Format(
        "GitHub deployments (GraphQL)", lambda item: has(item, "commitOid", "createdAt", "environment"), _parse_graphql
    ),
    DEPLOYMENTS,
    Format("GitHub deployment webhooks", lambda item: has(item, "deployment.sha", "deployment.id"), _parse_webhooks),
    Format(
        "GitHub deployment statuses", lambda item: has(item, "state", "deployment_url", "created_at"), _parse_statuses
    ),
    _unwrapped("release"),
    _unwrapped("workflow_run"),
    RELEASES,
    RUNS,
)
