"""evidence.md: every entry, every reason, what is ruled out, data gaps, charts, queries and the method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconstruct.charts.image import ChartImage, front_and_rest
from reconstruct.model import Hint, Incident, Reason
from reconstruct.render.markdown_parts import (
    MAX_CELL,
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
)
from reconstruct.render.scan_table import scan_rows, spans_days
from reconstruct.text import impact, narrative
from reconstruct.text.escape import clip, markdown, markdown_code, markdown_fence
from reconstruct.text.gaps import gap_rows, gap_text
from reconstruct.text.links import Links
from reconstruct.text.scan import unknown_texts
from reconstruct.text.wording import capitalised, mechanism_text, sentence, share_text


def to_evidence(
    incident: Incident,
    *,
    charts: Sequence[ChartImage] = (),
    links: Links | None = None,
    zone: str = "",
    chart_folder: str = "charts",
) -> str:
    """evidence.md: every entry, every reason, what is ruled out, all data gaps and charts, the queries, the method."""
    page = page_of(incident, charts, links, flavour="plain", zone=zone, chart_folder=chart_folder)
    head = [
        f"# Evidence: {markdown(narrative.title(incident))}",
        f"What [timeline.md](timeline.md) rests on. **All times UTC.** {markdown(narrative.window_text(incident))}",
    ]
    return joined_sections(
        head,
        (
            ("All entries", entry_rows(page, incident.timeline, rule=True)),
            ("Impact at inner hops", impact_lines(impact.impact_inner(incident, clock=page.clock))),
            ("Candidate causes", _hints(page)),
            ("Dismissed changes", dismissed_rows(page, most=None)),
            ("Detection", detection_rows(page, most=None)),
            ("Metrics that no pack knows", _unknown(page)),
            ("Ruled out", _ruled_out(page)),
            ("Not checked", _not_checked(page)),
            ("Data gaps", _gaps(page)),
            ("Charts", _charts(page)),
            ("Method", _notes(page)),
            ("Evidence", evidence_rows(page)),
            ("Queries", query_blocks(page)),
        ),
    )


def _hints(page: Page) -> Iterator[str]:
    hints = page.incident.explanation.hints
    for hint in hints:
        named = clip(narrative.hint_title(hint, incident=page.incident), most=MAX_CELL)
        yield f"### {hint.rank}\\. {markdown(named)}"
        yield f"{markdown(sentence(hint.statement))} ({narrative.confidence_text(hint)})"
        yield from _reasons(hint)
    if hints:
        yield f"{narrative.UNSEEN}: {share_text(narrative.left_over(page.incident))}."


def _reasons(hint: Hint) -> Iterator[str]:
    for heading, reasons in (("For", hint.reasons_for), ("Against", hint.reasons_against)):
        if reasons:
            yield f"{heading}:"
            yield "\n".join(_reason(reason) for reason in reasons)


def _reason(reason: Reason) -> str:
    return f"- {markdown_code(reason.rule)}: {markdown(sentence(reason.says))} {ids_only(reason.evidence)}".rstrip()


def _ruled_out(page: Page) -> Iterator[str]:
    told = []
    for ruled in page.incident.explanation.ruled_out:
        named = capitalised(mechanism_text(ruled.mechanism))
        where = f" ({ruled.service.name})" if ruled.service.name else ""
        told.append(f"- **{markdown(named + where)}:** {markdown(sentence(ruled.says))} {ids_only(ruled.evidence)}")
    if told:
        yield "\n".join(told)


def _unknown(page: Page) -> Iterator[str]:
    """What a scan of them found: when, what the changed series have in common, and the first of them."""
    dates = spans_days(page.incident.evidence.window)
    for result in page.incident.evidence.scans:
        yield markdown(" ".join(unknown_texts(result, dates=dates)))
        if result.top:
            yield markdown_fence("\n".join(scan_rows(result, dates=dates)), language="text")


def _not_checked(page: Page) -> Iterator[str]:
    told = [
        f"- **{markdown(capitalised(mechanism_text(n.mechanism)))}:** {markdown(sentence(n.reason))}"
        for n in page.incident.explanation.not_checked
    ]
    if told:
        yield "\n".join(told)


def _gaps(page: Page) -> Iterator[str]:
    told = [
        f"- {markdown(gap_text(row, clock=page.clock, most=12))} {ids_only(row.ids)}" for row in gap_rows(page.incident)
    ]
    if told:
        yield "\n".join(told)


def _charts(page: Page) -> Iterator[str]:
    front, others = front_and_rest(page.charts)
    yield from (image(chart, page) for chart in (*front[1:], *others))


def _notes(page: Page) -> Iterator[str]:
    told = [f"- {markdown(sentence(note))}" for note in page.incident.evidence.notes if note.strip()]
    if told:
        yield "\n".join(told)
