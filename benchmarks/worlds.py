"""The worlds kit without a server: each case is captured once as a bundle, then replayed in this process.

    python benchmarks/worlds.py capture --kit .../bench --cases /tmp/worlds --bundles /tmp/bundles [--seeds 0-47]
    python benchmarks/worlds.py replay  --kit .../bench --cases /tmp/worlds --bundles /tmp/bundles [--seeds 0-47]

`capture` serves each case from a real Prometheus and keeps what `gather` asked for, as the command line asks it; again
only when what is asked changed. `replay` drafts and scores in seconds: the kit's own scores, tables by fault and
dialect, and how often a confidence was right. `--quiet` prints the totals only; `--only WORD` one fault or dialect;
`--split` is the name of a plugin's registry. `--parts` adds how each dialect, fault and shape does beside all others;
`--without PART` replays with one part of the reasoning switched off (a name of `PARTS`): what it is worth.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import sys
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from reconstruct.bundle import read_bundle, write_bundle
from reconstruct.explain.before_during import Span
from reconstruct.explain.changes import Change
from reconstruct.explain.locate import Excess, Location
from reconstruct.explain.shown import Candidate
from reconstruct.gather import Request, gather
from reconstruct.http import HttpSettings
from reconstruct.model import Evidence, Facts, Reason, Settings
from reconstruct.packs import load, packs_folder
from reconstruct.packs.mechanisms import load_mechanisms
from reconstruct.pipeline import draft
from reconstruct.render.incident_json import incident_dict


def module(path: Path, name: str) -> ModuleType:
    """A file of the kit as a module."""
    if name in sys.modules:
        return sys.modules[name]
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[name] = found
    spec.loader.exec_module(found)
    return found


def seeds_of(text: str) -> Iterator[int]:
    """The numbers of `0-9,12`."""
    for part in text.split(","):
        low, _, high = part.partition("-")
        yield from range(int(low), int(high or low) + 1)


def gathered(url: str, case: Path) -> Evidence:
    """What `reconstruct incident` asks of a server that holds a case."""
    expect = json.loads((case / "expect.json").read_text())
    asked = Request(
        start=pd.Timestamp(expect["from"]),
        end=pd.Timestamp(expect["to"]),
        prometheus=HttpSettings(url=url),
        events=((str(case / "deploys.jsonl"), {}),),
        catalogue=load([packs_folder()]),
    )
    return gather(asked, now=pd.Timestamp(expect["to"]) + pd.Timedelta("1D"))


def capture(kit: Path, case: Path, bundle: Path) -> None:
    """One case behind a real Prometheus, kept as a bundle."""
    with module(kit / "incidents" / "run.py", "incidents_run").prometheus(case / "tsdb.tar.xz") as url:
        evidence = gathered(url, case)
    bundle.parent.mkdir(parents=True, exist_ok=True)
    write_bundle(bundle, evidence, settings=Settings(), generator={"name": "reconstruct", "version": "worlds"})


def replay(kit: Path, case: Path, bundle: Path) -> dict[str, Any]:
    """The kit's row of one case; a failure is a row."""
    expect = json.loads((case / "expect.json").read_text())
    told = ("seed", "kind", "dialect", "shape", "modifier", "visible", "near_miss", "silent", "split")
    row: dict[str, Any] = {k: expect.get(k) for k in told} | {"case": case.name, "expected": expect["verdict"]}
    row |= {"made_s": 0, "wall_s": 0}
    try:
        evidence, _ = read_bundle(bundle)
        incident = incident_dict(draft(evidence, settings=Settings(mechanisms=load_mechanisms())))
    except Exception as error:  # noqa: BLE001 - said in the table; the next case is tried
        return row | {"failed": f"{type(error).__name__}: {error} {traceback.format_exc()[-600:]}"}
    row |= module(kit / "incidents" / "run.py", "incidents_run").score(incident, expect)
    return row | dict(module(kit / "worlds" / "run.py", "worlds_run").more(incident, expect, row))


def _any_time(change: Change, candidate: Candidate, span: Span) -> Reason:
    """In the place of temporal order: every change is as near as any other."""
    facts: Facts = {"time": change.event.time, "sign": span.time(candidate.first), "slope": candidate.slope}
    return Reason("temporal-order", "", (change.event.id,), 0.0, kind="before-sign", facts=facts)


PARTS: dict[str, tuple[str, str, object]] = {
    "walk": (
        "reconstruct.explain.causes",
        "locate",
        lambda *args, **_: Location((args[2],), args[2], Excess()),
    ),
    "consequence": ("reconstruct.explain.candidates", "explains", lambda *_: False),
    "own-failures": ("reconstruct.explain.candidates", "own_failures", lambda *_, **__: []),
    "temporal-order": (
        "reconstruct.explain.attribution",
        "temporal_order",
        lambda change, candidate, _case, span: _any_time(change, candidate, span),
    ),
    "reversal": ("reconstruct.explain.attribution", "_undone", lambda *_: None),
    "canary-comparison": ("reconstruct.explain.attribution", "canary_comparison", lambda *_: None),
    "recovered-without-rollback": (
        "reconstruct.explain.attribution",
        "recovered_without_rollback",
        lambda *_: None,
    ),
    "slope": ("reconstruct.explain.candidates", "slope_start", lambda _values, _span, moved: moved.first),
    "names-in-addresses": ("reconstruct.meaning.names", "Names._named_in", lambda *_: None),
}
"""What can be switched off: where it is, and what stands in its place."""


def switch_off(part: str) -> None:
    """Put nothing in the place of one part of the reasoning, in this process."""
    where, name, nothing = PARTS[part]
    owner: Any = importlib.import_module(where)
    *path, last = name.split(".")
    for step in path:
        owner = getattr(owner, step)
    setattr(owner, last, nothing)


def parts_table(rows: Sequence[dict[str, Any]], asked: Any) -> str:
    """How each dialect, fault and shape does, beside all others: nothing may be more than .1 below the mean."""
    measures = ("trigger@1", "mechanism@1", "service@1", "false_blame")
    lines = [
        "| part | cases | trigger | mechanism | service | falsely blamed | all others |",
        "|---|---|---|---|---|---|---|",
    ]
    for group in ("dialect", "kind", "shape"):
        for name in sorted({str(row[group]) for row in rows}):
            mine = [row for row in rows if str(row[group]) == name]
            rest = [row for row in rows if str(row[group]) != name]
            told = [_share(mine, key, asked) for key in measures]
            others = " ".join(_share(rest, key, asked) for key in measures)
            lines.append(f"| {name} | {len(mine)} | {' | '.join(told)} | {others} |")
    return "\n".join(lines)


def _share(rows: Sequence[dict[str, Any]], key: str, asked: Any) -> str:
    values = [value for row in rows if (value := asked(row, key)) is not None]
    return f"{sum(values)}/{len(values)}" if values else "-"


def _one(task: tuple[str, Path, Path, Path]) -> dict[str, Any] | None:
    what, kit, case, bundle = task
    if what == "replay":
        return replay(kit, case, bundle)
    try:
        capture(kit, case, bundle)
    except Exception as error:  # noqa: BLE001 - the next case is captured
        print(f"{case.name}: {type(error).__name__}: {error}", file=sys.stderr)
    return None


def run(tasks: Sequence[tuple[str, Path, Path, Path]], *, jobs: int) -> list[dict[str, Any]]:
    if jobs == 1:
        return [r for r in map(_one, tasks) if r is not None]
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        return [r for r in pool.map(_one, tasks) if r is not None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("capture", "replay"))
    parser.add_argument("--kit", type=Path, required=True)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--bundles", type=Path, required=True)
    parser.add_argument("--seeds", default="0-47")
    parser.add_argument("--split", default="dev")
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="capture what was captured before")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--quiet", action="store_true", help="totals only: for seeds nobody looks into")
    parser.add_argument("--parts", action="store_true", help="a table of each dialect, fault and shape")
    parser.add_argument("--without", choices=sorted(PARTS), help="replay with this part switched off (one job)")
    options = parser.parse_args()
    if options.without:
        switch_off(options.without)
    tasks = []
    for seed in seeds_of(options.seeds):
        case = options.cases / f"{options.split}-{seed:04d}"
        bundle = options.bundles / f"{case.name}.zip"
        if not (case / "expect.json").exists() or (options.what == "replay" and not bundle.exists()):
            continue
        if options.what == "capture" and bundle.exists() and not options.again:
            continue
        if options.only:
            expect = json.loads((case / "expect.json").read_text())
            if options.only not in (expect["kind"], expect["dialect"], expect["modifier"]):
                continue
        tasks.append((options.what, options.kit, case, bundle))
    rows = run(tasks, jobs=options.jobs)
    if options.what == "capture":
        return
    tally = module(options.kit / "worlds" / "tally.py", "worlds_tally")
    if options.out:
        options.out.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report, _ = tally.report(rows, options.cases)
    totals, _, cases = report.partition("## Cases with a wrong answer")
    if options.quiet:
        print(totals.partition("## By fault")[0])
        print("## Calibration" + totals.partition("## Calibration")[2])
        return
    print("\n".join(tally.line(row) for row in rows))
    print(totals)
    if options.parts:
        print(parts_table(rows, tally.asked))
    del cases


if __name__ == "__main__":
    main()
