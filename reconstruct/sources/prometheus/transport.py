"""How a Prometheus is asked: one session, forms in bodies, answers read as they come, foreign errors made ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import pandas as pd
import requests
from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException
from urllib3.exceptions import DecodeError, HTTPError, ProtocolError
from urllib3.response import HAS_ZSTD  # type: ignore[attr-defined, unused-ignore]

from reconstruct import promql as pq
from reconstruct.errors import ReconstructError, SourceError
from reconstruct.http import (
    HttpSettings,
    LateError,
    host_of,
    not_answered,
    open_session,
    plain,
    same_server,
    unreachable,
)
from reconstruct.http.bounds import MAX_WHOLE_BYTES, body_blocks
from reconstruct.http.dates import http_date
from reconstruct.json_text import JsonError, read_json
from reconstruct.sources.prometheus.api_errors import TooSlowError, refusal
from reconstruct.sources.prometheus.json_stream import BLOCK_BYTES, CutShortError
from reconstruct.sources.prometheus.responses import PARTIAL

USUAL_PREFIXES: Final = ("/prometheus", "/prom", "/select/0/prometheus", "/api/prom")
"""Tried once, to be able to name the right address: behind a proxy, VictoriaMetrics in cluster form, Cortex."""

NO_POST: Final = frozenset({405, 501})
"""What a server, or a proxy in front of it, answers to a POST that it does not take."""
READ_ENCODINGS: Final = frozenset({"identity", "gzip", "x-gzip", "deflate", *(("zstd",) if HAS_ZSTD else ())})
"""Bodies that are read, also unasked: some proxies compress whatever they pass on."""

CUT_SHORT_RETRIES: Final = 1
T = TypeVar("T")


class Transport:
    """The way to one server, and what its answers say of its clock. Safe to use from several threads."""

    def __init__(self, settings: HttpSettings, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._session = open_session(settings, post_again=True, sleep=sleep)
        self._session.hooks["response"].append(self._look_at)
        self._last = threading.local()
        self.sleep = sleep
        self.settings = self._session.settings
        self._warned: dict[tuple[str, str], None] = {}
        self._by_get = False  # some proxies let no POST through
        self.clock: pd.Timestamp | None = None
        """The server's, from the newest answer that told it."""
        self._client = PrometheusConnect(url=self.settings.url, session=self._session)
        # PrometheusConnect mounts an adapter of its own, which repeats a query time-out four times.
        self._session.mount(self.settings.url, self._session.adapter)

    @property
    def name(self) -> str:
        """What messages call the server."""
        return f"{self.settings.name} at {host_of(self.settings.url)}"

    def get(self, path: str, *, params: Mapping[str, object] | None = None) -> requests.Response:
        """GET a page, whatever its status."""
        with self._session.pace:
            return self._session.ask("GET", self.settings.url + path, params=params)

    def data(self, path: str, *, params: Mapping[str, object] | None = None) -> Any:
        """The `data` of an API page that is read with GET."""
        answer = self.get(path, params=params)
        if error := not_answered(answer, settings=self.settings):
            raise error
        return self._data_of(answer.content, status=answer.status_code, query=path)

    def warnings(self) -> tuple[tuple[str, str], ...]:
        """(what was asked, the server's words) of every warning so far that came with an answer: parts are missing."""
        return tuple(self._warned)

    def query(self, form: Mapping[str, str]) -> Any:
        """The `data` of an instant query; None where the server sent null."""
        for _ in range(CUT_SHORT_RETRIES + 1):
            try:
                with self.posted("/api/v1/query", form, max_bytes=MAX_WHOLE_BYTES) as (answer, read):
                    body = b"".join(iter(lambda: read(BLOCK_BYTES), b""))
            except CutShortError:
                continue
            return self._data_of(body, status=answer.status_code, query=form["query"])
        raise self.cut_short()

    def cut_short(self) -> SourceError:
        """What to say of an answer that broke off, and did again."""
        return SourceError(
            f"{self.name} cut its answer short, twice",
            hint="a proxy in between may limit size or time: narrow --scope, or ask the server directly",
        )

    def through_client(self, ask: Callable[[PrometheusConnect], T]) -> T:
        """Ask prometheus-api-client, with our words for what may go wrong."""
        try:
            with self._session.pace:
                found = ask(self._client)
        except (PrometheusApiClientException, JsonError, KeyError, TypeError) as error:
            raise self._why(self._last.answer) from error
        except requests.RequestException as error:
            raise unreachable(error, settings=self.settings) from error
        answer = self._last.answer
        if b'"warnings"' in answer.content or b'"isPartial"' in answer.content:  # prometheus-api-client drops them
            self._data_of(answer.content, status=answer.status_code, query=urlsplit(answer.url).path)
        return found

    @contextmanager
    def posted(
        self, path: str, form: Mapping[str, str], *, max_bytes: int | None = None
    ) -> Iterator[tuple[requests.Response, Callable[[int], bytes]]]:
        """POST a form (long queries do not fit into a URL); gives the answer, and a function that reads its body.

        Uncompressed: gzip costs the server twelve times what sending costs, at the worst moment. The function raises
        CutShortError where the body breaks off, SourceError where it takes too long.
        """
        settings = self.settings
        limit = {"timeout": pq.duration(settings.timeout_s)}  # nobody waits longer: the server may stop, too
        with self._session.pace:
            answer = self._sent(path, {**form, **limit})
            with answer:
                if wrong := not_answered(answer, settings=settings):
                    raise wrong
                encoding = answer.headers.get("Content-Encoding", "identity").lower()
                if encoding not in READ_ENCODINGS:
                    raise SourceError(
                        f"{self.name} sends its answers compressed as {encoding}, which is not read here",
                        hint="a proxy in between does that unasked: ask the server directly, or let it send gzip",
                    )
                yield answer, self._reader(answer, max_bytes=max_bytes or settings.max_answer_bytes)

    def _sent(self, path: str, form: Mapping[str, str]) -> requests.Response:
        """The answer to a form; asked with GET from then on where the server, or a proxy, takes no POST."""
        how: Mapping[str, Any] = {"headers": {"Accept-Encoding": "identity"}, "stream": True}
        try:
            if not self._by_get:
                answer = self._session.ask("POST", self.settings.url + path, form=form, **how)
                if answer.status_code not in NO_POST:
                    return answer
                answer.close()
            answer = self._session.ask("GET", self.settings.url + path, params=form, **how)
        except LateError as error:
            raise TooSlowError(error.message, hint=error.hint) from error
        self._by_get = self._by_get or answer.status_code not in NO_POST
        return answer

    def not_the_api(self) -> SourceError:
        """What to say of an answer that has another form."""
        return SourceError(
            f"{self.name} answered with something that is not Prometheus's API",
            hint=f"check {self.settings.option}: is it the API's address, and is a prefix missing?",
        )

    def find_prefix(self) -> str | None:
        """The address on this host under which the API does answer; None where no guess is right."""
        parts = urlsplit(self.settings.url)
        root = f"{parts.scheme}://{parts.netloc}"
        try:
            with self._session.pace:
                there = self._session.ask("GET", root + "/").headers.get("Location", "")
            told = urlsplit(there).path if there and same_server(there, settings=self.settings) else ""
            guesses = (told.rpartition("/")[0], told.rstrip("/"), *USUAL_PREFIXES)
            for guess in dict.fromkeys(each for each in guesses if each):
                with self._session.pace:
                    answer = self._session.ask("GET", f"{root}{guess}/api/v1/query", params={"query": "1"})
                if answer.status_code == 200 and "json" in answer.headers.get("Content-Type", ""):
                    return root + guess
        except SourceError:
            return None
        return None

    def _reader(self, answer: requests.Response, *, max_bytes: int) -> Callable[[int], bytes]:
        """A function that reads the next bytes of the body, as many as have come, and b"" at its end."""
        settings = self.settings
        blocks = body_blocks(
            answer,
            name=self.name,
            wait_s=min(settings.body_timeout_s, max(settings.until_s - time.monotonic(), 0.0)),
            max_bytes=max_bytes,
        )

        def read(_: int) -> bytes:
            try:
                return next(blocks, b"")
            except (ProtocolError, DecodeError) as error:
                raise CutShortError from error
            except (HTTPError, OSError) as error:
                raise unreachable(error, settings=settings) from error

        return read

    def _data_of(self, body: bytes, *, status: int, query: str) -> Any:
        try:
            parsed = read_json(body)
            for words in parsed.get("warnings") or ():
                self._warned[query, plain(str(words))] = None
            if parsed.get("isPartial") is True:
                self._warned[query, PARTIAL] = None
            if parsed["status"] == "success":
                return parsed.get("data")
            error_type, words = str(parsed.get("errorType", "")), str(parsed.get("error", ""))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self.not_the_api() from error
        raise refusal(status=status, error_type=error_type, error=words, query=query, settings=self.settings)

    def _look_at(self, answer: requests.Response, **_: object) -> requests.Response:
        """Keep every answer's clock, and the answer itself, which prometheus-api-client throws away."""
        self._last.answer = answer
        self.clock = http_date(answer.headers.get("Date", "")) or self.clock
        return answer

    def _why(self, answer: requests.Response) -> ReconstructError:
        """What was wrong with an answer that prometheus-api-client could not read."""
        if error := not_answered(answer, settings=self.settings):
            return error
        try:
            self._data_of(answer.content, status=answer.status_code, query="")
        except ReconstructError as error:
            return error
        return self.not_the_api()
