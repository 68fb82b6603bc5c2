"""Sources of changes that the surroundings name: environment variables, a kubeconfig, the checkout's remote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import yaml

_REMOTE: Final = re.compile(
    r"url\s*=\s*\S*?(?P<host>github\.com|gitlab\.com)[:/](?P<path>[\w.-]+/[\w./-]+?)(?:\.git)?\s*$", re.MULTILINE
)
_ADDRESSES: Final = {"alertmanager": "ALERTMANAGER_URL", "grafana": "GRAFANA_URL", "argocd": "ARGOCD_URL"}
_EVERYTHING: Final = {
    "datadog": "DD_API_KEY",
    "launchdarkly": "LAUNCHDARKLY_TOKEN",
    "opsgenie": "OPSGENIE_TOKEN",
    "pagerduty": "PAGERDUTY_TOKEN",
}
"""Kinds whose argument may be `*`."""
_WITH_NAMES: Final = {
    "sentry": ("SENTRY_TOKEN", "sentry:ORGANISATION"),
    "slack": ("SLACK_TOKEN", "slack:CHANNEL-ID"),
    "jenkins": ("JENKINS_TOKEN", "jenkins:JOB-URL"),
    "terraform": ("TERRAFORM_TOKEN", "terraform:WORKSPACE-ID"),
}
"""A token is there, and what it is for only a person knows."""
_AWS_CREDENTIALS: Final = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE")
_CLOUDS: Final = (
    ("azure", "AZURE_TOKEN", "AZURE_SUBSCRIPTION_ID", "SUBSCRIPTION-ID"),
    ("google", "GOOGLE_TOKEN", "GOOGLE_CLOUD_PROJECT", "PROJECT-ID"),
)
"""Kind, the variables of its token and of its name, and what stands for the name where that is not set."""
SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A source that may be there."""

    spec: str
    """As `--events` takes it."""
    because: str
    """What names it."""
    complete: bool = True
    """False where a person has to fill in a name."""


def candidates(env: Mapping[str, str], *, folder: Path, home: Path) -> tuple[Candidate, ...]:
    """Every source that is named, in the order of kinds; nothing is asked."""
    found = [
        *_of_addresses(env),
        *_of_repositories(env, folder=folder),
        *_of_cluster(env, home=home),
        *_of_clouds(env),
        *(Candidate(f"{kind}:*", variable) for kind, variable in _EVERYTHING.items() if env.get(variable)),
        *(Candidate(spec, variable, complete=False) for variable, spec in _WITH_NAMES.values() if env.get(variable)),
    ]
    return tuple({one.spec: one for one in found}.values())


def _of_addresses(env: Mapping[str, str]) -> Iterator[Candidate]:
    for kind, variable in _ADDRESSES.items():
        if env.get(variable):
            yield Candidate(f"{kind}:{env[variable]}", variable)


def _of_repositories(env: Mapping[str, str], *, folder: Path) -> Iterator[Candidate]:
    if env.get("GITHUB_REPOSITORY"):
        yield Candidate(f"github:{env['GITHUB_REPOSITORY']}", "GITHUB_REPOSITORY")
    if env.get("CI_PROJECT_PATH"):
        yield Candidate(f"gitlab:{env['CI_PROJECT_PATH']}", "CI_PROJECT_PATH")
    config = folder / ".git" / "config"
    try:
        text = config.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    remote = _REMOTE.search(text)
    if remote:
        yield Candidate(f"{remote['host'].partition('.')[0]}:{remote['path']}", "the checkout's remote")


def _of_clouds(env: Mapping[str, str]) -> Iterator[Candidate]:
    region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION")
    known = next((name for name in _AWS_CREDENTIALS if env.get(name)), "")
    if region and known:
        yield from (Candidate(f"{kind}:{region}", known) for kind in ("aws", "codedeploy"))
    for kind, token, place, name in _CLOUDS:
        if env.get(token):
            yield Candidate(f"{kind}:{env.get(place) or name}", token, complete=bool(env.get(place)))


def _of_cluster(env: Mapping[str, str], *, home: Path) -> Iterator[Candidate]:
    if SERVICE_ACCOUNT.is_file():
        yield Candidate("kubernetes:in-cluster", "this pod's service account")
        return
    path = Path((env.get("KUBECONFIG") or "").split(":")[0] or home / ".kube" / "config")
    context, server = _context_of(path)
    if server and context and find_spec("kubernetes") is not None:  # it reads the credentials as well
        yield Candidate(f"kubernetes:context/{context}", f"the current context of {path.name}")
    elif server:
        yield Candidate(f"kubernetes:{server}", f"the current context of {path.name}")


def _context_of(path: Path) -> tuple[str, str]:
    """A kubeconfig's current context and its API server; "" where there is none."""
    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return "", ""
    if not isinstance(document, dict):
        return "", ""
    current = document.get("current-context")
    contexts = {c.get("name"): c.get("context") or {} for c in document.get("contexts") or () if isinstance(c, dict)}
    clusters = {c.get("name"): c.get("cluster") or {} for c in document.get("clusters") or () if isinstance(c, dict)}
    cluster = clusters.get(contexts.get(current, {}).get("cluster"), {})
    return str(current or ""), str(cluster.get("server") or "")
