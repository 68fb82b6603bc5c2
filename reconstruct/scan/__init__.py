"""What changed among very many series: read in blocks, judged by the detector, only the best kept."""

from __future__ import annotations

from reconstruct.scan.blocks import block_size, plan_blocks, planned_series
from reconstruct.scan.findings import Tally
from reconstruct.scan.run import Scanned, ScanPlan, scan_blocks, scan_evidence
from reconstruct.scan.unknown import INSTANCE_LABELS, scan_unknown

__all__ = [
    "INSTANCE_LABELS",
    "ScanPlan",
    "Scanned",
    "Tally",
    "block_size",
    "plan_blocks",
    "planned_series",
    "scan_blocks",
    "scan_evidence",
    "scan_unknown",
]
