"""What timeline.md and evidence.md share: rows of entries, tables, citations, evidence and queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from reconstruct.charts.image import ChartImage
from reconstruct.model import Entry, Incident
from reconstruct.render.detection_section import detection_lines
from reconstruct.text import narrative
from reconstruct.text.entries import Words, entry_words
from reconstruct.text.escape import clip, markdown, markdown_code, markdown_fence
from reconstruct.text.links import Links
from reconstruct.text.milestones import moment_text, open_ends
from reconstruct.text.references import Cited, cited, cited_in_draft
from reconstruct.text.times import Clock, clock, clock_of, span, spans_midnight
from reconstruct.text.units import human_duration
from reconstruct.text.wording import capitalised, counted, entry_text, sentence

Flavour = Literal["plain", "github", "gitlab"]
"""`plain` is a file with its pictures beside it. The others are for pasting into an issue, where pictures do not
travel: they draw with Mermaid, fold the evidence behind a click, and keep to the host's limit."""

CITED_IN_CELL: Final = 3
"""So many pieces of evidence stand in a table's cell; the others are counted and stand in incident.json."""
MAX_CELL: Final = 240
"""Characters of foreign text in a cell: a title of a page's length would push everything else out of sight."""
MAX_SHORT: Final = 60
"""Characters of the name of a piece of evidence: it stands beside its id."""
EVIDENCE_FILE: Final = "evidence.md"


@dataclass(frozen=True, slots=True)
class Page:
    """What every section needs."""

    incident: Incident
    known: Mapping[str, Cited]
    words: Mapping[str, Words]
    clock: Clock
    charts: Sequence[ChartImage]
    links: Links
    flavour: Flavour
    zone: str
    chart_folder: str
    turns: frozenset[str]
    rows: int | None = None
    """So many lines of the timeline; None = all key entries."""
    appendix: bool = True


def page_of(
    incident: Incident,
    charts: Sequence[ChartImage],
    links: Links | None,
    *,
    flavour: Flavour,
    zone: str,
    chart_folder: str,
) -> Page:
    """Everything that a section reads, made once."""
    clock_used = clock_of(incident)
    incident = narrative.retimed(incident, clock_used)
    return Page(
        incident,
        cited(incident),
        entry_words(incident, clock=clock_used),
        clock_used,
        charts if flavour == "plain" else (),
        links or Links(),
        flavour,
        zone,
        chart_folder,
        narrative.turning_points(incident),
    )


def joined_sections(head: Sequence[str], sections: Iterable[tuple[str, Iterable[str]]]) -> str:
    """Head and sections as one text; a section without content has no heading."""
    blocks = [*head]
    for heading, written in sections:
        if told := list(written):
            blocks += [f"## {heading}", *told]
    return "\n\n".join(blocks) + "\n"


def impact_lines(rows: Iterable[tuple[str, Sequence[str]]]) -> Iterator[str]:
    """A bullet a row, with what shows it."""
    told = [f"- {markdown(text)} {ids_only(evidence)}".rstrip() for text, evidence in rows]
    if told:
        yield "\n".join(told)


def entry_rows(page: Page, entries: Sequence[Entry], *, rule: bool = False) -> Iterator[str]:
    """Entries as a table, as many as the page takes; with `rule`, their level and rule too."""
    told = entries if page.rows is None else entries[: page.rows]
    if not told:
        return
    heads = ["Time (UTC)", *([f"Time ({page.zone})"] if page.zone else []), "Event", "Evidence"]
    yield table([*heads, *(["Level, rule"] if rule else [])], [_entry_cells(entry, page, rule=rule) for entry in told])
    if len(told) < len(entries):
        yield f"{counted(len(entries) - len(told), one='more line')} in incident.json: this host takes no more."
    if any(open_ends(entry.moment) for entry in told):
        yield "−15 s: it may have been up to 15 s earlier; + later; ± either. The samples show no more."


def _entry_cells(entry: Entry, page: Page, *, rule: bool) -> list[str]:
    words = page.words[entry.id]
    event = markdown(clip(entry_text(words.title, words.detail), most=MAX_CELL))
    if entry.id in page.turns:
        event = f"**{markdown(clip(words.title, most=MAX_CELL))}**"
        if words.detail:
            event += f": {markdown(clip(words.detail, most=MAX_CELL))}"
    if entry.service.name and entry.service.name not in words.title:
        event += f" ({markdown(clip(entry.service.name, most=MAX_SHORT))})"
    local = []
    if page.zone:
        window = page.incident.evidence.window
        local = [
            clock(entry.moment.time, dates=spans_midnight(window.start, window.end, zone=page.zone), zone=page.zone)
        ]
    cells = [moment_text(entry.moment, clock=page.clock), *local, event, shown(entry.evidence, page)]
    return [*cells, *([f"{entry.level}, {markdown_code(entry.rule, in_table=True)}"] if rule else [])]


def dismissed_rows(page: Page, *, most: int | None) -> Iterator[str]:
    """Changes that were dismissed, with the rule that did; past `most` they are counted."""
    rows = []
    events = {event.id: event for event in page.incident.evidence.events}
    gone = narrative.dismissed(page.incident)
    for one in gone[:most]:
        event = events.get(one.event)
        time = page.clock.time(event.time) if event else "-"
        named = page.known[one.event].text if one.event in page.known else one.event
        says = f"{markdown(sentence(capitalised(one.says)))} ({markdown(one.rule)})"
        rows.append((time, markdown(clip(named, most=MAX_CELL)), says, shown(one.evidence, page)))
    if rows:
        yield table(("Time (UTC)", "Change", "Why it was dismissed", "Evidence"), rows)
    if most is not None and len(gone) > most:
        yield f"{len(gone) - most} more in {EVIDENCE_FILE}."


def detection_rows(page: Page, *, most: int | None) -> Iterator[str]:
    """The alert review, a proposed alert, earlier occurrences; past `most` they are counted."""
    lines = list(detection_lines(page.incident, clock=page.clock))
    if told := [f"- **{markdown(head)}**: {markdown(text)}" for head, text in lines[:most]]:
        yield "\n".join(told)
    if most is not None and len(lines) > most:
        yield f"{len(lines) - most} more in {EVIDENCE_FILE}."


def image(chart: ChartImage, page: Page) -> str:
    """A picture with its alt text, by its path beside the file."""
    ending = "png" if chart.png else "svg"
    return f"![{markdown(chart.alt)}](<{page.chart_folder}/{chart.name}.{ending}>)"


def evidence_rows(page: Page) -> Iterator[str]:
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


def query_blocks(page: Page) -> Iterator[str]:
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


def _folded(block: str, page: Page, *, label: str) -> Iterator[str]:
    """Behind a click where the host has one; the blank lines make Markdown inside HTML be read as Markdown."""
    if page.flavour == "plain":
        yield block
    else:
        yield f"<details>\n<summary>{label}</summary>\n\n{block}\n\n</details>"


def shown(ids: Sequence[str], page: Page) -> str:
    """Ids with what they stand for, as many as a cell takes."""
    return cite(ids, page.known, most=CITED_IN_CELL)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are Markdown already: escaped, without line breaks."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def cite(ids: Sequence[str], known: Mapping[str, Cited], *, most: int | None = None) -> str:
    """Ids with what they stand for, past `most` counted: `e3` deploys.jsonl 41023, `a1`, `a2` http/errors, 2 more."""
    shown = ids[:most]
    told = [
        f"{', '.join(markdown_code(one, in_table=True) for one in alike)} {name}".rstrip()
        for name, alike in groupby(shown, key=lambda one: linked(known[one]) if one in known else "")
    ]
    return ", ".join([*told, *([f"{len(ids) - len(shown)} more"] if len(ids) > len(shown) else [])])


def ids_only(ids: Sequence[str]) -> str:
    """Ids in brackets, for the end of a sentence; "" for none."""
    return f"({', '.join(markdown_code(one) for one in ids)})" if ids else ""


def linked(one: Cited) -> str:
    """The short name of a piece of evidence, as a link where its source can show it."""
    short = markdown(clip(one.short, most=MAX_SHORT))
    return f"[{short}](<{one.url}>)" if one.url else short
