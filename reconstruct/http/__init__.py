"""HTTP for every source and delivery: one session, one place that says what went wrong, one that removes secrets."""

from __future__ import annotations

from reconstruct.http.concurrency import MAX_IN_FLIGHT, Pace
from reconstruct.http.failures import (
    LateError,
    NoSuchPageError,
    NotAllowedError,
    not_answered,
    plain,
    same_server,
    unreachable,
)
from reconstruct.http.redaction import REDACTED, host_of, redact, redact_url
from reconstruct.http.session import Session, open_session
from reconstruct.http.settings import HttpSettings

__all__ = [
    "MAX_IN_FLIGHT",
    "REDACTED",
    "HttpSettings",
    "LateError",
    "NoSuchPageError",
    "NotAllowedError",
    "Pace",
    "Session",
    "host_of",
    "not_answered",
    "open_session",
    "plain",
    "redact",
    "redact_url",
    "same_server",
    "unreachable",
]
