"""Client errors that took the place of good answers: whom a limit, a route or a login turned away.

Clients err all the time, and scanners come and go; but they do not all begin to err at once. Where the share of such
answers leaps and good answers fall by about as much, it is the service that refuses what it used to serve. Exporters
that tell the class of a status only show a rate limit (429) this way.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from reconstruct.model.system import Series, quotient

LEAP: Final = 0.03
"""Points of all answers above their usual share ..."""
SPREADS: Final = 6.0
"""... and robust spreads of it."""
RATED_OVER: Final = 5
"""Samples over which the share is told."""
BEFORE: Final = 120
"""Samples before a leap that good answers are compared with."""
TOOK_PLACE: Final = 0.5
"""Of the excess: by so much good answers must have fallen; a scanner's errors come on top."""
MIN_SAMPLES: Final = 20
_MAD: Final = 1.4826


def turned_away(client: Series, total: Series) -> tuple[npt.NDArray[np.bool_], float]:
    """Rows in which client errors took the place of good answers, and their usual share.

    Parameters
    ----------
    client, total : Series
        Answers per second with a client error, and all.

    >>> rows = np.arange(100)
    >>> refused, usual = turned_away(np.where(rows >= 80, 30.0, 1.0), np.full(100, 100.0))
    >>> int(refused.sum()), usual
    (20, 0.01)
    >>> bool(turned_away(np.where(rows >= 80, 30.0, 1.0), np.where(rows >= 80, 129.0, 100.0))[0].any())  # on top
    False
    """
    share, at_once = quotient(client, total, RATED_OVER), quotient(client, total)
    known = share[np.isfinite(share)]
    away = np.zeros(len(total), dtype=bool)
    if len(known) < MIN_SAMPLES:
        return away, 0.0
    usual = float(np.median(known))
    least = max(LEAP, SPREADS * _MAD * float(np.median(np.abs(known - usual))))
    with np.errstate(invalid="ignore"):
        leaps, now = share - usual > least, at_once - usual > least / 2
    good, excess = total - client, client - usual * total
    edges = np.flatnonzero(np.diff(np.concatenate(([0], leaps.astype(int), [0]))))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        before = good[max(first - BEFORE, 0) : max(first - RATED_OVER, 0)]
        if not np.isfinite(before).any():
            continue
        fell = float(np.nanmedian(before)) - float(np.nanmedian(good[first:last]))
        if fell >= TOOK_PLACE * float(np.nanmedian(excess[first:last])):
            rows = slice(max(first - RATED_OVER, 0), last)
            away[rows] |= now[rows]
    return away, usual
