"""timeline.md: the draft to publish, in CommonMark; flavours add what a host has more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from reconstruct.charts.image import ChartImage, front_and_rest
from reconstruct.model import Incident
from reconstruct.render.markdown_parts import (
    CITED_IN_CELL,
    EVIDENCE_FILE,
    Flavour,
    Page,
    detection_rows,
    dismissed_rows,
    entry_rows,
    evidence_rows,
    ids_only,
    image,
    impact_lines,
    joined_sections,
    page_of,
    query_blocks,
    shown,
    table,
)
from reconstruct.render.mermaid import to_mermaid
from reconstruct.render.scan_table import spans_days
from reconstruct.text import impact, narrative
from reconstruct.text.escape import markdown, markdown_fence
from reconstruct.text.follow_ups import follow_up_texts
from reconstruct.text.gaps import gap_rows, gap_text
from reconstruct.text.links import Links
from reconstruct.text.milestones import duration_rows, milestone_rows
from reconstruct.text.scan import unknown_texts
from reconstruct.text.summary import summary
from reconstruct.text.wording import capitalised, counted, joined, mechanism_text, sentence

BODY_LIMITS: Final[Mapping[Flavour, int]] = {"github": 65_536, "gitlab": 1_000_000}
"""Characters that an issue or comment may have."""
GAPS_FIRST: Final = 3
"""So many gaps that matter are said before anything else; all of them are in evidence.md."""
MAX_HINTS: Final = 2
MAX_REASONS: Final = 3
"""Of a hint, for and against, in the draft; evidence.md has all."""
MAX_DISMISSED: Final = 6
MAX_DETECTION: Final = 6
MAX_IMPACT: Final = 6


def to_markdown(
    incident: Incident,
    *,
    charts: Sequence[ChartImage] = (),
    links: Links | None = None,
    flavour: Flavour = "plain",
    zone: str = "",
    chart_folder: str = "charts",
) -> str:
    """The draft as one publishes it: summary, impact, milestones, key entries, candidate causes, follow-up.

    Parameters
    ----------
    incident : Incident
    charts : sequence of ChartImage
        The summary picture is linked as `chart_folder/name.png` (or `.svg`), with its alt text; not in the `github` and
        `gitlab` flavours.
    links : Links, optional
        Where each query can be asked again.
    flavour : {"plain", "github", "gitlab"}
    zone : str
        A time zone to show beside UTC in the timeline; "" = UTC only.
    chart_folder : str
        Path from the file to the pictures.
    """
    return _within_limit(page_of(incident, charts, links, flavour=flavour, zone=zone, chart_folder=chart_folder))


def _within_limit(page: Page) -> str:
    """The fullest form that fits the host: first the evidence goes, then the timeline's tail, and both are said."""
    text = _written(page)
    limit = BODY_LIMITS.get(page.flavour)
    if limit is None or len(text) <= limit:
        return text
    page = replace(page, appendix=False, rows=len(page.incident.timeline))
    while len(text := _written(page)) > limit and page.rows:
        page = replace(page, rows=min(page.rows - 1, page.rows * limit // len(text)))
    return text


def _written(page: Page) -> str:
    sections: list[tuple[str, Iterable[str]]] = [
        ("Summary", _summary(page)),
        ("Impact", _impact(page)),
        ("Milestones", _milestones(page)),
        ("Timeline", _timeline(page)),
        ("Candidate causes", _hints_in_short(page)),
        ("What moved most", _movers(page)),
        ("Dismissed changes", dismissed_rows(page, most=MAX_DISMISSED)),
        ("Detection", detection_rows(page, most=MAX_DETECTION)),
        ("Questions for the review", _follow_ups(page)),
        ("Data gaps", _gaps_in_short(page)),
    ]
    if page.flavour != "plain":
        sections += [("Evidence", evidence_rows(page)), ("Queries", query_blocks(page))]
    return joined_sections([*_head(page)], sections)


def _head(page: Page) -> Iterator[str]:
    incident = page.incident
    yield f"# {markdown(narrative.title(incident))}"
    rests = f" [{EVIDENCE_FILE}]({EVIDENCE_FILE}) holds what it rests on." if page.flavour == "plain" else ""
    yield (
        "Draft from monitoring data, for people to check; a candidate cause is a hint. "
        f"**All times UTC.** {markdown(narrative.window_text(incident))}{rests}"
    )
    rows = [row for row in gap_rows(incident) if row.matters and row.in_window]
    if rows:
        told = [f"- {markdown(gap_text(row, clock=page.clock))}" for row in rows[:GAPS_FIRST]]
        if len(rows) > GAPS_FIRST:
            told.append(f"- {len(rows) - GAPS_FIRST} more under “Data gaps”.")
        opening = ["> [!WARNING]", "> **Data gaps:**"] if page.flavour != "plain" else ["> **Data gaps:**"]
        yield "\n".join([*opening, ">", *(f"> {line}" for line in told)])


def _summary(page: Page) -> Iterator[str]:
    yield markdown(summary(page.incident, clock=page.clock))
    if page.flavour != "plain" and page.incident.timeline:
        yield markdown_fence(to_mermaid(page.incident), language="mermaid")
    yield from (image(chart, page) for chart in front_and_rest(page.charts)[0][:1])


def _impact(page: Page) -> Iterator[str]:
    told = list(impact_lines(impact.impact_told(page.incident, clock=page.clock)[:MAX_IMPACT]))
    yield from told
    if not told and page.incident.explanation.verdict == "incident":
        yield markdown(impact.uncounted(page.incident))


def _milestones(page: Page) -> Iterator[str]:
    if not any(page.incident.milestones.values()):
        return
    rows = []
    for row in milestone_rows(page.incident):
        if row.moment is None:
            rows.append((row.title, "-", "-", capitalised(row.absent), ""))
        else:
            between = page.clock.bounds(row.moment)
            time = f"**{page.clock.time(row.moment.time)}**"
            rows.append((row.title, time, between or "-", row.means, shown(row.evidence, page)))
    yield table(("Milestone", "Time (UTC)", "Between", "Meaning", "Evidence"), rows)
    lengths = [
        (row.title, f"**{row.value}**", row.between or "-", markdown(row.formula))
        for row in duration_rows(page.incident)
    ]
    if lengths:
        yield table(("Duration", "Value", "Between", "Formula"), lengths)


def _timeline(page: Page) -> Iterator[str]:
    yield from entry_rows(page, [entry for entry in page.incident.timeline if entry.level == "key"])


def _hints_in_short(page: Page) -> Iterator[str]:
    """The first hints with their strongest reasons, one line each."""
    hints = page.incident.explanation.hints
    told = narrative.told_hints(page.incident, most=MAX_HINTS)
    for number, hint in enumerate(told, 1):
        statement, rests = narrative.statement_text(hint)
        lines = [f"{number}. {markdown(statement)} ({narrative.confidence_text(hint)}) {ids_only(rests)}".rstrip()]
        lines += [
            f"   - {side}: {markdown(sentence(text))} {ids_only(evidence)}".rstrip()
            for side, text, evidence in narrative.reasons_text(hint, most=MAX_REASONS)
        ]
        yield "\n".join(lines)
    if hints:
        yield narrative.left_text(page.incident, told=told)
        if cleared := page.incident.explanation.ruled_out:
            names = dict.fromkeys(mechanism_text(r.mechanism) for r in cleared)
            yield f"Ruled out by their figures: {markdown(joined(names))}."


def _movers(page: Page) -> Iterator[str]:
    """What moved most where no incident was found, and what moved together among metrics that no pack knows where no
    candidate cause is at least plausible: else evidence.md tells it."""
    if page.incident.explanation.verdict != "incident":
        told = narrative.largest_effects(page.incident, clock=page.clock)
        if told:
            yield "\n".join(f"- {markdown(text)} {ids_only((one,))}" for text, one in told)
    if any(hint.verdict in ("supported", "plausible") for hint in page.incident.explanation.hints):
        return
    for result in page.incident.evidence.scans:
        if result.stands_out:
            yield markdown(" ".join(unknown_texts(result, dates=spans_days(result.window))))


def _follow_ups(page: Page) -> Iterator[str]:
    told = [
        f"- {markdown(text)} {ids_only(evidence[:CITED_IN_CELL])}".rstrip()
        for text, evidence in follow_up_texts(page.incident, clock=page.clock)
    ]
    if told:
        yield "\n".join(told)


def _gaps_in_short(page: Page) -> Iterator[str]:
    """Those that could not change what is said, in one line: the others stand above."""
    rows = gap_rows(page.incident)
    rest = [row for row in rows if not (row.matters and row.in_window)]
    shown = [row for row in rows if row.matters and row.in_window][GAPS_FIRST:]
    if shown:
        yield "\n".join(f"- {markdown(gap_text(row, clock=page.clock))}" for row in shown[:GAPS_FIRST])
    if rest:
        where = f"see {EVIDENCE_FILE}" if page.flavour == "plain" else "see incident.json"
        yield f"{counted(len(rest), one='data gap')} that changed nothing said here: {where}."
