"""timeline.md: the draft to paste into a postmortem. CommonMark and tables; flavours add what a host has more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from reconstruct.charts.image import ChartImage, front_and_rest
from reconstruct.model import Entry, Hint, Incident, Reason
from reconstruct.render.detection_section import detection_lines
from reconstruct.render.markdown_pieces import MAX_SHORT, cite, ids_only, linked, table
from reconstruct.render.mermaid import to_mermaid
from reconstruct.text import narrative
from reconstruct.text.escape import clip, markdown, markdown_code, markdown_fence
from reconstruct.text.gaps import gap_rows, gap_text
from reconstruct.text.links import Links
from reconstruct.text.references import Cited, cited, cited_in_draft
from reconstruct.text.times import Clock, bounds, clock, span, spans_midnight
from reconstruct.text.units import human_duration
from reconstruct.text.wording import capitalised, counted, entry_text, mechanism_text, sentence

Flavour = Literal["plain", "github", "gitlab"]
"""`plain` is a file with its pictures beside it. The others are for pasting into an issue, where pictures do not
travel: they draw with Mermaid, fold the appendix, and keep to the host's limit."""

BODY_LIMITS: Final[Mapping[Flavour, int]] = {"github": 65_536, "gitlab": 1_000_000}
"""Characters that an issue or comment may have."""
CITED_IN_CELL: Final = 3
"""So many pieces of evidence stand in a table's cell; the others are counted and stand in incident.json."""
MAX_CELL: Final = 240
"""Characters of foreign text in a cell: a title of a page's length would push everything else out of sight."""
GAPS_FIRST: Final = 4
"""So many gaps are said before anything else; all of them are in their own section."""


@dataclass(frozen=True, slots=True)
class _Page:
    """What every section needs."""

    incident: Incident
    known: Mapping[str, Cited]
    dates: bool
    charts: Sequence[ChartImage]
    links: Links
    flavour: Flavour
    zone: str
    chart_folder: str
    turns: frozenset[str]
    rows: int | None = None
    """So many lines of the timeline; None = all."""
    appendix: bool = True


def to_markdown(
    incident: Incident,
    *,
    charts: Sequence[ChartImage] = (),
    links: Links | None = None,
    flavour: Flavour = "plain",
    zone: str = "",
    chart_folder: str = "charts",
) -> str:
    """The whole draft as Markdown.

    Parameters
    ----------
    incident : Incident
    charts : sequence of ChartImage
        Linked as `chart_folder/name.png` (or `.svg`), with their alt text; not in the `github` and `gitlab` flavours.
    links : Links, optional
        Where each query can be asked again.
    flavour : {"plain", "github", "gitlab"}
    zone : str
        A time zone to show beside UTC in the timeline; "" = UTC only.
    chart_folder : str
        Path from the file to the pictures.
    """
    page = _Page(
        incident,
        cited(incident),
        narrative.needs_dates(incident),
        charts if flavour == "plain" else (),
        links or Links(),
        flavour,
        zone,
        chart_folder,
        narrative.turning_points(incident),
    )
    return _within_limit(page)


def _within_limit(page: _Page) -> str:
    """The fullest form that fits the host: first the appendix goes, then the timeline's tail, and both are said."""
    text = _written(page)
    limit = BODY_LIMITS.get(page.flavour)
    if limit is None or len(text) <= limit:
        return text
    page = replace(page, appendix=False, rows=len(page.incident.timeline))
    while len(text := _written(page)) > limit and page.rows:
        page = replace(page, rows=min(page.rows - 1, page.rows * limit // len(text)))
    return text


def _written(page: _Page) -> str:
    sections: tuple[tuple[str, Iterator[str]], ...] = (
        ("Summary", _summary(page)),
        ("Impact", _impact(page)),
        ("Milestones", _milestones(page)),
        ("Timeline", _timeline(page)),
        ("Hints", _hints(page)),
        ("Changes let go", _let_go(page)),
        ("Detection", _detection(page)),
        ("Ruled out", _ruled_out(page)),
        ("Not checked", _not_checked(page)),
        ("What was not seen", _gaps(page)),
        ("Charts", _charts(page)),
        ("How this was made", _notes(page)),
        ("Evidence", _evidence(page)),
        ("Queries", _queries(page)),
    )
    blocks = [*_head(page)]
    for heading, body in sections:
        if written := list(body):
            blocks += [f"## {heading}", *written]
    return "\n\n".join(blocks) + "\n"


# ---------------------------------------------------------------- sections


def _head(page: _Page) -> Iterator[str]:
    incident = page.incident
    yield f"# {markdown(narrative.title(incident))}"
    yield (
        "Draft from monitoring data, for people to check: each line cites what shows it, and a hint is not a cause. "
        f"**All times UTC.** {markdown(narrative.window_text(incident))}"
    )
    rows = [row for row in gap_rows(incident) if row.in_window]
    if rows:
        told = [f"- {markdown(gap_text(row, dates=page.dates))}" for row in rows[:GAPS_FIRST]]
        if len(rows) > GAPS_FIRST:
            told.append(f"- {len(rows) - GAPS_FIRST} more under “What was not seen”.")
        opening = ["> [!WARNING]", "> **Not seen:**"] if page.flavour != "plain" else ["> **Not seen:**"]
        yield "\n".join([*opening, ">", *(f"> {line}" for line in told)])


def _summary(page: _Page) -> Iterator[str]:
    yield markdown(narrative.summary(page.incident))
    if page.flavour != "plain" and page.incident.timeline:
        yield markdown_fence(to_mermaid(page.incident), language="mermaid")
    yield from (_image(chart, page) for chart in front_and_rest(page.charts)[0])


def _impact(page: _Page) -> Iterator[str]:
    told = [
        f"- {markdown(narrative.impact_text(impact, dates=page.dates))} {ids_only(impact.evidence)}".rstrip()
        for impact in page.incident.explanation.impact
    ]
    if told:
        yield "\n".join(told)
    elif page.incident.explanation.verdict == "incident":
        yield "What users felt cannot be said: no signal shows it."


def _milestones(page: _Page) -> Iterator[str]:
    if not any(page.incident.milestones.values()):
        return
    rows = []
    for row in narrative.milestone_rows(page.incident):
        if row.moment is None:
            rows.append((row.title, "-", "-", capitalised(row.absent), ""))
        else:
            between = bounds(row.moment, dates=page.dates)
            time = clock(row.moment.time, dates=page.dates)
            rows.append(
                (
                    row.title,
                    f"**{time}**",
                    between or "-",
                    row.means,
                    _shown(row.evidence, page),
                )
            )
    yield table(("Milestone", "Time (UTC)", "Between", "Meaning", "Evidence"), rows)
    lengths = [
        (row.title, f"**{row.value}**", row.between or "-", markdown(row.formula))
        for row in narrative.duration_rows(page.incident)
    ]
    if lengths:
        yield table(("Duration", "Value", "Between", "Formula"), lengths)


def _timeline(page: _Page) -> Iterator[str]:
    entries = page.incident.timeline
    shown = entries if page.rows is None else entries[: page.rows]
    if not entries:
        return
    heads = ["Time (UTC)", *([f"Time ({page.zone})"] if page.zone else []), "Event", "Evidence"]
    yield table(heads, [_entry_cells(entry, page) for entry in shown])
    if len(shown) < len(entries):
        yield f"{counted(len(entries) - len(shown), one='more line')} in incident.json: this host takes no more."
    if any(bounds(entry.moment, dates=False) for entry in shown):
        yield "−15 s: it may have been up to 15 s earlier; + later; ± either. The samples show no more."


def _entry_cells(entry: Entry, page: _Page) -> list[str]:
    event = markdown(clip(entry_text(entry.title, entry.detail), most=MAX_CELL))
    if entry.id in page.turns:
        told = markdown(clip(entry_text(narrative.heading(entry), entry.detail), most=MAX_CELL))
        event = f"**{narrative.ENTRY_KINDS[entry.kind]}:** {told}"
    if entry.service.name and entry.service.name not in entry.title:
        event += f" ({markdown(clip(entry.service.name, most=MAX_SHORT))})"
    local = []
    if page.zone:
        window = page.incident.evidence.window
        local = [
            clock(entry.moment.time, dates=spans_midnight(window.start, window.end, zone=page.zone), zone=page.zone)
        ]
    shown = f"{_shown(entry.evidence, page)} (rule {markdown_code(entry.rule, in_table=True)})"
    return [narrative.moment_text(entry.moment, dates=page.dates), *local, event, shown]


def _hints(page: _Page) -> Iterator[str]:
    hints = page.incident.explanation.hints
    for hint in hints:
        named = clip(narrative.hint_title(hint, incident=page.incident), most=MAX_CELL)
        yield f"### {hint.rank}\\. {markdown(named)}"
        yield f"{markdown(sentence(hint.statement))} ({narrative.confidence_text(hint)})"
        yield from _reasons(hint)
    if hints:
        yield f"Left to {narrative.UNSEEN}: {narrative.share_text(narrative.left_over(page.incident))}."


def _reasons(hint: Hint) -> Iterator[str]:
    for heading, reasons in (("For", hint.reasons_for), ("Against", hint.reasons_against)):
        if reasons:
            yield f"{heading}:"
            yield "\n".join(_reason(reason) for reason in reasons)


def _reason(reason: Reason) -> str:
    return f"- {markdown_code(reason.rule)}: {markdown(sentence(reason.says))} {ids_only(reason.evidence)}".rstrip()


def _let_go(page: _Page) -> Iterator[str]:
    rows = []
    events = {event.id: event for event in page.incident.evidence.events}
    for gone in page.incident.explanation.dismissed_changes:
        event = events.get(gone.event)
        time = clock(event.time, dates=page.dates) if event else "-"
        named = page.known[gone.event].text if gone.event in page.known else gone.event
        says = f"{markdown(sentence(gone.says))} ({markdown(gone.rule)})"
        rows.append((time, markdown(clip(named, most=MAX_CELL)), says, _shown(gone.evidence, page)))
    if rows:
        yield table(("Time (UTC)", "Change", "Why it was let go", "Evidence"), rows)


def _detection(page: _Page) -> Iterator[str]:
    lines = detection_lines(page.incident, clock=Clock(dates=page.dates))
    if told := [f"- **{markdown(head)}**: {markdown(text)}" for head, text in lines]:
        yield "\n".join(told)


def _ruled_out(page: _Page) -> Iterator[str]:
    told = []
    for ruled in page.incident.explanation.ruled_out:
        named = capitalised(mechanism_text(ruled.mechanism))
        where = f" ({ruled.service.name})" if ruled.service.name else ""
        told.append(f"- **{markdown(named + where)}:** {markdown(sentence(ruled.says))} {ids_only(ruled.evidence)}")
    if told:
        yield "\n".join(told)


def _not_checked(page: _Page) -> Iterator[str]:
    told = [
        f"- **{markdown(capitalised(mechanism_text(n.mechanism)))}:** {markdown(sentence(n.reason))}"
        for n in page.incident.explanation.not_checked
    ]
    if told:
        yield "\n".join(told)


def _gaps(page: _Page) -> Iterator[str]:
    told = [
        f"- {markdown(gap_text(row, dates=page.dates, most=12))} {ids_only(row.ids)}" for row in gap_rows(page.incident)
    ]
    if told:
        yield "\n".join(told)


def _charts(page: _Page) -> Iterator[str]:
    yield from (_image(chart, page) for chart in front_and_rest(page.charts)[1])


def _image(chart: ChartImage, page: _Page) -> str:
    ending = "png" if chart.png else "svg"
    return f"![{markdown(chart.alt)}](<{page.chart_folder}/{chart.name}.{ending}>)"


def _notes(page: _Page) -> Iterator[str]:
    told = [f"- {markdown(sentence(note))}" for note in page.incident.evidence.notes if note.strip()]
    if told:
        yield "\n".join(told)


def _evidence(page: _Page) -> Iterator[str]:
    """What the ids in the sections above stand for; queries have their own appendix."""
    if not page.appendix:
        yield "Evidence and queries are in incident.json: this host takes no more."
        return
    rows = []
    for one in cited_in_draft(page.incident, page.known):
        if one.kind != "query":
            where = [linked(one)] if one.kind == "event" else [markdown_code(one.query)] if one.query else []
            rows.append((markdown_code(one.id), " · ".join([markdown(clip(one.text, most=MAX_CELL)), *where])))
    if rows:
        yield from _folded(
            table(("Id", "What it shows"), rows),
            page,
            label=counted(len(rows), one="piece of evidence", many="pieces of evidence"),
        )


def _queries(page: _Page) -> Iterator[str]:
    """The queries behind what is cited, so that each figure can be asked again."""
    if not page.appendix:
        return
    wanted = {one.query for one in cited_in_draft(page.incident, page.known) if one.query}
    queries = page.incident.evidence.queries
    shown = [query for query in queries if query.id in wanted]
    blocks = []
    for query in shown:
        when = f"{span(query.start, query.end, dates=True)}, step {human_duration(query.step_s)}"
        again = [
            f"[{name}](<{url}>)"
            for name, url in (("graph", page.links.graph(query)), ("Grafana", page.links.explore(query)))
            if url
        ]
        told = f"{markdown_code(query.id)} {markdown(query.signal)}: {query.series} series, {when}"
        blocks += [" · ".join([told, *again]), markdown_fence(query.query, language="promql")]
    if blocks:
        yield from _folded("\n\n".join(blocks), page, label=counted(len(shown), one="query", many="queries"))
    if len(shown) < len(queries):
        rest = counted(len(queries) - len(shown), one="more query was", many="more queries were")
        yield f"{rest} asked and showed nothing that is cited here; incident.json lists them."


def _shown(ids: Sequence[str], page: _Page) -> str:
    return cite(ids, page.known, most=CITED_IN_CELL)


def _folded(block: str, page: _Page, *, label: str) -> Iterator[str]:
    """Behind a click where the host has one; the blank lines make Markdown inside HTML be read as Markdown."""
    if page.flavour == "plain":
        yield block
    else:
        yield f"<details>\n<summary>{label}</summary>\n\n{block}\n\n</details>"
