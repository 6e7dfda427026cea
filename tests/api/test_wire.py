"""Answers go out in one write, and say the same as when uvicorn writes them in two."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import pytest
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from api.wire import WholeAnswers

Event = Callable[[HttpToolsProtocol], None]
#: What an application sends. It receives where there is None; something happens to the connection where that is said.
Messages = Sequence[dict[str, Any] | Exception | Event | None]
Protocol = type[HttpToolsProtocol]

_GET = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
_LENGTH = (b"content-length", b"5")


def start(*headers: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    """Begin an answer."""
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(text: bytes, *, more: bool = False) -> dict[str, Any]:
    """Go on with an answer, or end it."""
    return {"type": "http.response.body", "body": text, "more_body": more}


class Wire(asyncio.Transport):
    """A connection whose other end keeps what comes."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        """Keep what is written; after a closing it is lost, as it is with asyncio's own."""
        if not self.closed:
            self.writes.append(bytes(data))

    def close(self) -> None:
        """Take note."""
        self.closed = True

    def is_closing(self) -> bool:
        """Say whether it was closed."""
        return self.closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Name two ends."""
        return {"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)}.get(name, default)

    def pause_reading(self) -> None:
        """Take no notice."""

    resume_reading = pause_reading


class Seen(NamedTuple):
    """What the caller saw of a connection, and what is left of it."""

    text: bytes
    closed: bool
    answered: int  #: requests, by uvicorn's count


def talk(
    protocol: Protocol, messages: Messages, requests: Sequence[bytes] = (_GET,), *, others: bool = False
) -> tuple[Seen, list[bytes]]:
    """Send requests over a connection, each answered with the same messages; give what came of it, and each write.

    `others` has one more request under way on another connection.
    """
    made: HttpToolsProtocol
    wire, state = Wire(), ServerState()

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            if isinstance(message, Exception):
                raise message
            if callable(message):
                message(made)
                continue
            await asyncio.sleep(0)
            await (receive() if message is None else send(dict(message)))

    async def run() -> Seen:
        nonlocal made
        state.default_headers = [(b"date", b"today")]
        if others:
            state.tasks.add(cast("asyncio.Task[None]", asyncio.current_task()))
        made = protocol(Config(cast("Any", app), lifespan="off", log_config=None, access_log=False), state, {})
        made.connection_made(wire)
        for request in requests:
            made.data_received(request)
        for _ in range(50):
            await asyncio.sleep(0)
        seen = Seen(b"".join(wire.writes), wire.closed, state.total_requests)
        made.connection_lost(None)
        return seen

    return asyncio.run(run()), wire.writes


def ended(made: HttpToolsProtocol) -> None:
    """Do as a transport does when the other end has sent its last, and the protocol does not ask for more."""
    made.eof_received()
    made.transport.close()


ANSWERS: dict[str, Messages] = {
    "whole": [None, start(_LENGTH, (b"x-id", b"a\tb")), body(b"12345")],
    "not asked for what came": [start(_LENGTH), body(b"12345"), None],
    "empty": [start((b"content-length", b"0")), body(b"")],
    "no such status": [start(_LENGTH, status=299), body(b"12345")],
    "without a length": [start((b"x-id", b"1")), body(b"12345")],
    "in pieces": [start(_LENGTH), body(b"12", more=True), body(b"345")],
    "in pieces of which one is empty": [start(_LENGTH), body(b"12345", more=True), body(b"")],
    "a stream": [start(), body(b"12", more=True), body(b"", more=True), body(b"345")],
    "said to be chunked": [start((b"transfer-encoding", b"chunked")), body(b"12345")],
    "no content": [start(status=204), body(b"")],
    "not modified": [start((b"etag", b'"1"'), status=304), body(b"")],
    "the last one": [start(_LENGTH, (b"connection", b"close")), body(b"12345")],
    "loud names": [start((b"Content-Length", b"5"), (b"X-Id", b"1")), body(b"12345")],
    "twice": [start(_LENGTH, (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")), body(b"12345")],
    "too short": [start(_LENGTH), body(b"123")],
    "too long": [start(_LENGTH), body(b"1234567")],
    "a value with lines of its own": [start(_LENGTH, (b"x-id", b"1\r\nset-cookie: a=1")), body(b"12345")],
    "a value with a line feed": [start(_LENGTH, (b"x-id", b"1\nset-cookie: a=1")), body(b"12345")],
    "a value with a NUL": [start(_LENGTH, (b"x-id", b"1\0")), body(b"12345")],
    "a name with lines of its own": [start(_LENGTH, (b"x\r\na: b", b"1")), body(b"12345")],
    "a name with a space": [start(_LENGTH, (b"x id", b"1")), body(b"12345")],
    "nothing": [],
    "a head alone": [start(_LENGTH)],
    "two heads": [start(_LENGTH), start(_LENGTH), body(b"12345")],
    "a head in between": [start(), body(b"12", more=True), start(_LENGTH), body(b"12345")],
    "something else": [start((b"content-length", b"0")), {"type": "http.response.trailers"}],
    "a body first": [body(b"12345"), start(_LENGTH)],
    "one piece too many": [start(_LENGTH), body(b"12345"), body(b"6")],
    "told to stop after it": [start(_LENGTH), body(b"12345"), lambda made: made.shutdown()],
    "told to stop before it": [lambda made: made.shutdown(), start(_LENGTH), body(b"12345")],
    "the caller ends after it": [start(_LENGTH), body(b"12345"), ended],
    "the caller goes on after it": [start(_LENGTH), body(b"12345"), lambda made: made.data_received(b"")],
    "the caller raves after it": [start(_LENGTH), body(b"12345"), lambda made: made.data_received(b"\r\nrave\r\n")],
    "the caller leaves before it": [lambda made: made.connection_lost(None), start(_LENGTH), body(b"12345")],
    "a fault": [ValueError("broken")],
    "a fault after the head": [start(_LENGTH), ValueError("broken")],
    "a fault after all": [start(_LENGTH), body(b"12345"), ValueError("broken")],
}
REQUESTS: dict[str, list[bytes]] = {
    "one": [_GET],
    "one after the other": [_GET, _GET],
    "two at once": [_GET + _GET],
    "the head only": [_GET.replace(b"GET", b"HEAD")],
    "the last one": [_GET.replace(b"Host: h", b"Connection: close")],
    "of old": [_GET.replace(b"1.1", b"1.0")],
    "asking whether to go on": [b"POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", b"12"],
}


@pytest.mark.parametrize("others", [False, True])
@pytest.mark.parametrize("requests", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("messages", ANSWERS.values(), ids=ANSWERS)
def test_the_caller_sees_what_uvicorn_says(messages: Messages, requests: list[bytes], others: bool) -> None:
    """Byte for byte, whatever the application sends and however it was asked; and the connection ends where it did."""
    ours, theirs = (talk(protocol, messages, requests, others=others) for protocol in (WholeAnswers, HttpToolsProtocol))

    assert ours[0] == theirs[0]


@pytest.mark.parametrize("others", [False, True])
def test_a_plain_answer_is_written_once(others: bool) -> None:
    """Head and body in one piece, for each of two requests on a connection; uvicorn takes two writes for each."""
    plain = ANSWERS["whole"]
    ours, theirs = (talk(each, plain, [_GET, _GET], others=others)[1] for each in (WholeAnswers, HttpToolsProtocol))

    assert (len(ours), len(theirs)) == (2, 4)


@pytest.mark.parametrize("others", [False, True])
def test_answers_wait_for_those_of_others(others: bool) -> None:
    """With others under way an answer goes out once all that is ready has run, and alone at once."""
    written: list[int] = []
    talk(WholeAnswers, [*ANSWERS["whole"], lambda made: written.append(len(writes(made)))], others=others)

    assert written == [0 if others else 1]


def test_what_has_begun_when_we_stop_is_said() -> None:
    """Told to stop between head and body: the answer goes out whole, says that it is the last, and is."""
    seen, _ = talk(WholeAnswers, [start(_LENGTH), lambda made: made.shutdown(), body(b"12345")])

    assert seen.text.endswith(b"\r\nconnection: close\r\n\r\n12345")
    assert seen.closed


def test_who_left_is_told_nothing() -> None:
    """Nothing is written to a connection that is gone, not even what was held back."""

    def leave(made: HttpToolsProtocol) -> None:
        made.transport.close()
        made.connection_lost(None)

    assert talk(WholeAnswers, [leave, *ANSWERS["whole"]])[0].text == b""
    assert talk(WholeAnswers, [*ANSWERS["whole"], leave], others=True)[0].text == b""


def test_who_does_not_read_is_waited_for() -> None:
    """While the connection takes nothing more, nothing is written; when it does again, the answer is."""

    def pause(made: HttpToolsProtocol) -> None:
        made.pause_writing()
        resume(made, 20)

    def resume(made: HttpToolsProtocol, turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(resume, made, turns - 1)
            return
        written.append(len(writes(made)))
        made.resume_writing()

    written: list[int] = []
    seen, _ = talk(WholeAnswers, [pause, *ANSWERS["whole"]])

    assert written == [0]
    assert seen.text.endswith(b"\r\n\r\n12345")


def test_who_waits_for_the_end_is_told() -> None:
    """A part of the application that waits until the caller is gone wakes up once all is said."""

    async def listen(made: HttpToolsProtocol) -> None:
        while (await made.cycle.receive())["type"] != "http.disconnect":
            pass
        connected.append(made in made.connections)

    def wait(made: HttpToolsProtocol) -> None:
        listening.append(asyncio.ensure_future(listen(made)))

    connected: list[bool] = []
    listening: list[asyncio.Future[None]] = []
    talk(WholeAnswers, [wait, *ANSWERS["not asked for what came"]])

    assert connected == [True]


def writes(made: HttpToolsProtocol) -> list[bytes]:
    """Give what was written so far."""
    return cast("Wire", made.transport).writes
