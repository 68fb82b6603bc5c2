"""`reconstruct verify`: a written postmortem against the evidence, line by line."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconstruct.cli.options import EvidenceOptions, takes_options

if TYPE_CHECKING:
    from reconstruct.model import Window
    from reconstruct.model.verification import Verification
    from reconstruct.verify import Form

CONTRADICTED = 11
"""Exit code (contract): a line of the document says what the evidence, or another line, does not."""
MAX_BYTES = 20_000_000
"""No postmortem is longer; a log given by mistake is told at once."""


@takes_options
def verify(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The postmortem: Markdown, plain text or HTML, ours or your own.")
    ],
    *,
    given: EvidenceOptions,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="table|json|markdown|github|gitlab",
            help="How the answer is printed: markdown is the document with notes, github and gitlab are shown beside "
            "the lines of a pull request.",
        ),
    ] = "table",
    tolerance: Annotated[
        str | None,
        typer.Option("--tolerance", metavar="DURATION", help="How far a time to the minute may be off. [default: 3m]"),
    ] = None,
    written_in: Annotated[
        str,
        typer.Option(
            "--input", metavar="auto|markdown|text|html", help="What FILE is written in; Confluence storage is html."
        ),
    ] = "auto",
) -> None:
    """Hold a written postmortem against the evidence and against itself.

    Each line that claims something is printed with what the evidence makes of it: confirmed, contradicted,
    unverifiable, or a human act, which no metric shows. Exit code 11 when a line is contradicted.

    \b
    Examples:
      reconstruct verify postmortem.md --bundle outage.zip
      reconstruct verify postmortem.md --bundle outage.zip --format github
      reconstruct verify postmortem.md --prometheus http://prometheus:9090 --from 13:45 --to 16:00 --tz Europe/Berlin
    """
    from reconstruct import verify as checks
    from reconstruct.cli import console, request
    from reconstruct.config import parse_duration_s
    from reconstruct.errors import UsageError
    from reconstruct.pipeline import draft
    from reconstruct.render import verification as render
    from reconstruct.render.files import own_drafts

    if form not in render.FORMATS:
        raise UsageError(
            f"--format takes {', '.join(render.FORMATS[:-1])} or {render.FORMATS[-1]}, not {form!r}",
            hint="all go to standard output",
        )
    read_as = _input(file, written_in)
    allowed = parse_duration_s(tolerance) if tolerance is not None else checks.TOLERANCE_S
    text = _text_of(file)
    config = request.configuration(given)
    zone = request.zone_of(given, config)
    with console.Progress(quiet=given.quiet, verbose=given.verbose) as progress:
        evidence, settings = request.evidence_of(given, config, at=request.now(), progress=progress)
        progress(0, 0, f"looking through {sum(len(m.labels) for m in evidence.metrics):,} series")
        incident = draft(evidence, settings=settings)
    drafts = partial(own_drafts, incident, markup=checks.is_markup(text))
    outcome = checks.verify(text, incident, zone=zone, tolerance_s=allowed, form=read_as, drafts=drafts)
    typer.echo(_answer(outcome, form, text, file, evidence.window, markup=checks.is_markup(text)), nl=False)
    if outcome.foreign:
        named = ", ".join(f"{kind}1" for kind in outcome.foreign)
        typer.echo(f"ids like {named} in {file} are another run's or other sources': left alone", err=True)
    if form != "table" and not given.quiet:
        typer.echo(render.summary(outcome), err=True)
    if outcome.count("contradicted"):
        raise typer.Exit(CONTRADICTED)


def _answer(outcome: Verification, form: str, text: str, file: Path, window: Window, *, markup: bool) -> str:
    """What goes to standard output."""
    import sys

    from reconstruct import __version__
    from reconstruct.cli import console
    from reconstruct.render import verification as render

    if form == "json":
        generator = {"name": "reconstruct", "version": __version__}
        return render.to_verification_json(outcome, file=str(file), window=window, generator=generator)
    if form == "markdown":
        return render.to_annotated(text, outcome, window=window, markup=markup)
    if form == "github":
        return render.to_github(outcome, file=file.as_posix(), window=window)
    if form == "gitlab":
        return render.to_gitlab(outcome, file=file.as_posix(), window=window)
    colour = console.colour_wanted(sys.stdout)
    return render.to_verification_table(outcome, window=window, columns=console.width(), colour=colour)


def _input(file: Path, told: str) -> Form:
    """What the document is written in; by its name where nothing is told.

    Raises
    ------
    UsageError
        It is told, and is none that can be read.
    """
    from reconstruct.errors import UsageError
    from reconstruct.verify import FORMS

    by_name: dict[str, Form] = {".txt": "text", ".html": "html", ".htm": "html", ".xhtml": "html", ".xml": "html"}
    for one in FORMS:
        if one == told:
            return by_name.get(file.suffix.lower(), "auto") if one == "auto" else one
    raise UsageError(
        f"--input takes {', '.join(FORMS[:-1])} or {FORMS[-1]}, not {told!r}", hint="auto looks at the file"
    )


def _text_of(file: Path) -> str:
    """The document's text.

    Raises
    ------
    UsageError
        It is not there, cannot be read, is empty, or is no text.
    """
    from reconstruct.errors import UsageError

    hint = "give the file of the postmortem: Markdown, text or HTML"
    try:
        if file.is_dir():
            raise UsageError(f"{file} is a folder", hint=hint)
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}", hint=hint) from error
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{file} is longer than {MAX_BYTES:,} bytes", hint=hint)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UsageError(f"{file} is UTF-16", hint="save it as UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not text in UTF-8 (byte {error.start:,})", hint="save it as UTF-8") from error
    if "\x00" in text:
        raise UsageError(f"{file} is a binary file", hint=hint)
    if not text.strip():
        raise UsageError(f"{file} is empty", hint=hint)
    return text
