"""`--backtest` and `--history` of `incident`: more history to hold the detection against."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconstruct.cli.options import EvidenceOptions
from reconstruct.errors import UsageError

if TYPE_CHECKING:
    from reconstruct.cli.console import Progress
    from reconstruct.config import Config
    from reconstruct.model import Incident


def check(given: EvidenceOptions, config: Config, *, backtest: str | None, history: Path | None) -> None:
    """Read what can be wrong before anything is asked.

    Raises
    ------
    UsageError
        `--backtest` has no server to ask or is no duration, or there is no folder of `--history`.
    """
    from reconstruct.cli import request
    from reconstruct.config import parse_duration_s

    if backtest is not None:
        parse_duration_s(backtest)
        if given.bundle is not None or not request.server_url(given, config):
            raise UsageError(
                "--backtest cannot act without a metrics server: history is asked of one",
                hint="leave it out: the alert is tried on the baseline that the evidence holds",
            )
    if history is not None and not history.is_dir():
        raise UsageError(f"{history} is no folder", hint="give the folder that holds earlier incident.json files")


def compared(
    answer: Incident,
    given: EvidenceOptions,
    config: Config,
    *,
    backtest: str | None,
    history: Path | None,
    progress: Progress,
) -> Incident:
    """The incident with its detection held against a longer history and earlier incidents."""
    import pandas as pd

    from reconstruct.alerting.proposal import candidates
    from reconstruct.cli import request
    from reconstruct.config import parse_duration_s
    from reconstruct.pipeline import with_detection
    from reconstruct.sources.alert_rules.longer_history import longer_histories
    from reconstruct.sources.incident_files import read_history
    from reconstruct.sources.prometheus.client import Prometheus

    past = read_history(history) if history is not None else ()
    settings = request.connection(given, config)
    if backtest is None or settings is None:
        return with_detection(answer, history=past)
    users = candidates(answer.evidence, answer.anomalies, answer.explanation)
    longer, failed = longer_histories(
        Prometheus(settings),
        [metric for metric, _ in users],
        answer.evidence.window,
        back=pd.Timedelta(seconds=parse_duration_s(backtest)),
        progress=progress,
    )
    noted = replace(answer, evidence=replace(answer.evidence, notes=(*answer.evidence.notes, *failed)))
    return with_detection(noted, histories=longer, history=past)
