"""What report.html shows, as plain data for its template: no markup here, no decisions there."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from reconstruct.charts.image import ChartImage, front_and_rest
from reconstruct.model import Hint, Incident, Moment, Query, Reason, ScanResult
from reconstruct.render.detection_section import detection_lines
from reconstruct.render.incident_json import incident_dict
from reconstruct.render.minimap import strip
from reconstruct.render.scan_table import scan_rows, spans_days
from reconstruct.text import impact, narrative
from reconstruct.text.entries import Words, entry_words
from reconstruct.text.escape import clip, lines
from reconstruct.text.follow_ups import follow_up_texts
from reconstruct.text.gaps import gap_rows, gap_text
from reconstruct.text.links import Links
from reconstruct.text.milestones import duration_rows, milestone_rows, open_ends
from reconstruct.text.references import Cited, cited, cited_in_draft, event_text, service_text
from reconstruct.text.scan import unknown_texts
from reconstruct.text.summary import summary
from reconstruct.text.times import Clock, bare, clock_of, iso, span, spans_midnight
from reconstruct.text.units import human_duration, unbroken
from reconstruct.text.wording import capitalised, counted, mechanism_text, sentence, share_text

SVG_MOST_BYTES: Final = 500_000
"""A vector picture larger than this draws slower than its pixels do."""
GAPS_FIRST: Final = 4
SUMMARY_CHART: Final = "summary"
MAX_EVIDENCE: Final = 12
"""Pieces of evidence that one entry lists; incident.json has all."""

View = dict[str, Any]


def page_view(incident: Incident, *, charts: Sequence[ChartImage], links: Links) -> View:
    """Every value that page.html.j2 prints, by its name there."""
    known = cited(incident)
    chart_of = {chart.signal: chart.name for chart in reversed(charts) if chart.signal}  # the first one of a signal
    # The picture to paste says what the page says around it: the overview stands here instead.
    charts = [chart for chart in charts if chart.name != SUMMARY_CHART or len(charts) == 1]
    front, rest = front_and_rest(charts)
    clock = clock_of(incident, marked=True)
    incident = narrative.retimed(incident, clock)
    words = entry_words(incident, clock=clock)
    explanation = incident.explanation
    gaps = gap_rows(incident)
    here = [row for row in gaps if row.in_window and row.matters]
    wanted = {one.query for one in cited_in_draft(incident, known) if one.query}
    queries = [(query.id in wanted, _query(query, links)) for query in incident.evidence.queries]

    def evidence(ids: Iterable[str]) -> list[View]:
        return [_evidence(known[one], chart_of) for one in ids if one in known]

    return {
        "title": narrative.title(incident),
        "heading": unbroken(narrative.title(incident)),
        "verdict": explanation.verdict,
        "window": narrative.window_text(incident),
        "gaps_first": [gap_text(row, clock=clock) for row in here[:GAPS_FIRST]],
        "gaps_more": max(0, len(here) - GAPS_FIRST),
        "gaps": [{"text": gap_text(row, clock=clock, most=12), "ids": row.ids} for row in gaps],
        "summary": summary(incident, clock=clock),
        "overview": [_chart(chart) for chart in front],
        "charts": [_chart(chart) for chart in rest],
        "milestones": [
            {
                "name": row.name,
                "title": row.title,
                "means": capitalised(row.means),
                "moment": _moment(row.moment, clock) if row.moment else None,
                "absent": capitalised(row.absent),
                "evidence": evidence(row.evidence),
            }
            for row in milestone_rows(incident)
        ]
        if any(incident.milestones.values())
        else [],
        "durations": duration_rows(incident),
        "uncounted": impact.uncounted(incident),
        "impact": [
            {"text": text, "evidence": evidence(ids), "inner": inner}
            for inner, rows in (
                (False, impact.impact_told(incident, clock=clock)),
                (True, impact.impact_inner(incident, clock=clock)),
            )
            for text, ids in rows
        ],
        "follow_ups": [
            {"text": text, "evidence": evidence(ids)} for text, ids in follow_up_texts(incident, clock=clock)
        ],
        "movers": narrative.largest_effects(incident, clock=clock) if explanation.verdict != "incident" else (),
        "scans": [_scan(result) for result in incident.evidence.scans],
        "detection": list(detection_lines(incident, clock=clock)),
        **_timeline(incident, known, chart_of, words, clock),
        "hints": [_hint(hint, incident, known, chart_of) for hint in explanation.hints],
        "unseen": narrative.UNSEEN,
        "left_over": share_text(narrative.left_over(incident)),
        "left_over_percent": round(100 * narrative.left_over(incident), 1),
        "dismissed_changes": _dismissed(incident, known, chart_of, clock),
        "ruled_out": [
            {
                "mechanism": capitalised(mechanism_text(ruled.mechanism)),
                "service": service_text(ruled.service),
                "says": sentence(ruled.says),
                "evidence": evidence(ruled.evidence),
            }
            for ruled in explanation.ruled_out
        ],
        "not_checked": [
            {"mechanism": capitalised(mechanism_text(one.mechanism)), "reason": sentence(one.reason)}
            for one in explanation.not_checked
        ],
        "queries": [query for told, query in queries if told],
        "more_queries": [query for told, query in queries if not told],
        "notes": [sentence(note) for note in incident.evidence.notes if note.strip()],
        "generator": incident_dict(incident)["generator"],
    }


def _scan(result: ScanResult) -> View:
    """What moved among the metrics that no pack knows, and the first of them as a table of text."""
    dates = spans_days(result.window)
    rows = "\n".join(scan_rows(result, dates=dates)) if result.top else ""
    return {"text": " ".join(unknown_texts(result, dates=dates)), "rows": rows, "count": len(result.top)}


def _timeline(
    incident: Incident,
    known: Mapping[str, Cited],
    chart_of: Mapping[str, str],
    words: Mapping[str, Words],
    clock: Clock,
) -> View:
    kinds = Counter(entry.kind for entry in incident.timeline)
    services = Counter(service_text(entry.service) for entry in incident.timeline)
    first = next((a.signal.id for m in incident.users for a in incident.anomalies if a.id == m.anomaly), "")
    lead = chart_of.get(first, "")  # a change or an alert is seen in what users met
    drawn, turns = strip(incident), narrative.turning_points(incident)
    window = incident.evidence.window
    days = spans_midnight(window.start, window.end - pd.Timedelta(1, unit="ns"))
    return {
        "kinds": [(kind, label, kinds[kind]) for kind, label in narrative.ENTRY_KINDS.items() if kinds.get(kind)],
        "services": sorted(((name, count) for name, count in services.items() if name), key=lambda s: (-s[1], s[0])),
        "entries": [
            {
                "id": entry.id,
                "kind": entry.kind,
                "label": narrative.ENTRY_KINDS[entry.kind],
                "level": entry.level,
                "moment": _moment(entry.moment, clock),
                "title": words[entry.id].title,
                "turn": entry.id in turns,
                "detail": words[entry.id].detail,
                "service": service_text(entry.service),
                "rule": entry.rule,
                "evidence": [_evidence(known[one], chart_of) for one in entry.evidence[:MAX_EVIDENCE] if one in known],
                "more": max(0, len(entry.evidence) - MAX_EVIDENCE),
                "chart": "" if any(_chart_of(one, known, chart_of) for one in entry.evidence) else lead,
            }
            for entry in incident.timeline
        ],
        "key_count": sum(entry.level == "key" for entry in incident.timeline),
        "strip": drawn,
        "titles": {entry_id: bare(told.title) for entry_id, told in words.items()},
        "ticks": [
            {"time": iso(time), "text": time.strftime("%m-%d %H:%M" if days else "%H:%M"), "percent": percent}
            for time, percent in drawn.ticks
        ],
    }


def _chart_of(one: str, known: Mapping[str, Cited], chart_of: Mapping[str, str]) -> str:
    return chart_of.get(known[one].signal, "") if one in known else ""


def _moment(moment: Moment, marked: Clock) -> View:
    clock = replace(marked, marked=False)
    return {
        "time": iso(moment.time.round("s")),  # what the script shows in another zone is the same second
        "text": clock.time(moment.time),
        "open": open_ends(moment),
        "earliest": iso(moment.earliest.round("s")),
        "earliest_text": clock.time(moment.earliest),
        "latest": iso(moment.latest.round("s")),
        "latest_text": clock.span(moment.earliest, moment.latest).rpartition(" to ")[2],
    }


def _evidence(one: Cited, chart_of: Mapping[str, str]) -> View:
    return {
        "id": one.id,
        "kind": one.kind,
        "short": clip(one.short, most=80),
        "text": one.text,
        "url": one.url,
        "query": one.query,
        "chart": chart_of.get(one.signal, ""),
    }


def _hint(hint: Hint, incident: Incident, known: Mapping[str, Cited], chart_of: Mapping[str, str]) -> View:
    def reasons(told: Sequence[Reason]) -> list[View]:
        return [
            {
                "rule": reason.rule,
                "says": sentence(reason.says),
                "evidence": [_evidence(known[one], chart_of) for one in reason.evidence if one in known],
            }
            for reason in told
        ]

    return {
        "rank": hint.rank,
        "title": narrative.hint_title(hint, incident=incident),
        "statement": sentence(hint.statement),
        "verdict": hint.verdict,
        "confidence": share_text(hint.confidence),
        "percent": round(100 * hint.confidence, 1),
        "for": reasons(hint.reasons_for),
        "against": reasons(hint.reasons_against),
        "evidence": [_evidence(known[one], chart_of) for one in (hint.trigger, hint.metric) if one and one in known],
    }


def _dismissed(incident: Incident, known: Mapping[str, Cited], chart_of: Mapping[str, str], clock: Clock) -> list[View]:
    events = {event.id: event for event in incident.evidence.events}
    rows = []
    for gone in narrative.dismissed(incident):
        event = events.get(gone.event)
        point = Moment(event.time, event.time, event.time) if event else None
        rows.append(
            {
                "moment": _moment(point, clock) if point else None,
                "title": event_text(event) if event else gone.event,
                "says": sentence(gone.says),
                "rule": gone.rule,
                "evidence": [_evidence(known[one], chart_of) for one in gone.evidence if one in known],
            }
        )
    return rows


def _query(query: Query, links: Links) -> View:
    return {
        "id": query.id,
        "signal": query.signal,
        "text": lines(query.query),
        "span": f"{span(query.start, query.end, dates=True)} UTC, step {human_duration(query.step_s)}",
        "series": counted(query.series, one="series", many="series"),
        "graph": links.graph(query),
        "explore": links.explore(query),
    }


def _chart(chart: ChartImage) -> View:
    vector = chart.svg and (len(chart.svg) <= SVG_MOST_BYTES or not chart.png)
    kind = "image/svg+xml" if vector else "image/png"
    dark_vector = chart.dark.lstrip()[:1] == b"<"
    dark = chart.dark if vector or not dark_vector else b""
    return {
        "name": chart.name,
        "title": chart.title,
        "alt": chart.alt,
        "data": _data_url(kind, chart.svg if vector else chart.png),
        "vector": bool(vector),
        "dark": _data_url("image/svg+xml" if dark_vector else "image/png", dark) if dark else "",
    }


def _data_url(kind: str, content: bytes) -> str:
    # An <img> runs no script and loads nothing, whatever an SVG holds.
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
