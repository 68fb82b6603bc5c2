"""The words that several nouns share: layers, aspects, kinds, verdicts, and who something is about."""

from __future__ import annotations

from typing import Literal, NamedTuple

Layer = Literal["edge", "app", "database", "cache", "queue", "host", "network", "runtime"]
Aspect = Literal[
    "latency",
    "errors",
    "traffic",
    "saturation",
    "utilisation",
    "locks",
    "restarts",
    "availability",
    "work",
]
Worse = Literal["up", "down", "both"]
Direction = Literal["up", "down", "both"]
Shape = Literal["level", "ramp", "spike", "variance", "flat", "cap", "gap"]
EventKind = Literal["deploy", "rollback", "config", "flag", "migration", "scale", "restart", "job", "alert", "note"]
EventState = Literal["requested", "running", "done", "failed", "cancelled", "draft"]
"""How far an event got: asked for and not begun, begun, complete, tried in vain, called off, only written down."""
EntryKind = Literal[
    "change",
    "onset",
    "threshold",
    "alert",
    "spread",
    "peak",
    "mitigation",
    "recovery",
    "gap",
    "restart",
    "note",
]
Verdict = Literal["incident", "no-incident", "inconclusive"]
HintVerdict = Literal["supported", "plausible", "contradicted", "inconclusive"]
LAYERS: tuple[Layer, ...] = ("edge", "app", "database", "cache", "queue", "host", "network", "runtime")
ASPECTS: tuple[Aspect, ...] = (
    "latency",
    "errors",
    "traffic",
    "saturation",
    "utilisation",
    "locks",
    "restarts",
    "availability",
    "work",
)


class Service(NamedTuple):
    """Who something is about: a name, and the namespace and cluster where labels tell them ("" = not told).

    >>> Service("shop").may_be(Service("shop", "prod", "eu-1")), Service("shop", "a").may_be(Service("shop", "b"))
    (True, False)
    """

    name: str
    namespace: str = ""
    cluster: str = ""

    def may_be(self, other: Service) -> bool:
        """Whether both can be the same service: an untold namespace or cluster matches any."""
        return self.name == other.name and all(
            not mine or not theirs or mine == theirs for mine, theirs in zip(self[1:], other[1:], strict=True)
        )
