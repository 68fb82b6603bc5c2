"""Earlier incidents, from the incident.json files that this program wrote about them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from reconstruct.codec import DecodeError, decode_time
from reconstruct.errors import UsageError
from reconstruct.json_text import FORM_ERRORS, read_json
from reconstruct.model import PastIncident

SCHEMAS: Final = ("reconstruct/incident/1", "reconstruct/incident/2")
MAX_BYTES: Final = 256 << 20
"""A draft of 100,000 series is some tens of megabytes."""
MAX_SIGNALS: Final = 20
"""Of an incident, in order of onset: what the first ones were is what makes two incidents alike."""


def read_past_incidents(path: Path) -> tuple[PastIncident, ...]:
    """The episodes that an incident.json tells of; none where its verdict is not `incident`.

    Raises
    ------
    UsageError
        It cannot be read, or is no incident.json.
    """
    document = _document(path)
    if document.get("verdict") != "incident":
        return ()
    try:
        return tuple(_past(document, path))
    except (DecodeError, *FORM_ERRORS) as error:
        raise UsageError(
            f"{path}: not what an incident.json holds: {error}", hint="give a file that `reconstruct incident` wrote"
        ) from error


def read_history(folder: Path) -> tuple[PastIncident, ...]:
    """Every incident.json under a folder, in order of onset.

    Raises
    ------
    UsageError
        There is no such folder, or one of the files is no incident.json.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", hint="give the folder that holds earlier incident.json files")
    files = sorted({*folder.rglob("incident.json"), *folder.glob("*.json")})
    found = (past for path in files for past in read_past_incidents(path))
    return tuple(sorted(found, key=lambda one: (one.start, one.source)))


def _document(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path} is larger than {MAX_BYTES >> 20} MiB", hint="is it an incident.json?")
        document = read_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="is the path right, and may you read it?") from error
    except ValueError as error:
        raise UsageError(f"{path}: not JSON: {error}", hint="give a file that `reconstruct incident` wrote") from error
    if not isinstance(document, dict) or document.get("schema") not in SCHEMAS:
        raise UsageError(f"{path}: not an incident.json", hint=f"its `schema` is one of {', '.join(SCHEMAS)}")
    return document


def _past(document: Mapping[str, Any], path: Path) -> list[PastIncident]:
    episodes = document.get("episodes") or []
    onset = (document["milestones"].get("onset") or {}).get("time")
    recovered = (document["milestones"].get("recovered") or {}).get("time")
    anomalies = {each["id"]: each for each in document.get("anomalies", ())}
    events = {each["id"]: each for each in document.get("events", ())}
    hint: Mapping[str, Any] = next(iter(document.get("hints", ())), {})
    mitigated = document["milestones"].get("mitigated") or {}
    undone = (events[i] for i in mitigated.get("evidence", ()) if i in events)
    by: Mapping[str, Any] = next(undone, {})
    # Milestones and hints are the worst episode's: the one that its onset lies in.
    spans = [(f"{path}#{each['id']}", each["start"], each["end"], each["anomalies"]) for each in episodes]
    if not spans and onset is None:
        return []
    spans = spans or [(str(path), onset, recovered, list(anomalies))]
    found = []
    for name, start, end, ids in spans:
        worst = len(spans) == 1 or (onset is not None and start <= onset and (end is None or onset <= end))
        begins = onset if worst and onset is not None else start
        ends = recovered if worst and recovered is not None else end
        first = sorted((anomalies[i] for i in ids if i in anomalies), key=lambda each: str(each["onset"]["time"]))
        found.append(
            PastIncident(
                source=str(path) if len(spans) == 1 else name,
                start=decode_time(begins),
                end=None if ends is None else decode_time(ends),
                title=str(document.get("text", "")),
                services=tuple(dict.fromkeys(str(each["service"]) for each in document.get("affected", ()))),
                mechanism=str(hint.get("mechanism", "")) if worst else "",
                change_kind=str(events.get(hint.get("trigger"), {}).get("kind", "")) if worst else "",
                signals=tuple(dict.fromkeys(str(each["signal"]) for each in first))[:MAX_SIGNALS],
                alerts=_fired(document, start, end),
                mitigation=str(by.get("title", "")) if worst else "",
            )
        )
    return found


def _fired(document: Mapping[str, Any], start: str, end: str | None) -> tuple[str, ...]:
    """Rules that fired between two RFC 3339 times in UTC, which sort as text."""
    fired = (a for a in document.get("alerts", ()) if (end is None or a["firing_at"] <= end))
    return tuple(dict.fromkeys(str(a["rule"]) for a in fired if a["resolved_at"] is None or a["resolved_at"] >= start))
