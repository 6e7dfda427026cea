"""Secrets stay out of everything that is written: a session of all sorts of failures, searched for each of them."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from api.admission import Because, Keyring
from api.ledger import Ledger
from api.roles import Role, Scope
from api.settings import Settings
from tests.api.admission.issuing import AUDIENCE, ISSUER, RSA, STRANGER, jwks, token
from tests.api.conftest import application
from tests.api.test_server import Server, serving

REFERENCE, STATEMENT, IDEMPOTENCY = "110101199003070000", "my-statement-4711", "idempotency-4711"
PASSWORD = "pass-word-4711"


class Session:
    """Callers of all sorts at one service, and the secrets they used."""

    def __init__(self, server: Server, settings: Settings) -> None:
        self.url = server.url
        self.secrets = {REFERENCE, STATEMENT, IDEMPOTENCY, PASSWORD}
        ledger = Ledger.open(settings)
        keyring = Keyring(ledger)
        self.key = self._used(keyring.create(Role.INTEGRATOR, "cli", Scope()))
        self.narrow = self._used(keyring.create(Role.ADMIN, "cli", Scope()))
        self.revoked = self._used(keyring.create(Role.ADMIN, "cli", Scope()))
        keyring.revoke(self.revoked.split("_")[1], "cli", Because.STOLEN)
        ledger.close()

    def _used(self, key: str) -> str:
        self.secrets |= {key, key.split("_", 2)[2]}
        return key

    def wrong(self) -> Iterator[str]:
        """Give credentials that are refused, each in its own way."""
        stranger, late = token(STRANGER), token(exp=1)
        for text in (stranger, late, *stranger.split("."), *late.split(".")):
            self.secrets.add(text)
        guess = self._used("gk_0123456789ab_" + "guessed-secret-4711")
        yield from (f"Bearer {text}" for text in (guess, self.revoked, stranger, late, "nonsense-4711"))
        self.secrets |= {"nonsense-4711", "basic-4711"}
        yield "Basic " + base64.b64encode(b"user:basic-4711").decode()

    def play(self) -> None:
        """Do everything that can be done wrong, and something right."""
        mine = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": IDEMPOTENCY}
        with httpx.Client(base_url=self.url, timeout=20) as http:
            body = application(subject=REFERENCE)
            decided = http.post("/decisions", json=body, headers=mine)
            assert decided.status_code == 201
            http.post("/decisions", json={**body, "facts": {"score": STATEMENT}}, headers=mine)
            http.post("/decisions", content=json.dumps(body)[:-1] + STATEMENT, headers=mine)
            http.post("/decisions", json={**body, "subject": [STATEMENT]}, headers=mine)
            http.post("/appeals", json={"decision": decided.json()["id"], "statement": STATEMENT}, headers=mine)
            http.post("/appeals", json={"decision": STATEMENT, "statement": STATEMENT}, headers=mine)
            for path in (f"/decisions/{REFERENCE}", f"/{self.key}", f"/decisions?subject={REFERENCE}&{self.key}=1"):
                http.get(path, headers=mine)
            http.request(self.key.upper(), "/decisions", headers=mine)
            http.get("/decisions", headers={"Authorization": f"Bearer {self.narrow}"})
            rotated = http.post(f"/keys/{self.key.split('_')[1]}/rotate", json={}, headers=mine)
            self._used(rotated.json()["key"])
            http.post("/console/sign-in", data={"key": self.key, "token": "x"})
            for wrong in self.wrong():
                http.get("/decisions", headers={"Authorization": wrong, "X-Request-Id": self.key * 2})
            for _ in range(12):
                http.get("/decisions", headers={"Authorization": f"Bearer gk_0123456789ab_guessed-secret-4711{_}"})
        for raw in (
            f"GET /{self.key} HTTP/9.9\r\n\r\n",
            f"{self.key}\r\n\r\n",
            f"GET / HTTP/1.1\r\n{self.key}\r\n\r\n",
        ):
            self._raw(raw.encode())

    def _raw(self, data: bytes) -> None:
        parts = urlsplit(self.url)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as connection:
            connection.sendall(data)
            connection.settimeout(2)
            try:
                connection.recv(65_536)
            except TimeoutError:
                return


@pytest.mark.parametrize("keys", ["inline", "address"])
def test_no_secret_is_written_anywhere(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: str
) -> None:
    """Keys, tokens, references, statements, passwords: in no line of the service, whatever goes wrong."""
    monkeypatch.setenv("GROUNDS_OIDC_ISSUER", ISSUER)
    monkeypatch.setenv("GROUNDS_OIDC_AUDIENCE", AUDIENCE)
    monkeypatch.setenv("GROUNDS_OIDC_ROLES", '{"credit-integrators": "integrator"}')
    address = f"http://issuer:{PASSWORD}@127.0.0.1:9/jwks"
    monkeypatch.setenv("GROUNDS_OIDC_KEYS", jwks(RSA) if keys == "inline" else address)
    log = tmp_path / "serve.log"
    with serving(settings, log) as server:
        session = Session(server, settings)
        session.play()
        server.stop(signal.SIGTERM)
    written = log.read_text(encoding="utf-8", errors="replace")
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert {401, 403, 404, 422, 429} <= {line.get("status") for line in lines}, "the session met what it was to meet"
    assert any(line["event"] == ("token refused" if keys == "inline" else "issuer keys not fetched") for line in lines)
    assert [secret for secret in session.secrets if secret in written] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"GROUNDS_DATABASE": f"postgresql://grounds:{PASSWORD}@127.0.0.1:9/grounds"},
        {"GROUNDS_DATABASE": f"postgresql://grounds:{PASSWORD}@127.0.0.1:port/grounds"},
        {"GROUNDS_OIDC_KEYS": f"http://issuer:{PASSWORD}@id.example/jwks"},
        {"GROUNDS_OIDC_KEYS": f'{{"keys": [{{"kty": "oct", "k": "{PASSWORD}"}}]}}'},
    ],
)
def test_a_service_that_does_not_start_keeps_its_secrets(settings: Settings, changes: dict[str, str]) -> None:
    """What is wrong with a setting is said without the password in it."""
    issuer = {"OIDC_ISSUER": ISSUER, "OIDC_AUDIENCE": AUDIENCE, "OIDC_ROLES": '{"a": "integrator"}'}
    named = {f"GROUNDS_{name}": value for name, value in issuer.items()} if "GROUNDS_OIDC_KEYS" in changes else {}
    command = [sys.executable, "-m", "api", "serve", "--port", "0", "--data", str(settings.data)]
    environment = {**os.environ, **named, **changes}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode in (1, 2)
    assert told.stderr.startswith("grounds: ")
    assert PASSWORD not in told.stderr + told.stdout
