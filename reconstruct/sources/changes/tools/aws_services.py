"""What services of AWS keep themselves: CodePipeline, CloudFormation, Auto Scaling, RDS, CloudWatch, EventBridge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from reconstruct.model import Service
from reconstruct.model.kinds import EventKind
from reconstruct.sources.changes.described import Described
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    begin,
    each,
    end,
    has,
    labels,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.changes.tools import aws
from reconstruct.sources.result import SourceResult

_DETAIL_KINDS: Final[tuple[tuple[str, EventKind], ...]] = (
    ("CodeDeploy Deployment", "deploy"),
    ("ECS Deployment", "deploy"),
    ("CodePipeline Pipeline Execution", "deploy"),
    ("CloudFormation Stack Status", "config"),
    ("AppConfig", "config"),
    ("EC2 Instance State-change", "note"),
    ("CloudWatch Alarm State Change", "alert"),
)
_STAGES: Final[Mapping[str, str]] = {
    "SERVICE_DEPLOYMENT_IN_PROGRESS": "running",
    "SERVICE_DEPLOYMENT_COMPLETED": "done",
    "SERVICE_DEPLOYMENT_FAILED": "failed",
    "START": "running",
    "READY": "running",
    "STARTED": "running",
    "RESUMED": "running",
    "SUPERSEDED": "cancelled",
    "STOPPING": "cancelled",
}


def _bus(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Events of EventBridge: the calls of CloudTrail in them as CloudTrail's, the rest as each service tells it."""
    calls = [cast("Item", item["detail"]) for item in items if has(item, "detail.eventName", "detail.eventSource")]
    rest = [item for item in items if not has(item, "detail.eventName", "detail.eventSource")]
    return aws.RECORDS.parse(calls, reading) + each(_bus_event)(rest, reading)


def _bus_event(item: Item, reading: PayloadReading) -> Iterator[Told]:
    what = text(item, "detail-type")
    kind = next((kind for words, kind in _DETAIL_KINDS if what.startswith(words)), "note")
    state = text(item, "detail.state", "detail.eventName", "detail.status-details.status")
    if kind == "alert" and text(item, "detail.state.value") != "ALARM":
        kind = "note"
    resource = text(item, "resources.0").rpartition(":")[2].rpartition("/")[2]
    thing = text(item, "detail.application", "detail.pipeline", "detail.alarmName") or resource
    yield event(
        time=begin(item, "detail.state.timestamp", "time"),
        kind=kind,
        service=Service("" if kind == "alert" else reading.service or thing),
        title=f"{thing}: {what} {state or text(item, 'detail.state.value')}".strip(),
        source=reading.source,
        source_id=text(item, "detail.deploymentId", "detail.execution-id", "id"),
        labels=labels(type=what, reason=text(item, "detail.reason", "detail.state.reason")),
        state="" if kind in ("alert", "note") else _STAGES.get(state, state),
        environment=text(item, "detail.deploymentGroup"),
    )


def _alarms(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """The history of CloudWatch's alarms: from each change to ALARM to the next change of the same alarm."""
    changes = sorted(
        (item for item in items if text(item, "HistoryItemType") == "StateUpdate"),
        key=lambda item: text(item, "Timestamp"),
    )
    made: list[Item] = []
    for place, item in enumerate(changes):
        if text(item, "HistorySummary").endswith("to ALARM"):
            name = text(item, "AlarmName")
            over = next((later for later in changes[place + 1 :] if text(later, "AlarmName") == name), None)
            made.append({**item, "_over": text(over, "Timestamp")})
    passed = len(items) - len(changes)
    notes = (f"{reading.source}: {passed} actions of alarms are passed over",) if passed else ()
    return each(_alarm)(made, reading) + SourceResult(notes=notes)


def _alarm(item: Item, reading: PayloadReading) -> Iterator[Told]:
    name = text(item, "AlarmName")
    yield event(
        time=begin(item, "Timestamp"),
        end=end(item, "_over"),
        kind="alert",
        service=Service(reading.service),
        title=name,
        source=reading.source,
        source_id=f"{name} {text(item, 'Timestamp')}",
    )


def _stacks(items: Sequence[Item], reading: PayloadReading) -> SourceResult:
    """Events of CloudFormation: of each stack, from the beginning of an update to its end; of a resource, a failure."""
    ordered = sorted(items, key=lambda item: text(item, "Timestamp"))
    own = [item for item in ordered if text(item, "ResourceType") == "AWS::CloudFormation::Stack"]
    made: list[Item] = []
    for place, item in enumerate(own):
        if not text(item, "ResourceStatus").endswith("_IN_PROGRESS") or "CLEANUP" in text(item, "ResourceStatus"):
            continue
        name = text(item, "StackName")
        later = [one for one in own[place + 1 :] if text(one, "StackName") == name]
        over = next((one for one in later if "IN_PROGRESS" not in text(one, "ResourceStatus")), None)
        made.append({**item, "_over": text(over, "Timestamp"), "_state": text(over or item, "ResourceStatus")})
    told = each(_stack)(made, reading)
    if not made and own:  # only ends are told
        told = each(_stack)([{**item, "_state": text(item, "ResourceStatus")} for item in own], reading)
    failures = [item for item in ordered if item not in own and text(item, "ResourceStatus").endswith("FAILED")]
    return told + each(_resource)(failures, reading)


def _stack(item: Item, reading: PayloadReading) -> Iterator[Told]:
    name, state = text(item, "StackName"), text(item, "_state")
    undone = "ROLLBACK" in state
    yield event(
        time=begin(item, "Timestamp"),
        end=end(item, "_over"),
        kind="config",
        service=Service(reading.service or name),
        title=f"stack {name}: {state}",
        source=reading.source,
        source_id=text(item, "EventId"),
        labels=labels(reason=text(item, "ResourceStatusReason")),
        state="failed" if undone else state,
    )


def _resource(item: Item, reading: PayloadReading) -> Iterator[Told]:
    yield event(
        time=begin(item, "Timestamp"),
        kind="note",
        service=Service(reading.service or text(item, "StackName")),
        title=f"{text(item, 'LogicalResourceId')} {text(item, 'ResourceStatus')}: {text(item, 'ResourceStatusReason')}",
        source=reading.source,
        source_id=text(item, "EventId"),
    )


_DESCRIBED: Final = (
    Described(
        name="executions of CodePipeline", has=("pipelineExecutionId", "status", "startTime"), time=("startTime",),
        end=("lastUpdateTime",), kind="deploy", service=("pipelineName",),
        title=("sourceRevisions.0.revisionSummary",), version=("sourceRevisions.0.revisionId",), state=("status",),
        states={"Superseded": "cancelled", "Stopping": "cancelled"}, id=("pipelineExecutionId",),
    ),
    Described(
        name="activities of Auto Scaling", has=("ActivityId", "AutoScalingGroupName", "StartTime"), time=("StartTime",),
        end=("EndTime",), kind="scale", service=("AutoScalingGroupName",), title=("Description", "StatusMessage"),
        state=("StatusCode",), id=("ActivityId",), labels={"cause": ("Cause",)},
    ),
    Described(
        name="events of RDS", has=("SourceIdentifier", "Date", "Message"), time=("Date",),
        kind=lambda item: "restart" if re.search(r"(?i)restarted|rebooted|failover", text(item, "Message")) else "note",
        service=("SourceIdentifier",), title=("Message",), id=("SourceArn",),
    ),
    Described(
        name="versions of a Lambda function", has=("FunctionName", "LastModified", "Version"), time=("LastModified",),
        kind="deploy", service=("FunctionName",), title=("Description",), version=("Version",), id=("FunctionArn",),
    ),
    Described(
        name="events of Elastic Beanstalk", has=("EventDate", "Message", "ApplicationName"), time=("EventDate",),
        kind="note", service=("ApplicationName",), title=("Message",), environment=("EnvironmentName",),
        labels={"version": ("VersionLabel",)},
    ),
    Described(
        name="notifications of CloudWatch's alarms", has=("AlarmName", "NewStateValue", "StateChangeTime"),
        time=("StateChangeTime",), kind=lambda item: "alert" if text(item, "NewStateValue") == "ALARM" else "note",
        title=("AlarmName", "AlarmDescription"), id=("AlarmArn",),
    ),
)  # fmt: skip
FORMATS: Final = (
    Format("events of EventBridge", lambda item: has(item, "detail-type", "detail", "source", "time"), _bus),
    Format("the history of CloudWatch's alarms", lambda item: has(item, "AlarmName", "HistoryItemType"), _alarms),
    Format("events of CloudFormation", lambda item: has(item, "StackName", "ResourceStatus", "Timestamp"), _stacks),
    *(one.format() for one in _DESCRIBED),
)
