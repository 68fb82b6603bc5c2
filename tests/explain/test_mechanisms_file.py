"""queries/mechanisms.yaml: what it must hold, and what is said when a user's own file is wrong."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

from reconstruct.errors import UsageError
from reconstruct.packs.mechanisms import load_mechanisms, read_mechanisms

CONTRACT = {
    "slow-query",
    "lock-contention",
    "cpu-contention",
    "pool-exhaustion",
    "network-degradation",
    "dependency-down",
    "memory-exhaustion",
    "disk-exhaustion",
    "traffic-surge",
    "queue-backlog",
    "certificate-expiry",
    "bad-change",
}
EXPLAIN = Path(str(importlib.import_module("reconstruct.explain").__file__)).parent
DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_mechanism_of_the_contract_ships() -> None:
    assert {m.id for m in load_mechanisms()} >= CONTRACT


def test_every_mechanism_says_what_it_needs_and_is_in_the_docs() -> None:
    page = (DOCS / "mechanisms.md").read_text()
    for mechanism in load_mechanisms():
        assert mechanism.needs, mechanism.id
        assert mechanism.must, mechanism.id
        assert f"| `{mechanism.id}` |" in page


def rules() -> list[str]:
    modules = pkgutil.iter_modules([str(EXPLAIN / "rules")], "reconstruct.explain.rules.")
    loaded = (importlib.import_module(m.name) for m in modules)
    return sorted(m.RULE for m in loaded if hasattr(m, "RULE"))


def test_every_rule_has_a_file_and_a_page_of_its_name() -> None:
    assert len(rules()) >= 13
    for rule in rules():
        assert (EXPLAIN / "rules" / f"{rule.replace('-', '_')}.py").is_file()
        page = (DOCS / "rules" / f"{rule}.md").read_text()
        assert page.startswith(f"# {rule}\n")
        assert "**Speaks**" in page
        assert "**Silent**" in page


OWN = """
mechanisms:
  - id: thread-starvation
    title: Starved worker threads
    statement: "requests waited for a worker: {metric} {before} {during}"
    must:
      - {layers: [runtime], aspects: [saturation], moves: up, tags: [pool], says: work waits}
    needs: export the executor's queue
    change_can: [deploy]
"""


def test_a_users_own_mechanism_joins_in_and_replaces_one_of_the_same_name(tmp_path: Path) -> None:
    own = tmp_path / "mechanisms.yaml"
    own.write_text(OWN)
    assert [m.id for m in load_mechanisms([tmp_path])][-1] == "thread-starvation"
    own.write_text(OWN.replace("thread-starvation", "slow-query"))
    (slow,) = (m for m in load_mechanisms([own]) if m.id == "slow-query")
    assert slow.title == "Starved worker threads"


@pytest.mark.parametrize(
    ("old", "new", "line", "said", "hint"),
    [
        ("moves: up", "moves: upwards", 7, "unknown 'upwards'", "up"),
        ("[runtime]", "[runtme]", 7, "unknown 'runtme'", "runtime"),
        ("[pool]", "[pol]", 7, "unknown 'pol'", "did you mean 'pool'?"),
        ("[pool]", "[pool, -lok]", 7, "unknown '-lok'", "did you mean '-lock'?"),
        ("needs:", "need:", 8, "unknown key 'need'", "needs"),
        ("{before}", "{berfore}", 5, "asks for {berfore}", "before"),
        ("{metric}", "{metric", 5, "braces do not match", "docs/mechanisms.md"),
        ("[deploy]", "[release]", 9, "unknown 'release'", "deploy"),
        ("thread-starvation", "Thread Starvation", 3, "is no id", "lower-case"),
        ("layers: [runtime], aspects: [saturation], ", "", 7, "", ""),
        (
            "layers: [runtime], aspects: [saturation], moves: up, tags: [pool], says: work waits",
            "moves: up",
            7,
            "fits every signal",
            "name layers",
        ),
    ],
)
def test_a_mistake_is_told_with_file_and_line(
    tmp_path: Path, old: str, new: str, line: int, said: str, hint: str
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(OWN.replace(old, new))
    if not said:
        assert read_mechanisms(file)
        return
    with pytest.raises(UsageError) as caught:
        read_mechanisms(file)
    assert f"mine.yaml:{line}:" in caught.value.message
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_two_mechanisms_of_one_name_in_one_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(OWN + OWN.split("mechanisms:\n")[1])
    with pytest.raises(UsageError, match="two mechanisms are called"):
        read_mechanisms(file)
