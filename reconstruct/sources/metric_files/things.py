"""Which label names the thing that a series is about, whatever it is called."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reconstruct.model import Service
from reconstruct.sources.metric_files.names import is_view, label_word, looks_like_metric
from reconstruct.sources.service_labels import SERVICE_LABELS, service_of

_MORE_SERVICES: Final = (
    "service",
    "microservice",
    "micro_service",
    "service_name",
    "svc",
    "app",
    "app_name",
    "application",
    "application_name",
    "workload",
    "deployment",
    "component",
    "function_name",
    "function",
    "role_name",
    "cloud_role_name",
    "entity_name",
    "exported_job",
    "job",
)
"""As data sets and vendors call a service, the plainest first."""
_MACHINES: Final = (
    "cmdb_id",
    "pod",
    "pod_name",
    "container",
    "container_name",
    "resource",
    "resource_name",
    "resource_id",
    "instance",
    "instance_id",
    "db_instance_identifier",
    "node",
    "node_name",
    "host",
    "hostname",
    "host_name",
    "server",
    "load_balancer",
    "queue_name",
)
"""Where nothing names a service, the instance or machine is the thing."""
_NEVER_TEXT: Final = (
    "region zone az availability_zone availabilityzone environment env cluster namespace datacenter dc "
    "tenant version method path route url uri endpoint operation status code status_code le quantile unit "
    "type kind level severity protocol device mode state cpu disk interface mountpoint fstype direction "
    "scenario group request table index team owner currency country user customer kpi_id metric_id check "
    "error caller callee source destination peer client"
)
_NEVER: Final = frozenset(_NEVER_TEXT.split())
"""Labels that tell parts of a thing, or where it is, and never name it."""
_POD: Final = re.compile(r"^(?P<workload>.+?)-[bcdf-hj-np-tv-z2-9456]{5,10}-[bcdf-hj-np-tv-z2-9]{5}$")
"""Kubernetes names a deployment's pods workload-hash-hash, in an alphabet without vowels (util/rand)."""
_BALANCER: Final = re.compile(r"^(?:app|net|gwy)/(?P<name>[^/]+)/[0-9a-z]+$")
"""CloudWatch's dimension of a load balancer: kind, name, id."""


@dataclass(frozen=True, slots=True)
class NamingLabel:
    """The label that names the thing, and what is in doubt."""

    label: str = ""
    """ "" = the usual ones, as everywhere."""
    doubt: str = ""
    """What could be named by another label as well, and how to say which; "" = nothing."""

    def service_of(self, labels: Mapping[str, str]) -> Service:
        """The service that a series' labels tell."""
        if not self.label or not labels.get(self.label):
            usual = service_of(labels)
            words = {label_word(label): label for label in labels}
            machine = next((words[word] for word in _MACHINES if word in words), "")
            return usual if usual.name or not machine else service_of(labels, label=machine)
        name = labels[self.label]
        balancer = _BALANCER.match(name)
        if balancer:
            return service_of({**labels, self.label: balancer["name"]}, label=self.label)
        pod = _POD.match(name) if "pod" in label_word(self.label) or label_word(self.label) == "cmdb_id" else None
        return service_of({**labels, self.label: pod["workload"] if pod else name}, label=self.label)


def naming_label(labels: Sequence[Mapping[str, str]], *, known: Collection[str] = (), chosen: str = "") -> NamingLabel:
    """The label whose values name the things that a file's series are about.

    In this order: what the user says; the label with most values that other sources know as services; a label that
    is called like a service, then like a machine; a label of which nobody knows the name, if it is the only one.
    Where two of these could, it is in doubt, and the one with fewer values counts: a service has many pods.

    >>> naming_label([{"mesh_unit": "shop", "p": "1"}, {"mesh_unit": "cart", "p": "2"}]).label
    'mesh_unit'
    """
    values: dict[str, set[str]] = {}
    for one in labels:
        for label, value in one.items():
            values.setdefault(label, set()).add(value)
    if chosen:
        return NamingLabel(chosen)
    told = {label: len(found & set(known)) for label, found in values.items()}
    best = max(told, key=lambda label: (told[label], -len(values[label])), default="")
    if best and told[best]:
        return NamingLabel(best)
    words = {label_word(label): label for label in sorted(values, reverse=True)}
    if any(label in values for label in SERVICE_LABELS if label not in ("job", "exported_job")):
        return NamingLabel()
    for word in (*_MORE_SERVICES, *_MACHINES):
        if word in words:
            return NamingLabel(words[word])
    free = [
        label
        for label, found in values.items()
        if label_word(label) not in _NEVER and not is_view(label, found) and _are_names(found)
    ]
    free.sort(key=lambda label: (len(values[label]) < 2, len(values[label]), label))
    varied = [label for label in free if len(values[label]) > 1]
    if not free:
        return NamingLabel()
    doubt = ""
    if len(varied) > 1:
        others = ", ".join(repr(label) for label in varied[1:])
        doubt = f"{free[0]!r} is read as its name, and {others} could be; --column '{varied[1]}=service' says so"
    return NamingLabel(free[0], doubt)


def _are_names(values: Collection[str]) -> bool:
    """Whether texts may name things: no numbers, no measurements, not true and false."""
    plain = [value for value in values if re.search(r"[A-Za-z]", value)]
    named = [v for v in plain if v.lower() not in ("true", "false", "yes", "no") and not v.startswith(("http://", "/"))]
    return bool(named) and len(named) == len(values) and sum(map(looks_like_metric, named)) <= len(named) / 2
