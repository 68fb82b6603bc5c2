"""What every kind of claim is judged with: tolerance, distance, and the parts of the evidence that a sentence names."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from reconstruct.model.verification import Claim, Finding, Reason, Shown, Verdict
from reconstruct.verify.claims.read import Told, claim_of
from reconstruct.verify.clock_times import Placed, Written
from reconstruct.verify.reading import Setting
from reconstruct.verify.record import Firing, Happening, Record, stamp
from reconstruct.verify.vocabulary import phrase

TOLERANCE_S: Final = 180.0
"""How far a time written to the minute may be off: people round to five minutes, and clocks and pagers lag."""
EXACT_S: Final = 60.0
"""The most that is granted to a time written to the second."""
MAX_SHOWN: Final = 3


@dataclass(slots=True)
class Case:
    """The evidence, and what the document has said so far."""

    record: Record
    setting: Setting
    tolerance_s: float = TOLERANCE_S
    last: Placed | None = None
    """The time that was told last: "25 minutes later" counts from it."""
    memory: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def allowed(self, written: Written) -> float:
        """Seconds that a time may be off beyond its precision."""
        return min(EXACT_S, self.tolerance_s) if written.precision_s <= 1.0 else self.tolerance_s


def off(time: Placed, low: float, high: float) -> float:
    """Seconds between what is written and `[low, high]`: > 0 where the writing is later, < 0 earlier, 0 = they meet."""
    return min((_gap(one, low, high) for one in time.may_be), key=abs)


def _gap(one: tuple[float, float], low: float, high: float) -> float:
    if one[0] > high:
        return one[0] - high
    return min(0.0, one[1] - low)


def apart(time: Placed, low: float) -> float:
    """Seconds from a moment of the evidence to the moment written, for people: without precision.

    What is counted from an interval, "2 min after the onset", is nowhere in particular of it: none where it fits.
    """
    spans = time.may_be
    size = time.written.precision_s
    wide = (spans[0][1] - spans[0][0] - 1.5 * size) / 2
    far = min((a + wide + size / 2 - low for a, _ in spans), key=abs)
    return math.copysign(max(abs(far) - wide, 0.0), far) if time.written.counted else far


def outside(time: Placed, record: Record) -> bool:
    """Whether no reading of it lies where the evidence knows anything."""
    return not any(b >= record.known_from and a <= record.known_until for a, b in time.may_be)


def shown_event(one: Happening, time: Placed | None = None, *, end: bool = False) -> Shown:
    """An event as it is told."""
    e = one.event
    facts = {"kind": e.kind, "service": e.service, "version": e.version, "previous": e.previous, "title": e.title}
    low = one.end if end and one.end is not None else one.low
    what = "note" if e.kind == "note" else "change-end" if end else "change"
    return Shown(
        what,
        e.title or e.kind,
        e.id,
        stamp(low),
        stamp(one.high if low == one.low else low),
        apart(time, low) if time else 0.0,
        facts,
    )


def shown_alert(one: Firing, time: Placed | None = None, *, edge: str = "fired") -> Shown:
    """A firing as it is told."""
    at = one.resolved if edge == "resolved" else one.pending if edge == "pending" else one.fired
    moment = at if at is not None else one.fired
    facts = {"service": one.alert.service}
    return Shown(
        f"alert-{edge}",
        one.alert.rule,
        one.alert.id,
        stamp(moment),
        stamp(moment),
        apart(time, moment) if time else 0.0,
        facts,
    )


def shown_stone(name: str, record: Record, time: Placed | None = None) -> Shown:
    """A milestone as it is told."""
    low, high, ids = record.stones[name]
    middle = low if time is None or apart(time, low) < 0 else high
    return Shown("milestone", name, next(iter(ids), ""), stamp(low), stamp(high), apart(time, middle) if time else 0.0)


def finding(
    told: Told,
    verdict: Verdict,
    reason: Reason,
    shown: Sequence[Shown] = (),
    *,
    case: Case | None = None,
    claim: Claim | None = None,
    subject: str = "",
    **facts: str | float,
) -> Finding:
    """A finding on a claim as it was read."""
    tolerance = case.allowed(told.time.written) if case is not None and told.time is not None else 0.0
    return Finding(
        claim or claim_of(told, subject=subject),
        verdict,
        reason,
        tuple(shown)[:MAX_SHOWN],
        facts,
        tolerance_s=tolerance,
    )


def services_in(record: Record, text: str) -> tuple[str, ...]:
    """Services of the evidence whose names stand in a text of the statement; `shop` within `shop-db` is not one."""
    return _services(text, record)


@lru_cache(maxsize=4096)
def _services(text: str, record: Record) -> tuple[str, ...]:
    found: list[tuple[int, int, str]] = []
    lower = text.lower()
    for name, spellings in record.service_names.items():
        for spelt in spellings:
            if spelt in lower:
                found += [
                    (m.start(), m.end(), name) for m in re.finditer(rf"(?<![\w-]){re.escape(spelt)}(?![\w]|-\w)", lower)
                ]
    within: set[tuple[int, int]] = set()
    longest = (0, 0)
    for start, end in sorted({(s, e) for s, e, _ in found}, key=lambda span: (span[0], -span[1])):
        if end <= longest[1]:
            within.add((start, end))
        else:
            longest = (start, end)
    return tuple(dict.fromkeys(name for start, end, name in found if (start, end) not in within))


def notes(record: Record) -> Iterable[Happening]:
    """What people wrote down while it lasted."""
    return (one for one in record.happenings if one.event.kind == "note")


@lru_cache(maxsize=1024)
def content(text: str) -> frozenset[str]:
    """The words of a text that tell something, in their plain form."""
    return frozenset(_stem(word) for word in phrase(text) if len(word) > 2 and word not in _DULL)


def _stem(word: str) -> str:
    word = word.removeprefix("e") if word.startswith("email") else word
    for ending in ("ions", "ion", "ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


_DULL: Final = frozenset(
    [
        "the",
        "and",
        "was",
        "were",
        "for",
        "with",
        "from",
        "that",
        "this",
        "then",
        "has",
        "had",
        "have",
        "been",
        "being",
        "into",
        "onto",
        "about",
        "after",
        "before",
        "our",
        "their",
        "its",
        "his",
        "her",
        "they",
        "utc",
        "gmt",
        "not",
        "but",
        "all",
        "are",
        "any",
        "out",
        "off",
        "start",
        "starts",
        "started",
        "begin",
        "begins",
        "began",
        "complete",
        "completed",
    ]
)
