"""A server that does what no server should: written on a bare handler, so that every byte is the test's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Exchange:
    """One request, and the connection to answer it on."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        self.method = handler.command
        self.path = urlsplit(handler.path).path
        self.query = parse_qs(urlsplit(handler.path).query)
        self.form = {name: values[0] for name, values in parse_qs(handler.rfile.read(length).decode()).items()}
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self._handler = handler

    def head(self, status: int, **headers: str) -> None:
        """Status and headers; a name's `_` is a `-`."""
        if "Date" in headers:  # instead of the true one
            self._handler.send_response_only(status)
        else:
            self._handler.send_response(status)
        for name, value in headers.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.send_header("Connection", "close")
        self._handler.end_headers()

    def raw(self, content: bytes) -> None:
        """Bytes on the wire, whatever they are."""
        self.write(content)

    def write(self, body: bytes) -> None:
        self._handler.wfile.write(body)
        self._handler.wfile.flush()

    def answer(self, body: str | bytes, *, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        """A whole, proper answer."""
        raw = body.encode() if isinstance(body, str) else body
        self.head(status, Content_Type=kind, Content_Length=str(len(raw)), **headers)
        self.write(raw)


@contextmanager
def misbehaving(behave: Callable[[Exchange], None]) -> Iterator[tuple[str, list[Exchange]]]:
    """The address of a server that behaves so, and what it has been asked."""
    seen: list[Exchange] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            exchange = Exchange(self)
            seen.append(exchange)
            self.close_connection = True
            with suppress(BrokenPipeError, ConnectionResetError):  # the client had enough
                behave(exchange)

        do_GET = do_POST = _any  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature of the base class
            """Silence: pytest shows what matters."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
