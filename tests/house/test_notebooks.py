"""The notebooks run from top to bottom, and carry no outputs: what they show is made when somebody looks."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.checkout


def test_there_are_the_four() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "a-rule-of-your-own",
        "detection-step-by-step",
        "first-look",
        "postmortem",
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Jupyter's own packages warn
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_something(path: Path) -> None:
    notebook = nbformat.reads(path.read_text(), as_version=4)  # type: ignore[no-untyped-call]
    assert not [cell for cell in notebook.cells if cell.get("outputs")], "strip the outputs"
    NotebookClient(
        notebook, timeout=1200, startup_timeout=300, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    assert [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
