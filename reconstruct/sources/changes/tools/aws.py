"""Amazon Web Services: CloudTrail (log files and `lookup-events`), CodeDeploy, ECS; from boto3, the CLI and S3 alike.

CloudTrail tells every call: what only reads is passed over, what was refused is a failed attempt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from typing import Any, Final

import pandas as pd

from reconstruct.errors import SourceError, UsageError
from reconstruct.http import redact
from reconstruct.json_text import read_json
from reconstruct.model import Gap, Service
from reconstruct.model.kinds import EventKind
from reconstruct.sources.changes.payload import (
    Format,
    Item,
    PayloadReading,
    Told,
    at,
    begin,
    each,
    end,
    has,
    items_at,
    labels,
    short_sha,
    text,
)
from reconstruct.sources.changes.record import event
from reconstruct.sources.result import SourceRequest, SourceResult

MAX_EVENTS: Final = 10_000
MAX_DEPLOYMENTS_ASKED: Final = 25
"""The most that BatchGetDeployments takes."""
MAX_SERVICES_ASKED: Final = 10
"""The most that DescribeServices takes."""
LONGEST_DEPLOYMENT: Final = pd.Timedelta(days=1)
"""A deployment that was created before the window may run in it; a guess at how long."""
_READS: Final = re.compile(
    r"(?:Get|List|Describe|Head|Lookup|BatchGet|Search|Query|Scan|Select|AssumeRole|Decrypt|ConsoleLogin|Generate)"
)
_KINDS: Final[tuple[tuple[re.Pattern[str], EventKind], ...]] = (
    (
        re.compile(
            r"(?:Reboot|Restart|Start|Stop|Terminate)(?:Instances|DBInstance|DBCluster|Task|CacheCluster)|FailoverDBCluster"
        ),
        "restart",
    ),
    (
        re.compile(
            r"(?:SetDesiredCapacity|UpdateAutoScalingGroup|PutScalingPolicy|ModifyReplicationGroupShard\w*|RegisterScalableTarget|UpdateNodegroupConfig)"
        ),
        "scale",
    ),
    (
        re.compile(
            r"(?:CreateDeployment|UpdateService|UpdateFunctionCode|UpdateStack|ExecuteChangeSet|CreateStack|StartDeployment|PublishVersion|UpdateAlias|StartPipelineExecution|CreateRelease|RunTask|StartJobRun|UpdateEnvironment)"
        ),
        "deploy",
    ),
)
_NAMES: Final = (
    *("service", "serviceName", "functionName", "applicationName", "stackName", "dBInstanceIdentifier"),
    *("dBClusterIdentifier", "autoScalingGroupName", "environmentName", "cacheClusterId", "replicationGroupId"),
    *("loadBalancerName", "tableName", "queueName", "bucketName", "clusterName", "cluster", "name"),
)
"""Where CloudTrail's parameters name the thing that was changed, most telling first."""


def fetch_trail(ask: SourceRequest) -> SourceResult:
    """What CloudTrail tells of the window in the region `ask.argument`; needs boto3 and `cloudtrail:LookupEvents`.

    Credentials are boto3's own: environment, profile, role.

    Raises
    ------
    UsageError
        If boto3 is not installed, or there are no credentials.
    SourceError
        If AWS does not answer or refuses.
    """
    found: list[Item] = []
    with aws_client("cloudtrail", ask, region=ask.argument, right="cloudtrail:LookupEvents") as (client, plain):
        asked = client.get_paginator("lookup_events").paginate(
            LookupAttributes=[{"AttributeKey": "ReadOnly", "AttributeValue": "false"}],
            StartTime=ask.window.baseline_start.to_pydatetime(),
            EndTime=ask.window.end.to_pydatetime(),
            PaginationConfig={"MaxItems": MAX_EVENTS},
        )
        for page in asked:
            found += [plain(one) for one in page.get("Events", ())]
    source = f"aws:{ask.argument}"
    gaps: tuple[Gap, ...] = ()
    if len(found) >= MAX_EVENTS:
        cause = f"only the newest {MAX_EVENTS:,} were read"
        gaps = (Gap("", source, "older calls", cause, ask.window.start, ask.window.end),)
    return SourceResult(gaps=gaps) + LOOKUP.parse(found, PayloadReading(source, ask))


@contextmanager
def aws_client(
    service: str, ask: SourceRequest, *, region: str, right: str
) -> Iterator[tuple[Any, Callable[[Any], Any]]]:
    """A client of boto3 for one service, and what makes plain JSON of its answers, without our credentials.

    What it raises becomes an error of ours that names the least `right`.

    Raises
    ------
    UsageError
        If boto3 is not installed, or there are no credentials.
    SourceError
        If AWS does not answer or refuses.
    """
    try:
        boto3: Any = import_module("boto3")
        client_settings: Any = import_module("botocore.config").Config
        botocore_errors: Any = import_module("botocore.exceptions")
    except ImportError as error:
        raise UsageError("the sources of AWS need boto3", hint="pip install 'reconstruct[aws]'") from error
    settings = client_settings(connect_timeout=10, read_timeout=20, retries={"max_attempts": 3, "mode": "standard"})
    session = boto3.Session(region_name=region)
    secrets: tuple[str, ...] = ()
    try:
        if (credentials := session.get_credentials()) is not None:
            frozen = credentials.get_frozen_credentials()
            secrets = tuple(filter(None, (frozen.secret_key, frozen.token)))
        client = session.client(service, endpoint_url=ask.options.get("url") or None, config=settings)
        yield client, lambda answer: _plain(answer, secrets)
    except botocore_errors.NoCredentialsError as error:
        raise UsageError("no credentials for AWS", hint="set AWS_PROFILE, or what boto3 looks for") from error
    except (botocore_errors.BotoCoreError, botocore_errors.ClientError) as error:
        said = redact(str(_plain(str(error), secrets)))[:300]
        raise SourceError(f"{service} in {region}: {said}", hint=f"it needs {right}") from None


def fetch_code_deploy(ask: SourceRequest) -> SourceResult:
    """CodeDeploy's deployments of the window in the region `ask.argument`. Credentials are boto3's own."""
    source, found = f"codedeploy:{ask.argument}", []
    right = "codedeploy:ListDeployments, codedeploy:BatchGetDeployments"
    with aws_client("codedeploy", ask, region=ask.argument, right=right) as (client, plain):
        created = {
            "start": (ask.window.baseline_start - LONGEST_DEPLOYMENT).to_pydatetime(),
            "end": ask.window.end.to_pydatetime(),
        }
        numbers: list[str] = []
        asked = client.get_paginator("list_deployments").paginate(
            createTimeRange=created, PaginationConfig={"MaxItems": MAX_EVENTS}
        )
        for page in asked:
            numbers += page.get("deployments", ())
        for place in range(0, len(numbers), MAX_DEPLOYMENTS_ASKED):
            batch = client.batch_get_deployments(deploymentIds=numbers[place : place + MAX_DEPLOYMENTS_ASKED])
            found += [plain(one) for one in batch.get("deploymentsInfo", ())]
    gaps: tuple[Gap, ...] = ()
    if len(numbers) >= MAX_EVENTS:
        cause = f"only {MAX_EVENTS:,} were read"
        gaps = (Gap("", source, "more deployments", cause, ask.window.baseline_start, ask.window.end),)
    return SourceResult(gaps=gaps) + CODE_DEPLOY.parse(found, PayloadReading(source, ask))


def fetch_services(ask: SourceRequest) -> SourceResult:
    """What the services of the ECS cluster `ask.argument` (`REGION/CLUSTER`) tell: deployments, their last 100 events.

    Raises
    ------
    UsageError
        If the argument is not a region and a cluster.
    """
    region, _, cluster = ask.argument.partition("/")
    if not region or not cluster:
        raise UsageError(f"{ask.argument!r} names no cluster", hint="write ecs:REGION/CLUSTER")
    source, found = f"ecs:{ask.argument}", []
    with aws_client("ecs", ask, region=region, right="ecs:ListServices, ecs:DescribeServices") as (client, plain):
        names: list[str] = []
        for page in client.get_paginator("list_services").paginate(cluster=cluster):
            names += page.get("serviceArns", ())
        for place in range(0, len(names), MAX_SERVICES_ASKED):
            told = client.describe_services(cluster=cluster, services=names[place : place + MAX_SERVICES_ASKED])
            found += [plain(one) for one in told.get("services", ())]
    return ECS.parse(found, PayloadReading(source, ask)).within(ask)


def _plain(value: Any, secrets: Sequence[str]) -> Any:
    """What boto3 gave with its times as text, as the CLI prints them, and without our own credentials."""
    if isinstance(value, dict):
        return {name: _plain(inner, secrets) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, secrets) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "REDACTED")
    return value


def _record(item: Item, reading: PayloadReading) -> Iterator[Told]:
    name = text(item, "eventName")
    if at(item, "readOnly") is True or _READS.match(name):
        yield f"{reading.source}: a call that only reads is passed over"
        return
    parameters = at(item, "requestParameters")
    thing = text(parameters, *_NAMES) if isinstance(parameters, Mapping) else ""
    thing = thing or text(item, "resources.0.ARN").rpartition("/")[2]
    yield from _call(
        item, reading, name=name, thing=thing.rpartition("/")[2] if thing.startswith("arn:") else thing,
        time="eventTime", number=text(item, "eventID"), parameters=parameters, service=text(item, "eventSource"),
        failed=text(item, "errorCode"), region=text(item, "awsRegion"),
    )  # fmt: skip


def _lookup(item: Item, reading: PayloadReading) -> Iterator[Told]:
    """An entry of `lookup-events`: the record itself is in it as text."""
    try:
        whole = read_json(text(item, "CloudTrailEvent") or "{}")
    except ValueError:
        whole = {}
    name = text(item, "EventName")
    if text(item, "ReadOnly") == "true" or _READS.match(name):
        yield f"{reading.source}: a call that only reads is passed over"
        return
    parameters = at(whole, "requestParameters")
    resources = [text(one, "ResourceName") for one in items_at(item, "Resources")]
    thing = (text(parameters, *_NAMES) if isinstance(parameters, Mapping) else "") or next(filter(None, resources), "")
    yield from _call(
        item, reading, name=name, thing=thing.rpartition("/")[2], time="EventTime", number=text(item, "EventId"),
        parameters=parameters, service=text(item, "EventSource") or text(whole, "eventSource"),
        failed=text(whole, "errorCode"), region=text(whole, "awsRegion"),
    )  # fmt: skip


def _call(
    item: Item, reading: PayloadReading, *, name: str, thing: str, time: str, number: str, parameters: object,
    service: str, failed: str, region: str,
) -> Iterator[Told]:  # fmt: skip
    kind = next((kind for pattern, kind in _KINDS if pattern.match(name)), "config")
    resized = name == "UpdateService" and text(parameters, "desiredCount") and not text(parameters, "taskDefinition")
    if resized and at(parameters, "forceNewDeployment") is not True:
        kind = "scale"
    task = text(parameters, "taskDefinition").rpartition("/")[2]
    yield event(
        time=begin(item, time),
        kind=kind,
        service=Service(thing or reading.service),
        title=f"{name} {thing}".strip() + (f" {task}" if task else "") + (f": {failed}" if failed else ""),
        source=reading.source,
        source_id=number,
        version=task.rpartition(":")[2] if task and kind == "deploy" else "",
        labels=labels(api=service, region=region, error=failed),
        state="failed" if failed else "done",
    )


def _code_deploy(item: Item, reading: PayloadReading) -> Iterator[Told]:
    status = text(item, "status")
    revision = text(item, "revision.gitHubLocation.commitId", "revision.s3Location.version", "revision.s3Location.key")
    service = text(item, "applicationName")
    automatic = "Rollback" in text(item, "creator")
    yield event(
        time=begin(item, "startTime", "createTime"),
        end=end(item, "completeTime"),
        kind="rollback" if automatic else "deploy",
        service=Service(service),
        title=f"{service} {short_sha(revision)}: {text(item, 'description')}".rstrip(": "),
        source=reading.source,
        source_id=text(item, "deploymentId"),
        version=revision[:12] if re.fullmatch(r"[0-9a-f]{40}", revision) else revision,
        labels=labels(group=text(item, "deploymentGroupName"), error=text(item, "errorInformation.message")),
        state={"Baking": "running", "Ready": "running", "Stopped": "cancelled"}.get(status, status),
        environment=text(item, "deploymentGroupName"),
    )


def _ecs(item: Item, reading: PayloadReading) -> Iterator[Told]:
    service = Service(text(item, "serviceName"), "", text(item, "clusterArn").rpartition("/")[2])
    for one in items_at(item, "deployments"):
        rollout = text(one, "rolloutState")
        task = text(one, "taskDefinition").rpartition("/")[2]
        yield event(
            time=begin(one, "createdAt"),
            end=end(one, "updatedAt") if rollout in ("COMPLETED", "FAILED") else None,
            kind="deploy",
            service=service,
            title=f"{service.name} {task}",
            source=reading.source,
            source_id=text(one, "id"),
            version=task.rpartition(":")[2],
            labels=labels(task=task, reason=text(one, "rolloutStateReason")),
            state=rollout,
        )
    for one in items_at(item, "events"):
        yield event(
            time=begin(one, "createdAt"),
            kind="note",
            service=service,
            title=text(one, "message"),
            source=reading.source,
            source_id=text(one, "id"),
        )


LOOKUP: Final = Format(
    "CloudTrail look-ups",
    lambda item: has(item, "EventName", "EventTime") and (has(item, "EventSource") or has(item, "CloudTrailEvent")),
    each(_lookup),
)
RECORDS: Final = Format(
    "CloudTrail records", lambda item: has(item, "eventName", "eventTime", "eventSource"), each(_record)
)
CODE_DEPLOY: Final = Format(
    "CodeDeploy deployments", lambda item: has(item, "deploymentId", "applicationName", "status"), each(_code_deploy)
)
ECS: Final = Format("ECS services", lambda item: has(item, "serviceName", "deployments"), each(_ecs))
FORMATS: Final = (RECORDS, LOOKUP, CODE_DEPLOY, ECS)
