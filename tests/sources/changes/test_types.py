"""Recorded and documented payloads have the types that vendors' own clients publish for them, as far as these go.

One run of the TypeScript compiler over every payload as a literal: a field that the type does not have, a word that is
none of its enumeration and a value of another type are errors; fields may be left out. `.ci/servers` fetches the
compiler and the packages.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from reconstruct.sources.changes.payload import at
from tests.servers.programs import program
from tests.sources.changes.test_schemas import SCHEMAS

FOLDERS: Final = tuple(
    Path(__file__).with_name(name) for name in ("payloads", "payloads_documented", "payloads_of_others")
)
_GITHUB: Final = 'import("@octokit/openapi-types").components["schemas"]'
_GITLAB: Final = 'import("@gitbeaker/core")'
_AZURE: Final = 'import("azure-devops-node-api/interfaces'
_DARKLY: Final = 'import("launchdarkly-api-typescript").AuditLogEntryListingRepCollection'
_OCTOPUS: Final = 'import("@octopusdeploy/api-client")'
TYPES: Final = {
    "azdo_builds.json": ("value", f'{_AZURE}/BuildInterfaces").Build[]'),
    "azdo_deployments.json": ("value", f'{_AZURE}/ReleaseInterfaces").Deployment[]'),
    "azdo_pipeline_runs.json": ("value", f'{_AZURE}/PipelinesInterfaces").Run[]'),
    "gcp_audit_run.json": ("", 'import("@googleapis/logging").logging_v2.Schema$LogEntry[]'),
    "gcp_cloud_build.json": ("", 'import("@googleapis/cloudbuild").cloudbuild_v1.Schema$Build[]'),
    "gh_deployments.json": ("", f'{_GITHUB}["deployment"][]'),
    "gh_jobs.json": ("jobs", f'{_GITHUB}["job"][]'),
    "gh_releases.json": ("", f'{_GITHUB}["release"][]'),
    "gh_statuses_list.json": ("", f'{_GITHUB}["deployment-status"][]'),
    "gh_workflow_runs.json": ("workflow_runs", f'{_GITHUB}["workflow-run"][]'),
    "gl_deployments.json": ("", f"{_GITLAB}.DeploymentSchema[]"),
    "gl_jobs.json": ("", f"{_GITLAB}.JobSchema[]"),
    "gl_merge_requests.json": ("", f"{_GITLAB}.MergeRequestSchema[]"),
    "gl_pipelines.json": ("", f"({_GITLAB}.ExpandedPipelineSchema & {{name: string}})[]"),
    "gl_releases.json": ("", f"{_GITLAB}.ReleaseSchema[]"),
    "heroku_releases.json": (
        "",
        '(import("@heroku-cli/schema").Release & {oci_image: null; eligible_for_rollback: boolean})[]',
    ),
    "launchdarkly_auditlog.json": ("", _DARKLY),
    "ld_flag_status.json": ("", _DARKLY),
    "octo_deployments_list.json": (
        "Items",
        f"({_OCTOPUS}.Deployment & {{DeployedBy: string; DeployedById: string; FailureEncountered: boolean}})[]",
    ),
    "octopus_tasks.json": ("Items", f"({_OCTOPUS}.ServerTask & {{SpaceId: string}})[]"),
    "slack_channel.json": ("", 'import("@slack/web-api").ConversationsHistoryResponse'),
}
"""Where the value stands in a file, and its type; what a vendor documents and its type lacks is added to it."""
BROKEN: Final[dict[str, tuple[str, Any]]] = {
    "an unknown field": (f'{_GITHUB}["release"][]', [{"released": "2026-11-17T13:55:30Z"}]),
    "no word of the enumeration": (f'{_GITHUB}["deployment-status"][]', [{"state": "deployed"}]),
    "another type": (f"{_GITLAB}.DeploymentSchema[]", [{"status": "success", "deployable": [7]}]),
}
_HEAD: Final = """\
type Named<T> = { [K in keyof T as string extends K ? never : number extends K ? never : K]: T[K] };
type Fields<T> = string extends keyof T ? (keyof Named<T> extends never ? T : Named<T>) : T;
type Sent<T> = unknown extends T ? any
  : T extends Date ? string
  : T extends number ? number | string
  : T extends string ? (string extends T ? string : `${T}`)
  : T extends boolean | null | undefined ? T
  : T extends readonly (infer I)[] ? Sent<I>[]
  : { [K in keyof Fields<T>]?: Sent<Fields<T>[K]> | null };
"""
"""A client's type as JSON has it: fields may be absent or null, dates are texts, so are enumerations by number."""


def published() -> Path:
    if not (SCHEMAS / "typescript").is_dir():
        pytest.skip("the compiler and the vendors' types are not there: .ci/servers fetches them where npm is")
    return SCHEMAS


def payload_of(name: str, path: str) -> Any:
    file = next(folder / name for folder in FOLDERS if (folder / name).exists())
    whole = json.loads(file.read_text(encoding="utf-8"))
    return at(whole, path) if path else whole


def test_payloads_have_the_types_of_their_vendors_clients(tmp_path: Path) -> None:
    literals = {name: (kind, payload_of(name, path)) for name, (path, kind) in TYPES.items()} | BROKEN
    assert all(value for _, value in literals.values())
    lines = [
        f"export const v{number}: Sent<{kind}> = {json.dumps(value)};"
        for number, (kind, value) in enumerate(literals.values())
    ]
    (tmp_path / "payloads.ts").write_text("\n".join([*_HEAD.splitlines(), *lines]), encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(published())
    options = "--noEmit --strict --skipLibCheck --target es2022 --module nodenext --types node --pretty false"
    compiler = str(published() / "typescript/bin/tsc")
    run = subprocess.run(
        [program("node"), compiler, *options.split(), "--typeRoots", str(SCHEMAS / "@types"), "payloads.ts"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    first = len(_HEAD.splitlines()) + 1
    names = list(literals)
    told = [
        (names[int(match[1]) - first], match[2]) if match else ("", line)
        for line in run.stdout.splitlines()
        if not line.startswith(" ")
        for match in [re.match(r"payloads\.ts\((\d+),\d+\): (.*)", line)]
    ]
    assert not [one for one in told if one[0] not in BROKEN]
    assert {name for name, _ in told} == set(BROKEN)
