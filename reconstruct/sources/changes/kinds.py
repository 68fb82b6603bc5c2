"""Other tools' words for what was done and how far it got -> ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from itertools import pairwise
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
    "failed": """failed failure fail fails error errored timedout faulted fault broken unstable rejected denied declined
        startupfailure policysoftfailed terminated false unsuccessful crashed killed fehlgeschlagen abgelehnt
        echoue echec refuse fallido""",
    "cancelled": """cancelled canceled aborted abort skipped stopped notbuilt discarded revoked stale neutral
        withdrawn abandoned dismissed noop expired abgebrochen storniert
        annule cancelado""",
    "draft": "draft",
    "requested": """requested queued pending waiting awaiting scheduled planned approved created new blocked
        neededapproval actionrequired pendingapproval planqueued applyqueued notstarted approval manual held hold
        proposed review upcoming submitted received enqueued preparingtoschedule notdeployed geplant beantragt
        inplanung offen prevu planifie demande enattente planificado""",
    "running": """running inprogress progress started starting deploying executing applying progressing firing open
        triggered acknowledged building preparing paused ongoing implementing updating initializing
        inarbeit inbearbeitung laufend encours enproceso""",
    "done": """done success succeeded successful successfully completed complete deployed finished ok passed pass
        resolved closed inactive superseded applied active published terminal planandapplied released true synced
        healthy ready live merged rolledout rolledback shipped promoted serving provisioned implemented installed
        fixed current fulfilled degraded unhealthy erledigt abgeschlossen erfolgreich umgesetzt
        termine reussi effectue completado terminado""",
}
"""Worst first: where a source tells several, the worst one counts."""
STATES: Final[Mapping[str, EventState]] = {
    word: state for state, words in _STATE_WORDS.items() for word in words.split()
}
"""Words of other tools, letters only -> how far an event got."""
_WORDS_OF_STATE: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_NOT: Final = frozenset({"not", "no", "never", "yet"})
_SUCCESS: Final = frozenset({"successful", "successfully", "succeeded", "succeed", "success", "ok"})
_OF_A_CHANGE: Final = r"(?:deploy(?:ment|ing)?|release|roll[- ]?out|roll[- ]?back|upgrade|migration|restart|apply|sync)"
_NOT_DONE: Final = (
    r"(?:failed|errored|timed out|aborted|cancell?ed|skipped|rejected|queued|scheduled|requested|pending|planned"
    r"|awaiting approval|waiting for approval|started|in progress)"
)
_TITLE_STATE: Final = re.compile(
    rf"(?:[^:–—#]*\b{_OF_A_CHANGE}\b[^:–—#]*[ (\[](?P<last>{_NOT_DONE})[)\].!]*"
    rf"|{_OF_A_CHANGE}[ :-]+(?P<next>{_NOT_DONE})\b.*)$",
    re.IGNORECASE,
)
_EARLY: Final = frozenset({"approved", "created", "new", "started", "open", "triggered", "scheduled", "approval"})
"""What was once so and may be over: counts only where nothing else is told."""

_STARTS: Final[tuple[tuple[re.Pattern[str], EventKind], ...]] = (
    (
        re.compile(r"(?:roll(?:ed|ing|s)?[ -]?back|revert(?:ed|s)?|retour arri[eè]re|zurückgerollt)\b", re.IGNORECASE),
        "rollback",
    ),
    (re.compile(r"(?:deploy(?:ed|ing|ment)?|releas(?:e|ed|ing)|roll(?:ed)?[ -]?out)\b", re.IGNORECASE), "deploy"),
    (re.compile(r"(?:d[eé]ploiement|mise en prod\w*|despliegue)\b", re.IGNORECASE), "deploy"),
    (re.compile(r"(?:feature[ -]?flag|flag)\b", re.IGNORECASE), "flag"),
    (re.compile(r"(?:schema |db )?migrat(?:ion|ed|ing|e)\b", re.IGNORECASE), "migration"),
    (re.compile(r"cron(?:job)?\b", re.IGNORECASE), "job"),
    (re.compile(r"(?:(?:restart|reboot)(?:ed|ing|s)?|neustart|red[eé]marrage|reinicio)\b", re.IGNORECASE), "restart"),
    (re.compile(r"scal(?:e|ed|ing) (?:up|down|out|in)\b", re.IGNORECASE), "scale"),
)
"""How titles begin that tell their kind. Only beginnings: `the latest deploy is a suspect` is talk, not a deploy."""

_PIPELINE_WORDS: Final = re.compile(
    r"^(?:deploy|release|rollback|promote|cd)[-_ :]+"
    r"|[-_ :]+(?:deploy|release|rollback|promote|cd|pipeline)(?:ment|er)?(?:[-_ :]+\w+)?$",
    re.IGNORECASE,
)
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
        kind = known_kind(word) or "note"
        return "rollback" if kind == "deploy" and begins == "rollback" else kind
    return begins or ("deploy" if version else "note")


def known_kind(word: str) -> EventKind | None:
    """Our kind for a tool's word, or for the last word of its name for it; None = none is known.

    >>> known_kind("CUSTOM_DEPLOYMENT"), known_kind("ConfigurationChange"), known_kind("deployment_requested")
    ('deploy', 'config', None)
    """
    if kind := KINDS.get(letters(word)):
        return kind
    parts = _WORDS_OF_STATE.findall(word)
    return KINDS.get(parts[-1].lower()) or KINDS.get(parts[-1].lower().removesuffix("s")) if parts else None


def without_pipeline_words(name: str) -> str:
    """What a pipeline or job is about, by its name without the words for what it does: `shop-deploy` -> `shop`.

    >>> without_pipeline_words("shop-deploy"), without_pipeline_words("Deploy shop"), without_pipeline_words("checkout")
    ('shop', 'shop', 'checkout')
    """
    return _PIPELINE_WORDS.sub("", name)


def kind_of_pipeline(*names: str, otherwise: EventKind) -> EventKind:
    """What a pipeline, job or workflow does, by its names; `otherwise` where they do not tell.

    >>> kind_of_pipeline("shop-deploy", otherwise="job"), kind_of_pipeline("unit tests", otherwise="note")
    ('deploy', 'note')
    """
    return next((kind for pattern, kind in _INSIDE if any(pattern.search(name) for name in names)), otherwise)


def state_of(*words: str) -> EventState | None:
    """How far an event got, by another tool's words for it, of one field or several; None = none of them is known.

    The worst counts, whatever else is complete; what is denied has not begun, and a denied success failed.

    >>> state_of("IN_PROGRESS"), state_of("Canceled"), state_of("Awaiting approval"), state_of("BUILD_FAILED")
    ('running', 'cancelled', 'requested', 'failed')
    >>> state_of("purple"), state_of("not yet deployed"), state_of("Rolled out"), state_of("completed", "failure")
    (None, 'requested', 'done', 'failed')
    """
    told = {word: state for one in words for word, state in _states_in(one).items()}
    decided = {state for word, state in told.items() if word not in _EARLY} or set(told.values())
    return next((state for state in _STATE_WORDS if state in decided), None)


def state_in_title(title: str) -> EventState | None:
    """How far a change got by the last word of its title, or the word behind its kind; None = the title does not tell.

    What follows a colon or a dash is what a commit says, and no state.

    >>> state_in_title("Deployment of shop 2.20.0 failed"), state_in_title("Deploy queued for shop")
    ('failed', 'requested')
    >>> state_in_title("Deploy shop: refund orders that failed"), state_in_title("Deploy shop 2.20.0")
    (None, None)
    """
    match = _TITLE_STATE.match(title.strip())
    return state_of(match["last"] or match["next"]) if match else None


def _states_in(words: str) -> dict[str, EventState]:
    """The words of a text that tell a state, and which."""
    if whole := STATES.get(letters(words)):
        return {letters(words): whole}
    alone = [one.lower() for one in _WORDS_OF_STATE.findall(without_accents(words))]
    if _NOT & set(alone):
        return {words: "failed" if _SUCCESS & set(alone) else "requested"}
    pairs = ["".join(pair) for pair in pairwise(alone)]
    return {word: STATES[word] for word in (*alone, *pairs) if word in STATES}


def letters(word: str) -> str:
    """A word without anything but its letters, in lower case, without accents: `Rolled-Back` -> `rolledback`."""
    return re.sub(r"[^a-z]", "", without_accents(word).lower())


def without_accents(text: str) -> str:
    """A text in plain letters: `échoué` -> `echoue`."""
    if text.isascii():
        return text
    return "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
