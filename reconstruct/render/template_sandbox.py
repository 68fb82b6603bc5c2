"""Fill a template from a colleague in a process of its own: sandboxed against code, bounded in time, memory and output.

`python -m reconstruct.render.template_sandbox` reads a job as JSON from standard input and writes what came of it as
JSON to standard output. It knows nothing of an incident but the document it is given.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from jinja2 import FunctionLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from reconstruct.text.escape import markdown, markdown_code, markdown_fence, plain
from reconstruct.text.units import human, human_duration
from reconstruct.text.wording import mechanism_text, sentence, share_text

MAX_OUTPUT: Final = 16 << 20
"""Characters that a filled template may have: a hundred times the longest draft."""
MAX_MEMORY: Final = 1 << 30
"""Bytes of address space of the process; Jinja, the document and the text need about 150 MiB."""
TOO_LARGE: Final = f"it takes more than {MAX_MEMORY >> 20} MiB of memory"
MAX_CPU_S: Final = 10
"""Seconds of computing: a form takes a tenth of one."""
_MISTAKES: Final = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)


def fill(job: Mapping[str, Any]) -> dict[str, Any]:
    """The filled template (`text`), or what is wrong with it (`wrong`, `line`, `name`).

    Parameters
    ----------
    job : mapping
        `name` and `template`; `forms`, texts that may be included, by name; `context`, what the template sees;
        `cited`, by id, an id as it is shown.
    """
    name, template = str(job["name"]), str(job["template"])
    show = plain if name.removesuffix(".j2").endswith(".txt") else markdown
    environment = _environment(show, texts={**job["forms"], name: template}, shown_ids=job["cited"])
    pieces: list[str] = []
    length = 0
    try:
        compiled = environment.get_template(name)
    except TemplateSyntaxError as error:
        return {"wrong": _said(error), "line": error.lineno, "name": error.name or name}
    except (*_MISTAKES, SyntaxError) as error:  # nested too deeply, or Python that is none comes of it
        return {"wrong": f"it cannot be compiled: {_said(error)}", "line": None, "name": name}
    except MemoryError:  # what is constant is computed while it is compiled
        return {"wrong": TOO_LARGE, "line": None, "name": name}
    try:
        for piece in compiled.generate(**job["context"]):
            length += len(piece)
            if length > MAX_OUTPUT:
                return {
                    "wrong": f"it makes more than {MAX_OUTPUT >> 20} million characters",
                    "line": None,
                    "name": name,
                }
            pieces.append(piece)
    except TemplateSyntaxError as error:
        return {"wrong": _said(error), "line": error.lineno, "name": error.name or name}
    except MemoryError:
        return {"wrong": TOO_LARGE, "line": None, "name": name}
    except _MISTAKES as error:
        line = _template_line(error, name=name)
        if line is None and not isinstance(error, TemplateError):
            raise  # not the template's doing
        return {"wrong": _said(error), "line": line, "name": name}
    text = "".join(pieces)
    return {"text": text if text.endswith("\n") else text + "\n"}


def _environment(
    show: Callable[[str], str], *, texts: Mapping[str, str], shown_ids: Mapping[str, str]
) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(_source(texts)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=partial(_shown, show),
        autoescape=True,  # what macros and blocks made is marked as done; what `_shown` makes is, too
    )
    environment.filters |= {
        "cite": partial(_cite, shown_ids),
        "clock": _clock,
        "code": lambda text: Markup(markdown_code(str(text))),  # noqa: S704 - made to stay text
        "fence": lambda text, language="": Markup(markdown_fence(str(text), language=str(language))),  # noqa: S704 - as above
        "raw": lambda text: Markup(str(text)),  # noqa: S704 - the template's author asks for it by name
        "human": lambda value, unit="": human(float("nan") if value is None else float(value), str(unit)),
        "duration": lambda seconds: human_duration(float(seconds)),
        "percent": lambda share: share_text(float(share)),
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
    """`2026-11-17 13:56:15`, or the time of day alone, to the nearest second; a dash where there is none."""
    if time is None:
        return "-"
    text = str(time["time"] if isinstance(time, Mapping) else time)
    nearest = datetime.fromtimestamp(round(datetime.fromisoformat(text).timestamp()), tz=UTC)
    return f"{nearest:%Y-%m-%d %H:%M:%S}" if dates else f"{nearest:%H:%M:%S}"


def _cite(shown_ids: Mapping[str, str], ids: object) -> Markup:
    """Ids as code with what they stand for: `e3` deploys.jsonl 41023."""
    wanted = [ids] if isinstance(ids, str) else [str(one) for one in ids] if isinstance(ids, Sequence) else []
    cited = (shown_ids[one] if one in shown_ids else markdown_code(one, in_table=True) for one in wanted)
    return Markup(", ".join(cited))  # noqa: S704 - every part is escaped


def _template_line(error: BaseException, *, name: str) -> int | None:
    """The last line of the template that the error passed through; Jinja rewrites its frames to name it."""
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == name]
    return lines[-1] if lines else None


def _said(error: Exception) -> str:
    said = plain(str(error)) or type(error).__name__
    if isinstance(error, TemplateNotFound):
        return f"there is no template {said} to include; only the forms that ship with the package can be"
    return said


def main() -> None:
    """Bound this process, then do the job on standard input."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S + 1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    json.dump(fill(json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
