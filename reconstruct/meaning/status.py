"""What the value of a status label says: whether the request failed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FAILED: Final = _words(
    "error errors failed failure fail failing timeout timedout exception server_error servererror internal"
    " unavailable deadlineexceeded deadline_exceeded unknown dataloss data_loss resourceexhausted"
    " resource_exhausted aborted unimplemented nack nacked rejected dead dead_letter retry 5xx false err"
    " ko dropped crashed poison"
)
SUCCEEDED: Final = _words(
    "ok success successful succeeded completed processed ack acked done notfound not_found invalidargument"
    " invalid_argument cancelled canceled alreadyexists already_exists permissiondenied permission_denied"
    " unauthenticated failedprecondition failed_precondition outofrange out_of_range redirection"
    " client_error informational none true 1xx 2xx 3xx 4xx unset"
)
"""Words of HTTP, gRPC, Micrometer, OpenTelemetry and message brokers; a client's own mistake is no failure."""
GRPC_FAILED: Final = frozenset({"2", "4", "8", "10", "12", "13", "14", "15"})
"""gRPC's codes of a server that failed (grpc.io, status codes; OpenTelemetry counts 2, 4, 12 to 15)."""
REFUSED: Final = "429"
"""Too many requests: whoever sent it was not served."""
NEVER_STATUS: Final = re.compile(
    r"^(le|quantile|instance|job|pod|namespace|cluster|node|host|version|path|uri|route|handler|id)$"
)
OF_FAILURE: Final = re.compile(r"(^|_|\.)(is_?)?(err|errors?|failed|failure|exception)([._]?(type|class|name))?$")
"""A label that is about failing: what it affirms, or names, failed (`error="true"`, OpenTelemetry's `error.type`)."""
OF_SUCCESS: Final = re.compile(r"(^|_|\.)(is_?)?(ok|success|succeeded|successful)$")
AFFIRMED: Final = _words("true yes y 1")
DENIED: Final = _words("false no n 0 none null nil unset -")
STATUS_LABEL: Final = re.compile(r"status|code|outcome|result|state|success|error")


def failed(value: str, label: str = "") -> bool | None:
    """Whether a status says that the request failed; None where it is no status.

    >>> failed("503", "status"), failed("2xx", "code"), failed("429", "code"), failed("checkout", "route")
    (True, False, True, None)
    >>> failed("14", "rpc_grpc_status_code"), failed("5", "status_class"), failed("SERVER_ERROR", "outcome")
    (True, True, True)
    >>> failed("true", "error"), failed("true", "success"), failed("TimeoutException", "error_type")
    (True, False, True)
    """
    text = value.lower().replace("-", "_").replace(" ", "_")
    about_failure = bool(OF_FAILURE.search(label))
    if about_failure and (not text or text in AFFIRMED | DENIED):
        return text in AFFIRMED
    if text in AFFIRMED | DENIED and OF_SUCCESS.search(label):
        return text in DENIED
    if re.search("grpc|rpc", label) and re.fullmatch(r"\d{1,2}", text):
        return text in GRPC_FAILED
    if re.search("class|code|status|xx", label) and re.fullmatch(r"[1-5]", text):
        return text == "5"
    if re.fullmatch(r"[1-5]\d\d", text):
        return text[0] == "5" or text == REFUSED
    for spelled in (text, text.replace("_", "")):
        if spelled in FAILED:
            return True
        if spelled in SUCCEEDED:
            return False
    return True if about_failure else None


def clients_mistake(value: str, label: str = "") -> bool:
    """Whether a status says that the client erred: HTTP's 4xx but for too many requests, which are failed anyway.

    >>> [clients_mistake(v, "code") for v in ("404", "4xx", "429", "200")], clients_mistake("4", "status_class")
    ([True, True, False, False], True)
    """
    text = value.lower()
    if re.fullmatch(r"4\d\d", text):
        return text != REFUSED
    return text in ("4xx", "client_error") or (text == "4" and re.search("class|code|status|xx", label) is not None)


def status_label(series: Iterable[Mapping[str, str]]) -> str | None:
    """The label that tells how each request ended, if any does: most of its values must say so.

    >>> status_label([{"code": "200", "path": "/a"}, {"code": "500", "path": "/b"}])
    'code'
    """
    scores: Counter[str] = Counter()
    for labels in series:
        for name, value in labels.items():
            if not NEVER_STATUS.match(name):
                scores[name] += 1 if failed(value, name) is not None else -3
    told = [name for name, score in scores.items() if score > 0]
    if not told:
        return None
    return min(
        told, key=lambda name: (not STATUS_LABEL.search(name), not re.search("code|status", name), -scores[name], name)
    )
