"""What a scan keeps: the changed series, counts by metric, onsets over time, and a sample of what stayed as it was.

Tallies of disjoint blocks add up to the same bytes in any order, so that one machine and many give one answer.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Final

import pandas as pd

from reconstruct.model import (
    VERSION_LABELS,
    AffectedInstances,
    ChangedSeries,
    CommonLabel,
    Family,
    ScanResult,
    Window,
    series_key,
)
from reconstruct.rank.common_labels import affected_instances, common_labels

MAX_KEPT: Final = 20_000
"""Changed series that are kept with their labels; all are counted."""
MAX_SAMPLED: Final = 20_000
"""Unchanged series whose labels are kept to compare with: an even sample, by a hash of their labels. A share is right
to 0.4 percentage points (one standard error at 50 %)."""
MOST_OF: Final = 0.5
"""Share of the onsets that "most of what moved" stands for: with more, what moves by chance at other times would widen
the stretch."""


@dataclass(slots=True)
class Tally:
    """What a scan has seen so far."""

    min_score: float = 1.0
    series: int = 0
    judged: int = 0
    """With enough history to say what is normal."""
    families: Counter[str] = field(default_factory=Counter)
    """Series by metric."""
    changed: Counter[str] = field(default_factory=Counter)
    """Changed series by metric."""
    onsets: Counter[int] = field(default_factory=Counter)
    """Changed series by the first sample that was not normal, in seconds since the epoch."""
    top: list[ChangedSeries] = field(default_factory=list)
    sample: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """Labels of unchanged series, by the hash of their key."""

    def add(
        self, metric: str, *, labels: Iterable[Mapping[str, str]], judged: int, changed: list[ChangedSeries]
    ) -> None:
        """Count one block of a metric: all its series, and those that changed by at least `min_score`."""
        kept = [one for one in changed if one.score >= self.min_score]
        names = {one.key for one in kept}
        count = 0
        for held in labels:
            count += 1
            key = series_key(metric, held)
            if key not in names:
                self.sample[_digest(key)] = held
        self.series += count
        self.judged += judged
        self.families[metric] += count
        if kept:
            self.changed[metric] += len(kept)
            self.onsets.update(int(one.onset.latest.timestamp()) for one in kept)
            self.top = _best((*self.top, *kept), MAX_KEPT)
        self._trim()

    def plus(self, other: Tally) -> Tally:
        """Both, as if all blocks had been added to one."""
        both = Tally(
            min_score=self.min_score,
            series=self.series + other.series,
            judged=self.judged + other.judged,
            families=self.families + other.families,
            changed=self.changed + other.changed,
            onsets=self.onsets + other.onsets,
            top=_best((*self.top, *other.top), MAX_KEPT),
            sample={**self.sample, **other.sample},
        )
        both._trim()
        return both

    @property
    def total_changed(self) -> int:
        """Changed series, those that were not kept included."""
        return sum(self.changed.values())

    def by_family(self) -> tuple[Family, ...]:
        """Metrics with a changed series, the one with the largest share first."""
        found = [Family(name, self.families[name], count) for name, count in self.changed.items()]
        return tuple(sorted(found, key=lambda f: (-f.changed / f.series, -f.changed, f.metric)))

    def common(self) -> tuple[CommonLabel, ...]:
        """What the changed series have in common that the others have not."""
        others = [self.sample[digest] for digest in sorted(self.sample)]
        return common_labels([one.labels for one in self.top], others, of_others=self.series - self.total_changed)

    def most_began(self) -> tuple[pd.Timestamp, pd.Timestamp, int] | None:
        """The shortest stretch that holds MOST_OF of the onsets: first and last sample in it, and how many."""
        total = self.total_changed
        if not total:
            return None
        times = sorted(self.onsets)
        wanted = MOST_OF * total
        best: tuple[int, int, int] | None = None
        first, inside = 0, 0
        for time in times:
            inside += self.onsets[time]
            while inside - self.onsets[times[first]] >= wanted:
                inside -= self.onsets[times[first]]
                first += 1
            if inside >= wanted and (best is None or time - times[first] < best[1] - best[0]):
                best = (times[first], time, inside)
        if best is None:
            return None
        return pd.Timestamp(best[0], unit="s", tz="UTC"), pd.Timestamp(best[1], unit="s", tz="UTC"), best[2]

    def result(
        self,
        *,
        window: Window,
        selector: str,
        top: int,
        unread: tuple[tuple[str, str], ...] = (),
        left_out: int = 0,
        instance_labels: Sequence[str] = (),
        known: Mapping[tuple[str, str], Mapping[str, str]] | None = None,
    ) -> ScanResult:
        """The answer, with the best `top` series.

        Parameters
        ----------
        instance_labels : sequence of str
            Labels that tell instances apart, the one that is told first.
        known : mapping of (label, value) to labels, optional
            What else is known of an instance.
        """
        return ScanResult(
            window=window,
            selector=selector,
            series=self.series,
            judged=self.judged,
            changed=self.total_changed,
            families=self.by_family(),
            onsets=tuple(sorted(self.onsets.items())),
            most_began=self.most_began(),
            common=self.common(),
            top=tuple(self.top[:top]),
            unread=unread,
            left_out=left_out,
            instances=self._instances(instance_labels, known or {}),
        )

    def _instances(
        self, names: Sequence[str], known: Mapping[tuple[str, str], Mapping[str, str]]
    ) -> AffectedInstances | None:
        """Of the series that began with most of the others: a lone change elsewhere affects nobody."""
        began = self.most_began()
        if began is None:
            return None
        together = [one.labels for one in self.top if began[0] <= one.onset.latest <= began[1]]
        others = [self.sample[digest] for digest in sorted(self.sample)]
        return affected_instances(together, others, names=names, known=known, foreseen=VERSION_LABELS)

    def _trim(self) -> None:
        if len(self.sample) > 2 * MAX_SAMPLED:
            self.sample = {digest: self.sample[digest] for digest in nsmallest(MAX_SAMPLED, self.sample)}

    def trimmed(self) -> Tally:
        """With the sample cut to its size: equal tallies are equal bytes only then."""
        kept = nsmallest(MAX_SAMPLED, self.sample)
        self.sample = {digest: self.sample[digest] for digest in kept}
        return self


def _digest(key: str) -> str:
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _best(found: Iterable[ChangedSeries], most: int) -> list[ChangedSeries]:
    return sorted(found, key=lambda one: (-one.score, one.key))[:most]
