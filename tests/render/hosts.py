"""The Markdown renderers of the two hosts: GitHub's own cmark-gfm, and comrak with what GitLab turns on."""

from __future__ import annotations

import html
import re

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options

_GITHUB_EXTENSIONS = ["table", "autolink", "strikethrough", "tagfilter", "tasklist"]


def github_html(text: str) -> str:
    """HTML as GitHub's own renderer makes it, raw HTML allowed (its sanitizer comes later)."""
    return str(
        cmarkgfm.markdown_to_html_with_extensions(text, options=Options.CMARK_OPT_UNSAFE, extensions=_GITHUB_EXTENSIONS)
    )


def gitlab_html(text: str) -> str:
    """HTML as comrak makes it with the extensions that GitLab turns on, raw HTML allowed."""
    comrak = pytest.importorskip("comrak", reason="comrak has no wheel for this machine")
    extensions, rendering = comrak.ExtensionOptions(), comrak.RenderOptions()
    for name in ("alerts", "autolink", "footnotes", "math_code", "math_dollars", "shortcodes", "strikethrough"):
        setattr(extensions, name, True)
    for name in ("table", "tagfilter", "tasklist", "wikilinks_title_before_pipe"):
        setattr(extensions, name, True)
    rendering.gfm_quirks = rendering.unsafe_ = True
    return str(comrak.render_markdown(text, extension_options=extensions, render_options=rendering))


def shown(rendered: str) -> str:
    """The text that a reader sees: tags gone, entities read, white space collapsed, zero-width spaces dropped."""
    spaced = re.sub(r"</?(?:p|li|ul|ol|h\d|t[rdh]|table|thead|tbody|pre|blockquote|br)[^>]*>", " ", rendered)
    text = html.unescape(re.sub(r"<[^>]+>", "", spaced)).replace("\u200b", "")
    return re.sub(r"\s+", " ", text).strip()
