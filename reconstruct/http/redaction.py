"""Secrets out of text: what an exporter, a deploy tool or a person put where everybody reads it.

Used where text enters (labels, links, titles, queries), so that neither evidence nor a bundle ever holds a secret.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

REDACTED: Final = "REDACTED"
CACHE_SIZE: Final = 65_536
"""Texts remembered: label values repeat over series (10,000 series seldom have more distinct values than this)."""

_TELLING_NAME: Final = (
    r"(?:[\w.-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key"
    r"|credential|signature)\d*|pwd|authorization)"
)
"""Names whose value is a secret wherever `name=value` or `name: value` stands."""
_QUERY_NAME: Final = r"(?:sig|auth|key|code|jwt|sid|user|username|login)"
"""Names that mean a secret (or a person) only as a parameter of a URL."""

_WORTH_A_LOOK: Final = re.compile(
    r"[@=]|:[\s\"'\\]|[\"']:|gh[a-z]_|github_pat_|glpat-|xox|AKIA|eyJ|hooks\.slack|(?i:bearer|basic)\s"
)
_RULES: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    # scheme://user:password@host: whatever stands between // and the last @ before the path
    (re.compile(r"(?P<scheme>\b[a-zA-Z][a-zA-Z0-9+.-]*://)[^/?#\s\"'<>]*@"), r"\g<scheme>"),
    # Go's MySQL DSN and friends: user:password@tcp(host:3306)/db
    (re.compile(r"[^\s\"'@/:]+:[^\s\"'@/]+@(?P<net>(?:tcp|udp|unix)\()"), r"\g<net>"),
    (re.compile(r"(?P<kind>\b(?:bearer|basic)\s+)[A-Za-z0-9+/._~=-]{8,}", re.IGNORECASE), rf"\g<kind>{REDACTED}"),
    # JSON, YAML, key=value, libpq and URL parameters; `=~` and `!=` are PromQL, not an assignment
    (
        re.compile(
            rf"(?P<name>\b{_TELLING_NAME})(?P<sign>[\"']?\s?(?::\s?(?!//)|=(?![=~])))(?P<quote>\\?[\"'])"
            r"(?:(?!(?P=quote)).)+(?P=quote)",
            re.IGNORECASE,
        ),
        rf"\g<name>\g<sign>\g<quote>{REDACTED}\g<quote>",
    ),
    (
        re.compile(rf"(?P<name>\b{_TELLING_NAME}(?:=(?![=~\"'])|:\s(?![\"'\s])))[^\s&;,\"'<>)\]}}]+", re.IGNORECASE),
        rf"\g<name>{REDACTED}",
    ),
    (re.compile(rf"(?P<name>[?&]{_QUERY_NAME}=)[^\s&;#\"'<>)]+", re.IGNORECASE), rf"\g<name>{REDACTED}"),
    # tokens that say themselves what they are: GitHub, GitLab, Slack, AWS, JSON web tokens
    (
        re.compile(
            r"\b(?:gh[oprsu]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}"
            r"|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)"
        ),
        REDACTED,
    ),
    (
        re.compile(r"(?P<hook>hooks\.slack\.com/(?:services|workflows|triggers)/)[\w/-]+"),
        rf"\g<hook>{REDACTED}",
    ),
)


@lru_cache(maxsize=CACHE_SIZE)
def redact(text: str) -> str:
    """`text` without user names, passwords and tokens; text that holds none comes back unchanged.

    >>> redact("postgres://app:hunter2@db-1:5432/shop?sslmode=off&password=x")
    'postgres://db-1:5432/shop?sslmode=off&password=REDACTED'
    >>> redact("host=db-1 user=app password='hunter 2' dbname=shop"), redact("Authorization: Bearer abcdefgh12345678")
    ("host=db-1 user=app password='REDACTED' dbname=shop", 'Authorization: REDACTED REDACTED')
    >>> redact('rate(http_requests_total{code=~"5..", token!=""}[5m])')
    'rate(http_requests_total{code=~"5..", token!=""}[5m])'
    """
    if not _WORTH_A_LOOK.search(text):
        return text
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def redact_url(url: str) -> str:
    """`redact` for something known to be a URL, also one without a scheme (`user:password@host:9090`).

    >>> redact_url("https://me:pw@prom.example:9090/prefix?token=abc&x=1"), redact_url("me:pw@prom:9090")
    ('https://prom.example:9090/prefix?token=REDACTED&x=1', 'prom:9090')
    """
    if "://" not in url and "@" in url.split("/", 1)[0]:
        url = url.rpartition("@")[2] if "/" not in url else re.sub(r"^[^/]*@", "", url)
    return redact(url)


def host_of(url: str) -> str:
    """host:port of a URL for a message, with the scheme's own port written out.

    >>> host_of("https://me:pw@prom.example/x"), host_of("http://[::1]:9090")
    ('prom.example:443', '[::1]:9090')
    """
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:  # a port that is no number; the message is about something else
        return redact_url(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or redact_url(url)
    return f"{host}:{port}" if port else host
