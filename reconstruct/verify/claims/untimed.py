"""What a statement without a time says to have happened, and in which order: "ProbeFailed fired before DbCpuHigh"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconstruct.model.verification import Finding, Shown
from reconstruct.verify.claims.alert_words import RESOLVED
from reconstruct.verify.claims.alerts import rules_in
from reconstruct.verify.claims.causes import names_cause
from reconstruct.verify.claims.changes import judge_change
from reconstruct.verify.claims.hits import Hit
from reconstruct.verify.claims.judging import Case, finding, shown_alert
from reconstruct.verify.claims.read import Told
from reconstruct.verify.folding import AnyCase
from reconstruct.verify.record import Record
from reconstruct.verify.statements import Statement

_FIRED: Final = AnyCase(
    r"\b(?:fir(?:ed?|es|ing)|trigger(?:ed|s)|went off|paged|alerted|(?:detected|caught|noticed) by)\b"
)
_ORDER: Final = AnyCase(r"\b(?:before|after|ahead of|prior to|earlier than|later than)\b")
_LATER: Final = frozenset(("after", "later than"))
_ELSEWHERE: Final = AnyCase(r"\b(?:staging|test|tests|rule|threshold|dashboard|runbook|always|often|sometimes)\b")
"""An alert that is spoken of as a rule is not said to have fired."""


def judge_untimed(statement: Statement, found: Sequence[Hit], case: Case) -> Iterator[Finding]:
    """Whether the changes and alerts that are told without a time were, and one before the other as told."""
    for hit in found:
        spoken_of = statement.versions and not names_cause(statement)
        if hit.kind == "change" and not hit.below and (spoken_of or statement.negated(hit.start)):
            yield from judge_change(Told(statement, "change", hit, None), case)
            break
    fired = _FIRED.search(statement.text)
    if fired is None or _ELSEWHERE.search(statement.text) or RESOLVED.search(statement.text):
        return
    place = (statement.start + fired.start(), statement.start + fired.end())
    told = Told(statement, "alert", Hit("alert", *place), None)
    named = rules_in(told, case.record)
    if len(named) == 2:
        yield from _ordered(told, case)
    elif len(named) == 1:
        first = shown_alert(next(one for one in case.record.firings if one.alert.rule == named[0]))
        if not statement.negated(place[0]):
            yield finding(told, "confirmed", "happened", [first], subject=named[0])
        elif not statement.segments[statement.segment(place[0])].below:
            yield finding(told, "contradicted", "happened", [first], subject=named[0])


def _ordered(told: Told, case: Case) -> Iterator[Finding]:
    """Two alerts, of which one is said to have been first."""
    statement = told.statement
    order = _ORDER.search(statement.text)
    places = _rules(statement, case.record)
    if order is None or statement.negated(statement.start) or len(places) != 2:
        return
    middle = statement.start + order.start()
    (one_at, one), (other_at, other) = places
    if not one_at < middle < other_at:
        return
    firings = [next(f for f in case.record.firings if f.alert.rule == rule) for rule in (one, other)]
    sooner, later = reversed(firings) if order[0].lower() in _LATER else firings
    shown: list[Shown] = [shown_alert(sooner), shown_alert(later)]
    if sooner.fired <= later.fired:
        yield finding(told, "confirmed", "happened", shown, subject=f"{one}, {other}")
    elif later.fired < sooner.fired - sooner.slack:
        yield finding(told, "contradicted", "differs", shown, subject=f"{one}, {other}")


def _rules(statement: Statement, record: Record) -> list[tuple[int, str]]:
    """Where the names of alerting rules stand, in order."""
    return sorted((place[0], rule) for rule, words in record.rules.items() for place in statement.places(words))
