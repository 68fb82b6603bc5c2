"""How good the hints are: false attribution, abstention, and whether confidences mean what they say.

    python benchmarks/hints.py --kit .../bench --incidents .../data/incidents [--innocents 3 6 10] [--only changes]

Runs the change scenarios of the benchmark kit, and the recorded incidents behind a real Prometheus, through the
pipeline; prints the table of RESULTS.md. A hint is right when its trigger is the true one, or when it names none
and there is none.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from reconstruct.gather import Request, gather
from reconstruct.http import HttpSettings
from reconstruct.model import Incident, Settings
from reconstruct.packs import load, packs_folder
from reconstruct.packs.mechanisms import load_mechanisms
from reconstruct.pipeline import draft

BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0001)
Z95 = 1.959964
"""Of a standard normal: 95 % two-sided."""


@dataclass(frozen=True)
class Case:
    """One answer and the truth."""

    name: str
    triggering: frozenset[str]
    """Ids of the triggering change as its source gave them; empty = no change is triggering."""
    answer: Incident
    or_nobody: bool = False
    """Blaming nobody is right as well: what is triggering was not deployed under its own id."""

    def triggers(self) -> list[str | None]:
        known = {e.id: e.source_id for e in self.answer.evidence.events}
        return [known[h.trigger] if h.trigger else None for h in self.answer.explanation.hints]

    def right(self, trigger: str | None) -> bool:
        return trigger in self.triggering if trigger else self.or_nobody or not self.triggering


def wilson(right: int, of: int) -> tuple[float, float]:
    """95 % interval of a share, after Wilson (1927).

    >>> [round(v, 2) for v in wilson(9, 10)]
    [0.6, 0.98]
    """
    share, scale = right / of, 1 + Z95**2 / of
    middle = (share + Z95**2 / (2 * of)) / scale
    half = Z95 / scale * math.sqrt(share * (1 - share) / of + Z95**2 / (4 * of**2))
    return middle - half, middle + half


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem + "_kit", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def answer(asked: Request, *, end: pd.Timestamp) -> Incident:
    return draft(gather(asked, now=end + pd.Timedelta("1D")), settings=Settings(mechanisms=load_mechanisms()))


def changes(kit: Path, innocents: int) -> Iterator[Case]:
    """The change scenarios, with so many harmless deploys added."""
    program = module(kit / "ranking" / "changes.py")
    catalogue = load([packs_folder()])
    for scenario in program.load_scenarios(kit / "ranking" / "data" / "changes", innocents):
        begin, end = program.window(scenario["folder"] / "metrics.csv")
        with tempfile.TemporaryDirectory() as folder:
            events, alert = Path(folder) / "events.jsonl", Path(folder) / "alert.jsonl"
            events.write_text("".join(json.dumps(e) + "\n" for e in scenario["events"]))
            alert.write_text(json.dumps(program.alert_event(scenario["alert"])) + "\n")
            asked = Request(
                start=pd.Timestamp(begin),
                end=pd.Timestamp(end),
                metric_files=(scenario["folder"] / "metrics.csv",),
                events=((str(events), {}), (str(alert), {})),
                catalogue=catalogue,
            )
            truth: dict[str, Any] = scenario["truth"]
            triggering, carriers = frozenset(truth["trigger_ids"]), frozenset(truth.get("carrier_ids") or [])
            name = f"{scenario['name']}+{innocents}"
            yield Case(name, triggering | carriers, answer(asked, end=pd.Timestamp(end)), or_nobody=not triggering)


def incidents(kit: Path, folder: Path) -> Iterator[Case]:
    """The recorded incidents, served by a real Prometheus; the quiet ones have no hints and are not asked here."""
    program = module(kit / "incidents" / "run.py")
    catalogue = load([packs_folder()])
    for case in sorted(p.parent for p in folder.glob("*/expect.json")):
        expect = json.loads((case / "expect.json").read_text())
        with program.prometheus(case / "tsdb.tar.xz") as url:
            asked = Request(
                start=pd.Timestamp(expect["from"]),
                end=pd.Timestamp(expect["to"]),
                prometheus=HttpSettings(url=url),
                events=((str(case / "deploys.jsonl"), {}),),
                catalogue=catalogue,
            )
            triggering = frozenset([expect["trigger"]] if expect["trigger"] else [])
            yield Case(case.name, triggering, answer(asked, end=pd.Timestamp(expect["to"])))


def report(cases: list[Case]) -> str:
    """The two rates that matter most, then the calibration."""
    firsts = [(c, c.answer.explanation.hints[0], c.triggers()[0]) for c in cases if c.answer.explanation.hints]
    blames = [(c, t) for c, h, t in firsts if t and h.verdict in ("supported", "plausible")]
    false = [c.name for c, t in blames if not c.right(t)]
    visible = [c for c in cases if c.triggering and not c.or_nobody]
    silent = [c.name for c in visible if c.name not in {b.name for b, _ in blames}]
    lines = [
        f"false attribution: {len(false)} of {len(cases)} {false or ''}",
        f"abstention where a change is triggering: {len(silent)} of {len(visible)} {silent or ''}",
        "",
        "| confidence | hints | right | share | 95 % interval |",
        "|---|---|---|---|---|",
    ]
    hints = [
        (h.confidence, c.right(t)) for c in cases for h, t in zip(c.answer.explanation.hints, c.triggers(), strict=True)
    ]
    for low, high in itertools.pairwise(BINS):
        inside = [right for p, right in hints if low <= p < high]
        if inside:
            least, most = wilson(sum(inside), len(inside))
            row = (
                f"| {low:.1f} to {min(high, 1):.1f} | {len(inside)} | {sum(inside)} | {sum(inside) / len(inside):.2f} |"
            )
            lines.append(f"{row} {least:.2f} to {most:.2f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kit", type=Path, required=True)
    parser.add_argument("--incidents", type=Path)
    parser.add_argument("--innocents", type=int, nargs="*", default=[3])
    options = parser.parse_args()
    cases = [case for many in options.innocents for case in changes(options.kit, many)]
    if options.incidents:
        cases += incidents(options.kit, options.incidents)
    for case in cases:
        hint = next(iter(case.answer.explanation.hints), None)
        trigger = next(iter(case.triggers()), None)
        said = f"{hint.confidence:.2f} {hint.verdict} {hint.mechanism}" if hint else case.answer.explanation.verdict
        print(f"{case.name:45s} {'right' if case.right(trigger) else 'wrong'} {trigger or '-':12.12s} {said}")
    print()
    print(report(cases))


if __name__ == "__main__":
    main()
