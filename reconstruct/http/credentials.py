"""How a request proves who sends it: basic, or a bearer token that may change while we run."""

from __future__ import annotations

import shlex
import subprocess
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from reconstruct.errors import UsageError
from reconstruct.http.redaction import redact
from reconstruct.http.settings import CLOUD_COMMANDS, HttpSettings
from reconstruct.http.sigv4 import SigV4

COMMAND_TIMEOUT_S: Final = 30.0
"""A token command asks an identity provider over the network; one that waits for a browser has to be run beforehand."""


def credentials_for(settings: HttpSettings) -> AuthBase | None:
    """What the session signs requests with; None leaves it to netrc."""
    if settings.auth == "sigv4":
        return SigV4(settings)
    if settings.auth in CLOUD_COMMANDS:
        return Bearer(replace(settings, bearer_command=CLOUD_COMMANDS[settings.auth]))
    if settings.username:
        return HTTPBasicAuth(settings.username, settings.password)
    if settings.bearer_token or settings.bearer_token_file or settings.bearer_command:
        return Bearer(settings)
    return None


class Bearer(AuthBase):
    """A bearer token from a value, a file (read each time) or a command (run again, once, after a 401)."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._from_command = ""
        self._running = threading.Lock()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign the request."""
        token = self._token()
        request.headers["Authorization"] = f"Bearer {token}"
        if not self._settings.bearer_token:

            def again(answer: requests.Response, **sending: Any) -> requests.Response:
                return self._again_after_401(answer, used=token, sending=sending)

            request.hooks["response"].append(again)
        return request

    def _token(self, *, expired: str = "") -> str:
        settings = self._settings
        if settings.bearer_token:
            token = settings.bearer_token
        elif settings.bearer_token_file:
            token = _token_in(settings)
        else:
            with self._running:  # four threads with one expired token run one command
                if self._from_command in ("", expired):
                    self._from_command = _token_of_command(settings)
                token = self._from_command
        if not token or any(ord(character) < 0x21 or ord(character) > 0x7E for character in token):
            raise UsageError(
                f"{settings.name}: the bearer token is empty or holds blanks or control characters",
                hint="the file or the command has to give the token and nothing else",
            )
        return token

    def _again_after_401(self, answer: requests.Response, *, used: str, sending: dict[str, Any]) -> requests.Response:
        if answer.status_code != 401:
            return answer
        token = self._token(expired=used)
        if token == used:
            return answer
        answer.content  # noqa: B018 - read to the end, so that the connection can be used again
        answer.close()
        request = answer.request.copy()
        request.headers["Authorization"] = f"Bearer {token}"
        # requests gives each answer the adapter that it came by; its stubs do not tell
        second: requests.Response = answer.connection.send(request, **sending)
        second.history.append(answer)
        second.request = request
        return second


def _token_in(settings: HttpSettings) -> str:
    try:
        return Path(settings.bearer_token_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{settings.name}: cannot read the bearer token file {settings.bearer_token_file}: {error}",
            hint="check the path and its permissions",
        ) from error


def _token_of_command(settings: HttpSettings) -> str:
    try:
        command = shlex.split(settings.bearer_command)
        done = subprocess.run(  # noqa: S603 - the user's own command, split, no shell
            command, capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S, check=True, stdin=subprocess.DEVNULL
        )
    except subprocess.CalledProcessError as error:
        said = (error.stderr or "").strip().splitlines()
        raise UsageError(
            f"{settings.name}: the bearer command ended with {error.returncode}"
            + (f": {redact(said[-1])}" if said else ""),
            hint="run it by hand; it has to print a token and nothing else",
        ) from None  # the error holds what the command printed: perhaps a token
    except subprocess.TimeoutExpired:
        raise UsageError(
            f"{settings.name}: the bearer command did not end within {COMMAND_TIMEOUT_S:g} s",
            hint="log in beforehand, so that it prints a token without asking",
        ) from None
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{settings.name}: the bearer command cannot be run: {error}", hint="give a program and its arguments"
        ) from error
    return done.stdout.strip()
