"""A dashboard by its source: `grafana:UID`, or a file of Grafana, Perses or Prometheus."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd
import yaml

from reconstruct.errors import UsageError
from reconstruct.json_text import FORM_ERRORS, read_json
from reconstruct.model import Window
from reconstruct.sources.changes.paged import get_json, open_source
from reconstruct.sources.dashboards.grafana import is_grafana, read_grafana
from reconstruct.sources.dashboards.panels import Dashboard
from reconstruct.sources.dashboards.perses import is_perses, read_perses
from reconstruct.sources.dashboards.rule_file import read_rules
from reconstruct.sources.result import SourceRequest

_UID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def read_dashboard(source: str, *, env: Mapping[str, str]) -> Dashboard:
    """What the dashboard asks; `grafana:UID` is fetched from GRAFANA_URL with GRAFANA_TOKEN (a viewer's is enough).

    Raises
    ------
    UsageError
        If there is no such file or dashboard, or it is none of the known ones.
    SourceError
        If Grafana does not answer.
    """
    kind, _, uid = source.partition(":")
    try:
        if kind == "grafana" and not Path(source).exists():
            return read_grafana(_fetched(uid, env=env))
        return _of_document(_document(Path(source)), Path(source))
    except FORM_ERRORS as error:
        raise UsageError(
            f"{source}: a part of the dashboard has another form: {type(error).__name__}: {error}",
            hint="was it edited? export it again",
        ) from error


def _of_document(document: Any, path: Path) -> Dashboard:
    if is_grafana(document):
        return read_grafana(document)
    if is_perses(document):
        return read_perses(document)
    if isinstance(document, dict) and isinstance(document.get("groups"), list):
        return read_rules(path)
    raise UsageError(
        f"{path} is no dashboard that is known",
        hint="give a Grafana dashboard's JSON, a Perses dashboard, a Prometheus rule file, or grafana:UID",
    )


def _fetched(uid: str, *, env: Mapping[str, str]) -> Any:
    url, token = env.get("GRAFANA_URL", ""), env.get("GRAFANA_TOKEN", "")
    if not url:
        raise UsageError(
            "there is no Grafana to ask", hint="put its address into GRAFANA_URL, a token into GRAFANA_TOKEN"
        )
    if not _UID.fullmatch(uid):
        raise UsageError(f"{uid!r} is no dashboard's uid", hint="it stands in the dashboard's address, behind /d/")
    never = pd.Timestamp(0, tz="UTC")
    ask = SourceRequest("", Window(never, never, pd.Timedelta("1s"), never))
    with open_source(ask, name="Grafana", url=url, token=token) as session:
        return get_json(session, f"/api/dashboards/uid/{uid}")


def _document(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}", hint="is the path right, and is it text?") from error
    try:
        return read_json(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise UsageError(f"{path} is neither JSON nor YAML", hint="export it again") from error
