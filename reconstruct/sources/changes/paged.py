"""JSON from an HTTP API, page by page: what GitHub, GitLab, Grafana and Alertmanager have in common."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

import requests

from reconstruct.errors import SourceError
from reconstruct.http import HttpSettings, Session, host_of, not_answered, open_session, plain, unreachable
from reconstruct.sources.result import SourceRequest

MAX_ANSWER_BYTES: Final = 64 << 20
"""Of one answer; a page of 100 deployments has less than 1 MB."""
TIMEOUT_S: Final = 20.0
"""To the first byte. These APIs answer within seconds, and events are not worth holding up the metrics for."""
BODY_TIMEOUT_S: Final = 60.0


def open_source(
    ask: SourceRequest, *, name: str, url: str, token: str = "", headers: Mapping[str, str] | None = None
) -> Session:
    """A session for the API at `url`; `token` is sent as a bearer. The caller closes it."""
    settings = HttpSettings(
        url=url,
        name=name,
        option=f"the url of {name}",
        credentials=f"a token for {name} (docs/events.md tells which variable)",
        bearer_token=token,
        headers=headers or {},
        ca_file=ask.options.get("ca_file", ""),
        proxy=ask.options.get("proxy", ""),
        timeout_s=TIMEOUT_S,
        body_timeout_s=BODY_TIMEOUT_S,
    )
    return open_session(settings)


def get_json(session: Session, path: str, *, params: Mapping[str, object] | None = None) -> object:
    """The JSON at `path` below the session's URL.

    Raises
    ------
    SourceError, UsageError
        If there is no whole JSON answer: says what came instead.
    """
    return _get(session, path, params=params)[0]


def pages(
    session: Session, path: str, *, params: Mapping[str, str], page_size: int, max_pages: int
) -> Iterator[Sequence[Mapping[str, object]] | None]:
    """The items of one page after the other, each item once; None last when there is more than `max_pages`.

    Pages are counted, and only whether there is a next one is taken from the `Link` header: its address would be
    followed with our token. Items move to later pages when new ones come in while we read; their ids tell.
    """
    seen: set[object] = set()
    for page in range(1, max_pages + 1):
        whole, answer = _get(session, path, params={**params, "page": page})
        if not isinstance(whole, list) or not all(isinstance(item, dict) for item in whole):
            raise SourceError(
                f"{session.settings.name} at {host_of(session.settings.url)} did not answer with a list",
                hint=f"is {session.settings.option} the API's address?",
            )
        items = cast("list[Mapping[str, object]]", whole)
        fresh = [item for item in items if item.get("id") is None or item["id"] not in seen]
        seen.update(item["id"] for item in fresh if item.get("id") is not None)
        yield fresh
        more = 'rel="next"' in answer.headers["Link"] if "Link" in answer.headers else len(items) >= page_size
        if not more or not items:
            return
    yield None


def _get(session: Session, path: str, *, params: Mapping[str, object] | None) -> tuple[object, requests.Response]:
    settings = session.settings
    at = f"{settings.name} at {host_of(settings.url)}"
    answer = session.ask("GET", settings.url + path, params=params, stream=True)
    with answer:
        body = _body(answer, settings=settings)
        answer._content = body  # so that `text` is what was read, within the limit
        if answer.status_code in (403, 429) and answer.headers.get("X-RateLimit-Remaining") == "0":
            raise SourceError(f"{at}: its rate limit is used up", hint="give a token, or try again within the hour")
        if answer.status_code == 404:
            hint = "check the name, and whether the token may see it"
            raise SourceError(f"{at} answered 404: {plain(answer.text)}", hint=hint)
        if error := not_answered(answer, settings=settings):
            raise error
        if answer.status_code >= 400:
            raise SourceError(f"{at} answered {answer.status_code}: {plain(answer.text)}", hint="look into its log")
        try:
            whole: object = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise SourceError(
                f"{at} answered with something that is not JSON, or cut short", hint="try again"
            ) from error
        return whole, answer


def _body(answer: requests.Response, *, settings: HttpSettings) -> bytes:
    """The body, up to a size and a time."""
    at = f"{settings.name} at {host_of(settings.url)}"
    until = time.monotonic() + settings.body_timeout_s
    body = bytearray()
    try:
        for chunk in answer.iter_content(1 << 16):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise SourceError(
                    f"{at} answered with more than {MAX_ANSWER_BYTES >> 20} MiB", hint="narrow the window"
                )
            if time.monotonic() > until:
                raise SourceError(f"{at} did not end its answer within {settings.body_timeout_s:g} s", hint="try again")
    except requests.RequestException as error:
        raise unreachable(error, settings=settings) from error
    return bytes(body)
