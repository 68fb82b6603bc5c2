"""What an answer may cost: seconds to its first and to its last byte, and bytes after decompression.

A time-out of a socket starts anew with every byte, so a server that drips one now and then is never late. Until the
headers are there a watchdog shuts the connection's socket; after that the body is read byte block by byte block,
with a look at the clock and at the length in between.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, Self

import requests
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import DecodeError, HTTPError, ProtocolError

from reconstruct.errors import SourceError

MAX_WHOLE_BYTES: Final = 64 << 20
"""Of an answer that is held as a whole, as text and as objects: ten times the longest list of names that was met."""
BLOCK_BYTES: Final = 1 << 18

_running = threading.local()


class HeaderWatchdog:
    """Shuts the socket of this thread's request when its headers are not there after `wait_s`."""

    def __init__(self, wait_s: float) -> None:
        self.fired = False
        self._connection: HTTPConnection | None = None
        self._timer = threading.Timer(wait_s, self._shut)
        self._timer.daemon = True

    def seen(self, connection: HTTPConnection) -> None:
        """This is the connection that the request goes over."""
        self._connection = connection

    def _shut(self) -> None:
        self.fired = True
        held = self._connection
        if held is not None and held.sock is not None:
            with contextlib.suppress(OSError):
                held.sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        _running.watchdog = self
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._timer.cancel()
        _running.watchdog = None


class _Watched(HTTPConnection):
    def putrequest(self, *args: Any, **more: Any) -> None:
        _tell(self)
        super().putrequest(*args, **more)


class _WatchedTls(HTTPSConnection):
    def putrequest(self, *args: Any, **more: Any) -> None:
        _tell(self)
        super().putrequest(*args, **more)


def _tell(connection: HTTPConnection) -> None:
    watchdog: HeaderWatchdog | None = getattr(_running, "watchdog", None)
    if watchdog is not None:
        watchdog.seen(connection)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


def watch_connections(manager: urllib3.PoolManager) -> None:
    """Let the manager's connections tell the watchdog of the request that they serve."""
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def body_blocks(answer: requests.Response, *, name: str, wait_s: float, max_bytes: int) -> Iterator[bytes]:
    """The body, unpacked, in blocks as they come.

    Parameters
    ----------
    answer : Response
        Sent with `stream=True`.
    name : str
        What messages call the server.
    wait_s : float
        Seconds from now on in which the last byte has to be there.
    max_bytes : int
        Of the unpacked body.

    Raises
    ------
    SourceError
        It takes longer, is larger, or is packed more than once.
    urllib3.exceptions.HTTPError, OSError
        It broke off.
    """
    if "," in answer.headers.get("Content-Encoding", ""):
        raise SourceError(
            f"{name} packed its answer more than once", hint="a proxy in between does that: ask the server directly"
        )
    length, until_s = 0, time.monotonic() + wait_s
    while block := answer.raw.read1(BLOCK_BYTES, decode_content=True):
        length += len(block)
        if length > max_bytes:
            answer.close()
            raise SourceError(
                f"{name} sent more than {max_bytes >> 20:,} MiB in one answer",
                hint="ask for less: a narrower --scope, or a shorter window; the limit of metrics is limits.answer_mib"
                " in reconstruct.yaml",
            )
        if time.monotonic() > until_s:
            answer.close()
            raise SourceError(
                f"{name} was still sending after {wait_s:g} s",
                hint="ask for less: a narrower --scope, or a shorter window",
            )
        yield block


def read_whole(answer: requests.Response, *, name: str, wait_s: float, max_bytes: int) -> None:
    """Read the body into `answer.content`, within the bounds of `body_blocks`.

    Raises
    ------
    SourceError
        As `body_blocks`.
    requests.RequestException
        It broke off.
    """
    try:
        body = b"".join(body_blocks(answer, name=name, wait_s=wait_s, max_bytes=max_bytes))
        answer._content, answer._content_consumed = body, True  # type: ignore[attr-defined]
    except ProtocolError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error
    except DecodeError as error:
        raise requests.exceptions.ContentDecodingError(error) from error
    except (HTTPError, OSError) as error:
        raise requests.exceptions.ConnectionError(error) from error
    finally:
        answer.close()  # back to the pool when all was read, shut when not
