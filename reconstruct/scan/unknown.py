"""What changed among the metrics that no pack knows, series by series: for a draft, within its budget of time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from reconstruct.errors import ReconstructError
from reconstruct.http import MAX_IN_FLIGHT
from reconstruct.model import ScanResult, Window
from reconstruct.packs.catalogue import Conventions
from reconstruct.packs.classify import classify
from reconstruct.packs.survey import Seen
from reconstruct.scan.blocks import SKIPPED_ENDINGS, Block, block_size, in_blocks
from reconstruct.scan.run import ScanPlan, scan_blocks
from reconstruct.sources.prometheus.client import Prometheus

MEMORY_BYTES: Final = 512 << 20
SECONDS: Final = 30.0
"""Of a draft's time, at most: some 100,000 series of two hours."""
MIN_SCORE: Final = 2.0
"""What only just left its history is told of a series that somebody chose, not of one among thousands (as
`Parameters.doubt`)."""
MAX_LISTED: Final = 20
INSTANCE_LABELS: Final = ("pod", "k8s_pod_name", "instance", "service_instance_id", "host", "node")
"""What tells instances apart: pods before the machines that they run on."""


def scan_unknown(
    server: Prometheus,
    seen: Mapping[str, Seen],
    *,
    known: Mapping[str, Seen],
    window: Window,
    matchers: str,
    conventions: Conventions,
    until_s: float,
    progress: Callable[[int, int, str], None],
) -> tuple[ScanResult, ...]:
    """Scan the metrics of `seen`; nothing where there are none, or none could be read.

    Parameters
    ----------
    seen : mapping of metric to what its series look like
        The metrics to scan.
    known : mapping of metric to what its series look like
        All metrics: their `_info` series tell what else is known of an instance.
    matchers : str
        What every question is narrowed to.
    until_s : float
        On `time.monotonic()`'s clock; the scan takes at most `SECONDS` of what is left.
    """
    now = time.monotonic()
    metrics = [
        Block((name,), matchers, one.kind in ("counter", "summary"), one.count)
        for name, one in seen.items()
        if one.kind in ("counter", "gauge", "unknown", "summary")
        and not name.endswith(SKIPPED_ENDINGS)
        and not classify(name, conventions=conventions, kind=one.kind, label_names=one.label_names).ignored
    ]
    if not metrics or until_s <= now:
        return ()
    # Many small metrics tell more than a part of a large one, where there is no time for all.
    metrics.sort(key=lambda block: (block.series, block.id))
    size = block_size(window, memory_bytes=MEMORY_BYTES, in_flight=MAX_IN_FLIGHT)
    try:
        blocks = in_blocks(server, metrics, window=window, size=size)
        plan = ScanPlan(blocks, window, conventions, min_score=MIN_SCORE, in_flight=MAX_IN_FLIGHT)
        done = scan_blocks(server, plan, progress=progress, until_s=now + min(SECONDS, (until_s - now) / 2))
    except ReconstructError as error:
        server.do_without("metrics that no pack knows, series by series", error)
        return ()
    result = done.tally.result(
        window=window,
        selector="",
        top=MAX_LISTED,
        unread=done.unread,
        left_out=done.left_out,
        instance_labels=INSTANCE_LABELS,
        known=_of_instances(known),
    )
    return (replace(result, asked=done.asked),)


def _of_instances(known: Mapping[str, Seen]) -> dict[tuple[str, str], dict[str, str]]:
    """What `_info` metrics tell of each instance (version, node, zone), where they agree."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    differ: set[tuple[tuple[str, str], str]] = set()
    for one in known.values():
        for labels in one.labels if one.kind == "info" else ():
            for name in INSTANCE_LABELS:
                if name not in labels:
                    continue
                key = (name, labels[name])
                own = found.setdefault(key, {})
                for label, value in labels.items():
                    if label != name and own.setdefault(label, value) != value:
                        differ.add((key, label))
    for key, label in differ:
        found[key].pop(label, None)
    return found
