"""A chat export or hand-written notes: lines that begin with a time are notes, the lines below one belong to it."""

from __future__ import annotations

import re
from datetime import date

from reconstruct.errors import UsageError
from reconstruct.model import Event, Gap, Service
from reconstruct.sources.changes.record import event
from reconstruct.sources.changes.times import TimeReading, read_event_time, tells_zone
from reconstruct.sources.result import SourceRequest, SourceResult

_TIME = (
    r"(?:\d{4}-\d{2}-\d{2}[T ]|\d{1,2}\.\d{1,2}\.\d{4},? |\d{1,2}/\d{1,2}/\d{4},? )?"
    r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s?[AaPp][Mm])?(?:Z|\s?UTC|\s?GMT|[+-]\d{2}:?\d{2})?"
)
_LINE = re.compile(rf"^\s*(?:[-*+>|]\s*)?[\[(*`_]*(?P<time>{_TIME})(?!\d)[\])*`_]*\s*[-–—:|]?\s*(?P<text>.*?)[\s|]*$")
_HEADING = re.compile(r"^\s*(?:#+|[-=*_]+)?\s*(?P<date>\d{4}-\d{2}-\d{2})\s*(?:[-=*_:]+)?\s*$")
_SPEAKER = re.compile(r"^(?:<(?P<irc>[^<>\s]{1,64})>|@(?P<at>[\w.-]{1,64}):?)\s+")
"""`<anna> text` and `@anna: text`. A bare `anna:` is left alone: it may as well be `Page:`."""


def parse_chat(text: str, *, name: str, ask: SourceRequest) -> SourceResult:
    """Every line that begins with a time as a note, with its continuation lines; who said it only when asked for.

    A line that is a date alone dates the lines below it. Lines before the first time are one Gap.
    """
    today: date | None = None
    events: list[Event] = []
    gaps: list[Gap] = []
    unread: list[int] = []
    zoneless = False
    pending: tuple[int, str, list[str]] | None = None

    def close() -> None:
        if pending is None:
            return
        number, time, words = pending
        said = " ".join(word for word in words if word)
        reading = TimeReading(ask.window, ask.tz, today=today)
        try:
            events.append(_note(time, said, name=name, number=number, reading=reading, authors=ask.authors))
        except UsageError as error:
            cause = f"{error.message}; {error.hint}"
            gaps.append(Gap(id="", source=name, missing=f"the note on line {number}", cause=cause))

    for number, line in enumerate(text.splitlines(), start=1):
        if heading := _HEADING.match(line):
            close()
            pending = None
            try:
                today = date.fromisoformat(heading["date"])
            except ValueError:
                unread.append(number)
        elif match := _LINE.match(line):
            close()
            pending = (number, match["time"], [match["text"]])
            zoneless = zoneless or not tells_zone(match["time"])
        elif pending is not None:
            pending[2].append(line.strip())
        elif line.strip():
            unread.append(number)
    close()
    if not events and not gaps:
        raise UsageError(f"{name}: no line begins with a time", hint="write lines such as `13:45 rolled back shop`")
    if unread:
        lines = ", ".join(map(str, unread[:20])) + (", ..." if len(unread) > 20 else "")
        cause = "they stand before the first line that begins with a time"
        gaps.append(Gap(id="", source=name, missing=f"notes on {len(unread)} lines ({lines})", cause=cause))
    notes = (f"times without a zone in {name} are read as {ask.tz}",) if zoneless else ()
    return SourceResult(events=tuple(events), gaps=tuple(gaps), notes=notes)


def _note(time: str, said: str, *, name: str, number: int, reading: TimeReading, authors: bool) -> Event:
    labels: dict[str, str] = {}
    if speaker := _SPEAKER.match(said):
        said = said[speaker.end() :]
        if authors:
            labels["author"] = speaker["irc"] or speaker["at"]
    return event(
        time=read_event_time(time, reading=reading),
        kind="note",  # what people say of a deploy is not the deploy
        service=Service(""),
        title=said,
        source=name,
        source_id=f"line {number}",
        labels=labels,
    )
