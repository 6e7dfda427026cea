"""A traced service whose decisions a process of its own records: the same three spans."""

from __future__ import annotations

from litestar.testing import TestClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from api.app import create_app
from api.settings import Settings
from api.tracing import Tracing
from tests.api.conftest import ask
from tests.api.recording.conftest import apart_of, until


def test_request_decision_and_commit_leave_spans(settings: Settings, key: str) -> None:
    """The commit's ends when the process has answered, and tells the kind of an error."""
    spans, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    app = create_app(settings, tracing=Tracing(provider), apart=True)
    with TestClient(app, raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        until(lambda: apart_of(app).up)
        spans.clear()
        assert ask(client).status_code == 201
        found = {span.name: span for span in spans.get_finished_spans()}
        assert set(found) == {"POST /decisions", "decide", "commit"}
        assert found["commit"].parent == found["POST /decisions"].context

        spans.clear()
        apart_of(app)._settings = settings.model_copy(update={"queue_bound": 0})
        assert ask(client).status_code == 503
        # That a key was used is written too, now or a while later, by a commit of its own that goes well.
        failed = [each for each in spans.get_finished_spans() if each.status.status_code is StatusCode.ERROR]
        assert {each.name: (each.attributes or {}).get("error.type") for each in failed}["commit"] == "QueueFull"
