"""What the CLI of AWS prints when asked how things stand: rollouts of ECS and AppConfig, stacks, alarms, updates.

Where such an answer tells a plan (a change set, a scheduled action), it is passed over: nothing has happened yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from reconstruct.model import Service
from reconstruct.sources.changes.described import Described
from reconstruct.sources.changes.kinds import kind_of_pipeline
from reconstruct.sources.changes.payload import Format, Item, PayloadReading, Told, begin, each, end, has, labels, text
from reconstruct.sources.changes.record import event

_ROLLED_BACK: Final = dict.fromkeys(
    (
        *("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "ROLLBACK_COMPLETE"),
        *("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "ROLLING_BACK"),
        *("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "ROLLED_BACK", "REVERTED", "RollbackInProgress"),
        *("RollbackFailed", "RollbackSuccessful"),
    ),
    "failed",
)
_STATES: Final[Mapping[str, str]] = {
    **_ROLLED_BACK,
    "STOP_REQUESTED": "cancelled",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "done",
    "REVIEW_IN_PROGRESS": "requested",
    "BAKING": "running",
    "DEPLOYING": "running",
    "VALIDATING": "requested",
    "Baking": "running",
    "Cancelling": "cancelled",
    "Ready": "done",
    "Launching": "running",
}
"""Words of several services of AWS where they mean something else than usual: what was rolled back failed."""


def _service_deployment(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """A deployment of an ECS service: named by ARNs, begun when the scheduler took it up."""
    service = text(item, "serviceArn").rpartition("/")[2]
    status = text(item, "status")
    revision = text(item, "targetServiceRevision.arn", "targetServiceRevisionArn").rpartition("/")[2]
    yield event(
        time=begin(item, "startedAt", "createdAt"),
        end=end(item, "finishedAt", "stoppedAt"),
        kind="deploy",
        service=Service(reading.service or service, "", text(item, "clusterArn").rpartition("/")[2]),
        title=f"deployment of {service}",
        source=reading.source,
        source_id=text(item, "serviceDeploymentArn").rpartition("/")[2],
        labels=labels(revision=revision, reason=text(item, "statusReason")),
        state=_STATES.get(status, status),
    )


_DESCRIBED: Final = (
    Described(
        name="deployments of AppConfig", has=("DeploymentNumber", "State", "ConfigurationName"), time=("StartedAt",),
        end=("CompletedAt",), kind="config", title=("ConfigurationName", "Description"), state=("State",),
        states=_STATES, version=("ConfigurationVersion",), id=("DeploymentNumber",),
    ),
    Described(
        name="instance refreshes of Auto Scaling", has=("InstanceRefreshId", "Status"), time=("StartTime",),
        end=("EndTime",), kind="restart", service=("AutoScalingGroupName",), title=("AutoScalingGroupName",),
        state=("Status",), states=_STATES, id=("InstanceRefreshId",), labels={"reason": ("StatusReason",)},
    ),
    Described(
        name="scheduled actions of Auto Scaling", has=("ScheduledActionName", "AutoScalingGroupName"),
        time=("StartTime",), kind="scale", passed=lambda _: "a scheduled action, which tells when it acts next,",
    ),
    Described(
        name="change sets of CloudFormation", has=("ChangeSetName", "ExecutionStatus"), time=("CreationTime",),
        kind="config", passed=lambda _: "a change set, which does not tell when it was executed,",
    ),
    Described(
        name="stacks of CloudFormation", has=("StackName", "StackStatus", "CreationTime"),
        time=("DeletionTime", "LastUpdatedTime", "CreationTime"), kind="config", service=("StackName",),
        title=("StackName", "StackStatus"), state=("StackStatus",), states=_STATES, id=("StackId",),
    ),
    Described(
        name="CloudWatch's alarms", has=("AlarmName", "StateValue", "StateUpdatedTimestamp"),
        time=("StateTransitionedTimestamp", "StateUpdatedTimestamp"), kind="alert", title=("AlarmName",),
        id=("AlarmArn",), passed=lambda item: "" if text(item, "StateValue") == "ALARM" else "an alarm that is quiet",
    ),
    Described(
        name="states of CodePipeline", has=("pipelineName", "stageStates"), time=("updated",), kind="deploy",
        passed=lambda _: "the state of a pipeline, whose runs `list-pipeline-executions` tells,",
    ),
    Described(
        name="tasks of ECS", has=("taskArn", "taskDefinitionArn"), time=("startedAt", "createdAt"), end=("stoppedAt",),
        kind="note", title=("group", "stoppedReason", "lastStatus"), id=("taskArn",),
    ),
    Described(
        name="task sets of ECS", has=("taskSetArn", "taskDefinition", "status"), time=("createdAt",), kind="deploy",
        service=("serviceArn",), title=("externalId", "taskDefinition"), state=("stabilityStatus",),
        states={"STEADY_STATE": "done", "STABILIZING": "running"}, id=("id",),
    ),
    Described(
        name="updates of EKS", has=("id", "status", "type", "params", "createdAt"), time=("createdAt",), kind="config",
        title=("type",), state=("status",), labels={"errors": ("errors.0.errorMessage",)},
    ),
    Described(
        name="environments of Elastic Beanstalk", has=("EnvironmentName", "VersionLabel", "DateUpdated"),
        time=("DateUpdated",), kind="config", service=("ApplicationName",), title=("EnvironmentName", "VersionLabel"),
        version=("VersionLabel",), state=("Status",), states=_STATES, environment=("EnvironmentName",),
        id=("EnvironmentId",),
    ),
    Described(
        name="versions of Elastic Beanstalk", has=("ApplicationName", "VersionLabel", "DateCreated"),
        time=("DateCreated",), kind="note", service=("ApplicationName",), title=("VersionLabel", "Description"),
        version=("VersionLabel",), id=("VersionLabel",),
    ),
    Described(
        name="events of AWS Health", has=("eventTypeCode", "statusCode", "startTime"), time=("startTime",),
        end=("endTime",), kind="note", title=("eventTypeCode", "region"), id=("arn",),
        state=("statusCode",), states={"upcoming": "requested"},
    ),
    Described(
        name="automations of Systems Manager", has=("AutomationExecutionId", "ExecutionStartTime"),
        time=("ExecutionStartTime",), end=("ExecutionEndTime",), title=("DocumentName",),
        kind=lambda item: kind_of_pipeline(text(item, "DocumentName"), otherwise="job"),
        state=("AutomationExecutionStatus",), id=("AutomationExecutionId",),
    ),
)  # fmt: skip
FORMATS: Final = (
    Format(
        "deployments of ECS services",
        lambda item: has(item, "serviceDeploymentArn", "status"),
        each(_service_deployment),
    ),
    *(one.format() for one in _DESCRIBED),
)
