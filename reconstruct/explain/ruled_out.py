"""What the figures clear, with the figures; and what nothing measured, with what would be needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconstruct.explain import priors
from reconstruct.explain.context import Case, Levels, levels, near
from reconstruct.explain.rules.mechanism_shown import Reading, measured, specific
from reconstruct.model import Anomaly, NotChecked, RuledOut, Service, Sign
from reconstruct.text.reasons import clock, moved_from_to, stayed_or_moved
from reconstruct.text.units import human


def ruled_out(case: Case, readings: Sequence[Reading], *, told: Iterable[str]) -> tuple[RuledOut, ...]:
    """Mechanisms that nothing supports and whose signals stayed normal, moved too little, too late, or the wrong way.

    `told` are mechanisms that a hint speaks of. Each line cites the queries whose figures it gives.
    """
    spoken = set(told)
    found = []
    for reading in sorted(readings, key=lambda r: r.mechanism.id):
        if reading.mechanism.id in spoken or not specific(reading.mechanism):
            continue
        why = _why(case, reading)
        if why is not None:
            says, evidence = why
            service = case.first[0] if case.first else Service("")
            found.append(RuledOut(reading.mechanism.id, service, says, evidence))
    return tuple(found)


def not_checked(case: Case, readings: Sequence[Reading], *, told: Iterable[str]) -> tuple[NotChecked, ...]:
    """Mechanisms for which no signal has data, and what to export to check them."""
    spoken = set(told)
    return tuple(
        NotChecked(r.mechanism.id, _unseen(case, r))
        for r in sorted(readings, key=lambda r: r.mechanism.id)
        if r.mechanism.id not in spoken and specific(r.mechanism) and not _figures(case, _checks(r))
    )


def _unseen(case: Case, reading: Reading) -> str:
    """Why a mechanism could not be checked: what would tell went silent, or was never there."""
    silent = dict.fromkeys(m.signal.title for sign in _checks(reading) for m in measured(case, sign))
    if silent:
        return f"{', '.join(list(silent)[: priors.FIGURES])}: no samples while the impact lasted to compare with before"
    return f"no signal of that kind has data; {reading.mechanism.needs or 'see docs/mechanisms.md'}"


def _why(case: Case, reading: Reading) -> tuple[str, tuple[str, ...]] | None:
    """Why a mechanism is out, and the queries that show it; None where it is not."""
    still = _figures(case, _checks(reading))
    if not still or any(_at_bound(level) for level in still):
        return None
    if reading.shown and not reading.against:
        return None
    figures = "; ".join(_text(level) for level in still)
    queries = tuple(dict.fromkeys(level.query for level in still))
    if reading.too_short and not reading.must:
        short = reading.too_short[0]
        back = f"back at {clock(short.recovery.time)}, while" if short.recovery else "while"
        return f"{moved_from_to(short)}, {back} the impact lasted until {clock(case.until)}", _cited([short], queries)
    if reading.too_small and not reading.must:
        small = reading.too_small[0]
        return f"{moved_from_to(small)}, which cannot account for {_effect(case)}", _cited([small], queries)
    if reading.too_early and not reading.must:
        early = reading.too_early[0]
        return f"{moved_from_to(early)}, without harm until {clock(case.onset.time)}", _cited([early], queries)
    if reading.too_late and not reading.must:
        late = reading.too_late[0]
        return f"{moved_from_to(late)}, after the impact had begun", _cited([late], queries)
    if reading.against and reading.must:
        met = reading.against[0]
        return f"{met.sign.says or 'against it'}: {moved_from_to(met.by[0])}", _cited(met.by[: priors.FIGURES], queries)
    if not reading.missing:
        return None
    return figures, queries


def _checks(reading: Reading) -> tuple[Sign, ...]:
    return reading.mechanism.checked_by or reading.mechanism.must


def _figures(case: Case, signs: Iterable[Sign]) -> list[Levels]:
    """For each kind of signal the series that moved furthest the wrong way: the least flattering figure."""
    found: dict[str, Levels] = {}
    for sign in signs:
        for metric in measured(case, sign):
            own = [v for v in levels(case, metric) if near(case, v.service, v.signal)]
            if own and metric.signal.id not in found:
                found[metric.signal.id] = max(own, key=lambda v: (_moved(v), -v.column))
    known = sorted(found.values(), key=lambda v: (v.signal.inferred, v.signal.has_tag("by-instance"), -_moved(v)))
    return known[: priors.FIGURES]


def _at_bound(level: Levels) -> bool:
    """Whether a share of a resource had next to nothing left while the impact lasted: that rules nothing out.

    What may be more than the whole, as load per processor, has no bound there.
    """
    if level.signal.unit != "ratio" or level.signal.aspect not in ("utilisation", "saturation"):
        return False
    taken = 1.0 - level.during if level.signal.worse == "down" else level.during
    return priors.AT_CAPACITY <= taken <= 1.0


def _moved(level: Levels) -> float:
    by = level.during - level.before
    worse = -by if level.signal.worse == "down" else abs(by) if level.signal.worse == "both" else by
    return worse / max(abs(level.before), level.signal.min_effect, 1e-12)


def _text(level: Levels) -> str:
    return stayed_or_moved(level.signal.title, level.before, level.during, level.signal.unit)


def _effect(case: Case) -> str:
    if case.effect_s > 0:
        return f"requests that took {human(case.effect_s, 'seconds')} longer"
    return "the effect"


def _cited(anomalies: Iterable[Anomaly], queries: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*(a.id for a in anomalies), *(a.query for a in anomalies), *queries]))
