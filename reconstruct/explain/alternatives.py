"""What else it could have been: explanations that need no change, and what each leaves for a change to explain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reconstruct.explain import priors
from reconstruct.explain.changes import Change, same
from reconstruct.model import EventKind, Reason, Service


@dataclass(frozen=True, slots=True)
class Alternative:
    """An explanation of the symptoms that needs no change."""

    rule: str
    mechanism: str
    service: Service
    says: str
    evidence: tuple[str, ...]
    full: bool = True
    """False = seen in part: half the weight."""
    spares: frozenset[EventKind] = frozenset()
    """Kinds of change that can set this very thing off, so that it is no alternative to them."""
    spared_services: tuple[Service, ...] = ()
    """Services whose changes can: the dependency that is gone, the producer of the input."""

    def spared(self, change: Change) -> bool:
        """Whether the change may be what is behind it."""
        kind, service = change.event.kind, change.event.service
        return kind in self.spares or any(same(service, s) for s in self.spared_services)

    def reason_for(self) -> Reason:
        """Its word for "no change did it": none from what deploys, the usual trigger, set off as well."""
        weight = priors.ALTERNATIVE_NULL * (1.0 if self.full else 0.5)
        return Reason(self.rule, self.says, self.evidence, 0.0 if "deploy" in self.spares else weight)

    def reason_against(self, change: Change) -> Reason | None:
        """Its word against a change; None where the change may be behind it."""
        if self.spared(change):
            return None
        weight = priors.ALTERNATIVE if self.full else priors.ALTERNATIVE_HALF
        return Reason(self.rule, self.says, (change.event.id, *self.evidence), weight)


NEEDS_ITS_RULE: Final = frozenset({"traffic-surge", "dependency-down", "certificate-expiry"})
"""Mechanisms whose signs alone tell nothing: it is the order of things, or who complains, that their rule looks at."""
OWN_RULE: Final = frozenset({"traffic-surge", "dependency-down", "certificate-expiry", "queue-backlog"})
"""Mechanisms that a rule of their own speaks of; the others are alternatives as their `change_can` says."""
