"""How many requests may be under way: few, and fewer once a server says that it has enough."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Final, Self

MAX_IN_FLIGHT: Final = 4
"""An ongoing outage is no time to hammer the monitoring; more streams gave nothing on a busy server anyway."""


class Pace:
    """A limit on what is under way at once; a context manager around each request and its body.

    >>> pace = Pace(most=4)
    >>> with pace:
    ...     pace.slow_down()
    >>> pace.most
    2
    """

    def __init__(self, *, most: int = MAX_IN_FLIGHT) -> None:
        self._most = most
        self._under_way = 0
        self._changed = threading.Condition()

    @property
    def most(self) -> int:
        """How many may be under way now."""
        return self._most

    def slow_down(self) -> None:
        """Halve the limit (never below one): the server answered 429 or 503."""
        with self._changed:
            self._most = max(1, self._most // 2)

    def __enter__(self) -> Self:
        with self._changed:
            self._changed.wait_for(lambda: self._under_way < self._most)
            self._under_way += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()
