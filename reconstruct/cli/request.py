"""From options, configuration and environment to what `gather` takes: the one place that reads the clock."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from reconstruct import packs
from reconstruct.bundle import narrow, read_bundle
from reconstruct.cli.console import Progress
from reconstruct.cli.options import WindowOptions
from reconstruct.config import Config, load_config, parse_duration_s, parse_time, parse_zone
from reconstruct.errors import UsageError
from reconstruct.gather import Request, gather
from reconstruct.http import HttpSettings
from reconstruct.model import Evidence, Settings
from reconstruct.packs.loader import MECHANISMS_FILE
from reconstruct.packs.mechanisms import load_mechanisms
from reconstruct.sources.changes.registry import TOKEN_VARIABLES, kind_and_argument

if TYPE_CHECKING:
    from reconstruct.packs import Catalogue

PROMETHEUS_VARIABLES: Mapping[str, str] = {
    "username": "PROMETHEUS_USERNAME",
    "password": "PROMETHEUS_PASSWORD",
    "bearer_token": "PROMETHEUS_TOKEN",
    "bearer_token_file": "PROMETHEUS_TOKEN_FILE",
    "ca_file": "PROMETHEUS_CA_FILE",
    "client_cert": "PROMETHEUS_CLIENT_CERT",
    "client_key": "PROMETHEUS_CLIENT_KEY",
    "proxy": "PROMETHEUS_PROXY",
}
"""Environment variables of the connection; the configuration file wins where it says the same."""
ORG_ID_VARIABLE = "PROMETHEUS_ORG_ID"
"""Sent as `X-Scope-OrgID`: the tenant of Mimir, Cortex and Loki."""


def now() -> pd.Timestamp:
    """This machine's clock, in UTC."""
    return pd.Timestamp.now("UTC")


def configuration(window: WindowOptions) -> Config:
    """reconstruct.yaml from `--config` or the working directory, with secrets from the environment."""
    return load_config(window.config, env=os.environ, folder=Path.cwd())


def connection(window: WindowOptions, config: Config) -> HttpSettings | None:
    """How the metrics server is reached; None where nobody names one."""
    url = window.prometheus or config.prometheus.url
    if not url:
        return None
    told = {name: getattr(config.prometheus, name) for name in PROMETHEUS_VARIABLES}
    ways = ("username", "bearer_token", "bearer_token_file")
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
        **told,
        bearer_command=config.prometheus.bearer_command,
        headers=headers,
        verify=config.prometheus.verify,
    )
    timeout_s = config.prometheus.timeout_s
    return settings if timeout_s is None else replace(settings, timeout_s=timeout_s)


def catalogue_of(window: WindowOptions, config: Config) -> Catalogue:
    """The packs that ship, and the user's own."""
    folders = (packs.packs_folder(), *config.queries, *(window.queries or ()))
    return packs.load(folders, only=tuple(window.pack or config.packs))


def settings_of(window: WindowOptions, config: Config) -> Settings:
    """What the pure core is told: services, call graph, mechanisms."""
    folders = (
        *config.mechanisms,
        *(f for f in (*config.queries, *(window.queries or ())) if (f / MECHANISMS_FILE).is_file()),
    )
    return Settings(
        services=tuple(window.service or config.services),
        calls=config.calls,
        mechanisms=load_mechanisms(folders),
        authors=config.authors,
    )


def asked_of(window: WindowOptions, config: Config, *, at: pd.Timestamp) -> Request:
    """The window and every source.

    Raises
    ------
    UsageError
        A time, a zone, a duration or a combination of options is wrong.
    """
    zone = config.timezone if window.tz == "UTC" and config.timezone else window.tz
    parse_zone(zone)
    notes = []
    ends: dict[str, pd.Timestamp | None] = {}
    for name, text in (("--from", window.begin), ("--to", window.end)):
        ends[name] = None
        if text is not None:
            ends[name], note = parse_time(text, now=at, tz=zone)
            notes += [note] if note else []
    begin, end = ends["--from"], ends["--to"]
    if begin is not None and end is not None and begin >= end:
        raise UsageError(
            f"the window is empty: --from {window.begin} is {begin:%Y-%m-%d %H:%M:%S} UTC, --to {window.end} is "
            f"{end:%Y-%m-%d %H:%M:%S} UTC",
            hint="an HH:MM time means today: give the date too when the window crosses midnight",
        )
    return Request(
        start=begin,
        end=end,
        baseline=_duration(window.baseline, config.baseline_s),
        step=_duration(window.step, config.step_s),
        prometheus=connection(window, config),
        metric_files=tuple(window.metrics or ()),
        events=_event_sources(window, config),
        environments=config.environments,
        service_names=config.service_names,
        services=tuple(window.service or config.services),
        scope=window.scope or config.scope,
        catalogue=catalogue_of(window, config),
        calls=config.calls,
        tz=zone,
        strict=window.strict,
        authors=config.authors,
        notes=tuple(notes),
    )


def evidence_of(
    window: WindowOptions, config: Config, *, at: pd.Timestamp, progress: Progress, selector: str | None = None
) -> tuple[Evidence, Settings]:
    """The evidence from the bundle, the server or the files that the options name, and what goes with it."""
    settings = settings_of(window, config)
    if window.bundle is None:
        asked = replace(asked_of(window, config, at=at), selector=selector)
        return gather(asked, now=at, progress=progress), settings
    if window.metrics or window.events:
        raise UsageError(
            "--bundle is complete in itself: --metrics and --events cannot be added to it",
            hint="leave them out, or capture again with them",
        )
    evidence, captured = read_bundle(window.bundle)
    settings = replace(captured, mechanisms=captured.mechanisms or settings.mechanisms)
    if window.service:
        settings = replace(settings, services=tuple(window.service))
    if window.begin is not None or window.end is not None:
        zone = config.timezone if window.tz == "UTC" and config.timezone else window.tz
        start = parse_time(window.begin, now=at, tz=zone)[0] if window.begin else evidence.window.start
        end = parse_time(window.end, now=at, tz=zone)[0] if window.end else evidence.window.end
        evidence = narrow(evidence, start=start, end=end)
    return evidence, settings


def _duration(option: str | None, configured_s: float | None) -> pd.Timedelta | None:
    seconds = parse_duration_s(option) if option is not None else configured_s
    return None if seconds is None else pd.Timedelta(seconds=seconds)


def _event_sources(window: WindowOptions, config: Config) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """Sources of the command line and of the configuration, each with the token that the environment holds for it."""
    given: list[tuple[str, dict[str, str]]] = [(spec, {}) for spec in window.events or ()]
    given += [(source.spec, dict(source.options)) for source in config.events]
    found = []
    for spec, options in given:
        kind, _ = kind_and_argument(spec)
        token = os.environ.get(TOKEN_VARIABLES.get(kind, ""), "")
        found.append((spec, options if "token" in options or not token else {**options, "token": token}))
    return tuple(found)
