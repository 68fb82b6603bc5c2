"""A document's times with their place in the world: which zone, which day, whose `T+25m`."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from reconstruct.verify.calendar_dates import DAY_S, Day, read_dates
from reconstruct.verify.clock_times import Placed, Unread, Written, instants
from reconstruct.verify.passages import Passage
from reconstruct.verify.record import Record
from reconstruct.verify.told_zones import zone_in, zone_told
from reconstruct.verify.vocabulary import has_digit
from reconstruct.verify.zones import UTC, ZONE, Zone, read_zone

_WRITTEN_DAY: Final = re.compile(
    r"\b(?:publish\w*|written|updated|created|last (?:edited|modified)|review\w*|meeting|author\w*|posted|due"
    r"|deadline|by)\b",
    re.IGNORECASE,
)
_DATE_LABEL: Final = re.compile(
    r"^\W*(?:(?:incident |outage |event |start )?(?:date|day|datum|fecha)(?: of (?:the )?(?:incident|outage))?"
    r"|when)\b\s*[:|]",
    re.IGNORECASE,
)
_NIGHT_S: Final = 6 * 3600.0
"""A time so much before the one above it in a list is the next day's."""
_WRITING_S: Final = 7 * DAY_S
"""A lone date so soon after the evidence may be the day of writing."""
ABOUT_S: Final = 300.0
"""How far `about 14:00` may be off."""


State = tuple[bool, float | None, int]
"""Whether a passage held a time of its own, the last one, and how many nights had passed."""
_LABEL: Final = 40
"""Characters of a line that is a label at most."""
_SHORT: Final = 200
"""Characters of a text whose dates are kept: headings, and lines that come again."""


@dataclass(slots=True)
class Setting:
    """What is known of zone and day while going down a document."""

    record: Record
    zone: Zone
    """Of times that tell none."""
    top: tuple[int, ...] = ()
    """The day that the document says it is about, at its beginning."""
    zero: tuple[tuple[float, float], ...] = ()
    """What `T` of `T+25m` can be."""
    _group: int = -1
    _last: float | None = None
    _night: int = 0
    _passage: Passage | None = None
    _day_of: tuple[str, ...] | None = None
    _day_told: tuple[int, ...] = ()
    _heads: dict[str, tuple[Day, ...]] = field(default_factory=dict)

    def dates(self, text: str) -> tuple[Day, ...]:
        """The dates in a text."""
        found = self._heads.get(text)
        if found is None:
            found = read_dates(text, years=self.record.years) if has_digit(text) else ()
            if len(text) < _SHORT:
                self._heads[text] = found
        return found

    def days_above(self, passage: Passage) -> tuple[int, ...]:
        """The days of the nearest heading with a date, else of the document's beginning."""
        if self._day_of is not None and self._day_of == passage.section:
            return self._day_told
        for heading in reversed(passage.section):
            days = [d for d in self.dates(heading) if not d.ambiguous]
            if days and passage.kind != "heading":
                return tuple(day for one in days for day in one.may_be)
        return self.top

    def context(self, passage: Passage) -> Hashable:
        """What the times of a passage depend on beside itself."""
        same = passage.group == self._group
        return self.days_above(passage), same and self._last, self._night if same else 0

    def state(self, passage: Passage) -> State:
        """What a passage leaves behind for the next one."""
        return passage.group == self._group, self._last, self._night

    def restore(self, state: State, passage: Passage) -> None:
        """Leave behind what a passage like this one left."""
        if state[0]:
            self._group, self._last, self._night, self._passage = passage.group, state[1], state[2], passage

    def enter(self, passage: Passage) -> None:
        """A passage that is nothing but a date dates what follows it in its section."""
        if len(passage.text) > 40 or passage.kind == "heading":
            return
        days = self.dates(passage.text)
        if len(days) == 1 and not days[0].ambiguous:
            rest = passage.text[: days[0].start] + passage.text[days[0].end :]
            if not re.sub(r"[^\w]|\b\w{3,9}day\b", "", rest):
                self._day_of, self._day_told = passage.section, days[0].may_be
                self._last, self._night = None, 0

    def place(self, written: Written, passage: Passage) -> Placed:
        """The intervals that a time can mean; none where it could not be read whole."""
        if written.unread:
            return Placed(written, ())
        size = written.precision_s
        off = ABOUT_S if written.about else 0.0
        if written.relative:
            if not self.zero:
                return Placed(replace(written, unread="no-zero"), ())
            spans = tuple((low + written.wall_s - size / 2, high + written.wall_s + size) for low, high in self.zero)
            return Placed(written, spans)
        zone = written.zone or self._zone_of(written, passage)
        if not zone.known:
            unread: Unread = "several-zones" if zone.text.isalpha() else "zone"
            return Placed(replace(written, unread=unread), ())
        moments = self._moments(written, passage, zone)
        # People round as often as they cut: 14:01:40 is written as 14:01 and as 14:02.
        return Placed(replace(written, zone=zone), tuple((at - size / 2 - off, at + size + off) for at in moments))

    def _zone_of(self, written: Written, passage: Passage) -> Zone:
        for cell in passage.cells:
            beside = (
                ZONE.fullmatch(passage.text[cell.start : cell.end].strip()) if _ZONE_HEAD.match(cell.head) else None
            )
            if beside is not None:
                return read_zone(beside["within"] or beside["bare"])
        # With a date in the cell before it a time spans two.
        spanned = [
            c for c in passage.cells if c.head and c.start < written.end and written.start < max(c.end, c.start + 1)
        ]
        for cell in spanned:
            told = zone_in(cell.head)
            if told is not None:
                return told
        for cell in spanned:
            if not _PLAIN_HEAD.search(cell.head) and any(zone_in(c.head) for c in passage.cells if c.head):
                return Zone(cell.head)  # beside a column of a known zone it is another one
        for heading in reversed(passage.section):
            told = zone_in(heading)
            if told is not None:
                return told
        return self.zone

    def _moments(self, written: Written, passage: Passage, zone: Zone) -> tuple[float, ...]:
        record = self.record
        if written.days:
            self._last, self._night = None, 0
            return _inside(instants(written.wall_s, written.days, zone), record)
        days = self.days_above(passage)
        if not days:
            found = instants(written.wall_s, record.days, zone)
            return _inside(found, record)
        if passage.group != self._group:
            self._group, self._last, self._night = passage.group, None, 0
        if passage is not self._passage and written.zone is None and _leads(written, passage):
            # Only the time that a line begins with: a second column may be in another zone.
            if self._last is not None and written.wall_s < self._last - _NIGHT_S and passage.kind in ("item", "row"):
                self._night += DAY_S
            self._last = written.wall_s
        self._passage = passage
        shifted = tuple(day + self._night for day in days)
        found = instants(written.wall_s, shifted, zone)
        if not _known(found, record) and not self._night:
            # The night that follows a heading's day belongs to it.
            late = instants(written.wall_s, tuple(day + DAY_S for day in days), zone)
            if _known(late, record) and written.wall_s < 12 * 3600:
                return late
            if zone.known and self.zone.known and zone.offset_at(days[0]) != self.zone.offset_at(days[0]):
                # The day is the document's; a column in another zone may show the day before or after.
                beside = instants(written.wall_s, tuple(d + by for d in days for by in (-DAY_S, DAY_S)), zone)
                if _known(beside, record):
                    return _inside(beside, record)
        return _inside(found, record)


def _leads(written: Written, passage: Passage) -> bool:
    """Whether a line, or a cell, begins with a time."""
    start = next((c.start for c in passage.cells if c.start <= written.start < c.end), 0)
    return not re.search(r"[^\W\d_]{3,}", passage.text[start : written.start])


def _known(moments: Sequence[float], record: Record) -> bool:
    return any(record.known_from <= at <= record.known_until for at in moments)


def _inside(moments: Sequence[float], record: Record) -> tuple[float, ...]:
    """Those that the evidence covers, else the one nearest to it."""
    kept = tuple(at for at in moments if record.known_from <= at <= record.known_until)
    if kept or not moments:
        return kept
    middle = (record.known_from + record.known_until) / 2
    return (min(moments, key=lambda at: abs(at - middle)),)


_ZONE_HEAD: Final = re.compile(r"\W*(?:time ?)?(?:zone|tz|zeitzone|offset)\W*$", re.IGNORECASE)
"""Heads of a column that tells each row's zone."""
_PLAIN_HEAD: Final = re.compile(
    r"\b(?:times?|when|start\w*|end\w*|begin\w*|from|to|until|clock|event|what|description|entry|notes?|status|duration"
    r"|action|phase)\b",
    re.IGNORECASE,
)
"""Heads of columns that tell no zone."""


def setting_of(passages: Sequence[Passage], record: Record, *, zone: str) -> Setting:
    """What the document as a whole says of zone and day."""
    told = next(
        (z for p in passages if p.kind != "code" and len(p.text) < 600 and (z := zone_told(p.text)) is not None), None
    )
    if told is None:
        # A line of its own over a list, that is no heading: "Timeline (CET)".
        labels = (p.text for p in passages if p.kind == "prose" and len(p.text) < _LABEL and not has_digit(p.text))
        told = next((z for text in labels if "(" in text and (z := zone_in(text)) is not None), None)
    default = read_zone(zone) if zone else UTC
    setting = Setting(record, told or default)
    setting.top = _top(passages, setting)
    setting.zero = _zero(record)
    return setting


def _top(passages: Sequence[Passage], setting: Setting) -> tuple[int, ...]:
    """The day in the title, or beside a label such as `Date:`, or the first in the opening paragraphs."""
    record = setting.record
    first, last = record.known_from - DAY_S, record.known_until + DAY_S
    for n, passage in enumerate(passages[:12]):
        labelled = _DATE_LABEL.match(passage.text)
        title = passage.kind == "heading" and n < 3
        if passage.kind == "code" or (_WRITTEN_DAY.search(passage.text) and not title and not labelled):
            continue
        days = [d for d in setting.dates(passage.text[:400]) if not d.ambiguous]
        if not days or (not labelled and not title and passage.kind in ("item", "row")):
            continue
        found = tuple(day for one in days for day in one.may_be)
        if any(first <= day <= last for day in found):
            return found
        alone = labelled or title
        if alone and not any(record.known_until < day <= record.known_until + _WRITING_S for day in found):
            return found
    return ()


def _zero(record: Record) -> tuple[tuple[float, float], ...]:
    """What people count from: the onset, the first alert, or the change that set it off."""
    found = [span[:2] for name in ("onset", "detected") if (span := record.stones.get(name)) is not None]
    triggers = {h.trigger for h in record.incident.explanation.hints[:1]}
    found += [(one.low, one.high) for one in record.happenings if one.event.id in triggers]
    return tuple(found)
