"""Read every block, judge it, keep the best: in bounded memory, in order, and on from where a stopped scan was."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reconstruct import promql
from reconstruct.errors import NothingToShowError, QueryError, SourceError
from reconstruct.model import Evidence, Metric, Service, Signal, Window
from reconstruct.packs.catalogue import Conventions
from reconstruct.scan.blocks import Block, unit_of_metric
from reconstruct.scan.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from reconstruct.scan.findings import Tally
from reconstruct.scan.judge import judge
from reconstruct.sources.prometheus.api_errors import TooMuchError, TooSlowError
from reconstruct.sources.prometheus.client import Answer, Prometheus

Progress = Callable[[int, int, str], None]
SAVE_EVERY_S: Final = 20.0
"""Between two writes of the checkpoint: a stopped scan loses at most so much work."""
RATE_SAMPLES: Final = 4
"""Scrapes in a `rate()`'s window, as elsewhere."""
RESETS_OF_COUNTER: Final = 0.02
"""Part of its moves that a counter may fall in: restarts (as `packs.survey`)."""
MOVES_TO_JUDGE: Final = 10


@dataclass(frozen=True, slots=True)
class ScanPlan:
    """What is to be read, and how."""

    blocks: tuple[Block, ...]
    window: Window
    conventions: Conventions
    min_score: float = 1.0
    in_flight: int = 4


@dataclass(frozen=True, slots=True)
class Scanned:
    """What came of it."""

    tally: Tally
    unread: tuple[tuple[str, str], ...] = ()
    """(block, why) of what the server would not answer."""
    left_out: int = 0
    """About how many series were not asked for: the time was up."""
    asked: tuple[tuple[str, int], ...] = ()
    """(expression, series) of what was answered, in the order of the plan."""


def scan_blocks(
    server: Prometheus,
    plan: ScanPlan,
    *,
    progress: Progress,
    checkpoint: Path | None = None,
    until_s: float = math.inf,
) -> Scanned:
    """Read and judge every block of the plan, at most `in_flight` at once.

    Parameters
    ----------
    server : Prometheus
        Asked for one block a question.
    plan : ScanPlan
        From `plan_blocks`.
    progress : callable
        `(blocks done, blocks in all, words)`.
    checkpoint : Path, optional
        Where a stopped scan goes on; removed when all is done.
    until_s : float
        On `time.monotonic()`'s clock: what was not asked for by then is left out, and counted.

    Raises
    ------
    SourceError
        No block was answered.
    """
    state = load_checkpoint(checkpoint, plan=plan) if checkpoint is not None else Checkpoint(Tally(plan.min_score))
    todo = [block for block in plan.blocks if block.id not in state.done]
    tally, done, unread = state.tally, set(state.done), list(state.unread)
    asked: list[tuple[str, int]] = []
    begun = saved = time.monotonic()
    before = tally.series
    for block, answered, why in _answers(server, todo, plan):
        done.add(block.id)
        if answered is None:
            unread.append((block.id, why))
        else:
            tally = tally.plus(answered)
            asked.append((_expression(block, plan), answered.series))
        now = time.monotonic()
        progress(len(done), len(plan.blocks), _rate(tally.series - before, now - begun, todo, done))
        if checkpoint is not None and now - saved > SAVE_EVERY_S:
            save_checkpoint(checkpoint, Checkpoint(tally, frozenset(done), tuple(unread)), plan=plan)
            saved = now
        if now > until_s:
            break
    left_out = sum(block.series for block in plan.blocks if block.id not in done)
    if plan.blocks and len(unread) == len(plan.blocks):
        raise SourceError(f"no metric could be read: {unread[0][1]}", hint="narrow the selector, or --from and --to")
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    return Scanned(tally.trimmed(), tuple(sorted(unread)), left_out, tuple(asked))


def scan_evidence(evidence: Evidence, *, selector: str = "", min_score: float = 1.0) -> Scanned:
    """The same over evidence that is there already: a bundle, or metric files.

    Parameters
    ----------
    evidence : Evidence
        Its metrics are judged.
    selector : str
        Only series that it matches: by metric name (of the query that gave them) and by labels.
    min_score : float
        Anomalies below are left out.

    Raises
    ------
    NothingToShowError
        No series matches.
    """
    tally, matched = Tally(min_score), False
    for metric in evidence.metrics:
        names = promql.metric_names(metric.signal.promql) or (metric.signal.id,)
        fits = [
            column
            for column, labels in enumerate(metric.labels)
            if not selector or any(promql.selects(selector, {**labels, "__name__": name}) for name in names)
        ]
        if fits:
            judge(metric.of_columns(fits) if selector else metric, window=evidence.window, tally=tally)
            matched = True
    if not matched:
        raise NothingToShowError(f"no series matches {selector}".rstrip(), hint="leave the selector out to see all")
    return Scanned(tally.trimmed())


def read_block(server: Prometheus, block: Block, *, plan: ScanPlan) -> Tally:
    """Ask for one block and judge it; of several metrics that are refused together, each half by itself."""
    try:
        return _judged(_read(server, block, plan=plan), block, plan=plan)
    except (TooMuchError, TooSlowError):
        if len(block.metrics) == 1:
            raise
        first, second = (read_block(server, half, plan=plan) for half in block.halves())
        return first.plus(second)


def _expression(block: Block, plan: ScanPlan) -> str:
    return block.expression(range_s=RATE_SAMPLES * plan.window.step_s)


def _read(server: Prometheus, block: Block, *, plan: ScanPlan) -> Answer:
    return server.range(_expression(block, plan), plan.window, expected_series=max(block.series, 1))


def _judged(answer: Answer, block: Block, *, plan: ScanPlan) -> Tally:
    """What one answer holds; columns of one metric need not lie side by side."""
    range_s = RATE_SAMPLES * plan.window.step_s
    return judge_series(
        np.asarray(answer.values),
        names=[labels.get("__name__", block.metrics[0]) for labels in answer.labels],
        labels=tuple({k: v for k, v in one.items() if k != "__name__"} for one in answer.labels),
        plan=plan,
        counter=block.counter,
        range_s=range_s if block.counter else 0.0,
    )


def judge_series(
    values: NDArray[np.float64],
    *,
    names: Sequence[str],
    labels: tuple[Mapping[str, str], ...],
    plan: ScanPlan,
    counter: bool = False,
    range_s: float = 0.0,
) -> Tally:
    """Judge the columns of a matrix, each a series of the metric of that name.

    Parameters
    ----------
    values : float64, shape (n_times, n_series)
        On the grid of `plan.window`; what only rises is turned into its increase a second, in place.
    counter : bool
        They are rates of counters already ...
    range_s : float
        ... over so many seconds.
    """
    window = plan.window
    kinds: dict[str, tuple[str, float]] = {}
    columns: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        columns.setdefault(name, []).append(column)
    for name, columns_of_it in columns.items():
        rate, own = counter, slice(None) if len(columns) == 1 else columns_of_it
        if not rate and _only_rises(values[:, own]):
            values[:, own] = _increase_per_second(values[:, own], step_s=window.step_s)
            rate = True
        kinds[name] = unit_of_metric(name, counter=rate, conventions=plan.conventions)
    signal = Signal("scan", "scan", "", "count", "app", "work", worse="both", range_s=range_s, inferred=True)
    frame = pd.DataFrame(values, index=window.index, columns=pd.RangeIndex(values.shape[1]), copy=False)
    metric = Metric(signal, frame, labels, (Service(""),) * len(labels), "", window.step_s)
    tally = Tally(plan.min_score)
    judge(metric, window=window, tally=tally, names=names, kinds=kinds)
    return tally


def _answers(server: Prometheus, todo: Sequence[Block], plan: ScanPlan) -> Iterator[tuple[Block, Tally | None, str]]:
    """Each block with what it gave, in the order of the plan; no more are under way than `in_flight`."""
    waiting: list[tuple[Block, Future[Tally]]] = []
    rest = iter(todo)
    with ThreadPoolExecutor(max_workers=plan.in_flight) as pool:
        try:
            waiting += [(b, pool.submit(read_block, server, b, plan=plan)) for b in islice(rest, plan.in_flight)]
            while waiting:
                block, future = waiting.pop(0)
                try:
                    yield block, future.result(), ""
                except (SourceError, QueryError) as error:
                    yield block, None, error.message
                waiting += [(b, pool.submit(read_block, server, b, plan=plan)) for b in islice(rest, 1)]
        except BaseException:  # Ctrl-C: what has not begun shall not begin
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def increase_where_it_counts(values: NDArray[np.float64], *, step_s: float) -> NDArray[np.float64]:
    """The increase a second of what only rises; anything else as it is."""
    return _increase_per_second(values, step_s=step_s) if _only_rises(values) else values


def _only_rises(values: NDArray[np.float64]) -> bool:
    """Whether an untyped metric counts: its series rise, and fall as seldom as processes restart."""
    some = values[:, :: max(1, values.shape[1] // 50)]
    if not some.size:
        return False
    moves = np.diff(some, axis=0)
    moves = moves[np.isfinite(moves) & (moves != 0)]
    if len(moves) < MOVES_TO_JUDGE or float(np.nanmin(some)) < 0:
        return False
    return float(np.count_nonzero(moves < 0)) <= RESETS_OF_COUNTER * len(moves)


def _increase_per_second(values: NDArray[np.float64], *, step_s: float) -> NDArray[np.float64]:
    """A counter's increase from sample to sample; after a reset, what it has reached since (as `rate()` takes it)."""
    moves = np.diff(values, axis=0, prepend=np.nan)
    return np.where(moves < 0, values, moves) / step_s


def _rate(series: int, seconds: float, todo: Iterable[Block], done: set[str]) -> str:
    rate = series / max(seconds, 1e-3)
    left = sum(block.series for block in todo if block.id not in done)
    return f"{series:,} series read, {rate:,.0f} a second, about {left / max(rate, 1.0):.0f} s left"
