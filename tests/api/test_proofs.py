"""Proofs for strangers over HTTP and on the command line: tiles, receipts, growth, import, witnesses."""

from __future__ import annotations

import datetime as dt
import json
import time
from pathlib import Path

from httpx import Client

from api.roles import Role
from api.settings import Settings
from audit.merkle import leaf_hash
from audit.note import VerifierKey
from audit.receipt import Receipt
from audit.tiles import split_bundle
from audit.witness import Witness
from audit.witnessing import TRUST
from tests.api.conftest import START, Clock, NewKey, application, as_role, ask
from tests.api.test_cli import Command, grounds
from tests.audit.test_witnessing import serving

__all__ = ["grounds"]


def test_tiles_are_served_by_their_paths(http: Client, new_key: NewKey) -> None:
    """Hashes and entries of the live log are those of its leaves, cached for ever; what is not there is 404."""
    headers = as_role(http, new_key(Role.COMPLIANCE))
    ask(http)
    size = int(http.get("/log/checkpoint", headers=headers).text.split("\n")[1])
    tile = http.get(f"/log/tile/0/000.p/{size}", headers=headers)
    bundle = http.get(f"/log/tile/entries/000.p/{size}", headers=headers)
    entries = split_bundle(bundle.content)

    assert tile.content == b"".join(leaf_hash(entry) for entry in entries)
    assert entries[-1] == http.get(f"/log/entries/{size - 1}", headers=headers).content
    assert "immutable" in tile.headers["cache-control"]
    for path in (f"0/000.p/{size + 1}", "0/000", "9/000", "0/0", "entries/x001", "../keys/log.key"):
        assert http.get(f"/log/tile/{path}", headers=headers).status_code in (400, 404), path


def test_a_receipt_and_growth_are_printed(grounds: Command, tmp_path: Path) -> None:
    """`audit prove` prints the receipt of an entry or what the log has grown by, and asks for exactly one of them."""
    for _ in range(3):
        grounds("key", "new", "--role", "admin")
    grounds("audit", "export", "out")
    lines = (tmp_path / "out" / "entries.jsonl").read_bytes().splitlines()
    entry = json.dumps(json.loads(lines[1])["entry"], separators=(",", ":"), sort_keys=True).encode()
    receipt = grounds("audit", "prove", "--entry", "1")
    growth = grounds("audit", "prove", "--old-size", "2")

    vkey = VerifierKey.parse((tmp_path / "out" / "vkey").read_text("utf-8"))
    assert Receipt.parse(receipt.stdout).check(entry, vkey).size == 2
    assert growth.stdout.startswith("old 2\n")
    assert growth.stdout.endswith((tmp_path / "out" / "checkpoint").read_text("utf-8"))
    assert grounds("audit", "prove").returncode == 2
    assert grounds("audit", "prove", "--entry", "1", "--old-size", "1").returncode == 2
    assert grounds("audit", "prove", "--entry", "9").returncode == 1
    assert grounds("audit", "prove", "--decision", "nobody").returncode == 2
    assert grounds("audit", "prove", "--entry", "1", "--witnessed").returncode == 2


def test_an_export_is_imported_and_served_again(grounds: Command, tmp_path: Path) -> None:
    """With the keys of the log its export becomes the same log again in another database."""
    for _ in range(3):
        grounds("key", "new", "--role", "admin")
    before = grounds("audit", "verify").stdout
    grounds("audit", "export", "out")
    (tmp_path / "var" / "grounds.db").rename(tmp_path / "was.db")
    ended = grounds("audit", "import", "out")

    assert (ended.returncode, ended.stdout.startswith("3 entries imported")) == (0, True)
    assert grounds("audit", "rebuild").returncode == 0
    assert grounds("audit", "verify").stdout == before
    assert grounds("audit", "import", "out").returncode == 1


def test_a_kept_checkpoint_finds_a_restored_backup(grounds: Command, tmp_path: Path) -> None:
    """Database and keys of yesterday are in order by themselves; a checkpoint kept since tells what is gone."""
    grounds("key", "new", "--role", "admin")
    backup = (tmp_path / "var" / "grounds.db").read_bytes()
    grounds("key", "new", "--role", "admin")
    grounds("audit", "export", "out")
    (tmp_path / "var" / "grounds.db").write_bytes(backup)

    assert grounds("audit", "verify").returncode == 0
    ended = grounds("audit", "verify", "--checkpoint", "out/checkpoint")
    assert (ended.returncode, "covers more entries than the 1 that are there" in ended.stderr) == (1, True)


def test_the_witness_is_a_command_of_ours_too(grounds: Command, tmp_path: Path) -> None:
    """`audit witness` makes a witness and cosigns an export."""
    grounds("key", "new", "--role", "admin")
    grounds("audit", "export", "out")
    vkey = (tmp_path / "out" / "vkey").read_text("utf-8").strip()
    made = grounds("audit", "witness", "new", "w", "--name", "witness.test/w1")
    look = grounds("audit", "witness", "look", "out", "w", "--log", vkey)
    other = grounds("audit", "witness", "look", "out", "w", "--log", VERIFIER)

    assert made.stdout.startswith("witness.test/w1+")
    assert look.stdout.startswith("— witness.test/w1 ")
    assert (other.returncode, "not watched" in other.stderr) == (1, True)


VERIFIER = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"


def test_readiness_says_how_the_witnesses_stand(
    settings: Settings, http: Client, new_key: NewKey, clock: Clock, tmp_path: Path
) -> None:
    """Without witnesses nothing is said; with one that never answered `warn`, and the service stays ready."""
    assert "witnesses" not in http.get("/health/ready").json()["checks"]
    Witness.new(tmp_path / "w", "witness.test/w1")
    vkey = Witness(tmp_path / "w", []).vkey
    (settings.data / TRUST).write_text(f"witness w1 {vkey} http://127.0.0.1:9\nquorum w1\n", "utf-8")
    ready = http.get("/health/ready")

    assert (ready.status_code, ready.json()["status"], ready.json()["checks"]["witnesses"]) == (200, "pass", "warn")
    assert ask(http, application()).status_code == 201


def test_a_served_log_is_witnessed(settings: Settings, new_key: NewKey, clock: Clock, tmp_path: Path) -> None:
    """While the service runs its head is cosigned, readiness passes, and warns once the cosignature is old."""
    from litestar.testing import TestClient

    from api.app import create_app
    from tests.api.conftest import service_of

    key = new_key(Role.INTEGRATOR)
    Witness.new(tmp_path / "w", "witness.test/w1")
    app = create_app(settings, clock)
    witness = Witness(tmp_path / "w", [str(service_of(app).log.vkey)], START.timestamp)
    with serving(witness) as url:
        (settings.data / TRUST).write_text(f"witness w1 {witness.vkey} {url}\nquorum w1\n", "utf-8")
        with TestClient(app) as client:
            client.headers["Authorization"] = f"Bearer {key}"
            until = time.monotonic() + 30
            while client.get("/health/ready").json()["checks"]["witnesses"] != "pass":
                assert time.monotonic() < until
                time.sleep(0.01)
            clock.now = START + dt.timedelta(seconds=settings.witness_age_seconds + 1)
            assert client.get("/health/ready").json()["checks"]["witnesses"] == "warn"
