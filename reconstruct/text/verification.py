"""What `verify` found, in words: what the evidence shows, how far off the document is, and why something is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from reconstruct.model.facts import Quantity
from reconstruct.model.kinds import Service
from reconstruct.model.verification import Finding, Line, Omission, Reason, Shown
from reconstruct.text.times import Clock
from reconstruct.text.units import human, human_duration

MILESTONES: Final = {
    "onset": "onset",
    "detected": "first alert",
    "mitigated": "mitigation",
    "recovered": "recovery",
}
_DURATIONS: Final = {
    "time_to_detect_s": "time to detect",
    "time_to_mitigate_s": "time to mitigate",
    "time_to_recover_s": "time to recover",
    "detect_to_mitigate_s": "detection to mitigation",
    "mitigate_to_recover_s": "mitigation to recovery",
    "detect_to_recover_s": "first alert to recovery",
    "onset_to_last_alert_s": "onset to the end of the last alert",
}
_UNREAD: Final = {
    "clock": "no clock shows this time",
    "zone": "its zone is not known: give an offset such as UTC+1",
    "several-zones": "this abbreviation stands for more than one zone: give an offset such as UTC+1",
    "date": "this date can be read in two ways: write 2026-04-03 or 3 April 2026",
    "too-many-times": "not read: one sentence with more times than a sentence tells",
    "too-long": "not read from here on: the document has more different sentences than are judged",
    "no-zero": "nothing tells from when T counts",
}
_SAME_S: Final = 1.0
"""Less than this off is not told."""


def worded(finding: Finding, clock: Clock) -> str:
    """A finding in one sentence.

    >>> import pandas as pd
    >>> from reconstruct.model.verification import Claim
    >>> at = pd.Timestamp("2026-01-01T13:57:20Z")
    >>> shown = Shown("alert-fired", "ProbeFailed", "al1", at, at, 160.0)
    >>> worded(Finding(Claim("alert", 1, 1, 1, 9, "14:00"), "confirmed", "matches", (shown,)), Clock())
    'ProbeFailed fired at 13:57:20 (al1), 2 min 40 s earlier than written'
    """
    return _WORDS[finding.reason](finding, clock)


def line_worded(line: Line, clock: Clock) -> str:
    """What decides a line's verdict, then what of it is open."""
    first = [worded(f, clock) for f in line.findings if f.verdict == line.verdict]
    said = "; ".join(dict.fromkeys(first))
    open_ = [f"{f.claim.text}: {worded(f, clock)}" for f in line.findings if f.verdict == "unverifiable"]
    if line.verdict != "unverifiable" and open_:
        said += f". Unverifiable: {'; '.join(dict.fromkeys(open_))}"
    return said


def omission_worded(omission: Omission, clock: Clock) -> str:
    """What the document leaves out, in one sentence."""
    shown = [_shown(one, clock, off=False) for one in omission.shown]
    seconds = omission.facts.get("seconds")
    length = human_duration(float(seconds)) if isinstance(seconds, float | int) else ""
    if omission.kind == "impact-before-detection":
        return f"impact began {length} before the first alert: {', '.join(shown)}"
    if omission.kind == "change-before":
        return f"{shown[0]}, {length} before onset"
    if omission.kind == "no-effect":
        return f"{shown[0]}, while the incident went on; {shown[-1]}"
    if omission.kind == "early-resolve":
        why = "because its data were missing" if omission.facts.get("in_gap") else "and fired again"
        return f"{shown[0]}, before the recovery, {why}"
    if omission.kind == "named-once":
        return f"{omission.shown[0].name} is named once (line {omission.facts['line']}): what became of it?"
    if omission.kind == "episode":
        return f"a second episode: {shown[0]}"
    return f"monitoring gap: {'; '.join(shown)}"


def _shown(one: Shown, clock: Clock, *, off: bool = True) -> str:
    text = _SHOWN.get(one.what, _named)(one, clock)
    text += f" ({one.id})" if one.id and one.what not in ("id", "line", "zone") else ""
    return text + (_off(one) if off else "")


def _off(one: Shown) -> str:
    if abs(one.off_s) < _SAME_S or one.low is None:
        return ""
    return f", {human_duration(abs(one.off_s))} {'earlier' if one.off_s > 0 else 'later'} than written"


def _when(one: Shown, clock: Clock) -> str:
    if one.low is None:
        return ""
    if one.high is None or (one.high - one.low).total_seconds() < _SAME_S or one.what == "note":
        return clock.time(one.low)
    return clock.span(one.low, one.high)


def _change(one: Shown, clock: Clock) -> str:
    facts = one.facts
    service = facts.get("service")
    named = " ".join(
        p for p in (service.name if isinstance(service, Service) else "", str(facts.get("version") or "")) if p
    )
    kind = "config change" if facts.get("kind") == "config" else str(facts.get("kind") or "change")
    told = f"{kind} of {named}" if named and kind not in ("flag", "restart", "job") else f"“{one.name}”"
    return f"{told} {'complete ' if one.what == 'change-end' else ''}at {_when(one, clock)}"


def _figures(one: Shown, _: Clock) -> str:
    facts = one.facts
    first, second = (facts.get(k) for k in (("baseline", "peak") if one.what == "anomaly" else ("low", "high")))
    if not isinstance(first, Quantity) or not isinstance(second, Quantity):
        return one.name
    joined = f"{human(first.value, first.unit)} to {human(second.value, second.unit)}"
    return f"{one.name}: {joined}" + ("" if one.what == "anomaly" else " in the window")


def _hint(one: Shown, clock: Clock) -> str:
    confidence = one.facts.get("confidence")
    share = f", {float(confidence):.0%}".replace("%", " %") if isinstance(confidence, float | int) else ""
    of = one.facts.get("of")
    change = ""
    if isinstance(of, Service):
        named = " ".join(p for p in (of.name, str(one.facts.get("version") or "")) if p)
        change = f" after the {one.facts.get('kind')} of {named} at {_when(one, clock)}"
    return f"{one.name.replace('-', ' ')}{change} ({one.facts.get('verdict', 'hint')}{share})"


def _duration(one: Shown, _: Clock) -> str:
    value = one.facts.get("value_s")
    length = human_duration(float(value)) if isinstance(value, float | int) else ""
    return f"{_DURATIONS.get(one.name, one.name)} {length}".strip()


def _impact(one: Shown, clock: Clock) -> str:
    value = one.facts.get("value_s")
    if isinstance(value, float | int):
        return f"impact on {one.name} {human_duration(float(value))}"
    return f"impact on {one.name} {'ended' if one.what == 'impact-end' else 'began'} at {_when(one, clock)}"


def _named(one: Shown, clock: Clock) -> str:
    return " ".join(part for part in (one.name, _when(one, clock)) if part)


_SHOWN: Final[Mapping[str, Callable[[Shown, Clock], str]]] = {
    "change": _change,
    "change-end": _change,
    "note": lambda one, clock: f"note “{one.name}” at {_when(one, clock)}",
    "alert-fired": lambda one, clock: f"{one.name} fired at {_when(one, clock)}",
    "alert-resolved": lambda one, clock: f"{one.name} resolved at {_when(one, clock)}",
    "alert-pending": lambda one, clock: f"{one.name} pending at {_when(one, clock)}",
    "milestone": lambda one, clock: f"{MILESTONES.get(one.name, one.name)} {_when(one, clock)}",
    "episode": lambda one, clock: f"episode from {_when(one, clock)}",
    "impact": _impact,
    "impact-end": _impact,
    "anomaly": _figures,
    "anomaly-start": lambda one, clock: f"{one.name} left its baseline at {_when(one, clock)}",
    "anomaly-end": lambda one, clock: f"{one.name} recovered at {_when(one, clock)}",
    "value": _figures,
    "hint": _hint,
    "duration": _duration,
    "ruled-out": lambda one, _: f"{one.name.replace('-', ' ')} ruled out",
    "calm": lambda _, __: "no signal of it got worse",
    "gap": lambda one, clock: f"{one.name} {_when(one, clock)}".strip(),
    "line": lambda one, _: f"“{one.name}”" if one.name else "",
}


def _all(shown: Sequence[Shown], clock: Clock, *, most: int = 2) -> str:
    return "; ".join(dict.fromkeys(_shown(one, clock) for one in shown[:most]))


def _matches(finding: Finding, clock: Clock) -> str:
    return _all(finding.shown, clock, most=1)


def _differs(finding: Finding, clock: Clock) -> str:
    tolerance = f" (tolerance {human_duration(finding.tolerance_s)})" if finding.tolerance_s else ""
    return f"{_all(finding.shown, clock)}, not {finding.claim.value or finding.claim.text}{tolerance}"


def _with_shown(words: str) -> Callable[[Finding, Clock], str]:
    def said(finding: Finding, clock: Clock) -> str:
        shown = _all(finding.shown, clock)
        return f"{words}: {shown}" if shown else words

    return said


def _human(finding: Finding, clock: Clock) -> str:
    stone = next((s for s in finding.shown if s.what == "milestone"), None)
    rest = [s for s in finding.shown if s is not stone]
    placed = ""
    if stone is not None:
        side = "after" if stone.off_s >= 0 else "before"
        placed = f", {human_duration(abs(stone.off_s))} {side} the {MILESTONES.get(stone.name, stone.name)}"
    return f"a human act{placed}" + (f"; {_all(rest, clock)}" if rest else "")


def _own(words: str) -> Callable[[Finding, Clock], str]:
    def said(finding: Finding, clock: Clock) -> str:
        quoted = next((f" {_shown(s, clock, off=False)}" for s in finding.shown if s.what == "line" and s.name), "")
        off = next((s.off_s for s in finding.shown if s.what == "line" and s.off_s), 0.0)
        apart = f" ({human_duration(abs(off))} {'later' if off > 0 else 'earlier'})" if off else ""
        length = finding.facts.get("seconds", finding.facts.get("number"))
        told = (
            f", {human_duration(float(length)) if 'seconds' in finding.facts else f'{length:g}'} there"
            if isinstance(length, float | int)
            else ""
        )
        return f"{words} line {finding.other_line}{quoted}{told}{apart}"

    return said


def _own_zone(finding: Finding, _: Clock) -> str:
    return f"the table of line {finding.other_line} is in {finding.shown[0].name}, not {finding.shown[1].name}"


_WORDS: Final[Mapping[Reason, Callable[[Finding, Clock], str]]] = {
    "matches": _matches,
    "differs": _differs,
    "outside": lambda *_: "outside what the evidence covers",
    "unread": lambda finding, _: _UNREAD.get(str(finding.facts.get("why")), "not read"),
    "hedged": lambda *_: "what was not, or what should be, is not measured",
    "nothing-named": lambda *_: "the evidence has nothing of this kind at that time",
    "no-such-change": _with_shown("no such change in the evidence (--events adds changes)"),
    "no-such-alert": lambda *_: "no alert of that name or kind in the evidence",
    "not-measured": lambda *_: "the evidence has no signal that measures it",
    "lies-between": _with_shown("not decided"),
    "happened": lambda finding, clock: _all(finding.shown, clock, most=1),
    "did-not-happen": lambda *_: "the evidence has none",
    "human-act": _human,
    "cause-first-hint": _with_shown("a cause is never confirmed; hint"),
    "cause-dismissed": _with_shown("dismissed as a cause"),
    "cause-ruled-out": _with_shown("not the cause"),
    "cause-unknown": _with_shown("a cause is never confirmed"),
    "healthy": _with_shown("healthy"),
    "not-healthy": _with_shown("not healthy"),
    "moved": _with_shown("it moved, and whether users saw it is not shown"),
    "no-count": lambda *_: "no metric and no note counts them",
    "wrong-name": _with_shown("another name"),
    "drafted": lambda finding, _: f"our draft over this evidence has “{finding.shown[0].name}” there",
    "no-such-id": lambda *_: "nothing in the evidence has this id",
    "own-window": _own("does not agree with"),
    "own-duration": _own("does not agree with the times of"),
    "own-order": _own("out of order with"),
    "own-number": _own("another number in"),
    "own-cause": _own("another cause in"),
    "own-detection": _own("detected before the start in"),
    "own-zone": _own_zone,
    "zone-not-in-force": lambda finding, _: f"{finding.shown[0].name} is not kept on that day",
}
