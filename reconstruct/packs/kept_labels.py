"""Which labels of a metric that no pack knows to keep, so that a rollout and a wealth of values hide nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from reconstruct.packs.catalogue import Conventions
from reconstruct.packs.survey import Seen

SERIES_A_SIGNAL: Final = 50
"""More lines than this of one metric nobody compares: its own labels are summed away until fewer are left."""


def kept_labels(seen: Seen, *, conventions: Conventions, drop: Collection[str] = ()) -> tuple[tuple[str, ...], int]:
    """Labels to keep, and how many series they leave.

    Who it is about stays; what a rollout renames goes, with the instance; the metric's own labels stay as long as
    there are few series, the one with the most values goes first.
    """
    identity = [name for name in conventions.identity if not seen.labels or name in seen.label_names]
    passing = {*conventions.passing, *drop}
    rolls = bool(seen.label_names & set(conventions.passing))
    instances = [name for name in conventions.instance if name not in passing and not (rolls and name == "instance")]
    own = sorted(seen.label_names - passing - set(identity) - set(conventions.instance))
    keep = [*identity, *(name for name in instances if name in seen.label_names), *own]
    for name in sorted(own, key=lambda one: (-_distinct(seen, [one]), one)):
        if _distinct(seen, keep) > SERIES_A_SIGNAL:
            keep.remove(name)
    for name in [one for one in instances if one in keep]:
        if _distinct(seen, keep) > SERIES_A_SIGNAL:
            keep.remove(name)
    return tuple(keep), _distinct(seen, keep) if seen.labels else min(seen.count, SERIES_A_SIGNAL)


def _distinct(seen: Seen, names: Sequence[str]) -> int:
    return len({tuple(one.get(name, "") for name in names) for one in seen.labels})
