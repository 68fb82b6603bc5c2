"""What this server has data for, signal by signal, and what is wrong with a pack: file, line, and a caret below."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from reconstruct import promql
from reconstruct.errors import QueryError, UsageError
from reconstruct.packs.catalogue import Catalogue, MetricInfo, Pack, Template, Variant
from reconstruct.packs.choose import RateInterval, fill_groups, instances_of, named, with_labels

State = Literal["data", "no data", "not exported", "wrong"]

_PLACE: Final = re.compile(r"(\d+):\d+: parse error")
_NO_METRIC: Final = "reconstruct_asks_for_no_such_metric"
"""Stands for a family's metric where there is none, so that the server still reads the expression."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one signal."""

    signal: str
    title: str
    state: State
    """`data`; `no data`: its metrics exist and gave no series; `not exported`: they do not exist; `wrong`: refused."""
    series: int
    says: str
    """What is missing, or what is wrong, beginning with `file:line:`; "" = nothing."""
    promql: str
    """As asked."""


def check(
    catalogue: Catalogue,
    available: Mapping[str, MetricInfo],
    *,
    ask: Callable[[str], int],
    rate_interval_s: RateInterval,
    scope: str = "",
) -> tuple[Checked, ...]:
    """Ask the server every signal of every pack, also those whose metrics it does not have: it reads them all the same.

    `ask` gives the number of series of an instant query, and raises `QueryError` where the server refuses it.
    """

    def asked(variant: Variant) -> tuple[str, int, QueryError | None]:
        expression = with_labels(variant.promql, conventions=catalogue.conventions)
        filled = promql.fill(expression, rate_interval_s=rate_interval_s(variant.needs), scope=scope)
        try:
            return filled, ask(filled), None
        except QueryError as error:
            return filled, 0, error

    return tuple(
        _judged(template, [(variant, *asked(variant)) for variant in variants], available=available)
        for pack in catalogue.packs
        for template, variants in _every(pack, available)
    )


def find(catalogue: Catalogue, signal: str) -> Template:
    """The signal of this id (`pack/name`).

    Raises
    ------
    UsageError
        If there is none; the nearest ids are named.
    """
    templates = {template.id: template for pack in catalogue.packs for template in pack.templates}
    if signal not in templates:
        near = difflib.get_close_matches(signal, templates, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "`reconstruct queries list` names them all"
        raise UsageError(f"no signal {signal!r}", hint=hint)
    return templates[signal]


def _every(pack: Pack, available: Mapping[str, MetricInfo]) -> Iterator[tuple[Template, tuple[Variant, ...]]]:
    for template in pack.templates:
        found = list(instances_of(template, available))
        for name, variants in found:
            yield named(template, name if len(found) > 1 else ""), variants
        if not found and template.each is not None:
            groups = dict.fromkeys(template.each.groupindex, _NO_METRIC)
            yield template, tuple(fill_groups(variant, groups=groups) for variant in template.variants)


def _judged(
    template: Template,
    answers: list[tuple[Variant, str, int, QueryError | None]],
    *,
    available: Mapping[str, MetricInfo],
) -> Checked:
    for variant, asked, _, error in answers:
        if error is not None:
            return Checked(template.id, template.title, "wrong", 0, _complaint(variant, error), asked)
    chosen = next((one for one in answers if all(need in available for need in one[0].needs)), None)
    if chosen is None:
        needs = answers[0][0].needs
        missing = [name for name in needs if name not in available and _NO_METRIC not in name]
        says = f"there is no {', '.join(missing)}" if missing else "no metric of this family"
        return Checked(template.id, template.title, "not exported", 0, says, answers[0][1])
    variant, asked, series, _ = chosen
    state: State = "data" if series else "no data"
    says = "" if series else f"{', '.join(variant.needs)} exist, and none of their series matches"
    return Checked(template.id, template.title, state, series, says, asked)


def _complaint(variant: Variant, error: QueryError) -> str:
    """The server's words, at the line of the pack that they are about."""
    within = _PLACE.search(error.message)
    line = variant.place.line + (int(within.group(1)) - 1 if within else 0)
    return f"{variant.place.file}:{line}: {error.message}"
