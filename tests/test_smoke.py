"""What has to work on every Python we name: the C engine decides, the log signs and verifies, the API starts.

CI runs the whole suite on one Python and this file on every other one it finds.
"""

from __future__ import annotations

import datetime as dt
import sys
import uuid
from functools import partial
from pathlib import Path

from litestar.testing import TestClient

from api.app import create_app
from api.settings import Settings
from audit import Keys, Log, Writer
from audit.verify import verify_database
from bench.applications import applications, shipped
from engine import Engine
from tests.repository import project

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def test_this_python_is_one_we_name() -> None:
    """The classifiers of the distribution name the Python that runs this test."""
    assert f"Programming Language :: Python :: 3.{sys.version_info.minor}" in project()["project"]["classifiers"]


def test_both_executors_decide_every_example() -> None:
    """The rule network decides every example of every policy here, never faults and agrees with the reference."""
    policies = shipped()
    engine = Engine(policies, verify="always")
    decided = [engine.decide(name, facts, NOW) for name in policies.names for facts in applications(policies, name)]
    engine.close()

    assert len(decided) > 20
    assert {decision.engine.name for decision in decided} == {"durable-rules"}
    assert (engine.faults.executor, engine.faults.disagreement) == (0, 0)


def test_a_log_is_written_and_verified(tmp_path: Path) -> None:
    """On this Python three entries are appended, signed and found whole by the verifier."""
    keys = Keys.open(tmp_path, NOW)
    log = Log.open(tmp_path / "grounds.db", keys)
    with Writer(log, lambda: NOW) as writer:
        for number in range(3):
            event = str(uuid.UUID(int=number))
            entry = {"v": 1, "kind": "smoke", "id": event, "at": NOW.isoformat(), "actor": "test"}
            writer.submit(partial(log.append, event_id=event, entry=entry)).result()
    log.close()

    report = verify_database(tmp_path / "grounds.db", keys)
    assert (report.entries, report.findings) == (3, ())


def test_the_service_starts(tmp_path: Path) -> None:
    """On this Python the service starts on an empty directory and says that it is ready."""
    with TestClient(create_app(Settings(data=tmp_path))) as client:
        assert client.get("/health/ready").status_code == 200
