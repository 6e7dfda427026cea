"""The request log: one line per request with what operators need, and nothing about anybody."""

from __future__ import annotations

import datetime as dt
import json
import logging
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import structlog
from httpx import Client

from api.logs import Foreign, configure, log
from api.settings import Settings
from tests.api.conftest import application, ask
from tests.api.test_server import serving

SECRETS = ("110101199003070000", "4711000", "idem-secret", "gk_", "Bearer", "employee", "query-secret")


class Odd:
    """Something JSON has no word for."""

    def __repr__(self) -> str:
        return "Odd()"


@pytest.fixture(autouse=True)
def _json_lines(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    configure()
    yield
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """Give the log lines written so far."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]


def test_one_line_per_request(http: Client, capsys: pytest.CaptureFixture[str]) -> None:
    """Method, path template, status, milliseconds, request id and who acted."""
    answer = ask(http)
    http.get(answer.headers["location"])
    http.get("/nothing/here")
    found = lines(capsys)
    assert [(line["method"], line["path"], line["status"]) for line in found] == [
        ("POST", "/decisions", 201),
        ("GET", "/decisions/{decision_id}", 200),
        ("GET", "unmatched", 404),
    ]
    assert found[0]["request_id"] == answer.headers["x-request-id"]
    assert all(
        line.keys() == {"event", "level", "at", "method", "path", "status", "ms", "request_id", "actor"}
        for line in found
    )
    assert str(found[0]["actor"]).startswith("key:")


def test_nothing_personal_is_logged(
    http: Client, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for an answer, a refusal, a search, an odd path, or a fault: no reference, fact, key or query."""
    body = application(subject="110101199003070000", facts={"score": 703, "income": 4_711_000, "job": "employee"})
    ask(http, body, key="idem-secret")
    ask(http, {**body, "facts": {"score": "110101199003070000"}})
    http.post("/decisions", content=json.dumps(body).encode() + b"110101199003070000", headers={"Idempotency-Key": "k"})
    http.get("/decisions", params={"subject": "110101199003070000", "x": "query-secret"})
    http.get("/110101199003070000")
    http.get("/decisions/110101199003070000")

    def break_down(*_: object) -> None:
        raise ValueError("110101199003070000 has 703")

    monkeypatch.setattr("api.workflow.Workflow.ask", break_down)
    assert ask(http, body).status_code == 500
    written = capsys.readouterr()
    text = written.err + written.out
    assert '"fault"' in text
    for secret in SECRETS:
        assert secret not in text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abc-123", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("{}", False), ("", False)],
)
def test_a_request_id_is_echoed_if_it_is_plain(http: Client, sent: str, kept: bool) -> None:
    """A short plain id is taken over; anything else is replaced by one of ours."""
    echoed = http.get("/health/live", headers={"X-Request-Id": sent}).headers["x-request-id"]
    assert (echoed == sent) == kept
    assert echoed


def test_a_log_that_cannot_be_written_stops_no_decision(http: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """With standard error closed the service decides as before."""

    class Closed:
        def write(self, _: str) -> None:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Closed())
    assert ask(http).status_code == 201


def test_libraries_speak_in_lines_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    """Who warned, where, and what broke; not what it said, which may quote what somebody sent."""
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "/x/impl.py", 7, "110101199003070000", (), None, "run")
    record.exc_info = ValueError, ValueError("110101199003070000 has 703"), None
    Foreign().emit(record)
    written = capsys.readouterr().err
    told, fault = (json.loads(line) for line in written.splitlines())

    said = told["event"], told["level"], told["logger"], told["place"]
    assert said == ("library", "error", "uvicorn.error", "impl:7 run")
    assert (fault["event"], fault["kinds"]) == ("fault", ["ValueError"])
    assert "110101199003070000" not in written


def test_what_the_server_says_is_a_line_too(settings: Settings, tmp_path: Path) -> None:
    """A request that is no HTTP is told by the server beneath us, and its warning parses like any other line."""
    log = tmp_path / "serve.log"
    with serving(settings, log) as server:
        address = urlsplit(server.url)
        with socket.create_connection((address.hostname, address.port), timeout=10) as line:
            line.sendall(b"110101199003070000\r\n\r\n")
            assert b" 400 " in line.recv(1_000)
        assert server.stop() == 0
    told = [json.loads(each) for each in log.read_text().splitlines()]

    assert [each["logger"] for each in told if each["event"] == "library"] == ["uvicorn.error"]
    assert "110101199003070000" not in log.read_text()


def test_what_is_not_plain_is_logged_too(capsys: pytest.CaptureFixture[str]) -> None:
    """A folder in Chinese, bytes that are no text and values of any kind come out as JSON in ASCII."""
    log.info("serving", data="/srv/数据", odd="\udcff", kind=Odd())
    log.warning("adopted", entries=3)
    log.error("fault")
    text = capsys.readouterr().err
    found = [json.loads(line) for line in text.splitlines()]

    assert text.isascii()
    assert [(line["level"], line["event"]) for line in found] == [
        ("info", "serving"),
        ("warning", "adopted"),
        ("error", "fault"),
    ]
    assert (found[0]["data"], found[0]["odd"], found[0]["kind"]) == ("/srv/数据", "\udcff", "Odd()")
    assert found[1]["entries"] == 3
    assert all(dt.datetime.fromisoformat(line["at"]).tzinfo == dt.UTC for line in found)
