"""A message as an HTTP POST: to Slack's incoming webhooks, and to any other receiver of JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from reconstruct.config import Target
from reconstruct.errors import SourceError, UsageError
from reconstruct.http import HttpSettings, Session, host_of, open_session, plain

MIN_SECRET_CHARS: Final = 8
"""Parts of an address that are shorter (`hooks`, `T01`) stand in other words too, and no one can guess with them."""
PASSING: Final = frozenset({408, 425, 429})
"""Of the 4xx, those that say: not now."""


def send_webhook(payload: Mapping[str, Any], target: Target, *, key: str) -> None:
    """POST `payload` as JSON with an `Idempotency-Key` header; any 2xx is taken as delivered.

    Raises
    ------
    SourceError
        If it may go through later.
    UsageError
        If the receiver refuses it.
    """
    _post(payload, target, headers={"Idempotency-Key": key, **target.headers})


def send_slack(payload: Mapping[str, Any], target: Target, *, key: str) -> None:
    """POST a Slack message to an incoming webhook. Slack knows no idempotency key, and ignores ours.

    Raises
    ------
    SourceError
        If it may go through later.
    UsageError
        If Slack refuses it: `invalid_blocks`, `no_service`, `channel_is_archived`, ...
    """
    _post(payload, target, headers={"Idempotency-Key": key})


def _post(payload: Mapping[str, Any], target: Target, *, headers: Mapping[str, str]) -> None:
    base, path = _split(target)
    with _session(target, base=base, headers=headers) as session:
        answer = session.ask("POST", base + path, json=dict(payload))
        said = plain(_without_secrets(answer.text, path=path, headers=headers))
    at = host_of(base)
    if 200 <= answer.status_code < 300:
        return
    if answer.status_code >= 500 or answer.status_code in PASSING:
        raise SourceError(f"{at} answered {answer.status_code}: {said}", hint="it may take it later")
    raise UsageError(
        f"{at} answered {answer.status_code}: {said}", hint=f"check the address and the credentials of {target.name}"
    )


def _without_secrets(text: str, *, path: str, headers: Mapping[str, str]) -> str:
    """What a receiver said, where it says back the address or the headers that it was sent."""
    parts = re.split(r"[/?&=]", path)
    for secret in sorted({*parts, *headers.values()}, key=len, reverse=True):
        if len(secret) >= MIN_SECRET_CHARS:
            text = text.replace(secret, "REDACTED")
    return text


def _split(target: Target) -> tuple[str, str]:
    """Server and path of a webhook: its path and query are the secret, and stay out of the session's messages."""
    try:
        parts = urlsplit(target.url)
    except ValueError:
        raise UsageError(f"the url of {target.name} is no address", hint="give it as https://HOST/PATH") from None
    base = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], "", "", ""))
    return base, urlunsplit(("", "", parts.path or "/", parts.query, ""))


def _session(target: Target, *, base: str, headers: Mapping[str, str]) -> Session:
    login = urlsplit(target.url)
    settings = HttpSettings(
        url=base,
        name=target.name,
        option=f"the url of {target.name}",
        credentials=f"the url and headers of {target.name}",
        username=login.username or "",
        password=login.password or "",
        headers=headers,
        timeout_s=target.timeout_s,
    )
    return open_session(settings)
