"""Patterns made of phrases: whole words, in any case."""

from __future__ import annotations

from reconstruct.verify.folding import AnyCase


def any_of(*phrases: str) -> AnyCase:
    """A pattern of any of these phrases as whole words.

    >>> any_of("rolled back", "reverts?").search("It was Rolled back.")[0]
    'rolled back'
    """
    return AnyCase(rf"\b(?:{'|'.join(phrases)})\b")
