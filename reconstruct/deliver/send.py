"""One message to one target, with a bounded number of tries; what cannot be delivered goes into a dead-letter file."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from reconstruct.config import Target
from reconstruct.deliver.grafana import send_annotations
from reconstruct.deliver.mail import send_mail
from reconstruct.deliver.state import Message
from reconstruct.deliver.webhook import send_slack, send_webhook
from reconstruct.errors import ReconstructError, SourceError, UsageError
from reconstruct.json_text import read_json

FIRST_PAUSE_S: Final = 1.0
"""Doubles with each try."""
LONGEST_PAUSE_S: Final = 30.0

Sender = Callable[..., None]

SENDERS: Final[Mapping[str, Sender]] = {
    "slack": send_slack,
    "webhook": send_webhook,
    "smtp": send_mail,
    "grafana": send_annotations,
}


def send(payload: Mapping[str, Any], target: Target, *, key: str, sleep: Callable[[float], None] = time.sleep) -> None:
    """Deliver `payload` to `target`, trying at most `target.attempts` times.

    Only what may pass is tried again: no answer, 429, 5xx. A refusal (another 4xx, a wrong password) is final.

    Parameters
    ----------
    payload : mapping
        What the kind of target takes: Slack's message, any JSON for a webhook, subject and text for mail.
    target : Target
        From the configuration.
    key : str
        The same for the same message however often it is sent: `Idempotency-Key` and `Message-ID`.
    sleep : callable
        How to wait between tries.

    Raises
    ------
    SourceError
        If the target did not take it in all those tries.
    UsageError
        If it refuses: wrong address, wrong credentials, a payload it does not understand.
    """
    for attempt in range(1, target.attempts + 1):
        try:
            SENDERS[target.kind](payload, target, key=key)
        except SourceError as error:
            if attempt == target.attempts:
                tries = f"{target.attempts} tries" if target.attempts > 1 else "one try"
                raise SourceError(
                    f"{target.name}: not delivered in {tries}: {error.message}", hint=error.hint
                ) from error
            sleep(min(FIRST_PAUSE_S * 2 ** (attempt - 1), LONGEST_PAUSE_S))
        except UsageError as error:
            raise UsageError(f"{target.name}: refused: {error.message}", hint=error.hint) from error
        else:
            return


def write_dead_letter(path: Path, message: Message, *, error: ReconstructError, now: pd.Timestamp) -> None:
    """Append the message and why it could not be delivered, as one JSON line, once.

    Raises
    ------
    UsageError
        If the file cannot be written: the message then stays in the outbox.
    """
    record = {
        "time": now.isoformat(),
        "id": message.id,
        "target": message.target,
        "error": error.message,
        "hint": error.hint,
        "payload": message.payload,
    }
    line = json.dumps(record, ensure_ascii=True) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+", encoding="utf-8") as file:
            file.seek(0)
            text = file.read()
            if any(_is(old, message) for old in text.splitlines()):
                return  # a run that was killed between writing here and striking it from the outbox
            file.write(line if not text or text.endswith("\n") else "\n" + line)  # half a line of a killed run
            file.flush()
            os.fsync(file.fileno())
    except OSError as fault:
        raise UsageError(
            f"cannot write the dead-letter file {path}: {fault.strerror}", hint="check the folder and the space"
        ) from fault


def _is(line: str, message: Message) -> bool:
    try:
        record = read_json(line)
    except ValueError:
        return False
    return isinstance(record, dict) and record.get("id") == message.id and record.get("target") == message.target
