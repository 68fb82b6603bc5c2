"""A written postmortem as passages, whatever it is written in."""

from __future__ import annotations

import re
from typing import Final, Literal

from reconstruct.verify.exports import is_diagram, is_messages, is_table, read_messages, read_table
from reconstruct.verify.markdown import read_markdown
from reconstruct.verify.markup import is_markup, read_markup
from reconstruct.verify.passages import Passage
from reconstruct.verify.time_headings import stamped

Form = Literal["auto", "markdown", "text", "html"]
FORMS: Final[tuple[Form, ...]] = ("auto", "markdown", "text", "html")

_FRONT: Final = re.compile(r"\A---[ \t]*\n(?:(?!---)[^\n]*\n){0,60}---[ \t]*\n")


def read_document(text: str, *, form: Form = "auto") -> tuple[Passage, ...]:
    """The passages of a document, in order.

    Parameters
    ----------
    text : str
        Line ends of any system.
    form : {"auto", "markdown", "text", "html"}
        What it is written in; "auto" = HTML where it begins with a tag, else Markdown. Confluence storage is HTML.

    >>> [p.text for p in read_document("- 14:00 `shop`\\n  was **slow**\\n\\n<p>It ended</p>")]
    ['14:00 shop was slow', 'It ended']
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if form == "html" or (form == "auto" and is_markup(text)):
        return tuple(stamped(read_markup(text)))
    if form == "auto" and is_diagram(text):
        return ()
    if form == "auto" and is_table(text):
        return tuple(read_table(text))
    if form == "auto" and is_messages(text):
        return tuple(read_messages(text))
    if form != "text":
        # Front matter is no prose; its lines are kept so that places stay true.
        text = _FRONT.sub(lambda match: "\n" * match[0].count("\n"), text)
    return tuple(stamped(read_markdown(text, plain=form == "text")))
