"""Times in headers: `Date` and `Retry-After`, as a server, or whoever stands before it, writes them."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

import pandas as pd
import requests

from reconstruct.model.instants import in_range

MAX_DIGITS: Final = 9
"""Of a pause in seconds: 30 years."""


def http_date(text: str) -> pd.Timestamp | None:
    """The instant of a date in a header; None where it is none, or lies outside what can be meant.

    >>> http_date("Tue, 17 Nov 2026 13:45:00 GMT")
    Timestamp('2026-11-17 13:45:00+0000', tz='UTC')
    >>> http_date("Fri, 31 Dec 9999 23:59:59 -2300"), http_date("tomorrow")
    (None, None)
    """
    try:
        told = parsedate_to_datetime(text)
        time = pd.Timestamp((told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC))
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return time if in_range(time) else None


def retry_after_s(answer: requests.Response) -> float | None:
    """Seconds that the answer's Retry-After asks for; None where it asks for nothing readable.

    A date is counted from the server's own `Date`, so a wrong clock on either side does not matter.
    """
    wanted = answer.headers.get("Retry-After", "").strip()
    if wanted.isascii() and wanted.isdigit():
        return float(wanted[:MAX_DIGITS])
    until, now = http_date(wanted), http_date(answer.headers.get("Date", ""))
    return None if until is None or now is None else max(0.0, (until - now).total_seconds())
