"""Small words that every output shares: a full stop where one is missing, a plural, a list with its `and`."""

from __future__ import annotations

import re
from collections.abc import Iterable


def sentence(text: str) -> str:
    """`text` with a full stop, unless it has one already.

    >>> sentence("no data"), sentence("really?"), sentence("")
    ('no data.', 'really?', '')
    """
    shown = text.strip()
    return shown if not shown or shown[-1] in ".!?…。" else shown + "."


def capitalised(text: str) -> str:
    """`text` with its first letter large and the others as they were.

    >>> capitalised("slow query at eu-West")
    'Slow query at eu-West'
    """
    return text[:1].upper() + text[1:]


def counted(count: int, *, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> counted(1, one="query", many="queries"), counted(2, one="event")
    ('1 query', '2 events')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def joined(texts: Iterable[str]) -> str:
    """`a, b and c`."""
    *head, last = list(texts) or [""]
    return " and ".join(part for part in (", ".join(head), last) if part)


def entry_text(heading: str, detail: str) -> str:
    """Title and detail as one line.

    >>> entry_text("shop fires", "after 30 s"), entry_text("shop fires", "")
    ('shop fires: after 30 s', 'shop fires')
    """
    return f"{heading}: {detail}" if heading and detail else heading or detail


def mechanism_text(mechanism: str) -> str:
    """`slow-query` as one reads it: `slow query`; `CPU` keeps its capitals."""
    return re.sub(r"\bcpu\b", "CPU", mechanism.replace("-", " ").replace("_", " "))


def share_text(confidence: float) -> str:
    """A confidence in whole percent, kept away from 0 and 100."""
    percent = round(100 * confidence)
    if percent >= 100:
        return "over 99 %"
    return f"{percent} %" if percent >= 1 or confidence <= 0 else "under 1 %"
