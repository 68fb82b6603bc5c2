"""Workers and queues that no label joins are joined by how much they handle and give, or not at all."""

from __future__ import annotations

import numpy as np

from reconstruct.meaning.consumers import consumers_by_rate
from reconstruct.model.system import Flow, Reading, Role


def worker(rate: float) -> Flow:
    return Flow(np.full(40, rate))


def queues(**given: float) -> dict[tuple[str, Role], Reading]:
    found: dict[tuple[str, Role], Reading] = {}
    for name, rate in given.items():
        found[name, "depth"] = Reading(np.zeros(40))
        found[name, "consumed"] = Reading(np.full(40, rate))
    return found


def test_the_only_worker_takes_from_the_only_queue_whatever_the_broker_counts() -> None:
    assert consumers_by_rate({"mailer": worker(4.0)}, queues(mails=0.0), {}) == {"mailer": "mails"}


def test_of_several_those_that_handle_and_give_as_much_belong_together() -> None:
    workers = {"mailer": worker(4.0), "biller": worker(0.5)}
    assert consumers_by_rate(workers, queues(mails=4.2, bills=0.55), {}) == {"mailer": "mails", "biller": "bills"}


def test_where_there_is_a_second_choice_none_is_taken() -> None:
    assert consumers_by_rate({"a": worker(4.0), "b": worker(4.1)}, queues(x=4.0, y=9.0), {}) == {}
    assert consumers_by_rate({"a": worker(4.0), "b": worker(1.0)}, queues(x=4.0, y=4.1), {}) == {}


def test_what_labels_tell_is_not_told_again() -> None:
    workers = {"mailer": worker(4.0), "biller": worker(0.5)}
    assert consumers_by_rate(workers, queues(mails=4.0, bills=0.9), {"mailer": "mails"}) == {"biller": "bills"}
