#!/usr/bin/env python3
"""The bill of materials of a release, as CycloneDX 1.5 JSON, from the lock: `.ci/sbom.py requirements/run.txt`."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^ ;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def bill(lock: str, project: dict[str, str]) -> dict[str, object]:
    """Every pinned distribution with the hashes that its files may have."""
    pins = list(_PIN.finditer(lock))
    ends = [pin.start() for pin in pins[1:]] + [len(lock)]
    components = [
        {
            "type": "library",
            "name": pin["name"],
            "version": pin["version"],
            "purl": f"pkg:pypi/{pin['name'].lower().replace('_', '-')}@{pin['version']}",
            "bom-ref": f"{pin['name']}@{pin['version']}",
            "hashes": [{"alg": "SHA-256", "content": one} for one in _HASH.findall(lock[pin.start() : end])],
        }
        for pin, end in zip(pins, ends, strict=True)
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", **project, "bom-ref": "reconstruct"}},
        "components": components,
        "dependencies": [{"ref": "reconstruct", "dependsOn": [str(one["bom-ref"]) for one in components]}],
    }


if __name__ == "__main__":
    about = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    made = bill(Path(sys.argv[1]).read_text(), {"name": about["name"], "version": about["version"]})
    json.dump(made, sys.stdout, indent=1)
