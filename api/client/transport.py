"""One request and its retries: the same Idempotency-Key every time, so that trying again cannot do anything twice."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

import httpx
import msgspec

from api.client.errors import Unreachable, refused

T = TypeVar("T")

_KEY = "Idempotency-Key"
_LINES = "application/x-ndjson"
_BUSY = 503
_TOO_MANY = 429
_AGAIN = frozenset({_TOO_MANY, _BUSY})
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 30.0


class Reply(msgspec.Struct, Generic[T], frozen=True):
    """An answer: what it says, and what came with it."""

    value: T
    status: int
    raw: bytes  #: the very bytes, e.g. to keep beside a receipt
    etag: str  #: what If-Match takes; empty where nothing has versions
    repeated: bool  #: an earlier request with this key did it, and this is its answer


class Call(msgspec.Struct, frozen=True):
    """One operation with its arguments; an absent argument is None."""

    method: str
    path: str
    query: Mapping[str, Any] = {}
    headers: Mapping[str, str | None] = {}
    body: Any = None
    keyed: bool = False  #: takes an Idempotency-Key


class Pauses(msgspec.Struct, frozen=True):
    """How often and when to try again; `draw` gives a number from 0 up to 1."""

    attempts: int = 5
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[], float] = random.SystemRandom().random

    def before(self, attempt: int, asked_seconds: float) -> None:
        """Pause before attempt number `attempt`, counted from 1, at least as long as the service asked for."""
        planned = _FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * (0.5 + self.draw())
        self.sleep(min(_LONGEST_PAUSE_SECONDS, max(planned, asked_seconds)))


class Transport:
    """Sends calls through an httpx client, which it does not own."""

    def __init__(self, client: httpx.Client, key: str, pauses: Pauses) -> None:
        self._client, self._pauses = client, pauses
        self._always = {"Authorization": f"Bearer {key}"}

    def send(self, call: Call, types: Mapping[int, Any]) -> Reply[Any]:
        """Send a call and read its answer as the type of its status; raise Refused or Unreachable."""
        answer = self._answered(call)
        if answer.status_code not in types:
            raise refused(answer.status_code, answer.content)
        value = _read(answer, types[answer.status_code])
        repeated = answer.headers.get("idempotent-replayed") == "true"
        return Reply(value, answer.status_code, answer.content, answer.headers.get("etag", ""), repeated)

    def lines(self, path: str, items: Iterable[Any], kind: type[T]) -> Iterator[T]:
        """Post items as NDJSON and give the answers as they come, as `kind`; raise Refused or Unreachable.

        Nothing is tried again: what was answered is done, and the caller knows what was not.
        """
        sent = {**self._always, "Content-Type": _LINES}
        body = (msgspec.json.encode(item) + b"\n" for item in items)
        try:
            with self._client.stream("POST", path, headers=sent, content=body) as answer:
                if answer.status_code != 200:
                    raise refused(answer.status_code, answer.read())
                for line in answer.iter_lines():
                    yield msgspec.json.decode(line, type=kind)
        except httpx.TransportError as error:
            raise Unreachable(str(error)) from error

    def _answered(self, call: Call) -> httpx.Response:
        request = self._request(call)
        harmless = call.keyed or call.method == "GET"
        for attempt in range(1, self._pauses.attempts + 1):
            last = attempt == self._pauses.attempts
            asked_seconds = 0.0
            try:
                answer = self._client.send(request)
            except httpx.TransportError as error:
                if last or not harmless:
                    raise Unreachable(str(error)) from error
            else:
                again = answer.status_code in (_AGAIN if harmless else {_TOO_MANY})
                if last or not again:
                    return answer
                asked_seconds = _seconds(answer.headers.get("retry-after", ""))
            self._pauses.before(attempt, asked_seconds)
        raise AssertionError  # the last attempt returned or raised

    def _request(self, call: Call) -> httpx.Request:
        headers = {name: value for name, value in call.headers.items() if value is not None}
        if call.keyed:
            headers.setdefault(_KEY, str(uuid.uuid4()))
        query = {name: _text(value) for name, value in call.query.items() if value is not None}
        body = None if call.body is None else msgspec.json.encode(call.body)
        kind = {} if body is None else {"Content-Type": "application/json"}
        sent = {**self._always, **kind, **headers}
        return self._client.build_request(call.method, call.path, params=query, headers=sent, content=body)


def _read(answer: httpx.Response, kind: Any) -> Any:
    if kind is None:
        return None
    if kind is bytes:
        return answer.content
    return answer.text if kind is str else msgspec.json.decode(answer.content, type=kind)


def _text(value: Any) -> str:
    plain = msgspec.to_builtins(value)
    return str(plain).lower() if isinstance(plain, bool) else str(plain)


def _seconds(header: str) -> float:
    return float(header) if header.isascii() and header.isdigit() else 0.0
