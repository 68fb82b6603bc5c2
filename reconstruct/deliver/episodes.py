"""Which episodes are news: what this run sees held against what earlier runs announced. Pure; the state is a value.

An episode is the same one as before when the two overlap in time: within one run episodes never do. Where nothing
overlaps, one that moved by less than TOLERANCE and shares a series is the same as well: an onset is an estimate, and
moves a little when the baseline behind it does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import pandas as pd

from reconstruct.model import Anomaly, Incident

TOLERANCE: Final = pd.Timedelta(minutes=10)
"""A guess: a few times the longest range window (`rate(x[5m])`), by which an onset can move."""

REMIND_AFTER: Final = pd.Timedelta(hours=4)
"""An open episode that did not change is told again this long after it was last told; a guess at half a shift."""

KEEP_FOR: Final = pd.Timedelta(days=35)
"""Over episodes are remembered longer than any report looks back (a month)."""

News = Literal["new", "update", "over", "gone"]
"""`gone`: was open, and this run does not see it any more, though it looks at the same time."""


@dataclass(frozen=True, slots=True)
class EpisodeView:
    """An episode as one run sees it."""

    start: pd.Timestamp
    end: pd.Timestamp | None
    """None = still open at the end of the window."""
    series: tuple[str, ...]
    """`signal{labels}` of its anomalies, sorted: what an update is measured by."""
    headline: str = ""
    """One line, for messages that have no more room."""


@dataclass(frozen=True, slots=True)
class Known:
    """An episode that was announced before."""

    key: str
    """Fixed when first seen, whatever its onset turns out to be later."""
    start: pd.Timestamp
    end: pd.Timestamp | None
    series: tuple[str, ...]
    headline: str
    sequence: int
    """How many messages were made of it."""
    told_at: pd.Timestamp
    seen_until: pd.Timestamp
    """End of the last window that showed it."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something to say: which episode, which message of it, and how it looks now."""

    key: str
    sequence: int
    news: News
    view: EpisodeView
    at: pd.Timestamp
    joined: tuple[str, ...] = ()
    """Series of signals that no earlier message named."""

    @property
    def id(self) -> str:
        """The same for the same news, however often it is sent: the idempotency key."""
        return f"{self.key}/{self.sequence}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to say, and what is known once it is said."""

    announcements: tuple[Announcement, ...] = ()
    known: tuple[Known, ...] = field(default=())


def views_of(incident: Incident) -> tuple[EpisodeView, ...]:
    """The episodes of an incident as `plan` takes them, in order of time."""
    by_id = {anomaly.id: anomaly for anomaly in incident.anomalies}
    views = []
    for episode in incident.explanation.episodes:
        anomalies = [by_id[name] for name in episode.anomalies if name in by_id]
        views.append(EpisodeView(episode.start, episode.end, _series(anomalies), _headline(anomalies)))
    return tuple(sorted(views, key=lambda view: view.start))


def plan(
    views: Sequence[EpisodeView],
    known: Sequence[Known],
    *,
    now: pd.Timestamp,
    window_start: pd.Timestamp,
    remind_after: pd.Timedelta = REMIND_AFTER,
) -> Plan:
    """What is news at `now` (the end of the window that `views` come from), and what is known after it is told.

    A run that was overtaken (its window ends before one that was already told) adds episodes nobody saw, and changes
    nothing that is known.
    """
    matched, fresh = _match(views, known)
    announcements: list[Announcement] = []
    after: list[Known] = []
    for before in known:
        view = matched.get(before.key)
        if now < before.seen_until:
            after.append(before)
        elif view is not None:
            said = _said_of(before, view, now=now, remind_after=remind_after)
            announcements += [said] if said else []
            after.append(_told(before, view, said, now=now))
        elif before.end is None and window_start <= before.seen_until < now:
            gone = EpisodeView(before.start, before.seen_until, before.series, before.headline)
            said = Announcement(before.key, before.sequence + 1, "gone", gone, now)
            announcements.append(said)
            after.append(_told(before, gone, said, now=before.seen_until))
        elif before.end is None or now - before.end <= KEEP_FOR:
            after.append(before)
    for view in fresh:
        said = Announcement(_key(view), 1, "new", view, now)
        announcements.append(said)
        after.append(Known(said.key, view.start, view.end, view.series, view.headline, 1, now, now))
    return Plan(tuple(announcements), tuple(sorted(after, key=lambda one: (one.start, one.key))))


def _match(
    views: Sequence[EpisodeView], known: Sequence[Known]
) -> tuple[dict[str, EpisodeView], tuple[EpisodeView, ...]]:
    """Per known episode what is seen of it now, and the views that nobody knows."""
    matched: dict[str, EpisodeView] = {}
    left = []
    for view in views:
        same = [one for one in known if _overlap(view, one, slack=pd.Timedelta(0))]
        if same:
            first = min(same, key=lambda one: one.start)
            matched[first.key] = _joined(matched[first.key], view) if first.key in matched else view
            for other in same:  # two that turned out to be one: the later is part of the first
                matched.setdefault(other.key, view)
        else:
            left.append(view)
    fresh = []
    for view in left:
        near = [
            one
            for one in known
            if one.key not in matched and _overlap(view, one, slack=TOLERANCE) and set(view.series) & set(one.series)
        ]
        if near:
            matched[near[0].key] = view
        else:
            fresh.append(view)
    return matched, tuple(fresh)


def _overlap(view: EpisodeView, known: Known, *, slack: pd.Timedelta) -> bool:
    ends_before = view.end is not None and view.end + slack < known.start
    starts_after = view.start > (known.end or max(known.seen_until, known.start)) + slack
    return not (ends_before or starts_after)


def _joined(one: EpisodeView, other: EpisodeView) -> EpisodeView:
    ends = [one.end, other.end]
    return EpisodeView(
        start=min(one.start, other.start),
        end=None if None in ends else max(end for end in ends if end is not None),
        series=tuple(sorted({*one.series, *other.series})),
        headline=one.headline,
    )


def _said_of(before: Known, view: EpisodeView, *, now: pd.Timestamp, remind_after: pd.Timedelta) -> Announcement | None:
    # a rollout gives every pod a new name: more series of a signal that was told are no news, another signal is
    told = {_signal(name) for name in before.series}
    joined = tuple(name for name in view.series if _signal(name) not in told)

    def said(news: News) -> Announcement:
        return Announcement(before.key, before.sequence + 1, news, view, now, joined)

    if view.end is not None:
        # over episodes are told once: later runs see more or less of their edges, and that is no news
        return said("over") if before.end is None else None
    if before.end is not None or joined or now - before.told_at >= remind_after:
        return said("update")
    return None


def _told(before: Known, view: EpisodeView, said: Announcement | None, *, now: pd.Timestamp) -> Known:
    after = replace(before, end=view.end, seen_until=max(now, before.seen_until))
    if said is None:
        return after
    series = tuple(sorted({*before.series, *view.series}))
    return replace(after, series=series, headline=view.headline, sequence=said.sequence, told_at=said.at)


def _key(view: EpisodeView) -> str:
    digest = hashlib.sha256("\n".join(view.series).encode("utf-8", "backslashreplace")).hexdigest()
    return f"{view.start:%Y%m%dT%H%M%SZ}-{digest[:12]}"


def _signal(series: str) -> str:
    return series.partition("{")[0]


def _series(anomalies: Sequence[Anomaly]) -> tuple[str, ...]:
    names = {
        anomaly.signal.id + "{" + ",".join(f"{k}={v}" for k, v in sorted(anomaly.labels.items())) + "}"
        for anomaly in anomalies
    }
    return tuple(sorted(map(_whole, names)))


def _whole(text: str) -> str:
    """`text` without half characters (lone surrogates), which no mail and few receivers of JSON take."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _headline(anomalies: Sequence[Anomaly]) -> str:
    if not anomalies:
        return ""
    worst = max(anomalies, key=lambda anomaly: (anomaly.worse, anomaly.score, anomaly.id))
    about = f" of {worst.service.name}" if worst.service.name else ""
    more = f" and {len(anomalies) - 1} more" if len(anomalies) > 1 else ""
    return _whole(f"{worst.signal.title}{about}{more}")
