"""How well a batch of labelled postmortems is read: each claim stands in a comment at the end of its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

from reconstruct.model.verification import Finding
from reconstruct.verify import verify
from tests.incidents.recorded import incident

HERE = Path(__file__).parent / "corpus"
LABEL = re.compile(r"<!-- ((?:[a-z]+ [a-z]+(?:, )?)+) -->")
UNTIMED = frozenset(("cause", "users", "duration"))
"""Kinds that bear no time of day."""
DECIDED = frozenset(("confirmed", "contradicted"))


class Wanted(NamedTuple):
    """A claim as a person labelled it."""

    line: int
    kind: str
    verdict: str


@dataclass
class Score:
    """Counts over a batch."""

    wanted: int = 0
    read: int = 0
    found: int = 0
    timed_wanted: int = 0
    timed_read: int = 0
    timed_found: int = 0
    kinds: int = 0
    decided: int = 0
    right: int = 0
    false_contradictions: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def shares(self) -> Mapping[str, float]:
        """What the batch is judged by."""
        return {
            "precision": self.timed_read / max(1, self.timed_found),
            "recall": self.timed_read / max(1, self.timed_wanted),
            "kinds": self.kinds / max(1, self.read),
            "verdicts": self.right / max(1, self.decided),
        }


def labels(text: str) -> Iterator[Wanted]:
    """The claims that a document's comments tell, by line."""
    for number, line in enumerate(text.split("\n"), 1):
        for match in LABEL.finditer(line):
            for one in match[1].split(", "):
                kind, verdict = one.split(" ")
                yield Wanted(number, kind, verdict)


@cache
def score(batch: str) -> Score:
    """Every document of a batch, held against the evidence that its name begins with, else the earlier demo's."""
    total = Score()
    for path in sorted((HERE / batch).iterdir()):
        text = path.read_text(encoding="utf-8")
        outcome = verify(text, incident(path.name.partition("~")[0] if "~" in path.name else "00-seed-without-raw"))
        found = {line.line: list(_claims(line.findings)) for line in outcome.lines}
        wanted: dict[int, list[Wanted]] = {}
        for one in labels(text):
            wanted.setdefault(one.line, []).append(one)
        for number in sorted({*found, *wanted}):
            _line(total, f"{path.name}:{number}", wanted.get(number, []), found.get(number, []))
    return total


def _claims(findings: tuple[Finding, ...]) -> Iterator[tuple[str, str]]:
    """Kind and verdict of each claim; where the document contradicts itself that is the claim's verdict."""
    by_place: dict[tuple[int, str], list[Finding]] = {}
    for finding in findings:
        claim = finding.claim
        by_place.setdefault((claim.column, claim.text), []).append(finding)
    for many in by_place.values():
        kinds: dict[str, list[Finding]] = {}
        for one in many:
            kinds.setdefault(one.claim.kind, []).append(one)
        own = [f for f in many if f.reason.startswith("own-") and f.claim.kind == "other"]
        for kind, same in kinds.items():
            if kind == "other" and len(kinds) > 1:
                continue
            verdicts = [f.verdict for f in (*same, *own)]
            yield kind, next((v for v in ("contradicted", "confirmed", "human") if v in verdicts), verdicts[0])


def _line(total: Score, name: str, wanted: list[Wanted], found: list[tuple[str, str]]) -> None:
    total.wanted += len(wanted)
    total.found += len(found)
    total.timed_wanted += sum(w.kind not in UNTIMED for w in wanted)
    total.timed_found += sum(kind not in UNTIMED for kind, _ in found)
    left = list(found)
    if any(v == "contradicted" for _, v in found) and not any(w.verdict == "contradicted" for w in wanted):
        total.false_contradictions.append(name)
    pairs: list[tuple[Wanted, tuple[str, str]]] = []
    for strict in (True, False):
        for one in [w for w in wanted if w not in [p[0] for p in pairs] or wanted.count(w) > 1]:
            if sum(p[0] is one for p in pairs):
                continue
            same = (
                [f for f in left if f[0] == one.kind]
                if strict
                else [f for f in left if (f[0] in UNTIMED) == (one.kind in UNTIMED)]
            )
            same.sort(key=lambda f, one=one: f[1] != one.verdict)  # type: ignore[misc]
            if same:
                left.remove(same[0])
                pairs.append((one, same[0]))
    for one, (kind, verdict) in pairs:
        total.read += 1
        total.timed_read += one.kind not in UNTIMED
        total.kinds += kind == one.kind
        total.decided += one.verdict in DECIDED
        total.right += one.verdict in DECIDED and verdict == one.verdict
        if kind != one.kind or verdict != one.verdict:
            total.wrong.append(f"{name} {one.kind} {one.verdict}: read as {kind} {verdict}")
    total.wrong += [
        f"{name} {one.kind} {one.verdict}: not read" for one in wanted if not any(p[0] is one for p in pairs)
    ]
    total.wrong += [f"{name} {kind} {verdict}: no such claim" for kind, verdict in left]
