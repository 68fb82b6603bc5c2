from tests.render.incident_factory import STORIES


def test_x() -> None:
    assert STORIES["classic"]().anomalies
