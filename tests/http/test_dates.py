"""Times in headers: read where they can be meant, nothing where they cannot."""

from __future__ import annotations

import pytest
import requests

from reconstruct.http.dates import http_date, retry_after_s

NOON = "Tue, 17 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("wanted", "date", "seconds"),
    [
        ("120", "", 120.0),
        ("0", "", 0.0),
        ("Tue, 17 Nov 2026 12:00:07 GMT", NOON, 7.0),
        ("Tue, 17 Nov 2026 11:00:00 GMT", NOON, 0.0),
        ("Tue, 17 Nov 2026 12:00:07 GMT", "", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", NOON, None),
        ("Mon, 01 Jan 1900 00:00:00 GMT", NOON, None),
        ("Tue, 17 Nov 2026 12:00:07 +9999", NOON, None),
        ("\u00b2\u00b3", NOON, None),
        ("\u0661\u0662", NOON, None),
        ("-5", NOON, None),
        ("soon", NOON, None),
        ("", "", None),
        ("9" * 400, "", 999_999_999.0),
    ],
)
def test_a_pause_is_read_or_none_is_asked_for(wanted: str, date: str, seconds: float | None) -> None:
    answer = requests.Response()
    answer.headers.update({"Retry-After": wanted, "Date": date})
    assert retry_after_s(answer) == seconds


@pytest.mark.parametrize("text", ["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 1900 00:00:00 GMT", "", "x" * 10_000])
def test_a_date_that_cannot_be_meant_is_none(text: str) -> None:
    assert http_date(text) is None
