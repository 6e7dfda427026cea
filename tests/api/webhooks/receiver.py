"""A receiver of events: a real server on this machine that goes down, comes back, and answers as it is told."""

from __future__ import annotations

import datetime as dt
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
from standardwebhooks import Webhook

Decide = Callable[["Received"], int]


class Received(NamedTuple):
    """One request."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The event in it."""
        told = json.loads(self.body)
        assert isinstance(told, dict)
        return told

    def verified(self, secret: str) -> dict[str, Any]:
        """Check the signature as the library of Standard Webhooks does, without its look at the clock."""
        claimed = self.headers["webhook-signature"].split(" ")
        at = int(self.headers["webhook-timestamp"])
        moment = dt.datetime.fromtimestamp(at, dt.UTC)
        made = Webhook(secret).sign(self.headers["webhook-id"], moment, self.body.decode())
        assert made in claimed
        return self.event


class Receiver:
    """Takes events on one port for the length of a test."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.decide: Decide = lambda _: 204
        self._arrived = threading.Condition()
        self._server = self._listen(0)
        self.port = self._server.server_address[1]

    @property
    def url(self) -> str:
        """Where events are taken."""
        return f"http://127.0.0.1:{self.port}/events"

    def go_down(self) -> None:
        """Refuse connections."""
        self._server.shutdown()
        self._server.server_close()

    def come_back(self) -> None:
        """Listen again, at the same address."""
        self._server = self._listen(self.port)

    def secure(self, context: ssl.SSLContext) -> None:
        """Listen again, by TLS."""
        self._server = self._listen(self.port, context)

    def wait_for(self, enough: Callable[[list[Received]], bool], seconds: float = 30) -> list[Received]:
        """Wait until what was received is enough; fail the test if it never is."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: enough(self.received), seconds):
                pytest.fail(f"received only {len(self.received)}")
            return list(self.received)

    def wait_for_ids(self, ids: set[str], seconds: float = 30) -> list[Received]:
        """Wait until an event of each id was taken."""
        return self.wait_for(lambda received: ids <= {each.headers["webhook-id"] for each in received}, seconds)

    def take(self, received: Received) -> int:
        """Decide about a request and note it if it is taken."""
        status = self.decide(received)
        if 200 <= status < 300:
            with self._arrived:
                self.received.append(received)
                self._arrived.notify_all()
        return status

    def _listen(self, port: int, context: ssl.SSLContext | None = None) -> ThreadingHTTPServer:
        server = _Server(("127.0.0.1", port), _handler(self))
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        return server


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: whoever hung up meant to."""


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = receiver.take(Received({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            if status == 429:
                self.send_header("Retry-After", "120")
            if status in (301, 307):
                self.send_header("Location", receiver.url)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
            pass

    return Handler


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Receive for the length of a block."""
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.go_down()
