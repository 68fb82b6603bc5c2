"""What a step, or the start of a phase, did to what users met: each figure before and after."""

from __future__ import annotations

from collections.abc import Mapping

from reconstruct.model import Anomaly, Fact, Quantity, Reference
from reconstruct.text.measures import level_text, measure
from reconstruct.text.units import apart


def reference_id(fact: Fact | None) -> str:
    """The id that a fact refers to; "" where it is no reference."""
    return fact.id if isinstance(fact, Reference) else ""


def effect_text(effect: Fact, measured: Fact | None, anomalies: Mapping[str, Anomaly]) -> str:
    """What a step did to what users met: `5xx responses fell from 34 % to 3 %`, or that it did nothing."""
    told = compared(measured, anomalies)
    if not told:
        return ""
    if effect == "none":
        return "no effect on user-facing signals"
    return "; ".join(that_moved(told))


def that_moved(told: list[str]) -> list[str]:
    """Without the series that stayed, where others did not: what stayed tells nothing of the step."""
    return [one for one in told if " stayed at " not in one] or told


def compared(measured: Fact | None, anomalies: Mapping[str, Anomaly]) -> list[str]:
    """`5xx responses fell from 34 % to 3 %` for each (series, before, after)."""
    told = []
    for row in measured if isinstance(measured, tuple) else ():
        if not isinstance(row, tuple) or len(row) != 3:
            continue
        reference, before, after = row
        a = anomalies.get(reference_id(reference))
        if a is None or not isinstance(before, Quantity) or not isinstance(after, Quantity):
            continue
        was, now = apart(before.value, after.value, before.unit)
        if was == now:
            told.append(f"{measure(a)} stayed at {now}")
        else:
            told.append(f"{measure(a)} {'fell' if after.value < before.value else 'rose'} from {was} to {now}")
    return told


def came_to(measured: Fact | None, anomalies: Mapping[str, Anomaly]) -> list[str]:
    """`failed requests at 3 %` for each (series, before, after) that changed; all of them where none did."""
    told = []
    for row in measured if isinstance(measured, tuple) else ():
        reference, before, after = row if isinstance(row, tuple) and len(row) == 3 else (None, None, None)
        a = anomalies.get(reference_id(reference))
        if a is not None and isinstance(before, Quantity) and isinstance(after, Quantity):
            told.append((before.value != after.value, f"{measure(a)} at {level_text(after)}"))
    return [text for moved, text in told if moved] or [text for _, text in told]
