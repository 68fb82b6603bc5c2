"""Patterns made of phrases: whole words, in any case."""

from __future__ import annotations

import re


def any_of(*phrases: str) -> re.Pattern[str]:
    """A pattern of any of these phrases as whole words.

    >>> any_of("rolled back", "reverts?").search("It was Rolled back.")[0]
    'Rolled back'
    """
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b", re.IGNORECASE)
