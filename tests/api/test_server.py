"""The service as a process of its own, over loopback: conversations, big bodies, kill -9, and an orderly stop."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import httpx
import pytest

from api.reconcile import differences
from api.settings import Settings
from audit import Keys
from audit.verify import Report, verify_database
from tests.api.conftest import application


class Server:
    """A running ``grounds serve`` and a key for it."""

    def __init__(self, settings: Settings, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        folders = ["--data", str(settings.data), "--policies", str(settings.policies)]
        with log.open("ab") as stream:
            command = [sys.executable, "-m", "api", "serve", "--port", str(port), *folders]
            self.process = subprocess.Popen(command, stderr=stream)
        self._await_ready(log)

    def _await_ready(self, log: Path) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/health/ready").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        self.process.kill()  # nobody else knows of it
        self.process.wait()
        pytest.fail(f"the service did not start: {log.read_text()}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Signal the process and give its exit code."""
        self.process.send_signal(how)
        return self.process.wait(timeout=30)


@contextmanager
def serving(settings: Settings, log: Path) -> Iterator[Server]:
    """Serve for the length of a block."""
    server = Server(settings, log)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def grounds(settings: Settings, *words: str) -> str:
    """Run a command on the same data directory and give what it printed."""
    command = [sys.executable, "-m", "api", *words, "--data", str(settings.data)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def verified(settings: Settings) -> Report:
    """Verify the log and the tables beside it, and give the report."""
    report = verify_database(settings.database, Keys.load(settings.data))
    assert report.ok, str(report)
    assert list(differences(settings.database)) == []
    return report


def headers(key: str, request: str) -> dict[str, str]:
    """Give the headers of a request for a decision."""
    return {"Authorization": f"Bearer {key}", "Idempotency-Key": request}


def test_a_conversation_over_the_wire(settings: Settings, tmp_path: Path) -> None:
    """A key made while the service runs works at once; a decision is made, repeated, fetched and verified.

    Five entries: policy, key, decision, and two reads of what is sealed.
    """
    log = tmp_path / "serve.log"
    with serving(settings, log) as server:
        key = grounds(settings, "key", "new", "--role", "integrator")
        with httpx.Client(base_url=server.url, headers=headers(key, "one")) as client:
            first = client.post("/decisions", json=application(subject="secret-person"))
            assert first.status_code == 201
            assert client.post("/decisions", json=application(subject="secret-person")).content == first.content
            assert client.get(first.headers["location"]).content == first.content
            assert "tlog-proof" in client.get(first.headers["location"] + "/receipt").text
        assert grounds(settings, "audit", "verify").startswith("5 entries, root ")
        assert server.stop() == 0
    text = log.read_text()
    assert "secret-person" not in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["event"] for line in (lines[0], lines[-1])] == ["serving", "stopped"]


def test_a_body_of_10_mb_is_answered_not_cut_off(settings: Settings, key: str, tmp_path: Path) -> None:
    """The caller reads the 413 although it was still sending; declared or streamed, the service goes on."""
    with serving(settings, tmp_path / "serve.log") as server:
        body = b'{"policy": "' + b"x" * 10_000_000 + b'"}'
        kind = {"Content-Type": "application/json"}
        with httpx.Client(base_url=server.url, headers=headers(key, "big") | kind, timeout=20) as client:
            declared = client.post("/decisions", content=body)
            streamed = client.post("/decisions", content=(body[at : at + 65_536] for at in range(0, len(body), 65_536)))
            assert (declared.status_code, streamed.status_code) == (413, 413)
            assert declared.json()["errors"][0]["remedy"]
            assert client.post("/decisions", json=application()).status_code == 201


class Load:
    """Callers that ask until told to stop, and remember what was acknowledged and what was not."""

    def __init__(self, server: Server, key: str, callers: int) -> None:
        self._server, self._key = server, key
        self._enough = Event()
        self.acknowledged: dict[str, bytes] = {}
        self.unknown: set[str] = set()
        self._pool = ThreadPoolExecutor(callers)
        self._running = [self._pool.submit(self._ask, number) for number in range(callers)]

    def _ask(self, number: int) -> None:
        with httpx.Client(base_url=self._server.url, timeout=10) as client:
            while not self._enough.is_set():
                request = str(uuid.uuid4())
                try:
                    body = application(subject=f"s{number}")
                    answer = client.post("/decisions", json=body, headers=headers(self._key, request))
                except httpx.TransportError:
                    self.unknown.add(f"{number}/{request}")
                    return
                assert answer.status_code == 201, answer.text
                self.acknowledged[f"{number}/{request}"] = answer.content

    def end(self) -> None:
        """Let every caller finish, and raise what any of them met."""
        self._enough.set()
        for running in self._running:
            running.result()
        self._pool.shutdown()


def test_kill_9_loses_no_acknowledged_decision(settings: Settings, key: str, tmp_path: Path) -> None:
    """Killed under load and started again: what was acknowledged is there, byte for byte, and the log verifies.

    What was not acknowledged is decided once when it is asked again under the same key.
    """
    log = tmp_path / "serve.log"
    with serving(settings, log) as server:
        load = Load(server, key, 16)
        while len(load.acknowledged) < 150:
            time.sleep(0.01)
        server.stop(signal.SIGKILL)
        load.end()
    assert load.unknown
    with serving(settings, log) as server, httpx.Client(base_url=server.url, timeout=10) as client:
        asked = {name: _ask_again(client, key, name) for name in [*load.acknowledged, *load.unknown]}
        for name, answer in load.acknowledged.items():
            assert asked[name].content == answer
            assert asked[name].headers["idempotent-replayed"] == "true"
            location = asked[name].headers["location"]
            assert client.get(location, headers=headers(key, "")).content == answer
        assert all(asked[name].status_code == 201 for name in load.unknown)
        assert server.stop() == 0
    assert verified(settings).sealed == len(asked)


def _ask_again(client: httpx.Client, key: str, name: str) -> httpx.Response:
    number, request = name.split("/")
    return client.post("/decisions", json=application(subject=f"s{number}"), headers=headers(key, request))


def test_an_orderly_stop_answers_what_is_under_way(settings: Settings, key: str, tmp_path: Path) -> None:
    """Told to stop under load the service exits with 0, and everything it acknowledged is in the log, signed."""
    with serving(settings, tmp_path / "serve.log") as server:
        load = Load(server, key, 8)
        while len(load.acknowledged) < 50:
            time.sleep(0.01)
        assert server.stop() == 0
        load.end()
    report = verified(settings)
    assert report.entries >= len(load.acknowledged) + 2
    assert report.uncovered == 0
    assert max(json.loads(answer)["log"]["size"] for answer in load.acknowledged.values()) <= report.entries
