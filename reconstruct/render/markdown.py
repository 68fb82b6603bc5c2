"""timeline.md, the draft to publish, and evidence.md, what it rests on, in CommonMark; flavours add what a host has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from reconstruct.charts.image import ChartImage, front_and_rest
from reconstruct.model import Entry, Hint, Impact, Incident, Reason
from reconstruct.render.detection_section import detection_lines
from reconstruct.render.mermaid import to_mermaid
from reconstruct.text import narrative
from reconstruct.text.entries import Words, entry_words
from reconstruct.text.escape import clip, markdown, markdown_code, markdown_fence
from reconstruct.text.follow_ups import follow_up_texts
from reconstruct.text.gaps import gap_rows, gap_text
from reconstruct.text.links import Links
from reconstruct.text.references import Cited, cited, cited_in_draft
from reconstruct.text.times import Clock, clock, span, spans_midnight
from reconstruct.text.units import human_duration
from reconstruct.text.wording import capitalised, counted, entry_text, joined, mechanism_text, sentence

Flavour = Literal["plain", "github", "gitlab"]
"""`plain` is a file with its pictures beside it. The others are for pasting into an issue, where pictures do not
travel: they draw with Mermaid, fold the evidence behind a click, and keep to the host's limit."""

BODY_LIMITS: Final[Mapping[Flavour, int]] = {"github": 65_536, "gitlab": 1_000_000}
"""Characters that an issue or comment may have."""
CITED_IN_CELL: Final = 3
"""So many pieces of evidence stand in a table's cell; the others are counted and stand in incident.json."""
MAX_CELL: Final = 240
"""Characters of foreign text in a cell: a title of a page's length would push everything else out of sight."""
MAX_SHORT: Final = 60
"""Characters of the name of a piece of evidence: it stands beside its id."""
GAPS_FIRST: Final = 3
"""So many gaps that matter are said before anything else; all of them are in evidence.md."""
MAX_HINTS: Final = 2
MAX_REASONS: Final = 3
"""Of a hint, for and against, in the draft; evidence.md has all."""
MAX_DISMISSED: Final = 6
MAX_DETECTION: Final = 6
MAX_IMPACT: Final = 6
EVIDENCE_FILE: Final = "evidence.md"


@dataclass(frozen=True, slots=True)
class _Page:
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
    return _within_limit(_page(incident, charts, links, flavour=flavour, zone=zone, chart_folder=chart_folder))


def to_evidence(
    incident: Incident,
    *,
    charts: Sequence[ChartImage] = (),
    links: Links | None = None,
    zone: str = "",
    chart_folder: str = "charts",
) -> str:
    """evidence.md: every entry, every reason, what is ruled out, all data gaps and charts, the queries, the method."""
    page = _page(incident, charts, links, flavour="plain", zone=zone, chart_folder=chart_folder)
    head = [
        f"# Evidence: {markdown(narrative.title(incident))}",
        f"What [timeline.md](timeline.md) rests on. **All times UTC.** {markdown(narrative.window_text(incident))}",
    ]
    return _joined(
        head,
        (
            ("All entries", _entries(page, incident.timeline, rule=True)),
            ("Impact at inner hops", _impact_lines(page, narrative.impact_rows(incident)[1])),
            ("Candidate causes", _hints(page)),
            ("Dismissed changes", _dismissed(page, most=None)),
            ("Detection", _detection(page, most=None)),
            ("Ruled out", _ruled_out(page)),
            ("Not checked", _not_checked(page)),
            ("Data gaps", _gaps(page)),
            ("Charts", _charts(page)),
            ("Method", _notes(page)),
            ("Evidence", _evidence(page)),
            ("Queries", _queries(page)),
        ),
    )


def _page(
    incident: Incident,
    charts: Sequence[ChartImage],
    links: Links | None,
    *,
    flavour: Flavour,
    zone: str,
    chart_folder: str,
) -> _Page:
    clock_used = narrative.clock_of(incident)
    return _Page(
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


def _within_limit(page: _Page) -> str:
    """The fullest form that fits the host: first the evidence goes, then the timeline's tail, and both are said."""
    text = _written(page)
    limit = BODY_LIMITS.get(page.flavour)
    if limit is None or len(text) <= limit:
        return text
    page = replace(page, appendix=False, rows=len(page.incident.timeline))
    while len(text := _written(page)) > limit and page.rows:
        page = replace(page, rows=min(page.rows - 1, page.rows * limit // len(text)))
    return text


def _written(page: _Page) -> str:
    sections: list[tuple[str, Iterable[str]]] = [
        ("Summary", _summary(page)),
        ("Impact", _impact(page)),
        ("Milestones", _milestones(page)),
        ("Timeline", _timeline(page)),
        ("Candidate causes", _hints_in_short(page)),
        ("What moved most", _movers(page)),
        ("Dismissed changes", _dismissed(page, most=MAX_DISMISSED)),
        ("Detection", _detection(page, most=MAX_DETECTION)),
        ("Questions for the review", _follow_ups(page)),
        ("Data gaps", _gaps_in_short(page)),
    ]
    if page.flavour != "plain":
        sections += [("Evidence", _evidence(page)), ("Queries", _queries(page))]
    return _joined([*_head(page)], sections)


def _joined(head: Sequence[str], sections: Iterable[tuple[str, Iterable[str]]]) -> str:
    blocks = [*head]
    for heading, written in sections:
        if told := list(written):
            blocks += [f"## {heading}", *told]
    return "\n\n".join(blocks) + "\n"


# ---------------------------------------------------------------- the draft


def _head(page: _Page) -> Iterator[str]:
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


def _summary(page: _Page) -> Iterator[str]:
    yield markdown(narrative.summary(page.incident, clock=page.clock))
    if page.flavour != "plain" and page.incident.timeline:
        yield markdown_fence(to_mermaid(page.incident), language="mermaid")
    yield from (_image(chart, page) for chart in front_and_rest(page.charts)[0][:1])


def _impact(page: _Page) -> Iterator[str]:
    outer, _ = narrative.impact_rows(page.incident)
    told = list(_impact_lines(page, outer[:MAX_IMPACT]))
    yield from told
    if not told and page.incident.explanation.verdict == "incident":
        yield "No user impact was measured: no user-facing signal shows any."


def _impact_lines(page: _Page, rows: Sequence[Impact]) -> Iterator[str]:
    told = [
        f"- {markdown(narrative.impact_text(impact, incident=page.incident, clock=page.clock))} "
        f"{ids_only(impact.evidence)}".rstrip()
        for impact in rows
    ]
    if told:
        yield "\n".join(told)


def _milestones(page: _Page) -> Iterator[str]:
    if not any(page.incident.milestones.values()):
        return
    rows = []
    for row in narrative.milestone_rows(page.incident):
        if row.moment is None:
            rows.append((row.title, "-", "-", capitalised(row.absent), ""))
        else:
            between = page.clock.bounds(row.moment)
            time = f"**{page.clock.time(row.moment.time)}**"
            rows.append((row.title, time, between or "-", row.means, _shown(row.evidence, page)))
    yield table(("Milestone", "Time (UTC)", "Between", "Meaning", "Evidence"), rows)
    lengths = [
        (row.title, f"**{row.value}**", row.between or "-", markdown(row.formula))
        for row in narrative.duration_rows(page.incident)
    ]
    if lengths:
        yield table(("Duration", "Value", "Between", "Formula"), lengths)


def _timeline(page: _Page) -> Iterator[str]:
    yield from _entries(page, [entry for entry in page.incident.timeline if entry.level == "key"])


def _entries(page: _Page, entries: Sequence[Entry], *, rule: bool = False) -> Iterator[str]:
    shown = entries if page.rows is None else entries[: page.rows]
    if not shown:
        return
    heads = ["Time (UTC)", *([f"Time ({page.zone})"] if page.zone else []), "Event", "Evidence"]
    yield table([*heads, *(["Level, rule"] if rule else [])], [_entry_cells(entry, page, rule=rule) for entry in shown])
    if len(shown) < len(entries):
        yield f"{counted(len(entries) - len(shown), one='more line')} in incident.json: this host takes no more."
    if any(narrative.open_ends(entry.moment) for entry in shown):
        yield "−15 s: it may have been up to 15 s earlier; + later; ± either. The samples show no more."


def _entry_cells(entry: Entry, page: _Page, *, rule: bool) -> list[str]:
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
    cells = [narrative.moment_text(entry.moment, clock=page.clock), *local, event, _shown(entry.evidence, page)]
    return [*cells, *([f"{entry.level}, {markdown_code(entry.rule, in_table=True)}"] if rule else [])]


def _hints_in_short(page: _Page) -> Iterator[str]:
    """The first hints with their strongest reasons, one line each."""
    told = [h for h in page.incident.explanation.hints if h.verdict in ("supported", "plausible")][:MAX_HINTS]
    for number, hint in enumerate(told or page.incident.explanation.hints[:1], 1):
        yield f"{number}. {markdown(sentence(hint.statement))} ({narrative.confidence_text(hint)})\n" + "\n".join(
            f"   - {side}: {markdown(sentence(reason.says))} {ids_only(reason.evidence)}".rstrip()
            for side, reasons in (("for", hint.reasons_for), ("against", hint.reasons_against))
            for reason in reasons[:MAX_REASONS]
        )
    if page.incident.explanation.hints:
        yield f"{narrative.UNSEEN}: {narrative.share_text(narrative.left_over(page.incident))}."
        if cleared := page.incident.explanation.ruled_out:
            names = dict.fromkeys(mechanism_text(r.mechanism) for r in cleared)
            yield f"Ruled out by their figures: {markdown(joined(names))}."


def _movers(page: _Page) -> Iterator[str]:
    """Where no incident was found: what moved most all the same, when, and on which instances."""
    if page.incident.explanation.verdict != "incident":
        told = narrative.largest_effects(page.incident, clock=page.clock)
        if told:
            yield "\n".join(f"- {markdown(text)} {ids_only((one,))}" for text, one in told)


def _follow_ups(page: _Page) -> Iterator[str]:
    told = [
        f"- {markdown(text)} {ids_only(evidence[:CITED_IN_CELL])}".rstrip()
        for text, evidence in follow_up_texts(page.incident, clock=page.clock)
    ]
    if told:
        yield "\n".join(told)


def _gaps_in_short(page: _Page) -> Iterator[str]:
    """Those that could not change what is said, in one line: the others stand above."""
    rows = gap_rows(page.incident)
    rest = [row for row in rows if not (row.matters and row.in_window)]
    shown = [row for row in rows if row.matters and row.in_window][GAPS_FIRST:]
    if shown:
        yield "\n".join(f"- {markdown(gap_text(row, clock=page.clock))}" for row in shown[:GAPS_FIRST])
    if rest:
        where = f"see {EVIDENCE_FILE}" if page.flavour == "plain" else "see incident.json"
        yield f"{counted(len(rest), one='data gap')} that changed nothing said here: {where}."


# ---------------------------------------------------------------- the evidence


def _hints(page: _Page) -> Iterator[str]:
    hints = page.incident.explanation.hints
    for hint in hints:
        named = clip(narrative.hint_title(hint, incident=page.incident), most=MAX_CELL)
        yield f"### {hint.rank}\\. {markdown(named)}"
        yield f"{markdown(sentence(hint.statement))} ({narrative.confidence_text(hint)})"
        yield from _reasons(hint)
    if hints:
        yield f"{narrative.UNSEEN}: {narrative.share_text(narrative.left_over(page.incident))}."


def _reasons(hint: Hint) -> Iterator[str]:
    for heading, reasons in (("For", hint.reasons_for), ("Against", hint.reasons_against)):
        if reasons:
            yield f"{heading}:"
            yield "\n".join(_reason(reason) for reason in reasons)


def _reason(reason: Reason) -> str:
    return f"- {markdown_code(reason.rule)}: {markdown(sentence(reason.says))} {ids_only(reason.evidence)}".rstrip()


def _dismissed(page: _Page, *, most: int | None) -> Iterator[str]:
    rows = []
    events = {event.id: event for event in page.incident.evidence.events}
    gone = narrative.dismissed(page.incident)
    for one in gone[:most]:
        event = events.get(one.event)
        time = page.clock.time(event.time) if event else "-"
        named = page.known[one.event].text if one.event in page.known else one.event
        says = f"{markdown(sentence(capitalised(one.says)))} ({markdown(one.rule)})"
        rows.append((time, markdown(clip(named, most=MAX_CELL)), says, _shown(one.evidence, page)))
    if rows:
        yield table(("Time (UTC)", "Change", "Why it was dismissed", "Evidence"), rows)
    if most is not None and len(gone) > most:
        yield f"{len(gone) - most} more in {EVIDENCE_FILE}."


def _detection(page: _Page, *, most: int | None) -> Iterator[str]:
    lines = list(detection_lines(page.incident, clock=page.clock))
    if told := [f"- **{markdown(head)}**: {markdown(text)}" for head, text in lines[:most]]:
        yield "\n".join(told)
    if most is not None and len(lines) > most:
        yield f"{len(lines) - most} more in {EVIDENCE_FILE}."


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
        f"- {markdown(gap_text(row, clock=page.clock, most=12))} {ids_only(row.ids)}" for row in gap_rows(page.incident)
    ]
    if told:
        yield "\n".join(told)


def _charts(page: _Page) -> Iterator[str]:
    front, others = front_and_rest(page.charts)
    yield from (_image(chart, page) for chart in (*front[1:], *others))


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


# ---------------------------------------------------------------- tables and citations


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are Markdown already: escaped, without line breaks."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def cite(ids: Sequence[str], known: Mapping[str, Cited], *, most: int | None = None) -> str:
    """Ids with what they stand for, past `most` counted: `e3` deploys.jsonl 41023, `a1` http/errors, 2 more."""
    shown = ids[:most]
    told = [
        f"{markdown_code(one, in_table=True)} {linked(known[one]) if one in known else ''}".rstrip() for one in shown
    ]
    return ", ".join([*told, *([f"{len(ids) - len(shown)} more"] if len(ids) > len(shown) else [])])


def ids_only(ids: Sequence[str]) -> str:
    """Ids in brackets, for the end of a sentence; "" for none."""
    return f"({', '.join(markdown_code(one) for one in ids)})" if ids else ""


def linked(one: Cited) -> str:
    """The short name of a piece of evidence, as a link where its source can show it."""
    short = markdown(clip(one.short, most=MAX_SHORT))
    return f"[{short}](<{one.url}>)" if one.url else short
