"""`a4`, `e2`, `q7`: ids of our own draft resolve, and to what is said beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconstruct.model import Alert, Anomaly, Event, Gap, Query
from reconstruct.verify.clauses import Clause, Finding
from reconstruct.verify.clock_times import fits
from reconstruct.verify.document import Cited, Line
from reconstruct.verify.evidence_index import Item, Record
from reconstruct.verify.vocabulary import phrase, words

KINDS: Final = ("a", "al", "e", "g", "q")
WRONG_AT_MOST: Final = 0.1
"""Share of the ids of a kind that may have a wrong name beside them (one always may): where more have, the document
was made from other evidence or by another version, and no line is to blame."""


def trusted_kinds(lines: Sequence[Line], record: Record) -> frozenset[str]:
    """Kinds of ids in a document that are those of this evidence."""
    cited = [c for line in lines for c in line.cited if c.sure]
    trusted = set()
    for kind in KINDS:
        told = [_right(c, record) for c in cited if c.id.rstrip("0123456789") == kind]
        known = [right for right in told if right is not None]
        if known.count(False) <= max(1.0, WRONG_AT_MOST * len(known)):
            trusted.add(kind)
    return frozenset(trusted)


def cited_id(clause: Clause, record: Record) -> Iterator[Finding]:
    """Whether each id of a line stands for something, and for what its name beside it says."""
    if clause.start > 0:
        return
    for cited in clause.cited:
        item = record.item(cited.id)
        if cited.id.rstrip("0123456789") not in {*record.trusted, "t", "ep"}:
            continue
        place = ((cited.start, cited.end),)
        if item is None and cited.id not in record.other_ids:
            if cited.sure:
                yield Finding("contradicted", f"nothing in the evidence has the id {cited.id}", (), place)
            continue
        if item is not None and cited.sure and _right(cited, record) is False:
            says = f"{cited.id} is {short(item)}, not {cited.label}"
            yield Finding("contradicted", says, (cited.id,), place)
    yield from _asked(clause, record)


def _right(cited: Cited, record: Record) -> bool | None:
    """Whether the name beside an id is its own; None where it is no name that our drafts write."""
    item = record.items.get(cited.id)
    if item is None:
        return None if cited.id in record.other_ids else False
    said, own = phrase(cited.label), phrase(short(item))
    if not said:
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
        return " ".join(part for part in (item.source, item.source_id) if part) or item.kind
    if isinstance(item, Alert):
        return item.rule
    if isinstance(item, Anomaly):
        return item.signal.id
    return item.signal if isinstance(item, Query) else f"gap in {item.source}" if isinstance(item, Gap) else ""


def _asked(clause: Clause, record: Record) -> Iterator[Finding]:
    """A line of our appendix that begins with a query: when it was asked for."""
    first = clause.cited[0] if clause.cited else None
    query = record.item(first.id) if first else None
    if first is None or not isinstance(query, Query) or first.start > 0 or words(clause.text)[:1] == ():
        return
    for time in clause.times:
        place = ((time.start, time.end),)
        if any(time.may_be and fits(time, at, at) for at in (query.start, query.end)):
            yield Finding("holds", f"{query.id} was asked so", (query.id,), place)
        else:
            says = f"{query.id} was asked for {record.between(query.start, query.end)}, not {time.text}"
            yield Finding("contradicted", says, (query.id,), place)
    for figure in clause.figures:
        if figure.kind == "seconds":
            right = figure.meets(query.step_s)
            says = f"{query.id} was asked in steps of {query.step_s:g} s" + ("" if right else f", not {figure.text}")
            yield Finding("holds" if right else "contradicted", says, (query.id,), ((figure.start, figure.end),))
