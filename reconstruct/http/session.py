"""The one session: TLS, authentication, proxy, time-outs and a few careful retries, for every source and delivery."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from reconstruct.errors import SourceError, UsageError
from reconstruct.http.bounds import MAX_WHOLE_BYTES, HeaderWatchdog, read_whole, watch_connections
from reconstruct.http.concurrency import Pace
from reconstruct.http.credentials import credentials_for
from reconstruct.http.dates import retry_after_s
from reconstruct.http.failures import unreachable
from reconstruct.http.settings import HttpSettings, checked
from reconstruct.json_text import read_json

STATUS_RETRIES: Final = 2
RETRY_STATUS: Final = frozenset({429, 502, 504})
"""Busy, or a gateway between two back ends. Not 503: Prometheus says that after its own query time-out, and the same
question again would only take as long again."""
RETRY_PAUSE_S: Final = 0.5
"""Before the first repetition without Retry-After; doubled for the second.
A gateway needs about that long to find another back end."""
RETRY_AFTER_MOST_S: Final = 30.0
"""A server that wants a longer pause is believed, and the source given up: a person waits for the answer."""
BUSY_STATUS: Final = frozenset({429, 503})

DEADLINE_HINT: Final = "give more with --deadline, or ask for less: a narrower --scope, or a shorter window"

_CONNECT_ONLY: Final = Retry(
    total=2,
    connect=1,
    read=0,
    status=0,
    other=0,
    allowed_methods=frozenset({"GET", "POST", "PUT", "PATCH"}),
    raise_on_status=False,
    respect_retry_after_header=False,  # its limit is six hours; ours is in _Adapter
)


class Session(requests.Session):
    """A `requests.Session` that knows its settings, its pace, and what to say when a server cannot be reached."""

    def __init__(self, settings: HttpSettings, *, post_again: bool, sleep: Callable[[float], None]) -> None:
        super().__init__()
        self.settings = settings
        self.pace = Pace(most=settings.concurrency)
        self.auth = credentials_for(settings)
        self.headers.update({"User-Agent": "reconstruct", **settings.headers})
        if settings.proxy:
            self.proxies.update({"http": settings.proxy, "https": settings.proxy})
        self.verify = (settings.ca_file or True) if settings.verify else False
        if not settings.verify:
            # Said once in the configuration; a warning a request would drown what matters.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        if settings.client_cert:
            self.cert = (settings.client_cert, settings.client_key) if settings.client_key else settings.client_cert
        self.adapter = _Adapter(settings, pace=self.pace, post_again=post_again, sleep=sleep)
        self.mount("http://", self.adapter)
        self.mount("https://", self.adapter)

    def ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, object] | None = None,
        form: Mapping[str, object] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
    ) -> requests.Response:
        """Send one request and give back the answer, whatever its status; redirects are answers too.

        A POST that is redirected would lose its form, and an API that redirects mostly means a login page.

        Raises
        ------
        ReconstructError
            The server cannot be reached, says nothing in time, or is not trusted: with host:port and a hint.
        """
        data = {key: str(value) for key, value in form.items()} if form is not None else None
        asked = {key: str(value) for key, value in params.items()} if params is not None else None
        try:
            return self.request(
                method, url, params=asked, data=data, json=json, headers=headers, stream=stream, allow_redirects=False
            )
        except requests.RequestException as error:
            raise unreachable(error, settings=self.settings) from error


def open_session(
    settings: HttpSettings, *, post_again: bool = False, sleep: Callable[[float], None] = time.sleep
) -> Session:
    """The session for one server; nothing is sent yet.

    Parameters
    ----------
    settings : HttpSettings
        Checked here: a wrong address or two ways of authentication are said before anything is sent.
    post_again : bool
        Whether a POST may be repeated after a 502 or 504 (a query may; a message to a channel would come twice).
        After a 429 nothing was done, so that is always repeated.
    sleep : callable
        How to wait between repetitions.

    Raises
    ------
    UsageError
        The settings contradict themselves, or name a file that is not there.
    """
    settings = checked(settings)
    for what, path in (("CA file", settings.ca_file), ("client certificate", settings.client_cert)):
        if path and not Path(path).exists():
            raise UsageError(f"{settings.name}: the {what} {path} does not exist", hint="check the path")
    if settings.client_key and not Path(settings.client_key).is_file():
        raise UsageError(f"{settings.name}: the client key {settings.client_key} does not exist", hint="check the path")
    return Session(settings, post_again=post_again, sleep=sleep)


class Answer(requests.Response):
    """A response whose JSON is read as all JSON from outside is, also by libraries that are handed one."""

    def json(self, **_: Any) -> Any:
        """What the body holds.

        Raises
        ------
        JsonError
            It is not JSON that this program takes.
        """
        return read_json(self.content)


class _Adapter(HTTPAdapter):
    """Time-outs for whoever forgets them, verification as configured, and repetition where it is polite."""

    def __init__(self, settings: HttpSettings, *, pace: Pace, post_again: bool, sleep: Callable[[float], None]) -> None:
        self._settings = settings
        self._pace = pace
        self._post_again = post_again
        self._sleep = sleep
        super().__init__(
            pool_connections=settings.concurrency, pool_maxsize=settings.concurrency, max_retries=_CONNECT_ONLY
        )

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        """As requests does, with connections that a watchdog can shut."""
        super().init_poolmanager(*args, **more)
        watch_connections(self.poolmanager)

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """As requests does, with our own way to read JSON."""
        answer = super().build_response(req, resp)
        answer.__class__ = Answer
        return answer

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002 - the signature of requests
        timeout: Any = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002 - the signature of requests
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send, and again after a 429, 502 or 504, at most `STATUS_RETRIES` times."""
        if timeout is None:
            timeout = (self._settings.connect_timeout_s, self._settings.timeout_s)
        if self._settings.ca_file or not self._settings.verify:
            # REQUESTS_CA_BUNDLE wins over Session.verify (psf/requests#3829); what the user configured shall win.
            verify = self._settings.ca_file if self._settings.verify else False
        for attempt in range(STATUS_RETRIES + 1):
            answer = self._within_bounds(
                request, stream=stream, timeout=timeout, verify=verify, cert=cert, proxies=proxies
            )
            if answer.status_code in BUSY_STATUS:
                self._pace.slow_down()
            pause_s = self._pause_s(request, answer, attempt=attempt)
            if pause_s is None:
                break
            answer.close()
            self._sleep(pause_s)
        return answer

    def _within_bounds(
        self, request: requests.PreparedRequest, *, stream: bool, timeout: Any, verify: Any, cert: Any, proxies: Any
    ) -> requests.Response:
        """Send once: the headers within twice the time-out of a byte, the body within its own time and size."""
        settings = self._settings
        left_s = settings.until_s - time.monotonic()
        if left_s <= 0:
            raise SourceError(f"{settings.name}: not asked, the run's time is over", hint=DEADLINE_HINT)
        with HeaderWatchdog(min(settings.connect_timeout_s + 2 * settings.timeout_s, left_s)) as watchdog:
            try:
                answer = super().send(request, True, timeout, verify, cert, proxies)  # noqa: FBT003 - requests' own
            except (requests.RequestException, OSError) as error:
                if watchdog.fired:
                    raise requests.ReadTimeout(request=request) from error
                raise
        if watchdog.fired:  # headers that break off look like headers that are complete
            answer.close()
            raise requests.ReadTimeout(request=request)
        if not stream:
            wait_s = min(settings.body_timeout_s, max(settings.until_s - time.monotonic(), 0.0))
            most = min(settings.max_answer_bytes, MAX_WHOLE_BYTES)
            read_whole(answer, name=settings.name, wait_s=wait_s, max_bytes=most)
        return answer

    def wait(self, pause_s: float) -> None:
        """Wait as the session was told to: a source that asks for a pause in its own way gets it."""
        self._sleep(pause_s)

    def _pause_s(self, request: requests.PreparedRequest, answer: requests.Response, *, attempt: int) -> float | None:
        """How long to wait before sending again; None = do not."""
        status, wanted_s = answer.status_code, retry_after_s(answer)
        busy = status == 429 or (status == 503 and wanted_s is not None)
        repeatable = request.method in ("GET", "HEAD") or self._post_again or status == 429
        if attempt == STATUS_RETRIES or not (busy or status in RETRY_STATUS) or not repeatable:
            return None
        if wanted_s is None:
            return RETRY_PAUSE_S * float(2**attempt)
        return wanted_s if wanted_s <= RETRY_AFTER_MOST_S else None
