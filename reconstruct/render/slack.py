"""A Block Kit message within Slack's limits: what happened, when, the key entries, the first hints."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from reconstruct.model import Incident
from reconstruct.text import impact, narrative
from reconstruct.text.entries import entry_words
from reconstruct.text.escape import clip, plain, slack
from reconstruct.text.gaps import gap_rows, gap_text
from reconstruct.text.links import web_url
from reconstruct.text.milestones import duration_rows, milestone_rows, moment_text
from reconstruct.text.summary import summary
from reconstruct.text.times import Clock, clock_of
from reconstruct.text.wording import counted, entry_text, sentence

# Limits as Slack's Block Kit reference gives them.
MAX_BLOCKS: Final = 50
MAX_SECTION: Final = 3000
MAX_HEADER: Final = 150
MAX_FALLBACK: Final = 4000
"""Characters of `text`, which notifications show; Slack advises to stay below."""

MAX_ENTRIES_SHOWN: Final = 25
"""Lines of the timeline: a message longer than a screen is not read; the files have all."""
MAX_HINTS_SHOWN: Final = 3
MAX_REASONS: Final = 3
"""Of a hint, for and against."""
MAX_GAPS_SHOWN: Final = 4
MAX_LINE: Final = 400
"""Characters of a line, escaped: one title must not fill a section."""

Block = dict[str, Any]


def to_slack(incident: Incident, *, report_url: str = "") -> dict[str, Any]:
    """The payload for an incoming webhook or `chat.postMessage`; `report_url` adds a link to the full report."""
    heading = _fitted(narrative.title(incident), most=MAX_HEADER)
    blocks: list[Block] = [{"type": "header", "text": {"type": "plain_text", "text": heading, "emoji": False}}]
    clock = clock_of(incident)
    incident = narrative.retimed(incident, clock)
    blocks += _context([slack(f"Draft from monitoring data, all times UTC. {narrative.window_text(incident)}")])
    blocks += _sections("", [_fitted(summary(incident, clock=clock), most=MAX_SECTION)])
    blocks += _sections("Data gaps", _gap_lines(incident, clock=clock))
    blocks += _milestones(incident, clock=clock)
    blocks += _sections("Impact", [_bullet(text) for text, _ in impact.impact_told(incident, clock=clock)])
    blocks += _sections("Timeline", _timeline_lines(incident, clock=clock))
    blocks += _sections("Candidate causes", _hint_lines(incident))
    if url := web_url(report_url):
        blocks += _context([f"<{url.replace('&', '&amp;').replace('|', '%7C')}|Full report>"])
    fallback = _fitted(f"{narrative.title(incident)}. {summary(incident, clock=clock)}", most=MAX_FALLBACK)
    return {"text": fallback, "blocks": blocks[:MAX_BLOCKS]}


def to_slack_json(incident: Incident, *, report_url: str = "") -> bytes:
    """The payload as a file that `curl --data @slack.json` can post."""
    text = json.dumps(to_slack(incident, report_url=report_url), indent=2, ensure_ascii=False)
    return (text + "\n").encode("utf-8", "backslashreplace")


def _gap_lines(incident: Incident, *, clock: Clock) -> Iterator[str]:
    rows = [row for row in gap_rows(incident) if row.in_window and row.matters]
    yield from (_bullet(gap_text(row, clock=clock)) for row in rows[:MAX_GAPS_SHOWN])
    if len(rows) > MAX_GAPS_SHOWN:
        yield _bullet(f"{len(rows) - MAX_GAPS_SHOWN} more in the report")


def _milestones(incident: Incident, *, clock: Clock) -> list[Block]:
    if not any(incident.milestones.values()):
        return []
    fields = []
    for row in milestone_rows(incident):
        told = moment_text(row.moment, clock=clock) if row.moment else row.absent
        fields.append(_text(f"*{row.title}*\n{slack(told)}"))
    for length in duration_rows(incident)[: 10 - len(fields)]:
        between = f" ({length.between})" if length.between else ""
        fields.append(_text(f"*{length.title}* = {slack(length.formula)}\n{slack(length.value + between)}"))
    return [{"type": "section", "fields": fields}]


def _hint_lines(incident: Incident) -> Iterator[str]:
    hints = narrative.told_hints(incident, most=MAX_HINTS_SHOWN)
    for hint in hints:
        named = _fitted(narrative.hint_title(hint, incident=incident), most=MAX_LINE)
        yield f"*{hint.rank}.* *{named}* ({narrative.confidence_text(hint)})"
        yield _fitted(narrative.statement_text(hint)[0], most=MAX_LINE)
        reasons = narrative.reasons_text(hint, most=MAX_REASONS)
        for side in ("for", "against"):
            told = "; ".join(text.rstrip(".") for one, text, _ in reasons if one == side)
            yield from [f"{side.capitalize()}: {_fitted(sentence(told), most=MAX_LINE)}"] if told else []
    if hints:
        yield narrative.left_text(incident, told=hints)


def _timeline_lines(incident: Incident, *, clock: Clock) -> Iterator[str]:
    """The key entries; past MAX_ENTRIES_SHOWN the last human notes go first, then the last others."""
    words, turns = entry_words(incident, clock=clock), narrative.turning_points(incident)
    key = [entry for entry in incident.timeline if entry.level == "key"]
    kept = {e.id for e in sorted(key, key=lambda e: e.kind == "note")[:MAX_ENTRIES_SHOWN]}
    for entry in key:
        if entry.id in kept:
            whose = entry.service.name if entry.service.name not in words[entry.id].title else ""
            told = _fitted(entry_text(*words[entry.id]) + (f" ({whose})" if whose else ""), most=MAX_LINE)
            time = moment_text(entry.moment, clock=clock)
            yield f"`{time}` " + (f"*{told}*" if entry.id in turns else told)
    if len(kept) < len(incident.timeline):
        yield f"_{counted(len(incident.timeline) - len(kept), one='more line')} in the report_"


def _bullet(text: str) -> str:
    return f"• {_fitted(text, most=MAX_LINE)}"


def _fitted(text: str, *, most: int) -> str:
    """`text` escaped, cut before the escapes so that none is halved, at most `most` characters long."""
    shown, keep = plain(text), most
    while len(escaped := slack(clip(shown, most=keep))) > most:
        keep = keep * most // len(escaped)
    return escaped


def _sections(heading: str, lines: Iterable[str]) -> Iterator[Block]:
    """Lines in as few sections as their limit allows; nothing for no lines."""
    chunk: list[str] = []
    size = 0
    told = list(lines)
    for line in [f"*{heading}*", *told] if heading and told else told:
        if chunk and size + len(line) + 1 > MAX_SECTION:
            yield {"type": "section", "text": _text("\n".join(chunk))}
            chunk, size = [], 0
        chunk.append(line)
        size += len(line) + 1
    if chunk:
        yield {"type": "section", "text": _text("\n".join(chunk))}


def _context(texts: Sequence[str]) -> Iterator[Block]:
    yield {"type": "context", "elements": [_text(text) for text in texts]}


def _text(text: str) -> dict[str, Any]:
    # verbatim: Slack must not find links and names in it by itself.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
