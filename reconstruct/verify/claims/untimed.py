"""What a statement without a time says to have happened, and in which order: "ProbeFailed fired before DbCpuHigh"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from reconstruct.model.verification import Finding, Shown
from reconstruct.verify.claims.alert_words import RESOLVED
from reconstruct.verify.claims.alerts import rules_in
from reconstruct.verify.claims.causes import names_cause
from reconstruct.verify.claims.changes import judge_change
from reconstruct.verify.claims.hits import Hit
from reconstruct.verify.claims.judging import Case, finding, shown_alert
from reconstruct.verify.claims.read import Told
from reconstruct.verify.claims.relative import anchor
from reconstruct.verify.claims.topics import topics
from reconstruct.verify.folding import AnyCase
from reconstruct.verify.record import Record, seconds
from reconstruct.verify.statements import Statement
from reconstruct.verify.vocabulary import phrase

_FIRED: Final = AnyCase(
    r"\b(?:fir(?:ed?|es|ing)|trigger(?:ed|s)|went off|paged|alerted|(?:detected|caught|noticed) by)\b"
)
_ORDER: Final = AnyCase(r"\b(?:before|after|ahead of|prior to|earlier than|later than)\b")
_LATER: Final = frozenset(("after", "later than"))
_THROUGHOUT: Final = AnyCase(
    r"\b(?:during|throughout|in|for|all through) (?:(?:most|all) of )?(?:the|this|that) (?:whole |entire )?"
    r"(?:incident|outage|event|time|disruption|impact)\b|\bthe (?:whole|entire) time\b|\bthroughout\b"
)
_STRAINED: Final = AnyCase(
    r"\b(?:high|higher|highly|excessive|elevated|saturat\w+|overloaded|exhausted|full|maxed|pegged|slow|slower|spik\w+|peak\w*)\b"
)
"""What was idle or normal is shown by no alert."""
_ELSEWHERE: Final = AnyCase(r"\b(?:staging|test|tests|rule|threshold|dashboard|runbook|always|often|sometimes)\b")
"""An alert that is spoken of as a rule is not said to have fired."""


def judge_untimed(statement: Statement, found: Sequence[Hit], case: Case) -> Iterator[Finding]:
    """Whether the changes and alerts that are told without a time were, and one before the other as told."""
    for hit in found:
        spoken_of = statement.versions and not names_cause(statement)
        if hit.kind == "change" and not hit.below and (spoken_of or statement.negated(hit.start)):
            for one in judge_change(Told(statement, "change", hit, None), case):
                yield _in_order(one, hit, statement, case)
            break
    yield from _states(statement, found, case)
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


def _in_order(finding: Finding, hit: Hit, statement: Statement, case: Case) -> Finding:
    """A change that was, where it is said to have come before or after something: only if it did."""
    order = _ORDER.search(statement.passage.text, hit.end, statement.end)
    if order is None or finding.verdict != "confirmed" or not finding.shown:
        return finding
    spans = anchor(statement.passage.text[order.end() : statement.end].lower(), case.record)
    low = finding.shown[0].low
    if not spans or low is None or seconds(low) in {span[0] for span in spans}:
        return replace(finding, verdict="unverifiable", reason="lies-between")
    later = order[0].lower() in _LATER
    right = all(seconds(low) >= a if later else seconds(low) <= b for a, b in spans)
    return finding if right else replace(finding, verdict="contradicted", reason="differs")


def _states(statement: Statement, found: Sequence[Hit], case: Case) -> Iterator[Finding]:
    """A state of the incident ("the database was at high CPU throughout"): an alert about the same shows it."""
    hit = next((one for one in found if one.kind == "symptom" and not one.below), None)
    if (
        hit is None
        or not _STRAINED.search(statement.text)
        or statement.figures
        or statement.negated(hit.start)
        or not _THROUGHOUT.search(statement.text)
    ):
        return
    wanted = topics(frozenset(phrase(statement.text)))
    shown = [shown_alert(one) for one in case.record.firings if wanted and wanted <= topics(one.words)]
    told = Told(statement, "symptom", hit, None)
    if shown:
        yield finding(told, "confirmed", "matches", shown[:1])
    else:
        yield finding(told, "unverifiable", "not-measured")


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
