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
        if self.name != other.name:
            return False
        (_, namespace, cluster), (_, its_namespace, its_cluster) = self, other
        return (not namespace or not its_namespace or namespace == its_namespace) and (
            not cluster or not its_cluster or cluster == its_cluster
        )
