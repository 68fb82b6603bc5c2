"""The decoder of range answers: the same as plain JSON, whatever form the answer has and wherever its blocks end."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconstruct.sources.prometheus import range_decoder as matrix_module
from reconstruct.sources.prometheus.json_stream import CutShortError, GarbledError
from reconstruct.sources.prometheus.range_decoder import Envelope, Matrix, TooManySeriesError, read_answer

T0 = 1_767_225_600
STEP_S = 15


def reader(body: bytes, *, block: int = 1 << 20) -> Callable[[int], bytes]:
    """A body that comes in blocks of at most `block` bytes."""
    position = 0

    def read(n_bytes: int) -> bytes:
        nonlocal position
        piece = body[position : position + min(n_bytes, block)]
        position += len(piece)
        return piece

    return read


def decoded(body: str | bytes, *, n_times: int, block: int = 1 << 20) -> tuple[Envelope, Matrix]:
    into = Matrix(start_ms=T0 * 1000, step_ms=STEP_S * 1000, n_times=n_times)
    raw = body.encode() if isinstance(body, str) else body
    return read_answer(reader(raw, block=block), into=into, first=0, n_points=n_times), into


def answer(series: list[dict[str, Any]], **more: object) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "matrix", "result": series}, **more}


def compact(body: object) -> str:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def series(labels: dict[str, str], values: dict[int, str]) -> dict[str, Any]:
    return {"metric": labels, "values": [[T0 + STEP_S * row, value] for row, value in values.items()]}


def expected(all_series: list[dict[str, Any]], n_times: int) -> dict[tuple[tuple[str, str], ...], list[float]]:
    """By plain JSON and plain loops."""
    found = {}
    for each in all_series:
        column = [math.nan] * n_times
        for time, value in each["values"]:
            column[round((time - T0) / STEP_S)] = float(value)
        found[tuple(sorted(each["metric"].items()))] = column
    return found


def assert_same(into: Matrix, wanted: dict[tuple[tuple[str, str], ...], list[float]]) -> None:
    values, labels = into.result()
    assert {tuple(sorted(each.items())) for each in labels} == set(wanted)
    for column, each in enumerate(labels):
        bits = values[:, column].copy().view(np.int64)
        told = np.array(wanted[tuple(sorted(each.items()))])
        np.testing.assert_array_equal(np.isnan(values[:, column]), np.isnan(told))
        np.testing.assert_array_equal(bits[~np.isnan(told)], told.view(np.int64)[~np.isnan(told)])


numbers = st.floats(allow_nan=True, allow_infinity=True, width=64)
texts = st.text(alphabet=st.sampled_from('ab]}{["\\\n,:é\U0001f525 \x1b'), max_size=12)


def as_sent(value: float) -> str:
    """As Prometheus writes a float."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)


@st.composite
def results(draw: st.DrawFn) -> tuple[list[dict[str, Any]], int]:
    n_times = draw(st.integers(1, 9))
    found = []
    for number in range(draw(st.integers(0, 5))):
        rows = draw(st.one_of(st.just(list(range(n_times))), st.lists(st.integers(0, n_times - 1), min_size=1)))
        labels = {"n": str(number), "text": draw(texts)}
        found.append(series(labels, {row: as_sent(draw(numbers)) for row in sorted(set(rows))}))
    return found, n_times


@given(results(), st.integers(1, 400), st.sampled_from([compact, json.dumps, lambda body: json.dumps(body, indent=1)]))
def test_every_answer_is_read_as_plain_json_reads_it(
    made: tuple[list[dict[str, Any]], int], block: int, write: Callable[[object], str]
) -> None:
    all_series, n_times = made
    envelope, into = decoded(write(answer(all_series)), n_times=n_times, block=block)
    assert envelope == Envelope(status="success")
    assert_same(into, expected(all_series, n_times))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_every_double_comes_back_with_every_bit(values: list[float]) -> None:
    all_series = [series({"a": "b"}, {row: repr(value) for row, value in enumerate(values)})]
    _, into = decoded(compact(answer(all_series)), n_times=len(values))
    assert_same(into, expected(all_series, len(values)))


@given(results(), st.data())
def test_an_answer_cut_anywhere_is_noticed(made: tuple[list[dict[str, Any]], int], data: st.DataObject) -> None:
    all_series, n_times = made
    body = compact(answer(all_series)).encode()
    cut = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(CutShortError):
        decoded(body[:cut], n_times=n_times, block=64)


def test_a_block_that_ends_within_a_label_full_of_brackets_is_no_end() -> None:
    all_series = [series({"text": ":" + '"]]}' * 20}, {0: "1"}), series({"text": "{["}, {0: "2"})]
    spaced = json.dumps(answer(all_series))
    for block in range(1, 40):
        _, into = decoded(spaced, n_times=1, block=block)
        assert_same(into, expected(all_series, 1))


def test_samples_of_several_answers_land_in_one_matrix_and_series_may_come_late() -> None:
    into = Matrix(start_ms=T0 * 1000, step_ms=STEP_S * 1000, n_times=4)
    first = compact(answer([series({"a": "1"}, {0: "1", 1: "2"})]))
    second = compact(answer([series({"a": "2"}, {3: "7"}), series({"a": "1"}, {2: "3", 3: "4"})]))
    read_answer(reader(first.encode()), into=into, first=0, n_points=2)
    read_answer(reader(second.encode()), into=into, first=2, n_points=2)
    values, labels = into.result()
    assert labels == ({"a": "1"}, {"a": "2"})
    np.testing.assert_array_equal(values, [[1, np.nan], [2, np.nan], [3, np.nan], [4, 7]])


def test_labels_in_another_order_are_the_same_series() -> None:
    into = Matrix(start_ms=T0 * 1000, step_ms=STEP_S * 1000, n_times=2)
    for row, labels in ((0, {"a": "1", "b": "2"}), (1, {"b": "2", "a": "1"})):
        body = compact(answer([series(labels, {row: str(row)})]))
        read_answer(reader(body.encode()), into=into, first=row, n_points=1)
    assert into.n_series == 1


HISTOGRAM = [[T0, {"count": "3", "sum": "1", "buckets": [[0, "0", "1", '"]]}'], [1, "1", "2", "2"]]}]]


@pytest.mark.parametrize("block", [7, 64, 1 << 20])
def test_native_histograms_are_counted_and_left_out(block: int) -> None:
    both = {**series({"a": "both"}, {0: "1", 1: "2"}), "histograms": HISTOGRAM}
    alone = {"metric": {"a": "alone"}, "histograms": HISTOGRAM}
    plain = series({"a": "plain"}, {0: "5", 1: "6"})
    envelope, into = decoded(compact(answer([both, alone, plain])), n_times=2, block=block)
    assert envelope.histograms == 2
    assert_same(into, expected([series({"a": "both"}, {0: "1", 1: "2"}), plain], 2))


@pytest.mark.parametrize("end", ["]] }", "] ]}", ']],"note":1}', ']] , "note" : [1, {"a": "}"}]}', "]\n]\n}"])
@pytest.mark.parametrize("block", [3, 1 << 20])
def test_a_series_may_end_in_any_way_that_json_allows(end: str, block: int) -> None:
    body = f'{{"status":"success","data":{{"result":[{{"metric":{{"a":"b"}},"values":[[{T0},"1"' + end
    body += f',{{"metric":{{"a":"c"}},"values":[[{T0},"2"]]}}]}}}}'
    _, into = decoded(body, n_times=1, block=block)
    assert_same(into, {(("a", "b"),): [1.0], (("a", "c"),): [2.0]})


def test_what_stands_around_the_result_may_come_in_any_order() -> None:
    body = '{"warnings":["w1"],"stats":{"x":[1,{"y":"]}"}]},"infos":["i"],"isPartial":true,"data":{"result":[{"values":'
    body += f'[[{T0},"1"]],"metric":{{"a":"b"}}}}],"resultType":"matrix","explanation":null}},"status":"success"}}\n'
    envelope, into = decoded(body, n_times=1, block=5)
    assert envelope.infos == ["i"]
    assert envelope.warnings[0] == "w1"
    assert "partial" in envelope.warnings[1]
    assert_same(into, {(("a", "b"),): [1.0]})


def test_an_error_is_read_with_its_kind() -> None:
    envelope, into = decoded('{"status":"error","errorType":"bad_data","error":"1:2: parse error: \\"x\\""}', n_times=1)
    assert (envelope.status, envelope.error_type, envelope.error) == ("error", "bad_data", '1:2: parse error: "x"')
    assert into.n_series == 0


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "42 ",
        "null ",
        '{"a":1}',
        '{"status":"success","data":{"result":[1]}}',
        '{"status":"success","data":{"result":[{"metric":{"a":"b"},"values":[["x","1"]]}]}}',
        '{"status":"success","data":{"result":[{"metric":{"a":"b"},"values":[[1,"one"]]}]}}',
        '{"status":"success","data":{"result":[{"metric":[],"values":[[1,"1"]]}]}}',
        '{"status":"success","data":{"result":[{"metric":{"a":"b"}"values":[[1,"1"]]}]}}',
        '{"status":"success"} {"status":"success"}',
        '{"status" "success"}',
        "<html>",
    ],
)
def test_what_is_no_answer_of_the_api_is_refused(body: str) -> None:
    with pytest.raises(GarbledError):
        decoded(body, n_times=1)


def test_samples_off_the_window_are_left_out() -> None:
    body = compact(answer([series({"a": "b"}, {-1: "9", 0: "1", 1: "2", 2: "9"})]))
    _, into = decoded(body, n_times=2)
    assert_same(into, {(("a", "b"),): [1.0, 2.0]})


def test_as_many_samples_as_asked_for_but_elsewhere_are_put_where_they_belong() -> None:
    body = compact(answer([series({"a": "b"}, {1: "1", 2: "2", 3: "3"})]))
    into = Matrix(start_ms=T0 * 1000, step_ms=STEP_S * 1000, n_times=4)
    read_answer(reader(body.encode()), into=into, first=0, n_points=3)
    assert_same(into, {(("a", "b"),): [math.nan, 1.0, 2.0, 3.0]})


def test_steps_and_starts_of_fractions_of_a_second_are_kept() -> None:
    into = Matrix(start_ms=T0 * 1000 + 250, step_ms=500, n_times=3)
    values = [[T0 + 0.25, "1"], [T0 + 0.75, "2"], [T0 + 1.25, "3"]]
    body = compact(answer([{"metric": {}, "values": values}]))
    read_answer(reader(body.encode()), into=into, first=0, n_points=3)
    np.testing.assert_array_equal(into.result()[0][:, 0], [1, 2, 3])


def test_more_series_than_wanted_stop_the_reading() -> None:
    body = compact(answer([series({"a": str(number)}, {0: "1"}) for number in range(10)])).encode()
    into = Matrix(start_ms=T0 * 1000, step_ms=STEP_S * 1000, n_times=1, max_series=4)
    with pytest.raises(TooManySeriesError):
        read_answer(reader(body), into=into, first=0, n_points=1)


def test_batches_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    all_series = [series({"a": str(n)}, {row: str(n * row) for row in range(n % 3, 6)}) for n in range(40)]
    for batch_bytes in (1, 100, 1 << 20):
        monkeypatch.setattr(matrix_module, "BATCH_BYTES", batch_bytes)
        _, into = decoded(compact(answer(all_series)), n_times=6, block=50)
        assert_same(into, expected(all_series, 6))


def test_secrets_in_labels_are_removed_and_the_series_stay_apart() -> None:
    rows = [series({"url": f"http://u:{n}@h/"}, {0: str(n)}) for n in range(2)]
    _, into = decoded(compact(answer(rows)), n_times=1)
    values, labels = into.result()
    assert labels == ({"url": "http://h/"}, {"url": "http://h/"})
    np.testing.assert_array_equal(values, [[0, 1]])


def test_the_values_lie_series_by_series_so_that_a_frame_needs_no_copy() -> None:
    _, into = decoded(compact(answer([series({"a": "b"}, {0: "1", 1: "2"})])), n_times=2)
    values, _ = into.result()
    assert values.T.flags.c_contiguous
