"""Monitoring-driven timeline reconstruction: what a notebook imports.

    from reconstruct import draft, gather, read_bundle

Names are looked up when first used, so that `import reconstruct` costs nothing. The stages one by one are in their own
modules: `reconstruct.detect.detect`, `reconstruct.explain.explain`, `reconstruct.timeline.compose`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from reconstruct.bundle import narrow, read_bundle, write_bundle
    from reconstruct.charts.catalogue import (
        before_after,
        draw_signal,
        overview,
        signal_chart,
        small_multiples,
        why_chart,
    )
    from reconstruct.detect import explain_anomaly
    from reconstruct.gather import Request, gather, gather_changes
    from reconstruct.http import HttpSettings
    from reconstruct.model import Anomaly, Event, Evidence, Incident, Metric, Service, Settings, Signal, Window
    from reconstruct.packs.mechanisms import load_mechanisms
    from reconstruct.pipeline import draft
    from reconstruct.render.files import write_outputs
    from reconstruct.render.incident_json import incident_dict, to_json
    from reconstruct.render.markdown import to_markdown

_HOME = {
    "Anomaly": "model",
    "Request": "gather",
    "Event": "model",
    "Evidence": "model",
    "HttpSettings": "http",
    "Incident": "model",
    "Metric": "model",
    "Service": "model",
    "Settings": "model",
    "Signal": "model",
    "Window": "model",
    "before_after": "charts.catalogue",
    "draft": "pipeline",
    "draw_signal": "charts.catalogue",
    "explain_anomaly": "detect",
    "gather": "gather",
    "gather_changes": "gather",
    "incident_dict": "render.incident_json",
    "load_mechanisms": "packs.mechanisms",
    "narrow": "bundle",
    "overview": "charts.catalogue",
    "read_bundle": "bundle",
    "signal_chart": "charts.catalogue",
    "small_multiples": "charts.catalogue",
    "to_json": "render.incident_json",
    "to_markdown": "render.markdown",
    "why_chart": "charts.catalogue",
    "write_bundle": "bundle",
    "write_outputs": "render.files",
}

__all__ = [
    "Anomaly",
    "Event",
    "Evidence",
    "HttpSettings",
    "Incident",
    "Metric",
    "Request",
    "Service",
    "Settings",
    "Signal",
    "Window",
    "__version__",
    "before_after",
    "draft",
    "draw_signal",
    "explain_anomaly",
    "gather",
    "gather_changes",
    "incident_dict",
    "load_mechanisms",
    "narrow",
    "overview",
    "read_bundle",
    "signal_chart",
    "small_multiples",
    "to_json",
    "to_markdown",
    "why_chart",
    "write_bundle",
    "write_outputs",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'reconstruct' has no attribute {name!r}")
    return getattr(import_module(f"reconstruct.{_HOME[name]}"), name)


if "IPython" in sys.modules:  # in a notebook the nouns show themselves
    import_module("reconstruct.notebook").register()
