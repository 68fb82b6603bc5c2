"""Another package brings a source: installed as pip would, found by its entry point, kept to our rules."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from reconstruct.errors import SourceError, UsageError
from reconstruct.model import Window
from reconstruct.sources.changes.registry import Reading, read_source, source_factory

PACKAGE = Path(__file__).with_name("pigeon_post")
START = pd.Timestamp("2026-11-17T12:00:00Z")
WINDOW = Window(START, START + pd.Timedelta("6h"), pd.Timedelta("15s"), START)

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("hatchling") is None or importlib.util.find_spec("pip") is None,
    reason="building a package without the network needs hatchling and pip",
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--target", str(folder), str(PACKAGE)], check=True, capture_output=True)
    sys.path.insert(0, str(folder))
    yield
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.startswith("pigeon_post")]:
        del sys.modules[name]


@pytest.mark.usefixtures("installed")
def test_its_events_are_read_and_kept_to_our_rules() -> None:
    reading = Reading(environments={"eu-*": "production"}, names={"shop-*": "shop"})
    (event,) = read_source("pigeon:north", window=WINDOW, reading=reading).events
    assert (event.service.name, event.version, event.production) == ("shop", "2.20.0", True)
    assert "anna" not in repr(event)


@pytest.mark.usefixtures("installed")
def test_its_errors_and_its_options_are_passed_on() -> None:
    assert read_source("pigeon:north", window=WINDOW, options={"service": "cart"}).events[0].service.name == "cart"
    with pytest.raises(SourceError, match="the loft is closed"):
        read_source("pigeon:closed", window=WINDOW)


@pytest.mark.usefixtures("installed")
def test_an_unknown_kind_names_it_among_the_known() -> None:
    with pytest.raises(UsageError) as raised:
        source_factory("raven")
    assert "pigeon" in raised.value.hint
