"""What a status says."""

from __future__ import annotations

import pytest

from reconstruct.meaning.status import failed, status_label


@pytest.mark.parametrize(
    ("value", "label", "says"),
    [
        ("500", "status", True),
        ("404", "status", False),
        ("429", "code", True),
        ("5", "status_class", True),
        ("5", "shard", None),
        ("Unavailable", "grpc_code", True),
        ("NotFound", "grpc_code", False),
        ("13", "rpc_grpc_status_code", True),
        ("5", "rpc_grpc_status_code", False),
        ("CLIENT_ERROR", "outcome", False),
        ("SERVER_ERROR", "outcome", True),
        ("nack", "result", True),
        ("blue", "colour", None),
        ("true", "error", True),
        ("false", "is_error", False),
        ("no", "success", True),
        ("System.TimeoutException", "error.type", True),
        ("", "error_type", False),
        ("None", "exception", False),
    ],
)
def test_a_status_says_whether_it_failed(value: str, label: str, says: bool | None) -> None:
    assert failed(value, label) is says


def test_the_label_that_tells_how_it_ended_is_found_among_others() -> None:
    series = [
        {"path": "/a", "http_response_status_code": "200", "outcome": "SUCCESS"},
        {"path": "/b", "http_response_status_code": "503", "outcome": "SERVER_ERROR"},
    ]
    assert status_label(series) == "http_response_status_code"


def test_where_no_value_says_how_it_ended_there_is_no_status() -> None:
    assert status_label([{"path": "/a", "method": "GET"}]) is None


def test_a_label_of_which_one_value_in_four_says_nothing_is_no_status() -> None:
    told = [{"colour": value} for value in ("200", "404", "500", "503")]
    assert status_label(told) == "colour"
    assert status_label([*told[:3], {"colour": "blue"}]) is None
