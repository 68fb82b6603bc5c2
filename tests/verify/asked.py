"""One line held against the classic story: what comes back."""

from __future__ import annotations

from functools import cache

from reconstruct.model import Incident
from reconstruct.verify import Checked, verify
from tests.render.incident_classic import classic

SILENT = "silent"


@cache
def story() -> Incident:
    """Deploy of shop 2.20.0 at 13:55:30, slow database, rollback at 15:20, recovered at 15:27."""
    return classic()


def checked(text: str, *, zone: str = "UTC") -> Checked | None:
    """What became of a document with one line that claims something; None where none does."""
    lines = verify(text, story(), zone=zone).lines
    assert len(lines) <= 1, "one line at a time"
    return lines[0] if lines else None


def verdict(text: str, *, zone: str = "UTC") -> str:
    """The verdict, or SILENT."""
    found = checked(text, zone=zone)
    return found.verdict if found else SILENT
