"""The columns of a record: which holds what an event knows, by their names in any case, and the zone that they tell."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from reconstruct.sources.changes.environments import is_production
from reconstruct.sources.changes.zone_columns import without_zone

_BEGAN: Final = (
    *("time", "timestamp", "at", "actual_start", "actual_start_date", "work_start", "deployed_at", "released_at"),
    *("published_at", "merged_at", "started_at", "start_time", "start_ts", "start_time_millis", "started_on"),
    *("date_started", "started", "deploy_start_time", "deployment_start_time", "began_at", "start_timestamp"),
    *("executed_at", "date_executed", "executed_on", "installed_on", "installed_on_utc", "installed_at", "applied_at"),
    *("applied_on", "activated_at", "changed_at", "change_time", "occurred_at", "occurred", "happened_at", "fired_at"),
    *("fired_date_time", "triggered_at", "starts_at", "event_time", "event_date", "event_timestamp", "event_date_time"),
    *("datetime", "date_time", "when", "start", "begin", "ts", "@timestamp", "_time", "timestamp_ms", "time_stamp"),
    *("release_time", "heure", "horodatage", "hora"),
    *("log_time", "audit_log_date_time", "clock", "deployed_on", "deploy_time", "deployment_time", "deploy_date"),
    *("execution_start_time", "deployment_date", "released_on", "last_deployed", "zeitpunkt", "zeitstempel"),
    *("uhrzeit", "zeit"),
)
_ASKED: Final = (
    *("created_at", "created", "created_on", "created_date", "date_created", "created_time", "creation_time"),
    *("create_time", "created_date_time", "creation_date", "creation_timestamp", "submit_time", "submitted_at", "date"),
    *("datum", "erstellt"),
)
"""When something was written down: its time where nothing tells when it began."""
_PLANNED: Final = (
    *("planned_start", "planned_start_date", "planned_start_time", "planned_at", "planned_for", "scheduled_start"),
    *("scheduled_start_date", "scheduled_start_time", "scheduled_for", "scheduled_at"),
)
"""When something was to begin: its time where nothing tells that it did, and then it is asked for."""

PLANNED_ENDS: Final = ("planned_end", "planned_end_date", "planned_end_time", "scheduled_end", "scheduled_until")
"""When something was to be over: the end of what was to begin, never of what did."""

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "time": (*_BEGAN, *_ASKED, *_PLANNED),
    "end": (
        *("end", "actual_end", "actual_end_date", "work_end", "ended_at", "finished_at", "completed_at", "time_end"),
        *("end_time", "end_ts", "end_time_millis", "finish_time", "completed_on", "finished_on", "until", "finished"),
        *("finish", "stopped_at", "date_finished", "date_ended", "completed", "completed_time", "completion_time"),
        *("deploy_end_time", "finished_date", "completed_date", "end_date_time", "ended", "ends_at", "resolved_at"),
        *("resolved_on", "end_timestamp", "execution_end_time"),
        *PLANNED_ENDS,
    ),
    "id": ("id",),
    "kind": ("kind", "type", "event_type"),
    "service": (
        *("service", "service_name", "app", "app_name", "application", "application_name", "component"),
        *("microservice", "workload", "project", "repository", "repo", "project_name", "repository_name", "repo_name"),
        *("function_name", "stack_name", "system", "entity", "configuration_item", "cmdb_ci", "certname", "monitor"),
        *("services", "affected_services", "resource_name"),
    ),
    "namespace": ("namespace",),
    "cluster": ("cluster",),
    "title": (
        *("title", "summary", "message", "text", "description", "short_description", "event", "what", "subject"),
        *("event_name", "display_name", "name", "change", "action", "details", "note", "comment", "content", "log"),
        *("@message", "_raw", "operation_name", "job_name", "job", "pipeline_name", "alert", "alertname", "alert_name"),
        *("rule", "änderung", "beschreibung", "titel"),
    ),
    "version": (
        *(
            "version",
            "new_version",
            "to_version",
            "app_version",
            "service_version",
            "tag",
            "image_tag",
            "release",
            "build",
            "revision",
        ),
        *("commit", "sha"),
    ),
    "previous": ("previous", "previous_version", "old_version", "from_version"),
    "url": ("url", "link", "html_url"),
    "source": ("source",),
    "flag": ("flag", "flag_key", "feature_flag", "feature_key", "feature_name", "feature", "toggle"),
    "state": (
        *("state", "status", "result", "outcome", "conclusion", "phase", "deployment_status", "deploy_status"),
        *("rollout_state", "build_state", "provisioning_state", "execution_status", "run_status", "status_code"),
        *("approval_state", "success", "successful", "succeeded", "passed", "ok", "exit_code", "exit_status"),
        *("statut", "error_code"),
    ),
    "environment": (
        *("environment", "env", "stage", "environment_name", "env_name", "deploy_to", "deploy_env", "target_env"),
        *("target_environment", "deployment_environment", "umgebung", "environments", "envs"),
        *("environnement", "release_stage"),
    ),
    "production": ("production",),
}
"""What an event knows, and the columns it is read from: the first that holds something. The rest become labels."""


@lru_cache(maxsize=4096)
def _squeezed(name: str) -> str:
    return name.replace("_", "").replace(".", "")


_SQUEEZED: Final = {field: tuple(dict.fromkeys(map(_squeezed, names))) for field, names in FIELDS.items()}
"""FIELDS as camel case leaves them: `deployed_at`, `deployedAt` and `deployed.at` are one."""
_SQUEEZED_BEGAN: Final = frozenset(map(_squeezed, _BEGAN))
_SQUEEZED_ASKED: Final = frozenset(map(_squeezed, _ASKED))
_SQUEEZED_PLANNED: Final = frozenset(map(_squeezed, _PLANNED))
_SQUEEZED_PLANNED_ENDS: Final = frozenset(map(_squeezed, PLANNED_ENDS))
_REPOSITORIES: Final = frozenset({"repository", "repo", "repositoryname", "reponame"})

APART: Final = "\x1f"
"""Between the words of several fields."""
_NOT_YET: Final = ("0001-01-01", "0000-00-00", "1970-01-01T00:00:00")
"""What stands for "not yet": Go's zero time, databases', and the epoch."""
_NO_TIME: Final = frozenset({"-1", "0", "-", "n/a", "none", "null", "never"})
_SHORT_NUMBER: Final = re.compile(r"\d{1,4}(?:\.\d+)?")
"""A duration or a count, no time, whatever its column is called."""
_NO_ERROR: Final = frozenset({"", "0", "-", "ok", "none", "null", "n/a", "false"})
PLACES: Final = ("where", "target", "context", "location", "tier", "stage_name")
"""Columns that tell an environment only where their text is one's name."""
_NO: Final = frozenset({"false", "no"})
_NOT_BEGUN: Final = frozenset({"applied", "approved", "deployed", "executed", "started", "released"})
_NOT_OVER: Final = frozenset({"completed", "finished", "done"})
"""No in these: it was asked for, or is under way, where no state says more."""
DRAFTS: Final = frozenset(
    {"draft", "isdraft", "dryrun", "planonly", "noop", "checkmode", "speculative", "whatif", "whyrun"}
)
"""Yes in these: it was only tried out on paper."""
_MODES: Final = ("mode", "run_mode", "run_type", "job_type", "command", "operation", "action")
_ON_PAPER: Final = frozenset({*DRAFTS, "plan", "check", "simulation", "simulate"})
"""What a column of modes says of a run that changed nothing."""
ELSEWHERE: Final = frozenset({"preview", "ispreview", "transient", "transientenvironment", "ephemeral", "sandbox"})
"""Yes in these: it was not where users are."""
PRODUCTION: Final = frozenset({"production", "isproduction", "productionenvironment"})
_NAMES: Final = (
    *("name", "display_name", "displayname", "display_value", "slug", "key", "title", "value"),
    *("date", "datetime", "time"),
)
"""Where a nested object tells what it is called."""


def taken_columns(told: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, str]:
    """Which column holds each field: as the configuration says, else as the names say.

    >>> taken_columns({"deployed_at": "13:45", "what": "x"}, {}), taken_columns({"x": "13:45"}, {"time": "X"})
    ({'time': 'deployed_at', 'title': 'what'}, {'time': 'x'})
    """
    mapped = {field: column_name(name) for field, name in columns.items() if told.get(column_name(name))}
    free = {name: text for name, text in told.items() if name not in mapped.values()}
    found = {field: name for field in FIELDS if field not in columns and (name := column_of(field, free))}
    if _squeezed(found.get("end", "")) in _SQUEEZED_PLANNED_ENDS and not is_planned(found):
        del found["end"]
    return {**found, **mapped}


def service_told(column: str, told: str) -> str:
    """A service as its column tells it; of a repository's path or address the last part.

    >>> service_told("repository", "git@git.example:acme/shop.git"), service_told("service", "a/b")
    ('shop', 'a/b')
    """
    if _squeezed(column) not in _REPOSITORIES:
        return told
    return told.rstrip("/").removesuffix(".git").rpartition("/")[2]


def column_name(name: object) -> str:
    """A column's name in lower case with underscores, without the zone in it: `Created At (UTC) ` -> `created_at`."""
    return re.sub(r"[\s-]+", "_", without_zone(cell_text(name)).strip().lower())


def column_of(field: str, columns: Mapping[str, str]) -> str | None:
    """Which of `columns` holds `field`, in the order of FIELDS; `deployedAt` is `deployed_at`.

    >>> column_of("time", {"deployedat": "13:45", "title": "x"})
    'deployedat'
    """
    return next(iter(columns_of(field, columns)), None)


def columns_of(field: str, columns: Mapping[str, str]) -> list[str]:
    """Every one of `columns` that may hold `field`, the likeliest first; a short number is no time."""
    held = {_squeezed(name): name for name, value in columns.items() if value}
    found = [held[name] for name in _SQUEEZED[field] if name in held]
    return [name for name in found if field not in ("time", "end") or not _is_no_time(columns[name])]


def plain_cells(cells: Mapping[str, object]) -> dict[str, str]:
    """Cells that a field may be read from: of an object its name, of a list with one item that; nothing else nested.

    >>> plain_cells({"app": {"id": 7, "name": "shop"}, "tags": ["a", "b"], "status": {"result": {"name": "FAILED"}}})
    {'app': 'shop', 'status': 'FAILED'}
    """
    found = {name: _plain(name, value) for name, value in cells.items()}
    return {name: text for name, text in found.items() if text}


def _plain(name: str, value: object) -> str:
    state = _squeezed(name) in _SQUEEZED["state"]
    if isinstance(value, bool):
        return str(value).lower() if state or name == "production" else ""
    if _squeezed(name) in ("exitcode", "exitstatus") and cell_text(value).isdecimal():
        return "success" if cell_text(value).strip("0") == "" else "failure"
    if _squeezed(name) == "errorcode":
        return "" if cell_text(value).lower() in _NO_ERROR else "failure"
    if _squeezed(name) in ("environments", "envs"):
        several = value if isinstance(value, list) else re.split(r"\s*[,;]\s*", cell_text(value))
        places = [_plain("environment", one) for one in several]
        return next(filter(is_production, places), places[0] if places else "")
    if isinstance(value, list):
        return _plain(name, value[0]) if len(value) == 1 else ""
    if isinstance(value, Mapping) and "$date" in value:  # MongoDB's extended JSON
        when = value["$date"]
        return cell_text(when.get("$numberLong") if isinstance(when, Mapping) else when)
    if not isinstance(value, Mapping):
        return cell_text(value)
    if state:
        return APART.join(filter(None, (_plain("state", inner) for key, inner in value.items() if _tells_state(key))))
    named = {str(key).lower(): inner for key, inner in value.items()}
    if isinstance(named.get("datetime"), str):  # calendars: {"dateTime": ..., "timeZone": ...}
        zone, clock = named.get("timezone"), named["datetime"]
        own = re.search(r"(?:[Zz]|[+-]\d\d:?\d\d)$", clock)
        return f"{clock} {zone}" if isinstance(zone, str) and not own else clock
    return next((cell_text(named[key]) for key in _NAMES if isinstance(named.get(key), (str, int))), "")


_STATE_NAMES: Final = frozenset({"name", "code", "value", "category", "label"})


def flags(record: Mapping[str, object]) -> frozenset[str]:
    """The names of a record's fields that say yes, without signs, and of the objects in it.

    >>> sorted(flags({"dryRun": True, "environment": {"name": "eu-1", "production": True}, "x": "true", "y": "no"}))
    ['dryrun', 'production', 'x']
    """
    found: set[str] = set()
    for name, value in record.items():
        if isinstance(value, Mapping):
            found |= flags(value)
        elif value is True or (isinstance(value, str) and value.strip().lower() in ("true", "yes")):
            found.add(_squeezed(column_name(name)))
    return frozenset(found)


def on_paper(told: Mapping[str, str]) -> bool:
    """Whether a column for the mode says that a run changed nothing.

    >>> on_paper({"mode": "dry-run"}), on_paper({"command": "apply"}), on_paper({"title": "plan"})
    (True, False, False)
    """
    return any(re.sub(r"[^a-z]", "", told.get(name, "").lower()) in _ON_PAPER for name in _MODES)


def _tells_state(key: str) -> bool:
    return key in _STATE_NAMES or _squeezed(column_name(key)) in _SQUEEZED["state"]


def cell_text(value: object) -> str:
    """A cell as text; numbers as written, nested values as JSON, half-characters (lone surrogates) replaced."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():  # a whole number too long for JSON readers to keep as one
        value = int(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text.strip().encode("utf-8", "replace").decode("utf-8")


def _is_no_time(text: str) -> bool:
    return text.startswith(_NOT_YET) or text.lower() in _NO_TIME or bool(_SHORT_NUMBER.fullmatch(text))


def is_planned(taken: Mapping[str, str]) -> bool:
    """Whether the only time that is told is a planned one."""
    return _squeezed(taken.get("time", "")) in _SQUEEZED_PLANNED


def unbegun(cells: Mapping[str, object], taken: Mapping[str, str]) -> str:
    """How far a row got that says no to it, or tells the time of asking and an empty beginning; "" = not so.

    >>> unbegun({"time": "13:45", "applied": False}, {"time": "time"}), unbegun({"completed": "no"}, {"time": "at"})
    ('requested', 'running')
    """
    denied = {_squeezed(column_name(name)) for name, value in cells.items() if cell_text(value).lower() in _NO}
    if denied & _NOT_BEGUN:
        return "requested"
    if denied & _NOT_OVER:
        return "running"
    if _squeezed(taken.get("time", "")) not in _SQUEEZED_ASKED:
        return ""
    empty = {_squeezed(name) for name, value in cells.items() if value in (None, "") or _is_no_time(cell_text(value))}
    return "requested" if empty & _SQUEEZED_BEGAN else ""
