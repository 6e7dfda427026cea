"""Bulks as NDJSON: lines in, answers out, each by itself, in order, at once, and no more than may be."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx import Client
from litestar.testing import TestClient

from api.app import create_app
from api.ndjson import Line, Lines
from api.roles import Role
from api.settings import Settings
from audit import QueueFull, Writer
from tests.api.conftest import Clock, NewKey, application, as_role
from tests.api.test_bulk import BAD, item, send
from tests.api.test_server import Server, serving, verified

KIND = {"Content-Type": "application/x-ndjson"}


def lines(*items: dict[str, Any]) -> bytes:
    """Write items, one a line."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in items)


def stream(client: Client, body: Any, **headers: str) -> list[dict[str, Any]]:
    """Send lines and give the answers."""
    answer = client.post("/decisions/bulk", content=body, headers={**KIND, **headers})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson"), answer.text
    return [json.loads(each) for each in answer.content.splitlines()]


@pytest.mark.parametrize("size", [1, 2, 7, 1_000_000])
def test_lines_come_out_of_any_pieces(size: int) -> None:
    """However a text is cut, its lines are the same, blank ones are counted and not given, the last needs no end."""
    text = b'{"a":1}\n\n  \r\n{"b":"\xe4\xb8\xad"}\r\n' + b"x" * 21 + b"\nlast"
    found = Lines(longest=20)
    given = [line for at in range(0, len(text), size) for line in found.feed(text[at : at + size])]

    assert [*given, *found.end()] == [
        Line(1, b'{"a":1}'),
        Line(4, b'{"b":"\xe4\xb8\xad"}\r'),
        Line(5, None),
        Line(6, b"last"),
    ]


def test_every_line_is_answered_in_its_place(http: Client) -> None:
    """In their order, with the bytes POST /decisions gives, whichever was durable first."""
    items = [item(f"k{number}", subject=f"s{number}") for number in range(150)]
    told = stream(http, lines(*items))

    assert [(each["line"], each["key"], each["status"]) for each in told] == [
        (number + 1, f"k{number}", 201) for number in range(150)
    ]
    assert [each["decision"]["subject"] for each in told] == [f"s{number}" for number in range(150)]
    assert http.get(f"/decisions/{told[70]['decision']['id']}").json() == told[70]["decision"]


@pytest.mark.parametrize("case", BAD)
def test_a_line_that_is_refused_keeps_none_back(http: Client, case: str) -> None:
    """Its answer is the problem POST /decisions gives; its key stays free."""
    request, status, path = BAD[case]
    first, refused, last = stream(http, lines(item("a"), {"key": "bad", "request": request}, item("b")))

    assert (first["status"], last["status"]) == (201, 201)
    assert (refused["key"], refused["status"], refused["problem"]["errors"][0]["path"]) == ("bad", status, path)
    assert stream(http, lines(item("bad")))[0].get("replayed") is None


UNREADABLE = {
    "no JSON": (b"{", 400),
    "a name twice": (b'{"key":"k","key":"k"}', 400),
    "not UTF-8": (b'{"key":"\xff"}', 400),
    "too deep": (b"[" * 100 + b"]" * 100, 400),
    "no key": (json.dumps({"request": application()}).encode(), 422),
    "a blank key": (json.dumps(item(" ")).encode(), 422),
    "a list": (b"[]", 422),
    "too long": (b" " * 1_048_577 + b"{}", 413),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_line_that_cannot_be_read_says_which(http: Client, case: str) -> None:
    """The others are decided; a problem names the line and the remedy."""
    text, status = UNREADABLE[case]
    told = stream(http, lines(item("a")) + text + b"\n\n" + lines(item("b")))

    assert [(each["line"], each["status"]) for each in told] == [(1, 201), (2, status), (4, 201)]
    assert told[1]["key"] == ""
    assert told[1]["problem"]["errors"][0]["remedy"]


def test_a_repetition_is_answered_as_before(http: Client) -> None:
    """The same lines again decide nothing twice, and a key is the same in a list, a stream or alone."""
    body = lines(item("k1"), item("k2"), item("k1"))
    first, again = stream(http, body), stream(http, body)

    assert first[2]["decision"] == first[0]["decision"]
    assert [each["decision"] for each in again] == [each["decision"] for each in first]
    assert all(each["replayed"] for each in again)
    assert send(http, item("k1")).json()["items"][0]["decision"] == first[0]["decision"]
    assert len(http.get("/decisions").json()["items"]) == 2


def test_when_the_writer_cannot_keep_up_each_line_says_so(http: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What found no room answers 503 by itself."""
    real, calls = Writer.ask, count(1)

    def sometimes(*arguments: Any) -> Any:
        if next(calls) == 2:
            raise QueueFull(4096)
        return real(*arguments)

    monkeypatch.setattr(Writer, "ask", sometimes)

    assert sorted(each["status"] for each in stream(http, lines(item("a"), item("b"), item("c")))) == [201, 201, 503]


@pytest.fixture
def small(settings: Settings, clock: Clock, key: str) -> Iterator[Client]:
    """Speak to a service that takes little at a time."""
    bounded = settings.model_copy(update={"bulk_lines": 5, "bulk_limit_bytes": 20_000})
    with TestClient(create_app(bounded, clock), raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        yield client


def test_what_is_too_much_is_refused_and_the_rest_answered(small: Client) -> None:
    """Beyond so many lines one last answer says so; who tells the length beforehand is refused at once."""
    items = [item(f"k{number}") for number in range(9)]
    told = stream(small, iter([lines(each) for each in items]))
    whole = small.post("/decisions/bulk", content=b"x" * 20_001, headers=KIND)
    pieces = stream(small, iter([lines(item("one")), b"x" * 20_000]))

    assert [(each["line"], each["status"]) for each in told] == [
        (1, 201),
        (2, 201),
        (3, 201),
        (4, 201),
        (5, 201),
        (0, 413),
    ]
    assert (whole.status_code, whole.json()["type"]) == (413, "urn:problem-type:grounds:too-large")
    assert [(each["line"], each["status"]) for each in pieces] == [(1, 201), (0, 413)]


def test_nothing_is_a_bulk_of_no_lines(http: Client) -> None:
    """Who sends nothing is told nothing."""
    assert stream(http, b"") == []
    assert stream(http, b"\n \n") == []


def test_only_who_may_decide_may_send_lines(http: Client, new_key: NewKey) -> None:
    """A reviewer's key is refused before a line is read, and so is a stranger."""
    headers = {**KIND, **as_role(http, new_key(Role.REVIEWER))}

    assert http.post("/decisions/bulk", content=lines(item("k")), headers=headers).status_code == 403
    stranger = http.post("/decisions/bulk", content=lines(item("k")), headers={**KIND, "Authorization": "Bearer x"})
    assert stranger.status_code == 401


@pytest.fixture
def server(settings: Settings, tmp_path: Path) -> Iterator[Server]:
    """Serve for real: only there are two ways at once."""
    with serving(settings, tmp_path / "log") as running:
        yield running


def _connect(server: Server, key: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])), timeout=30)
    head = ("POST /decisions/bulk HTTP/1.1", "Host: x", f"Authorization: Bearer {key}", "Transfer-Encoding: chunked")
    connection.sendall("\r\n".join([*head, "Content-Type: application/x-ndjson", "", ""]).encode())
    return connection


def _chunk(text: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(text), text)


def _until(connection: socket.socket, wanted: bytes) -> bytes:
    found = b""
    while wanted not in found:
        piece = connection.recv(65_536)
        assert piece, found[-500:]
        found += piece
    return found


def test_a_line_is_answered_while_the_request_goes_on(server: Server, key: str) -> None:
    """Whoever sends a line and waits gets its answer before they send the next one."""
    with _connect(server, key) as connection:
        for number in range(3):
            connection.sendall(_chunk(lines(item(f"k{number}"))))
            assert b'"status":201' in _until(connection, b'"key":"k%d"' % number)
        connection.sendall(_chunk(b""))
        _until(connection, b"0\r\n\r\n")


def test_who_sends_everything_before_reading_does_not_stand_still(server: Server, settings: Settings, key: str) -> None:
    """3,000 lines are sent without an answer being read, far more than fits on the way; then all answers come."""
    body = [lines(item(f"k{number}", subject=f"s{number}")) for number in range(3_000)]
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}", **KIND}, timeout=100) as client:
        told = client.post("/decisions/bulk", content=iter(body))

    assert [json.loads(each)["status"] for each in told.iter_lines()] == [201] * 3_000
    assert server.stop() == 0
    assert verified(settings).entries >= 3_000


def test_who_leaves_ends_it(server: Server, settings: Settings, key: str) -> None:
    """What was begun is recorded, the rest is not begun, the service goes on, and the lines can be sent again."""
    body = [item(f"k{number}") for number in range(2_000)]
    with _connect(server, key) as connection:
        sender = threading.Thread(target=lambda: connection.sendall(_chunk(lines(*body))))
        sender.start()
        _until(connection, b'"key":"k0"')
        sender.join()
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}, timeout=100) as client:
        told = stream(client, lines(*body[:100]))
        assert [each["status"] for each in told] == [201] * 100
        assert told[0]["replayed"]
        assert client.get("/health/ready").status_code == 200
    assert server.stop() == 0
    assert verified(settings).entries < 2_000
