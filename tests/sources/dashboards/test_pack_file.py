"""A dashboard as a query pack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconstruct.packs import load, packs_folder
from reconstruct.sources.dashboards.grafana import read_grafana
from reconstruct.sources.dashboards.pack_file import pack_of

DATA = Path(__file__).parent / "data"
CATALOGUE = load([packs_folder()])


@pytest.mark.parametrize("name", [path.stem for path in sorted(DATA.glob("*.json"))])
def test_the_pack_that_is_written_is_one_that_is_read(name: str, tmp_path: Path) -> None:
    dashboard = read_grafana(json.loads((DATA / f"{name}.json").read_text()))
    text, left = pack_of(dashboard, catalogue=CATALOGUE)
    (tmp_path / "own.yaml").write_text(text)
    (pack,) = load([tmp_path]).packs
    assert len(pack.templates) + len(left) == len(dashboard.queries)
    assert all("$scope" in variant.promql for template in pack.templates for variant in template.variants)
