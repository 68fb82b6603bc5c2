"""Ids in our own drafts, and the names that stand beside them: whether they are this evidence's, and each its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconstruct.model import Alert, Anomaly, Event, Gap, Query
from reconstruct.model.verification import Finding, Shown
from reconstruct.text.references import source_text
from reconstruct.verify.claims.hits import Hit
from reconstruct.verify.claims.judging import Case
from reconstruct.verify.claims.read import Told, claim_of
from reconstruct.verify.record import Item, Record
from reconstruct.verify.statements import Cited, Statement
from reconstruct.verify.vocabulary import phrase

KINDS: Final = ("a", "al", "e", "g", "q")
WRONG_AT_MOST: Final = 0.1
"""Share of the ids of a kind that may have a wrong name beside them (one always may): where more have, the document
was made from other evidence or by another version, and no line is to blame."""


def trusted_kinds(cited: Sequence[Cited], record: Record) -> frozenset[str]:
    """Kinds of ids in a document that are those of this evidence."""
    trusted = set()
    for kind in KINDS:
        told = [name_right(c, record) for c in cited if c.id.rstrip("0123456789") == kind]
        known = [right for right in told if right is not None]
        if known.count(False) <= max(1.0, WRONG_AT_MOST * len(known)):
            trusted.add(kind)
    return frozenset(trusted)


def name_right(cited: Cited, record: Record) -> bool | None:
    """Whether the name beside an id is its own; None where it is no name that our drafts write."""
    item = record.items.get(cited.id)
    if item is None:
        return None if cited.id in record.other_ids else False
    said, own = phrase(cited.label), phrase(short(item))
    if not said or not own:
        return None
    if said[: len(own)] == own or (cited.label.endswith("…") and own[: len(said)] == said):
        return True
    others = (phrase(short(other)) for other in record.items.values() if type(other) is type(item))
    # "q1 http/latency-p95: 2 series" names another query; "a8 is the one to look at" names none.
    another = any(said == name or (len(name) > 1 and said[: len(name)] == name) for name in others)
    return False if another else None


def short(item: Item) -> str:
    """The name that our drafts write beside an id."""
    if isinstance(item, Event):
        return source_text(item)
    if isinstance(item, Alert):
        return item.rule
    if isinstance(item, Anomaly):
        return item.signal.id
    return item.signal if isinstance(item, Query) else f"gap in {item.source}" if isinstance(item, Gap) else ""


def judge_ids(statement: Statement, case: Case) -> Iterator[Finding]:
    """Whether each id of a passage stands for something, and for what its name beside it says."""
    record = case.record
    for cited in statement.cited:
        kind = cited.id.rstrip("0123456789")
        if kind not in {*record.trusted, "t", "ep"}:
            continue
        told = Told(statement, "reference", Hit("reference", cited.start, cited.end), None)
        if record.items.get(cited.id) is None and cited.id not in record.other_ids:
            yield Finding(claim_of(told, subject=cited.id), "contradicted", "no-such-id")
        elif name_right(cited, record) is False:
            item = record.items[cited.id]
            yield Finding(
                claim_of(told, subject=cited.label), "contradicted", "wrong-name", (Shown("id", short(item), cited.id),)
            )
