"""Rule mechanism-shown: what must move did, what must not move did not, early enough and by enough."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconstruct.explain import priors
from reconstruct.explain.context import Case, in_time, is_kind, lasts_with_impact, material, near, with_impact
from reconstruct.explain.symptoms import FELT_ASPECTS, FELT_LAYERS
from reconstruct.model import Anomaly, Mechanism, Metric, Reason, Sign
from reconstruct.text.reasons import moved_from_to

RULE = "mechanism-shown"
TESTS = (in_time, with_impact, lasts_with_impact, material)
"""What an anomaly must pass to speak for a mechanism, or against it."""
UNKNOWN = Mechanism("unknown", "Unexplained", "")


@dataclass(frozen=True, slots=True)
class Met:
    """A sign, and the anomalies that show it, the most telling first; none where staying still is the sign."""

    sign: Sign
    by: tuple[Anomaly, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One mechanism held against the case."""

    mechanism: Mechanism
    must: tuple[Met, ...]
    may: tuple[Met, ...]
    against: tuple[Met, ...]
    missing: tuple[Sign, ...]
    """Signs that it must show, that are measured, and that are not there."""
    unmeasured: tuple[Sign, ...]
    """... and those that nothing measures."""
    too_small: tuple[Anomaly, ...]
    """What moved the right way, by too little to account for the effect."""
    too_late: tuple[Anomaly, ...]
    """What moved the right way, after the impact had begun."""
    too_early: tuple[Anomaly, ...]
    """What had stood there for minutes before the impact, without harm."""
    too_short: tuple[Anomaly, ...] = ()
    """What was back to normal long before the impact was over."""

    @property
    def shown(self) -> bool:
        """Whether everything measured that must be there is."""
        return bool(self.must) and not self.missing

    @property
    def weight(self) -> float:
        """Log-odds against a mechanism of which nothing is seen; below 0 it is contradicted."""
        if not self.shown:
            return 0.0
        general = priors.GENERAL - priors.MUST if not specific(self.mechanism) else 0.0
        return (
            priors.MUST * len(self.must)
            + priors.MAY * len(self.may)
            + priors.MUST_NOT * len(self.against)
            + priors.UNMEASURED_SIGN * len(self.unmeasured)
            + general
        )

    @property
    def anomaly(self) -> Anomaly | None:
        """The one that shows it best: of a service as a whole, where instances show no more than that."""
        best = next((met.by for met in (*self.must, *self.may) if met.by), None)
        if best is None:
            return None
        first = best[0]
        alike = (
            a
            for a in best
            if (a.signal.layer, a.signal.aspect, a.service) == (first.signal.layer, first.signal.aspect, first.service)
        )
        return next((a for a in alike if not a.signal.has_tag("by-instance") and not a.signal.inferred), first)


def specific(mechanism: Mechanism) -> bool:
    """Whether it says more than that something users feel got worse."""
    return any(
        sign.tags or not set(sign.layers) <= set(FELT_LAYERS) or not set(sign.aspects) <= set(FELT_ASPECTS)
        for sign in mechanism.must
    )


def read(case: Case) -> tuple[Reading, ...]:
    """Every mechanism held against the case, the best shown first."""
    readings = [_read(case, m) for m in case.settings.mechanisms]
    order = {m.id: n for n, m in enumerate(case.settings.mechanisms)}
    return tuple(sorted(readings, key=lambda r: (-r.weight, order[r.mechanism.id])))


def reasons(reading: Reading) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """What the signals say for a mechanism, and against it."""

    def say(met: Met, weight: float) -> Reason:
        told = "; ".join(dict.fromkeys(moved_from_to(a) for a in met.by[: priors.FIGURES]))
        says = f"{met.sign.says}: {told}" if met.sign.says and told else (told or met.sign.says)
        return Reason(RULE, says, tuple(a.id for a in met.by[: priors.FIGURES]), weight)

    favour = [say(met, priors.MUST) for met in reading.must if met.by]
    favour += [say(met, priors.MAY) for met in reading.may if met.by]
    return tuple(favour), tuple(say(met, priors.MUST_NOT) for met in reading.against if met.by)


def measured(case: Case, sign: Sign) -> tuple[Metric, ...]:
    """The metrics of a sign's kind that have any sample near what was affected."""
    kinds = (sign, *sign.alternatives)
    return tuple(
        m
        for m in case.evidence.metrics
        if any(
            is_kind(case, m.signal, s, k) and near(case, s, m.signal) for s in dict.fromkeys(m.services) for k in kinds
        )
        and bool(m.values.notna().to_numpy().any())
    )


def _read(case: Case, mechanism: Mechanism) -> Reading:
    must, missing, unmeasured = [], [], []
    too_small: list[Anomaly] = []
    too_late: list[Anomaly] = []
    too_early: list[Anomaly] = []
    too_short: list[Anomaly] = []
    for sign in mechanism.must:
        moved = _moved(case, sign)
        if sign.moves == "none":
            fits: tuple[Anomaly, ...] = ()
            there = not any(a.worse and material(case, a) and lasts_with_impact(case, a) for a in moved) and bool(
                measured(case, sign)
            )
        else:
            late = [a for a in moved if not in_time(case, a)]
            early = [a for a in moved if a not in late and not with_impact(case, a)]
            small = [a for a in moved if a not in late and a not in early and not material(case, a)]
            rest = [a for a in moved if a not in late and a not in early and a not in small]
            fits = tuple(a for a in rest if lasts_with_impact(case, a))
            there = bool(fits)
            if not there:
                too_late += late
                too_early += early
                too_small += small
                too_short += rest
        if there:
            must.append(Met(sign, fits))
        elif measured(case, sign):
            missing.append(sign)
        else:
            unmeasured.append(sign)
    return Reading(
        mechanism=mechanism,
        must=tuple(must) if any(met.by for met in must) else (),
        may=_met(case, mechanism.may),
        against=_met(case, mechanism.must_not),
        missing=tuple(missing),
        unmeasured=tuple(unmeasured),
        too_small=tuple(too_small),
        too_late=tuple(too_late),
        too_early=tuple(too_early),
        too_short=tuple(too_short),
    )


def _met(case: Case, signs: Iterable[Sign]) -> tuple[Met, ...]:
    found = []
    for sign in signs:
        fits = tuple(a for a in _moved(case, sign) if all(test(case, a) for test in TESTS))
        if fits and sign.moves != "none":
            found.append(Met(sign, fits))
    return tuple(found)


def _moved(case: Case, sign: Sign) -> tuple[Anomaly, ...]:
    """Anomalies of the sign's kind that moved its way, near what was affected; the most telling first."""
    found = [
        a
        for a in case.anomalies
        if any(is_kind(case, a.signal, a.service, k) and _went(a, k) for k in (sign, *sign.alternatives))
        and near(case, a.service, a.signal)
    ]
    return tuple(sorted(found, key=lambda a: (-_telling(a), a.onset.time, a.id)))


def _went(anomaly: Anomaly, sign: Sign) -> bool:
    if sign.moves in ("any", "none", anomaly.direction):
        return True
    return anomaly.worse if sign.moves == "worse" else anomaly.direction == "both"


def _telling(anomaly: Anomaly) -> float:
    """How much an anomaly tells: its score, the less where a naming convention read the signal's name."""
    return anomaly.score * (priors.GENERIC_SHARE if anomaly.signal.inferred else 1.0)
