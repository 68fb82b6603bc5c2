"""A Block Kit message within Slack's limits: what happened, when, the first hints, and what was not seen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from reconstruct.model import Entry, Incident
from reconstruct.render import draft
from reconstruct.render.escape import clip, plain, slack
from reconstruct.render.gaps import gap_rows, gap_text
from reconstruct.render.links import web_url
from reconstruct.render.wording import counted, entry_text, sentence

# Limits as Slack's Block Kit reference gives them.
BLOCKS_MOST: Final = 50
SECTION_MOST: Final = 3000
HEADER_MOST: Final = 150
FIELD_MOST: Final = 2000
FALLBACK_MOST: Final = 4000
"""Characters of `text`, which notifications show; Slack advises to stay below."""

ENTRIES_TOLD: Final = 25
"""Lines of the timeline: a message longer than a screen is not read; the files have all."""
HINTS_TOLD: Final = 3
GAPS_TOLD: Final = 4
LINE_MOST: Final = 400
"""Characters of a line, escaped: one title must not fill a section."""

_FIRST: Final = ("onset", "mitigation", "recovery", "gap", "alert", "change", "spread", "restart", "threshold", "peak")
"""Which kinds stay when not all lines fit, most telling first."""

Block = dict[str, Any]


def to_slack(incident: Incident, *, report_url: str = "") -> dict[str, Any]:
    """The payload for an incoming webhook or `chat.postMessage`; `report_url` adds a link to the full report."""
    heading = _fitted(draft.title(incident), most=HEADER_MOST)
    blocks: list[Block] = [{"type": "header", "text": {"type": "plain_text", "text": heading, "emoji": False}}]
    dates = draft.needs_dates(incident)
    blocks += _context([slack(f"Draft from monitoring data, all times UTC. {draft.window_text(incident)}")])
    blocks += _sections("Not seen", _gap_lines(incident, dates=dates))
    blocks += _sections("", [_fitted(draft.summary(incident), most=SECTION_MOST)])
    blocks += _milestones(incident, dates=dates)
    blocks += _sections("Impact", [_bullet(draft.impact_text(i, dates=dates)) for i in incident.explanation.impact])
    blocks += _sections("Hints", _hint_lines(incident))
    blocks += _sections("Timeline", _timeline_lines(incident, dates=dates))
    if url := web_url(report_url):
        blocks += _context([f"<{url.replace('&', '&amp;').replace('|', '%7C')}|Full report>"])
    fallback = _fitted(f"{draft.title(incident)}. {draft.summary(incident)}", most=FALLBACK_MOST)
    return {"text": fallback, "blocks": blocks[:BLOCKS_MOST]}


def to_slack_json(incident: Incident, *, report_url: str = "") -> bytes:
    """The payload as a file that `curl --data @slack.json` can post."""
    text = json.dumps(to_slack(incident, report_url=report_url), indent=2, ensure_ascii=False)
    return (text + "\n").encode("utf-8", "backslashreplace")


def _gap_lines(incident: Incident, *, dates: bool) -> Iterator[str]:
    rows = [row for row in gap_rows(incident) if row.in_window]
    yield from (_bullet(gap_text(row, dates=dates)) for row in rows[:GAPS_TOLD])
    if len(rows) > GAPS_TOLD:
        yield _bullet(f"{len(rows) - GAPS_TOLD} more in the report")


def _milestones(incident: Incident, *, dates: bool) -> list[Block]:
    if not any(incident.milestones.values()):
        return []
    fields = []
    for row in draft.milestone_rows(incident):
        told = draft.moment_text(row.moment, dates=dates) if row.moment else row.absent
        fields.append(_text(f"*{row.title}*\n{slack(told)}"))
    for length in draft.duration_rows(incident)[: 10 - len(fields)]:
        between = f" ({length.between})" if length.between else ""
        fields.append(_text(f"*{length.title}* = {slack(length.formula)}\n{slack(length.value + between)}"))
    return [{"type": "section", "fields": fields}]


def _hint_lines(incident: Incident) -> Iterator[str]:
    hints = incident.explanation.hints
    for hint in hints[:HINTS_TOLD]:
        named = _fitted(draft.hint_title(hint, incident=incident), most=LINE_MOST)
        yield f"*{hint.rank}.* *{named}* ({draft.confidence_text(hint)})"
        yield _fitted(sentence(hint.statement), most=LINE_MOST)
        for side, reasons in (("For", hint.reasons_for), ("Against", hint.reasons_against)):
            told = " ".join(sentence(reason.says) for reason in reasons)
            yield from [f"{side}: {_fitted(told, most=LINE_MOST)}"] if told else []
    if hints:
        yield f"Left to {draft.UNSEEN}: {draft.share_text(draft.left_over(incident))}."


def _timeline_lines(incident: Incident, *, dates: bool) -> Iterator[str]:
    shown, turns = _most_telling(incident.timeline), draft.turning_points(incident)
    for entry in shown:
        time = draft.moment_text(entry.moment, dates=dates)
        turns_here = entry.id in turns
        told = _fitted(entry_text(draft.heading(entry) if turns_here else entry.title, entry.detail), most=LINE_MOST)
        heading = f"*{draft.ENTRY_KINDS[entry.kind]}:* " if turns_here else ""
        yield f"`{time}` {heading}{told}"
    if len(shown) < len(incident.timeline):
        yield f"_{counted(len(incident.timeline) - len(shown), one='more line')} in the report_"


def _most_telling(entries: Sequence[Entry]) -> list[Entry]:
    def weight(entry: Entry) -> int:
        return _FIRST.index(entry.kind) if entry.kind in _FIRST else len(_FIRST)

    kept = {entry.id for entry in sorted(entries, key=weight)[:ENTRIES_TOLD]}
    return [entry for entry in entries if entry.id in kept]


def _bullet(text: str) -> str:
    return f"• {_fitted(text, most=LINE_MOST)}"


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
        if chunk and size + len(line) + 1 > SECTION_MOST:
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
