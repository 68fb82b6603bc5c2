"""The first reconstruct.yaml: what was found and answered, and as comments what did not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Found:
    """What is written."""

    prometheus: str = ""
    """The address of the server that answered; "" = none."""
    packs: Sequence[str] = ()
    """Packs with data."""
    services: Sequence[str] = ()
    events: Sequence[str] = ()
    """Sources that answered."""
    silent: Sequence[tuple[str, str]] = ()
    """(source, why it is not asked)."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What sources of changes call a service, and its name."""
    grafana: str = ""


def yaml_text(found: Found) -> str:
    """The file: valid as it stands; secrets stay in the environment.

    >>> print(yaml_text(Found(prometheus="http://p:9090", packs=["node"], events=["github:acme/shop"])), end="")
    # Written by `reconstruct init`; docs/configuration.md explains every key.
    prometheus:
      url: http://p:9090
    # packs with data here: node (leave `packs:` out to use all that have)
    events:
      - github:acme/shop
    """
    lines = ["# Written by `reconstruct init`; docs/configuration.md explains every key."]
    if found.prometheus:
        lines += ["prometheus:", f"  url: {_plain(found.prometheus)}"]
    else:
        lines += ["# prometheus:", "#   url: http://prometheus.example:9090"]
    if found.packs:
        lines.append(f"# packs with data here: {', '.join(found.packs)} (leave `packs:` out to use all that have)")
    if found.services:
        lines.append(f"# services that metrics know: {', '.join(found.services)}")
        lines.append("# services: [NAME]   # what incidents are about, when --service is not given")
    if found.events:
        lines.append("events:")
        lines += [f"  - {_plain(spec)}" for spec in found.events]
    if found.silent:
        lines += ["# named here and not asked:", *(f"#  - {spec}   # {why}" for spec, why in found.silent)]
    if found.names:
        lines.append("service_names:   # what sources of changes call a service, and what metrics do")
        lines += [f"  {json.dumps(theirs)}: {_plain(ours)}" for theirs, ours in found.names.items()]
    if found.grafana:
        lines += ["grafana:", f"  url: {_plain(found.grafana)}"]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """A text as YAML: in quotes where it could be read as something else."""
    safe = text and text.replace("-", "").replace("_", "").replace("/", "").replace(":", "").replace(".", "").isalnum()
    return text if safe and ": " not in text and not text.endswith(":") else json.dumps(text)
