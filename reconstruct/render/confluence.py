"""Confluence storage format: well-formed XML to put into a page's body, charts as attachments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconstruct.charts.image import ChartImage, front_and_rest
from reconstruct.model import Hint, Incident
from reconstruct.text import impact, narrative
from reconstruct.text.entries import entry_words
from reconstruct.text.escape import cdata, xml
from reconstruct.text.gaps import gap_rows, gap_text
from reconstruct.text.links import Links
from reconstruct.text.milestones import duration_rows, milestone_rows, moment_text
from reconstruct.text.references import cited
from reconstruct.text.summary import summary
from reconstruct.text.times import Clock, clock_of
from reconstruct.text.wording import capitalised, counted, entry_text, mechanism_text, sentence, share_text


def to_confluence(incident: Incident, *, charts: Sequence[ChartImage] = (), links: Links | None = None) -> str:
    """The draft in storage format; attach the chart files to the page under their own names.

    It has no root element, as Confluence wants it: wrap it in one that declares `ac` and `ri` to parse it.
    """
    clock = clock_of(incident)
    incident = narrative.retimed(incident, clock)
    sections: tuple[tuple[str, Iterator[str]], ...] = (
        ("Summary", _summary(incident, charts, clock=clock)),
        (
            "Impact",
            _listed(text for text, _ in impact.impact_told(incident, clock=clock)),
        ),
        ("Milestones", _milestones(incident, clock=clock)),
        ("Timeline", _timeline(incident, clock=clock)),
        ("Candidate causes", _hints(incident)),
        ("Dismissed changes", _dismissed(incident)),
        ("Ruled out", _ruled_out(incident)),
        ("Not checked", _not_checked(incident)),
        ("Data gaps", _listed(gap_text(row, clock=clock, most=12) for row in gap_rows(incident))),
        ("Charts", (_image(chart) for chart in front_and_rest(charts)[1])),
        ("Method", _listed(sentence(note) for note in incident.evidence.notes if note.strip())),
        ("Queries", _queries(incident, links or Links())),
    )
    parts = [*_head(incident, clock=clock)]
    for heading, body in sections:
        if written := list(body):
            parts += [f"<h2>{heading}</h2>", *written]
    return "\n".join(parts) + "\n"


def _head(incident: Incident, *, clock: Clock) -> Iterator[str]:
    yield f"<h1>{xml(narrative.title(incident))}</h1>"
    yield (
        "<p>Draft from monitoring data, for people to check; a candidate cause is a hint. "
        f"<strong>All times UTC.</strong> {xml(narrative.window_text(incident))}</p>"
    )
    rows = [row for row in gap_rows(incident) if row.in_window and row.matters]
    if rows:
        told = "".join(_listed(gap_text(row, clock=clock) for row in rows[:4]))
        more = f"<p>{len(rows) - 4} more below.</p>" if len(rows) > 4 else ""
        yield _macro("warning", f"<ac:rich-text-body><p>Data gaps:</p>{told}{more}</ac:rich-text-body>")


def _summary(incident: Incident, charts: Sequence[ChartImage], *, clock: Clock) -> Iterator[str]:
    yield f"<p>{xml(summary(incident, clock=clock))}</p>"
    yield from (_image(chart) for chart in front_and_rest(charts)[0])


def _milestones(incident: Incident, *, clock: Clock) -> Iterator[str]:
    if not any(incident.milestones.values()):
        return
    rows = []
    for row in milestone_rows(incident):
        time = f"<strong>{clock.time(row.moment.time)}</strong>" if row.moment else "-"
        between = clock.bounds(row.moment) if row.moment else ""
        rows.append((row.title, time, between or "-", capitalised(row.absent or row.means), _ids(row.evidence)))
    yield _table(("Milestone", "Time (UTC)", "Between", "Meaning", "Evidence"), rows)
    lengths = [
        (d.title, f"<strong>{d.value}</strong>", d.between or "-", xml(d.formula)) for d in duration_rows(incident)
    ]
    if lengths:
        yield _table(("Duration", "Value", "Between", "Formula"), lengths)


def _timeline(incident: Incident, *, clock: Clock) -> Iterator[str]:
    known, turns = cited(incident), narrative.turning_points(incident)
    words = entry_words(incident, clock=clock)
    rows = []
    for entry in incident.timeline:
        if entry.level != "key":
            continue
        title, detail = words[entry.id]
        event = xml(entry_text(title, detail))
        if entry.id in turns:
            event = f"<strong>{xml(title)}</strong>" + (f": {xml(detail)}" if detail else "")
        if entry.service.name and entry.service.name not in title:
            event += f" ({xml(entry.service.name)})"
        shown = []
        for one in entry.evidence:
            short = xml(known[one].short) if one in known else ""
            url = known[one].url if one in known else ""
            linked = f'<a href="{xml(url)}">{short}</a>' if url else short
            shown.append(f"<code>{xml(one)}</code> {linked}".rstrip())
        rows.append(
            (
                moment_text(entry.moment, clock=clock),
                event,
                ", ".join(shown),
                f"<code>{xml(entry.rule)}</code>",
            )
        )
    if rows:
        yield _table(("Time (UTC)", "Event", "Evidence", "Rule"), rows)


def _hints(incident: Incident) -> Iterator[str]:
    for hint in incident.explanation.hints:
        yield f"<h3>{hint.rank}. {xml(narrative.hint_title(hint, incident=incident))}</h3>"
        yield f"<p>{xml(sentence(hint.statement))} ({xml(narrative.confidence_text(hint))})</p>"
        yield from _reasons(hint)
    if incident.explanation.hints:
        yield f"<p>{narrative.UNSEEN}: {share_text(narrative.left_over(incident))}.</p>"


def _reasons(hint: Hint) -> Iterator[str]:
    for heading, reasons in (("For", hint.reasons_for), ("Against", hint.reasons_against)):
        if reasons:
            told = "".join(
                f"<li><code>{xml(r.rule)}</code>: {xml(sentence(r.says))} {_ids(r.evidence)}</li>" for r in reasons
            )
            yield f"<p>{heading}:</p><ul>{told}</ul>"


def _dismissed(incident: Incident) -> Iterator[str]:
    known = cited(incident)
    rows = [
        (
            xml(known[g.event].text if g.event in known else g.event),
            xml(sentence(g.says)),
            f"<code>{xml(g.rule)}</code>",
            _ids(g.evidence),
        )
        for g in narrative.dismissed(incident)
    ]
    if rows:
        yield _table(("Change", "Why it was dismissed", "Rule", "Evidence"), rows)


def _ruled_out(incident: Incident) -> Iterator[str]:
    told = "".join(
        f"<li><strong>{xml(capitalised(mechanism_text(r.mechanism)))}</strong> "
        f"({xml(r.service.name or 'everywhere')}): {xml(sentence(r.says))} {_ids(r.evidence)}</li>"
        for r in incident.explanation.ruled_out
    )
    if told:
        yield f"<ul>{told}</ul>"


def _not_checked(incident: Incident) -> Iterator[str]:
    return _listed(
        f"{capitalised(mechanism_text(n.mechanism))}: {sentence(n.reason)}" for n in incident.explanation.not_checked
    )


def _queries(incident: Incident, links: Links) -> Iterator[str]:
    blocks = []
    for query in incident.evidence.queries:
        again = "".join(
            f' <a href="{xml(url)}">{name}</a>'
            for name, url in (("graph", links.graph(query)), ("Grafana", links.explore(query)))
            if url
        )
        blocks.append(f"<p><code>{xml(query.id)}</code> {xml(query.signal)}: {query.series} series{again}</p>")
        blocks.append(_macro("code", f"<ac:plain-text-body>{cdata(query.query)}</ac:plain-text-body>"))
    if blocks:
        label = counted(len(incident.evidence.queries), one="query", many="queries")
        parameter = f'<ac:parameter ac:name="title">{label}</ac:parameter>'
        yield _macro("expand", f"{parameter}<ac:rich-text-body>{''.join(blocks)}</ac:rich-text-body>")


def _image(chart: ChartImage) -> str:
    ending = "png" if chart.png else "svg"
    name = xml(f"{chart.name}.{ending}")
    return f'<p><ac:image ac:alt="{xml(chart.alt)}"><ri:attachment ri:filename="{name}" /></ac:image></p>'


def _macro(name: str, body: str) -> str:
    return f'<ac:structured-macro ac:name="{name}">{body}</ac:structured-macro>'


def _listed(texts: Iterable[str]) -> Iterator[str]:
    told = "".join(f"<li>{xml(text)}</li>" for text in texts)
    if told:
        yield f"<ul>{told}</ul>"


def _ids(ids: Sequence[str]) -> str:
    return ", ".join(f"<code>{xml(one)}</code>" for one in ids)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are storage format already."""
    head = "".join(f"<th>{cell}</th>" for cell in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>" for cells in rows)
    return f"<table><tbody><tr>{head}</tr>{body}</tbody></table>"
