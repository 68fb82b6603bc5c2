"""How the nouns show themselves in a notebook: an incident as its summary and overview, the others as tables."""

from __future__ import annotations

import base64
import html
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reconstruct.charts.catalogue import overview, picture_bytes
from reconstruct.model import Anomaly, Evidence, Incident
from reconstruct.text import narrative
from reconstruct.text.escape import plain
from reconstruct.text.summary import summary
from reconstruct.text.times import bounds, clock_of, iso
from reconstruct.text.units import change, human

SIGNALS_SHOWN = 40
"""Rows of a table that are looked at; the rest is counted."""


def register() -> None:
    """Tell IPython, where one runs, how to show the nouns."""
    ipython = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if ipython is None:
        return
    shown: Mapping[type, Callable[[Any], str]] = {
        Incident: incident_html,
        Evidence: evidence_html,
        Anomaly: anomaly_html,
    }
    formatter = ipython.display_formatter.formatters["text/html"]
    for kind, show in shown.items():
        formatter.for_type(kind, show)


def incident_html(incident: Incident) -> str:
    """Title, summary, milestones and the overview."""
    picture = base64.b64encode(picture_bytes(overview(incident), fmt="png")).decode()
    stones = [
        (name, iso(stone.moment.time), bounds(stone.moment, dates=False))
        for name, stone in incident.milestones.items()
        if stone is not None
    ]
    hints = [(h.rank, h.verdict, f"{h.confidence:.0%}", h.statement) for h in incident.explanation.hints]
    told = summary(incident, clock=clock_of(incident))
    return "".join(
        [
            f"<h3>{_text(narrative.title(incident))}</h3><p>{_text(told)}</p>",
            _table(("milestone", "time (UTC)", "between"), stones),
            _table(("", "verdict", "confidence", "hint"), hints),
            f'<img style="max-width:100%" alt="overview" src="data:image/png;base64,{picture}">',
        ]
    )


def evidence_html(evidence: Evidence) -> str:
    """What was gathered: signals with their series, and what was not seen."""
    rows = [
        (m.signal.id, m.signal.title, m.signal.layer, m.signal.aspect, m.signal.unit, len(m.labels))
        for m in evidence.metrics
    ]
    window = evidence.window
    counts = ", ".join(f"{len(getattr(evidence, name))} {name}" for name in ("metrics", "events", "alerts", "gaps"))
    gaps = [(g.missing, g.cause) for g in evidence.gaps]
    return "".join(
        [
            f"<p>{iso(window.start)} to {iso(window.end)}, every {human(window.step_s, 'seconds')}: {counts}</p>",
            _table(("not seen", "why"), gaps[:SIGNALS_SHOWN]),
            _table(("signal", "title", "layer", "aspect", "unit", "series"), rows[:SIGNALS_SHOWN]),
            f"<p>and {len(rows) - SIGNALS_SHOWN} more</p>" if len(rows) > SIGNALS_SHOWN else "",
        ]
    )


def anomaly_html(anomaly: Anomaly) -> str:
    """One anomaly as a table of what is known of it."""
    labels = ", ".join(f"{k}={v}" for k, v in sorted(anomaly.labels.items()))
    back = bounds(anomaly.recovery, dates=True) if anomaly.recovery else "not back in this window"
    return _table(
        ("anomaly", anomaly.id),
        [
            ("signal", f"{anomaly.signal.title} ({anomaly.signal.id})"),
            ("series", labels),
            ("onset", bounds(anomaly.onset, dates=True)),
            ("recovery", back),
            ("from, to", change(anomaly.baseline, anomaly.peak, anomaly.signal.unit)),
            ("shape", f"{anomaly.shape}, {anomaly.direction}"),
            ("size", f"{anomaly.robust_z:.1f} spreads of its baseline, {anomaly.score:.1f} times its threshold"),
        ],
    )


def _table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    body = "".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    if not body:
        return ""
    return "<table><thead><tr>" + "".join(f"<th>{_text(cell)}</th>" for cell in head) + f"</tr></thead>{body}</table>"


def _text(value: object) -> str:
    """Labels and titles are hostile text."""
    return html.escape(plain(str(value)))
