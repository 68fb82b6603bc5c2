"""reconstruct.yaml -> Config."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast

import yaml

from reconstruct.config.document import Reader
from reconstruct.config.settings import (
    DELIVER_KINDS,
    Config,
    Connection,
    DeliverKind,
    EventSource,
    Grafana,
    Report,
    Target,
)
from reconstruct.config.zones import parse_zone
from reconstruct.errors import UsageError

FILE_NAME: Final = "reconstruct.yaml"
_SECRET_OPTIONS: Final = frozenset({"token", "password"})

_Read = Callable[[Reader, yaml.Node, str], Any]


def _text(reader: Reader, node: yaml.Node, what: str) -> str:
    return reader.text(node, what=what)


def _url(reader: Reader, node: yaml.Node, what: str) -> str:
    """An address; one with a password in it is a secret."""
    value = str(node.value) if isinstance(node, yaml.ScalarNode) else ""
    with_password = "${" in value or re.search(r"^[^/]*(?://)?[^/@]*:[^/@]*@", value)
    return reader.secret(node, what=what) if with_password else reader.text(node, what=what)


def _secret(reader: Reader, node: yaml.Node, what: str) -> str:
    return reader.secret(node, what=what)


def _path(reader: Reader, node: yaml.Node, what: str) -> Path:
    return reader.path(node, what=what)


def _path_text(reader: Reader, node: yaml.Node, what: str) -> str:
    return str(reader.path(node, what=what))


def _paths(reader: Reader, node: yaml.Node, what: str) -> tuple[Path, ...]:
    return tuple(reader.path(item, what=what) for item in reader.sequence(node, what=what))


def _texts(reader: Reader, node: yaml.Node, what: str) -> tuple[str, ...]:
    return reader.texts(node, what=what)


def _duration(reader: Reader, node: yaml.Node, what: str) -> float:
    return reader.duration_s(node, what=what)


def _boolean(reader: Reader, node: yaml.Node, what: str) -> bool:
    return reader.boolean(node, what=what)


def _command(reader: Reader, node: yaml.Node, what: str) -> str:
    return reader.text(node, what=what)


def _headers(reader: Reader, node: yaml.Node, what: str) -> dict[str, str]:
    """A header's value may hold a secret; one without a variable is plain text."""
    values = reader.mapping(node, keys=None, what=what)
    return {
        name: reader.secret(value, what=f"{what}.{name}")
        if "${" in str(value.value) or name.lower() == "authorization"
        else reader.text(value, what=f"{what}.{name}")
        for name, value in values.items()
    }


def _integer(low: int, high: int) -> _Read:
    def read(reader: Reader, node: yaml.Node, what: str) -> int:
        return reader.integer(node, what=what, low=low, high=high)

    return read


def _choice(*words: str) -> _Read:
    def read(reader: Reader, node: yaml.Node, what: str) -> str:
        return reader.choice(node, of=words, what=what)

    return read


def _zone(reader: Reader, node: yaml.Node, what: str) -> str:
    name = reader.text(node, what=what)
    try:
        parse_zone(name)
    except UsageError as error:
        raise reader.fail(node, error.message, hint=error.hint) from error
    return name


def _calls(reader: Reader, node: yaml.Node, what: str) -> tuple[tuple[str, str], ...]:
    """`{shop: [postgres, redis]}`: a caller, and what it calls."""
    return tuple(
        (caller, callee)
        for caller, callees in reader.mapping(node, keys=None, what=what).items()
        for callee in reader.texts(callees, what=f"{what}.{caller}")
    )


def _environments(reader: Reader, node: yaml.Node, what: str) -> dict[str, str]:
    """`{eu-*: production, pr-*: other}`: where users are, and where they are not."""
    values = reader.mapping(node, keys=None, what=what)
    return {
        name: reader.choice(value, of=("production", "other"), what=f"{what}.{name}") for name, value in values.items()
    }


def _names(reader: Reader, node: yaml.Node, what: str) -> dict[str, str]:
    """`{shop-api-*: shop}`: what sources call a service, and its name."""
    values = reader.mapping(node, keys=None, what=what)
    return {name: reader.text(value, what=f"{what}.{name}") for name, value in values.items()}


def _events(reader: Reader, node: yaml.Node, what: str) -> tuple[EventSource, ...]:
    sources = []
    for item in reader.sequence(node, what=what):
        if isinstance(item, yaml.ScalarNode):
            sources.append(EventSource(_from_folder(reader.text(item, what=what), folder=reader.folder)))
            continue
        values = reader.mapping(item, keys=None, what=f"an entry of {what}")
        if "source" not in values:
            raise reader.fail(item, f"an entry of {what} has no `source`", hint="write source: github:owner/repo")
        spec = reader.text(values.pop("source"), what="source")
        options = {
            name: reader.secret(value, what=name) if name in _SECRET_OPTIONS else reader.text(value, what=name)
            for name, value in values.items()
        }
        sources.append(EventSource(_from_folder(spec, folder=reader.folder), options))
    return tuple(sources)


def _from_folder(spec: str, *, folder: Path) -> str:
    """A file's path as seen from the configuration's folder; `kind:argument` as it is."""
    return spec if ":" in spec else str(folder / Path(spec).expanduser())


def _section(kind: type, keys: Mapping[str, _Read], renamed: Mapping[str, str]) -> _Read:
    def read(reader: Reader, node: yaml.Node, what: str) -> Any:
        values = reader.mapping(node, keys=keys, what=what)
        return kind(
            **{renamed.get(key, key): keys[key](reader, value, f"{what}.{key}") for key, value in values.items()}
        )

    return read


_CONNECTION: Final[Mapping[str, _Read]] = {
    "url": _url,
    "ca_file": _path_text,
    "client_cert": _path_text,
    "client_key": _path_text,
    "username": _text,
    "password": _secret,
    "bearer_token": _secret,
    "bearer_token_file": _path_text,
    "bearer_command": _command,
    "headers": _headers,
    "proxy": _url,
    "timeout": _duration,
    "verify": _boolean,
}
_GRAFANA: Final[Mapping[str, _Read]] = {
    "url": _url,
    "token": _secret,
    "datasource": _text,
    "org_id": _integer(1, 2**31),
    "dashboard": _text,
}
_REPORT: Final[Mapping[str, _Read]] = {
    "last": _duration,
    "compare_days": _integer(1, 60),
    "state_file": _path,
    "metrics_file": _path,
    "dead_letters": _path,
    "fail_on": _choice("never", "anomalies"),
}
_TARGET_COMMON: Final[Mapping[str, _Read]] = {
    "kind": _choice(*DELIVER_KINDS),
    "name": _text,
    "timeout": _duration,
    "attempts": _integer(1, 10),
}
_TARGET: Final[Mapping[DeliverKind, Mapping[str, _Read]]] = {
    "slack": {"url": _secret},
    "webhook": {"url": _secret, "headers": _headers},
    "smtp": {
        "host": _text,
        "port": _integer(1, 65_535),
        "tls": _choice("starttls", "tls", "none"),
        "username": _text,
        "password": _secret,
        "from": _text,
        "to": _texts,
    },
    "grafana": {"url": _url, "token": _secret, "tags": _texts},
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
}


def _target(reader: Reader, node: yaml.Node, what: str) -> Target:
    loose = reader.mapping(node, keys=None, what=what)
    if "kind" not in loose:
        raise reader.fail(node, f"{what} has no `kind`", hint=f"one of {', '.join(DELIVER_KINDS)}")
    kind = cast("DeliverKind", reader.choice(loose["kind"], of=DELIVER_KINDS, what=f"{what}.kind"))
    keys = {**_TARGET_COMMON, **_TARGET[kind]}
    values = reader.mapping(node, keys=keys, what=f"{what} of kind {kind}")
    for needed in _TARGET_NEEDS[kind]:
        if needed not in values:
            raise reader.fail(node, f"{what} of kind {kind} has no `{needed}`", hint=f"add {needed}: ...")
    read = {_RENAMED.get(key, key): keys[key](reader, value, f"{what}.{key}") for key, value in values.items()}
    return Target(**{"name": kind, **read})


def _targets(reader: Reader, node: yaml.Node, what: str) -> tuple[Target, ...]:
    targets = tuple(_target(reader, item, f"an entry of {what}") for item in reader.sequence(node, what=what))
    names = [target.name for target in targets]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise reader.fail(node, f"two entries of {what} are called {twice!r}", hint="give each a `name` of its own")
    return targets


_TOP: Final[Mapping[str, _Read]] = {
    "prometheus": _section(Connection, _CONNECTION, _RENAMED),
    "scope": _text,
    "timezone": _zone,
    "services": _texts,
    "calls": _calls,
    "queries": _paths,
    "packs": _texts,
    "mechanisms": _paths,
    "baseline": _duration,
    "step": _duration,
    "authors": _boolean,
    "events": _events,
    "environments": _environments,
    "service_names": _names,
    "grafana": _section(Grafana, _GRAFANA, _RENAMED),
    "report": _section(Report, _REPORT, _RENAMED),
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
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"cannot read {path}: {reason}", hint="check the path given to --config") from error
    return parse_config(text, path=path, env=env)


def parse_config(text: str, *, path: Path, env: Mapping[str, str]) -> Config:
    """The configuration that `text` holds; `path` names it in messages, and its folder is where relative paths start.

    >>> config = parse_config("services: [shop]\\ncalls: {shop: [postgres]}\\n", path=Path("r.yaml"), env={})
    >>> config.services, config.calls
    (('shop',), (('shop', 'postgres'),))
    >>> parse_config("servces: [shop]", path=Path("r.yaml"), env={})
    Traceback (most recent call last):
    reconstruct.errors.UsageError: r.yaml:1: the configuration has no key 'servces'
    """
    reader = Reader(name=str(path), folder=path.parent, env=env)
    root = reader.document(text)
    if root is None:
        return Config(path=path)
    values = reader.mapping(root, keys=_TOP, what="the configuration")
    read = {_RENAMED.get(key, key): _TOP[key](reader, node, key) for key, node in values.items()}
    return Config(path=path, **read)


def known_keys() -> Mapping[str, tuple[str, ...]]:
    """Every section and its keys, for the documentation and its test."""
    return {
        "": tuple(_TOP),
        "prometheus": tuple(_CONNECTION),
        "grafana": tuple(_GRAFANA),
        "report": tuple(_REPORT),
        **{f"deliver {kind}": (*_TARGET_COMMON, *keys) for kind, keys in _TARGET.items()},
    }
