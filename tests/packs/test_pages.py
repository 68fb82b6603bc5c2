"""The pages about packs and conventions say what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconstruct.model import ASPECTS, LAYERS
from reconstruct.packs import UNITS, load, packs_folder
from reconstruct.packs.conventions_file import RULE_KEYS
from reconstruct.packs.loader import MACROS, PACK_KEYS, SIGNAL_KEYS

pytestmark = pytest.mark.checkout

DOCS = Path(__file__).resolve().parents[2] / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "file"), [("packs.md", "mine.yaml"), ("conventions.md", "conventions.yaml")])
def test_the_example_of_a_page_is_read(name: str, file: str, tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", page(name), flags=re.DOTALL)
    (tmp_path / file).write_text(example)
    assert load([packs_folder(), tmp_path]) != load([packs_folder()]), "it says something"


def test_the_page_about_packs_names_every_pack_key_unit_and_macro() -> None:
    text = page("packs.md")
    packs = {f"`{pack.id}`" for pack in load([packs_folder()]).packs}
    words = {f"`{word}`" for word in (*PACK_KEYS, *SIGNAL_KEYS, *UNITS, *LAYERS, *ASPECTS)}
    macros = {f"`${macro}`" for macro in MACROS}
    assert {word for word in packs | words | macros if word not in text} == set()


def test_the_page_about_conventions_names_every_key_of_a_rule() -> None:
    text = page("conventions.md")
    assert {key for key in RULE_KEYS if f"`{key}" not in text} == set()
