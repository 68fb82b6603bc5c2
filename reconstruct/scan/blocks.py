"""What to ask a server in which pieces: one metric a block, or a part of one that is too large, by a label's values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconstruct import promql
from reconstruct.errors import QueryError, ReconstructError
from reconstruct.model import Window
from reconstruct.packs.catalogue import Conventions
from reconstruct.packs.classify import classify
from reconstruct.packs.survey import kind_of
from reconstruct.sources.prometheus import discovery
from reconstruct.sources.prometheus.client import Prometheus

SKIPPED_ENDINGS: Final = ("_bucket", "_created", "_info")
"""Buckets are no series of their own, and the others are no measurements."""
MAX_SERIES: Final = 8_000
"""In one block: 30 MB of samples at 480 points, a second of work."""
WORK_BYTES: Final = 8 * 8
"""Of memory for each sample of a block while it is decoded and judged: the matrix, its scaled copy and their means."""
NAMES_A_COUNT: Final = 50
"""Metric names counted in one query; a server that refuses so many series is asked name by name."""
UNCOUNTED: Final = -1
"""Instead of a number of series, where the server refuses to count so many."""
MAX_SPLIT: Final = 400
"""Values of a label that a metric is split by one by one; of more, their last characters make the parts."""
MAX_PATTERN: Final = 6_000
"""Characters of a block's regular expression: well inside what proxies let through in a form."""


JOINED_SERIES: Final = 2_000
"""Metrics with few series share a question up to so many: a question costs a millisecond, and numpy likes long rows."""


@dataclass(frozen=True, slots=True)
class Block:
    """One question: a metric, the part of it that `matchers` select, or several gauges that are small."""

    metrics: tuple[str, ...]
    matchers: str
    counter: bool
    series: int
    """About how many it has."""

    @property
    def id(self) -> str:
        """The same for the same question."""
        return f"{'|'.join(self.metrics)}{{{self.matchers}}}"

    def expression(self, *, range_s: float) -> str:
        """As sent: a counter's rate, or the samples themselves."""
        inside = self.selected
        return f"rate({{{inside}}}[{promql.duration(range_s)}])" if self.counter else f"{{{inside}}}"

    def halves(self) -> tuple[Block, Block]:
        """Two questions instead of one, of a block of several metrics."""
        middle = len(self.metrics) // 2
        parts = (self.metrics[:middle], self.metrics[middle:])
        first, second = (replace(self, metrics=part, series=self.series // 2) for part in parts)
        return first, second

    @property
    def selected(self) -> str:
        """What stands in the braces."""
        one = len(self.metrics) == 1
        name = f"={promql.quote_label(self.metrics[0])}" if one else f"=~{promql.one_of(self.metrics)}"
        return ",".join(part for part in (f"__name__{name}", self.matchers) if part)


def block_size(window: Window, *, memory_bytes: int, in_flight: int) -> int:
    """Series that fit into a block when `in_flight` blocks share `memory_bytes`."""
    fits = memory_bytes // (in_flight * WORK_BYTES * max(len(window.index), 1))
    return max(100, min(MAX_SERIES, fits))


def plan_blocks(
    server: Prometheus, window: Window, *, matchers: str, conventions: Conventions, size: int
) -> tuple[Block, ...]:
    """Every metric that has samples in the window, in blocks of at most about `size` series, in order of name."""
    names, _ = discovery.metric_names(server, scope=matchers, window=window)
    wanted = [name for name in names if not name.endswith(SKIPPED_ENDINGS)]
    kinds = {name: kind_of(name, names[name], conventions=conventions) for name in wanted}
    wanted = [name for name in wanted if kinds[name] not in ("histogram", "info", "created")]
    counts = _counts(server, wanted, matchers=matchers, window=window)
    metrics = [Block((name,), matchers, kinds[name] in ("counter", "summary"), counts.get(name, 0)) for name in wanted]
    return in_blocks(server, metrics, window=window, size=size)


def in_blocks(server: Prometheus, metrics: Iterable[Block], *, window: Window, size: int) -> tuple[Block, ...]:
    """Blocks of at most about `size` series, from a block for each metric; in the same order."""
    parts = (part for block in metrics for part in _of_metric(server, block, window=window, size=size))
    return tuple(_joined(parts, most=min(size, JOINED_SERIES)))


def _joined(blocks: Iterable[Block], *, most: int) -> Iterator[Block]:
    """Gauges that follow one another and have few series, in one block: a rate would lose the names.

    A metric without a sample at the end of the window may have had any number before: it stays by itself.
    """
    held: Block | None = None
    for block in blocks:
        small = not block.counter and 0 < block.series < most
        if held is not None and small and _fit_together(held, block, most=most):
            held = replace(held, metrics=held.metrics + block.metrics, series=held.series + block.series)
            continue
        if held is not None:
            yield held
        held = block if small else None
        if not small:
            yield block
    if held is not None:
        yield held


def _fit_together(held: Block, block: Block, *, most: int) -> bool:
    length = sum(len(name) + 1 for name in (*held.metrics, *block.metrics))
    return held.matchers == block.matchers and held.series + block.series <= most and length <= MAX_PATTERN


def unit_of_metric(name: str, *, counter: bool, conventions: Conventions) -> tuple[str, float]:
    """Unit and smallest effect of interest of a metric, as its name tells them.

    A unit that the name does not tell has no smallest effect: the series' own scale decides.
    """
    meaning = classify(name, conventions=conventions, kind="counter" if counter else "gauge", label_names=frozenset())
    if meaning.factor != 1.0 or meaning.unit in ("", "count"):
        return "count", 0.0
    return meaning.unit, meaning.min_effect


def _counts(server: Prometheus, names: Sequence[str], *, matchers: str, window: Window) -> dict[str, int]:
    """Series of each name at the end of the window; UNCOUNTED where the server counts no more."""
    found: dict[str, int] = {}
    for low in range(0, len(names), NAMES_A_COUNT):
        some = names[low : low + NAMES_A_COUNT]
        for group in (some, *([name] for name in some)):
            inside = ",".join(part for part in (f"__name__=~{promql.one_of(group)}", matchers) if part)
            try:
                answer = server.instant(f"count by (__name__) ({{{inside}}})", at=window.end)
            except ReconstructError:
                if len(group) == 1:
                    found[group[0]] = UNCOUNTED
                continue
            found |= {sample.labels.get("__name__", ""): int(sample.value) for sample in answer}
            if len(group) == len(some):
                break
    return found


def _of_metric(server: Prometheus, block: Block, *, window: Window, size: int) -> Iterator[Block]:
    """The block itself, or parts of it by the values of the label that splits it most evenly."""
    if block.series == UNCOUNTED:
        yield from _of_uncounted(server, block, window=window, size=size)
        return
    if block.series <= size:
        yield block
        return
    taken = {token.text for token in promql.tokens(block.matchers) if token.kind == "word"}
    inside = block.selected
    best: tuple[int, str, dict[str, int]] | None = None
    for label in server.label_names(scope=inside, window=window):
        if label == "__name__" or label in taken:
            continue
        try:
            answer = server.instant(f"count by ({label}) ({{{inside}}})", at=window.end)
        except QueryError:
            continue
        counts = {sample.labels.get(label, ""): int(sample.value) for sample in answer}
        largest = max(counts.values(), default=block.series)
        if best is None or (max(largest, size), len(counts)) < (max(best[0], size), len(best[2])):
            best = (largest, label, counts)
    if best is None or best[0] >= block.series:
        yield block  # nothing splits it: the answer is read in pieces of time
        return
    _, label, counts = best
    for values in _groups(counts, size=size):
        matcher = f"{label}=~{promql.one_of(values)}" if len(values) > 1 else f"{label}={promql.quote_label(values[0])}"
        part = Block(
            block.metrics,
            ",".join(part for part in (block.matchers, matcher) if part),
            block.counter,
            sum(counts[value] for value in values),
        )
        yield from _of_metric(server, part, window=window, size=size)
    # Values that had no sample at the end of the window are in none of the groups.
    rest = f"{label}!~{promql.one_of(sorted(counts))}"
    if len(rest) <= MAX_PATTERN:
        yield Block(block.metrics, ",".join(p for p in (block.matchers, rest) if p), block.counter, 0)


def _of_uncounted(server: Prometheus, block: Block, *, window: Window, size: int) -> Iterator[Block]:
    """Parts of a metric with more series than the server will count, by a label's values or by how they end."""
    label, values = _label_to_split_by(server, block, window=window)
    if len(values) < 2:
        yield replace(block, series=0)  # nothing splits it: the answer is read in pieces of time
        return
    matchers = [f"{label}={promql.quote_label(value)}" for value in ("", *values)]
    if len(values) > MAX_SPLIT:
        ends = sorted({value[-1:] for value in values if value})
        matchers = [f'{label}=""', *(f"{label}=~{promql.quote_label(f'.*{promql.escaped(end)}')}" for end in ends)]
    for matcher in matchers:
        part = replace(block, matchers=",".join(part for part in (block.matchers, matcher) if part))
        try:
            counted = server.instant(f"count({{{part.selected}}})", at=window.end)
        except ReconstructError:
            yield from _of_uncounted(server, part, window=window, size=size)
            continue
        if counted:
            yield from _of_metric(server, replace(part, series=int(counted[0].value)), window=window, size=size)


def _label_to_split_by(server: Prometheus, block: Block, *, window: Window) -> tuple[str, list[str]]:
    """The label with the most values up to MAX_SPLIT, or the one with the fewest beyond; ("", []) = none splits it."""
    taken = {token.text for token in promql.tokens(block.matchers) if token.kind == "word"}
    found: list[tuple[str, list[str]]] = []
    for scope in (block.selected, ""):  # what it will not list for so many series, it lists of all: from its index
        try:
            labels = [one for one in server.label_names(scope=scope, window=window) if one not in {"__name__", *taken}]
            found = [(label, server.label_values(label, scope=scope, window=window)) for label in labels]
            break
        except ReconstructError:
            continue
    few = [one for one in found if 2 <= len(one[1]) <= MAX_SPLIT]
    if few:
        return max(few, key=lambda one: len(one[1]))
    return min((one for one in found if len(one[1]) > MAX_SPLIT), key=lambda one: len(one[1]), default=("", []))


def _groups(counts: dict[str, int], *, size: int) -> Iterator[list[str]]:
    """Values of a label, together at most `size` series and MAX_PATTERN characters a group."""
    group: list[str] = []
    series = length = 0
    for value in sorted(counts):
        if group and (series + counts[value] > size or length + len(value) > MAX_PATTERN):
            yield group
            group, series, length = [], 0, 0
        group.append(value)
        series += counts[value]
        length += len(promql.escaped(value)) + 1
    if group:
        yield group


def planned_series(blocks: Iterable[Block]) -> int:
    """About how many series the blocks have together."""
    return sum(block.series for block in blocks)
