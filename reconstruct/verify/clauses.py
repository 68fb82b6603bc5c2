"""A line cut into the pieces that each claim one thing, with the times, figures and names in each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from reconstruct.verify.clock_times import Days, Written, read_dates, read_times, usable_zone
from reconstruct.verify.document import Cited, Line
from reconstruct.verify.evidence_index import Record
from reconstruct.verify.quantities import Figure, read_figures
from reconstruct.verify.vocabulary import Word, places, words

Verdict = Literal["holds", "contradicted", "not checked"]
Place = tuple[int, int]

_END: Final = re.compile(r"[;!?]\s+|(?<=[\w)%\"”'’`])\.\s+(?=[A-Z0-9“\"(`])")
_NOT_SAID: Final = re.compile(
    r"\b(?:should(?:n't)?|would(?:n't)?|could have|might|may have|if|unless|planned|scheduled|expected|supposed"
    r"|instead of|did(?:n't| not)|(?:was|were|is|are)(?:n't| not)|has(?:n't| not)|never|nobody|not until"
    r"|no longer)\b",
    re.IGNORECASE,
)
_TALK: Final = re.compile(
    r"\b(?:still|deci[ds]\w+|agree\w*|want\w*|suggest\w*|recommend\w*|says?|said|to (?:roll ?back|revert"
    r"|deploy|restart|migrate)|suspect\w*|review\w*|investigat\w+|discuss\w*|identif\w+|look(?:ed|ing|s)? (?:at"
    r"|into|for)|found|find(?:s|ing)?"
    r"|noticed|trac(?:ed|ing)|ack(?:ed|nowledg\w+)?|silenc\w+|mut(?:ed|ing)|escalat\w+|consider\w*|propos\w+"
    r"|approv\w+|prepar\w+"
    r"|reali[sz]\w+|conclu\w+|correlat\w+|blam\w+|check(?:ed|s|ing)?|confirm\w*|analy\w+|debug\w*|hypothes\w+"
    r"|point(?:ed|s) (?:to|at|out)"
    r"|thought|believ\w+|told|asked|post(?:ed|ing)|mention\w*|link(?:ed)?|attempt\w*|tried|try|tries"
    r"|fail(?:ed|s) to|no effect|partial\w*"
    r"|brief\w*|temporar\w+|first signs|join(?:ed|s)|talk\w*|open(?:ed|s)|plan(?:s|ned)?|ready|waiting for"
    r"|request(?:ed)? (?:a|the))\b",
    re.IGNORECASE,
)
"""What people thought, said or tried: a change named in it need not have been made then."""
_OURS: Final = re.compile(
    r"\b(?:supported|plausible|contradicted|inconclusive), (?:(?:over|under) )?\d+ %|\(rule `[^`]*`\)"
    r"|^Left to [^:]*: (?:(?:over|under) )?\S+ %|^−15 s: it may have been.*|Looked at [^.;]* one sample every [^.]*\."
    r"|(?:^|: )(?:No incident seen|Inconclusive), .* UTC$"
)
"""What our drafts say about themselves: confidences, rule names, the legend, what was looked at."""
_PROMQL: Final = re.compile(r"\[(?:\d+(?:ms|[smhdwy]))+(?::\w*)?\]|\{[^{}]*\}")
_VERSION: Final = re.compile(r"(?<![\w.:])[vr]?\d+(?:\.\d+){2,}[\w.+-]*|(?<![\w.:])v\d+(?:\.\d+)*\b")
_ORDINAL: Final = re.compile(r"\b\d+(?:st|nd|rd|th)\b|\b\d{3,}\s(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True, eq=False)
class Clause:
    """One piece of a line. Places count from the beginning of the line's text."""

    line: Line
    start: int
    text: str
    """Ids and what stands beside them are blanked: they say what shows it, not what happened."""
    words: tuple[Word, ...]
    times: tuple[Written, ...]
    figures: tuple[Figure, ...]
    stamp: Written | None
    """The time that the line begins with."""
    vocabulary: frozenset[str]
    """Its words, to see at once that a name cannot stand in it."""
    hedged: bool
    """It says what was not, or what should have been: no time or figure of it is a claim. A line that cites its
    evidence, as ours do, says what was."""

    talk: bool
    """It tells what people thought, said or tried: the evidence may bear it out, and cannot contradict it."""

    @property
    def cited(self) -> tuple[Cited, ...]:
        """Ids of the whole line: in a table they stand in a cell of their own."""
        return self.line.cited

    def places(self, wanted: Sequence[str]) -> Iterator[Place]:
        """Where the words of a name stand, one after the other."""
        return places(wanted, self.words) if self.vocabulary.issuperset(wanted) else iter(())


def around(clause: Clause, *places: Place) -> str:
    """The part of a clause between commas that holds all of `places`: a verb of another part is not about them."""
    start = min(start for start, _ in places) - clause.start
    end = max(end for _, end in places) - clause.start
    after = clause.text.find(",", end)
    return clause.text[clause.text.rfind(",", 0, max(0, start)) + 1 : after if after >= 0 else len(clause.text)]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check makes of one claim."""

    verdict: Verdict
    says: str
    evidence: tuple[str, ...]
    places: tuple[Place, ...]
    """Where in the line the claim's times, figures or words stand."""


def clauses(line: Line, record: Record) -> tuple[Clause, ...]:
    """The pieces of a line, in order."""
    shown = _blanked(line, record)
    titles = tuple(_titles(shown, record))
    times = tuple(t for t in _times(line, shown, record) if not any(a <= t.start < b for a, b in titles))
    figures = read_figures(shown, but=(*_no_figures(line, shown, times), *titles))
    begin = re.compile(r"\s*[\[(]?\s*").match(shown)
    first = begin.end() if begin else 0
    stamp = next((t for t in times if t.start <= first), None)
    found = []
    for start, end in _cuts(shown):
        inside = shown[start:end]
        here = tuple(Word(w.text, w.start + start, w.end + start) for w in words(inside))
        found.append(
            Clause(
                line,
                start,
                inside,
                here,
                tuple(t for t in times if start <= t.start < end),
                tuple(f for f in figures if start <= f.start < end),
                stamp if stamp is not None and start <= stamp.start < end else None,
                frozenset(w.text for w in here),
                not line.cited and bool(_NOT_SAID.search(inside)),
                not line.cited and bool(_TALK.search(inside)),
            )
        )
    return tuple(found)


def _blanked(line: Line, record: Record) -> str:
    text = line.text
    for cited in line.cited:
        label = cited.start + len(cited.id) + 2 * cited.sure
        until = text.find(cited.label, label) + len(cited.label) if cited.label and cited.sure else cited.end
        text = text[: cited.start] + " " * (until - cited.start) + text[until:]
    for condition in record.conditions:
        text = text.replace(condition, " " * len(condition))
    for pattern in (_OURS, _PROMQL):
        text = pattern.sub(lambda m: " " * len(m[0]), text)
    return text


def _titles(shown: str, record: Record) -> Iterator[Place]:
    """Where titles of events stand: a figure in one ("flag on for 100 %") is part of a name."""
    here = words(shown)
    vocabulary = frozenset(w.text for w in here)
    for wanted in set(record.event_phrases.values()):
        if vocabulary.issuperset(wanted):
            yield from places(wanted, here)


def _cuts(text: str) -> Iterator[Place]:
    start = 0
    for match in _END.finditer(text):
        yield start, match.start() + 1
        start = match.end()
    if text[start:].strip():
        yield start, len(text)


def _times(line: Line, shown: str, record: Record) -> Iterator[Written]:
    window = record.incident.evidence.window
    own = read_dates(line.text)
    ends = (time.tz_convert(record.zone or "UTC").tz_localize(None) for time in (record.known_from, record.known_until))
    first, last = (time.normalize() for time in ends)
    loose = not own and any(first <= date <= last for date in line.dates)
    for start, end, zone in line.cells:
        days = Days(window, usable_zone(zone) if zone else record.zone, own or line.dates, loose=loose)
        for time in read_times(shown[start:end], days):
            yield Written(
                time.start + start, time.end + start, time.text, time.may_be, time.precision_s, time.until, time.since
            )


def _no_figures(line: Line, shown: str, times: tuple[Written, ...]) -> Iterator[Place]:
    yield from ((t.start, t.end) for t in times)
    for pattern in (_VERSION, _ORDINAL):
        yield from (match.span() for match in pattern.finditer(shown))
    yield from ((start, end) for start, end, _ in line.cells if shown[start:end].strip().startswith("#"))
