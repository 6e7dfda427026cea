"""Traces by OpenTelemetry (extra `otel`): a span for each request, each decision in it and each commit it waits for.

Where they go is said by the standard variables (``OTEL_TRACES_EXPORTER``, ``OTEL_EXPORTER_OTLP_ENDPOINT``,
``OTEL_TRACES_SAMPLER``, ``OTEL_SERVICE_NAME``, ...), whether there are any by ``GROUNDS_TRACING``. The engine and the
log know nothing of it: what is traced here stands in the place of what is not, so without it nothing is paid.

Names and attributes are ours: method, path template, status, policy, executor, the kind of an error. Nothing of a
path, a query, a header, a body or an error's message is in them, since traces go to other people's systems.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from importlib.metadata import entry_points
from typing import Any, Self, TypeVar

import sqlalchemy as sa
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from opentelemetry import propagate, trace
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer

from api.errors import TracingRefused
from api.foresight import Foresight
from api.logs import route_of
from api.recording import Apart, Made, Recorded
from api.settings import Settings
from audit import Log, Writer
from engine import Decision, Engine
from engine.reload import LiveEngine

T = TypeVar("T")
Work = Callable[[sa.Connection], T]

_QUIET: Mapping[str, Any] = {"record_exception": False, "set_status_on_exception": False}  #: messages quote people
_EXPORTERS = "opentelemetry_traces_exporter"  #: the entry points by which exporters are known
_OTLP = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}


class Tracing:
    """Makes the parts of a service that leave spans; `close` sends what was not sent yet."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider, self._tracer = provider, provider.get_tracer("grounds")

    @classmethod
    def from_environment(cls) -> Self:
        """Trace to where the ``OTEL_...`` variables say; raise TracingRefused if that cannot be."""
        named = {} if os.environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: "grounds"}
        provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
        for name in _exporters(os.environ):
            provider.add_span_processor(BatchSpanProcessor(_exporter(name)))
        return cls(provider)

    def engine(self, engine: Engine) -> LiveEngine:
        """Put an engine in force that leaves a span for each decision."""
        return _TracedEngine(engine, self._tracer)

    def writer(self, log: Log, clock: Callable[[], dt.datetime], bound: int, ahead: Foresight, most: int) -> Writer:
        """Begin a writer that leaves a span for each work a traced caller waits for."""
        return _TracedWriter(self._tracer, log, clock, bound, ahead, most)

    def apart(self, settings: Settings) -> Apart:
        """Make a process that records, with a span for each draft a traced caller waits for."""
        return _TracedApart(self._tracer, settings)

    def requests(self, app: ASGIApp) -> ASGIApp:
        """Wrap an application: each request leaves a span, which continues the caller's trace if it names one."""
        return partial(_requested, self._tracer, app)

    def marks(self) -> dict[str, str]:
        """Give what joins a line of the request log to its trace."""
        here = trace.get_current_span().get_span_context()
        return {"trace_id": trace.format_trace_id(here.trace_id)} if here.is_valid else {}

    def close(self) -> None:
        """Send what was not sent yet."""
        self._provider.shutdown()


async def _requested(tracer: Tracer, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != ScopeType.HTTP:
        await app(scope, receive, send)
        return
    http, status = scope, 0
    parent = propagate.extract({name.decode("latin-1"): each.decode("latin-1") for name, each in http["headers"]})

    async def answer(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        await send(message)

    with tracer.start_as_current_span("request", context=parent, kind=SpanKind.SERVER, **_QUIET) as span:
        try:
            await app(scope, receive, answer)
        finally:
            _tell(span, route_of(http), status)


def _tell(span: Span, route: Mapping[str, str], status: int) -> None:
    span.update_name(f"{route['method']} {route['path']}")
    span.set_attributes({"http.request.method": route["method"], "http.route": route["path"]})
    if status:  # else the caller left before an answer began
        span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(StatusCode.ERROR)


class _TracedEngine(LiveEngine):
    def __init__(self, engine: Engine, tracer: Tracer) -> None:
        super().__init__(engine)
        self._tracer = tracer

    def decide(self, name: str, facts: Mapping[str, object], as_of: dt.datetime) -> Decision:
        with _spanned(self._tracer, "decide") as span:
            decision = super().decide(name, facts, as_of)
            span.set_attribute("grounds.policy", decision.policy.name)
            span.set_attribute("grounds.policy.version", decision.policy.version)
            span.set_attribute("grounds.executor", decision.engine.name)
            return decision


class _TracedWriter(Writer):
    def __init__(
        self, tracer: Tracer, log: Log, clock: Callable[[], dt.datetime], bound: int, ahead: Foresight, most: int
    ) -> None:
        self._tracer = tracer
        super().__init__(log, clock, bound, ahead, most)

    def submit(self, work: Work[T], event_id: str | None = None, hint: Any = None) -> Future[T]:
        if not trace.get_current_span().is_recording():
            return super().submit(work, event_id, hint)
        with _spanned(self._tracer, "commit", end_on_exit=False) as span:
            future = super().submit(partial(_begun, span, work), event_id, hint)
        future.add_done_callback(partial(_ended, span))
        return future

    def ask(self, work: Work[T], event_id: str | None = None, hint: Any = None) -> asyncio.Future[T]:
        if not trace.get_current_span().is_recording():
            return super().ask(work, event_id, hint)
        with _spanned(self._tracer, "commit", end_on_exit=False) as span:
            future = super().ask(partial(_begun, span, work), event_id, hint)
        future.add_done_callback(partial(_ended, span))
        return future


class _TracedApart(Apart):
    def __init__(self, tracer: Tracer, settings: Settings) -> None:
        self._tracer = tracer
        super().__init__(settings)

    def ask(self, made: Made) -> asyncio.Future[Recorded]:
        if not trace.get_current_span().is_recording():
            return super().ask(made)
        with _spanned(self._tracer, "commit", end_on_exit=False) as span:
            future = super().ask(made)
        future.add_done_callback(partial(_ended, span))
        return future


def _begun(span: Span, work: Work[T], connection: sa.Connection) -> T:
    """Mark where waiting for the transaction before ends and the own one begins."""
    span.add_event("begun")
    return work(connection)


def _ended(span: Span, future: Future[Any] | asyncio.Future[Any]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        _failed(span, error)
    span.end()


@contextmanager
def _spanned(tracer: Tracer, name: str, *, end_on_exit: bool = True) -> Iterator[Span]:
    """Open a span; of an error that passes it tells the kind, and nothing that was said. An error always ends it."""
    with tracer.start_as_current_span(name, end_on_exit=end_on_exit, **_QUIET) as span:
        try:
            yield span
        except Exception as error:
            _failed(span, error)
            span.end()
            raise


def _failed(span: Span, error: BaseException) -> None:
    span.set_attribute("error.type", type(error).__qualname__)
    span.set_status(StatusCode.ERROR)


def _exporters(environment: Mapping[str, str]) -> Iterator[str]:
    """Give the exporters that are asked for, by the names of their entry points."""
    protocol = environment.get("OTEL_EXPORTER_OTLP_PROTOCOL") or "http/protobuf"
    protocol = environment.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or protocol
    for each in (environment.get("OTEL_TRACES_EXPORTER") or "otlp").split(","):
        name = each.strip()
        if name not in {"none", ""}:
            yield _OTLP.get(protocol, protocol) if name == "otlp" else name


def _exporter(name: str) -> Any:
    for point in entry_points(group=_EXPORTERS, name=name):
        return point.load()()
    known = ", ".join(sorted(point.name for point in entry_points(group=_EXPORTERS)))
    remedy = f"set OTEL_TRACES_EXPORTER to one of: {known}, none; or install the package that brings it"
    raise TracingRefused(f"no exporter of traces is called `{name[:80]}` ({remedy})")
