"""`verify` on our own drafts, one thing changed a line: how many of the changes are called wrong, and what else is.

    python benchmarks/verify_mutations.py BUNDLE.zip [BUNDLE.zip ...] [--lines 800] [--seed 1]

Each bundle is drafted in every form; as it was made, no line may be contradicted. Then lines are changed, some a copy:
a time, a zone, a version, a service, a figure, or the order of two rows. A change is caught where the line that it
stands in (of two swapped rows: one of them) is contradicted.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from reconstruct.bundle import read_bundle
from reconstruct.model import Incident
from reconstruct.pipeline import draft
from reconstruct.render.files import output_files
from reconstruct.verify import is_markup, verify

FORMS = ("md", "github", "gitlab", "csv", "confluence", "html", "slack")
TEMPLATES = ("google-sre", "pagerduty", "atlassian")
APART = 6
"""Lines between two changes of one copy: a change is not to hide another."""
CLOCK = re.compile(r"(?<![\d:T+])(\d\d):(\d\d):(\d\d)(?![\d:.]*Z?\")")
ROW = re.compile(r"^\| (?:\*\*)?(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d")
VERSION = re.compile(r"(?<![\w.])(\d+)\.(\d+)\.(\d+)(?![\w.])")
FIGURE = re.compile(r"(?<![\w.:,/-])(\d+(?:\.\d+)?)(?= (?:%|ms|s|µs|MiB|GiB|/s|min|rows|requests)\b| %)")
SKIPPED = ("```", "    ", "<style", "<script", "<svg", "<meta", "![", "<!--")


class Change(NamedTuple):
    """One line made wrong."""

    kind: str
    line: str


def changes(line: str, services: Sequence[str], pick: random.Random) -> Iterator[Change]:
    """A line with one thing changed, in every way that it can be."""
    if found := list(CLOCK.finditer(line)):
        match = pick.choice(found)
        moved = pd.Timestamp(f"2026-01-01T{match[0]}") + pd.Timedelta(minutes=pick.choice((7, -20)))
        yield Change("time", f"{line[: match.start()]}{moved:%H:%M:%S}{line[match.end() :]}")
        yield Change("zone", f"{line[: match.end()]} CET{line[match.end() :]}")
    if found := list(VERSION.finditer(line)):
        match = pick.choice(found)
        later = f"{match[1]}.{int(match[2]) + 1}.{match[3]}"
        yield Change("version", f"{line[: match.start()]}{later}{line[match.end() :]}")
    named = [m for s in services for m in re.finditer(rf"(?<![\w/.-]){re.escape(s)}(?![\w/-]|\.\w)", line)]
    if named:
        match = pick.choice(named)
        other = pick.choice([s for s in services if s != match[0]])
        yield Change("service", f"{line[: match.start()]}{other}{line[match.end() :]}")
    if found := [m for m in FIGURE.finditer(line) if float(m[1])]:
        match = pick.choice(found)
        yield Change("number", f"{line[: match.start()]}{float(match[1]) * 3:g}{line[match.end() :]}")


def copies(text: str, incident: Incident, pick: random.Random, most: int) -> Iterator[tuple[str, dict[int, str]]]:
    """Copies of a document with the lines that were changed in it, and how."""
    services = sorted({s.name for m in incident.evidence.metrics for s in m.services if s.name})
    services = services if len(services) > 1 else []
    lines = text.split("\n")
    told = [n for n, line in enumerate(lines) if not line.startswith(SKIPPED) and _counts(line)]
    every = [(n, change) for n in told for change in changes(lines[n], services, pick)]
    rows = [n for n in told if ROW.match(lines[n]) and n + 1 < len(lines) and ROW.match(lines[n + 1])]
    every += [(n, Change("order", "")) for n in rows if lines[n][:11] != lines[n + 1][:11]]
    pick.shuffle(every)
    left = every[:most]
    while left:
        copy, made, later = list(lines), dict[int, str](), []
        for n, change in left:
            if any(abs(n - one) <= APART for one in made):
                later.append((n, change))
                continue
            made[n] = change.kind
            if change.kind == "order":
                copy[n], copy[n + 1] = copy[n + 1], copy[n]
            else:
                copy[n] = change.line
        yield "\n".join(copy), made
        left = later


def _like_first(texts: Iterable[str], *, markup: bool) -> list[str]:
    return sorted(texts, key=lambda one: is_markup(one) != markup)


def _contradicted(text: str, incident: Incident, ours: Sequence[str]) -> dict[int, str]:
    """Lines that are called wrong."""
    lines = verify(text, incident, drafts=lambda: ours).lines
    return {one.line: one.text for one in lines if one.verdict == "contradicted"}


def _counts(line: str) -> bool:
    return "`a" in line or "`e" in line or "`al" in line or ROW.match(line) is not None or line.startswith("t")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="+", type=Path)
    parser.add_argument("--lines", type=int, default=800)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print the changes that were not caught")
    options = parser.parse_args()
    pick = random.Random(options.seed)
    tried, caught, files, wrong = Counter[str](), Counter[str](), 0, 0
    for bundle in options.bundles:
        evidence, settings = read_bundle(bundle)
        incident = draft(evidence, settings=settings)
        made = output_files(incident, FORMS, templates=TEMPLATES)
        texts = {name: content.decode() for name, content in made.items() if not name.startswith("alerts/")}
        most = max(1, options.lines // len(options.bundles) // len(texts)) + 1
        for name, text in texts.items():
            ours = _like_first(texts.values(), markup=is_markup(text))
            files += 1
            for line, told in _contradicted(text, incident, ours).items():
                wrong += 1
                print(f"FALSE {bundle.stem} {name}:{line} {told[:160]}")
            for copy, done in copies(text, incident, pick, most):
                said = _contradicted(copy, incident, ours)
                for n, kind in done.items():
                    tried[kind] += 1
                    right = n + 1 in said or (kind == "order" and n + 2 in said)
                    caught[kind] += right
                    if not right and options.show:
                        print(f"MISSED {kind} {bundle.stem} {name}:{n + 1} {copy.splitlines()[n][:200]}")
    for kind in sorted(tried):
        print(f"{kind:8} {caught[kind]:4} of {tried[kind]:4}")
    total = sum(tried.values())
    print(f"all      {sum(caught.values()):4} of {total:4}  {sum(caught.values()) / total:.3f}")
    print(f"{files} files as made: {wrong} lines contradicted")


if __name__ == "__main__":
    main()
