"""What an HTTP source needs to be reached: frozen, built by `config` and `cli`, never printed with its secrets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

from reconstruct.errors import UsageError
from reconstruct.http.concurrency import MAX_IN_FLIGHT
from reconstruct.http.redaction import redact_url
from reconstruct.model.limits import Limits

CLOUD_COMMANDS: Final[Mapping[str, str]] = {
    "google": "gcloud auth print-access-token",
    "azure": "az account get-access-token --resource https://prometheus.monitor.azure.com --query accessToken -o tsv",
}
"""What prints a token for a cloud's managed Prometheus."""
CLOUDS: Final = ("sigv4", *CLOUD_COMMANDS)
CONNECT_TIMEOUT_S: Final = 5.0
"""To an open connection; one more try, so a host that swallows packets costs twice this."""
ANSWER_TIMEOUT_S: Final = 60.0
"""To the first byte of an answer. Prometheus itself gives up on a query after 120 s; nobody waits that long twice."""
BODY_TIMEOUT_S: Final = 300.0
"""To the last byte: a server that drips one byte a minute must not hold a run for ever."""


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Where a server is and how to be let in; at most one way of authentication, netrc where none is given."""

    url: str
    name: str = "prometheus"
    """What messages call it."""
    option: str = "--prometheus"
    """What a user changes when the address is wrong: an option, a variable, a key of the configuration."""
    credentials: str = "PROMETHEUS_TOKEN, or PROMETHEUS_USERNAME and PROMETHEUS_PASSWORD, or netrc"
    """Where a user gives credentials: goes into the hint after a 401."""
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    bearer_token: str = field(default="", repr=False)
    bearer_token_file: str = ""
    """Read for every request: tokens that a platform rotates are short, and a stale one costs a failed run."""
    bearer_command: str = field(default="", repr=False)
    """A command (no shell) that prints a token; run again after a 401."""
    auth: str = ""
    """A cloud's own way: `sigv4` (Amazon), or `google` and `azure`, whose command line tools print a token."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with every request, such as `X-Scope-OrgID`."""
    proxy: str = field(default="", repr=False)
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    timeout_s: float = ANSWER_TIMEOUT_S
    body_timeout_s: float = BODY_TIMEOUT_S
    max_answer_bytes: int = Limits().answer_mib << 20
    """Of one answer, unpacked."""
    until_s: float = math.inf
    """When the whole run has to be done with asking, on `time.monotonic()`'s clock (`--deadline`)."""
    verify: bool = True
    concurrency: int = MAX_IN_FLIGHT
    """Requests that may be under way at once."""
    requests: int = 2_000
    """Signals that a metrics server is asked for in one run; what users feel is asked first, the rest is said."""
    points: int = 11_000
    """Points of a series in one answer; Prometheus itself refuses more."""
    max_series: int = Limits().series
    """Of one signal."""
    max_label_bytes: int = Limits().label_kib << 10
    """Of one series' labels."""


def checked(settings: HttpSettings) -> HttpSettings:
    """The settings with a clean `url`: a scheme, no trailing slash, user name and password moved to their fields.

    Raises
    ------
    UsageError
        No http(s) scheme, no host, more than one way of authentication, or a key without its certificate.

    >>> checked(HttpSettings("http://me:pw%21@prom:9090/prefix/")).url
    'http://prom:9090/prefix'
    """
    url = settings.url.strip()
    shown = redact_url(url)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(
            f"{shown!r} is no address: {error}", hint=f"give {settings.option} as http://HOST:PORT"
        ) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        guess = redact_url(url.partition("://")[2] or url) or "HOST:PORT"
        raise UsageError(
            f"{shown!r} is not an http:// or https:// address", hint=f"try {settings.option} http://{guess.lstrip('/')}"
        )
    if parts.query or parts.fragment:
        raise UsageError(
            f"{shown!r} has a query or fragment behind the path",
            hint=f"give {settings.option} up to the path prefix only; tokens belong into {settings.credentials}",
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    clean = urlunsplit((parts.scheme, host if port is None else f"{host}:{port}", parts.path.rstrip("/"), "", ""))
    settings = replace(
        settings,
        url=clean,
        username=settings.username or unquote(parts.username or ""),
        password=settings.password or unquote(parts.password or ""),
    )
    given = [
        name
        for name, value in (
            ("a user name", settings.username),
            ("a bearer token", settings.bearer_token),
            ("a bearer token file", settings.bearer_token_file),
            ("a bearer command", settings.bearer_command),
            ("a cloud's way (PROMETHEUS_AUTH)", settings.auth),
        )
        if value
    ]
    if settings.auth and settings.auth not in CLOUDS:
        raise UsageError(
            f"{settings.name}: PROMETHEUS_AUTH={settings.auth} is not known", hint=f"known are {', '.join(CLOUDS)}"
        )
    if len(given) > 1:
        raise UsageError(
            f"{settings.name}: {' and '.join(given)} are given; only one can be sent", hint="keep one of them"
        )
    if settings.client_key and not settings.client_cert:
        raise UsageError(f"{settings.name}: a client key without a client certificate", hint="give client_cert as well")
    return settings
