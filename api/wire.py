"""How answers leave this process: one that is whole goes out in one write, head and body together.

uvicorn writes the head as soon as an answer begins. That is a system call more, and it wakes the caller for half an
answer. ASGI even wants it held back ("must not start sending the response to the client until they have received at
least one Response Body event", HTTP & WebSocket 2.3). Whatever is not plain is left to uvicorn: streams, HEAD, answers
that end a connection, and headers that it would refuse.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

if TYPE_CHECKING:
    from uvicorn._types import (
        ASGI3Application,
        ASGIReceiveCallable,
        ASGISendCallable,
        ASGISendEvent,
        HTTPResponseStartEvent,
        Scope,
    )

_IN_NAMES = b"abcdefghijklmnopqrstuvwxyz0123456789-"
_CONTROL = bytes({*range(0x20), 0x7F} - {ord("\t")})
_SAY_HOW_IT_ENDS = frozenset({b"transfer-encoding", b"connection"})


class WholeAnswers(HttpToolsProtocol):
    """uvicorn's protocol, but for how an answer is written."""

    _held = b""  #: an answer that goes out before anything else happens on this connection

    def finish(self, cycle: RequestResponseCycle, written: bytes) -> None:
        """Answer a request and leave it as uvicorn leaves it."""
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        self._held += written
        if len(self.tasks) > 1:  # others are under way, and may be done by then
            self.loop.call_soon(self.let_go)
        else:
            self.let_go()
        cycle.message_event.set()
        cycle.on_response()

    def let_go(self) -> None:
        """Write what was held back."""
        written, self._held = self._held, b""
        if written and not self.transport.is_closing():
            self.transport.write(written)

    def data_received(self, data: bytes) -> None:
        """Take in what the caller sends."""
        self.let_go()
        super().data_received(data)

    def eof_received(self) -> None:
        """Take note that the caller sends no more."""
        self.let_go()
        super().eof_received()

    def shutdown(self) -> None:
        """End the connection once the request under way is answered."""
        self.let_go()
        super().shutdown()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        super()._start_asgi_task(cycle, partial(_answered, self, cycle, app))


async def _answered(
    protocol: WholeAnswers,
    cycle: RequestResponseCycle,
    app: ASGI3Application,
    scope: Scope,
    receive: ASGIReceiveCallable,
    send: ASGISendCallable,
) -> None:
    """Serve one request; the head of its answer waits for what comes next."""
    head: HTTPResponseStartEvent | None = None

    async def answer(message: ASGISendEvent) -> None:
        nonlocal head
        if head is None:
            if message["type"] == "http.response.start" and not cycle.response_started:
                head = message
            else:
                await send(message)
            return
        begun, head = head, None
        if (written := _written(cycle, begun, message)) is None:
            await send(begun)
            await send(message)
        else:
            protocol.finish(cycle, written)

    try:
        await app(scope, receive, answer)
    except BaseException:
        protocol.let_go()  # uvicorn ends the connection
        raise
    finally:
        if head is not None:
            await send(head)


def _written(cycle: RequestResponseCycle, head: HTTPResponseStartEvent, message: Any) -> bytes | None:
    """Give the bytes of a plain answer, None of any other."""
    body = message.get("body", b"")
    if message["type"] != "http.response.body" or message.get("more_body") or not _open(cycle):
        return None
    fields = [*cycle.default_headers, *head.get("headers", ())]
    named = dict(fields)
    if b"".join(named).translate(None, _IN_NAMES) or not _SAY_HOW_IT_ENDS.isdisjoint(named):
        return None
    lines = b"".join([b"%b: %b\r\n" % field for field in fields])
    if len(lines.translate(None, _CONTROL)) != len(lines) - len(b"\r\n") * len(fields):
        return None  # a value would begin lines of its own
    if named.get(b"content-length") != b"%d" % len(body):
        return None
    return b"%b%b\r\n%b" % (STATUS_LINE[head["status"]], lines, body)


def _open(cycle: RequestResponseCycle) -> bool:
    """Say whether the caller takes a whole answer now and the connection lives on after it."""
    waits = cycle.flow.write_paused or cycle.disconnected or cycle.access_log
    return cycle.keep_alive and not waits and cycle.scope["method"] != "HEAD"
