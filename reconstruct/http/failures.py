"""Foreign errors into ours: what happened, in one line with host:port, and what to do next.

The failure table of docs/prometheus.md has a row for each.
"""

from __future__ import annotations

import re
import socket
from typing import Final
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, ProxyError, ReadTimeoutError

from reconstruct.errors import ReconstructError, SourceError, UsageError
from reconstruct.http.dates import retry_after_s
from reconstruct.http.redaction import host_of, redact, redact_url
from reconstruct.http.settings import HttpSettings

MAX_SAID_SHOWN: Final = 300
"""Characters of a server's own words that are passed on; more is a page, not a message."""
_TAGS: Final = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_NO_TENANT: Final = re.compile(r"no org id|X-Scope-OrgID", re.IGNORECASE)
_UNSIGNED: Final = re.compile(r"Missing Authentication Token|security token included in the request", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


class NoSuchPageError(SourceError):
    """The server answered 404: a wrong prefix, or an endpoint that it does not have."""


class LateError(SourceError):
    """No answer within the time-out."""


class NotAllowedError(UsageError):
    """The server answered 401 or 403."""


def unreachable(error: Exception, *, settings: HttpSettings) -> ReconstructError:
    """What to tell a user when no (whole) answer came: refused, unknown, untrusted, late or cut off."""
    at = f"{settings.name} at {host_of(settings.url)}"
    option = settings.option
    cause = _root(error)
    if isinstance(error, requests.exceptions.ProxyError) or isinstance(cause, ProxyError):
        return SourceError(
            f"{at}: the proxy did not let us through: {_said(cause)}",
            hint="check the proxy setting, HTTP(S)_PROXY and NO_PROXY",
        )
    if isinstance(error, requests.exceptions.SSLError):
        return _untrusted(cause, at=at, option=option)
    if _names_nobody(cause):
        return SourceError(f"{at}: no such host", hint=f"check the name in {option}")
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return SourceError(
            f"{at}: no connection within {settings.connect_timeout_s:g} s",
            hint=f"check {option}, the network and the firewall",
        )
    if isinstance(error, requests.exceptions.ReadTimeout) or isinstance(cause, ReadTimeoutError | TimeoutError):
        return LateError(
            f"{at} did not answer within {settings.timeout_s:g} s",
            hint="it may be overloaded: try a narrower --scope, fewer --pack, or a longer time-out",
        )
    if "refused" in str(cause):
        return SourceError(f"{at} refused the connection", hint=f"is it running, and is the port right? check {option}")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidHeader):
        return UsageError(f"{at}: {_said(error)}", hint=f"check {option} and the headers")
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return SourceError(f"{at} cut its answer short", hint="try again; a proxy in between may limit the size")
    return SourceError(f"{at}: no answer: {_said(cause)}", hint=f"is it a server that speaks HTTP? check {option}")


def not_answered(answer: requests.Response, *, settings: HttpSettings) -> ReconstructError | None:
    """What to tell a user about an answer that is no JSON of the API; None where it may be one.

    Statuses that carry the API's own JSON error (400, 422, 503) are left to the source, which knows its words.
    """
    at = f"{settings.name} at {host_of(settings.url)}"
    status, kind = answer.status_code, answer.headers.get("Content-Type", "")
    if 300 <= status < 400:
        there = redact_url(answer.headers.get("Location", "?"))
        return SourceError(
            f"{at} sends us elsewhere ({status}): {there}",
            hint=f"a login page? then give credentials; else give {settings.option} the address behind the redirect",
        )
    # The API's own words in a 400 are left to the source.
    refused = status in (401, 403) or (status == 400 and "json" not in kind)
    if refused and _NO_TENANT.search(answer.text):
        return NotAllowedError(
            f"{at} wants to know whose data are asked for ({status}{_quoted(answer)})",
            hint="name the tenant: PROMETHEUS_ORG_ID, or the header X-Scope-OrgID in reconstruct.yaml",
        )
    if status == 403 and _UNSIGNED.search(answer.text):
        return NotAllowedError(
            f"{at} wants Amazon's signature (403{_quoted(answer)})",
            hint="set PROMETHEUS_AUTH=sigv4, with AWS_PROFILE or keys, and AWS_REGION",
        )
    if status == 401:
        return NotAllowedError(
            f"{at} wants to know who asks (401{_quoted(answer)})",
            hint=f"give credentials: {settings.credentials}"
            if not _signed(answer)
            else f"the credentials were refused; check {settings.credentials}",
        )
    if status == 403:
        return NotAllowedError(
            f"{at} does not allow it (403{_quoted(answer)})",
            hint=f"ask for the right to read, or check {settings.credentials}",
        )
    if status == 429:
        wait_s = retry_after_s(answer)
        return SourceError(
            f"{at} has too many requests (429)"
            + (f", and asks to come back in {wait_s:.0f} s" if wait_s is not None else ""),
            hint="try again later, or ask for less: a narrower --scope, fewer --pack",
        )
    if status == 404:
        return NoSuchPageError(
            f"{at} knows no such page (404{_quoted(answer)})",
            hint=f"does it live under a prefix? give {settings.option} {settings.url}/PREFIX",
        )
    if "json" in kind:
        return None
    if status == 400 and "HTTP request to an HTTPS server" in answer.text:
        secure = "https" + settings.url.removeprefix("http")
        return SourceError(f"{at} speaks TLS on that port", hint=f"use {settings.option} {secure}")
    if "html" in kind and status < 400:
        return SourceError(
            f"{at} answered with a web page, not with the API: a login page, or another program",
            hint=f"give credentials ({settings.credentials}), or the API's own address as {settings.option}",
        )
    if status >= 400:
        return SourceError(
            f"{at} answered {status}{_quoted(answer, sign=': ')}",
            hint="look into that server's log" if status >= 500 else f"check {settings.option}",
        )
    return None


def _untrusted(cause: BaseException, *, at: str, option: str) -> ReconstructError:
    words = str(cause)
    if "WRONG_VERSION_NUMBER" in words or "RECORD_LAYER_FAILURE" in words or "HTTP_REQUEST" in words:
        return SourceError(f"{at} does not speak TLS on that port", hint=f"use http:// in {option}")
    if "CERTIFICATE_REQUIRED" in words or "BAD_CERTIFICATE" in words:
        return UsageError(f"{at} wants a client certificate", hint="give client_cert and client_key")
    if "Hostname mismatch" in words or "doesn't match" in words or "IP address mismatch" in words:
        return SourceError(f"{at}: its certificate is for another name", hint=f"use the certificate's name in {option}")
    if "expired" in words:
        return SourceError(f"{at}: its certificate has expired", hint="renew it; verify: false goes on without")
    if "CERTIFICATE_VERIFY_FAILED" in words:
        return SourceError(
            f"{at}: its certificate is not signed by anyone we trust",
            hint="give ca_file with your own authority's certificate",
        )
    return SourceError(f"{at}: TLS failed: {_said(cause)}", hint=f"check {option}, ca_file and the client certificate")


def _root(error: BaseException) -> BaseException:
    """The innermost reason of nested requests and urllib3 errors."""
    for _ in range(8):  # deeper than any chain they build
        inner = getattr(error, "reason", None) or next(
            (argument for argument in getattr(error, "args", ()) if isinstance(argument, HTTPError | OSError)), None
        )
        if not isinstance(inner, BaseException):
            break
        error = inner
    return error


def _names_nobody(error: BaseException | None) -> bool:
    """Whether a look-up of the host's name lies behind the error (urllib3 has a class for it from 2.0 on only)."""
    while error is not None:
        if isinstance(error, socket.gaierror):
            return True
        error = error.__cause__ or error.__context__
    return False


def _said(error: BaseException) -> str:
    words = re.sub(r"<[\w.]+ object at 0x[0-9a-f]+>:?\s*|^\w+\([^)]*\):\s*", "", str(error))
    return plain(words) or type(error).__name__


def _signed(answer: requests.Response) -> bool:
    return "Authorization" in (answer.request.headers if answer.request is not None else {})


def _quoted(answer: requests.Response, *, sign: str = ", ") -> str:
    words = plain(answer.text)
    return f"{sign}{words}" if words else ""


def plain(text: str) -> str:
    """A server's words as one short line: no tags, no control characters, no secrets.

    >>> plain("<html><h1>Who\\nare you?</h1></html>\\x1b[31m")
    'Who are you? [31m'
    """
    line = " ".join(_CONTROL.sub(" ", _TAGS.sub(" ", text[: 20 * MAX_SAID_SHOWN])).split())
    line = redact(line)
    return line if len(line) <= MAX_SAID_SHOWN else line[: MAX_SAID_SHOWN - 1] + "…"


def same_server(url: str, *, settings: HttpSettings) -> bool:
    """Whether a redirect's target lies on the server that was asked (a relative one does).

    >>> same_server("/prom/graph", settings=HttpSettings("http://a:1")), same_server("http://b/", settings=HttpSettings("http://a:1"))
    (True, False)
    """
    there = urlsplit(url)
    return not there.netloc or host_of(url) == host_of(settings.url)
