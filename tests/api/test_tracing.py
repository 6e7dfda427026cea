"""Traces: a span for each request, decision and commit, whole and nested, and nothing of anybody in them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from httpx import Client
from litestar.testing import TestClient
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from api.app import create_app
from api.errors import TracingRefused
from api.logs import configure
from api.recording import Recorder
from api.settings import Settings
from api.tracing import Tracing
from audit import QueueFull, Writer
from tests.api.conftest import Clock, application, ask
from tests.api.test_server import serving

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """Keep what is exported."""
    return InMemorySpanExporter()


@pytest.fixture
def traced(settings: Settings, clock: Clock, key: str, spans: InMemorySpanExporter) -> Iterator[Client]:
    """Speak to a service that is traced."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    app = create_app(settings, clock, tracing=Tracing(provider))
    with TestClient(app, raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        yield client


def by_name(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    """Give the spans that ended, by their names."""
    return {span.name: span for span in spans.get_finished_spans()}


@pytest.mark.parametrize("body", [application(), {**application(), "dry_run": False}], ids=["straight", "handler"])
def test_a_decision_leaves_three_spans(traced: Client, spans: InMemorySpanExporter, body: dict[str, Any]) -> None:
    """The request holds the decision and the commit it waited for; attributes are these and no others."""
    assert ask(traced, body).status_code == 201
    found = by_name(spans)
    request = found["POST /decisions"]

    assert set(found) == {"POST /decisions", "decide", "commit"}
    assert request.kind is SpanKind.SERVER
    assert dict(request.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/decisions",
        "http.response.status_code": 201,
    }
    for name, attributes in {
        "decide": {"grounds.policy": "tiny", "grounds.policy.version": 1, "grounds.executor": "durable-rules"},
        "commit": {},
    }.items():
        assert found[name].parent == request.context
        assert dict(found[name].attributes or {}) == attributes
    assert [event.name for event in found["commit"].events] == ["begun"]


def test_nothing_of_anybody_is_in_a_trace(traced: Client, spans: InMemorySpanExporter, key: str) -> None:
    """No path, query, header, body or message of an error, whatever was asked; every error is told by its kind."""
    secret = "reference-of-zhang-san"
    ask(traced, application(subject=secret), key=f"key-{secret}")
    ask(traced, application(subject=secret, facts={"score": secret}))
    ask(traced, application(policy=secret))
    for path in (f"/lines/{secret}", f"/decisions?subject={secret}", f"/{secret}", f"/decisions/{secret}/notice"):
        traced.get(path, headers={"X-Request-Id": secret, "Cookie": secret})
    written = "".join(span.to_json() for span in spans.get_finished_spans())

    assert secret not in written
    assert key not in written
    assert {span.name for span in spans.get_finished_spans()} == {
        "POST /decisions",
        "GET /decisions",
        "GET /decisions/{decision_id}/notice",
        "GET /lines/{subject}",
        "GET unmatched",
        "decide",
        "commit",
    }


def test_a_trace_of_the_caller_goes_on(traced: Client, spans: InMemorySpanExporter) -> None:
    """A W3C traceparent is the parent of the request."""
    traced.get("/health/live", headers={"traceparent": PARENT})
    span = by_name(spans)["GET /health/live"]

    assert span.parent is not None
    assert f"{span.parent.trace_id:032x}-{span.parent.span_id:016x}" == PARENT[3:-3]


def test_a_line_of_the_log_names_its_trace(
    traced: Client, spans: InMemorySpanExporter, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who has the line finds the trace."""
    configure()
    try:
        capsys.readouterr()
        traced.get("/health/live")
        lines = capsys.readouterr().err.splitlines()
    finally:
        structlog.reset_defaults()
    context = by_name(spans)["GET /health/live"].context

    assert context is not None
    assert [json.loads(line)["trace_id"] for line in lines] == [f"{context.trace_id:032x}"]


def test_what_fails_is_marked(traced: Client, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full queue and a fault end their spans as errors that name the kind and repeat no message."""

    def full(*_: Any) -> Any:
        raise QueueFull(7)

    def broken(*_: Any) -> Any:
        raise RuntimeError("zhang san")

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "_queue", full)
        assert ask(traced).status_code == 503
    found = by_name(spans)
    assert (found["commit"].status.status_code, found["commit"].attributes) == (
        StatusCode.ERROR,
        {"error.type": "QueueFull"},
    )
    assert found["POST /decisions"].status.status_code is StatusCode.ERROR
    spans.clear()
    monkeypatch.setattr(Recorder, "record", broken)
    assert ask(traced).status_code == 500
    found = by_name(spans)
    assert found["commit"].attributes == {"error.type": "RuntimeError"}
    assert "zhang san" not in "".join(span.to_json() for span in spans.get_finished_spans())


def test_without_the_setting_nothing_of_it_is_loaded(settings: Settings) -> None:
    """A service that is not traced does not so much as import the library."""
    program = (
        "import sys; from pathlib import Path; from api.app import create_app; from api.settings import Settings;"
        f"create_app(Settings(data=Path({str(settings.data)!r})));"
        "print([each for each in sys.modules if each.startswith(('opentelemetry.trace', 'opentelemetry.sdk'))])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert told.stdout == "[]\n"


def test_where_traces_go_is_said_by_the_standard_variables(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """With the console exporter they are on standard output once the service has stopped, under its name."""
    monkeypatch.setenv("GROUNDS_TRACING", "true")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
    with serving(settings, tmp_path / "log") as server:
        assert server.stop() == 0
    told = capfd.readouterr().out

    assert '"name": "GET /health/ready"' in told
    assert '"service.name": "grounds"' in told
    assert '"deployment.environment.name": "test"' in told


def test_an_exporter_nobody_knows_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the variable and what there is."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "zipkin")

    with pytest.raises(
        TracingRefused, match=r"`zipkin` \(set OTEL_TRACES_EXPORTER to one of: console, otlp_proto_http"
    ):
        Tracing.from_environment()


@pytest.mark.parametrize(
    ("environment", "exporters"),
    [
        ({}, ["otlp_proto_http"]),
        ({"OTEL_TRACES_EXPORTER": "none"}, []),
        ({"OTEL_TRACES_EXPORTER": "otlp, console"}, ["otlp_proto_http", "console"]),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, ["otlp_proto_grpc"]),
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"},
            ["otlp_proto_http"],
        ),
    ],
)
def test_exporters_are_named_as_the_specification_says(environment: dict[str, str], exporters: list[str]) -> None:
    """OTLP over HTTP unless something else is said; several between commas."""
    from api.tracing import _exporters

    assert list(_exporters(environment)) == exporters
