"""The OpenAPI document says exactly what is taken and sent: schemathesis, every check, against the live service.

`contract.toml` holds the exceptions, each with its reason. The whole takes about a minute of one core.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.roles import Role
from api.settings import Settings
from tests.api.conftest import NewKey
from tests.api.test_server import Server, serving

CONFIG = Path(__file__).parent / "contract.toml"
ROLES = (Role.INTEGRATOR, Role.SUPERVISOR, Role.COMPLIANCE, Role.ADMIN)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let thousands of requests through, some thousands of them with a wrong key."""
    for name, value in {"RATE_LIMIT": "0", "AUTH_FAILURES": "1000000", "PRE_CHECKS": "1000000"}.items():
        monkeypatch.setenv(f"GROUNDS_{name}", value)


def hold(server: Server, keys: dict[str, str], *chosen: str) -> None:
    """Hold the service against its document; fail the test with what schemathesis found."""
    command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"]
    words = ["--config-file", str(CONFIG), "run", f"{server.url}/schema/openapi.json", "--checks", "all", *chosen]
    told = subprocess.run([*command, *words], capture_output=True, text=True, check=False, env={**os.environ, **keys})
    assert told.returncode == 0, told.stdout[-30_000:] + told.stderr[-5_000:]


@pytest.mark.timeout(1_200)
def test_the_service_keeps_to_its_document(settings: Settings, new_key: NewKey, tmp_path: Path) -> None:
    """Examples, coverage, fuzzing and stateful phases find no request and no answer that the document does not allow.

    Keys are looked at last, since this revokes those it finds.
    """
    keys = {f"KEY_{role.name}": new_key(role) for role in ROLES}
    log = tmp_path / "serve.log"
    with serving(settings, log) as server:
        hold(server, keys, "--exclude-path-regex", "^/keys")
        hold(server, keys, "--include-path-regex", "^/keys")
        assert server.stop() == 0
    assert '"event": "fault"' not in log.read_text()
