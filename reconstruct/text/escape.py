"""One escape a format: titles, labels and queries are other people's text and stay text wherever they are pasted."""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from xml.sax.saxutils import escape as _xml_escape

_INVISIBLE: Final = re.compile(
    "[\u0000-\u001f\u007f-\u009f"  # controls: ESC colours a terminal, NUL ends a file
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"  # bidi and zero-width tricks
    "\ud800-\udfff\ufffe\uffff]"  # halves of a pair and non-characters, which UTF-8 or XML refuse
)
_ACTS_IN_JSON: Final = re.compile("[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON lets stand in a string and a terminal acts on, a line reader splits at, or UTF-8 refuses."""
_SPACE: Final = re.compile(r"\s+")
_EMOJI_NAME: Final = re.compile(r":(?=(?:100|1234|[+-]1|[\w+-]*[A-Za-z][\w+-]*):)")
"""A colon that begins the name of an emoji; of the names without letters these four exist."""
_BREAK: Final = "&#8203;"
"""Zero-width space as an entity: GitHub and GitLab link names and numbers after Markdown's own escapes are gone."""


def plain(text: str) -> str:
    """One visible line: white space collapsed, control and direction characters shown as pictures or U+FFFD.

    Joiners inside emoji and scripts that need them stay.

    >>> plain("first\\r\\n second\\x1b[31m\\x00")
    'first second␛[31m␀'
    """
    return _INVISIBLE.sub(_picture, _SPACE.sub(" ", text)).strip()


def lines(text: str) -> str:
    """Like `plain`, with line breaks and indentation kept: for queries, which people copy.

    >>> lines("sum(\\n  x\\x07\\n)\\r\\n")
    'sum(\\n  x␇\\n)'
    """
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    return "\n".join(_INVISIBLE.sub(_picture, line).rstrip() for line in unified.split("\n")).strip("\n")


def json_text(document: str) -> str:
    """A JSON document with what acts on a terminal as JSON's own escapes: it reads the same.

    >>> json_text('{"title": "\u009b31m"}')
    '{"title": "\\\\u009b31m"}'
    """
    return _ACTS_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", document)


def clip(text: str, *, most: int) -> str:
    """At most `most` characters, the last one an ellipsis where something was cut, never half of an emoji.

    >>> clip("postgres", most=5), clip("shop", most=5)
    ('post…', 'shop')
    """
    if len(text) <= most:
        return text
    end = most - 1
    while end > 0 and (
        unicodedata.combining(text[end]) or "\u200d" in text[end - 1 : end + 1] or text[end] == "\ufe0f"
    ):
        end -= 1
    return text[:end].rstrip() + "…"


def _joins(left: str, right: str) -> bool:
    """Whether the two are parts of one visible character: an accent, a variation selector, a joined emoji."""
    return bool(unicodedata.combining(right)) or "\u200d" in left + right or right == "\ufe0f"


def markdown(text: str) -> str:
    r"""Inline text for CommonMark as GitHub and GitLab extend it: no markup, no HTML, no mention, no link by itself.

    >>> markdown("| **x** <b> @team #12 sum_by_le")
    '\\| \\*\\*x\\*\\* &lt;b&gt; @&#8203;team #&#8203;12 sum_by_le'
    """
    return _markdown_start(_markdown_links(_markdown_markup(plain(text))))


def _markdown_markup(text: str) -> str:
    text = re.sub(r"[\\`*\[\]|~$^]", r"\\\g<0>", text)
    # Between letters an underscore is never markup, and metric names are full of them.
    text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _markdown_links(text: str) -> str:
    # In the order of GitLab's reference list: @user, #1 issue, !1 merge request, %1 milestone, ~1 label, &1 epic, $1.
    text = re.sub(r"@(?=\w)|[#!%](?=\d)|\\[~$](?=[\w\"])|&amp;(?=\d)", rf"\g<0>{_BREAK}", text)
    text = re.sub(r"\b(GH)-(?=\d)", rf"\1-{_BREAK}", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=[A-Za-z]):(?=//)", f":{_BREAK}", text)
    text = re.sub(r"\b(mailto|xmpp):(?=\w)", rf"\1:{_BREAK}", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(www)\.(?=\w)", rf"\1{_BREAK}.", text, flags=re.IGNORECASE)
    # :fire: and :+1: become pictures; 13:55:30 does not and must stay as it is.
    return _EMOJI_NAME.sub(f":{_BREAK}", text)


def _markdown_start(text: str) -> str:
    """What would begin a list, a heading, a rule or a quick action where it stands first."""
    if match := re.match(r"(\d+)([.)])(?=\s|$)", text):
        return f"{match[1]}\\{match[2]}{text[match.end() :]}"
    return "\\" + text if re.match(r"[-+:](?=\s|$)|--|=|#{1,6}(?=\s|$)|/", text) else text


def markdown_code(text: str, *, in_table: bool = False) -> str:
    """Inline code that shows `text` exactly, whatever backticks are in it; "" for nothing.

    >>> markdown_code("up == 0"), markdown_code("a`b"), markdown_code("a|b", in_table=True)
    ('`up == 0`', '``a`b``', '`a\\\\|b`')
    """
    shown = plain(text)
    if not shown:
        return ""
    if in_table:  # tables are split before code is read
        shown = shown.replace("|", "\\|")
    fence = "`" * _free_run(shown, least=1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def markdown_fence(text: str, *, language: str = "") -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    shown = lines(text)
    runs = [len(run) for run in re.findall("`+", shown)]
    fence = "`" * max([3, *(run + 1 for run in runs)])
    return f"{fence}{language}\n{shown}\n{fence}"


def _free_run(text: str, *, least: int) -> int:
    """The shortest length, from `least` on, that no run of backticks in `text` has."""
    taken = {len(run) for run in re.findall("`+", text)}
    length = least
    while length in taken:
        length += 1
    return length


def slack(text: str) -> str:
    """Text for a Slack `mrkdwn` field: no mention, no link, no formatting, no emoji names.

    Slack has no escape for its own markup; a zero-width space before a mark takes its meaning away.

    >>> slack("<!channel> & <@U1>"), slack("*bold*") == "\\u200b*bold\\u200b*"
    ('&lt;!channel&gt; &amp; &lt;@U1&gt;', True)
    """
    shown = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    marked = re.sub(r"[*~`]|(?<![^\W_])_|_(?![^\W_])", "\u200b\\g<0>", shown)
    return _EMOJI_NAME.sub(":\u200b", marked)


def xml(text: str) -> str:
    """Text or an attribute's value in XML and HTML.

    >>> xml('<a href="x">&\\x00')
    '&lt;a href=&quot;x&quot;&gt;&amp;␀'
    """
    return _xml_escape(plain(text), {'"': "&quot;", "'": "&#39;"})


def cdata(text: str) -> str:
    """A CDATA section that shows `text`, even where it holds `]]>`.

    >>> cdata("a[b[0]]>1")
    '<![CDATA[a[b[0]]]]><![CDATA[>1]]>'
    """
    return "<![CDATA[" + lines(text).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def csv_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    >>> csv_cell("=1+1"), csv_cell("-x"), csv_cell("shop")
    ("'=1+1", "'-x", 'shop')
    """
    shown = plain(text)
    # The last four are the full-width forms, which some spreadsheets fold to ASCII.
    return "'" + shown if shown[:1] in tuple("=+-@|%＝＋－＠") else shown


def mermaid(text: str) -> str:
    """A task's or section's name in a Mermaid Gantt: everything its grammar could read is a space.

    >>> mermaid("deploy: shop #12; %% x")
    'deploy shop 12 x'
    """
    shown = re.sub(r"(?<=\d):(?=\d)", ".", plain(text))  # 13:56 stays a time
    return _SPACE.sub(" ", re.sub(r"[^\w .…()/+-]|-{2,}", " ", shown)).strip() or "unnamed"


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "\ufffd"
