"""What a candidate cause rests on, in words: one function a kind of finding, each a sentence that its facts guard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, cast

import pandas as pd

from reconstruct.model import Facts, Reason, Service
from reconstruct.text.measures import measure_title
from reconstruct.text.reasons import clock, span
from reconstruct.text.units import human
from reconstruct.text.wording import joined, mechanism_text, share_text

FIGURES: Final[Mapping[str, str]] = {
    "requests": "requests",
    "requests-of-a-route": "requests of one route",
    "cpu": "CPU used",
    "cpu-limit": "the CPU limit",
    "cpu-per-request": "CPU time per request",
    "throttled": "share of CPU periods throttled",
    "memory": "memory of the fullest instance",
    "memory-share": "memory against its limit",
    "ended": "instances that ended outside a rollout",
    "oom-kills": "out-of-memory kills",
    "answers": "answers to its exporter",
    "ready": "instances ready",
    "threads-taken": "share of threads taken",
    "lock-waits": "sessions waiting for a lock",
    "slow-queries": "slow queries",
    "active-sessions": "active sessions",
    "deadlocks": "deadlocks",
    "rows": "rows read",
    "rows-per-statement": "rows read per statement",
    "time-per-statement": "time per statement",
    "sessions-per-statement": "active sessions per statement and second",
    "statements": "statements",
    "statements-per-request": "statements per request",
    "connections-taken": "share of connections taken",
    "host-cpu": "CPU of its machine",
    "hit-ratio": "cache hits",
    "lookups-per-request": "cache look-ups per request",
    "evictions": "evictions",
    "taken": "share of the pool taken",
    "size": "size of the pool on each instance",
    "waiting": "requests waiting for a connection",
    "wait-time": "time spent waiting for a connection",
    "held-time": "time a connection is held",
    "cpu-pressure": "time waiting for CPU",
    "disk-busy": "time the disk was busy",
    "disk-left": "disk space left",
    "retransmits": "TCP segments sent again",
    "depth": "messages waiting",
    "consumers": "consumers",
    "published": "messages published",
    "unacknowledged": "messages not acknowledged",
    "message-time": "time per message",
    "message-failures": "share of messages that failed",
    "message-delay": "age of messages when handled",
    "call-time": "time per call",
    "calls-per-request": "statements per request",
    "repeated-calls": "calls per request",
    "call-time-per-request": "time in statements per request",
    "call-failures": "share of calls that failed",
    "round-trip": "round trip",
    "loss": "share of probes lost",
    "unresolved": "share of names not resolved",
    "time-left": "time until the certificate ends",
    "failed-share": "share of failed responses",
    "answer-time": "mean response time",
}
"""The figures of `explain.figures` as one writes them in a sentence."""

CHANGE_WORDS: Final[Mapping[str, str]] = {
    "deploy": "a deploy",
    "rollback": "a rollback",
    "config": "a configuration change",
    "flag": "a feature flag",
    "migration": "a migration",
    "scale": "a scaling",
    "restart": "a restart",
    "job": "a job",
}


def figure_name(facts: Facts) -> str:
    """What a figure measures, with whom it leads to where that is part of its name.

    >>> figure_name({"figure": "waiting", "thing": "shop", "target": "orders-db"})
    'requests waiting for a connection towards orders-db'
    """
    name = str(facts["figure"])
    towards = f" towards {facts['target']}" if facts.get("target") and name in _LEADS else ""
    return f"{FIGURES.get(name, name)}{towards}"


def figure_text(facts: Facts) -> str:
    """A figure of a thing, before and during.

    >>> figure_text({"figure": "hit-ratio", "thing": "redis", "before": 0.9, "during": 0.46, "unit": "ratio"})
    'cache hits of redis: 90 % before, 46 % during'
    """
    name, thing, unit = str(facts["figure"]), str(facts["thing"]), str(facts["unit"])
    towards = f" towards {facts['target']}" if facts.get("target") and name in _LEADS else ""
    before, during = (human(float(cast("float", facts[key])), unit) for key in ("before", "during"))
    both = f"{before} before and during" if before == during else f"{before} before, {during} during"
    return f"{FIGURES.get(name, name)} of {thing}{towards}: {both}"


_LEADS: Final = frozenset(
    {
        "taken",
        "size",
        "waiting",
        "wait-time",
        "held-time",
        "calls-per-request",
        "call-time-per-request",
        "repeated-calls",
    }
)


def reason_text(rule: str, kind: str, facts: Facts, *, weight: float = 0.0) -> str:
    """One rule's finding as a clause, `weight` as its reason has it; an unknown kind is our bug."""
    if weight < 0 and (rule, kind) in _AGAINST:
        return _AGAINST[rule, kind](facts)
    return _KINDS[rule, kind](facts)


def _time(facts: Facts, key: str) -> pd.Timestamp:
    return cast("pd.Timestamp", facts[key])


def _service(facts: Facts, key: str = "service") -> str:
    return cast("Service", facts[key]).name or "an unnamed service"


def _thing(facts: Facts) -> str:
    """What it is about; machines that are called by a common noun alone have its article."""
    thing = str(facts["thing"])
    return f"the {thing}" if thing in ("host", "node", "machine", "server") else thing


def _shown(kind: str) -> Callable[[Facts], str]:
    return lambda facts: f"{figure_text(facts)}; {_tail(kind, facts)}"


def _tail(kind: str, facts: Facts) -> str:
    return _TAILS[kind].format(thing=facts["thing"], target=facts.get("target") or "its callee")


_TAILS: Final[Mapping[str, str]] = {
    "own-failures": "nothing that {thing} calls failed as much",
    "one-instance": "one instance of {thing} accounts for nearly all of it",
    "edge-alone": "what stands behind {thing} answered",
    "own-time": "nothing that {thing} calls accounts for it",
    "never-arrives": "these requests never reached {target}",
    "between-slow": "{thing} itself took less than its callers waited",
    "between-fails": "calls failed before they reached {thing}",
    "between-many": "calls between several services failed before they arrived",
    "gives-up": "{thing} failed calls that {target} answered",
    "asks-more": "{thing} called {target} more often for each request",
}
"""What a figure alone does not show, by the kind of finding."""


def beyond_statement(reason: Reason) -> str:
    """What a reason says that its hint's own statement does not: "" where the statement says it all.

    >>> beyond_statement(Reason("temporal-order", "13 s before the first sign", ("e1",), 2.0, kind="before-sign"))
    ''
    """
    if (reason.rule, reason.kind) in (("mechanism-shown", "figure"), ("temporal-order", "lag")):
        return ""
    if reason.rule == "mechanism-shown" and reason.kind in _TAILS:
        return _tail(reason.kind, reason.facts)
    if (reason.rule, reason.kind) == ("temporal-order", "before-sign") and not reason.facts.get("late"):
        return ""
    return reason.says


def _lag(facts: Facts) -> str:
    if _time(facts, "sign") < _time(facts, "time"):
        return _late_sign(facts)
    began = "the slope began" if facts["slope"] else "the first sign"
    said = f"{span(_time(facts, 'time'), _time(facts, 'sign'))} before {began} at {clock(_time(facts, 'sign'))}"
    return f"{said}; such a change usually shows sooner" if facts.get("late") else said


def _named(facts: Facts) -> str:
    return f"{FIGURES.get(str(facts['figure']), str(facts['figure']))} of {facts['thing']}"


def place_figures(facts: Facts) -> str:
    """What the series of a place did."""
    before, during = (human(float(cast("float", facts[key])), str(facts["unit"])) for key in ("before", "during"))
    on = f" on {facts['instance']}" if facts.get("instance") else ""
    since = f", from {clock(_time(facts, 'since'))}" if facts.get("since") else ""
    return f"{measure_title(str(facts['title']))}{on} {before} before, {during} during{since}"


def _moved_furthest(facts: Facts) -> str:
    than = f", further from its own past than {_service(facts, 'next')}" if facts.get("next") else ""
    return f"{_service(facts)}: {place_figures(facts)}{than}"


def place_text(facts: Facts) -> str:
    """The sentence of a hint that names a place and no more.

    >>> from reconstruct.model import Service
    >>> facts = {"service": Service("cart"), "rank": 1, "title": "Latency", "unit": "seconds", "before": 0.02}
    >>> place_text({**facts, "during": 0.64})
    'cart moved furthest from its own past: latency 20 ms before, 640 ms during. No change or mechanism is shown.'
    """
    how = "moved furthest from its own past" if facts["rank"] == 1 else "moved as well, less far from its own past"
    return f"{_service(facts)} {how}: {place_figures(facts)}. No change or mechanism is shown."


def _late_sign(facts: Facts) -> str:
    after = span(_time(facts, "sign"), _time(facts, "time"))
    return f"{after} after the first sign at {clock(_time(facts, 'sign'))}, within its uncertainty"


def _out_of_reach(facts: Facts) -> str:
    before = span(_time(facts, "time"), _time(facts, "onset"))
    return (
        f"{before} before the onset at {clock(_time(facts, 'onset'))}, too long before any sign of what it could cause"
    )


_KINDS: Final[Mapping[tuple[str, str], Callable[[Facts], str]]] = {
    ("mechanism-shown", "figure"): figure_text,
    **{("mechanism-shown", kind): _shown(kind) for kind in _TAILS},
    ("location", "end"): lambda f: f"from the users' side the calls lead to {f['thing']}, and no further",
    ("location", "serves"): lambda f: f"{f['thing']} serves what the calls lead to",
    ("location", "hosts"): lambda f: f"what the calls lead to runs on {f['thing']}",
    ("location", "around"): lambda f: f"{f['thing']} is shared",
    ("location", "way"): lambda f: f"{f['thing']} is on the way of the calls, not at their end",
    ("location", "below"): lambda f: f"the calls through {f['thing']} do not carry the excess",
    ("location", "elsewhere"): lambda f: f"{f['thing']} is not on the path of the affected calls",
    ("location", "other-store"): lambda f: (
        f"calls are known to lead to {joined(cast('tuple[str, ...]', f['stores']))}; "
        f"nothing tells whether affected ones use {f['thing']}"
    ),
    ("location", "unknown"): lambda f: f"nothing tells whether affected calls use {f['thing']}",
    ("consequence", "consequence"): lambda f: (
        f"{mechanism_text(str(f['by_mechanism']))} at {f['by']} brings this about by itself"
    ),
    ("specificity", "general"): lambda _: "another resource's own figure says more",
    ("onset-order", "late"): lambda _: "its first sign came after users were affected",
    ("topology", "on-it"): lambda f: f"the change is of {f['thing']} itself",
    ("topology", "may-reach-it"): lambda f: f"a change of {_service(f)} can bring this about at {_thing(f)}",
    ("topology", "hardly-reaches-it"): lambda f: (
        f"no figure of {_service(f)} shows that it brought this about at {_thing(f)}"
    ),
    ("mechanism-fits", "kind-of-change"): lambda f: (
        f"{CHANGE_WORDS.get(str(f['kind']), 'a change')} can cause {mechanism_text(str(f['mechanism']))}"
    ),
    ("temporal-order", "before-sign"): _lag,
    ("temporal-order", "after-sign"): _late_sign,
    ("temporal-order", "too-late"): lambda f: (
        f"began {span(_time(f, 'onset'), _time(f, 'time'))} after the onset at {clock(_time(f, 'onset'))}"
    ),
    ("temporal-order", "out-of-reach"): _out_of_reach,
    ("reversal", "fixed-forward"): lambda f: (
        f"the next version took its place at {clock(_time(f, 'time'))}; "
        f"the symptoms were gone at {clock(_time(f, 'back'))}"
    ),
    ("reversal", "ended-with"): lambda f: (
        f"another change of the same service at {clock(_time(f, 'time'))}; "
        f"the symptoms were gone at {clock(_time(f, 'back'))}"
    ),
    ("reversal", "figure-back"): lambda f: f"undone at {clock(_time(f, 'time'))}, and {_named(f)} was back",
    ("reversal", "figure-stayed"): lambda f: f"undone at {clock(_time(f, 'time'))}, and {_named(f)} stayed",
    ("largest-effect", "moved-furthest"): _moved_furthest,
    ("largest-effect", "moved-too"): lambda f: (
        f"{_service(f)}: {place_figures(f)}, less far from its own past than the first"
    ),
    ("topology", "unrelated"): lambda f: (
        f"nothing went wrong at {_service(f)} itself, and it is not known to affect what did"
    ),
    ("confidence", "less-likely"): lambda f: (
        f"possible, but less likely than the candidate causes: {share_text(float(cast('float', f['confidence'])))}"
    ),
}
"""(rule, kind) -> its wording."""

_AGAINST: Final[Mapping[tuple[str, str], Callable[[Facts], str]]] = {
    ("mechanism-fits", "kind-of-change"): lambda f: (
        f"{CHANGE_WORDS.get(str(f['kind']), 'a change')} seldom causes {mechanism_text(str(f['mechanism']))}"
    ),
}
"""(rule, kind) -> its wording where it speaks against."""


_FIGURE_LEADS: Final[Mapping[str, str]] = {
    "cpu-limit": "less CPU was allowed",
    "throttled": "CPU was throttled at its limit",
    "cpu-per-request": "each request took more CPU",
}
"""What a figure says by itself, where its mechanism's own words speak of another one."""


def hint_text(statement: str, facts: Facts) -> str:
    """The one plain sentence of a hint: the change and its lag, and what moved."""
    service = str(facts["thing"])
    what = f"{service} answered worse than before at {clock(_time(facts, 'sign'))}, and no figure shows by what"
    if facts["figure"]:
        lead, _, figures = statement.partition(": ")
        what = f"{_FIGURE_LEADS.get(str(facts['figure']), lead)}: {figures}".format(
            service=service,
            metric=FIGURES.get(str(facts["figure"]), str(facts["figure"]) or "its figures"),
            before=human(float(cast("float", facts["before"])), str(facts["unit"])),
            during=_during(facts),
            time=clock(_time(facts, "sign")),
        )
    change = str(facts.get("change") or "")
    said = f"{_since(facts)} {change}, {what}" if change else f"{what}, with no change that explains it"
    return f"{said[:1].upper()}{said[1:]}."


def _since(facts: Facts) -> str:
    """How a sign follows a change; where it seems to come first, their times are not told so exactly."""
    time, sign = _time(facts, "time"), _time(facts, "sign")
    return f"{span(time, sign)} after" if sign >= time else "at the time of"


def _during(facts: Facts) -> str:
    """The median while it lasted; of what filled or drained from a time on, no level holds from that time."""
    before, during = float(cast("float", facts["before"])), float(cast("float", facts["during"]))
    slope = f" in the incident, {'falling' if during < before else 'rising'}" if facts.get("slope") else ""
    return human(during, str(facts["unit"])) + slope


__all__ = ["CHANGE_WORDS", "FIGURES", "figure_text", "hint_text", "place_figures", "place_text", "reason_text"]
