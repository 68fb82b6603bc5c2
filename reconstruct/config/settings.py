"""What reconstruct.yaml may say, as frozen data: one class a section, one field a key, defaults that need no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from reconstruct.model import Objective
from reconstruct.model.limits import Limits

PRODUCTION, OTHER = "production", "other"
"""The two words that `environments` maps names to: where users are, and where they are not."""
DELIVER_KINDS: Final = ("slack", "webhook", "smtp", "grafana")
DeliverKind = Literal["slack", "webhook", "smtp", "grafana"]


@dataclass(frozen=True, slots=True)
class Connection:
    """How a server is reached: the keys are those of `http.HttpSettings`."""

    url: str = ""
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    bearer_token: str = field(default="", repr=False)
    bearer_token_file: str = ""
    bearer_command: str = field(default="", repr=False)
    auth: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxy: str = field(default="", repr=False)
    timeout_s: float | None = None
    verify: bool = True
    concurrency: int | None = None
    requests: int | None = None
    points: int | None = None


@dataclass(frozen=True, slots=True)
class EventSource:
    """One entry of `events`: as on the command line, and what only a file can say."""

    spec: str
    """`deploys.jsonl`, `github:owner/repo`."""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    """`token`, `url`, `environment`, `service`, ... as the kind of source takes them."""


@dataclass(frozen=True, slots=True)
class Grafana:
    """Where links into Grafana lead, and where `--annotate` writes."""

    url: str = ""
    token: str = field(default="", repr=False)
    datasource: str = ""
    """Uid of the data source that Explore links ask."""
    org_id: int = 1
    dashboard: str = ""
    """Uid of the dashboard that annotations belong to; "" = the whole organisation."""


@dataclass(frozen=True, slots=True)
class Report:
    """`reconstruct report`: what is looked at, and where it remembers."""

    last_s: float = 86_400.0
    compare_days: int = 7
    """The same time on so many days before is what is normal."""
    state_file: Path | None = None
    """None = nothing is remembered: every run announces everything."""
    metrics_file: Path | None = None
    """A `.prom` file for node_exporter's textfile collector."""
    dead_letters: Path | None = None
    """Where a message goes that could not be delivered; None = beside the state file."""
    fail_on: Literal["never", "anomalies"] = "never"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a report is delivered."""

    kind: DeliverKind
    name: str
    """Stands in messages and in the state; `slack` when not given."""
    url: str = field(default="", repr=False)
    """Of a webhook: a secret, as whoever knows it may post."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    host: str = ""
    port: int = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    sender: str = ""
    to: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    timeout_s: float = 10.0
    attempts: int = 4
    """Tries in all, with pauses that double."""


@dataclass(frozen=True, slots=True)
class Config:
    """All of reconstruct.yaml; `Config()` is no file at all."""

    path: Path | None = None
    prometheus: Connection = field(default_factory=Connection)
    limits: Limits = field(default_factory=Limits)
    scope: str = ""
    """PromQL matchers put into every query."""
    timezone: str = ""
    services: tuple[str, ...] = ()
    calls: tuple[tuple[str, str], ...] = ()
    """(caller, callee)."""
    queries: tuple[Path, ...] = ()
    """Folders with more packs."""
    packs: tuple[str, ...] = ()
    """Only these; () = all that have data."""
    mechanisms: tuple[Path, ...] = ()
    """Folders or files with more mechanisms."""
    baseline_s: float | None = None
    step_s: float | None = None
    authors: bool = False
    events: tuple[EventSource, ...] = ()
    environments: Mapping[str, str] = field(default_factory=dict)
    """Names of environments, with `*`: PRODUCTION or OTHER."""
    service_names: Mapping[str, str] = field(default_factory=dict)
    """What sources of events call a service, with `*`: the service's name."""
    slo: tuple[Objective, ...] = ()
    """Service level objectives: error budgets are told of these services by them."""
    grafana: Grafana = field(default_factory=Grafana)
    report: Report = field(default_factory=Report)
    deliver: tuple[Target, ...] = ()
