"""A user's own postmortem form in Jinja, filled from the incident: sandboxed, escaped for Markdown, errors with a line.

What a template sees is documented in docs/templates.md, and is the document of incident.json.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from reconstruct.charts.image import ChartImage, front_and_rest
from reconstruct.errors import UsageError
from reconstruct.model import Incident
from reconstruct.render.incident_json import incident_dict
from reconstruct.render.markdown_parts import cite
from reconstruct.render.template_sandbox import MAX_MEMORY
from reconstruct.text import impact, narrative
from reconstruct.text.entries import entry_words
from reconstruct.text.follow_ups import follow_up_texts
from reconstruct.text.gaps import gap_rows, gap_text
from reconstruct.text.milestones import duration_rows, milestone_rows, moment_text
from reconstruct.text.references import cited, event_text
from reconstruct.text.summary import summary
from reconstruct.text.times import clock_of
from reconstruct.text.wording import entry_text, share_text

FORMS: Final = ("google-sre", "pagerduty", "atlassian")
"""Postmortem forms that ship with the package, by the name that `--template` takes."""
DOCS: Final = "docs/templates.md says what a template can use"

MAX_WAIT_S: Final = 60
"""Of waiting for a template, its process's start on a busy machine included."""
_FOLDER: Final = Path(__file__).with_name("templates")


def to_template(
    incident: Incident, template: str, *, name: str, charts: Sequence[ChartImage] = (), chart_folder: str = "charts"
) -> str:
    """`template` filled with the incident.

    What `{{ }}` prints is escaped for Markdown, so that labels and titles stay text; a template called `*.txt.j2` gets
    plain lines instead.

    Raises
    ------
    UsageError
        If the template is not valid Jinja, asks for what is not there, or tries to leave the sandbox; the message names
        its line.
    """
    known = cited(incident)
    front, _ = front_and_rest(charts)
    forms = {path.name: path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.md.j2"))}
    done = _in_a_process(
        {
            "name": name,
            "template": template,
            "forms": forms,
            "cited": {one: cite([one], known) for one in known},
            "context": {
                "incident": incident_dict(incident),
                "draft": _words(incident),
                "charts": [
                    {
                        "name": chart.name,
                        "title": chart.title,
                        "alt": chart.alt,
                        "path": f"{chart_folder}/{chart.name}.{'png' if chart.png else 'svg'}",
                        "overview": chart in front,
                    }
                    for chart in charts
                ],
            },
        },
        name=name,
    )
    if "text" in done:
        return str(done["text"])
    raise _wrong(str(done["wrong"]), name=str(done["name"]), line=done["line"], template=template)


def _in_a_process(job: Mapping[str, Any], *, name: str) -> Mapping[str, Any]:
    """What `template_sandbox` makes of the job: a template can loop or grow, so it gets a process with limits.

    Raises
    ------
    UsageError
        It took too long or too much.
    """
    code = f"import sys; sys.path[:0] = {sys.path!r}; from reconstruct.render.template_sandbox import main; main()"
    command = [sys.executable, "-I", "-c", code]
    limits = f"at most {MAX_WAIT_S} s and {MAX_MEMORY >> 20} MiB"
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, our own module
            command, input=json.dumps(job).encode("ascii"), capture_output=True, timeout=MAX_WAIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"the template {name} did not end", hint=f"a template has {limits}") from None
    if done.returncode != 0:
        told = done.stderr.decode("utf-8", "replace")
        if done.returncode < 0 or "MemoryError" in told:
            raise UsageError(f"the template {name} took too much time or memory", hint=f"a template has {limits}")
        raise ValueError(f"the template's process failed: {told[-2000:]}")
    answer: Mapping[str, Any] = json.loads(done.stdout)
    return answer


def read_template(source: str) -> tuple[str, str]:
    """Name and text of a template: a form that ships with the package, or a file.

    Raises
    ------
    UsageError
        If there is neither.
    """
    path = _FOLDER / f"{source}.md.j2" if source in FORMS else Path(source)
    try:
        return path.name, path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"the template {source} is not UTF-8 text: {error.reason}", hint=DOCS) from error
    except OSError as error:
        shipped = ", ".join(FORMS)
        raise UsageError(
            f"the template {source} cannot be read: {error.strerror or error}",
            hint=f"give a file, or one of the forms that ship with it: {shipped}",
        ) from error


def output_name(template_name: str) -> str:
    """Name of the file that a template makes: its own, without `.j2`.

    >>> output_name("postmortem.md.j2"), output_name("form.jinja"), output_name("notes")
    ('postmortem.md', 'form.md', 'notes.md')
    """
    stem = template_name
    for ending in (".j2", ".jinja2", ".jinja"):
        stem = stem.removesuffix(ending)
    return stem if "." in stem else f"{stem}.md"


def _words(incident: Incident) -> dict[str, Any]:
    """Sentences that every output uses, for templates that do not want to write their own."""
    clock = clock_of(incident)
    words = entry_words(incident, clock=clock)
    events = {event.id: event_text(event) for event in incident.evidence.events}
    return {
        "title": narrative.title(incident),
        "summary": summary(incident, clock=clock),
        "window": narrative.window_text(incident),
        "dates": clock.dates,
        "impact": [text for text, _ in impact.impact_told(incident, clock=clock)],
        "milestones": [
            {
                "name": row.name,
                "title": row.title,
                "means": row.means,
                "time": moment_text(row.moment, clock=clock) if row.moment else "",
                "absent": row.absent,
                "evidence": list(row.evidence),
            }
            for row in milestone_rows(incident)
        ],
        "durations": [asdict(row) for row in duration_rows(incident)],
        "timeline": [
            {
                "id": entry.id,
                "time": moment_text(entry.moment, clock=clock),
                "kind": narrative.ENTRY_KINDS[entry.kind],
                "level": entry.level,
                "text": entry_text(*words[entry.id]),
                "service": entry.service.name,
                "evidence": list(entry.evidence),
            }
            for entry in incident.timeline
        ],
        "gaps": [gap_text(row, clock=clock) for row in gap_rows(incident)],
        "hints": [
            {
                "title": narrative.hint_title(hint, incident=incident),
                "trigger": events.get(hint.trigger or ""),
                "confidence": narrative.confidence_text(hint),
            }
            for hint in incident.explanation.hints
        ],
        "follow_ups": [text for text, _ in follow_up_texts(incident, clock=clock)],
        "left_over": share_text(narrative.left_over(incident)),
    }


def _wrong(said: str, *, name: str, line: int | None, template: str) -> UsageError:
    place = f"{name}, line {line}" if line else name
    rows = template.splitlines()
    shown = f"\n    {rows[line - 1].strip()}" if line and line <= len(rows) else ""
    return UsageError(f"{place}: {said}{shown}", hint=DOCS)
