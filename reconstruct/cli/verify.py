"""`reconstruct verify`: a written postmortem against the evidence, line by line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconstruct.cli.options import EvidenceOptions, takes_options

CONTRADICTED = 11
"""Exit code (contract): a line of the document says what the evidence does not."""
FORMATS = ("table", "json")
MAX_BYTES = 2_000_000
"""No postmortem is longer; a log given by mistake is told at once."""


@takes_options
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE.md", help="The postmortem: Markdown, ours or your own.")],
    *,
    given: EvidenceOptions,
    form: Annotated[str, typer.Option("--format", metavar="table|json", help="How the answer is printed.")] = "table",
) -> None:
    """Hold a written postmortem against the evidence, line by line.

    Each line that claims something is printed with what the evidence makes of it: holds, contradicted, or not
    checked. Exit code 11 when a line is contradicted.

    \b
    Examples:
      reconstruct verify postmortem.md --bundle outage.zip
      reconstruct verify postmortem.md --prometheus http://prometheus:9090 --from 13:45 --to 16:00 --tz Europe/Berlin
    """
    from reconstruct import __version__
    from reconstruct import verify as checks
    from reconstruct.cli import console, request
    from reconstruct.errors import UsageError
    from reconstruct.pipeline import draft
    from reconstruct.render.verification import summary, to_verification_json, to_verification_table

    if form not in FORMATS:
        raise UsageError(f"--format takes table or json, not {form!r}", hint="both go to standard output")
    text = _text_of(file)
    config = request.configuration(given)
    zone = request.zone_of(given, config)
    with console.Progress(quiet=given.quiet, verbose=given.verbose) as progress:
        evidence, settings = request.evidence_of(given, config, at=request.now(), progress=progress)
        progress(0, 0, f"looking through {sum(len(m.labels) for m in evidence.metrics):,} series")
        incident = draft(evidence, settings=settings)
    outcome = checks.verify(text, incident, zone=zone)
    if form == "json":
        generator = {"name": "reconstruct", "version": __version__}
        answer = to_verification_json(outcome, file=str(file), window=evidence.window, generator=generator)
    else:
        import sys

        answer = to_verification_table(outcome, columns=console.width(), colour=console.colour_wanted(sys.stdout))
    typer.echo(answer, nl=False)
    if outcome.foreign:
        named = ", ".join(f"{kind}1" for kind in outcome.foreign)
        typer.echo(f"ids like {named} in {file} are another run's or other sources': left alone", err=True)
    if form == "json" and not given.quiet:
        typer.echo(summary(outcome), err=True)
    if outcome.count("contradicted"):
        raise typer.Exit(CONTRADICTED)


def _text_of(file: Path) -> str:
    """The document's text.

    Raises
    ------
    UsageError
        It is not there, cannot be read, is empty, or is no text.
    """
    from reconstruct.errors import UsageError

    hint = "give the Markdown file of the postmortem"
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
