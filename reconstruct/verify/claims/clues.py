"""What a sentence with no verb that a table knows is about, by whom or what it names: never enough to contradict."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from reconstruct.model.verification import ClaimKind
from reconstruct.verify.claims.hits import Hit
from reconstruct.verify.folding import AnyCase
from reconstruct.verify.quantities import Figure
from reconstruct.verify.record import Record
from reconstruct.verify.statements import Place, Statement

_GOOD: Final = AnyCase(
    r"\b(?:again|recover\w*|gone|over(?! (?:an?|the|half|\d+|\w+ (?:minute|hour|second)s?)\b)|"
    r"ends?|ended|fine|healthy|stable|green|normal\w*|restored|fixed|solved|subsid\w+"
    r"|clean|calm|quiet)\b"
)
_BAD: Final = AnyCase(
    r"\b(?:begin\w*|began|starts?|started|onset|first|suddenly)\b.*\b(?:error|fail|outage|impact|slow|broken|down"
    r"|problem|trouble|issue|symptom)\w*|\b(?:error|fail|outage|impact|slow|broken|down|problem|trouble|issue"
    r"|symptom)\w*\b.*\b(?:begin\w*|began|starts?|started|onset|first|suddenly)\b"
)
_IDENTIFIER: Final = re.compile(r"\b[a-z][a-z0-9]*(?:[_-][a-z0-9]+)+\b")
"""The name of a flag or a job."""
_PERSON: Final = re.compile(
    r"(?<![\w.])@[\w-]+|\b(?:we|I|they|he|she|team|engineers?|on-?call|everyone|everybody|somebody|someone"
    r"|nobody|dbas?"
    r"|responders?|operators?|developers?|colleagues?|managers?|support|staff|wir|ich|nous|nosotros|equipo|équipe)\b"
    r"|^\W*(?:\w+ing) (?!error|fail)|(?<![a-z,] )(?<!\w)[A-Z][a-z]+ [a-z]{2,}(?:s|ed)\b",
)

_CONFIDENCE: Final = AnyCase(
    r"(?:(?:supported|plausible|inconclusive),|\bconfidence(?: of| is)?:?|candidate causes? \()\s*"
    r"(?:over |above |under |below |about )?$"
)


def is_confidence(statement: Statement, figure: Figure) -> bool:
    """Whether a figure is a hint's confidence, `(supported, 98 %)`: nothing was measured there."""
    return _CONFIDENCE.search(statement.passage.text[max(figure.start - 40, 0) : figure.start]) is not None


def named(statement: Statement, places: Sequence[Place], record: Record) -> Hit | None:
    """The change whose version, flag or job the parts of a statement at `places` name."""
    inside = [v for v in statement.versions if any(a <= v[0] < b for a, b in places)]
    if inside:
        kinds = tuple(
            dict.fromkeys(
                one.event.kind
                for one in record.happenings
                if any(told in (one.event.version, one.event.previous) for _, _, told in inside)
            )
        )
        if kinds:
            return Hit("change", inside[0][0], inside[0][1], kinds, statement.segment(inside[0][0]))
    text = statement.passage.text
    for a, b in places:
        for match in _IDENTIFIER.finditer(text, a, b):
            kinds = tuple(dict.fromkeys(o.event.kind for o in record.happenings if match[0] in o.event.title.split()))
            if kinds:
                return Hit("change", match.start(), match.end(), kinds, statement.segment(match.start()))
    return None


def clue(statement: Statement, places: Sequence[Place]) -> Hit | ClaimKind:
    """What the parts of a statement at `places` tell by person or state; "other" where nothing does."""
    text = statement.passage.text
    for pattern, kind in _SIGNS:
        for a, b in places:
            if match := pattern.search(text, a, b):
                return Hit(kind, match.start(), match.end(), segment=statement.segment(match.start()))
    return "other"


_SIGNS: Final[tuple[tuple[re.Pattern[str] | AnyCase, ClaimKind], ...]] = (
    (_PERSON, "human"),
    (_BAD, "start"),
    (_GOOD, "recovery"),
)
