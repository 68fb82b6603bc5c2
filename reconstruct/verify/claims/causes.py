"""Causes: never confirmed. At most the first hint is the same, or what is named was ruled out or dismissed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconstruct.model import Event, Hint, Incident
from reconstruct.model.verification import Claim, Finding, Shown
from reconstruct.verify.claims.change_words import CHANGES
from reconstruct.verify.claims.health_words import UNAFFECTED
from reconstruct.verify.claims.hits import Hit
from reconstruct.verify.claims.judging import Case, services_in, shown_event, shown_stone
from reconstruct.verify.claims.read import Told, cause_hits, claim_of
from reconstruct.verify.claims.unaffected import mechanism_in
from reconstruct.verify.folding import AnyCase
from reconstruct.verify.record import Happening, Record
from reconstruct.verify.statements import Statement

SURE: Final = 0.9
"""A hint that is supported with so much confidence stands against another cause."""
_TITLE: Final = AnyCase(r"\b(?:root[- ]causes?|trigger|causes?|contributing factors?|what caused (?:it|this))\b")
_MECHANISMS: Final[tuple[tuple[str, AnyCase], ...]] = tuple(
    (one, AnyCase(pattern))
    for one, pattern in (
        (
            "memory-exhaustion",
            r"\b(?:memory leak|out of memory|oom|memory (?:was |ran )?(?:exhaust\w*|full)|ran out of memory|heap)\b",
        ),
        (
            "disk-exhaustion",
            r"\b(?:disks?|volume|file ?system|storage)\b[^.]{0,24}\b(?:full|exhaust\w*|out of space|filled)"
            r"|\b(?:ran out of|no) disk space|\bfull disks?\b",
        ),
        (
            "network-degradation",
            r"\b(?:packet loss|network (?:problem|issue|fault|failure|degradation|partition|outage|latency"
            r"|congestion)\w*|(?:faulty|bad|broken|failed) (?:network )?(?:switch|router|cable|link|interface))\b",
        ),
        (
            "lock-contention",
            r"\b(?:lock(?:s|ing)? (?:contention|waits?)|deadlocks?|table locks?|blocked transactions?)\b",
        ),
        (
            "traffic-surge",
            r"\b(?:traffic (?:surge|spike|peak|increase)|surge (?:of|in) (?:traffic|requests|users)|ddos"
            r"|flood of requests|load spike|flash sale|unusual(?:ly)? high (?:traffic|load))\b",
        ),
        ("certificate-expiry", r"\b(?:expired? (?:tls |ssl )?certificate|certificate (?:had |has )?expir\w+)\b"),
        ("pool-exhaustion", r"\b(?:connection pool|pool)\b[^.]{0,20}\b(?:exhaust\w*|too small|ran out|saturat\w*)"),
        ("cpu-contention", r"\b(?:noisy neighbou?r|cpu (?:contention|starvation|throttling|limit))\b"),
        (
            "dependency-down",
            r"\b(?:third[- ]party|provider|upstream|vendor|payment gateway|dependency)\b[^.]{0,24}\b(?:outage"
            r"|down|failure|unavailable)",
        ),
        ("cache-miss-storm", r"\b(?:cache (?:stampede|miss\w*|invalidation|flush)|cold cache|thundering herd)\b"),
        (
            "slow-query",
            r"\b(?:slow|unoptimi[sz]ed|inefficient|expensive|unindexed|bad) (?:database |sql |db )?quer(?:y"
            r"|ies)|missing index|full table scans?|table scans?|scan(?:s|ned|ning) (?:the |a )?(?:whole|full"
            r"|entire) table\b",
        ),
    )
)


_OTHERS: Final[tuple[tuple[str, AnyCase], ...]] = tuple(
    (one, AnyCase(pattern))
    for one, pattern in (
        (
            "packages",
            r"\b(?:requirements?(?:\.txt)?|dependenc(?:y|ies) (?:version|update|mismatch|upgrade)\w*"
            r"|outdated (?:package|librar|dependenc)\w*|packages? (?:was|were) not)\b",
        ),
        (
            "configuration",
            r"\b(?:mis-?config\w*|configuration|config (?:error|change|push)|environment variable|setting)\b",
        ),
        ("dns", r"\bdns\b"),
        ("hardware", r"\b(?:hardware|power (?:loss|outage|failure)|disk failure|faulty (?:disk|server|host))\b"),
        ("attack", r"\b(?:attack|ddos|breach|malicious)\b"),
        (
            "credentials",
            r"\b(?:expired? (?:token|password|credential|key)s?|(?:token|password|credential|api key)s? (?:had "
            r"|has )?expir\w+)\b",
        ),
    )
)


_PLAIN: Final = AnyCase(
    r"(?:the )?(?:root[- ]cause|cause)|caused by|due to|(?:was|were|is) (?:triggered|caused|introduced) by"
)


def categories(text: str) -> frozenset[str]:
    """What kinds of cause a text names: mechanisms, kinds of changes, and what no metric knows.

    >>> sorted(categories("a rollback of the deploy with an unoptimised query"))
    ['change', 'slow-query']
    >>> sorted(categories("requirements were not updated"))
    ['packages']
    """
    found = {one for one, pattern in (*_MECHANISMS, *_OTHERS) if pattern.search(text)}
    for pattern, kinds in CHANGES:
        if pattern.search(text):
            found.add(
                kinds[0]
                if kinds[0] in ("migration", "flag")
                else "change"
                if kinds[0] in ("deploy", "rollback")
                else kinds[0]
            )
    if "config" in found:
        found.add("configuration")
    return frozenset(found)


def names_cause(statement: Statement) -> bool:
    """Whether a statement is about what caused what, by its words or by the section that it stands in."""
    passage = statement.passage
    titled = bool(passage.section) and bool(_TITLE.search(passage.section[-1])) and passage.kind != "heading"
    return bool(cause_hits(statement)) or (titled and not statement.times)


def judge_causes(statement: Statement, case: Case) -> Iterator[Finding]:
    """What the evidence has on what is named as the cause."""
    record = case.record
    places = cause_hits(statement)
    if statement.question or not names_cause(statement) or UNAFFECTED.search(statement.text):
        return
    place = places[0] if places else (statement.start, statement.end)
    named = cause_named(statement, record)
    if named is None:
        if places and _PLAIN.match(statement.passage.text, place[0]):
            yield Finding(
                claim_of(Told(statement, "cause", Hit("cause", *place), None)), "unverifiable", "cause-unknown"
            )
        return
    told = Told(statement, "cause", Hit("cause", *place), None)
    claim = claim_of(told, subject=named[1])
    yield _judged(statement, claim, named, case)


def cause_named(statement: Statement, record: Record) -> tuple[str, str] | None:
    """What kind of cause a statement names ("mechanism" or "change"), and which; None where it names none."""
    text = statement.text
    mechanism = next((one for one, pattern in _MECHANISMS if pattern.search(text)), "") or mechanism_in(text, record)
    if mechanism:
        return "mechanism", mechanism
    if statement.versions:
        return "change", statement.versions[0][2]
    for pattern, kinds in CHANGES:
        if pattern.search(text):
            services = services_in(record, text)
            return "change", f"{kinds[0]} {services[0]}" if services else kinds[0]
    return None


def _judged(statement: Statement, claim: Claim, named: tuple[str, str], case: Case) -> Finding:
    record = case.record
    incident = record.incident
    first = incident.explanation.hints[0] if incident.explanation.hints else None
    sure = first is not None and first.verdict == "supported" and first.confidence >= SURE
    lead = [_hint(first, incident)] if first is not None else []
    worse = re.search(
        r"\b(?:made|making) (?:things|it|matters|the \w+) (?:worse|slower)|\bno"
        r" effect\b",
        statement.text,
        re.IGNORECASE,
    )
    if worse and named[0] == "change":
        return _effect(statement, claim, record)
    if statement.negated(statement.start + max(0, statement.text.find(claim.text))):
        return Finding(claim, "unverifiable", "cause-unknown", tuple(lead))
    if named[0] == "mechanism":
        mine = next((h for h in incident.explanation.hints if h.mechanism == named[1]), None)
        changed = _events(statement, record)
        if mine is not None and not (
            sure and changed and first is not None and first.trigger not in {c.event.id for c in changed}
        ):
            return Finding(claim, "unverifiable", "cause-first-hint", (_hint(mine, incident),))
        out = [r for r in incident.explanation.ruled_out if r.mechanism == named[1]]
        if out and sure:
            return Finding(
                claim,
                "contradicted",
                "cause-ruled-out",
                (*(Shown("ruled-out", named[1], i) for i in out[0].evidence[:2]), *lead),
            )
        if not changed:
            return Finding(claim, "unverifiable", "cause-unknown", tuple(lead))
    changed = _events(statement, record)
    dismissed = {d.event: d for d in incident.explanation.dismissed_changes}
    ours = [h for h in incident.explanation.hints if h.trigger in {c.event.id for c in changed}]
    if ours:
        return Finding(claim, "unverifiable", "cause-first-hint", (_hint(ours[0], incident),))
    gone = [c for c in changed if c.event.id in dismissed]
    if changed and len(gone) == len(changed) and sure:
        return Finding(claim, "contradicted", "cause-dismissed", (*(shown_event(c) for c in gone[:1]), *lead))
    kind = named[1].split(" ")[0]
    other_kind = (
        sure
        and not changed
        and kind in ("migration", "config", "flag")
        and not any(h.event.kind == kind for h in record.happenings)
    )
    if other_kind:
        return Finding(claim, "contradicted", "cause-dismissed", tuple(lead))
    return Finding(claim, "unverifiable", "cause-unknown", tuple(lead))


def _effect(statement: Statement, claim: Claim, record: Record) -> Finding:
    """A change that is said to have made it worse, or to have done nothing, and after which it was over."""
    changed = _events(statement, record)
    if "mitigated" in record.stones and "recovered" in record.stones:
        ids = set(record.stones["mitigated"][2])
        undone = [c for c in changed if c.event.id in ids]
        if undone:
            return Finding(claim, "contradicted", "differs", (shown_event(undone[0]), shown_stone("recovered", record)))
    return Finding(claim, "unverifiable", "cause-unknown")


def _events(statement: Statement, record: Record) -> list[Happening]:
    """The changes of the evidence that a statement names by version, or by kind and service."""
    versions = {v for _, _, v in statement.versions}
    services = services_in(record, statement.text)
    found = []
    for pattern, kinds in CHANGES:
        if pattern.search(statement.text):
            found = [h for h in record.happenings if h.event.kind in kinds and (h.event.kind == kinds[0])]
            break
    if versions:
        found = [
            h
            for h in record.happenings
            if h.event.version in versions and (not found or h in found or h.event.kind == "deploy")
        ]
    if services:
        found = [h for h in found if h.event.service.name in services]
    return found


def _hint(hint: Hint, incident: Incident) -> Shown:
    trigger: Event | None = next((e for e in incident.evidence.events if e.id == hint.trigger), None)
    facts = {
        "confidence": hint.confidence,
        "verdict": hint.verdict,
        "mechanism": hint.mechanism,
        "service": hint.service,
    }
    if trigger is not None:
        facts |= {"kind": trigger.kind, "version": trigger.version, "of": trigger.service}
    time = trigger.time if trigger is not None else None
    return Shown("hint", hint.mechanism, hint.trigger or hint.metric or "", time, time, facts=facts)
