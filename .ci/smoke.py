#!/usr/bin/env python3
"""What only the installed wheel can show: packs, schema, templates, page parts, demo and entry point are in it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from importlib.metadata import files
from importlib.resources import as_file
from importlib.resources import files as inside
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("reconstruct")
PARTS = (".py", ".md", ".yaml", ".json", ".j2", ".css", ".js", ".zip", ".typed")
"""What the package is made of; anything else in the wheel got there by mistake."""


def run(*words: str, code: int = 0) -> str:
    """What the program prints to standard output; it has to end with `code`."""
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if done.returncode != code:
        sys.exit(f"reconstruct {' '.join(words)}: exit code {done.returncode}, not {code}\n{done.stderr[-3000:]}")
    return done.stdout


def main() -> None:
    """Every part of the package that is not Python, used once."""
    listed = [str(path) for path in files("reconstruct") or ()]
    outside = (".dist-info/", "../", "__pycache__/")  # what pip adds
    strange = [p for p in listed if not p.endswith(PARTS) and not any(part in p for part in outside)]
    if strange:
        sys.exit(f"the wheel holds what is no part of the package: {strange[:5]}")
    with tempfile.TemporaryDirectory() as folder, as_file(inside("reconstruct") / "demo" / "bad-query.zip") as bundle:
        out = Path(folder) / "draft"
        formats = "md,github,gitlab,html,json,csv,png,svg,slack,confluence,mermaid"
        run(
            "incident",
            "--bundle",
            str(bundle),
            "--out",
            str(out),
            "--format",
            formats,
            "--template",
            "google-sre",
            "-q",
        )
        written = {path.name for path in out.rglob("*") if path.is_file()}
        missing = {
            "timeline.md",
            "report.html",
            "incident.json",
            "timeline.csv",
            "overview.png",
            "google-sre.md",
        } - written
        if missing:
            sys.exit(f"the demo did not write {sorted(missing)}")
        if json.loads((out / "incident.json").read_text())["verdict"] != "incident":
            sys.exit("the demo's incident is none")
        run("verify", str(out / "timeline.md"), "--bundle", str(bundle), "-q")
        run("demo", "--quiet", "--out", str(Path(folder) / "demo"))
    if "postgres" not in run("queries", "list"):
        sys.exit("the packs are not in the wheel")
    run("--version")
    run("incident", code=2)


if __name__ == "__main__":
    main()
