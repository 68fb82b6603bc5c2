"""Work that waits, as job libraries and services export it."""

from __future__ import annotations

import pytest

from reconstruct.meaning import read_system
from tests.meaning.made import counter, evidence, gauge, later

EXPORTER = {"job": "jobs-exporter", "instance": "exporter:9400"}
WORKER = {"job": "mailer", "instance": "mailer-1:8080"}
GROWS = gauge(later(3.0, 900.0))


@pytest.mark.parametrize(
    ("metric", "labels"),
    [
        ("sidekiq_queue_size", {"name": "mails"}),
        ("celery_queue_length", {"queue_name": "mails"}),
        ("rq_jobs", {"queue": "mails", "status": "queued"}),
        ("resque_jobs_in_queue", {"queue_name": "mails"}),
        ("bull_queue_waiting", {"queue": "mails"}),
        ("bullmq_job_count", {"queue": "mails", "state": "waiting"}),
        ("laravel_queue_size", {"queue": "mails"}),
        ("oban_jobs", {"queue": "mails", "state": "available"}),
        ("pending_jobs", {"queue": "mails"}),
        ("subscription_num_undelivered_messages", {"subject": "mails"}),
    ],
)
def test_what_waits_is_read_whatever_library_counts_it(metric: str, labels: dict[str, str]) -> None:
    series = [(metric, {**EXPORTER, **labels}, GROWS)]
    series += [(metric, {**EXPORTER, **labels, k: "active"}, gauge(5000.0)) for k in ("state", "status") if k in labels]
    system = read_system(evidence(series))
    assert system.kinds["mails"] == "queue"
    assert system.readings["mails", "depth"].values[-1] == 900.0


@pytest.mark.parametrize(
    ("metric", "labels"),
    [
        ("jvm_executor_queue_size", {"name": "mails"}),
        ("http_server_request_queue_length", {"name": "mails"}),
        ("puma_backlog", {}),
        ("kube_job_status_active", {"job_name": "mails"}),
        ("worker_queue_capacity_jobs", {"queue": "mails"}),
        ("oban_jobs", {"queue": "mails", "state": "completed"}),
        ("sidekiq_queue_latency_seconds", {"name": "mails"}),
    ],
)
def test_what_is_no_work_or_does_not_wait_is_no_backlog(metric: str, labels: dict[str, str]) -> None:
    system = read_system(evidence([(metric, {**EXPORTER, **labels}, GROWS)]))
    assert not [thing for thing, role in system.readings if role == "depth"]


def test_a_queue_that_every_process_tells_the_length_of_is_counted_once() -> None:
    of = [("job_queue_size", {**WORKER, "instance": f"mailer-{n}:8080", "queue": "mails"}, GROWS) for n in range(3)]
    assert read_system(evidence(of)).readings["mails", "depth"].values[-1] == 900.0


def test_queues_of_two_priorities_add_up() -> None:
    of = [("job_queue_size", {**EXPORTER, "queue": "mails", "priority": p}, GROWS) for p in ("high", "low")]
    assert read_system(evidence(of)).readings["mails", "depth"].values[-1] == 1800.0


def test_a_queue_without_a_name_is_its_processs() -> None:
    system = read_system(evidence([("mail_queue_size", WORKER, GROWS)]))
    (thing,) = [thing for thing, role in system.readings if role == "depth"]
    assert (thing, system.kinds[thing]) == ("queue of mailer", "queue")


def test_work_that_is_put_in_is_not_taken_for_handled() -> None:
    system = read_system(
        evidence(
            [
                ("queue_jobs_added_total", {**EXPORTER, "queue": "mails"}, counter(4.0)),
                ("queue_jobs", {**EXPORTER, "queue": "mails", "state": "waiting"}, GROWS),
                ("jobs_finished_total", {**WORKER, "queue": "mails", "status": "completed"}, counter(3.0)),
            ]
        )
    )
    assert set(system.handled) == {"mailer"}
    assert system.consumers == {"mailer": "mails"}
    assert system.readings["mails", "published"].values[-1] == pytest.approx(4.0, rel=0.02)


def test_a_brokers_own_exporter_is_believed_first() -> None:
    broker = {"job": "rabbitmq", "instance": "broker:15692", "queue": "mails"}
    series = [
        ("rabbitmq_queue_messages_ready", broker, gauge(7.0)),
        ("mail_queue_size", {**WORKER, "queue": "mails"}, GROWS),
    ]
    assert read_system(evidence(series)).readings["mails", "depth"].values[-1] == 7.0


@pytest.mark.parametrize(
    ("metric", "queue"),
    [
        ("artemis_message_count", {"address": "mails", "queue": "mails"}),
        ("pulsar_subscription_back_log", {"topic": "persistent://shop/live/mails", "subscription": "mailer"}),
        ("pulsar_subscription_back_log", {"topic": "persistent://shop/live/mails-partition-0"}),
        ("activemq_queue_size", {"destination": "mails"}),
    ],
)
def test_brokers_call_what_waits_by_other_words(metric: str, queue: dict[str, str]) -> None:
    broker = {"job": "broker-exporter", "instance": "broker:8161"}
    apart = metric.replace("message_count", "delivering_message_count")
    series = [(metric, {**broker, **queue}, GROWS), ("up", broker, gauge(1.0))]
    series += [(apart, {**broker, **queue}, gauge(5000.0))] if apart != metric else []
    system = read_system(evidence(series))
    assert system.kinds["mails"] == "queue"
    assert system.readings["mails", "depth"].values[-1] == 900.0
