"""Which tool a payload comes from, told by its content: the registry of every format that a file may hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reconstruct.sources.changes.payload import Format, Item, PayloadReading, item_lists
from reconstruct.sources.changes.tools import (
    alertmanager,
    argo,
    audits,
    aws,
    aws_services,
    aws_states,
    azure,
    cloudevents,
    datadog,
    flux,
    github,
    gitlab,
    google,
    grafana,
    grafana_alert_states,
    helm,
    hosting,
    jenkins,
    journal,
    kubernetes,
    kubernetes_audit,
    launchdarkly,
    mattermost,
    newrelic,
    observers,
    octopus,
    opsgenie,
    pagerduty,
    pipelines,
    sentry,
    slack,
    spinnaker,
    statuspage,
    terraform,
    terraform_log,
    tickets,
    unleash,
    webhooks,
)
from reconstruct.sources.result import SourceResult

FORMATS: Final[tuple[Format, ...]] = tuple(
    known
    for tool in (
        kubernetes_audit,  # calls it its objects' kind too
        kubernetes,  # objects name their kind: nothing else can be meant
        argo,
        flux,
        gitlab,  # before GitHub: its fields include GitHub's
        github,
        helm,
        alertmanager,
        grafana,
        grafana_alert_states,
        cloudevents,
        aws_services,
        aws_states,
        aws,
        azure,
        google,
        launchdarkly,
        unleash,
        sentry,
        pagerduty,
        opsgenie,
        statuspage,
        datadog,
        jenkins,
        spinnaker,
        terraform,
        terraform_log,
        octopus,
        slack,
        mattermost,
        journal,
        webhooks,  # before what is in their envelopes
        audits,
        hosting,
        pipelines,
        newrelic,
        observers,
        tickets,
    )
    for known in tool.FORMATS
)
"""In the order in which they are tried."""


def known_format(items: Sequence[Item]) -> Format | None:
    """The format that at least half of the items have; None = no tool's that is known here."""
    for known in FORMATS:
        if 2 * sum(known.knows(item) for item in items) >= len(items):
            return known
    return None


def parse_payload(whole: object, reading: PayloadReading) -> SourceResult | None:
    """What a JSON value tells, where it or what its envelopes hold is a payload that is known; None = it is not."""
    for items in item_lists(whole):
        if known := known_format(items):
            return known.parse(items, reading)
    return None
