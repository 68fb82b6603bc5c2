"""A chat export or hand-written notes: lines that begin with a time are notes, the lines below one belong to it.

A chat that was copied from a window has the speaker above the message, with the time behind the name or below it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from reconstruct.config.dates import read_day
from reconstruct.errors import UsageError
from reconstruct.model import Event, Gap, Service
from reconstruct.sources.changes.chat_tables import plain_tables
from reconstruct.sources.changes.people import without_people, without_speakers
from reconstruct.sources.changes.record import event
from reconstruct.sources.changes.times import TimeReading, leading_time, read_span, tells_zone
from reconstruct.sources.result import SourceRequest, SourceResult

_DAY_OF_WEEK: Final = re.compile(r"^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? (?=\d{4}-\d\d-\d\d )", re.MULTILINE)
_MARKS: Final = re.compile(r"^\s*(?:[-*+>|]\s*)?(?P<open>[\[(*`_]*)")
_AFTER: Final = re.compile(r"^[\])*`_]*\s*[-–—:|,;]?\s*")
_HEADING: Final = re.compile(r"^\s*(?:#+|[-=*_]+)?\s*(?P<date>\S.*?)\s*(?:[-=*_:]+)?\s*$")
_SPEAKER: Final = re.compile(
    r"^(?:<(?P<irc>[^<>\s]{1,64})>|@(?P<at>[\w.-]{1,64}):?|\*\s+(?P<me>[\w.|-]{1,64})(?=\s))\s+"
)
"""`<anna> text`, `@anna: text`, `* anna waves`. A bare `anna:` is left alone: it may as well be `Page:`."""
_MESSENGER: Final = re.compile(r"^(?P<name>[^:]{1,60}):\s+")
"""After `[17/11/2026, 13:58:02]` and `17/11/2026, 13:58 - ` messengers write who speaks."""
_NAME_AND_TIME: Final = re.compile(r"^(?P<name>[^\d:]{2,60}?)\s+\[?(?P<time>\d{1,2}:\d{2}(?:\s?[AaPp][Mm])?)\]?\s*$")
_COLUMNS: Final = re.compile(r"\t(?P<name>[\w@+%|\[\]{}^`<>-]{1,32})\t(?P<said>.*)")
_SYSTEM: Final = frozenset({"-->", "<--", "--", "=!="})
"""Where a client writes who came and went."""
"""WeeChat's and others' logs: the time, who, and what, between tabs."""
_LOG_LINE: Final = re.compile(
    r"(?:<\d{1,3}>1 (?P<syslog>\d{4}-\S+)|\[(?P<epoch>\d{10})\]"
    r'|@?(?:timestamp|datetime|date|time|at|ts|t)=(?P<quote>"?)(?P<field>\d{4}-[^"\s]+|\d{10,19})(?P=quote))\s+(?P<said>\S.*)'
)
"""Logs whose time does not stand bare in front: syslog (RFC 5424), logfmt, and Nagios' epoch seconds in brackets."""
_COMMIT: Final = re.compile(r"^[0-9a-f]{7,40} (?=\d{4}-\d\d-\d\d[ T]\d)")
"""`git log --format='%h %ci %s'`."""
_CAPITALISED: Final = re.compile(r"[^\W\d_][\w.'’-]*(?: [^\W\d_a-z][\w.'’-]*){0,3}")
_MOST_WORDS_IN_A_NAME: Final = 4


def parse_chat(text: str, *, name: str, ask: SourceRequest) -> SourceResult:
    """Every line that begins with a time as a note, with its continuation lines; who said it only when asked for.

    A line that is a date alone dates the lines below it. Lines before the first time are one Gap, and so is each line
    whose time has something beside it that is not understood.
    """
    today: date | None = None
    events: list[Event] = []
    gaps: list[Gap] = []
    unread: list[int] = []
    speakers: set[str] = set()
    zoneless = False
    pending: tuple[int, str, list[str], str] | None = None

    def gap(number: int, error: UsageError) -> None:
        gaps.append(Gap("", name, f"the note on line {number}", f"{error.message}; {error.hint}"))

    def close() -> None:
        if pending is None or (pending[3] and not any(pending[2])):
            return
        number, time, words, speaker = pending
        speakers.add(speaker)
        said = " ".join(word for word in words if word)
        reading = TimeReading(ask.window, ask.tz, today=today)
        try:
            events.append(_note(time, said, name=name, number=number, reading=reading, ask=ask, speaker=speaker))
        except UsageError as error:
            gap(number, error)

    whole = plain_tables(_DAY_OF_WEEK.sub("", text).splitlines(), authors=ask.authors)
    bracketed = _speakers_beside_times(whole)
    for number, line in enumerate(whole, start=1):
        if (day := _date_alone(line, near=today or ask.window.start.date())) is not None:
            close()
            pending = None
            today = day
            continue
        try:
            found = _time_and_text(line)
        except UsageError as error:
            close()
            pending = None
            gap(number, error)
            continue
        if found is not None:
            time, said, speaker = found
            if bracketed and said:
                said, speaker = "", said
            if not said and not speaker:
                speaker, pending, unread = _speaker_above(pending, unread, number=number, lines=whole)
            close()
            pending = (number, time, [said], speaker)
            zoneless = zoneless or not tells_zone(time)
        elif pending is not None:
            pending[2].append(line.strip())
        elif line.strip():
            unread.append(number)
    close()
    if not events and not gaps:
        raise UsageError(f"{name}: no line begins with a time", hint="write lines such as `13:45 rolled back shop`")
    if not ask.authors:
        events = without_speakers(events, speakers)
    if unread:
        lines = ", ".join(map(str, unread[:20])) + (", ..." if len(unread) > 20 else "")
        cause = "they stand before the first line that begins with a time"
        gaps.append(Gap(id="", source=name, missing=f"notes on {len(unread)} lines ({lines})", cause=cause))
    notes = (f"times without a zone in {name} are read as {ask.tz}",) if zoneless else ()
    return SourceResult(events=tuple(events), gaps=tuple(gaps), notes=notes)


def _speakers_beside_times(lines: list[str]) -> bool:
    """Whether a messenger's copy has `[time] Name` on each such line, and what was said below."""
    found = [
        (place, time_and_text[1]) for place, line in enumerate(lines) if (time_and_text := _bracketed(line)) is not None
    ]
    return len(found) > 1 and all(
        _CAPITALISED.fullmatch(said) and place + 1 < len(lines) and _bracketed(lines[place + 1]) is None
        for place, said in found
    )


def _bracketed(line: str) -> tuple[str, str] | None:
    match = re.fullmatch(r"\s*\[(?P<time>[^\[\]]*\d:\d\d[^\[\]]*)\]\s*(?P<said>.*?)\s*", line)
    return (match["time"], match["said"]) if match else None


def _date_alone(line: str, *, near: date) -> date | None:
    """The date that is all a line holds."""
    match = _HEADING.match(line)
    if match is None or not any(letter.isdigit() for letter in line):
        return None
    try:
        day = read_day(match["date"])
        return None if day is None else day.on_calendar(near=near)
    except (UsageError, ValueError):
        return None


def _time_and_text(line: str) -> tuple[str, str, str] | None:
    """(time, what was said, who said it) of a line that tells a time; None = it tells none."""
    if log := _LOG_LINE.fullmatch(line.strip()):
        return log["syslog"] or log["field"] or log["epoch"], log["said"].strip(), ""
    line = _COMMIT.sub("", line)
    marks = _MARKS.match(line)
    begins = line[marks.end() :] if marks else line
    found = leading_time(begins)
    if found is None:
        match = _NAME_AND_TIME.match(line.strip())
        if (
            match
            and len(match["name"].split()) <= _MOST_WORDS_IN_A_NAME
            and not line.lstrip().startswith(("-", "*", "|"))
        ):
            return match["time"], "", match["name"]
        return None
    time, rest = found
    said = re.sub(r"[\s|]+$", "", rest[m.end() :] if (m := _AFTER.match(rest)) else rest)
    if "/" in time and "," in time and (speaker := _MESSENGER.match(said)):
        return time, said[speaker.end() :], speaker["name"]
    if rest.startswith("\t") and (columns := _COLUMNS.fullmatch(rest)):
        said = "" if columns["name"] in _SYSTEM else columns["said"]
        return time, said, columns["name"].lstrip("@+%")
    if match := _SPEAKER.match(said):
        return time, said[match.end() :], match["irc"] or match["at"] or match["me"]
    return time, said, ""


def _speaker_above(
    pending: tuple[int, str, list[str], str] | None, unread: list[int], *, number: int, lines: list[str]
) -> tuple[str, tuple[int, str, list[str], str] | None, list[int]]:
    """A time alone on its line belongs to the name on the line above, which is then no part of the note before."""
    above = lines[number - 2].strip() if number > 1 else ""
    if not above or len(above.split()) > _MOST_WORDS_IN_A_NAME:
        return "", pending, unread
    if pending is not None and len(pending[2]) > 1 and pending[2][-1] == above:
        return above, (*pending[:2], pending[2][:-1], pending[3]), unread
    if unread and unread[-1] == number - 1:
        return above, pending, unread[:-1]
    return "", pending, unread


def _note(
    time: str, said: str, *, name: str, number: int, reading: TimeReading, ask: SourceRequest, speaker: str
) -> Event:
    begin, end = read_span(time, reading=reading)
    told = event(
        time=begin,
        end=end.time if end is not None else None,
        kind="note",  # what people say of a deploy is not the deploy
        service=Service(""),
        title=said,
        source=name,
        source_id=f"line {number}",
        labels={"author": speaker} if speaker and ask.authors else {},
    )
    return told if ask.authors else without_people(told, frozenset({speaker} if len(speaker) > 2 else ()))
