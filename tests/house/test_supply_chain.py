"""What a release is made of: the bill of materials lists each pinned package with its hashes, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")


def test_the_bill_of_materials_lists_every_pin_with_its_hashes() -> None:
    told = subprocess.run(
        [sys.executable, ROOT / ".ci" / "sbom.py", "requirements/run.txt"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    made = json.loads(told)
    pinned = set(re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", LOCK, flags=re.MULTILINE))
    assert made["bomFormat"] == "CycloneDX"
    assert {(one["name"], one["version"]) for one in made["components"]} == pinned
    assert len(pinned) > 20
    assert all(one["hashes"] and one["purl"].startswith("pkg:pypi/") for one in made["components"])
    listed = {h["content"] for one in made["components"] for h in one["hashes"]}
    assert listed == set(re.findall(r"sha256:([0-9a-f]{64})", LOCK))


def test_every_pin_has_a_hash_and_no_address() -> None:
    for lock in ("run.txt", "dev.txt", "build.txt"):
        text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
        assert not re.search(r"https?://|--(?:extra-)?index-url", text)
        for block in re.split(r"\n(?=[A-Za-z0-9])", text):
            assert "--hash=sha256:" in block or not re.match(r"[A-Za-z0-9._\[\]-]+==", block), block[:60]
