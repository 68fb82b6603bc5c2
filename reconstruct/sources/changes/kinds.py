"""Other tools' words for what was done and how far it got -> ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from reconstruct.model import EventKind
from reconstruct.model.kinds import EventState

KINDS: Final[Mapping[str, EventKind]] = {
    **dict.fromkeys(
        ("deploy", "deployment", "deployed", "release", "released", "rollout", "upgrade", "upgraded", "promotion"),
        "deploy",
    ),
    **dict.fromkeys(("rollback", "rolledback", "revert", "reverted", "undo"), "rollback"),
    **dict.fromkeys(("config", "configuration", "configchange", "configmap", "setting", "change"), "config"),
    **dict.fromkeys(("flag", "featureflag", "toggle", "experiment"), "flag"),
    **dict.fromkeys(("migration", "migrate", "schemachange", "ddl"), "migration"),
    **dict.fromkeys(("scale", "scaling", "autoscale", "resize"), "scale"),
    **dict.fromkeys(("restart", "reboot"), "restart"),
    **dict.fromkeys(("job", "cron", "cronjob", "batch", "backup"), "job"),
    **dict.fromkeys(("alert", "alarm", "incident", "page"), "alert"),
    **dict.fromkeys(("note", "comment", "chat", "message", "annotation"), "note"),
}
"""Words of other tools, letters only -> our kinds. Any other word: a note that keeps the word as label `kind`."""

_STATE_WORDS: Final[Mapping[EventState, str]] = {
    "requested": """requested queued pending waiting scheduled planned approved created new blocked neededapproval
        actionrequired pendingapproval planqueued applyqueued notstarted""",
    "running": """running inprogress started deploying executing applying progressing firing open triggered
        acknowledged building preparing paused""",
    "done": """done success succeeded successful completed complete deployed finished ok passed pass resolved closed
        inactive superseded applied active published terminal planandapplied released true synced healthy
        ready""",
    "failed": """failed failure error errored timedout faulted broken unstable rejected startupfailure
        policysoftfailed terminated false unsuccessful""",
    "cancelled": """cancelled canceled aborted abort skipped stopped notbuilt discarded revoked stale neutral
        withdrawn""",
    "draft": "draft",
}
STATES: Final[Mapping[str, EventState]] = {
    word: state for state, words in _STATE_WORDS.items() for word in words.split()
}
"""Words of other tools, letters only -> how far an event got. Any other word is kept as label `state`."""

_STARTS: Final[tuple[tuple[re.Pattern[str], EventKind], ...]] = (
    (re.compile(r"(?:roll(?:ed|ing|s)?[ -]?back|revert(?:ed|s)?)\b", re.IGNORECASE), "rollback"),
    (re.compile(r"(?:deploy(?:ed|ing|ment)?|releas(?:e|ed|ing)|roll(?:ed)?[ -]?out)\b", re.IGNORECASE), "deploy"),
    (re.compile(r"(?:feature[ -]?flag|flag)\b", re.IGNORECASE), "flag"),
    (re.compile(r"(?:schema |db )?migrat(?:ion|ed|ing|e)\b", re.IGNORECASE), "migration"),
    (re.compile(r"cron(?:job)?\b", re.IGNORECASE), "job"),
)
"""How titles begin that tell their kind. Only beginnings: `the latest deploy is a suspect` is talk, not a deploy."""

_INSIDE: Final[tuple[tuple[re.Pattern[str], EventKind], ...]] = (
    (re.compile(r"(?:^|[\W_])(?:roll[\W_]?back|revert|undo)", re.IGNORECASE), "rollback"),
    (re.compile(r"(?:^|[\W_])(?:migrat(?:e|ion))", re.IGNORECASE), "migration"),
    (
        re.compile(r"(?:^|[\W_])(?:deploy|releas|roll[\W_]?out|promot|ship)|(?:^|[\W_])cd(?:$|[\W_])", re.IGNORECASE),
        "deploy",
    ),
    (re.compile(r"(?:^|[\W_])(?:restart|reboot)", re.IGNORECASE), "restart"),
    (re.compile(r"(?:^|[\W_])(?:backup|cron|nightly|batch)", re.IGNORECASE), "job"),
)
"""What the name of a pipeline or job tells anywhere in it: `shop-deploy`, `prod_rollback`."""


def kind_of(word: str, *, title: str = "", version: str = "") -> EventKind:
    """Our kind for another tool's word; without a word, what the title begins with or the version tells.

    A deploy whose title begins with `rollback` or `revert` is a rollback.

    >>> kind_of("Feature Flag"), kind_of("deployment", title="Revert to 1.2"), kind_of("", version="2.0"), kind_of("?")
    ('flag', 'rollback', 'deploy', 'note')
    """
    begins = next((kind for pattern, kind in _STARTS if pattern.match(title)), None)
    if word:
        kind = KINDS.get(letters(word), "note")
        return "rollback" if kind == "deploy" and begins == "rollback" else kind
    return begins or ("deploy" if version else "note")


def kind_of_pipeline(*names: str, otherwise: EventKind) -> EventKind:
    """What a pipeline, job or workflow does, by its names; `otherwise` where they do not tell.

    >>> kind_of_pipeline("shop-deploy", otherwise="job"), kind_of_pipeline("unit tests", otherwise="note")
    ('deploy', 'note')
    """
    return next((kind for pattern, kind in _INSIDE if any(pattern.search(name) for name in names)), otherwise)


def state_of(word: str) -> EventState | None:
    """How far an event got, by another tool's word; None = the word is not known.

    >>> state_of("IN_PROGRESS"), state_of("Canceled"), state_of("purple")
    ('running', 'cancelled', None)
    """
    return STATES.get(letters(word))


def letters(word: str) -> str:
    """A word without anything but its letters, in lower case: `Rolled-Back` -> `rolledback`."""
    return re.sub(r"[^a-z]", "", word.lower())
