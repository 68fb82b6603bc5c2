"""Headings that are nothing but a time: they are the stamp of the paragraph below them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from reconstruct.verify.calendar_dates import read_dates
from reconstruct.verify.clock_times import read_times
from reconstruct.verify.passages import Passage
from reconstruct.verify.vocabulary import has_digit

_LONGEST: Final = 60
"""Characters of a heading that is a time and no more, at most."""
_ANY_YEAR: Final = (2000,)


def stamped(passages: Iterable[Passage]) -> Iterator[Passage]:
    """The passages; one that is only a time and the paragraph below it are one.

    >>> from reconstruct.verify.markdown import read_markdown
    >>> [p.text for p in stamped(read_markdown("### 14:00 UTC\\n\\nIt was slow.\\n\\n### Causes\\n\\nNone."))]
    ['14:00 UTC It was slow.', 'Causes', 'None.']
    """
    head: Passage | None = None
    for passage in passages:
        if head is not None:
            if passage.kind == "prose" and not _only_time(passage):
                yield _joined(head, passage)
                head = None
                continue
            yield head
            head = None
        if passage.kind in ("heading", "prose") and _only_time(passage):
            head = passage
        else:
            yield passage
    if head is not None:
        yield head


def _only_time(passage: Passage) -> bool:
    text = passage.text
    if len(text) > _LONGEST or not has_digit(text):
        return False
    times = read_times(text, read_dates(text, years=_ANY_YEAR))
    if len(times) != 1 or times[0].unread:
        return False
    return not re.search(r"\w", text[: times[0].start] + text[times[0].end :])


def _joined(head: Passage, below: Passage) -> Passage:
    by = len(head.text) + 1
    return replace(
        below,
        text=f"{head.text} {below.text}",
        spots=(*head.spots, *(one._replace(offset=one.offset + by) for one in below.spots)),
        cells=tuple(one._replace(start=one.start + by, end=one.end + by) for one in below.cells),
        breaks=tuple(one + by for one in below.breaks),
        ticks=tuple((a + by, b + by) for a, b in below.ticks),
    )
