"""Answers of AWS's CLI with the fields that its own documented examples have; times and names are invented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reconstruct.errors import UsageError
from reconstruct.model import Event
from reconstruct.sources.changes.registry import read_source
from tests.sources.changes.reading import WINDOW, told

ASKED, BEGAN, OVER = "2026-11-17T13:54:40.5+00:00", "2026-11-17T14:55:01+01:00", "2026-11-17T13:56:40Z"
ARN = "arn:aws:ecs:eu-1:123456789012"


def rollout(**more: Any) -> dict[str, Any]:
    return {
        "serviceDeploymentArn": f"{ARN}:service-deployment/prod/shop/ejGvqq2ilnbKT9qj0vLJe",
        "serviceArn": f"{ARN}:service/prod/shop", "clusterArn": f"{ARN}:cluster/prod", "createdAt": ASKED,
        "startedAt": BEGAN, "finishedAt": OVER, "status": "SUCCESSFUL",
        "targetServiceRevision": {"arn": f"{ARN}:service-revision/prod/shop/1485"}, **more,
    }  # fmt: skip


def one(whole: object) -> Event:
    (event,) = told(whole).events
    return event


@pytest.mark.parametrize(
    ("status", "state"),
    [("SUCCESSFUL", "done"), ("PENDING", "requested"), ("ROLLBACK_SUCCESSFUL", "failed"), ("STOPPED", "cancelled")],
)
def test_a_rollout_of_ecs_begins_when_it_is_taken_up(status: str, state: str) -> None:
    event = one({"serviceDeployments": [rollout(status=status)]})
    assert (event.time, event.end) == (pd.Timestamp(BEGAN), pd.Timestamp(OVER))
    assert (event.kind, event.state, event.service.name, event.service.cluster) == ("deploy", state, "shop", "prod")


ANSWERS: dict[tuple[str, str], dict[str, Any]] = {
    ("appconfig", "GetDeployment"): {
        "DeploymentNumber": 1, "ConfigurationName": "limits", "ConfigurationVersion": "3", "State": "ROLLED_BACK",
        "StartedAt": BEGAN, "CompletedAt": OVER,
        "EventLog": [{"EventType": "DEPLOYMENT_STARTED", "OccurredAt": ASKED, "Description": "x"}],
    },
    ("autoscaling", "DescribeInstanceRefreshes"): {
        "InstanceRefreshes": [
            {"InstanceRefreshId": "r", "AutoScalingGroupName": "shop", "Status": "Successful", "StartTime": BEGAN,
             "EndTime": OVER, "PercentageComplete": 100}
        ]
    },
    ("cloudformation", "DescribeStacks"): {
        "Stacks": [
            {"StackName": "shop", "StackStatus": "UPDATE_ROLLBACK_COMPLETE", "Description": "A template.",
             "CreationTime": "2024-01-01T00:00:00Z", "LastUpdatedTime": BEGAN}
        ]
    },
    ("eks", "DescribeUpdate"): {
        "update": {"id": "u", "status": "InProgress", "type": "VersionUpdate", "params": [], "createdAt": BEGAN,
                   "errors": []}
    },
    ("ecs", "DescribeTasks"): {
        "tasks": [
            {"taskArn": f"{ARN}:task/prod/1", "taskDefinitionArn": f"{ARN}:task-definition/shop:7", "version": 2,
             "group": "service:shop", "lastStatus": "RUNNING", "createdAt": ASKED, "startedAt": BEGAN}
        ]
    },
    ("cloudwatch", "DescribeAlarms"): {
        "MetricAlarms": [
            {"AlarmName": "slow", "AlarmArn": "a", "StateValue": "ALARM", "StateReason": "x",
             "StateUpdatedTimestamp": BEGAN, "AlarmConfigurationUpdatedTimestamp": ASKED}
        ]
    },
}  # fmt: skip
READ = {
    "GetDeployment": ("config", "failed", BEGAN, "limits"),
    "DescribeInstanceRefreshes": ("restart", "done", BEGAN, "shop"),
    "DescribeStacks": ("config", "failed", BEGAN, "shop: UPDATE_ROLLBACK_COMPLETE"),
    "DescribeUpdate": ("config", "running", BEGAN, "VersionUpdate"),
    "DescribeTasks": ("note", "done", BEGAN, "service:shop: RUNNING"),
    "DescribeAlarms": ("alert", "done", BEGAN, "slow"),
}


@pytest.mark.parametrize(
    ("whole", "expected"), [(whole, READ[operation]) for (_, operation), whole in ANSWERS.items()], ids=READ
)
def test_what_the_cli_tells_of_a_state_is_read_as_what_it_is(whole: object, expected: tuple[str, ...]) -> None:
    event = one(whole)
    kind, state, began, title = expected
    assert (event.kind, event.state, event.time, event.title) == (kind, state, pd.Timestamp(began), title)
    assert event.version in ("", "3")


@pytest.mark.parametrize(
    "whole",
    [
        {"Summaries": [{"StackName": "shop", "ChangeSetName": "c", "ExecutionStatus": "AVAILABLE",
                        "Status": "CREATE_COMPLETE", "CreationTime": BEGAN}]},
        {"ScheduledUpdateGroupActions": [{"AutoScalingGroupName": "shop", "ScheduledActionName": "night",
                                          "StartTime": BEGAN, "Recurrence": "30 0 * * *", "MinSize": 1}]},
        {"pipelineName": "shop", "pipelineVersion": 1, "stageStates": [], "created": BEGAN, "updated": BEGAN},
        {"MetricAlarms": [{"AlarmName": "slow", "StateValue": "OK", "StateUpdatedTimestamp": BEGAN}]},
    ],
)  # fmt: skip
def test_a_plan_and_what_is_quiet_are_passed_over(whole: object) -> None:
    read = told(whole)
    assert read.events == ()
    assert "passed over" in read.notes[0]


def test_a_call_whose_record_is_text_names_nobody_and_reads_are_passed_over() -> None:
    record = '{"userIdentity":{"userName":"mona"},"eventSource":"ecs.amazonaws.com","awsRegion":"eu-1"}'
    row = {"EventId": "e", "EventName": "UpdateService", "EventTime": BEGAN, "Username": "mona", "Resources": []}
    read = told(
        {"Events": [{**row, "CloudTrailEvent": record}, {**row, "EventName": "ConsoleLogin", "CloudTrailEvent": ""}]}
    )
    assert [event.title for event in read.events] == ["UpdateService"]
    assert "only reads" in read.notes[0]
    assert "mona" not in repr(read)


def file_of(tmp_path: Path, whole: object) -> Path:
    path = tmp_path / "saved.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


def test_samples_are_no_changes(tmp_path: Path) -> None:
    samples = {"Datapoints": [{"Timestamp": BEGAN, "Maximum": 44.8, "Unit": "Percent"}], "Label": "CPUUtilization"}
    with pytest.raises(UsageError, match="nothing that says what happened"):
        read_source(str(file_of(tmp_path, samples)), window=WINDOW)


def test_a_record_that_is_kept_as_json_in_a_cell_names_nobody(tmp_path: Path) -> None:
    row = {"time": BEGAN, "title": "scaled shop", "raw": '{"user": {"name": "Mona Lisa"}, "size": 3}'}
    (event,) = read_source(str(file_of(tmp_path, [row])), window=WINDOW).events
    assert event.labels["raw"] == '{"size": 3}'
    assert "Mona" not in repr(event)
