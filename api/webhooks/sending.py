"""One attempt to deliver: a fresh connection to an address that was just looked at, and at most so many seconds.

No redirect is followed, no proxy of the environment is used and no connection is kept: the next attempt asks again
where the name leads. Nothing of an answer is read but its head.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import httpcore

from api.webhooks.messages import MEDIA_TYPE
from api.webhooks.targets import Forbidden, Gate, Target, Unresolved

Problem = Literal["", "refused", "unresolved", "forbidden", "unreachable", "timeout", "garbled"]
_AGENT = "grounds-webhooks"


class Answer(NamedTuple):
    """What became of an attempt: a status, or the reason why there is none."""

    status: int | None = None
    problem: Problem = ""
    retry_after_seconds: int = 0

    @property
    def taken(self) -> bool:
        """Whether the receiver has it (Standard Webhooks: any 2xx)."""
        return not self.problem

    @property
    def gone(self) -> bool:
        """Whether the receiver wants no more (410)."""
        return self.status == 410


class Sender:
    """Delivers; may be called from several threads."""

    def __init__(self, gate: Gate, timeout_seconds: float, trusted: ssl.SSLContext | None = None) -> None:
        self._gate, self._seconds = gate, timeout_seconds
        self._trusted = trusted or ssl.create_default_context()

    def send(self, target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post `body`; every failure is an answer."""
        try:
            return self._send(target, headers, body)
        except Unresolved:
            return Answer(problem="unresolved")
        except Forbidden:
            return Answer(problem="forbidden")
        except httpcore.TimeoutException:
            return Answer(problem="timeout")
        except httpcore.NetworkError:
            return Answer(problem="unreachable")
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol):
            return Answer(problem="garbled")

    def _send(self, target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
        deadline = time.monotonic() + self._seconds
        each = dict.fromkeys(("connect", "read", "write", "pool"), self._seconds)
        told = {"content-type": MEDIA_TYPE, "user-agent": _AGENT, **headers}
        backend = _Guarded(self._gate, deadline)
        with (
            httpcore.ConnectionPool(ssl_context=self._trusted, network_backend=backend) as pool,
            pool.stream(
                "POST",
                httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path),
                headers=[*told.items()],
                content=body,
                extensions={"timeout": each},
            ) as response,
        ):
            problem: Problem = "" if 200 <= response.status < 300 else "refused"
            return Answer(response.status, problem, _retry_after(response.headers))


def _retry_after(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Read Retry-After in seconds (RFC 9110 section 10.2.3); a date counts as nothing."""
    text = next((value for name, value in headers if name.lower() == b"retry-after"), b"")
    return int(text) if text.isdigit() and len(text) < 10 else 0


class _Guarded(httpcore.NetworkBackend):
    """Opens connections only to addresses that may be reached, by the address that was looked at."""

    def __init__(self, gate: Gate, deadline: float) -> None:
        self._gate, self._deadline = gate, deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *rest: Any, **more: Any) -> _Bounded:
        """Connect to the first of a name's addresses that answers."""
        failed: httpcore.NetworkError | None = None
        for address in self._gate.addresses(host, port):
            try:
                stream = self._sockets.connect_tcp(address, port, _left(self._deadline, timeout), *rest, **more)
                return _Bounded(stream, self._deadline)
            except httpcore.NetworkError as error:
                failed = error
        raise failed or Unresolved(host)


class _Bounded(httpcore.NetworkStream):
    """A connection that ends with the attempt, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there, in the time that is left."""
        return self._stream.read(max_bytes, _left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write, in the time that is left."""
        self._stream.write(buffer, _left(self._deadline, timeout))

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Bounded:
        """Secure the connection, in the time that is left."""
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline, timeout))
        return _Bounded(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Tell of the connection beneath."""
        return self._stream.get_extra_info(info)


def _left(deadline: float, timeout: float | None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left if timeout is None else min(left, timeout)
