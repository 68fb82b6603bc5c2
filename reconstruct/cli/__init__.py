"""The command line: the only place that prints, exits, or reads the clock and the environment.

One file a command. Nothing heavy is imported until a command runs, so that `--help` stays quick.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from reconstruct import __version__
from reconstruct.cli import console
from reconstruct.cli.backtest import backtest
from reconstruct.cli.capture import capture
from reconstruct.cli.demo import demo
from reconstruct.cli.doctor import doctor
from reconstruct.cli.events import events
from reconstruct.cli.incident import incident
from reconstruct.cli.init import init
from reconstruct.cli.queries import app as queries_app
from reconstruct.cli.report import report
from reconstruct.cli.scan import scan
from reconstruct.cli.verify import verify
from reconstruct.errors import ReconstructError


class _Commands(TyperGroup):
    """Catches what a user can be told, once, for every command."""

    def invoke(self, ctx: Any) -> Any:
        console.WRITES.set({})
        try:
            return super().invoke(ctx)
        except ReconstructError as error:
            typer.echo(f"{typer.style('error:', fg='red', bold=True)} {error.message}", err=True)
            typer.echo(f"{typer.style('hint:', fg='cyan')} {error.hint}", err=True)
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            typer.echo(f"stopped; {console.written()}", err=True)
            raise typer.Exit(130) from None
        except BrokenPipeError:  # `reconstruct ... --stdout md | head`
            sys.stderr.close()
            raise typer.Exit(0) from None


app = typer.Typer(
    cls=_Commands,
    name="reconstruct",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich costs more to import than all the rest of --help
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"reconstruct {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Turn an incident window into a draft timeline that can be checked.

    Every line cites the query or event that shows it; what could not be seen is said.
    """


app.command()(incident)
app.command()(report)
app.command()(events)
app.command()(scan)
app.command()(backtest)
app.command()(capture)
app.command()(verify)
app.command()(init)
app.command()(doctor)
app.command()(demo)
app.add_typer(queries_app, name="queries")


def main() -> None:
    """Entry point of the `reconstruct` program."""
    app()


__all__ = ["app", "main"]
