"""The same scan on a Dask cluster: a block a task, one answer however many workers, the server's limit kept over all.

Dask is an extra (`pip install 'reconstruct[dask]'`). A worker that dies has its blocks done again by the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from reconstruct.errors import QueryError, SourceError, UsageError
from reconstruct.http import HttpSettings
from reconstruct.scan.blocks import Block
from reconstruct.scan.findings import Tally
from reconstruct.scan.run import Progress, Scanned, ScanPlan, read_block
from reconstruct.sources.prometheus.client import Prometheus

LEASE: Final = "reconstruct-questions"
"""The cluster's semaphore: so many questions to the monitoring at once, over all workers together."""
DEATHS: Final = 10
"""Workers that may die under one block before it counts as what kills them."""


def scan_on_cluster(settings: HttpSettings, plan: ScanPlan, *, scheduler: str, progress: Progress) -> Scanned:
    """Read and judge every block of the plan on a cluster.

    Parameters
    ----------
    settings : HttpSettings
        How each worker reaches the server.
    plan : ScanPlan
        From `plan_blocks`.
    scheduler : str
        `tcp://HOST:PORT`, or `local:N` for N worker processes on this machine.
    progress : callable
        `(blocks done, blocks in all, words)`.

    Raises
    ------
    UsageError
        Dask is not installed, or the scheduler does not answer.
    SourceError
        No block was answered.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError as error:
        raise UsageError("--scheduler needs Dask", hint="pip install 'reconstruct[dask]'") from error
    local = _local_workers(scheduler)
    own = {"n_workers": local, "threads_per_worker": 1, "dashboard_address": None}
    cluster = distributed.LocalCluster(**own) if local else None
    begun = time.monotonic()
    tally, unread, series = Tally(plan.min_score), [], 0
    try:
        with _connected(distributed.Client, cluster if cluster is not None else scheduler) as client:
            client.run_on_scheduler(_forgive, DEATHS)
            lease = distributed.Semaphore(max_leases=plan.in_flight, name=LEASE)
            tasks = [client.submit(_one, settings, block, plan, lease, pure=False) for block in plan.blocks]
            for done, task in enumerate(distributed.as_completed(tasks), start=1):
                block, answered, why = task.result()
                if answered is None:
                    unread.append((block.id, why))
                else:
                    tally, series = tally.plus(answered), series + answered.series
                task.release()
                rate = series / max(time.monotonic() - begun, 1e-3)
                progress(done, len(plan.blocks), f"{series:,} series read, {rate:,.0f} a second")
    finally:
        if cluster is not None:
            cluster.close()
    if plan.blocks and len(unread) == len(plan.blocks):
        raise SourceError(f"no metric could be read: {unread[0][1]}", hint="narrow the selector, or --from and --to")
    return Scanned(tally.trimmed(), tuple(sorted(unread)))


def _one(settings: HttpSettings, block: Block, plan: ScanPlan, lease: Any) -> tuple[Block, Tally | None, str]:
    """On a worker: one block; asked under the lease, judged outside of it."""
    try:
        with lease:
            return block, read_block(Prometheus(settings), block, plan=plan), ""
    except (SourceError, QueryError) as error:
        return block, None, error.message


def _local_workers(scheduler: str) -> int:
    """N of `local:N`; 0 for an address.

    >>> _local_workers("local:2"), _local_workers("tcp://127.0.0.1:8786")
    (2, 0)
    """
    kind, _, count = scheduler.partition(":")
    if kind != "local":
        return 0
    if not count.isdecimal() or not 1 <= int(count) <= 256:
        raise UsageError(f"{scheduler!r} is no cluster", hint="give local:2, or tcp://HOST:PORT of a Dask scheduler")
    return int(count)


def _connected(client: Callable[..., Any], where: Any) -> Any:
    try:
        return client(where, timeout="15s")
    except (OSError, ValueError, TimeoutError) as error:
        raise UsageError(f"no Dask scheduler at {where}: {error}", hint="start one with `dask scheduler`") from error


def _forgive(deaths: int, dask_scheduler: Any = None) -> None:
    dask_scheduler.allowed_failures = deaths
