"""What the series of metrics look like: how many, with which labels, and whether an untyped one only rises.

The server is asked through a Protocol, little and in few requests: an outage is no time to hammer the monitoring.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Protocol

import pandas as pd

from reconstruct import promql
from reconstruct.errors import SourceError
from reconstruct.packs.catalogue import Conventions, MetricInfo
from reconstruct.packs.classify import unit_of
from reconstruct.packs.words import words_of

NAMES_A_QUERY: Final = 50
"""Metric names in one question: about 2 kB, which proxies let through even in an address."""
SERIES_LOOKED_AT: Final = 500
"""Labels of a metric with more series than this are not looked at; it is summed by who it is about."""
SERIES_SAMPLED: Final = 3
"""Of an untyped metric with more series than that, these many tell whether it only rises: the largest ones."""
TYPED_BY_SAMPLES: Final = 10_000
"""Of a larger untyped metric the largest series are not looked for; it is taken for a gauge."""
UNCOUNTED: Final = 10_000_000
"""Series of a metric that the server could not count."""
UNTYPED_A_QUERY: Final = 20
"""Untyped metrics asked about at once: their samples of an hour are read, so the query is kept small."""
RESETS_OF_COUNTER: Final = 0.02
"""Part of its moves that a counter may fall in: restarts. A gauge falls in about half of them."""
MOVES_TO_JUDGE: Final = 10
"""Fewer moves than this without a fall happen to a gauge by chance, once in a thousand times."""
_OF: Final = "of_metric"
_PARTS: Final = ("_count", "_sum", "_bucket")


class Server(Protocol):
    """What a survey asks for."""

    def instant(self, promql: str, *, at: pd.Timestamp) -> Sequence[tuple[Mapping[str, str], float]]:
        """Labels and value of every series of an instant query."""

    def series(self, selector: str) -> Sequence[Mapping[str, str]]:
        """Labels, with `__name__`, of every series that the selector finds within the window."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one metric's series."""

    kind: str
    """counter, gauge, histogram, summary or info."""
    count: int
    """Series it has."""
    labels: tuple[Mapping[str, str], ...] = field(default=())
    """Labels of each, without `__name__`; empty where there are too many to look at."""
    throughout: bool = True
    """Every series was there at each moment that was looked at."""
    unit: str = ""
    """As the server's metadata say; "" = not told."""

    @property
    def label_names(self) -> frozenset[str]:
        """All names of labels that any of its series has."""
        return frozenset(name for one in self.labels for name in one)


def survey(
    names: Mapping[str, MetricInfo],
    *,
    server: Server,
    at: Sequence[pd.Timestamp],
    conventions: Conventions,
    scope: str = "",
    sizes: Mapping[str, int] | None = None,
) -> dict[str, Seen]:
    """Look at the series of `names`; a metric without any in the window is left out.

    `sizes` tells of large metrics how many series they have: with more than `SERIES_LOOKED_AT` they are not counted
    again. What the server cannot count is taken for larger than anything.

    Series are counted at the moments `at`: give the window's start and end. What lived only in between, as the errors
    of one release do, is taken for few.
    """
    counts: dict[str, int] = {}
    fewest: dict[str, int] = {}
    large = {name: count for name, count in (sizes or {}).items() if name in names and count > SERIES_LOOKED_AT}
    counts |= large
    fewest |= large
    for chunk in _chunks(sorted(set(names) - set(large)), size=NAMES_A_QUERY):
        for moment in at:
            try:
                answer = server.instant(f"count by (__name__) ({_any_of(chunk, scope=scope)})", at=moment)
            except SourceError:
                counts |= dict.fromkeys(chunk, UNCOUNTED)
                break
            found = {labels.get("__name__", ""): int(value) for labels, value in answer}
            counts |= {name: max(counts.get(name, 0), count) for name, count in found.items()}
            fewest |= {name: min(fewest.get(name, found.get(name, 0)), found.get(name, 0)) for name in chunk}
    labels_of: dict[str, list[Mapping[str, str]]] = {}
    few = [name for name in sorted(names) if counts.get(name, 0) <= SERIES_LOOKED_AT]
    for group in _by_total(few, counts=counts):
        for one in server.series(_any_of(group, scope=scope)):
            name = one.get("__name__", "")
            labels_of.setdefault(name, []).append({k: v for k, v in one.items() if k != "__name__"})
    counts |= {name: len(labels_of[name]) for name in labels_of if name not in counts}
    kinds = {name: kind_of(name, names[name], conventions=conventions) for name in sorted(names) if name in counts}
    untyped = {name: [promql.selector(name, scope=scope)] for name in few if kinds.get(name) == "unknown"}
    unknown = [name for name in sorted(kinds) if kinds[name] == "unknown" and name not in untyped]
    sampled = [name for name in unknown if counts[name] <= TYPED_BY_SAMPLES]
    kinds |= {name: "gauge" for name in unknown if name not in sampled}
    untyped |= _samples_of(sampled, server=server, at=at, scope=scope)
    kinds |= _kinds_by_moves(untyped, server=server, at=at)
    return {
        name: Seen(
            kind=kinds[name],
            count=counts[name],
            labels=tuple(labels_of.get(name, ())),
            unit=names[name].unit,
            throughout=fewest.get(name, 0) >= max(counts[name], len(labels_of.get(name, ()))),
        )
        for name in kinds
    }


def kind_of(name: str, info: MetricInfo, *, conventions: Conventions) -> str:
    """counter, gauge, histogram, summary, info, or unknown where neither metadata nor the name tells.

    A recorded series (`a:b:c`) is a value, whatever it was made from: it is never rated again. A name that ends in
    a unit is a gauge: OpenMetrics ends counters in `_total`.
    """
    if ":" in name:
        return "gauge"
    if info.type in ("histogram", "summary"):
        return "counter" if name.endswith(_PARTS) else info.type
    if info.type in ("counter", "gauge"):
        return info.type
    if info.type in ("info", "created", "stateset") or name.endswith(("_info", "_created")):
        return "info"
    if name.endswith(("_total", "_bucket")):
        return "counter"
    words = words_of(name)
    measured, before = unit_of(words, conventions=conventions)
    return "gauge" if measured.unit and len(before) < len(words) else "unknown"


def _samples_of(
    names: Sequence[str], *, server: Server, at: Sequence[pd.Timestamp], scope: str
) -> dict[str, list[str]]:
    """Selectors of the largest series of each metric, exact to the last label."""
    found: dict[str, list[str]] = {name: [] for name in names}
    for chunk in _chunks(names, size=UNTYPED_A_QUERY):
        # `or` does not look at names: the label keeps series of two metrics apart that are else the same.
        largest = ((f"topk({SERIES_SAMPLED}, {promql.selector(name, scope=scope)})", name) for name in chunk)
        asked = " or ".join(f'label_replace({some}, "{_OF}", {promql.quote_label(n)}, "", "")' for some, n in largest)
        for moment in at:
            for labels, _ in server.instant(asked, at=moment):
                own = promql.matchers({k: v for k, v in labels.items() if k not in ("__name__", _OF)})
                found[labels[_OF]].append(promql.selector(labels[_OF], matchers=[own] if own else []))
    return {name: sorted(set(some)) for name, some in found.items()}


def _kinds_by_moves(
    selectors: Mapping[str, Sequence[str]], *, server: Server, at: Sequence[pd.Timestamp]
) -> dict[str, str]:
    """counter where a metric's series hardly ever fall in the hours before `at`, else gauge."""
    kinds: dict[str, str] = {}
    for chunk in _chunks(sorted(selectors), size=UNTYPED_A_QUERY):
        moves = _sums("changes", {name: selectors[name] for name in chunk}, server=server, at=at)
        moved = {name: selectors[name] for name in chunk if moves.get(name, 0.0) >= MOVES_TO_JUDGE}
        falls = _sums("resets", moved, server=server, at=at)
        for name in chunk:
            rises = name in moved and falls.get(name, 0.0) <= RESETS_OF_COUNTER * moves[name]
            kinds[name] = "counter" if rises else "gauge"
    return kinds


def _sums(
    function: str, selectors: Mapping[str, Sequence[str]], *, server: Server, at: Sequence[pd.Timestamp]
) -> dict[str, float]:
    # One answer a metric: the functions drop the name, so it is put back as a label.
    counted = {name: " or ".join(f"{function}({one}[1h])" for one in some) for name, some in selectors.items() if some}
    if not counted:
        return {}
    asked = " or ".join(
        f'label_replace(sum({one}), "metric", {promql.quote_label(name)}, "", "")' for name, one in counted.items()
    )
    found: dict[str, float] = {}
    for moment in at:
        for labels, value in server.instant(asked, at=moment):
            found[labels.get("metric", "")] = found.get(labels.get("metric", ""), 0.0) + value
    return found


def _any_of(names: Sequence[str], *, scope: str) -> str:
    return f"{{__name__=~{promql.one_of(names)}{',' + scope if scope else ''}}}"


def _by_total(names: Sequence[str], *, counts: Mapping[str, int]) -> Iterator[list[str]]:
    """Groups of names with about `SERIES_LOOKED_AT` series together."""
    group: list[str] = []
    total = 0
    for name in names:
        if group and (total + counts.get(name, 1) > SERIES_LOOKED_AT or len(group) >= NAMES_A_QUERY):
            yield group
            group, total = [], 0
        group.append(name)
        total += counts.get(name, 1)
    if group:
        yield group


def _chunks(names: Iterable[str], *, size: int) -> Iterator[list[str]]:
    rest = iter(names)
    while chunk := list(islice(rest, size)):
        yield chunk
