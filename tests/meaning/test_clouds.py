"""What exporters of clouds' monitoring tell: resources in labels, statistics of a period as gauges."""

from __future__ import annotations

import pytest

from reconstruct.meaning import read_system
from tests.meaning.made import counter, evidence, gauge, later

YACE = {"job": "yace", "instance": "cloudwatch:5000", "region": "eu-west-1"}


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("dimension_DBInstanceIdentifier", "orders-db"),
        ("dbinstance_identifier", "orders-db"),
        ("database_id", "project:orders-db"),
        ("resource_name", "orders-db"),
    ],
)
def test_each_resource_is_a_thing_of_its_own(label: str, value: str) -> None:
    other = value.replace("orders", "users")
    series = [
        ("aws_rds_database_connections_average", {**YACE, label: one}, gauge(level))
        for one, level in ((value, 40.0), (other, 7.0))
    ]
    system = read_system(evidence(series))
    assert system.kinds["orders-db"] == "database"
    assert system.readings["orders-db", "connections"].values[-1] == 40.0
    assert system.readings["users-db", "connections"].values[-1] == 7.0


def test_of_two_statistics_of_one_metric_the_mean_is_read_once() -> None:
    of = {**YACE, "dimension_QueueName": "mails"}
    name = "aws_sqs_approximate_number_of_messages_visible"
    system = read_system(
        evidence(
            [
                (f"{name}_average", of, gauge(30.0)),
                (f"{name}_maximum", of, gauge(90.0)),
                (f"{name}_sum", of, gauge(9e3)),
            ]
        )
    )
    assert system.readings["mails", "depth"].values[-1] == 30.0


def test_a_sum_of_a_minute_is_a_rate_and_what_is_received_from_a_queue_was_not_put_into_it() -> None:
    of = {**YACE, "dimension_QueueName": "mails"}
    system = read_system(
        evidence(
            [
                ("aws_sqs_number_of_messages_sent_sum", of, gauge(240.0)),
                ("aws_sqs_number_of_messages_received_sum", of, gauge(600.0)),
                ("aws_sqs_number_of_messages_deleted_sum", of, gauge(180.0)),
            ]
        )
    )
    assert system.readings["mails", "published"].values[-1] == 4.0
    assert system.readings["mails", "consumed"].values[-1] == 3.0


def test_a_load_balancer_fails_what_its_metric_of_the_fifth_class_counts() -> None:
    of = {**YACE, "dimension_LoadBalancer": "app/public/50dc6c495c0c9188"}
    system = read_system(
        evidence(
            [
                ("aws_applicationelb_request_count_sum", of, gauge(6000.0)),
                ("aws_applicationelb_httpcode_target_2_xx_count_sum", of, gauge(later(6000.0, 4500.0))),
                ("aws_applicationelb_httpcode_target_5_xx_count_sum", of, gauge(later(0.0, 1500.0))),
            ]
        )
    )
    flow = system.served["public"]
    share = flow.share()
    assert system.outermost == "public"
    assert flow.total[-1] == 100.0
    assert share is not None
    assert share[-1] == pytest.approx(0.25)


def test_a_class_in_a_counters_name_is_a_part_of_the_answers() -> None:
    shop = {"job": "shop", "instance": "shop-1:80"}
    series = [("http_responses_total", shop, counter(100.0))]
    series += [(f"http_responses_{n}xx_total", shop, counter(rate)) for n, rate in ((2, 60.0), (4, 30.0), (5, 10.0))]
    flow = read_system(evidence(series)).served["shop"]
    share = flow.share()
    assert flow.total[-1] == pytest.approx(100.0, rel=0.01)
    assert share is not None
    assert share[-1] == pytest.approx(0.1, rel=0.02)


def test_what_a_process_counts_of_a_cloud_is_a_counter() -> None:
    """It names no resource: `aws_requests_total` of an SDK."""
    shop = {"job": "shop", "instance": "shop-1:80", "server_address": "s3.example", "status_code": "200"}
    flows = read_system(evidence([("aws_client_requests_total", shop, counter(5.0))])).called
    assert [flow.total[-1] for flow in flows.values()] == [pytest.approx(5.0, rel=0.01)]
