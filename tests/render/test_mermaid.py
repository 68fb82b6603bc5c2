"""The Mermaid Gantt: every line fits the grammar, whatever names the incident brings."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from reconstruct.model import Incident
from reconstruct.render.mermaid import MAX_TASKS, to_mermaid
from tests.render import stories as made
from tests.render.stories import classic

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
TASK = re.compile(rf'    [^:;#,%"<>{{}}|]+ :(?:crit, |active, )*(?:milestone, {TIME}, 0s|{TIME}, {TIME})')


@pytest.mark.parametrize(
    "story", [classic, made.ongoing, made.quiet, made.hostile, made.fortnight, made.many_entries, made.many_series]
)
def test_every_line_is_a_section_or_a_task(story: Callable[[], Incident]) -> None:
    head, *body = to_mermaid(story()).rstrip("\n").split("\n    section ")
    assert re.fullmatch(
        r"gantt\n    title [^:;#%]+\n    dateFormat YYYY-MM-DDTHH:mm:ss\n    axisFormat [%\w: -]+", head
    )
    for section in body:
        name, *tasks = section.split("\n")
        assert name in ("Milestones", "Changes", "Alerts", "Symptoms")
        assert 1 <= len(tasks) <= MAX_TASKS
        assert [task for task in tasks if not TASK.fullmatch(task)] == []


def test_no_bar_ends_before_it_begins() -> None:
    for start, end in re.findall(rf"({TIME}), ({TIME})", to_mermaid(made.ongoing())):
        assert start < end


def test_the_suspected_change_stands_out() -> None:
    (line,) = (line for line in to_mermaid(classic()).splitlines() if "crit" in line)
    assert "shop 2.20.0" in line
