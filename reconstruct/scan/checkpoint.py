"""Where a stopped scan goes on: what was counted so far and which blocks are done, as one JSON file written whole."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reconstruct.codec import DecodeError, decode, encode
from reconstruct.errors import UsageError
from reconstruct.files import write_whole
from reconstruct.json_text import JsonError, read_json
from reconstruct.model import ChangedSeries
from reconstruct.scan.findings import Tally

if TYPE_CHECKING:
    from reconstruct.scan.run import ScanPlan

SCHEMA: Final = "reconstruct/scan-checkpoint/1"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A scan in the middle."""

    tally: Tally
    done: frozenset[str] = frozenset()
    """Ids of blocks."""
    unread: tuple[tuple[str, str], ...] = field(default=())


def save_checkpoint(path: Path, state: Checkpoint, *, plan: ScanPlan) -> None:
    """Replace the file whole.

    Raises
    ------
    UsageError
        It cannot be written.
    """
    document = {
        "schema": SCHEMA,
        "question": _question(plan),
        "tally": tally_dict(state.tally),
        "done": sorted(state.done),
        "unread": [list(pair) for pair in state.unread],
    }
    write_whole(path, json.dumps(document, ensure_ascii=True).encode("ascii"), what="the scan's checkpoint")


def load_checkpoint(path: Path, *, plan: ScanPlan) -> Checkpoint:
    """The state in `path`; a fresh one where there is no file.

    Raises
    ------
    UsageError
        It is damaged, or of another scan.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Checkpoint(Tally(plan.min_score))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", hint="name another file for --resume") from error
    hint = "remove it to start afresh, or repeat the command that wrote it"
    try:
        whole = read_json(content)
        if not isinstance(whole, dict) or whole.get("schema") != SCHEMA:
            raise UsageError(f"{path} is no checkpoint of a scan", hint=hint)
        if whole.get("question") != _question(plan):
            raise UsageError(f"{path} is of another scan: its window, selector or series differ", hint=hint)
        unread = tuple((str(block), str(why)) for block, why in whole["unread"])
        return Checkpoint(tally_of(whole["tally"], min_score=plan.min_score), frozenset(whole["done"]), unread)
    except (JsonError, DecodeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path} is damaged: {error}", hint=hint) from error


def tally_dict(tally: Tally) -> dict[str, Any]:
    """A tally as JSON knows it; the same bytes for the same tally."""
    return {
        "series": tally.series,
        "judged": tally.judged,
        "families": dict(sorted(tally.families.items())),
        "changed": dict(sorted(tally.changed.items())),
        "onsets": {str(time): count for time, count in sorted(tally.onsets.items())},
        "top": encode(tally.top),
        "sample": {digest: dict(tally.sample[digest]) for digest in sorted(tally.sample)},
    }


def tally_of(document: Mapping[str, Any], *, min_score: float) -> Tally:
    """The inverse of `tally_dict`."""
    return Tally(
        min_score=min_score,
        series=int(document["series"]),
        judged=int(document["judged"]),
        families=Counter(document["families"]),
        changed=Counter(document["changed"]),
        onsets=Counter({int(time): int(count) for time, count in document["onsets"].items()}),
        top=list(decode(document["top"], tuple[ChangedSeries, ...])),
        sample=dict(document["sample"]),
    )


def _question(plan: ScanPlan) -> str:
    """What was asked, as a hash: a checkpoint goes on with the same question only."""
    parts = [encode(plan.window), plan.min_score, [block.id for block in plan.blocks]]
    return hashlib.sha256(json.dumps(parts).encode("utf-8")).hexdigest()
