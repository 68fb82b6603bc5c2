"""What the changed series have in common that the others have not: label values, prefixes of them, and pairs.

For each candidate the two-by-two table (changed or not, has it or not) is tested with Fisher's exact test, one-sided:
the chance that so many of the changed have it, were the label without meaning (Fisher 1922). Many labels are tried, so
each p-value is multiplied by their number (Bonferroni).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Final

from reconstruct.model import AffectedInstances, CommonLabel, Condition

SIGNIFICANT: Final = 0.001
"""Adjusted p-value up to which a label is told: one false lead in a thousand scans."""
FORESEEN: Final = 0.01
"""... and for a label that one asks about before looking: instances that run another version. It is one question, so it
is not multiplied by the number of labels; 3 of 10 instances, and none of the others, are enough."""
MIN_LIFT: Final = 1.5
"""A label that is only a little more common among the changed separates nothing, however certain that is."""
MIN_CHANGED: Final = 3
"""Fewer changed series than this have something in common by chance nearly always."""
ENOUGH: Final = 0.9
"""A single label that holds for this share of the changed, with this share of its series changed, needs no second."""
MAX_PAIRED: Final = 12
"""Single labels of which pairs are tried: 66 pairs."""
MAX_TOLD: Final = 10
MIN_PREFIX: Final = 2
"""Characters of a prefix: one says too little to be a group."""
_BREAK: Final = re.compile(r"(?<=[a-z])(?=[0-9])|(?<=[0-9])(?=[a-z])|(?<=[-_./:])", re.IGNORECASE)

Labels = Mapping[str, str]


def common_labels(
    changed: Sequence[Labels], others: Sequence[Labels], *, of_others: int | None = None
) -> tuple[CommonLabel, ...]:
    """The conditions that separate `changed` from `others`, the clearest first.

    Parameters
    ----------
    changed, others : sequences of labels
        One mapping a series, without its metric name.
    of_others : int, optional
        How many others there are, where `others` is an even sample of them.

    Examples
    --------
    >>> new = [{"pod": f"a-{i}", "version": "2"} for i in range(5)]
    >>> old = [{"pod": f"b-{i}", "version": "1"} for i in range(40)]
    >>> common_labels(new, old)[0].selector
    'version="2"'
    """
    if len(changed) < MIN_CHANGED or not others:
        return ()
    total = float(max(of_others if of_others is not None else 0, len(others)))
    weight = total / len(others)
    has, has_not = _counted(changed), _counted(others)
    tried = [c for c, count in has.items() if count >= MIN_CHANGED]
    singles = [_judged((c,), has[c], has_not.get(c, 0), changed, total, weight) for c in tried]
    singles = [one for one in singles if one.lift >= MIN_LIFT]
    singles.sort(key=_clearest)
    pairs: list[CommonLabel] = []
    if singles and not _separates(singles[0]):
        conditions = [one.matchers[0] for one in singles[:MAX_PAIRED]]
        for first, second in combinations(sorted(conditions), 2):
            if first[0] == second[0]:
                continue
            both = sum(_meets(one, first) and _meets(one, second) for one in changed)
            without = sum(_meets(one, first) and _meets(one, second) for one in others)
            if both >= MIN_CHANGED:
                pairs.append(_judged((first, second), both, without, changed, total, weight))
    adjusted = len(has) + len(pairs)
    better = [pair for pair in pairs if all(pair.p_value < single.p_value for single in _within(pair, singles))]
    told = sorted((*singles, *better), key=_clearest)
    significant = (_adjusted(one, by=adjusted) for one in told)
    return _distinct([one for one in significant if one.p_value <= SIGNIFICANT])[:MAX_TOLD]


def affected_instances(
    changed: Sequence[Labels],
    others: Sequence[Labels],
    *,
    names: Sequence[str],
    known: Mapping[tuple[str, str], Labels],
    foreseen: Sequence[str] = (),
) -> AffectedInstances | None:
    """The instances that have a changed series, and what they have in common; None where no label tells instances.

    Parameters
    ----------
    changed, others : sequences of labels
        One mapping a series.
    names : sequence of str
        Labels that tell instances apart; the first that nearly all changed series have is taken.
    known : mapping of (label, value) to labels
        What else is known of an instance, as its `_info` metrics tell.
    foreseen : sequence of str
        Labels of versions, which are asked about before looking: a value that all affected instances have and no other
        needs less evidence than one found among many labels.

    Examples
    --------
    >>> changed = [{"pod": f"a-{i}", "version": "2"} for i in range(12)]
    >>> others = [{"pod": f"b-{i}", "version": "1"} for i in range(38)]
    >>> found = affected_instances(changed, others, names=("pod",), known={})
    >>> len(found.affected), found.others, found.common[0].selector
    (12, 38, 'version="2"')
    """
    for name in names:
        affected = sorted({labels[name] for labels in changed if name in labels})
        told = sum(name in labels for labels in changed)
        healthy = sorted({labels[name] for labels in others if name in labels} - set(affected))
        if not affected or not healthy or told < ENOUGH * len(changed):
            continue
        about = _of_instances((*changed, *others), name=name, known=known)
        common = common_labels([about[value] for value in affected], [about[value] for value in healthy])
        whole = tuple(one for one in common if all(sign == "=" for _, sign, _ in one.matchers))
        whole = whole or _foreseen([about[v] for v in affected], [about[v] for v in healthy], names=foreseen)
        return AffectedInstances(name, tuple(affected), len(healthy), whole)
    return None


def _foreseen(changed: Sequence[Labels], others: Sequence[Labels], *, names: Sequence[str]) -> tuple[CommonLabel, ...]:
    """The one value of the first of `names` that tells instances apart, where all changed have it and none other."""
    if len(changed) < MIN_CHANGED:
        return ()
    for name in names:
        if len({one.get(name, "") for one in (*changed, *others)}) < 2:
            continue
        values = {one.get(name, "") for one in changed}
        p = math.exp(fisher_log_p(len(changed), len(changed), 0.0, float(len(others))))
        if p > FORESEEN or len(values) > 1 or values & {"", *(one.get(name, "") for one in others)}:
            return ()
        matcher = ((name, "=", values.pop()),)
        return (CommonLabel(matcher, len(changed), len(changed), 0.0, float(len(others)), p),)
    return ()


def _of_instances(
    series: Iterable[Labels], *, name: str, known: Mapping[tuple[str, str], Labels]
) -> dict[str, dict[str, str]]:
    """Labels of each value of `name`: those on which its series agree, and what is known besides."""
    found: dict[str, dict[str, str]] = {}
    differ: set[tuple[str, str]] = set()
    for labels in series:
        if name not in labels:
            continue
        instance = labels[name]
        own = found.setdefault(instance, dict(known.get((name, instance), {})))
        for label, value in labels.items():
            if label != name and own.setdefault(label, value) != value:
                differ.add((instance, label))
    for instance, label in differ:
        del found[instance][label]
    return found


def fisher_log_p(changed_with: int, changed: int, others_with: float, others: float) -> float:
    """Natural logarithm of the one-sided p-value of Fisher's exact test.

    The chance of at least `changed_with` of `changed` draws, from `changed + others` series of which
    `changed_with + others_with` meet the condition.

    >>> round(math.exp(fisher_log_p(3, 4, 1, 4)), 4)  # Fisher's lady tasting tea: 17 in 70
    0.2429
    """
    n, k = round(changed + others), round(changed_with + others_with)
    most = min(changed, k)
    denominator = _log_choose(n, changed)
    terms = []
    for x in range(changed_with, most + 1):
        terms.append(_log_choose(k, x) + _log_choose(n - k, changed - x) - denominator)
        if terms[-1] < terms[0] - 40:  # the rest adds less than 1e-17 of the first
            break
    highest = max(terms)
    return min(0.0, highest + math.log(sum(math.exp(term - highest) for term in terms)))


def _log_choose(n: int, k: int) -> float:
    if not 0 <= k <= n:
        return -math.inf
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _judged(
    matchers: tuple[Condition, ...], has: int, has_not: int, changed: Sequence[Labels], total: float, weight: float
) -> CommonLabel:
    """With its logarithm of p in `p_value`, until it is adjusted."""
    others = has_not * weight
    return CommonLabel(matchers, has, len(changed), others, total, fisher_log_p(has, len(changed), others, total))


def _adjusted(one: CommonLabel, *, by: int) -> CommonLabel:
    p = math.exp(min(0.0, one.p_value + math.log(max(by, 1))))
    return CommonLabel(one.matchers, one.changed, one.of_changed, one.others, one.of_others, p)


def _clearest(one: CommonLabel) -> tuple[float, int, int, str]:
    """Smallest p-value; of equal ones the one with fewer conditions, whole values before prefixes."""
    return round(one.p_value, 6), len(one.matchers), sum(sign == "=~" for _, sign, _ in one.matchers), one.selector


def _separates(one: CommonLabel) -> bool:
    return one.support >= ENOUGH and one.share >= ENOUGH


def _within(pair: CommonLabel, singles: Iterable[CommonLabel]) -> list[CommonLabel]:
    return [single for single in singles if single.matchers[0] in pair.matchers]


def _distinct(told: Sequence[CommonLabel]) -> tuple[CommonLabel, ...]:
    """Each once: of conditions that the same series meet, and of prefixes of one label, the clearest."""
    kept: list[CommonLabel] = []
    seen: set[tuple[object, ...]] = set()
    for one in told:
        same = (one.changed, round(one.others, 6))
        label = tuple(name for name, _, _ in one.matchers)
        prefix = any(sign == "=~" for _, sign, _ in one.matchers)
        if (same, prefix) in seen or (prefix and ((label, True) in seen or (same, False) in seen)):
            continue
        seen |= {(same, prefix)} if prefix else set()
        seen |= {(label, True)} if prefix else {(same, False), (label, False)}
        kept.append(one)
    return tuple(kept)


def _counted(series: Iterable[Labels]) -> Counter[Condition]:
    """How many series meet each condition that any of them can meet."""
    counts: Counter[Condition] = Counter()
    values: dict[str, Counter[str]] = {}
    for labels in series:
        for name, value in labels.items():
            values.setdefault(name, Counter())[value] += 1
    for name, found in values.items():
        for value, count in found.items():
            counts[name, "=", value] += count
            for prefix in _prefixes(value):
                counts[name, "=~", f"{_escaped(prefix)}.*"] += count
    return counts


def _prefixes(value: str) -> list[str]:
    """Where a value has a natural break: `i7-12` begins with `i7` and `i7-`; a number also by its first digits.

    >>> _prefixes("i713"), _prefixes("eu-1-a")
    (['i7', 'i71'], ['eu-', 'eu-1-'])
    """
    ends = {found.start() for found in _BREAK.finditer(value)}
    for number in re.finditer(r"[0-9]{2,6}", value):
        ends |= set(range(number.start() + 1, number.end()))
    return [value[:end] for end in sorted(ends) if MIN_PREFIX <= end < len(value)]


def _meets(labels: Labels, condition: Condition) -> bool:
    name, sign, value = condition
    held = labels.get(name)
    if held is None:
        return False
    return held == value if sign == "=" else re.match(value, held) is not None


def _escaped(text: str) -> str:
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)
