"""The label that names the thing is found by its values, whatever it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from reconstruct.sources.metric_files.things import naming_label


def _named(labels: Sequence[Mapping[str, str]], **more: object) -> list[str]:
    thing = naming_label(labels, **more)  # type: ignore[arg-type]
    return [thing.service_of(one).name for one in labels]


@pytest.mark.parametrize("label", ["microservice", "app", "component", "node", "ServiceName", "resource", "mesh_unit"])
def test_one_label_names_it(label: str) -> None:
    assert _named([{label: "shop", "statistic": "p95"}, {label: "cart", "statistic": "p95"}]) == ["shop", "cart"]


def test_names_that_others_know_decide() -> None:
    labels = [{"a": "shop", "b": "x-1"}, {"a": "cart", "b": "x-2"}]
    assert _named(labels, known={"x-1", "x-2"}) == ["x-1", "x-2"]


def test_a_pod_is_called_by_its_workload() -> None:
    assert _named([{"pod": "checkout-6c9d7f5b4-x2x9k"}, {"pod": "a"}]) == ["checkout", "a"]


def test_an_instance_names_nothing_where_a_job_does() -> None:
    assert _named([{"job": "shop", "instance": "shop-1"}]) == ["shop"]


def test_where_two_could_it_is_asked_and_the_fewer_values_count() -> None:
    labels = [{"unit_a": "shop", "unit_b": f"u{n}x"} for n in range(3)] + [{"unit_a": "cart", "unit_b": "u9x"}]
    thing = naming_label(labels)
    assert thing.label == "unit_a"
    assert thing.doubt == "'unit_a' is read as its name, and 'unit_b' could be; --column 'unit_b=service' says so"
    assert naming_label(labels, chosen="unit_b").doubt == ""


def test_codes_and_places_name_nothing() -> None:
    assert _named([{"status": "500", "region": "eu-1"}, {"status": "200", "region": "eu-2"}]) == ["", ""]
