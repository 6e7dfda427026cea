"""Logs for operators: one JSON line per request, with nothing in it about anybody.

Method, path template, status, milliseconds, request id and acting key; never a body, header, query, subject or fact.
A log line is not evidence: evidence is the audit log.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import msgspec
import structlog
import uuid_utils
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HEADER = b"x-request-id"

Served = Callable[[str, str, int, float], None]
Complete = Callable[[Message, Scope], Awaitable[None]]

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_actor: ContextVar[list[str] | None] = ContextVar("actor", default=None)

log: structlog.typing.FilteringBoundLogger = structlog.get_logger("grounds")


class _Lines:
    """Writes each event as one line of JSON to standard error, at once.

    There is a line for every request, and a chain of structlog's processors takes four times as long to write it.
    """

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take what structlog makes every logger of, and need none of it."""

    def info(self, event: str, **told: Any) -> None:
        """Write a line about what went well."""
        _write(told, event, "info")

    def warning(self, event: str, **told: Any) -> None:
        """Write a line about what somebody should know."""
        _write(told, event, "warning")

    def error(self, event: str, **told: Any) -> None:
        """Write a line about what somebody should look at."""
        _write(told, event, "error")


def _write(told: dict[str, Any], event: str, level: str) -> None:
    """Write a line, or lose it: a closed pipe or a full disk under the log must not stop decisions."""
    at = msgspec.to_builtins(dt.datetime.now(dt.UTC))  # as `isoformat` writes it, but for the Z, in a third of its time
    told["event"], told["level"], told["at"] = event, level, at
    try:
        sys.stderr.write(f"{_text(told)}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def _text(line: dict[str, Any]) -> str:
    """Write JSON in ASCII, which standard error takes whatever its encoding."""
    try:
        return msgspec.json.format(msgspec.json.encode(line), indent=0).decode("ascii")
    except (UnicodeError, TypeError):  # somebody's folder, and not the line of a request
        return json.dumps(line, default=repr)


class Foreign(logging.Handler):
    """Writes what libraries have to say as lines of ours: who, where and what broke, never the words.

    Those may quote a request, and would stand among JSON lines as they are.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write one."""
        write = log.error if record.levelno >= logging.ERROR else log.warning
        write("library", logger=record.name, place=f"{record.module}:{record.lineno} {record.funcName}")
        if record.exc_info and record.exc_info[1] is not None:
            log_fault(record.exc_info[1])


def configure() -> None:
    """Write JSON lines to standard error, for libraries too unless somebody listens to them already."""
    logging.basicConfig(handlers=[Foreign(logging.WARNING)])
    structlog.configure(
        wrapper_class=_Lines,  # type: ignore[arg-type]  # nobody binds anything to it
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=False,
    )


def request_id() -> str:
    """The id of the request being served; empty outside one."""
    return _request_id.get()


def bind_actor(actor: str) -> None:
    """Say who is acting, for the line of this request."""
    if (holder := _actor.get()) is not None:
        holder.append(actor)


def log_fault(error: BaseException) -> None:
    """Log where something broke: kinds and places only, because messages may quote what people sent."""
    chain: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < 5:
        chain.append(type(cause).__qualname__)
        cause = cause.__cause__ or cause.__context__
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    log.error("fault", kinds=chain, frames=frames[-12:], request_id=request_id())


@contextlib.contextmanager
def faults_told() -> Iterator[None]:
    """Log what breaks inside the block, and let it go on."""
    try:
        yield
    except Exception as error:
        log_fault(error)
        raise


def log_adopted(entries: int) -> None:
    """Log that entries were found that no checkpoint covered, and were signed: the run before was cut short."""
    log.warning("adopted", entries=entries)


class RequestLog:
    """Wraps the whole application: gives every request an id, echoes it, and writes its one line."""

    def __init__(
        self,
        app: ASGIApp,
        clock: Callable[[], float] = time.perf_counter,
        served: Served = lambda _method, _route, _status, _seconds: None,
        marks: Callable[[], Mapping[str, str]] | None = None,
        heads: Sequence[Complete] = (),
    ) -> None:
        """`served` is told method, path template, status and seconds of every request; `marks` go into its line.

        `heads` complete the head of every answer, after its id was added.
        """
        self._app, self._clock, self._tell, self._marks, self._heads = app, clock, served, marks, heads
        bound = log.bind()
        self._log = bound if isinstance(bound, _Lines) else log  # ours holds nothing, so one does for all requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        identity = _accepted(scope) or str(uuid_utils.uuid7())
        _request_id.set(identity)
        actors: list[str] = []
        _actor.set(actors)
        started = self._clock()
        status = 0  # stays 0 when the client left before an answer began

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (_HEADER, identity.encode())]
                for complete in self._heads:
                    await complete(message, scope)
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            seconds, route = self._clock() - started, route_of(scope)
            self._log.info(
                "request",
                **route,
                status=status,
                ms=round(seconds * 1000, 2),
                request_id=identity,
                actor="".join(actors),
                **(self._marks() if self._marks else {}),
            )
            self._tell(route["method"], route["path"], status, seconds)


def route_of(scope: HTTPScope) -> dict[str, str]:
    """Name the method and path template; both are ours, whatever the caller wrote."""
    method = scope["method"] if scope["method"] in _METHODS else "OTHER"
    return {"method": method, "path": scope.get("path_template") or "unmatched"}


def _accepted(scope: HTTPScope) -> str | None:
    """Take the caller's X-Request-Id if it is short and plain."""
    for name, value in scope["headers"]:
        if name == _HEADER:
            text = value.decode("latin-1")
            return text if _ACCEPTED_ID.match(text) else None
    return None
