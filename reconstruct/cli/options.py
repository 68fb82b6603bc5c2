"""The options that several commands share, written once: dataclasses whose fields become a command's options.

Each command takes the groups that it uses; `--help` lists those of the last base first. "Not given" is None, never a
default's value.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

_WINDOW = "What to look at"
_SOURCES = "Where the evidence comes from"
_OUTPUT = "What to write"
_FINE = "Fine tuning"

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class TimeOptions:
    """The window."""

    begin: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="T",
            help="Start of the window: RFC 3339, HH:MM (today), -2h, now, or epoch seconds.",
            rich_help_panel=_WINDOW,
        ),
    ] = None
    end: Annotated[
        str | None, typer.Option("--to", metavar="T", help="End of the window.", rich_help_panel=_WINDOW)
    ] = None
    tz: Annotated[
        str | None,
        typer.Option(
            "--tz",
            metavar="ZONE",
            help="Zone of times that are given without one (default: UTC, or the configuration's).",
            rich_help_panel=_WINDOW,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class EpisodeOptions:
    """What a person has in hand instead of a window; with none of these, the last episode of firing alerts."""

    alert: Annotated[
        str | None,
        typer.Option(
            "--alert",
            metavar="NAME[{MATCHERS}]",
            help="The last episode of this alert is the window.",
            rich_help_panel=_WINDOW,
        ),
    ] = None
    page: Annotated[
        str | None,
        typer.Option(
            "--page",
            metavar="KIND:ID",
            help="The window of a page: pagerduty:ID, opsgenie:ID, alertmanager:FINGERPRINT, grafana:UID.",
            rich_help_panel=_WINDOW,
        ),
    ] = None
    around: Annotated[
        str | None,
        typer.Option(
            "--around",
            metavar="T",
            help="The episode of firing alerts around this time, else an hour before and after it.",
            rich_help_panel=_WINDOW,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """The metrics server, what of it is looked at, and the configuration."""

    prometheus: Annotated[
        str | None,
        typer.Option(
            "--prometheus",
            metavar="URL",
            help="A Prometheus-compatible server (environment: PROMETHEUS_URL); credentials: docs/prometheus.md.",
            rich_help_panel=_SOURCES,
        ),
    ] = None
    deadline: Annotated[
        str | None,
        typer.Option(
            "--deadline",
            metavar="DURATION",
            help="Time for all asking together; then the draft is made of what was had (default 10m).",
            rich_help_panel=_FINE,
        ),
    ] = None
    scope: Annotated[
        str | None,
        typer.Option(
            "--scope",
            metavar="MATCHERS",
            help="""PromQL matchers put into every query, e.g. 'cluster="eu-1",namespace="shop"'.""",
            rich_help_panel=_WINDOW,
        ),
    ] = None
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="reconstruct.yaml; found in the working directory when not given.",
            rich_help_panel=_FINE,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ChangeOptions:
    """Where changes come from, and whose."""

    events: Annotated[
        list[str] | None,
        typer.Option(
            "--events",
            metavar="SOURCE",
            help="Changes: a file (.jsonl, .json, .csv) or kind:argument (github:owner/repo); repeatable.",
            rich_help_panel=_SOURCES,
        ),
    ] = None
    service: Annotated[
        list[str] | None,
        typer.Option("--service", metavar="NAME", help="What it is about; repeatable.", rich_help_panel=_WINDOW),
    ] = None
    strict: Annotated[
        bool,
        typer.Option("--strict", help="A source that cannot answer is an error, not a gap.", rich_help_panel=_FINE),
    ] = False


@dataclass(frozen=True, kw_only=True)
class PackOptions:
    """The query packs."""

    queries: Annotated[
        list[Path] | None,
        typer.Option(
            "--queries", metavar="DIR", help="A folder with more query packs; repeatable.", rich_help_panel=_FINE
        ),
    ] = None
    dashboard: Annotated[
        list[str] | None,
        typer.Option(
            "--dashboard",
            metavar="SOURCE",
            help="Panels as signals: grafana:UID, or a file of Grafana, Perses or Prometheus rules; repeatable.",
            rich_help_panel=_FINE,
        ),
    ] = None
    pack: Annotated[
        list[str] | None,
        typer.Option("--pack", metavar="NAME", help="Only this query pack; repeatable.", rich_help_panel=_FINE),
    ] = None


@dataclass(frozen=True, kw_only=True)
class MetricOptions:
    """Metrics from files, and how they are sampled."""

    metrics: Annotated[
        list[Path] | None,
        typer.Option(
            "--metrics",
            metavar="FILE",
            help="Metrics from a file, as tools export them (docs/metric-files.md); repeatable.",
            rich_help_panel=_SOURCES,
        ),
    ] = None
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="NAME=WHAT",
            help="What a column of --metrics is: 'Antwortzeit=latency,seconds', 'cmdb_id=service'; repeatable.",
            rich_help_panel=_FINE,
        ),
    ] = None
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            metavar="DURATION",
            help="How much time before the window is read as healthy (default: automatic, shown in the report).",
            rich_help_panel=_FINE,
        ),
    ] = None
    step: Annotated[
        str | None,
        typer.Option(
            "--step",
            metavar="DURATION",
            help="Spacing of the samples asked for (default: the scrape interval).",
            rich_help_panel=_FINE,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class BundleOptions:
    """Evidence that was captured before."""

    bundle: Annotated[
        Path | None,
        typer.Option(
            "--bundle",
            metavar="FILE",
            help="A bundle written by `capture`, instead of a server.",
            rich_help_panel=_SOURCES,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ConsoleOptions:
    """What is said on standard error."""

    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress on standard error.", rich_help_panel=_OUTPUT)
    ] = False
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log each query.", rich_help_panel=_OUTPUT)] = False


@dataclass(frozen=True, kw_only=True)
class CheckOptions(ConsoleOptions, PackOptions, ServerOptions, TimeOptions):
    """For `queries check`: a server and its packs."""


@dataclass(frozen=True, kw_only=True)
class DoctorOptions(ChangeOptions, CheckOptions):
    """For `doctor`: a server, its packs and the sources of changes."""


@dataclass(frozen=True, kw_only=True)
class EventsOptions(ConsoleOptions, BundleOptions, ChangeOptions, ServerOptions, TimeOptions):
    """For `events`: what changed in a window."""


@dataclass(frozen=True, kw_only=True)
class BacktestOptions(ConsoleOptions, BundleOptions, ServerOptions, TimeOptions):
    """For `backtest`: a server or a bundle, and how far back."""


@dataclass(frozen=True, kw_only=True)
class EvidenceOptions(MetricOptions, PackOptions, EventsOptions):
    """For what needs the whole evidence of a window: incident, report, scan, capture, verify."""


@dataclass(frozen=True, kw_only=True)
class IncidentOptions(EpisodeOptions, EvidenceOptions):
    """For `incident` and `capture`: the whole evidence of a window that may have to be found."""


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """Where the files go, and which."""

    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Where the files go (default incident-START); never overwritten without --force.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="LIST",
            help="Which of md, github, gitlab, html, json, csv, png, svg, slack, confluence, mermaid.",
            rich_help_panel=_OUTPUT,
        ),
    ] = "md,html,json,png"
    template: Annotated[
        list[str] | None,
        typer.Option(
            "--template",
            metavar="FILE",
            help="Also fill this Jinja template; or one that ships: google-sre, pagerduty, atlassian. Repeatable.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite what is in the folder.", rich_help_panel=_OUTPUT)
    ] = False
    stdout: Annotated[
        str | None,
        typer.Option(
            "--stdout", metavar="md|json", help="Also print that one to standard output.", rich_help_panel=_OUTPUT
        ),
    ] = None


@cache
def _hints_of(group: type[Any]) -> dict[str, Any]:
    return get_type_hints(group, include_extras=True)


def takes_options(command: Command) -> Command:
    """Spread parameters that are annotated with an options dataclass into that dataclass's own options.

    `def incident(given: EvidenceOptions, output: OutputOptions, *, explain: ...)` becomes a typer command with all
    fields of both; the command itself receives the two objects.
    """
    groups: dict[str, type[Any]] = {}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command, eval_str=True).parameters.items():
        if dataclasses.is_dataclass(parameter.annotation) and isinstance(parameter.annotation, type):
            groups[name] = parameter.annotation
            hints = _hints_of(parameter.annotation)
            parameters += [
                inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[f.name])
                for f in dataclasses.fields(parameter.annotation)
            ]
        else:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    # Positional arguments have no default and must come before the options in the signature typer reads.
    parameters.sort(key=lambda p: p.default is not inspect.Parameter.empty)

    def spread(**given: Any) -> Any:
        for name, group in groups.items():
            given[name] = group(**{f.name: given.pop(f.name) for f in dataclasses.fields(group)})
        return command(**given)

    spread.__name__ = command.__name__
    spread.__doc__ = command.__doc__
    spread.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    spread.__annotations__ = {p.name: p.annotation for p in parameters}
    return spread  # type: ignore[return-value]
