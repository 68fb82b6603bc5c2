"""JSON from outside: what is refused, what is read, and how."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconstruct.json_text import MAX_DEPTH, JsonError, read_json


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("[NaN]", "NaN is no JSON number"),
        ("[-Infinity]", "-Infinity is no JSON number"),
        ("[1e999]", "beyond what a number can be"),
        ("[" + "9" * 400 + "]", "beyond what a number can be"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested too deeply"),
        (b"\xff{}", "byte 0 is not UTF-8"),
        ("", "line 1, column 1"),
        ("{} {}", "extra data"),
        ("<html>", "line 1, column 1"),
    ],
)
def test_what_json_leaves_open_is_refused_with_the_reason(body: str | bytes, why: str) -> None:
    with pytest.raises(JsonError, match=r".*") as raised:
        read_json(body)
    assert why in str(raised.value)


def test_what_is_allowed_is_read() -> None:
    assert read_json(b"\xef\xbb\xbf[1]") == [1]
    assert read_json("[12345678901234567890]") == [12345678901234567890.0]
    assert isinstance(read_json("[12345678901234567890]")[0], float)
    assert read_json('["\\ud800a", "\\ud83d\\ude00"]') == ["\ufffda", "\U0001f600"]
    assert read_json('{"\\udfff": 1}') == {"\ufffd": 1}
    assert read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH) is not None


TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
)


@given(TREES)
def test_what_json_writes_is_read_back(value: object) -> None:
    assert read_json(json.dumps(value)) == value
