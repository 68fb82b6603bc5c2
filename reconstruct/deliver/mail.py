"""A message as mail over SMTP: plain text, an HTML alternative where there is one, and the same Message-ID each try."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

from reconstruct.config import Target
from reconstruct.errors import SourceError, UsageError


def send_mail(payload: Mapping[str, Any], target: Target, *, key: str) -> None:
    """Send `payload` (`subject`, `text`, and `html` where there is one) to all of `target.to`.

    Raises
    ------
    SourceError
        If the server cannot be reached, or says "later" (4xx).
    UsageError
        If it refuses for good (5xx): the login, the sender, every recipient; or is not trusted.
    """
    message = as_mail(payload, target, key=key)
    at = f"{target.host}:{target.port}"
    try:
        with _connect(target) as server:
            if target.username:
                server.login(target.username, target.password)
            server.send_message(message)
    except ssl.SSLError as error:
        raise UsageError(f"{at}: TLS failed: {error.reason}", hint="check host, port and tls of the target") from error
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        kind = SourceError if all(400 <= code < 500 for code in codes) else UsageError
        raise kind(f"{at} takes mail for none of the recipients", hint="check `to` of the target") from error
    except smtplib.SMTPNotSupportedError as error:
        raise UsageError(f"{at}: {error}", hint="check tls, username and password of the target") from error
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        kind = SourceError if 400 <= error.smtp_code < 500 or error.smtp_code < 0 else UsageError
        raise kind(f"{at} answered {error.smtp_code}: {said[:200]}", hint="check login and sender") from error
    except (smtplib.SMTPException, OSError) as error:
        raise SourceError(f"{at}: no mail server answers: {error}", hint="check host and port of the target") from error


def as_mail(payload: Mapping[str, Any], target: Target, *, key: str) -> EmailMessage:
    """The mail; line breaks and control characters in the subject become blanks, so it cannot add headers."""
    message = EmailMessage()
    subject = "".join(c if c.isprintable() else " " for c in _whole(payload.get("subject", "")))
    message["Subject"] = " ".join(subject.split())[:250] or "reconstruct"
    message["From"] = target.sender
    message["To"] = ", ".join(target.to)
    message["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@reconstruct.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_whole(payload.get("text", "")))
    if payload.get("html"):
        message.add_alternative(_whole(payload["html"]), subtype="html")
    return message


def _whole(text: object) -> str:
    """Text without half characters (lone surrogates), which no mail can carry."""
    return str(text).encode("utf-8", "replace").decode("utf-8")


def _connect(target: Target) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if target.tls == "tls":
        return smtplib.SMTP_SSL(target.host, target.port, timeout=target.timeout_s, context=context)
    server = smtplib.SMTP(target.host, target.port, timeout=target.timeout_s)
    if target.tls == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server
