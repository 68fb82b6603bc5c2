"""From options, configuration and environment to what `gather` takes: the one place that reads the clock."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from reconstruct import packs
from reconstruct.bundle import narrow, read_bundle
from reconstruct.cli import incident_window
from reconstruct.cli.console import Progress
from reconstruct.cli.options import (
    ChangeOptions,
    CheckOptions,
    EventsOptions,
    EvidenceOptions,
    IncidentOptions,
    MetricOptions,
    PackOptions,
    ServerOptions,
    TimeOptions,
)
from reconstruct.config import Config, load_config, parse_duration_s, parse_time, parse_zone
from reconstruct.errors import UsageError
from reconstruct.gather import Request, add_later, gather
from reconstruct.http import HttpSettings
from reconstruct.model import Event, Evidence, Mechanism, Settings
from reconstruct.packs.loader import CONVENTIONS_FILE, MECHANISMS_FILE
from reconstruct.packs.mechanisms import load_mechanisms
from reconstruct.sources.changes.registry import TOKEN_VARIABLES, kind_and_argument
from reconstruct.sources.dashboards.read import read_dashboard
from reconstruct.sources.metric_files.column_choices import read_column_choice

if TYPE_CHECKING:
    from reconstruct.packs import Catalogue

DEADLINE_S = 600.0
"""Of asking, where nobody says otherwise: twenty times what a large estate takes."""
MIN_MEMORY = 64 << 20
"""Python, numpy and one small block."""
PROMETHEUS_VARIABLES: Mapping[str, str] = {
    "username": "PROMETHEUS_USERNAME",
    "password": "PROMETHEUS_PASSWORD",
    "bearer_token": "PROMETHEUS_TOKEN",
    "bearer_token_file": "PROMETHEUS_TOKEN_FILE",
    "ca_file": "PROMETHEUS_CA_FILE",
    "client_cert": "PROMETHEUS_CLIENT_CERT",
    "client_key": "PROMETHEUS_CLIENT_KEY",
    "proxy": "PROMETHEUS_PROXY",
    "auth": "PROMETHEUS_AUTH",
}
"""Environment variables of the connection; the configuration file wins where it says the same."""
URL_VARIABLE = "PROMETHEUS_URL"
ORG_ID_VARIABLE = "PROMETHEUS_ORG_ID"
"""Sent as `X-Scope-OrgID`: the tenant of Mimir, Cortex and Loki."""


def now() -> pd.Timestamp:
    """This machine's clock, in UTC."""
    return pd.Timestamp.now("UTC")


def configuration(given: ServerOptions) -> Config:
    """reconstruct.yaml from `--config` or the working directory, with secrets from the environment."""
    return load_config(given.config, env=os.environ, folder=working_folder())


def working_folder() -> Path:
    """The working directory.

    Raises
    ------
    UsageError
        It was deleted.
    """
    try:
        return Path.cwd()
    except OSError as error:
        raise UsageError("the working directory is gone", hint="change to a folder that is there") from error


def zone_of(given: TimeOptions, config: Config) -> str:
    """The zone of times that are given without one: the option, else the configuration, else UTC.

    Raises
    ------
    UsageError
        Nobody knows the zone.
    """
    zone = given.tz or config.timezone or "UTC"
    parse_zone(zone)
    return zone


def server_url(given: ServerOptions, config: Config) -> str:
    """Where the metrics server is: the option, else the environment, else the configuration; "" = nowhere."""
    return given.prometheus or os.environ.get(URL_VARIABLE, "") or config.prometheus.url


def until_s(given: ServerOptions) -> float:
    """When all asking has to be done, on `time.monotonic()`'s clock."""
    return time.monotonic() + (parse_duration_s(given.deadline) if given.deadline else DEADLINE_S)


def connection(given: ServerOptions, config: Config) -> HttpSettings | None:
    """How the metrics server is reached; None where nobody names one."""
    url = server_url(given, config)
    if not url:
        return None
    told = {name: getattr(config.prometheus, name) for name in PROMETHEUS_VARIABLES}
    ways = ("username", "bearer_token", "bearer_token_file", "auth")
    configured = any(told[name] for name in ways) or config.prometheus.bearer_command
    for name, variable in PROMETHEUS_VARIABLES.items():
        is_credential = name in (*ways, "password")
        if not told[name] and not (configured and is_credential):
            told[name] = os.environ.get(variable, "")
    headers = dict(config.prometheus.headers)
    if os.environ.get(ORG_ID_VARIABLE):
        headers.setdefault("X-Scope-OrgID", os.environ[ORG_ID_VARIABLE])
    settings = HttpSettings(
        url,
        until_s=until_s(given),
        **told,
        bearer_command=config.prometheus.bearer_command,
        headers=headers,
        verify=config.prometheus.verify,
        max_series=config.limits.series,
        max_answer_bytes=config.limits.answer_mib << 20,
        max_label_bytes=config.limits.label_kib << 10,
    )
    chosen = {name: getattr(config.prometheus, name) for name in ("timeout_s", "concurrency", "requests", "points")}
    return replace(settings, **{name: value for name, value in chosen.items() if value is not None})


def catalogue_of(given: PackOptions, config: Config) -> Catalogue:
    """The packs that ship, and the user's own."""
    folders = (packs.packs_folder(), *config.queries, *(given.queries or ()))
    return packs.load(folders, only=tuple(given.pack or config.packs))


def mechanisms_of(given: PackOptions, config: Config) -> tuple[Mechanism, ...]:
    """The mechanisms that ship, and the user's own."""
    folders = (f for f in (*config.queries, *(given.queries or ())) if (f / MECHANISMS_FILE).is_file())
    return load_mechanisms((*config.mechanisms, *folders))


def settings_of(given: EvidenceOptions, config: Config) -> Settings:
    """What the pure core is told: services, call graph, mechanisms."""
    return Settings(
        services=tuple(given.service or config.services),
        calls=config.calls,
        mechanisms=mechanisms_of(given, config),
        authors=config.authors,
        objectives=config.slo,
    )


def asked_of(given: CheckOptions | EventsOptions, config: Config, *, at: pd.Timestamp) -> Request:
    """The window and every source that the command's options name.

    Raises
    ------
    UsageError
        A time, a zone, a duration or a combination of options is wrong.
    """
    begin, end, notes = window_of(given, config, at=at)
    request = Request(
        start=begin,
        end=end,
        prometheus=connection(given, config),
        scope=given.scope if given.scope is not None else config.scope,
        calls=config.calls,
        tz=zone_of(given, config),
        until_s=until_s(given),
        authors=config.authors,
        limits=config.limits,
        notes=notes,
    )
    if isinstance(given, ChangeOptions):
        services = tuple(given.service or config.services)
        request = replace(
            request,
            events=_event_sources(given, config),
            environments=config.environments,
            service_names=config.service_names,
            services=services,
            strict=given.strict,
        )
    if isinstance(given, PackOptions):
        from reconstruct.scan import scan_unknown

        boards = tuple(read_dashboard(source, env=os.environ) for source in given.dashboard or ())
        request = replace(request, catalogue=catalogue_of(given, config), dashboards=boards, scan=scan_unknown)
    elif config.queries:
        request = replace(request, catalogue=packs.load((packs.packs_folder(), *config.queries)))
    if isinstance(given, MetricOptions):
        request = replace(
            request,
            baseline=_duration(given.baseline, config.baseline_s),
            step=_duration(given.step, config.step_s),
            metric_files=tuple(given.metrics or ()),
            columns=tuple(read_column_choice(text) for text in given.column or ()),
        )
    return request


def window_of(
    given: TimeOptions, config: Config, *, at: pd.Timestamp
) -> tuple[pd.Timestamp | None, pd.Timestamp | None, tuple[str, ...]]:
    """Start and end as given, and what has to be said of how they were read."""
    zone = zone_of(given, config)
    notes = []
    ends: list[pd.Timestamp | None] = []
    for text in (given.begin, given.end):
        time, note = parse_time(text, now=at, tz=zone) if text is not None else (None, "")
        ends.append(time)
        notes += [note] if note else []
    begin, end = ends
    if begin is not None and end is not None and begin >= end:
        raise UsageError(
            f"the window is empty: --from {given.begin} is {begin:%Y-%m-%d %H:%M:%S} UTC, --to {given.end} is "
            f"{end:%Y-%m-%d %H:%M:%S} UTC",
            hint="an HH:MM time means today: give the date too when the window crosses midnight",
        )
    return begin, end, tuple(notes)


def evidence_of(
    given: EvidenceOptions, config: Config, *, at: pd.Timestamp, progress: Progress, ask_server: bool = True
) -> tuple[Evidence, Settings]:
    """The evidence from the bundle, the server or the files that the options name, and what goes with it.

    A server that environment or configuration name is asked besides files, unless `ask_server` is false.

    Raises
    ------
    UsageError
        An option is wrong, or could not act.
    """
    settings = settings_of(given, config)
    if given.bundle is None:
        asked = asked_of(given, config, at=at)
        asked = asked if ask_server else replace(asked, prometheus=None)
        if asked.prometheus is None:
            of_files = (CONVENTIONS_FILE, MECHANISMS_FILE) if asked.metric_files else ()
            acts = any((folder / name).is_file() for folder in given.queries or () for name in of_files)
            _refuse(
                given,
                ("pack", "dashboard") if acts else ("pack", "queries", "dashboard"),
                what="without a metrics server",
                why="a server is asked them",
            )
        if isinstance(given, IncidentOptions) and (asked.start is None or incident_window.wanted(given)):
            return incident_window.gathered(given, asked, settings=settings, at=at, progress=progress), settings
        return gather(asked, now=at, progress=progress), settings
    _refuse(
        given,
        ("scope", "pack", "queries", "dashboard", "step", "deadline"),
        what="with --bundle",
        why="a bundle holds what was asked when it was captured",
    )
    evidence, stored = captured(given, config, at=at, progress=progress)
    settings = replace(stored, mechanisms=stored.mechanisms or settings.mechanisms)
    return evidence, replace(settings, services=tuple(given.service)) if given.service else settings


def captured(
    given: EventsOptions, config: Config, *, at: pd.Timestamp, progress: Progress
) -> tuple[Evidence, Settings]:
    """What a bundle holds of the window, with what `--events` and `--metrics` tell besides; `--baseline` takes less.

    Raises
    ------
    UsageError
        It is no bundle, does not hold the window, or an option could not act on it.
    """
    if given.bundle is None:
        raise ValueError("no bundle is given")
    _refuse(
        given,
        ("prometheus", "scope", *(() if given.events else ("strict",))),
        what="with --bundle",
        why="a bundle holds what was asked when it was captured",
    )
    evidence, settings = read_bundle(given.bundle)
    if given.events or (isinstance(given, MetricOptions) and given.metrics):
        # What the configuration names was asked when the bundle was captured.
        later = asked_of(given, replace(config, events=()), at=at)
        evidence = add_later(evidence, replace(later, prometheus=None), progress=progress)
    begin, end, notes = window_of(given, config, at=at)
    if isinstance(given, IncidentOptions) and incident_window.wanted(given):
        found = incident_window.of_bundle(given, evidence.alerts, end=evidence.window.end, zone=zone_of(given, config))
        if found is not None:
            begin, end = max(found.start, evidence.window.start), min(found.end, evidence.window.end)
            notes = (*notes, found.note)
    baseline = _duration(given.baseline, None) if isinstance(given, MetricOptions) else None
    if begin is None and end is None and baseline is None:
        return evidence, settings
    start = begin if begin is not None else evidence.window.start
    evidence = narrow(
        evidence,
        start=start,
        end=end if end is not None else evidence.window.end,
        baseline_start=start - baseline if baseline is not None else None,
    )
    return replace(evidence, notes=(*evidence.notes, *notes)), settings


def size_of(text: str) -> int:
    """Bytes of a size such as 2GiB or 500MB.

    >>> size_of("2GiB"), size_of("500MB")
    (2147483648, 500000000)

    Raises
    ------
    UsageError
        It is no size, or less than 64 MiB.
    """
    units = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMG]i?B|B)\s*", text, re.IGNORECASE)
    size = int(float(found[1]) * units[found[2].upper()]) if found else 0
    if size < MIN_MEMORY:
        raise UsageError(f"{text!r} is no size to work in", hint="at least 64MiB, e.g. 2GiB")
    return size


def of_services(events: Sequence[Event], services: Sequence[str] | None) -> tuple[Event, ...]:
    """The events of these services; all where none is named."""
    return tuple(event for event in events if not services or event.service.name in services)


def _refuse(given: EventsOptions, names: Sequence[str], *, what: str, why: str) -> None:
    """An option that could not act is an error, never ignored."""
    told = [f"--{name}" for name in names if getattr(given, name, None)]
    if told:
        raise UsageError(
            f"{' and '.join(told)} cannot act {what}: {why}", hint="leave it out, or capture again with it"
        )


def _duration(option: str | None, configured_s: float | None) -> pd.Timedelta | None:
    seconds = parse_duration_s(option) if option is not None else configured_s
    return None if seconds is None else pd.Timedelta(seconds=seconds)


def _event_sources(given: ChangeOptions, config: Config) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """Sources of the command line and of the configuration, each with the token that the environment holds for it."""
    sources: list[tuple[str, dict[str, str]]] = [(spec, {}) for spec in given.events or ()]
    sources += [(source.spec, dict(source.options)) for source in config.events]
    found = []
    for spec, options in sources:
        kind, _ = kind_and_argument(spec)
        token = os.environ.get(TOKEN_VARIABLES.get(kind, ""), "")
        found.append((spec, options if "token" in options or not token else {**options, "token": token}))
    return tuple(found)
