"""What the series of metrics look like: how many, with which labels, and whether an untyped one only rises.

The server is asked through a Protocol, little and in few requests: an outage is no time to hammer the monitoring.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Protocol

from reconstruct import promql
from reconstruct.packs.catalogue import MetricInfo

NAMES_A_QUERY: Final = 100
"""Metric names in one counting query: about 4 kB of query, which every proxy lets through as a form."""
SERIES_LOOKED_AT: Final = 500
"""Labels of a metric with more series than this are not looked at; it is summed by who it is about."""
UNTYPED_A_QUERY: Final = 20
"""Untyped metrics asked about at once: their samples of the last hour are read, so the query is kept small."""
RESETS_OF_COUNTER: Final = 0.02
"""Part of its moves that a counter may fall in: restarts. A gauge falls in about half of them."""
COUNTER_SUFFIXES: Final = ("_total", "_count", "_sum", "_bucket")
KINDS: Final = {"counter": "counter", "gauge": "gauge", "histogram": "histogram", "summary": "summary", "info": "info"}


class Server(Protocol):
    """What a survey asks for."""

    def instant(self, promql: str) -> Sequence[tuple[Mapping[str, str], float]]:
        """Labels and value of every series of an instant query at the window's end."""

    def series(self, match: Sequence[str]) -> Sequence[Mapping[str, str]]:
        """Labels, with `__name__`, of every series that matches any of the selectors within the window."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one metric's series."""

    kind: str
    """counter, gauge, histogram, summary, info, or unknown (it never moved)."""
    count: int
    """Series it has."""
    labels: tuple[Mapping[str, str], ...] = field(default=())
    """Labels of each, without `__name__`; empty where there are too many to look at."""

    @property
    def label_names(self) -> frozenset[str]:
        """All names of labels that any of its series has."""
        return frozenset(name for one in self.labels for name in one)


def survey(names: Mapping[str, MetricInfo], *, server: Server, scope: str = "") -> dict[str, Seen]:
    """Look at the series of `names`; a metric without any in the window is left out."""
    counts: dict[str, int] = {}
    for chunk in _chunks(sorted(names), size=NAMES_A_QUERY):
        matcher = f"__name__=~{promql.one_of(chunk)}"
        asked = f"count by (__name__) ({{{matcher}{',' + scope if scope else ''}}})"
        counts.update({labels.get("__name__", ""): int(value) for labels, value in server.instant(asked)})
    labels: dict[str, list[Mapping[str, str]]] = {}
    few = [name for name in sorted(counts) if name in names and counts[name] <= SERIES_LOOKED_AT]
    for group in _by_total(few, counts=counts):
        for found in server.series([selector(name, scope=scope) for name in group]):
            name = found.get("__name__", "")
            labels.setdefault(name, []).append({k: v for k, v in found.items() if k != "__name__"})
    kinds = {name: kind_of(name, names[name]) for name in counts if name in names}
    untyped = [name for name in sorted(kinds) if kinds[name] == "unknown" and counts[name] <= SERIES_LOOKED_AT]
    kinds.update(_kinds_by_moves(untyped, server=server, scope=scope))
    return {name: Seen(kinds[name], counts[name], tuple(labels.get(name, ()))) for name in sorted(kinds)}


def kind_of(name: str, info: MetricInfo) -> str:
    """What metadata or the name's suffix say of a metric's kind; unknown where neither does.

    A recorded series (`a:b:c`) is a value, whatever it was made from: it is never rated again.
    """
    if ":" in name:
        return "gauge"
    if name.endswith(COUNTER_SUFFIXES):
        return "counter"
    if name.endswith(("_info", "_created")):
        return "info"
    return KINDS.get(info.type, "unknown")


def selector(name: str, *, scope: str = "", matchers: Sequence[str] = ()) -> str:
    """A vector selector for a metric of any name.

    >>> selector("up", scope='job="a"'), selector("http.requests", matchers=['code=~"5.."'])
    ('up{job="a"}', '{__name__="http.requests",code=~"5.."}')
    """
    inside = [*matchers, *([scope] if scope else [])]
    if name.replace(":", "_").isidentifier() and name.isascii():
        return f"{name}{{{','.join(inside)}}}" if inside else name
    return f"{{{','.join([f'__name__={promql.quote_label(name)}', *inside])}}}"


def _kinds_by_moves(names: Sequence[str], *, server: Server, scope: str) -> dict[str, str]:
    """counter where a metric hardly ever falls in the last hour, gauge where it does, unknown where it never moves."""
    kinds: dict[str, str] = {}
    for chunk in _chunks(names, size=UNTYPED_A_QUERY):
        moves = _sums("changes", chunk, server=server, scope=scope)
        falls = _sums("resets", [name for name in chunk if moves.get(name)], server=server, scope=scope)
        for name in chunk:
            moved = moves.get(name, 0.0)
            rises = falls.get(name, 0.0) <= RESETS_OF_COUNTER * moved
            kinds[name] = "unknown" if not moved else "counter" if rises else "gauge"
    return kinds


def _sums(function: str, names: Sequence[str], *, server: Server, scope: str) -> dict[str, float]:
    if not names:
        return {}
    # One answer a metric: the functions drop the name, so it is put back as a label.
    asked = " or ".join(
        f'label_replace(sum({function}({selector(name, scope=scope)}[1h])), "metric", {promql.quote_label(name)}, "", "")'
        for name in names
    )
    return {labels.get("metric", ""): value for labels, value in server.instant(asked)}


def _by_total(names: Sequence[str], *, counts: Mapping[str, int]) -> Iterator[list[str]]:
    """Groups of names with about `SERIES_LOOKED_AT` series together."""
    group: list[str] = []
    total = 0
    for name in names:
        if group and (total + counts[name] > SERIES_LOOKED_AT or len(group) >= NAMES_A_QUERY):
            yield group
            group, total = [], 0
        group.append(name)
        total += counts[name]
    if group:
        yield group


def _chunks(names: Iterable[str], *, size: int) -> Iterator[list[str]]:
    rest = iter(names)
    while chunk := list(islice(rest, size)):
        yield chunk
