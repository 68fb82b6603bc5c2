"""The timeline back into Grafana as annotations: tagged, idempotent, planned first and written only then.

Each annotation carries the tag `reconstruct` and one `reconstruct-id:...` that depends on the entry alone. Writing the
same draft again finds them and changes nothing; a draft whose words changed updates them. Annotations of entries that
a new draft no longer has are counted and left alone: somebody may have linked to them.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import pandas as pd

from reconstruct.config import Target
from reconstruct.errors import SourceError, UsageError
from reconstruct.http import HttpSettings, Session, not_answered, open_session, plain
from reconstruct.json_text import read_json
from reconstruct.model import Entry, Incident
from reconstruct.text.entries import Words, entry_words
from reconstruct.text.times import clock_of

TAG: Final = "reconstruct"
"""`sources.grafana_annotations` leaves out what carries it: our own draft is no evidence."""
ID_TAG: Final = "reconstruct-id:"
LIMIT: Final = 5000
DAY_MS: Final = 86_400_000
"""How far an entry may move and still be found."""
MAX_TEXT: Final = 2000


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation as it should be."""

    key: str
    time: pd.Timestamp
    end: pd.Timestamp
    text: str
    tags: tuple[str, ...]

    def body(self, *, dashboard: str = "") -> dict[str, Any]:
        """As Grafana's API takes it: times in epoch milliseconds."""
        scope = {"dashboardUID": dashboard} if dashboard else {}
        return {"time": _ms(self.time), "timeEnd": _ms(self.end), "tags": list(self.tags), "text": self.text, **scope}


@dataclass(frozen=True, slots=True)
class Annotated:
    """What was done, or with `dry_run` would have been done."""

    created: tuple[Annotation, ...] = ()
    updated: tuple[Annotation, ...] = ()
    unchanged: tuple[Annotation, ...] = ()
    stale: int = 0
    """Ours, between the first and the last of these, of entries that this draft does not have; left alone."""


def annotations_of(incident: Incident, *, tags: Sequence[str] = ()) -> tuple[Annotation, ...]:
    """One annotation for each key entry of the timeline; one whose time is an interval, or that lasted, spans it.

    Texts are escaped: Grafana shows annotations as HTML.
    """
    annotations = []
    seen: dict[str, int] = {}
    words = entry_words(incident, clock=clock_of(incident))
    for entry in incident.timeline:
        if entry.level != "key":
            continue
        told = words[entry.id]
        base = f"{entry.kind}|{entry.rule}|{entry.service}|{told.title}|{entry.moment.time.floor('min')}"
        nth = seen[base] = seen.get(base, 0) + 1
        key = hashlib.sha256(f"{base}|{nth}".encode("utf-8", "backslashreplace")).hexdigest()[:16]
        annotations.append(_annotation(entry, told, key=key, tags=tags))
    return tuple(annotations)


def annotate(
    annotations: Sequence[Annotation], target: Target, *, dashboard: str = "", dry_run: bool = True
) -> Annotated:
    """Make Grafana's annotations what `annotations` say; with `dry_run` only tell what would be done.

    Raises
    ------
    SourceError
        If Grafana does not answer.
    UsageError
        If it refuses the token.
    """
    if not annotations:
        return Annotated()
    created: list[Annotation] = []
    updated: list[Annotation] = []
    unchanged: list[Annotation] = []
    with _session(target) as session:
        there = _ours(session, annotations)
        for annotation in annotations:
            old = there.pop(annotation.key, None)
            body = annotation.body(dashboard=dashboard)
            if old is None:
                created.append(annotation)
                if not dry_run:
                    _write(session, "POST", "/api/annotations", body)
            elif _same(old, body):
                unchanged.append(annotation)
            else:
                updated.append(annotation)
                if not dry_run:
                    _write(session, "PATCH", f"/api/annotations/{int(cast('int', old['id']))}", body)
    first, last = (_ms(end(annotation.time for annotation in annotations)) for end in (min, max))
    stale = sum(first <= int(cast("int", old.get("time") or 0)) <= last for old in there.values())
    return Annotated(tuple(created), tuple(updated), tuple(unchanged), stale=stale)


def send_annotations(payload: Mapping[str, Any], target: Target, *, key: str) -> None:
    """One episode as one annotation: `text`, `time_ms`, `end_ms` of the payload; an update finds it by `episode`.

    Raises
    ------
    SourceError, UsageError
        As `annotate`.
    """
    own = hashlib.sha256(str(payload.get("episode", key)).encode()).hexdigest()[:16]
    start, end = (pd.Timestamp(int(payload[name]), unit="ms", tz="UTC") for name in ("time_ms", "end_ms"))
    text = html.escape(str(payload["text"]))[:MAX_TEXT]
    annotate([Annotation(own, start, end, text, _tags(own, target.tags))], target, dry_run=False)


def _annotation(entry: Entry, told: Words, *, key: str, tags: Sequence[str]) -> Annotation:
    about = f"{entry.service.name}: " if entry.service.name and entry.service.name not in told.title else ""
    text = html.escape(f"{about}{told.title}") + (f"<br>{html.escape(told.detail)}" if told.detail else "")
    return Annotation(
        key=key,
        time=entry.moment.earliest,
        end=max(entry.moment.latest, entry.moment.earliest, *([entry.end] if entry.end is not None else [])),
        text=text[:MAX_TEXT],
        tags=_tags(key, (entry.kind, *((f"service:{entry.service.name}",) if entry.service.name else ()), *tags)),
    )


def _tags(key: str, tags: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((TAG, f"{ID_TAG}{key}", *tags)))


def _ours(session: Session, annotations: Sequence[Annotation]) -> dict[str, Mapping[str, object]]:
    """What we wrote earlier, by our id: for one annotation wherever it stood, for several within a day of them."""
    params: dict[str, object] = {"tags": TAG, "limit": LIMIT}
    if len(annotations) == 1:
        params["tags"] = f"{ID_TAG}{annotations[0].key}"
    else:
        params["from"] = _ms(min(annotation.time for annotation in annotations)) - DAY_MS
        params["to"] = _ms(max(annotation.end for annotation in annotations)) + DAY_MS
    answer = session.ask("GET", f"{session.settings.url}/api/annotations", params=params)
    if error := not_answered(answer, settings=session.settings):
        raise error
    try:
        whole = read_json(answer.content)
    except ValueError as error:
        raise SourceError("Grafana's answer is not JSON", hint="check the url of Grafana") from error
    if answer.status_code >= 400 or not isinstance(whole, list):
        raise SourceError(
            f"Grafana answered {answer.status_code}: {plain(answer.text)}",
            hint="check the url of Grafana and the token",
        )
    return dict(_keyed(whole))


def _keyed(whole: Sequence[object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for item in whole:
        if isinstance(item, dict):
            for tag in item.get("tags") or ():
                if str(tag).startswith(ID_TAG):
                    yield str(tag).removeprefix(ID_TAG), item


def _same(old: Mapping[str, object], body: Mapping[str, Any]) -> bool:
    return (
        old.get("text") == body["text"]
        and old.get("time") == body["time"]
        and (old.get("timeEnd") or old.get("time")) == body["timeEnd"]
        and sorted(map(str, cast("list[object]", old.get("tags") or []))) == sorted(body["tags"])
    )


def _write(session: Session, method: str, path: str, body: Mapping[str, Any]) -> None:
    answer = session.ask(method, session.settings.url + path, json=dict(body))
    if error := not_answered(answer, settings=session.settings):
        raise error
    if answer.status_code >= 500:
        raise SourceError(f"Grafana answered {answer.status_code}: {plain(answer.text)}", hint="try again later")
    if answer.status_code >= 400:
        raise UsageError(
            f"Grafana answered {answer.status_code}: {plain(answer.text)}", hint="may the token write annotations?"
        )


def _session(target: Target) -> Session:
    settings = HttpSettings(
        url=target.url,
        name="Grafana",
        option="the url of grafana",
        credentials="GRAFANA_TOKEN",
        bearer_token=target.token,
        timeout_s=target.timeout_s,
    )
    return open_session(settings)


def _ms(time: pd.Timestamp) -> int:
    return time.value // 1_000_000
