"""The options that several commands share, written once: a frozen dataclass whose fields become a command's options."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowOptions:
    """The window, what is in it, and where the evidence comes from."""

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
        str,
        typer.Option("--tz", metavar="ZONE", help="Zone of times that are given without one.", rich_help_panel=_WINDOW),
    ] = "UTC"
    service: Annotated[
        list[str] | None,
        typer.Option("--service", metavar="NAME", help="What it is about; repeatable.", rich_help_panel=_WINDOW),
    ] = None
    scope: Annotated[
        str,
        typer.Option(
            "--scope",
            metavar="MATCHERS",
            help="""PromQL matchers put into every query, e.g. 'cluster="eu-1",namespace="shop"'.""",
            rich_help_panel=_WINDOW,
        ),
    ] = ""
    prometheus: Annotated[
        str | None,
        typer.Option(
            "--prometheus",
            metavar="URL",
            envvar="PROMETHEUS_URL",
            help="A Prometheus-compatible server. Credentials: environment, file or netrc (docs/prometheus.md).",
            rich_help_panel=_SOURCES,
        ),
    ] = None
    bundle: Annotated[
        Path | None,
        typer.Option(
            "--bundle",
            metavar="FILE",
            help="A bundle written by `capture`, instead of a server.",
            rich_help_panel=_SOURCES,
        ),
    ] = None
    metrics: Annotated[
        list[Path] | None,
        typer.Option(
            "--metrics",
            metavar="FILE",
            help="Metrics from a CSV or Parquet file; repeatable.",
            rich_help_panel=_SOURCES,
        ),
    ] = None
    events: Annotated[
        list[str] | None,
        typer.Option(
            "--events",
            metavar="SOURCE",
            help="Changes: a file (.jsonl, .json, .csv) or kind:argument (github:owner/repo); repeatable.",
            rich_help_panel=_SOURCES,
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
    queries: Annotated[
        list[Path] | None,
        typer.Option(
            "--queries", metavar="DIR", help="A folder with more query packs; repeatable.", rich_help_panel=_FINE
        ),
    ] = None
    pack: Annotated[
        list[str] | None,
        typer.Option("--pack", metavar="NAME", help="Only this query pack; repeatable.", rich_help_panel=_FINE),
    ] = None
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            metavar="DURATION",
            help="How much time before the window is read as healthy (default: chosen, and said).",
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
    strict: Annotated[
        bool,
        typer.Option("--strict", help="A source that cannot answer is an error, not a gap.", rich_help_panel=_FINE),
    ] = False
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress on standard error.", rich_help_panel=_OUTPUT)
    ] = False
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say every query as it is asked.", rich_help_panel=_OUTPUT)
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
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

    `def incident(window: WindowOptions, output: OutputOptions, *, explain: ...)` becomes a typer command with all
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
