"""``grounds demo``: the whole way once, over real HTTP: serve, decide three applications, verify, keep serving."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from api.commands.failures import CommandFailed
from api.commands.options import Data, Policies, settings
from api.roles import Role
from api.settings import Settings

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
_NAMES = ("approval", "referral", "rejection")
_READY_SECONDS = 60.0
_POLICY = "opening"


def demo(
    data: Data = None,
    policies: Policies = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="[8000, or a free one]", show_default=False)
    ] = None,
    stay: Annotated[bool, typer.Option(help="keep serving until Ctrl-C")] = True,
) -> None:
    """Serve, decide three sample applications over HTTP, verify the log, and keep serving until Ctrl-C."""
    chosen = settings(data=data, policies=policies, port=port)
    chosen = chosen.model_copy(update={"port": _free_port(chosen)})
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to stop, the server must not be left behind
    with _server(chosen) as (url, process):
        key, person = _key(chosen, Role.INTEGRATOR), _key(chosen, Role.SUPERVISOR)
        typer.echo(f"API key (integrator, shown this once): {key}\n")
        for name in _NAMES:
            _show(name, _ask(url, key, name))
        _verify(chosen)
        typer.echo(f"\nconsole: {url}/console/   sign in with this key (supervisor, shown this once): {person}")
        typer.echo(f"API page: {url}/schema   log: {chosen.data}   requests: {_log_file(chosen)}")
        if stay:
            typer.echo("serving until Ctrl-C")
            with contextlib.suppress(KeyboardInterrupt):
                process.wait()


@contextlib.contextmanager
def _server(chosen: Settings) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run ``grounds serve`` as a process of its own, ready to answer."""
    chosen.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    words = ["serve", "--host", chosen.host, "--port", str(chosen.port)]
    folders = ["--data", str(chosen.data), "--policies", str(chosen.policies)]
    with _log_file(chosen).open("ab") as log:
        # A session of its own: Ctrl-C reaches this process first, which then stops the server in good order.
        process = subprocess.Popen(  # noqa: S603  # our own command
            [sys.executable, "-m", "api", *words, *folders], stderr=log, start_new_session=True
        )
    url = f"http://{chosen.host}:{chosen.port}"
    try:
        _await_ready(url, process, _log_file(chosen))
        yield url, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _await_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health/ready", timeout=5):  # noqa: S310  # http
            return
        time.sleep(0.1)
    last = log.read_text(errors="replace").strip().splitlines()[-1:]
    raise CommandFailed(f"the service did not become ready: {''.join(last) or 'it said nothing'} ({log} has more)")


def _free_port(chosen: Settings) -> int:
    """Give the port asked for, or a free one if it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((chosen.host, chosen.port))
        except OSError:
            typer.echo(f"port {chosen.port} is taken, using another")
            probe.bind((chosen.host, 0))
        return int(probe.getsockname()[1])


def _log_file(chosen: Settings) -> Path:
    return chosen.data / "serve.log"


def _key(chosen: Settings, role: Role) -> str:
    from api.ledger import Ledger

    ledger = Ledger.open(chosen)
    try:
        return ledger.create_key(role, "cli")
    finally:
        ledger.close()


def _ask(url: str, key: str, name: str) -> bytes:
    facts = json.loads((SAMPLES / f"{name}.json").read_bytes())
    body = json.dumps({"policy": _POLICY, "subject": f"sample-{name}", "facts": facts}).encode()
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Idempotency-Key": str(uuid4()),
    }
    request = urllib.request.Request(f"{url}/decisions", body, headers)  # noqa: S310  # http
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # http
            return bytes(answer.read())
    except urllib.error.HTTPError as refused:
        raise CommandFailed(f"sample `{name}` was refused: {refused.read().decode(errors='replace')}") from None


def _show(name: str, answer: bytes) -> None:
    from api.commands.printed import answer_lines

    typer.echo(f"── {name} " + "─" * (76 - len(name)))
    for line in answer_lines(answer):
        typer.echo(line)
    found = json.loads(answer)
    where = found["log"]
    typer.echo(f"日志 log         entry {where['index']}, signed at size {where['size']}, decision {found['id']}\n")


def _verify(chosen: Settings) -> None:
    command = [sys.executable, "-m", "api", "audit", "verify", "--data", str(chosen.data)]
    verdict = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)  # noqa: S603  # ours
    typer.echo(f"grounds audit verify: {verdict.stdout.strip() or verdict.stderr.strip()}")
    if verdict.returncode:
        raise CommandFailed("the log does not verify")
