"""Which files an incident becomes, and writing them so that a folder never holds half of them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from reconstruct.charts.image import ChartImage
from reconstruct.errors import UsageError
from reconstruct.model import Incident
from reconstruct.render.alert_files import FOLDER as ALERT_FOLDER
from reconstruct.render.alert_files import alert_files
from reconstruct.render.confluence import to_confluence
from reconstruct.render.incident_json import to_json
from reconstruct.render.markdown import to_markdown
from reconstruct.render.markdown_evidence import to_evidence
from reconstruct.render.markdown_parts import EVIDENCE_FILE
from reconstruct.render.mermaid import to_mermaid
from reconstruct.render.page import to_page
from reconstruct.render.slack import to_slack_json
from reconstruct.render.template import FORMS as TEMPLATES
from reconstruct.render.template import output_name, read_template, to_template
from reconstruct.render.timeline_csv import to_csv
from reconstruct.text.links import Links

CHART_FOLDER: Final = "charts"
PICTURES: Final[tuple[Literal["png"], Literal["svg"]]] = ("png", "svg")
"""Formats that are the caller's pictures, written into `charts/`."""

_Render = Callable[[Incident, Sequence[ChartImage], Links], str | bytes]

_TEXTS: Final[Mapping[str, tuple[str, _Render]]] = {
    "md": ("timeline.md", lambda i, charts, links: to_markdown(i, charts=charts, links=links)),
    "github": ("timeline.github.md", lambda i, _, links: to_markdown(i, links=links, flavour="github")),
    "gitlab": ("timeline.gitlab.md", lambda i, _, links: to_markdown(i, links=links, flavour="gitlab")),
    "html": ("report.html", lambda i, charts, links: to_page(i, charts=charts, links=links)),
    "json": ("incident.json", lambda i, _charts, _links: to_json(i)),
    "csv": ("timeline.csv", lambda i, _charts, _links: to_csv(i)),
    "slack": ("slack.json", lambda i, _charts, _links: to_slack_json(i)),
    "confluence": ("confluence.xml", lambda i, charts, links: to_confluence(i, charts=charts, links=links)),
    "mermaid": ("timeline.mmd", lambda i, _charts, _links: to_mermaid(i)),
}
FORMATS: Final = (*_TEXTS, *PICTURES)
"""Every name that `--format` takes."""


def parse_formats(text: str) -> tuple[str, ...]:
    """The formats in a comma-separated list, each once, in the order given.

    Raises
    ------
    UsageError
        If one is not known, or there is none.

    >>> parse_formats("md, html,md")
    ('md', 'html')
    """
    names = tuple(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in FORMATS]
    if unknown or not names:
        what = f"unknown format {unknown[0]!r}" if unknown else "no format is named"
        raise UsageError(what, hint=f"--format takes any of {','.join(FORMATS)}")
    return names


def output_files(
    incident: Incident,
    formats: Sequence[str],
    *,
    charts: Sequence[ChartImage] = (),
    links: Links | None = None,
    templates: Sequence[str] = (),
) -> dict[str, bytes]:
    """The content of each file, by its path in the folder; `templates` are forms by name, or files.

    Charts are linked where a picture format is among `formats`, and always embedded in report.html.

    Raises
    ------
    UsageError
        If a template cannot be read or filled, or two of them make one file.
    """
    links = links or Links()
    kept = [kept for chart in charts if (kept := _with_pictures(chart, formats))]
    files: dict[str, bytes] = {}
    for one in formats:
        if one in _TEXTS:
            name, render = _TEXTS[one]
            files[name] = _bytes(render(incident, charts if one == "html" else kept, links))
    if "md" in formats:
        files[EVIDENCE_FILE] = _bytes(to_evidence(incident, charts=kept, links=links))
    files |= {path: _bytes(text) for path, text in alert_files(incident).items()}
    for source in templates:
        name, text = read_template(source)
        made = output_name(name)
        if made in files:
            raise UsageError(f"two outputs would be called {made}", hint=f"rename the template {source}")
        files[made] = _bytes(to_template(incident, text, name=name, charts=kept, chart_folder=CHART_FOLDER))
    for chart in kept:
        if chart.png:
            files[f"{CHART_FOLDER}/{chart.name}.png"] = chart.png
        if chart.svg:
            files[f"{CHART_FOLDER}/{chart.name}.svg"] = chart.svg
    return files


def own_drafts(incident: Incident, *, markup: bool = False) -> Iterator[str]:
    """The incident in every form with sentences, each made when it is asked for; pages first where `markup`."""
    texts = ("md", "slack", "csv", "github", "gitlab")
    pages = ("html", "confluence")
    for form in (*pages, *texts) if markup else (*texts, *pages):
        yield from _decoded(output_files(incident, (form,)))
    for template in TEMPLATES:
        yield from _decoded(output_files(incident, (), templates=(template,)))


def _decoded(files: Mapping[str, bytes]) -> Iterator[str]:
    return (content.decode() for name, content in files.items() if not name.startswith(f"{ALERT_FOLDER}/"))


def write_outputs(
    incident: Incident,
    folder: Path,
    formats: Sequence[str],
    *,
    force: bool,
    charts: Sequence[ChartImage] = (),
    links: Links | None = None,
    templates: Sequence[str] = (),
) -> list[Path]:
    """Render everything, then write it directly into `folder`; the paths, in order of name.

    Nothing is written unless all of it can be rendered, and files that are in the way are left alone without `force`.

    Raises
    ------
    UsageError
        If files are in the way, the folder cannot be written to, or a template is wrong.
    """
    files = output_files(incident, formats, charts=charts, links=links, templates=templates)
    return write_files(files, folder, force=force)


def write_files(files: Mapping[str, bytes], folder: Path, *, force: bool) -> list[Path]:
    """Write `files` (path in the folder: content): each appears whole or not at all, a new folder as one.

    Raises
    ------
    UsageError
        If files are in the way and `force` is not given, or the folder cannot be written to.
    """
    try:
        _in_the_way(files, folder, force=force)
        # On the file system of the folder, so that moving is renaming; beside it only where it does not exist yet, for
        # the parent of a mounted volume is often not ours to write to.
        room = folder if folder.exists() else folder.parent
        room.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".reconstruct-", dir=room))
        try:
            _write(files, scratch=scratch / "new", folder=folder)
            shutil.rmtree(scratch, ignore_errors=True)
        finally:  # again, where the process was told to end while it was clearing up
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror or error}", hint="give another folder with --out"
        ) from error
    return sorted(folder / name for name in files)


def _in_the_way(files: Mapping[str, bytes], folder: Path, *, force: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file, not a folder", hint="give another folder with --out")
    there = sorted(name for name in files if (folder / name).exists())
    if there and not force:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise UsageError(
            f"{folder} already holds {there[0]}{more}; nothing was written",
            hint="give another folder with --out, or --force to overwrite",
        )


def _write(files: Mapping[str, bytes], *, scratch: Path, folder: Path) -> None:
    scratch.mkdir()
    for name, content in files.items():
        (scratch / name).parent.mkdir(parents=True, exist_ok=True)
        (scratch / name).write_bytes(content)
    if not folder.exists():
        scratch.rename(folder)
        return
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (scratch / name).replace(folder / name)


def _with_pictures(chart: ChartImage, formats: Sequence[str]) -> ChartImage | None:
    """The chart with only the encodings that are written beside the text, or None where none is."""
    png = chart.png if "png" in formats else b""
    svg = chart.svg if "svg" in formats else b""
    if not (png or svg):
        return None
    return ChartImage(chart.name, chart.title, chart.alt, png=png, svg=svg, signal=chart.signal)


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode("utf-8", "replace")
