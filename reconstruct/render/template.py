"""A user's own postmortem form in Jinja, filled from the incident: sandboxed, escaped for Markdown, errors with a line.

What a template sees is documented in docs/templates.md, and is the document of incident.json.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd
from jinja2 import FunctionLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from reconstruct.charts.image import ChartImage, front_and_rest
from reconstruct.errors import UsageError
from reconstruct.model import Incident
from reconstruct.render.incident_json import incident_dict
from reconstruct.render.markdown import cite
from reconstruct.text import narrative
from reconstruct.text.entries import entry_words
from reconstruct.text.escape import markdown, markdown_code, markdown_fence, plain
from reconstruct.text.gaps import gap_rows, gap_text
from reconstruct.text.references import Cited, cited, event_text
from reconstruct.text.times import clock as clock_text
from reconstruct.text.units import human, human_duration
from reconstruct.text.wording import entry_text, mechanism_text, sentence

FORMS: Final = ("google-sre", "pagerduty", "atlassian")
"""Postmortem forms that ship with the package, by the name that `--template` takes."""
DOCS: Final = "docs/templates.md says what a template can use"

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
    show = plain if name.removesuffix(".j2").endswith(".txt") else markdown
    environment = _environment(show, name=name, template=template)
    known = cited(incident)
    front, _ = front_and_rest(charts)
    environment.filters["cite"] = partial(_cite, known)
    try:
        text = environment.get_template(name).render(
            incident=incident_dict(incident),
            draft=_words(incident),
            charts=[
                {
                    "name": chart.name,
                    "title": chart.title,
                    "alt": chart.alt,
                    "path": f"{chart_folder}/{chart.name}.{'png' if chart.png else 'svg'}",
                    "overview": chart in front,
                }
                for chart in charts
            ],
        )
    except TemplateSyntaxError as error:
        raise _wrong(error, name=error.name or name, line=error.lineno, template=template) from error
    except (
        TemplateError,
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        line = _template_line(error, name=name)
        if line is None and not isinstance(error, TemplateError):
            raise  # not the template's doing
        raise _wrong(error, name=name, line=line, template=template) from error
    return text if text.endswith("\n") else text + "\n"


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


def _environment(show: Callable[[str], str], *, name: str, template: str) -> ImmutableSandboxedEnvironment:
    forms = {path.name: path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.md.j2"))}
    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(_source({**forms, name: template})),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=partial(_shown, show),
        autoescape=True,  # what macros and blocks made is marked as done; what `_shown` makes is, too
    )
    environment.filters |= {
        "clock": _clock,
        "code": lambda text: Markup(markdown_code(str(text))),  # noqa: S704 - made to stay text
        "fence": lambda text, language="": Markup(markdown_fence(str(text), language=str(language))),  # noqa: S704 - as above
        "raw": lambda text: Markup(str(text)),  # noqa: S704 - the template's author asks for it by name
        "human": lambda value, unit="": human(float("nan") if value is None else float(value), str(unit)),
        "duration": lambda seconds: human_duration(float(seconds)),
        "percent": lambda share: narrative.share_text(float(share)),
        "words": lambda name: mechanism_text(str(name)),
        "sentence": lambda text: sentence(str(text)),
    }
    return environment


def _source(texts: Mapping[str, str]) -> Callable[[str], tuple[str, str, None] | None]:
    """A loader over `texts` that gives each its name as file name, which is what the frames of an error show."""
    return lambda name: (texts[name], name, None) if name in texts else None


def _shown(show: Callable[[str], str], value: object) -> Markup:
    """What `{{ value }}` prints: nothing for None, foreign text escaped, what is Markdown already as it is.

    Always marked as done, or Jinja would escape it for HTML as well.
    """
    if isinstance(value, Markup):
        return value
    return Markup("" if value is None else show(str(value)))  # noqa: S704 - escaped for its own format


def _clock(time: object, *, dates: bool = True) -> str:
    """`2026-11-17 13:56:15`, or the time of day alone; a dash where there is none."""
    if time is None:
        return "-"
    text = time["time"] if isinstance(time, Mapping) else time
    return clock_text(pd.Timestamp(str(text)), dates=dates)


def _cite(known: Mapping[str, Cited], ids: object) -> Markup:
    """Ids as code with what they stand for: `e3` deploys.jsonl 41023."""
    wanted = [ids] if isinstance(ids, str) else [str(one) for one in ids] if isinstance(ids, Sequence) else []
    return Markup(cite(wanted, known))  # noqa: S704 - every part is escaped


def _words(incident: Incident) -> dict[str, Any]:
    """Sentences that every output uses, for templates that do not want to write their own."""
    clock = narrative.clock_of(incident)
    words = entry_words(incident, clock=clock)
    events = {event.id: event_text(event) for event in incident.evidence.events}
    return {
        "title": narrative.title(incident),
        "summary": narrative.summary(incident, clock=clock),
        "window": narrative.window_text(incident),
        "dates": clock.dates,
        "impact": [
            narrative.impact_text(row, incident=incident, clock=clock) for row in narrative.impact_rows(incident)[0]
        ],
        "milestones": [
            {
                "name": row.name,
                "title": row.title,
                "means": row.means,
                "time": narrative.moment_text(row.moment, clock=clock) if row.moment else "",
                "absent": row.absent,
                "evidence": list(row.evidence),
            }
            for row in narrative.milestone_rows(incident)
        ],
        "durations": [asdict(row) for row in narrative.duration_rows(incident)],
        "timeline": [
            {
                "id": entry.id,
                "time": narrative.moment_text(entry.moment, clock=clock),
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
        "left_over": narrative.share_text(narrative.left_over(incident)),
    }


def _template_line(error: BaseException, *, name: str) -> int | None:
    """The last line of the template that the error passed through; Jinja rewrites its frames to name it."""
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == name]
    return lines[-1] if lines else None


def _wrong(error: Exception, *, name: str, line: int | None, template: str) -> UsageError:
    place = f"{name}, line {line}" if line else name
    rows = template.splitlines()
    shown = f"\n    {rows[line - 1].strip()}" if line and line <= len(rows) else ""
    says = plain(str(error)) or type(error).__name__
    if isinstance(error, TemplateNotFound):
        says = f"there is no template {says} to include; only the forms that ship with the package can be"
    return UsageError(f"{place}: {says}{shown}", hint=DOCS)
