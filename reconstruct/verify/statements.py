"""Passages cut into statements: a sentence with its times, figures, names and what it says no to."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from reconstruct.verify.clock_times import Placed, Written, read_times
from reconstruct.verify.folding import AnyCase
from reconstruct.verify.passages import Passage
from reconstruct.verify.quantities import Figure, read_figures
from reconstruct.verify.reading import Setting
from reconstruct.verify.record import Record
from reconstruct.verify.vocabulary import Word, has_digit, places, words

Place = tuple[int, int]

_END: Final = re.compile(r"(?<=[\w)%\]\"”'’`])([.!?])(?:\s+(?=[A-Z0-9\"“(`«¿]|[a-z][a-z0-9]*_\w)|\s*$)|;\s+")
_ABBREVIATED: Final = re.compile(
    r"(?:\b(?:[ap]\.m|e\.g|i\.e|approx|ca|vs|no|nos|etc|dept|fig|St|Dr|inc|resp|incl|Jan|Feb|Mar|Apr"
    r"|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|[A-Z]))$"
)
_STAMP: Final = re.compile(
    r"^\W*(?:\d{1,2}(?:\.\d{1,2})*[.)]?\s+(?=\d))?(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?"
    r"|sun)(?:day)?,?\s+)?"
    r"(?:(?:at|around|about|approximately|by|on|from|since|between|circa|ca\.|~|um|à|a las"
    r"|gegen)\s+)*[\s\[(|~]*",
    re.IGNORECASE,
)
_SPLIT: Final = AnyCase(
    r"(?P<mark>[,:]\s+(?!\d{3}\b)|(?<!\s)\s+[–—-]\s+|\s\|\s|\s{0,4}[()]\s{0,4})(?P<word>(?:and|but|then|so"
    r"|yet)\s+)?(?:(?P<below>after|before|because|since|as|which|that|when|while|until|once|due to|following"
    r"|caused by)\b)?"
    r"|(?<!started)(?<!starts)(?<!start)(?<!began)(?<!begins)(?<!begin)(?<!returned)(?<!returns)(?<!return)(?<!back)\s(?:(?:and|but|then)\b(?:\s+(?:then"
    r"|the|we|it|they|so)\b)?|(?P<low>after|before|because|since|which"
    r"|when|while|until|once|due to|following|caused by|in order to|to)\b)"
)
_NOT: Final = AnyCase(
    r"\b(?:no(?![.,:;!])|not|never|nothing(?! to do with)|nobody|none|without|neither|nor|failed to|unable to"
    r"|cannot|instead of|(?:did|was|were|is|are|has|have|had|do|does|could|would|should|ca|wo)n['’]t)\b"
    r"(?! (?:contribut\w+|caus\w+|matter\w*|help\w*|affect\w*|relat\w+|involv\w+|to blame|responsible|at fault)\b)"
)
_WHY: Final = AnyCase(r"\b(?:why|how come|warum|wieso|pourquoi|por qué)\b")
_REACH: Final = 24
"""Characters behind "no" within which stands what it denies."""
_HEDGED: Final = AnyCase(
    r"\b(?:(?<!as it )(?<!as they )"
    r"should(?:n['’]t)?|would(?:n['’]t)?|could have|might|may have|may be|if|unless|planned|scheduled"
    r"|expected|supposed"
    r"|will|won['’]t|plan(?:s)? to|intend\w*|to be (?:done|deployed|added)|by default|in (?:the )?future"
    r"|ideally|typically|(?<!ed )(?<!ran )(?<!rs )(?<!ks )(?<!ng )normally|usually|always"
    r"|(?:similar|previous|prior|past|another|last|earlier) (?:\w+ )?(?:incident|outage|event|disruption|failure)s?"
    r"|expects? (?:to|the|that|a)|last (?:week|month|year|quarter)|yesterday|next (?:week|month|time|quarter))\b"
)
_PROMQL: Final = re.compile(r"\[(?:\d+(?:ms|[smhdwy]))+(?::\w*)?\]|\{[^{}]{0,400}\}")
_ADDRESS: Final = re.compile(r"<?\bhttps?://[^\s>|]*>?")
_VERSION: Final = re.compile(
    r"(?<![\w.:/])[vr]?\d+(?:\.\d+){2,}(?:[-+][\w.+-]*)?|(?<![\w.:])[vr]\d+(?:\.\d+)*\b"
    r"|(?<=version )\d+(?:\.\d+)*|(?<=release )\d+(?:\.\d+)*\b"
)
_NO_FIGURE: Final = re.compile(
    r"\b\d+(?:st|nd|rd|th)\b|[#№]\s?\d+|\b(?:INC|SEV|JIRA|P|PR|RFC|[A-Z]{2,8})-\d+\b|\b[A-Za-z_]+\d[\w-]*\b"
    r"|^\W*\d{1,2}(?:\.\d{1,2})+\s|\b(?:SEV|sev|P|S|HTTP|error|code|status|port|step|phase|part|version"
    r"|chapter|region|zone) ?\d+\b|\b[1-5]xx\b"
)
_LABEL: Final = re.compile(r"\s+(?!and\b)([^,;()`|]+)")
_ID: Final = re.compile(r"(?:al|ep|[aegqt])[1-9]\d{0,5}")


@dataclass(frozen=True, slots=True)
class Cited:
    """An id of a draft in a passage, and what is said beside it."""

    id: str
    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a statement between commas and conjunctions."""

    start: int
    end: int
    below: bool
    """It begins with `after`, `because`, ...: it is not what the statement says, but what that follows."""


@dataclass(frozen=True, eq=False)
class Statement:
    """One sentence. Places count from the beginning of the passage's text."""

    passage: Passage
    start: int
    text: str
    times: tuple[Placed, ...]
    figures: tuple[Figure, ...]
    stamp: Placed | None
    """The time that it begins with."""
    versions: tuple[tuple[int, int, str], ...]
    cited: tuple[Cited, ...]
    """Ids of the whole passage: in a table they stand in a cell of their own."""
    whole: bool = False
    """Its stamp speaks for all of it: a time alone in its cell, or on a line of its own below."""
    posted: bool = False
    """Its stamp stands below it: when it was told, not when it was."""

    @property
    def end(self) -> int:
        """Behind its last character."""
        return self.start + len(self.text)

    @cached_property
    def times_told(self) -> tuple[Placed, ...]:
        """Its times; of a range the first."""
        return tuple(t for t in self.times if t.written.role != "until")

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Its words, with places in the passage."""
        return tuple(Word(w.text, w.start + self.start, w.end + self.start) for w in words(self.text))

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Its words, to see at once that a name cannot stand in it."""
        return frozenset(w.text for w in self.words)

    def places(self, wanted: Sequence[str]) -> Iterator[Place]:
        """Where the words of a name stand, one after the other."""
        return places(wanted, self.words) if self.vocabulary.issuperset(wanted) else iter(())

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """Its parts, in order."""
        return tuple(_segments(self))

    def segment(self, place: int) -> int:
        """The number of the part in which a place lies."""
        return min(bisect_right(self._segment_ends, place), len(self.segments) - 1)

    @cached_property
    def _segment_ends(self) -> tuple[int, ...]:
        return tuple(s.end for s in self.segments)

    def negated(self, place: int, *, but: Place = (0, 0)) -> bool:
        """Whether the part of the statement around a place says no, outside of `but` ("could not log in")."""
        part = self.segments[self.segment(place)]
        for match in _NOT.finditer(self.passage.text, part.start, min(part.end, self.end)):
            if not (match.end() <= but[0] or match.start() >= but[1]):
                continue
            # "no" says no to what comes next: "no effect" does not undo what had none.
            if match[0].lower() in ("no", "without") and not 0 <= place - match.end() < _REACH:
                continue
            return True
        return False

    @cached_property
    def hedged(self) -> bool:
        """Whether it says what should be, may have been, or usually is: no claim about what was."""
        return bool(_HEDGED.search(self.text))

    @cached_property
    def question(self) -> bool:
        """Whether it asks; who asks why takes it that it was so."""
        return self._asks and not _WHY.search(self.text)

    @property
    def presumed(self) -> bool:
        """Whether it is no plain statement of what was when: it asks why, or tells when it was posted."""
        return self.posted or self._asks

    @cached_property
    def _asks(self) -> bool:
        return self.text.rstrip(' *_`"”').endswith("?")


def _segments(statement: Statement) -> Iterator[Segment]:
    start, below = 0, False
    text = statement.text
    taken = [(t.written.start - statement.start, t.written.end - statement.start) for t in statement.times]
    ends = {t.written.pair: t.written.end for t in statement.times if t.written.role == "until"}
    taken += [(a, ends[a + statement.start] - statement.start) for a, _ in taken if a + statement.start in ends]
    for match in _SPLIT.finditer(text):
        if any(a < match.end() and match.start() < b for a, b in taken):
            continue
        if text[start : match.start()].strip(" -–—|,:()"):
            yield Segment(statement.start + start, statement.start + match.start(), below)
        start, below = match.start(), bool(match["below"] or match["low"])
    yield Segment(statement.start + start, statement.end, below)


def statements(passage: Passage, setting: Setting) -> Iterator[Statement]:
    """The statements of a passage, in order."""
    cited = tuple(cited_in(passage))
    shown = _blanked(passage, cited, setting.record)
    if not any(c.isalnum() for c in shown):
        return
    dates = setting.dates(shown)
    written = read_times(shown, dates) if _may_hold_time(shown) else ()
    versions = tuple(
        (m.start(), m.end(), m[0].removeprefix("v") if m[0][:1] == "v" else m[0]) for m in _VERSION.finditer(shown)
    )
    versions += tuple(_known_versions(shown, setting.record, versions))
    written = _columns(passage, written)
    placed = [setting.place(one, passage) for one in written]
    _order_ranges(placed)
    no_figures = sorted(
        [(t.start, t.end) for t in written]
        + [(d.start, d.end) for d in dates]
        + [(a, b) for a, b, _ in versions]
        + [m.span() for m in _NO_FIGURE.finditer(shown)]
    )
    figures = read_figures(shown, but=no_figures) if has_digit(shown) or _MAY_COUNT.search(shown) else ()
    below = _below(passage, shown, placed)
    signed = _signed(passage, shown, written)
    cuts = list(_cuts(passage, shown, [t.start for t in written])) if below is None else [(0, len(shown))]
    if signed:
        cuts = signed
    for start, end in cuts:
        text = shown[start:end]
        begin = _STAMP.match(text)
        first = start + (begin.end() if begin else 0)
        inside = tuple(t for t in placed if start <= t.written.start < end)
        message = start in {a for a, _ in signed}
        if message and len(inside) > 1:
            # When a message was posted says nothing of what it tells with a time of its own.
            message, first, inside = False, -1, inside[1:]
        stamp = next((t for t in inside if t.written.start <= first), None)
        alone = stamp is None and ((passage.kind == "row" and _alone(passage, shown, inside)) or message)
        stamp = below or (inside[0] if alone else stamp)
        yield Statement(
            passage,
            start,
            text,
            inside,
            tuple(f for f in figures if start <= f.start < end),
            stamp,
            tuple(v for v in versions if start <= v[0] < end),
            cited,
            whole=alone or below is not None,
            posted=below is not None,
        )


def _columns(passage: Passage, written: tuple[Written, ...]) -> tuple[Written, ...]:
    """The times of a row under heads such as Start and End are a range's."""
    if passage.kind != "row" or len(written) < 2:
        return written
    told = list(written)
    heads = [next((c.head for c in passage.cells if c.start <= one.start < c.end), "") for one in written]
    for n in range(len(told) - 1):
        if _STARTS.match(heads[n]) and _ENDS.match(heads[n + 1]) and not (told[n].role or told[n + 1].role):
            told[n], told[n + 1] = (
                replace(told[n], role="since", pair=told[n + 1].start),
                replace(told[n + 1], role="until", pair=told[n].start),
            )
    return tuple(told)


_STARTS: Final = re.compile(
    r"\W*(?:start|begin|began|from|since|onset|beginn|von|début|de|inicio|desde)", re.IGNORECASE
)
_ENDS: Final = re.compile(r"\W*(?:end|until|till|to\b|finish|stop|ende|bis|fin|à\b|hasta)", re.IGNORECASE)


def _below(passage: Passage, text: str, placed: Sequence[Placed]) -> Placed | None:
    """The time that stands alone on the last line of a paragraph: that of a status page's update above it."""
    if not passage.breaks or not placed or passage.kind not in ("prose", "item"):
        return None
    line = passage.breaks[-1]
    last = placed[-1]
    if last.written.start < line or any(p.written.start < line for p in placed):
        return None
    if not re.search(r"[.!?)\"”]\s*$", text[max(0, line - 8) : line]):
        return None
    rest = text[line : last.written.start] + text[last.written.end :]
    return None if re.search(r"[^\W\d_]{2,}", re.sub(_WEEKDAY, "", rest)) else last


def _signed(passage: Passage, text: str, written: Sequence[Written]) -> list[Place]:
    """Messages of a chat, each under a line of a name and a time: `Noor  2:05 PM`."""
    edges = (0, *passage.breaks)
    first = []
    for n, start in enumerate(edges):
        end = edges[n + 1] if n + 1 < len(edges) else len(text)
        mine = [t for t in _near_times(written, start) if start < t.start < end]
        if len(mine) == 1 and n + 1 < len(edges):
            name = text[start : mine[0].start]
            if _NAME.fullmatch(name) and not re.search(r"\w", text[mine[0].end : end]):
                first.append(start)
    if not first or first[0] != 0 or (len(first) == 1 and not _SENDER.match(text)):
        return []
    return [(a, b) for a, b in zip(first, [*first[1:], len(text)], strict=True)]


def _near_times(written: Sequence[Written], start: int) -> Sequence[Written]:
    n = bisect_left(written, start, key=lambda one: one.start)
    return written[n : n + 2]


_SENDER: Final = re.compile(r"\W*[^\W\d_][\w.'-]*(?: [A-Z][\w.'-]*)?[\s,:·|\[(–—-]+\d")
"""One name and a time: enough where a single message stands under it."""
_NAME: Final = re.compile(r"\W*[^\W\d_][\w.'-]*(?: [\w.'()-]+){0,3}[\s,:·|\[(–—-]+(?:(?:today|at) ?)*", re.IGNORECASE)


def _alone(passage: Passage, text: str, inside: Sequence[Placed]) -> bool:
    """Whether the first time of a row fills a cell."""
    if not inside:
        return False
    first = inside[0].written
    cell = next((c for c in passage.cells if c.start <= first.start < c.end), None)
    return cell is not None and not re.search(r"\w", text[cell.start : first.start] + text[first.end : cell.end])


_WEEKDAY: Final = re.compile(r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b", re.IGNORECASE)


def _known_versions(text: str, record: Record, found: Sequence[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Versions that events of the evidence have, be they of no usual form ("r11")."""
    known = {version for version in record.versions if len(version) > 1}
    if not any(version in text for version in known):
        return
    for match in _TOKEN.finditer(text):
        told = match[0].strip(".:!?`*'\"")
        start = match.start() + match[0].find(told)
        if told in known and not any(a <= start < b for a, b, _ in found):
            yield start, start + len(told), told


_TOKEN: Final = re.compile(r"[^\s,;()|]+")
_MAY_COUNT: Final = re.compile(
    r"\b(?:in|out of) (?:every )?\w{3,5} |\b(?:half|hour|minute|second|day|third|quarter)s?\b"
)


def _may_hold_time(text: str) -> bool:
    return has_digit(text) or "noon" in text or "midnight" in text


def _order_ranges(placed: list[Placed]) -> None:
    """The second time of a range that lies before the first is the next day's."""
    for n in range(1, len(placed)):
        one, other = placed[n - 1], placed[n]
        if other.written.role == "until" and one.may_be and other.may_be and not other.written.days:
            starts = one.may_be[0][0]
            later = tuple((low + 86_400, high + 86_400) if high < starts else (low, high) for low, high in other.may_be)
            placed[n] = replace(other, may_be=later)


def _cuts(passage: Passage, text: str, times: Sequence[int]) -> Iterator[Place]:
    """Sentences; a new line of the source begins one where it begins with a time, as the first one does."""
    edges = {0, len(text)}
    for match in _END.finditer(text):
        if match[1] == "." and _ABBREVIATED.search(text, max(0, match.start() - 8), match.start()):
            continue
        edges.add(match.end())
    stamped = set(times)
    begins = {m.end() for m in [_STAMP.match(text)] if m}
    if passage.breaks and stamped & {n for b in begins for n in range(b + 1)}:
        for place in passage.breaks:
            lead = _STAMP.match(text[place : place + 80])
            if lead and any(place <= t <= place + lead.end() for t in _near(times, place)):
                edges.add(place)
    if passage.breaks and _KEYED.match(text):
        edges.update(place for place in passage.breaks if _KEYED.match(text[place : place + 60]))
    if passage.kind == "item":
        edges.update(b for b in passage.breaks if re.match(r"[-*+•] ", text[b : b + 2]))
    rim = sorted(edges)
    for n in range(len(rim) - 1):
        if text[rim[n] : rim[n + 1]].strip():
            yield rim[n], rim[n + 1]


_KEYED: Final = re.compile(r"[\s*_]*[A-Z][\w /()-]{1,30}:\s*\S")
"""`Detected: 13:57`: lines of their own, where one follows the other."""


def _near(times: Sequence[int], place: int) -> Sequence[int]:
    n = bisect_left(times, place)
    return times[n : n + 2]


def cited_in(passage: Passage) -> Iterator[Cited]:
    """The ids of our drafts that stand in code font in a passage."""
    for n, (start, end) in enumerate(passage.ticks):
        if _ID.fullmatch(passage.text, start, end):
            until = passage.ticks[n + 1][0] if n + 1 < len(passage.ticks) else len(passage.text)
            beside = _LABEL.match(passage.text, end, until)
            yield Cited(passage.text[start:end], start, end, beside[1].strip() if beside else "")


def _blanked(passage: Passage, cited: Sequence[Cited], record: Record) -> str:
    """The text with what claims nothing as blanks: ids and what stands beside them, queries, addresses, conditions."""
    text = passage.text
    for one in cited:
        until = text.find(one.label, one.end) + len(one.label) if one.label else one.end
        text = text[: one.start] + " " * (until - one.start) + text[until:]
    for known in (*record.conditions, *record.titles):
        if known in text:
            text = text.replace(known, _letters(known))
    for pattern in (_ADDRESS, _PROMQL):
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    return text


def _letters(title: str) -> str:
    """A title without the figures in it."""
    return re.sub(r"(?<![\w.])\d+(?:\.\d+)?[A-Za-z]{0,3}(?=\s?%|\s|$)", lambda match: " " * len(match[0]), title)
