"""JSON from an HTTP API, page by page: what GitHub, GitLab, Grafana and Alertmanager have in common."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast
from urllib.parse import urljoin

import requests

from reconstruct.errors import SourceError
from reconstruct.http import HttpSettings, Session, host_of, not_answered, open_session, plain, unreachable
from reconstruct.http.dates import retry_after_s
from reconstruct.http.failures import same_server
from reconstruct.http.redaction import REDACTED
from reconstruct.http.session import RETRY_AFTER_MOST_S
from reconstruct.json_text import read_json
from reconstruct.sources.result import SourceRequest

MAX_ANSWER_BYTES: Final = 64 << 20
"""Of one answer; a page of 100 deployments has less than 1 MB."""
TIMEOUT_S: Final = 20.0
"""To the first byte. These APIs answer within seconds, and events are not worth holding up the metrics for."""
BODY_TIMEOUT_S: Final = 60.0


class RateLimitedError(SourceError):
    """The source has had enough of us for now: whoever asks it next is refused too."""


MIN_SECRET: Final = 12
"""Letters of a token that is looked for in answers: a shorter one may be any word."""
MAX_REDIRECTS: Final = 3
"""A renamed repository is one redirect away, a renamed owner another."""


_NEXT_CURSOR: Final = re.compile(r'rel="next"; results="true"; cursor="([^"]+)"')


def open_source(
    ask: SourceRequest,
    *,
    name: str,
    url: str,
    token: str = "",
    user: str = "",
    headers: Mapping[str, str] | None = None,
) -> Session:
    """A session for the API at `url`; `token` is sent as a bearer, or as the password of `user`."""
    settings = HttpSettings(
        url=url,
        name=name,
        option=f"the url of {name}",
        credentials=f"a token for {name} (docs/events.md tells which variable)",
        bearer_token="" if user else token,
        username=user,
        password=token if user else "",
        headers=headers or {},
        ca_file=ask.options.get("ca_file", ""),
        client_cert=ask.options.get("client_cert", ""),
        client_key=ask.options.get("client_key", ""),
        proxy=ask.options.get("proxy", ""),
        timeout_s=TIMEOUT_S,
        until_s=ask.until_s,
        body_timeout_s=BODY_TIMEOUT_S,
    )
    return open_session(settings)


def get_json(
    session: Session, path: str, *, params: Mapping[str, object] | None = None, body: Mapping[str, object] | None = None
) -> object:
    """The JSON at `path` below the session's URL; a `body` is sent as JSON by POST.

    Raises
    ------
    SourceError, UsageError
        If there is no whole JSON answer: says what came instead.
    """
    return _get(session, path, params=params, sent=body)[0]


def pages(
    session: Session, path: str, *, params: Mapping[str, str], page_size: int, max_pages: int, items: str = ""
) -> Iterator[Sequence[Mapping[str, object]] | None]:
    """The items of one page after the other, each item once; None last when there is more than `max_pages`.

    Pages are counted, and only whether there is a next one is taken from the `Link` header: its address would be
    followed with our token. Items move to later pages when new ones come in while we read; their ids tell. `items`
    names the field that holds the list where the answer is an object around it.
    """
    seen: set[object] = set()
    for page in range(1, max_pages + 1):
        whole, answer = _get(session, path, params={**params, "page": page})
        if items:
            whole = whole.get(items) if isinstance(whole, dict) else None
        if not isinstance(whole, list) or not all(isinstance(item, dict) for item in whole):
            raise SourceError(
                f"{session.settings.name} at {host_of(session.settings.url)} did not answer with a list",
                hint=f"is {session.settings.option} the API's address?",
            )
        listed = cast("list[Mapping[str, object]]", whole)
        fresh = [item for item in listed if item.get("id") is None or item["id"] not in seen]
        seen.update(item["id"] for item in fresh if item.get("id") is not None)
        yield fresh
        more = 'rel="next"' in answer.headers["Link"] if "Link" in answer.headers else len(listed) >= page_size
        if not more or not listed:
            return
    yield None


def linked_pages(
    session: Session, path: str, *, params: Mapping[str, str], max_pages: int
) -> Iterator[Sequence[Mapping[str, object]] | None]:
    """Lists, page by page, where the `Link` header names the next one's cursor (Sentry); None last: there is more."""
    asked = dict(params)
    for _ in range(max_pages):
        whole, answer = _get(session, path, params=asked)
        if not isinstance(whole, list):
            raise SourceError(
                f"{session.settings.name} at {host_of(session.settings.url)} did not answer with a list",
                hint=f"is {session.settings.option} the API's address?",
            )
        yield [item for item in whole if isinstance(item, dict)]
        after = _NEXT_CURSOR.search(answer.headers.get("Link", ""))
        if after is None:
            return
        asked["cursor"] = after[1]
    yield None


def _get(
    session: Session, path: str, *, params: Mapping[str, object] | None, sent: Mapping[str, object] | None = None
) -> tuple[object, requests.Response]:
    settings = session.settings
    at = f"{settings.name} at {host_of(settings.url)}"
    answer, body = _followed(session, settings.url + path, params=params, sent=sent)
    if refused := _limit(answer, at=at):
        raise refused
    if answer.status_code == 404:
        hint = "check the name, and whether the token may see it"
        raise SourceError(f"{at} answered 404: {plain(answer.text)}", hint=hint)
    if error := not_answered(answer, settings=settings):
        raise error
    if answer.status_code >= 400:
        raise SourceError(f"{at} answered {answer.status_code}: {plain(answer.text)}", hint="look into its log")
    try:
        whole: object = read_json(body)
    except ValueError as error:
        raise SourceError(f"{at} answered with something that is not JSON, or cut short", hint="try again") from error
    return whole, answer


def _followed(
    session: Session, url: str, *, params: Mapping[str, object] | None, sent: Mapping[str, object] | None
) -> tuple[requests.Response, bytes]:
    """The answer and its body; a redirect on the same server is followed, and a short pause that it asks for made."""
    waited = False
    for _ in range(MAX_REDIRECTS + 1):
        method = "GET" if sent is None else "POST"
        with session.ask(method, url, params=params, json=sent, stream=True) as answer:
            body = _without_secrets(_body(answer, settings=session.settings), session.settings)
            answer._content = body  # so that `text` is what was read, within the limit
        there = answer.headers.get("Location", "")
        if answer.status_code in (301, 302, 307, 308) and there and _same_place(there, settings=session.settings):
            url, params = urljoin(url, there), None if "?" in there else params
            continue
        pause_s = retry_after_s(answer)
        if answer.status_code == 403 and pause_s is not None and pause_s <= RETRY_AFTER_MOST_S and not waited:
            session.adapter.wait(pause_s)  # GitHub's secondary limit; a 429 has been repeated by the session
            waited = True
            continue
        break
    return answer, body


def _without_secrets(body: bytes, settings: HttpSettings) -> bytes:
    """An answer without what we sent to be let in: some APIs and proxies echo it."""
    sent = [
        settings.bearer_token,
        settings.password,
        # `GenieKey TOKEN`, `Token token=TOKEN`; a bare key may itself end in `=`
        *(
            part
            for value in settings.headers.values()
            for part in (value.split(" ")[-1], value.rpartition("token=")[2])
        ),
        b64encode(f"{settings.username}:{settings.password}".encode()).decode() if settings.password else "",
    ]
    for secret in sent:
        if len(secret) >= MIN_SECRET and "/" not in secret[:MIN_SECRET]:
            body = body.replace(secret.encode(), REDACTED.encode())
    return body


def _same_place(there: str, *, settings: HttpSettings) -> bool:
    """Whether our token may follow: the same server, and not without TLS where there was TLS."""
    downgraded = settings.url.startswith("https:") and there.startswith("http:")
    return same_server(there, settings=settings) and not downgraded


def _limit(answer: requests.Response, *, at: str) -> RateLimitedError | None:
    """What to tell where the source says that it was asked too often; a 403 is that too where it says so."""
    if answer.status_code not in (403, 429):
        return None
    if answer.headers.get("X-RateLimit-Remaining") == "0" or answer.headers.get("RateLimit-Remaining") == "0":
        return RateLimitedError(f"{at}: its rate limit is used up", hint="give a token, or try again within the hour")
    wanted = answer.headers.get("Retry-After", "")
    if answer.status_code == 429 or wanted or "rate limit" in answer.text.lower():
        after = f", and asks to come back in {wanted} s" if wanted.isdecimal() else ""
        return RateLimitedError(
            f"{at} was asked too often ({answer.status_code}){after}", hint="try again later, or give a token"
        )
    return None


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
