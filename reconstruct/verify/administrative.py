"""Times that tell of the document, its mails and its meetings, not of the incident: nothing can show them."""

from __future__ import annotations

import re
from typing import Final

from reconstruct.verify.statements import Statement

_DAY: Final = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_ADMINISTRATIVE: Final = re.compile(
    r"^[\W_]*(?:from|to|cc|date|sent|subject|reply-to|printed|exported|last (?:edited|updated|modified))\s*:"
    r"|\bon\b.{6,80}\bwrote:?\W*$"
    r"|^[\W_]*(?:prepared|written|drafted|compiled|published|authored|reviewed|approved|signed off) (?:by|on|at)\b"
    r"|^[\W_]*(?:next|follow-?up|review|weekly) (?:call|meeting|review|sync)\b"
    r"|^[\W_]*(?:held|recorded|taken) (?:on|at)\b"
    r"|\b(?:please|kindly)\b.{0,80}\b(?:by|until|before)\b"
    rf"|\b(?:by|until|before) (?:\d\S* )?(?:[ap]m )?(?:on )?(?:next )?{_DAY}\b"
    r"|\bpost-?mortem\W+read\b"
    r"|\b(?:report|form) (?:was )?(?:submitted|filed|due)\b|\b(?:due|deadline)\b"
    r"|\bevery (?:night|day|hour|morning|week)\b"
    r"|^\W*\[ \]",
    re.IGNORECASE,
)


def is_administrative(statement: Statement) -> bool:
    """Whether the times of a statement are those of a mail, a meeting, an edit or a deadline."""
    return bool(_ADMINISTRATIVE.search(statement.text[:400].replace("_", " ")))
