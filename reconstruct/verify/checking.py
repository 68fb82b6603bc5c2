"""The whole document: every check on every line, and one verdict a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconstruct.model import Incident
from reconstruct.verify.claims.alert_time import alert_time
from reconstruct.verify.claims.apart import apart
from reconstruct.verify.claims.change_time import change_time
from reconstruct.verify.claims.cited_change import cited_change
from reconstruct.verify.claims.cited_id import KINDS, cited_id, trusted_kinds
from reconstruct.verify.claims.error_ratio import error_ratio
from reconstruct.verify.claims.gap_time import gap_time
from reconstruct.verify.claims.lasted import lasted
from reconstruct.verify.claims.milestone_time import milestone_time
from reconstruct.verify.claims.query_text import query_text
from reconstruct.verify.claims.signal_figures import signal_figures
from reconstruct.verify.claims.signal_time import signal_time
from reconstruct.verify.claims.unaffected import unaffected
from reconstruct.verify.clauses import Clause, Finding, Place, Verdict, clauses
from reconstruct.verify.clock_times import usable_zone
from reconstruct.verify.document import Line, looks_ahead, read_document, zone_told
from reconstruct.verify.evidence_index import Record

CHECKS: Final[tuple[Callable[[Clause, Record], Iterator[Finding]], ...]] = (
    cited_id,
    cited_change,
    change_time,
    alert_time,
    milestone_time,
    gap_time,
    signal_time,
    signal_figures,
    lasted,
    apart,
    error_ratio,
    unaffected,
)
"""One kind of claim each."""
_ORDER: Final[tuple[Verdict, ...]] = ("holds", "contradicted", "not checked")
_UNNAMED: Final = "no alert, signal, milestone or change is named with it that the evidence has (--events adds changes)"
_NOT_SO: Final = "what was not, or should have been, is not compared"


@dataclass(frozen=True, slots=True)
class Checked:
    """A line of the document that claims something, and what the evidence makes of it."""

    line: int
    """Counted from 1."""
    text: str
    """The line as it stands in the document."""
    verdict: Verdict
    says: str
    evidence: tuple[str, ...]
    claims: tuple[Finding, ...]
    """Each claim in it; the line is contradicted if one of them is, and holds if one does."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of a document."""

    lines: tuple[Checked, ...]
    silent: int
    """Lines that claim nothing that could be checked."""
    foreign: tuple[str, ...]
    """Kinds of ids in it that are not this evidence's, and were left alone."""
    zone: str
    """That its times were read in, where they tell none."""

    def count(self, verdict: Verdict) -> int:
        """How many lines have that verdict."""
        return sum(line.verdict == verdict for line in self.lines)


def verify(text: str, incident: Incident, *, zone: str = "UTC") -> Verification:
    """Hold every line of a postmortem against the evidence.

    Parameters
    ----------
    text : str
        Markdown: our own draft, edited or not, or written by hand.
    incident : Incident
        From `reconstruct.draft`, over the evidence of the same window.
    zone : str
        IANA name of the zone of times that tell none; a document that says "all times ..." is believed first.
    """
    document = read_document(text)
    record = Record(incident, usable_zone(zone_told(text) or zone))
    record = replace(record, trusted=trusted_kinds(document, record))
    checked: list[Checked] = []
    above: Line | None = None
    for line in document:
        found = list(query_text(line, above, record)) if line.block else _findings(line, record)
        above = line
        if found:
            checked.append(_checked(line, found))
    spoken = sum(1 for line in document if not line.block)
    silent = spoken - sum(1 for c in checked if not c.text.lstrip().startswith(("```", "~~~")))
    return Verification(
        tuple(checked), silent, tuple(k for k in KINDS if k not in record.trusted), zone_told(text) or zone
    )


def _findings(line: Line, record: Record) -> list[Finding]:
    """What is left over of times and figures when every check has spoken is a claim that nothing settles."""
    if looks_ahead(line) or line.text.rstrip().endswith("?"):
        return []
    found: list[Finding] = []
    for clause in clauses(line, record):
        told = _settled([_softened(finding, clause) for check in CHECKS for finding in check(clause, record)])
        taken = [place for finding in told for place in finding.places]
        left = [(t.start, t.end, t.text) for t in clause.times if not _touches((t.start, t.end), taken)]
        left += [
            (f.start, f.end, f.text)
            for f in clause.figures
            if f.kind != "bare" and not f.signed and not _touches((f.start, f.end), taken)
        ]
        found += told
        if left:
            what = ", ".join(text for _, _, text in left)
            found.append(
                Finding(
                    "not checked",
                    f"{what}: {_NOT_SO if clause.hedged else _UNNAMED}",
                    (),
                    tuple((a, b) for a, b, _ in left),
                )
            )
    return found


def _settled(found: Sequence[Finding]) -> list[Finding]:
    """Of several findings on one time or figure the kindest stands: a time fits if it fits anything it can be about."""
    kept = []
    for finding in found:
        rivals = [f for f in found if f is not finding and any(_touches(p, finding.places) for p in f.places)]
        if not any(_ORDER.index(f.verdict) < _ORDER.index(finding.verdict) for f in rivals):
            kept.append(finding)
    return list(dict.fromkeys(kept))


def _softened(finding: Finding, clause: Clause) -> Finding:
    if finding.verdict != "contradicted" or not clause.talk:
        return finding
    return replace(
        finding, verdict="not checked", says=f"{finding.says} (what people thought or tried is not in the evidence)"
    )


def _touches(place: Place, places: Sequence[Place]) -> bool:
    return any(place[0] < end and start < place[1] for start, end in places)


def _checked(line: Line, found: Sequence[Finding]) -> Checked:
    # That "14:00 to 14:30" is "30 min" is arithmetic: without an id nothing of the evidence bears it out.
    shown = {f.verdict for f in found if f.verdict != "holds" or f.evidence}
    verdict: Verdict = next((v for v in ("contradicted", "holds") if v in shown), "not checked")
    first = [f for f in found if f.verdict == verdict] or list(found)
    says = "; ".join(dict.fromkeys(f.says for f in first))
    open_ = [f.says for f in found if f.verdict == "not checked"]
    if verdict == "holds" and open_:
        says += f". Not checked: {'; '.join(dict.fromkeys(open_))}"
    evidence = tuple(dict.fromkeys(one for f in first for one in f.evidence))
    return Checked(line.number, line.quoted.strip(), verdict, says, evidence, tuple(found))
