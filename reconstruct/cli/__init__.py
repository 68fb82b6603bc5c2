"""The command line: the only place that prints, exits, or reads the clock and the environment.

One file a command. Nothing heavy is imported until a command runs, so that `--help` stays quick.
"""

from __future__ import annotations

import signal
import sys
from typing import Annotated, Any, NoReturn

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
from reconstruct.errors import ReconstructError, SourceError, UsageError

LESS = "ask for less: a narrower --scope, a shorter window or baseline, a longer --step"


class _Commands(TyperGroup):
    """Catches what a user can be told, once, for every command."""

    def invoke(self, ctx: Any) -> Any:
        console.WRITES.set({})
        try:
            return super().invoke(ctx)
        except ReconstructError as error:
            raise _told(error) from None
        except KeyboardInterrupt as stop:
            typer.echo(f"stopped; {console.written()}", err=True)
            raise typer.Exit(128 + getattr(stop, "number", signal.SIGINT)) from None
        except BrokenPipeError:  # `reconstruct ... --stdout md | head`
            sys.stderr.close()
            raise typer.Exit(0) from None
        except MemoryError:
            raise _told(SourceError("there is not enough memory for so much", hint=LESS)) from None
        except OSError as error:  # a disk, a folder or a permission: whatever failed, it is not in the program
            said = f"{error.filename or 'this machine'}: {error.strerror or error}"
            raise _told(UsageError(said, hint="check the path, its permissions and the free space")) from None


def _told(error: ReconstructError) -> typer.Exit:
    """Say it, and how to end; a server's words and a file's name in it are other people's text."""
    from reconstruct.text.escape import lines

    typer.echo(f"{typer.style('error:', fg='red', bold=True)} {lines(error.message)}", err=True)
    typer.echo(f"{typer.style('hint:', fg='cyan')} {lines(error.hint)}", err=True)
    return typer.Exit(error.exit_code)


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
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # under nohup a hang-up stays ignored
            signal.signal(number, _stop)
    app()


def _stop(number: int, _: object) -> NoReturn:
    """End as Ctrl-C does: nothing half-written stays, and what was written is said."""
    raise console.StoppedError(number)


__all__ = ["app", "main"]
