from __future__ import annotations

import json

from reconstruct.deliver import views_of
from tests.render.incident_factory import STORIES


def test_an_incidents_episodes_are_what_is_announced() -> None:
    for name, story in STORIES.items():
        incident = story()
        views = views_of(incident)
        assert len(views) == len(incident.explanation.episodes), name
        for view, episode in zip(views, sorted(incident.explanation.episodes, key=lambda one: one.start), strict=True):
            assert (view.start, view.end) == (episode.start, episode.end)
            assert len(view.series) <= len(episode.anomalies)
            assert bool(view.headline) == bool(view.series)
            json.dumps([view.headline, *view.series], ensure_ascii=False).encode("utf-8")
