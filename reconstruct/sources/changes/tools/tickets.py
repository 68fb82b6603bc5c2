"""What people write down of changes: merges, pushes, tickets, change requests, audit logs of flags, migrations.

A merge or a ticket is no deploy: a note. A change request is asked for until it tells when the work began.
"""

from __future__ import annotations

from typing import Final

from reconstruct.model.kinds import EventKind
from reconstruct.sources.changes.described import Described
from reconstruct.sources.changes.kinds import kind_of
from reconstruct.sources.changes.payload import Item, has, text

_SERVICE_NOW: Final = {
    **dict.fromkeys(("-5", "-4", "-3", "-2", "New", "Assess", "Authorize", "Scheduled"), "requested"),
    **dict.fromkeys(("-1", "Implement"), "running"),
    **dict.fromkeys(("0", "3", "Review", "Closed"), "done"),
    **dict.fromkeys(("4", "Canceled"), "cancelled"),
}
"""The states of a change request as ServiceNow numbers them, and calls them where display values are asked for."""


def _request_kind(item: Item) -> EventKind:
    kind = kind_of("", title=text(item, "short_description", "short_description.display_value"))
    return "config" if kind == "note" else kind


def _unmerged(*paths: str) -> str:
    return "a merge request that is not merged" if not any(paths) else ""


_DESCRIBED: Final = (
    Described(
        name="pull requests of GitHub", has=("number", "title", "mergedAt"), time=("mergedAt",), kind="note",
        title=("number", "title"), version=("mergeCommit.oid",), id=("number",), url=("url",),
        passed=lambda item: _unmerged(text(item, "mergedAt")),
    ),
    Described(
        name="pull requests of GitHub", has=("number", "title", "merged_at", "base.ref"), time=("merged_at",),
        kind="note", service=("base.repo.name",), title=("number", "title"), version=("merge_commit_sha",),
        id=("number",), url=("html_url",), passed=lambda item: _unmerged(text(item, "merged_at")),
    ),
    Described(
        name="merge requests of GitLab", has=("iid", "merged_at", "target_branch"), time=("merged_at",), kind="note",
        title=("references.full", "title"), version=("merge_commit_sha",), id=("iid",), url=("web_url",),
        passed=lambda item: _unmerged(text(item, "merged_at")),
    ),
    Described(
        name="change requests of ServiceNow", has=("number", "short_description", "work_start"),
        time=("work_start", "start_date", "sys_created_on"), end=("work_end",), kind=_request_kind,
        service=("cmdb_ci.display_value", "cmdb_ci"), title=("number", "short_description"), state=("state",),
        states=_SERVICE_NOW, id=("number",),
    ),
    Described(
        name="issues of Jira", has=("key", "fields.summary", "fields.status"),
        time=("fields.resolutiondate", "fields.created"), kind="note", service=("fields.components.0.name",),
        title=("key", "fields.summary"), id=("key",), labels={"state": ("fields.status.name",)},
    ),
    Described(
        name="requests of Jira Service Management", has=("issueKey", "currentStatus.status", "createdDate.iso8601"),
        time=("createdDate.iso8601",), kind=lambda item: kind_of("", title=text(item, "summary")),
        title=("issueKey", "summary"), state=("currentStatus.status",), id=("issueKey",),
    ),
    Described(
        name="webhooks of Jira", has=("webhookEvent", "timestamp", "issue.key"), time=("timestamp",), kind="note",
        title=("issue.key", "issue.fields.summary"), id=("issue.key",),
        labels={"state": ("issue.fields.status.name",)},
    ),
    Described(
        name="issues of Linear", has=("identifier", "title", "createdAt", "state.type"),
        time=("completedAt", "createdAt"), kind="note", title=("identifier", "title"), id=("identifier",),
    ),
    Described(
        name="the audit log of Flagsmith", has=("log", "created_date", "related_object_type"), time=("created_date",),
        kind="flag", title=("log",), environment=("environment.name",),
        passed=lambda item: "" if text(item, "related_object_type").startswith("FEATURE") else "an entry of no flag",
    ),
    Described(
        name="the audit log of ConfigCat", has=("auditLogDateTime", "auditLogType"), time=("auditLogDateTime",),
        kind="flag", title=("actionTarget", "details", "auditLogType"), id=("auditLogId",), environment=("where",),
    ),
    Described(
        name="changes of Split", has=("changeNumber", "environmentName", "name"), time=("time", "changeNumber"),
        kind="flag", title=("name", "title"), environment=("environmentName",), id=("changeNumber",), url=("link",),
    ),
    Described(
        name="migrations of Flyway", has=("installedOnUTC", "version", "state", "description"),
        time=("installedOnUTC",), kind="migration", title=("version", "description"), version=("version",),
        state=("state",), id=("version",),
        passed=lambda item: "" if text(item, "installedOnUTC") else "a migration that has not run",
    ),
    Described(
        name="messages of Teams", has=("messageType", "createdDateTime", "body.content"), time=("createdDateTime",),
        kind="note", title=("subject", "body.content"),
        passed=lambda item: "" if text(item, "messageType") == "message" else "a message of the system",
    ),
    Described(
        name="messages of Discord", has=("timestamp", "content", "author", "isPinned"), time=("timestamp",),
        kind="note", title=("content",),
        passed=lambda item: "" if has(item, "content") and text(item, "content") else "a message without words",
    ),
)  # fmt: skip
FORMATS: Final = tuple(one.format() for one in _DESCRIBED)
