"""A user's own form: filled, escaped, sandboxed, and wrong in a way that names the line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from reconstruct.charts.image import ChartImage
from reconstruct.errors import UsageError
from reconstruct.model import Incident
from reconstruct.render.template import FORMS, output_name, read_template, to_template
from reconstruct.text.escape import plain
from tests.render import stories as made
from tests.render.hosts import github_html, gitlab_html, shown
from tests.render.stories import classic

CHARTS = (
    ChartImage("overview", "Overview", "what happened", png=b"x"),
    ChartImage("http-latency-p95", "Latency", "p95 rose", png=b"x", signal="http/latency-p95"),
)


def filled(template: str, incident: Incident | None = None, *, name: str = "form.md.j2") -> str:
    return to_template(incident or classic(), template, name=name, charts=CHARTS)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("story", [classic, made.ongoing, made.quiet, made.hostile, made.fortnight])
def test_the_forms_that_ship_are_filled_and_look_the_same_on_both_hosts(
    form: str, story: Callable[[], Incident]
) -> None:
    incident = story()
    name, template = read_template(form)
    text = to_template(incident, template, name=name, charts=CHARTS)
    github = github_html(text)
    assert shown(github) == shown(gitlab_html(text))
    for entry in incident.timeline:
        assert plain(str(entry.facts["title"]))[:30] in shown(github)
    assert not re.search(r"\n{3}", text)
    assert "{{" not in text.replace("{{1}", "")
    assert len(re.findall(r"\*[^*\n]+\?[^*\n]*\*", text)) >= 8, "what evidence cannot say is left as questions"
    assert 'src="charts/overview.png"' in github


@pytest.mark.parametrize(
    ("form", "headings"),
    [
        ("google-sre", ["Summary", "Impact", "Root causes", "Trigger", "Resolution", "Detection", "Action items"]),
        ("google-sre", ["What went well", "What went wrong", "Where we got lucky", "Timeline"]),
        ("pagerduty", ["Overview", "What happened", "Contributing factors", "Resolution", "Impact", "Responders"]),
        ("atlassian", ["Incident summary", "Lead-up", "Fault", "Impact", "Detection", "Response", "Recovery"]),
        ("atlassian", ["Timeline", "Five whys", "Lessons learned", "Corrective actions"]),
    ],
)
def test_each_form_has_its_sections_in_order(form: str, headings: list[str]) -> None:
    name, template = read_template(form)
    found = re.findall(r"^#+ (.*)$", to_template(classic(), template, name=name), re.MULTILINE)
    places = [found.index(heading) for heading in headings]
    assert places == sorted(places)


def test_a_form_never_calls_a_hint_the_cause() -> None:
    for form in FORMS:
        name, template = read_template(form)
        text = to_template(classic(), template, name=name).lower()
        assert "perhaps" in text
        assert "the cause is" not in text
        assert "caused by" not in text


def test_a_template_sees_the_document_of_incident_json() -> None:
    template = (
        "{{ incident.verdict }} {{ incident.hints[0].mechanism | words }} {{ incident.milestones.onset | clock }}\n"
        "{{ incident.hints[0].for[0].evidence | cite }} {{ incident.impact[0].value | human('count') }}\n"
        "{{ incident.durations.time_to_detect_s.value | duration }} {{ incident.hints[0].confidence | percent }}"
    )
    assert filled(template).splitlines() == [
        "incident slow query 2026-11-17 13:56:22",
        "`e3` [deploys.jsonl 57403](<https://github.example.internal/acme/57403>), `a10` postgres/rows-read 130 k",
        "1 min 8 s 86 %",
    ]


def test_what_is_printed_stays_text_unless_the_author_asks_for_raw() -> None:
    story = made.hostile()
    for index, event in enumerate(story.evidence.events):
        text = filled(f"| {{{{ incident.events[{index}].title }}}} | x |\n", story)
        assert shown(github_html("| a | b |\n| --- | --- |\n" + text)) == " ".join(
            ["a", "b", *plain(event.title).split(), "x"]
        )
    assert filled("{{ incident.events[3].title | raw }}", story).startswith("<script>")


def test_macros_and_blocks_are_not_escaped_twice() -> None:
    macro = "{% macro m(x) %}**{{ x }}**{% endmacro %}{% set b %}*{{ 1 }}*{% endset %}{{ m(incident.verdict) }} {{ b }}"
    assert filled(macro) == "**incident** *1*\n"


def test_a_plain_text_template_gets_plain_lines() -> None:
    text = filled("{{ incident.text }}|{{ incident.hints[0].title | default('no title') }}", name="mail.txt.j2")
    assert text == "Requests to shop failed and were slow for 91 minutes, and seven alerts fired.|no title\n"


@pytest.mark.parametrize(
    ("template", "line", "says"),
    [
        ("a\n\n{{ incident.nope }}", 3, "no attribute 'nope'"),
        ("a\n{% if %}", 2, "Expected an expression"),
        ("{% for x in incident.hints %}\n{{ x.rank }}\n", 2, "endfor"),
        ("\n{{ incident.text | shout }}", 2, "No filter named 'shout'"),
        ("{{ 1 / 0 }}", 1, "division by zero"),
        ("\n\n\n{{ incident.hints[99].rank }}", 4, "no element 99"),
        ("{{ 'x' | clock }}", 1, "x"),
        ("{% include 'other.md' %}", 1, "there is no template other.md"),
        ("{% include 'form.md.j2' %}", 1, "recursion"),
        ("a\n{{ incident.__class__.__mro__ }}", 2, "unsafe"),
        ("{{ incident.update({}) }}", 1, "unsafe"),
        ("{% for n in range(10**9) %}{% endfor %}", 1, "Range too big"),
        ("{{ cycler.__init__.__globals__ }}", 1, "unsafe"),
        ("{% set x = incident.text.format_map %}\n{{ ''.__class__ }}", 2, "unsafe"),
    ],
)
def test_a_wrong_template_is_told_with_its_line(template: str, line: int, says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)) as caught:
        filled(template)
    assert caught.value.message.startswith(f"form.md.j2, line {line}:")
    assert "docs/templates.md" in caught.value.hint


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ 'x' * 10**10 }}", "MiB"),
        ("{% set x = 'a' * 10**9 %}{{ x * 2 }}", "MiB"),
        ("{% for i in range(99999) %}{{ 'x' * 1000 }}{% endfor %}", "million characters"),
        ("{{ '%999999999d' % 1 }}", "MiB"),
        ("{{ 2 ** (10 ** 11) }}", "too much time or memory"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "recursion"),
        ("{% for a in range(9999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "too much time or memory"),
    ],
)
def test_a_template_that_grows_or_does_not_end_is_told(template: str, says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        filled(template)


def test_a_template_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read") as caught:
        read_template(str(tmp_path / "missing.md.j2"))
    assert "google-sre" in caught.value.hint
    (tmp_path / "latin.md.j2").write_bytes(b"caf\xe9")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_template(str(tmp_path / "latin.md.j2"))


def test_the_output_is_called_after_its_template() -> None:
    assert [output_name(name) for name in ("a.md.j2", "b.jinja2", "c.txt.j2")] == ["a.md", "b.md", "c.txt"]


@pytest.mark.checkout
def test_the_examples_of_the_documentation_work() -> None:
    text = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    examples = re.findall(r"```jinja\n(.*?)```", text, re.DOTALL)
    first, second = (filled(example) for example in examples)
    assert "It began at 2026-11-17 13:56:22 UTC (`a2` http/latency-p95, `a4` http/error-ratio)." in first
    assert "(supported, 86 %)" in first
    assert "| 48 ms | 4.5 s | `q3` |" in second
    assert second.count("```promql") == len(classic().evidence.queries)


@pytest.mark.checkout
def test_the_documentation_names_every_filter_and_every_word_of_draft() -> None:
    text = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(\w+)(?:\(\w+\))?`", text)) | set(re.findall(r"draft\.(\w+)", text))
    probe = "{% for name in draft %}{{ name | raw }} {% endfor %}"
    assert set(filled(probe).split()) <= told
    for name in ("clock", "human", "duration", "percent", "cite", "words", "sentence", "code", "fence", "raw"):
        assert name in told
        filled("{{ 1 | default(1) }}{% if false %}{{ 1 | " + name + " }}{% endif %}")
