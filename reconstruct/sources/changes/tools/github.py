"""GitHub's API: deployments with their statuses, releases, workflow runs.

The API's deployments have no time filter: pages come newest first, and reading stops at the first page that is older
than the window.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import pandas as pd

from reconstruct.errors import SourceError, UsageError
from reconstruct.http import NotAllowedError, Session
from reconstruct.model import Gap
from reconstruct.sources.changes.kinds import kind_of_pipeline
from reconstruct.sources.changes.paged import RateLimitedError, get_json, open_source, pages
from reconstruct.sources.changes.payload import (
    Item,
    PayloadReading,
    newest,
    text,
)
from reconstruct.sources.changes.tools import github_deployments, github_runs, github_webhooks
from reconstruct.sources.changes.tools.github_deployments import DEPLOYMENTS
from reconstruct.sources.changes.tools.github_runs import RELEASES, RUNS
from reconstruct.sources.result import SourceRequest, SourceResult

API_URL: Final = "https://api.github.com"
PAGE_SIZE: Final = 100
"""The most that GitHub gives."""
MAX_PAGES: Final = 50
"""5,000 deployments between now and the window's start: beyond that the rest is a Gap, not a hammered API."""
QUEUE_TIME: Final = pd.Timedelta(days=1)
"""A deployment may wait for an approval before it begins; a guess at how long."""

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


FORMATS: Final = (*github_webhooks.FORMATS, *github_deployments.FORMATS, *github_runs.FORMATS)
