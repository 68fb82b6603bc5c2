"""Packs are read strictly: whatever is wrong is told with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconstruct.errors import UsageError
from reconstruct.packs import load, packs_folder, read_pack

GOOD = """\
id: mine
title: Mine
applies: [my_metric]
layer: app
signals:
  - id: one
    title: One
    promql: sum by ($by) (rate(my_metric_total{$scope}[$__rate_interval]))
    unit: per second
    aspect: traffic
    worse: both
    min_effect: 1
"""


def pack(folder: Path, text: str) -> Path:
    file = folder / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def complaint(folder: Path, text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read_pack(pack(folder, text))
    assert caught.value.hint
    assert caught.value.exit_code == 2
    return caught.value


def test_the_packs_that_ship_are_read_and_say_what_they_were_tested_with() -> None:
    catalogue = load([packs_folder()])
    ids = {one.id for one in catalogue.packs}
    assert {
        *("http", "process", "postgres", "mysql", "redis", "pgbouncer", "node", "kubernetes", "haproxy", "nginx"),
        *("mesh", "blackbox", "rabbitmq", "kafka", "process-exporter", "scrape"),
    } <= ids
    assert all(one.tested_with for one in catalogue.packs)


def test_a_good_pack_is_read(tmp_path: Path) -> None:
    found = read_pack(pack(tmp_path, GOOD))
    (template,) = found.templates
    assert template.id == "mine/one"
    assert template.variants[0].needs == ("my_metric_total",)
    assert (template.place.line, template.layer, template.min_effect) == (6, "app", 1.0)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("    aspect: traffic\n", "    aspekt: traffic\n", 10, "unknown key 'aspekt'"),
        ("    aspect: traffic\n", "    aspect: speed\n", 10, "unknown 'speed'"),
        ("    unit: per second\n", "    unit: milliseconds\n", 9, "unknown 'milliseconds'"),
        ("layer: app\n", "layer: middle\n", 4, "unknown 'middle'"),
        ("    worse: both\n", "", 6, "'worse' is missing"),
        ("    min_effect: 1\n", "    min_effect: a lot\n", 12, "expected a number"),
        ("    min_effect: 1\n", "    min_effect: -1\n", 12, "expected a number of at least 0"),
        ("    min_effect: 1\n", "    min_effect: 1\n    min_effect: 2\n", 13, "'min_effect' is given twice"),
        ("    min_effect: 1\n", "    min_effect: 1\n    tags: [share, by-instnce]\n", 13, "tags: unknown 'by-instnce'"),
        ("    min_effect: 1\n", "    min_effect: 1\n    tags: raw\n", 13, "tags: unknown 'raw'"),  # the program's own
        ("id: mine\n", "id: My Pack\n", 1, "cannot be an id"),
        ("$__rate_interval", "$interval", 8, "unknown macro $interval"),
        ("rate(my_metric_total{$scope}[$__rate_interval])", "1", 8, "no metric name"),
        ("applies: [my_metric]", "applies: my_metric", 3, "expected a list"),
        ("applies: [my_metric]", "applies: ['my_(']", 3, "not a regular expression"),
        ("    promql: sum", "    each: family\n    promql: sum", 8, "unknown 'family'"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    assert old in GOOD
    error = complaint(tmp_path, GOOD.replace(old, new))
    assert error.message.startswith(f"{tmp_path / 'mine.yaml'}:{line}: ")
    assert says in error.message


def test_a_slip_of_the_pen_is_met_with_the_word_that_was_meant(tmp_path: Path) -> None:
    assert "'aspect'" in complaint(tmp_path, GOOD.replace("aspect:", "aspct:")).hint
    assert "'traffic'" in complaint(tmp_path, GOOD.replace("traffic", "trafic")).hint
    assert "did you mean 'by-instance'?" in complaint(tmp_path, GOOD + "    tags: [by-instnce]\n").hint


def test_a_signal_that_is_there_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    signal = GOOD[GOOD.index("  - id: one") :]
    error = complaint(tmp_path, GOOD + signal)
    assert "mine.yaml:13:" in error.message
    assert "line 6" in error.message


@pytest.mark.parametrize("text", ["", "id: [", "- a\n- b\n", "a: b: c\n", "\tid: x\n"])
def test_a_file_that_is_no_pack_is_told(tmp_path: Path, text: str) -> None:
    assert "mine.yaml" in complaint(tmp_path, text).message


def test_a_file_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_bytes(b"id: \xff\xfe\xfa")
    with pytest.raises(UsageError, match="UTF-8"):
        read_pack(tmp_path / "mine.yaml")


def test_a_signal_asks_one_way_or_any_of_several(tmp_path: Path) -> None:
    both = GOOD.replace("    unit:", "    any_of:\n      - promql: other{$scope}\n    unit:")
    assert "either promql or any_of" in complaint(tmp_path, both).message


def test_packs_of_the_user_are_added(tmp_path: Path) -> None:
    pack(tmp_path, GOOD)
    assert {one.id for one in load([packs_folder(), tmp_path]).packs} > {"mine", "node"}


def test_a_pack_of_the_user_may_not_take_the_name_of_one_that_ships(tmp_path: Path) -> None:
    pack(tmp_path, GOOD.replace("id: mine", "id: node", 1))
    with pytest.raises(UsageError, match="a pack 'node' is there already"):
        load([packs_folder(), tmp_path])


def test_only_the_packs_that_are_named_are_kept() -> None:
    assert [one.id for one in load([packs_folder()], only=["node", "redis"]).packs] == ["node", "redis"]
    with pytest.raises(UsageError, match="no pack 'ndoe'") as caught:
        load([packs_folder()], only=["ndoe"])
    assert "'node'" in caught.value.hint


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder of query packs"):
        load([tmp_path / "missing"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rules:\n  - {words: [a]}\n", ":2: rules: this rule says nothing"),
        ("rules:\n  - {layer: app}\n", ":2: rules: this rule would match every metric"),
        ("rules:\n  - {words: [a], kinds: [number], layer: app}\n", ":2: kinds: unknown 'number'"),
        ("suffixes:\n  ms: {unit: ms}\n", ":2: unit: unknown 'ms'"),
        ("min_effects:\n  - {unit: seconds}\n", ":2: min_effects: 'min_effect' is missing"),
        ("label_values:\n  - {labels: [code]}\n", ":2: label_values: 'parts' is missing"),
        ("rules:\n  - {words: [a], tags: [cppu]}\n", ":2: tags: unknown 'cppu'"),
        ("word: []\n", ":1: unknown key 'word'"),
    ],
)
def test_conventions_are_read_as_strictly(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "conventions.yaml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load([packs_folder(), tmp_path])
    assert says in caught.value.message
