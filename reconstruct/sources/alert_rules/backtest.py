"""Rule files over history: every alerting rule asked of a server, or of a bundle, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from reconstruct import promql
from reconstruct.alerting import AlertingRule, RecordingRule, RuleGroup
from reconstruct.alerting.backtest import most_at_once, summary
from reconstruct.alerting.evidence import replay_evidence
from reconstruct.alerting.recorded import with_recorded
from reconstruct.alerting.rules import unfilled_templates
from reconstruct.config import parse_duration_s
from reconstruct.errors import ReconstructError
from reconstruct.model import Backtest, Evidence, PastIncident, RuleBacktest, RuleNote, RuleNoteKind, Window
from reconstruct.sources.alert_rules.replay import replay
from reconstruct.sources.prometheus.client import Prometheus

Progress = Callable[[int, int, str], None]
DEFAULT_INTERVAL_S: Final = 60.0
"""Prometheus's own default of `evaluation_interval`."""
LOOK_BACK: Final = pd.Timedelta("5min")
"""An instant selector answers for so long after a sample: asked so often, it shows every time that had one."""
MIN_LOOKS: Final = 100
"""At a selector's presence, however short the time."""
ABSENCE: Final = frozenset({"absent", "absent_over_time"})
"""For these a metric without samples is an answer."""
EITHER: Final = frozenset({"or", "unless", "default"})
"""With these one side is enough: the other may rightly be without samples."""
_INTERVAL: Final = re.compile(r"^\s+evaluation_interval:\s*([0-9a-z]+)\s*$", re.MULTILINE)


@dataclass(slots=True)
class _Presence:
    """For which share of the time a selector had samples; each selector is asked once."""

    server: Prometheus
    start: pd.Timestamp
    end: pd.Timestamp
    shares: dict[str, float] = field(default_factory=dict)

    def share(self, selector: str) -> float:
        if selector not in self.shares:
            step = min(LOOK_BACK, ((self.end - self.start) / MIN_LOOKS).ceil("s"))
            first = self.start + step
            window = Window(first, max(self.end, first + step), step, first)
            answer = self.server.range(f"count({selector})", window, expected_series=1)
            self.shares[selector] = float((~np.isnan(answer.values)).any(axis=1).mean())
        return self.shares[selector]


def backtest(
    server: Prometheus,
    groups: Sequence[RuleGroup],
    *,
    start: pd.Timestamp,
    end: pd.Timestamp,
    interval_s: float | None = None,
    scope: str = "",
    incidents: Sequence[PastIncident] = (),
    progress: Progress | None = None,
) -> Backtest:
    """What every alerting rule of the groups would have done between `start` and `end`.

    Parameters
    ----------
    interval_s : float, optional
        Between two evaluations of groups that name none; the server's `evaluation_interval` when not given.
    scope : str
        Matchers put into every selector.
    incidents : sequence of PastIncident
        What rules ought to have caught.

    Raises
    ------
    QueryError
        The server refuses an expression: file and line are named.
    SourceError
        The server does not answer.
    """
    end = min(end, server.now())
    notes = []
    if any(group.interval_s is None for group in groups) and interval_s is None:
        interval_s, said = _server_interval_s(server)
        notes.append(said)
    presence = _Presence(server, start, end)
    recorded = [rule for group in groups for rule in group.rules if isinstance(rule, RecordingRule)]
    alerting = list(_alerting(groups))
    found = []
    for number, (group, rule) in enumerate(alerting):
        if progress is not None:
            progress(number, len(alerting), rule.name)
        every_s = group.interval_s or interval_s or DEFAULT_INTERVAL_S
        found.append(_one(presence, group, rule, recorded, scope=scope, interval_s=every_s, incidents=incidents))
    return Backtest(start, end, tuple(found), tuple(notes))


def backtest_evidence(
    evidence: Evidence, groups: Sequence[RuleGroup], *, incidents: Sequence[PastIncident] = ()
) -> Backtest:
    """The same from the samples of a bundle, for rules whose expression it holds; evaluated at its step."""
    window = evidence.window
    found = []
    for group, rule in _alerting(groups):
        instances = replay_evidence(rule, evidence)
        found.append(
            summary(
                rule,
                instances or (),
                group=group.name,
                interval_s=window.step_s,
                start=window.baseline_start,
                end=window.end,
                outcome="not-evaluated" if instances is None else "judged",
                incidents=incidents,
                notes=_label_notes(rule),
            )
        )
    return Backtest(window.baseline_start, window.end, tuple(found))


def _alerting(groups: Iterable[RuleGroup]) -> Iterator[tuple[RuleGroup, AlertingRule]]:
    for group in groups:
        for rule in group.rules:
            if isinstance(rule, AlertingRule):
                yield group, rule


def _one(
    presence: _Presence,
    group: RuleGroup,
    rule: AlertingRule,
    recorded: Sequence[RecordingRule],
    *,
    scope: str,
    interval_s: float,
    incidents: Sequence[PastIncident],
) -> RuleBacktest:
    expr, still_recorded = with_recorded(rule.expr, recorded)
    expr = promql.add_matchers(expr, scope)
    told = replay(
        presence.server,
        rule,
        start=presence.start,
        end=presence.end,
        interval_s=interval_s,
        query_offset_s=group.query_offset_s,
        expr=expr,
    )
    notes = [*_label_notes(rule), *(RuleNote("warning", {"text": text}) for text in told.warnings)]
    if told.failed:
        notes.append(RuleNote("failed-evaluations", {"failed": told.failed, "evaluations": told.evaluations}))
    if group.limit and (most := most_at_once(told.instances)) > group.limit:
        notes.append(RuleNote("over-limit", {"limit": group.limit, "most": most}))
    share, data = _data(presence, expr, scope=scope, still_recorded=still_recorded)
    return summary(
        rule,
        told.instances,
        group=group.name,
        interval_s=interval_s,
        start=presence.start,
        end=presence.end,
        outcome="judged" if share > 0 or told.instances else "no-data",
        data_share=share,
        incidents=incidents,
        notes=(*data, *notes),
    )


def _data(
    presence: _Presence, expr: str, *, scope: str, still_recorded: Sequence[str]
) -> tuple[float, tuple[RuleNote, ...]]:
    """For which share of the time all that the rule reads was there, and what never was.

    A metric without samples leaves the rule untried. A selector that matches none of its metric's series may be right:
    there may have been no such error, or no such job; it is told, for it may as well be a typing error.
    """
    words = {token.text.lower() for token in promql.tokens(expr) if token.kind == "word"}
    if ABSENCE & words:
        return 1.0, ()
    shares = [1.0]
    notes: dict[str, RuleNote] = {}
    for selector in promql.selectors(expr):
        name = next(iter(promql.metric_names(selector)), "")
        whole = promql.add_matchers(name, scope) if name else selector
        shares.append(presence.share(whole))
        if not shares[-1]:
            kind: RuleNoteKind = "needs-recorded" if name in still_recorded else "no-series"
            notes[whole] = RuleNote(kind, {"selector": whole, "metric": True})
        elif not presence.share(selector):
            notes[selector] = RuleNote("no-series", {"selector": selector, "metric": False})
    either = bool(EITHER & words) and len(shares) > 1
    return max(shares[1:]) if either else min(shares), tuple(notes.values())


def _label_notes(rule: AlertingRule) -> list[RuleNote]:
    names = unfilled_templates(rule)
    return [RuleNote("label-template", {"labels": names})] if names else []


def _server_interval_s(server: Prometheus) -> tuple[float, str]:
    """The server's `evaluation_interval`, and a sentence that says where it is from."""
    try:
        config: Mapping[str, object] = server.page("status/config", read=dict)
        told = _INTERVAL.search(str(config.get("yaml", "")))
        if told is not None:
            return parse_duration_s(told[1]), f"evaluated every {told[1]}, the server's evaluation_interval"
    except ReconstructError:
        pass  # 403 and 404 are common: the default is said instead
    return DEFAULT_INTERVAL_S, "evaluated every 60 s: groups name no interval and the server does not tell its own"
