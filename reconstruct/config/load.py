"""reconstruct.yaml -> Config."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from reconstruct.config.document import (
    Marked,
    entries,
    fields,
    flag,
    integer,
    items,
    number,
    one_of,
    parse_marked,
    read_text,
    text,
)
from reconstruct.config.settings import (
    DELIVER_KINDS,
    OTHER,
    PRODUCTION,
    Config,
    Connection,
    DeliverKind,
    EventSource,
    Grafana,
    Report,
    Target,
)
from reconstruct.config.times import parse_duration_s
from reconstruct.config.zones import parse_zone
from reconstruct.errors import UsageError
from reconstruct.model import Objective
from reconstruct.model.limits import Limits

FILE_NAME: Final = "reconstruct.yaml"
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET_OPTIONS: Final = frozenset({"token", "password", "app_key"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a configuration stands: relative paths start at its folder, secrets come from the environment."""

    folder: Path
    env: Mapping[str, str]

    def path(self, value: Marked) -> Path:
        """A path; a relative one starts at the file's folder."""
        return self.folder / Path(_text(value)).expanduser()

    def secret(self, value: Marked) -> str:
        """A text with at least one `${NAME}`, replaced from the environment."""
        said = text(value)
        if not _VARIABLE.search(said):
            raise value.wrong(
                "this is a secret, and this file is no place for one",
                hint=f"write {value.key}: ${{NAME}} and set NAME in the environment",
            )

        def from_env(match: re.Match[str]) -> str:
            found = self.env.get(match[1], "")
            if not found:
                raise value.wrong(f"${{{match[1]}}} is not set", hint=f"export {match[1]}=...")
            return found

        return _VARIABLE.sub(from_env, said)


_Read = Callable[[Surroundings, Marked], Any]


def _plain(read: Callable[[Marked], Any]) -> _Read:
    """A reader that needs nothing of the surroundings."""
    return lambda _, value: read(value)


def _text(value: Marked) -> str:
    """A text that is written out: only secrets come from the environment."""
    said = text(value)
    if _VARIABLE.search(said):
        raise value.wrong(
            "this cannot come from the environment", hint="${NAME} works for secrets only; write the value"
        )
    return said


def _texts(value: Marked) -> tuple[str, ...]:
    return (_text(value),) if value.is_text else tuple(_text(item) for item in items(value))


def _url(around: Surroundings, value: Marked) -> str:
    """An address; one with a password in it is a secret."""
    said = text(value)
    with_password = "${" in said or re.search(r"^[^/]*(?://)?[^/@]*:[^/@]*@", said)
    return around.secret(value) if with_password else said


def _secret(around: Surroundings, value: Marked) -> str:
    return around.secret(value)


def _path(around: Surroundings, value: Marked) -> Path:
    return around.path(value)


def _path_text(around: Surroundings, value: Marked) -> str:
    return str(around.path(value))


def _paths(around: Surroundings, value: Marked) -> tuple[Path, ...]:
    return (around.path(value),) if value.is_text else tuple(around.path(item) for item in items(value))


def _duration(value: Marked) -> float:
    """Seconds of a duration such as 90m."""
    try:
        return parse_duration_s(_text(value))
    except UsageError as error:
        raise value.wrong(error.message, hint="it has to be a duration such as 90m") from error


def _headers(around: Surroundings, value: Marked) -> dict[str, str]:
    """A header's value may hold a secret; one without a variable is plain text."""
    return {
        name: around.secret(held) if "${" in text(held) or name.lower() == "authorization" else text(held)
        for name, held in entries(value).items()
    }


def _integer(low: int, high: int) -> _Read:
    return _plain(lambda value: integer(value, low=low, high=high))


def _choice(*words: str) -> _Read:
    return _plain(lambda value: one_of(value, words))


def _zone(value: Marked) -> str:
    name = _text(value)
    try:
        parse_zone(name)
    except UsageError as error:
        raise value.wrong(error.message, hint=error.hint) from error
    return name


def _calls(value: Marked) -> tuple[tuple[str, str], ...]:
    """`{shop: [postgres, redis]}`: a caller, and what it calls."""
    return tuple((caller, callee) for caller, held in entries(value).items() for callee in _texts(held))


def _environments(value: Marked) -> dict[str, str]:
    """`{eu-*: production, pr-*: other}`: where users are, and where they are not."""
    return {name: one_of(held, (PRODUCTION, OTHER)) for name, held in entries(value).items()}


def _names(value: Marked) -> dict[str, str]:
    """`{shop-api-*: shop}`: what sources call a service, and its name."""
    return {name: _text(held) for name, held in entries(value).items()}


def _events(around: Surroundings, value: Marked) -> tuple[EventSource, ...]:
    sources = []
    for item in (value,) if value.is_text else items(value):
        if item.is_text:
            sources.append(EventSource(_from_folder(_text(item), folder=around.folder)))
            continue
        held = entries(item)
        if "source" not in held:
            raise item.wrong("an entry has no `source`", hint="write source: github:owner/repo")
        spec = _text(held.pop("source"))
        told = {name: around.secret(v) if name in _SECRET_OPTIONS else _text(v) for name, v in held.items()}
        sources.append(EventSource(_from_folder(spec, folder=around.folder), told))
    return tuple(sources)


def _from_folder(spec: str, *, folder: Path) -> str:
    """A file's path as seen from the configuration's folder; `kind:argument` as it is."""
    return spec if ":" in spec else str(folder / Path(spec).expanduser())


def _section(kind: type, keys: Mapping[str, _Read]) -> _Read:
    def read(around: Surroundings, value: Marked) -> Any:
        return kind(**_read(around, fields(value, allowed=keys), keys))

    return read


def _read(around: Surroundings, held: Mapping[str, Marked], keys: Mapping[str, _Read]) -> dict[str, Any]:
    """The values by the names of our fields, which carry their unit."""
    return {_RENAMED.get(key, key): keys[key](around, value) for key, value in held.items()}


_CONNECTION: Final[Mapping[str, _Read]] = {
    "url": _url,
    "ca_file": _path_text,
    "client_cert": _path_text,
    "client_key": _path_text,
    "username": _plain(_text),
    "password": _secret,
    "bearer_token": _secret,
    "bearer_token_file": _path_text,
    "bearer_command": _plain(_text),
    "auth": _choice("sigv4", "google", "azure"),
    "headers": _headers,
    "proxy": _url,
    "timeout": _plain(_duration),
    "verify": _plain(flag),
    "concurrency": _integer(1, 32),
    "requests": _integer(10, 100_000),
    "points": _integer(100, 11_000),
}
_LIMITS: Final[Mapping[str, _Read]] = {
    "events": _integer(100, 10_000_000),
    "alerts": _integer(100, 10_000_000),
    "series": _integer(10, 1_000_000),
    "answer_mib": _integer(1, 65_536),
    "label_kib": _integer(1, 65_536),
}
_GRAFANA: Final[Mapping[str, _Read]] = {
    "url": _url,
    "token": _secret,
    "datasource": _plain(_text),
    "org_id": _integer(1, 2**31),
    "dashboard": _plain(_text),
}
_REPORT: Final[Mapping[str, _Read]] = {
    "last": _plain(_duration),
    "compare_days": _integer(1, 60),
    "state_file": _path,
    "metrics_file": _path,
    "dead_letters": _path,
    "fail_on": _choice("never", "anomalies"),
}
_TARGET_COMMON: Final[Mapping[str, _Read]] = {
    "kind": _choice(*DELIVER_KINDS),
    "name": _plain(_text),
    "timeout": _plain(_duration),
    "attempts": _integer(1, 10),
}
_TARGET: Final[Mapping[DeliverKind, Mapping[str, _Read]]] = {
    "slack": {"url": _secret},
    "webhook": {"url": _secret, "headers": _headers},
    "smtp": {
        "host": _plain(_text),
        "port": _integer(1, 65_535),
        "tls": _choice("starttls", "tls", "none"),
        "username": _plain(_text),
        "password": _secret,
        "from": _plain(_text),
        "to": _plain(_texts),
    },
    "grafana": {"url": _url, "token": _secret, "tags": _plain(_texts)},
}
_TARGET_NEEDS: Final[Mapping[DeliverKind, tuple[str, ...]]] = {
    "slack": ("url",),
    "webhook": ("url",),
    "smtp": ("host", "from", "to"),
    "grafana": ("url", "token"),
}
_RENAMED: Final = {
    "timeout": "timeout_s",
    "last": "last_s",
    "baseline": "baseline_s",
    "step": "step_s",
    "from": "sender",
    "objective": "target",
    "period": "period_s",
}


def _target(around: Surroundings, value: Marked) -> Target:
    loose = entries(value)
    if "kind" not in loose:
        raise value.wrong("an entry has no `kind`", hint=f"one of {', '.join(DELIVER_KINDS)}")
    kind: DeliverKind = one_of(loose["kind"], DELIVER_KINDS)
    keys = {**_TARGET_COMMON, **_TARGET[kind]}
    held = fields(value, allowed=keys, required=_TARGET_NEEDS[kind])
    return Target(**{"name": kind, **_read(around, held, keys)})


def _targets(around: Surroundings, value: Marked) -> tuple[Target, ...]:
    targets = tuple(_target(around, item) for item in items(value))
    names = [target.name for target in targets]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise value.wrong(f"two entries are called {twice!r}", hint="give each a `name` of its own")
    return targets


_OBJECTIVE: Final[Mapping[str, _Read]] = {
    "service": _plain(_text),
    "objective": _plain(lambda value: number(value, at_least=1.0, at_most=99.9999) / 100.0),
    "period": _plain(_duration),
    "name": _plain(_text),
}


def _objectives(around: Surroundings, value: Marked) -> tuple[Objective, ...]:
    """Objectives in percent, as people write them."""
    held = (fields(item, allowed=_OBJECTIVE, required=("service", "objective")) for item in items(value))
    return tuple(Objective(**_read(around, one, _OBJECTIVE)) for one in held)


_TOP: Final[Mapping[str, _Read]] = {
    "prometheus": _section(Connection, _CONNECTION),
    "limits": _section(Limits, _LIMITS),
    "scope": _plain(_text),
    "timezone": _plain(_zone),
    "services": _plain(_texts),
    "calls": _plain(_calls),
    "queries": _paths,
    "packs": _plain(_texts),
    "mechanisms": _paths,
    "baseline": _plain(_duration),
    "step": _plain(_duration),
    "authors": _plain(flag),
    "events": _events,
    "environments": _plain(_environments),
    "service_names": _plain(_names),
    "slo": _objectives,
    "grafana": _section(Grafana, _GRAFANA),
    "report": _section(Report, _REPORT),
    "deliver": _targets,
}


def load_config(path: Path | None, *, env: Mapping[str, str], folder: Path | None = None) -> Config:
    """The configuration in `path`, or in `folder`/reconstruct.yaml where that exists, or none.

    Parameters
    ----------
    path : Path or None
        From `--config`; it has to exist.
    env : mapping of str to str
        Where `${NAME}` comes from; this function does not look at the process's own environment.
    folder : Path or None
        Where reconstruct.yaml is looked for when `path` is None; None = nowhere.

    Raises
    ------
    UsageError
        With file and line, for anything that is not understood.
    """
    if path is None:
        if folder is None or not (folder / FILE_NAME).is_file():
            return Config()
        path = folder / FILE_NAME
    return parse_config(read_text(path), path=path, env=env)


def parse_config(text: str, *, path: Path, env: Mapping[str, str]) -> Config:
    """The configuration that `text` holds; `path` names it in messages, and its folder is where relative paths start.

    >>> config = parse_config("services: [shop]\\ncalls: {shop: [postgres]}\\n", path=Path("r.yaml"), env={})
    >>> config.services, config.calls
    (('shop',), (('shop', 'postgres'),))
    >>> parse_config("servces: [shop]", path=Path("r.yaml"), env={})
    Traceback (most recent call last):
    reconstruct.errors.UsageError: r.yaml:1: unknown key 'servces'
    """
    document = parse_marked(text, file=str(path))
    if document is None:
        return Config(path=path)
    around = Surroundings(folder=path.parent, env=env)
    return Config(path=path, **_read(around, fields(document, allowed=_TOP), _TOP))


def known_keys() -> Mapping[str, tuple[str, ...]]:
    """Every section and its keys, for the documentation and its test."""
    return {
        "": tuple(_TOP),
        "prometheus": tuple(_CONNECTION),
        "limits": tuple(_LIMITS),
        "slo": tuple(_OBJECTIVE),
        "grafana": tuple(_GRAFANA),
        "report": tuple(_REPORT),
        **{f"deliver {kind}": (*_TARGET_COMMON, *keys) for kind, keys in _TARGET.items()},
    }
