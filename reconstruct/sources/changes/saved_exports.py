"""Answers of other programs that somebody saved to a file: known by their fields, whatever the file is called."""

from __future__ import annotations

from reconstruct.sources.changes.alertmanager import is_alerts, parse_alerts
from reconstruct.sources.changes.github import is_deployments, parse_deployments
from reconstruct.sources.changes.helm import is_history, parse_history
from reconstruct.sources.changes.kubectl_export import is_objects, parse_objects
from reconstruct.sources.result import SourceRequest, SourceResult


def parse_saved(whole: object, *, statuses: object, source: str, ask: SourceRequest) -> SourceResult | None:
    """The ledger of a JSON value that is such an answer; None = it is not.

    `statuses` are GitHub's deployment statuses by deployment id, where they were saved beside it.
    """
    if is_alerts(whole):
        return parse_alerts(whole, source=source, seen_until=ask.window.end)
    if is_deployments(whole):
        return parse_deployments(whole, statuses, source=source, authors=ask.authors)
    if is_history(whole):
        return parse_history(whole, source=source)
    if is_objects(whole):
        return parse_objects(whole, source=source, authors=ask.authors)
    return None
