"""What one run takes in at most, beside its time: `limits` in reconstruct.yaml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers and sizes; what goes beyond them is a gap that names the limit."""

    events: int = 50_000
    """Kept, nearest to the window first: a draft of 10,000 takes seconds, and nobody reads more."""
    alerts: int = 50_000
    """Instances of alerts kept, nearest to the window first."""
    series: int = 20_000
    """Of one signal; one with more is a whole server, and is left out."""
    answer_mib: int = 1024
    """MiB of one answer, unpacked: what is asked in one piece (10 million samples) has a quarter of it."""
    label_kib: int = 64
    """KiB of one series' labels: a hundred times what a series with many labels has; Mimir takes 30 labels of 2 kB."""
