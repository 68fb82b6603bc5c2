"""report.html: one self-contained page that opens from disk, asks no network and runs no script but its own."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from reconstruct.charts.image import ChartImage
from reconstruct.charts.theme import DARK, LIGHT, Theme
from reconstruct.model import Incident
from reconstruct.render.page_view import page_view
from reconstruct.text.escape import clip, plain
from reconstruct.text.links import Links
from reconstruct.text.times import MARKS

MAX_OPTION: Final = 60
"""Characters of a service's name in the filter's menu."""

_FOLDER: Final = Path(__file__).with_name("page_parts")


def to_page(incident: Incident, *, charts: Sequence[ChartImage] = (), links: Links | None = None) -> str:
    """The whole report as HTML.

    A strict Content-Security-Policy allows the page's own style and script by their hashes and pictures from inside
    the file; nothing else is loaded, so a label that got through every escape could still do nothing.
    """
    css, js = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    css = f"{palette_css()}\n{css}"
    view = page_view(incident, charts=charts, links=links or Links())
    page = _environment().get_template("page.html.j2")
    text = page.render(view, css=Markup(css), js=Markup(js), policy=_policy(css=css, js=js))  # noqa: S704 - ours
    return text.encode("utf-8", "replace").decode("utf-8")


PALETTE: Final[Mapping[str, Callable[[Theme], str]]] = {
    "paper": lambda t: t.paper,
    "raised": lambda t: t.lane,
    "line": lambda t: t.rule,
    "ink": lambda t: t.ink,
    "soft": lambda t: t.soft,
    "link": lambda t: t.change,
    "impact": lambda t: t.shade,
    "warn": lambda t: t.band,
    "warn-line": lambda t: t.gap,
    "bad": lambda t: t.onset,
    "good": lambda t: t.recovered,
    "unsure": lambda t: t.series[4],
    "k-change": lambda t: t.change,
    "k-onset": lambda t: t.onset,
    "k-threshold": lambda t: t.pending,
    "k-alert": lambda t: t.firing,
    "k-spread": lambda t: t.affected,
    "k-peak": lambda t: t.affected,
    "k-mitigation": lambda t: t.mitigated,
    "k-recovery": lambda t: t.recovered,
    "k-gap": lambda t: t.gap,
    "k-restart": lambda t: t.series[5],
    "k-note": lambda t: t.soft,
}
"""The page's variables: what a thing looks like in the pictures it looks like beside them."""


def palette_css() -> str:
    """The variables of both themes, for a reader's choice and for the system's."""
    light, dark = (
        " ".join(f"--{name}: {colour(theme)};" for name, colour in PALETTE.items()) for theme in (LIGHT, DARK)
    )
    return (
        f":root {{ {light} }}\n"
        f':root[data-theme="dark"] {{ {dark} }}\n'
        f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {dark} }} }}'
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["as_is"] = _as_is
    environment.filters["clipped"] = lambda text: clip(plain(str(text)), most=MAX_OPTION)
    return environment


def _as_is(text: str) -> Markup:
    """Foreign text with its line breaks, for a `<pre>`; its control characters are shown already."""
    return escape(text)


def _shown(value: object) -> object:
    """Foreign text on one line, without control and direction characters; Jinja escapes it for HTML afterwards.

    Marked times become elements, which the page's zone switch finds.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    shown = plain(value)
    return Markup(_TIME.sub(_element, str(escape(shown)))) if MARKS[0] in shown else shown  # noqa: S704 - escaped


_TIME: Final = re.compile(rf"{MARKS[0]}([0-9T:Z.-]+)(?:/([0-9T:Z.-]+))?{MARKS[1]}([0-9: -]+){MARKS[2]}")
"""A marked time; whatever else holds such marks is foreign text and stays text."""


def _element(match: re.Match[str]) -> str:
    after = f' data-after="{match[2]}"' if match[2] else ""
    return f'<time class="t" datetime="{match[1]}"{after}>{match[3]}</time>'


def _policy(*, css: str, js: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(js)}'",
            f"style-src '{_hash(css)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
