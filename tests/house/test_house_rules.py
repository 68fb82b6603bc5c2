"""The house keeps its own rules: names, sizes, pages, and nothing of this machine in a tracked file."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from reconstruct.model import PACK_TAGS

pytestmark = pytest.mark.checkout
ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "reconstruct"
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
LINES_WITHOUT_A_RECORD = 500


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_module_is_called_by_a_name_that_says_nothing() -> None:
    assert not [p for p in PACKAGE.rglob("*.py") if p.stem in FORBIDDEN_NAMES]


def test_a_file_past_five_hundred_lines_has_a_decision_record() -> None:
    records = "\n".join(p.read_text() for p in (ROOT / "docs/decisions").glob("*.md"))
    long = [p for p in PACKAGE.rglob("*.py") if len(p.read_text().splitlines()) > LINES_WITHOUT_A_RECORD]
    assert not [p for p in long if str(p.relative_to(ROOT)) not in records]


def test_only_the_command_line_prints_or_reads_clock_and_environment() -> None:
    asks = re.compile(r"\b(print\(|os\.environ|os\.getenv|Timestamp\.now|datetime\.now|time\.time\(|sys\.exit)")
    found = {
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in PACKAGE.rglob("*.py")
        if "cli" not in path.relative_to(PACKAGE).parts
        for line in path.read_text().splitlines()
        if asks.search(line) and not line.strip().startswith(("#", '"', ">>>"))
    }
    assert not found


def test_nothing_of_this_machine_and_no_package_index_stands_in_a_tracked_file() -> None:
    words = (
        "/wor" + "k/",
        "/roo" + "t/",
        "pypi" + ".org",
        "pythonhosted" + ".org",
        "registry.npm" + "js",
        "deb.debian" + ".org",
    )
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {word}" for word in words if word in text]
    assert not found


def test_lock_files_carry_hashes_and_no_addresses() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text


def test_no_mark_of_unfinished_work_is_left() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError")
    found = [str(p.relative_to(ROOT)) for p in PACKAGE.rglob("*.py") if marks.search(p.read_text())]
    assert not found


def test_no_docstring_is_wrapped_as_if_it_were_two_strings() -> None:
    wrapped = re.compile(r'^ *"""(?:[^"\n]|"(?!""))*[^"\n]"\n *" ', re.MULTILINE)
    assert not [p for p in tracked() if p.suffix == ".py" and wrapped.search(p.read_text(encoding="utf-8"))]


def test_every_rule_of_explain_has_a_page_and_every_page_a_rule() -> None:
    pages = {p.stem for p in (ROOT / "docs/rules").glob("*.md")}
    code = "\n".join(p.read_text() for p in (PACKAGE / "explain").rglob("*.py"))
    named = set(re.findall(r'RULE(?:: Final)? = "([a-z-]+)"', code))
    assert named, "rules name themselves as RULE = ..."
    assert named <= pages
    assert pages <= named | {"README"}


def test_a_signals_tags_are_asked_for_where_the_types_are_checked() -> None:
    """`"lokc" in signal.tags` is no error of types, `signal.has_tag("lokc")` is."""
    asks = re.compile(r"""(['"][\w-]+['"]|[A-Z_]{2,}) (not )?in [\w.]*signal\.tags|set\([\w.]*signal\.tags""")
    assert asks.search('a for a in found if "lock" not in a.signal.tags')
    assert not [str(p.relative_to(ROOT)) for p in PACKAGE.rglob("*.py") if asks.search(p.read_text())]


def test_the_docs_list_every_tag_of_a_pack() -> None:
    listed = (ROOT / "docs/packs.md").read_text().partition("## Tags\n")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `([a-z-]+)` \| \S", listed, re.MULTILINE)) == PACK_TAGS


def test_every_decision_is_numbered_once() -> None:
    numbers = [p.name[:4] for p in (ROOT / "docs/decisions").glob("[0-9]*.md")]
    assert len(numbers) == len(set(numbers))
    assert all(re.fullmatch(r"\d{4}", n) for n in numbers)
