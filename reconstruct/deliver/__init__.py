"""Where findings go: Slack, a webhook, mail, Grafana; each told once, with what could not be delivered kept."""

from __future__ import annotations

from reconstruct.deliver.announce import Announced, announce
from reconstruct.deliver.episodes import Announcement, EpisodeView, Known, Plan, plan, views_of
from reconstruct.deliver.grafana import Annotated, Annotation, annotate, annotations_of
from reconstruct.deliver.message import headline_of, payload_for, record_of, text_of
from reconstruct.deliver.send import send, write_dead_letter
from reconstruct.deliver.state import Message, ReportState, load_state, locked, save_state
from reconstruct.deliver.textfile import series, write_metrics

__all__ = [
    "Annotated",
    "Annotation",
    "Announced",
    "Announcement",
    "EpisodeView",
    "Known",
    "Message",
    "Plan",
    "ReportState",
    "annotate",
    "annotations_of",
    "announce",
    "headline_of",
    "load_state",
    "locked",
    "payload_for",
    "plan",
    "record_of",
    "save_state",
    "send",
    "series",
    "text_of",
    "views_of",
    "write_dead_letter",
    "write_metrics",
]
