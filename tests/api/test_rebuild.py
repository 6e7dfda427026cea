"""The tables people search by, made again from the log: to the same bytes, at once or not at all, and only in peace."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from api import rebuild as rebuilding
from api.cli import run
from api.derived import DERIVED
from api.errors import LogDiffers, ReadModelsStale
from api.ledger import Ledger
from api.presence import Presence
from api.readmodels import BLOCK
from api.reconcile import differences
from api.roles import Role
from api.schemas import DecisionRequest
from api.service import Service
from api.settings import Settings
from api.tables import Row
from audit import Keys, Log
from tests.api.conftest import Clock

KINDS = [{"score": 700, "income": 2_000_000}, {"score": 400}, {"score": 700, "income": 1}, {}]


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Work through more than a span of decisions, keys, repeated requests and two versions of a policy, then stop."""
    folder = tmp_path_factory.mktemp("worked")
    shutil.copytree(Path(__file__).parent / "tiny_policies", folder / "policies")
    chosen = Settings(data=folder / "data", policies=folder / "policies")
    decide(chosen, 0, BLOCK)
    text = (folder / "policies" / "tiny.yaml").read_text(encoding="utf-8")
    (folder / "policies" / "tiny.yaml").write_text(text.replace("version: 1", "version: 2"), encoding="utf-8")
    decide(chosen, BLOCK - 50, BLOCK + 50)
    return chosen


def decide(chosen: Settings, first: int, end: int) -> None:
    """Decide applications, some of them twice, and make a key now and then."""
    service = Service.open(chosen, Clock())
    for number in range(first, end):
        request = DecisionRequest("tiny", f"s{number % 40}", dict(KINDS[number % len(KINDS)]))
        service.workflow.decide(request, "cli", str(number))
        if number % 100 == 0:
            service.ledger.create_key(Role.REVIEWER, "cli")
    service.close()


@pytest.fixture
def data(worked: Settings, tmp_path: Path) -> Path:
    """Give a copy of the data directory to one test."""
    folder = tmp_path / "data"
    shutil.copytree(worked.data, folder)
    return folder


def dump(data: Path) -> list[str]:
    """Write out tables and indexes beside the log, rows in the order of their keys."""
    names = {table.name for table in DERIVED}
    with sqlite3.connect(data / "grounds.db") as connection:
        schema = [
            str(row)
            for row in connection.execute("SELECT tbl_name, sql FROM sqlite_master ORDER BY type, name")
            if row[0] in names
        ]
        rows = [
            f"{table.name} {row!r}"
            for table in DERIVED
            for row in connection.execute(
                f"SELECT * FROM {table.name} ORDER BY {', '.join(column.name for column in table.primary_key)}"
            )
        ]
    connection.close()
    return schema + rows


def altered(data: Path, statement: str) -> None:
    """Change the tables behind the program's back."""
    with sqlite3.connect(data / "grounds.db") as connection:
        connection.execute(statement)
    connection.close()


def test_a_rebuild_gives_the_same_bytes(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After a mixed workload, tables, indexes and rows are those that grew with the log; so they are a second time."""
    before = dump(data)
    assert len({line.split()[0] for line in before}) > len(DERIVED)
    for _ in range(2):
        assert run(["audit", "rebuild", "--data", str(data)]) == 0
        assert dump(data) == before
    assert "0 differences put right" in capsys.readouterr().out


def test_a_rebuild_puts_right_what_was_altered(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What differs is named row by row, nothing is changed by --check, and afterwards all is as it was."""
    before = dump(data)
    altered(data, "UPDATE decision SET outcome = 'approve' WHERE log_index = 3")
    altered(data, "DELETE FROM decision_listing WHERE field = 'reasons'")
    altered(data, "DROP TABLE log_span")
    assert run(["audit", "rebuild", "--check", "--data", str(data)]) == 1
    assert "table log_span: is missing" in capsys.readouterr().err
    assert dump_fails(data)
    assert run(["audit", "rebuild", "--data", str(data)]) == 0
    assert dump(data) == before
    altered(data, "UPDATE decision SET outcome = 'approve' WHERE log_index = 3")
    assert run(["audit", "rebuild", "--check", "--data", str(data)]) == 1
    assert "table decision, entry 3: row 3: outcome is `approve`, the log says `reject`" in capsys.readouterr().err
    assert run(["audit", "rebuild", "--data", str(data)]) == 0
    assert dump(data) == before


def dump_fails(data: Path) -> bool:
    """Whether a table is missing still."""
    try:
        dump(data)
    except sqlite3.OperationalError:
        return True
    return False


def test_tables_of_another_version_are_not_served(data: Path, worked: Settings) -> None:
    """A service on them refuses to start and says what to do; after the rebuild it starts, and nothing was lost."""
    before = dump(data)
    chosen = worked.model_copy(update={"data": data})
    for statement in ("UPDATE derived_schema SET shape = 'x'", "DROP TABLE derived_schema"):
        altered(data, statement)
        with pytest.raises(ReadModelsStale, match="grounds audit rebuild"):
            Ledger.open(chosen)
        assert run(["audit", "rebuild", "--data", str(data)]) == 0
        Service.open(chosen).close()
        assert dump(data) == before
    assert list(differences(chosen.database)) == []


def test_a_rebuild_that_fails_changes_nothing(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If what was made again does not agree with the log, the old tables stand as they stood."""
    altered(data, "UPDATE decision SET outcome = 'approve' WHERE log_index = 3")
    before = dump(data)
    one_too_few = rebuilding._gathered

    def losing(connection: sa.Connection) -> Iterator[tuple[sa.Table, list[Row]]]:
        for table, rows in one_too_few(connection):
            yield table, rows[:-1]

    monkeypatch.setattr(rebuilding, "_gathered", losing)
    log = Log.open(data / "grounds.db", Keys.load(data))
    with pytest.raises(LogDiffers, match="is missing"):
        rebuilding.rebuild(log)
    log.close()
    assert dump(data) == before


@pytest.fixture
def service(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Keep the data directory open in a process of its own, as a service does."""
    text = "import sys, time; from api.ledger import Ledger; from api.settings import Settings\n"
    text += "ledger = Ledger.open(Settings(data=sys.argv[1])); print(flush=True); time.sleep(60)"
    command = [sys.executable, "-c", text, str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_a_rebuild_waits_for_nobody_and_disturbs_nobody(
    data: Path, service: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    """While a service runs it refuses and says so, though --check works; once the service is killed, it runs."""
    assert run(["audit", "rebuild", "--data", str(data)]) == 2
    assert "stop the services" in capsys.readouterr().err
    assert run(["audit", "rebuild", "--check", "--data", str(data)]) == 0
    os.kill(service.pid, signal.SIGKILL)
    service.wait()
    until = time.monotonic() + 10
    while run(["audit", "rebuild", "--data", str(data)]) and time.monotonic() < until:
        time.sleep(0.05)
    assert "differences put right" in capsys.readouterr().out


def test_nobody_opens_what_is_being_rebuilt(data: Path) -> None:
    """A service that is started meanwhile is told to wait."""
    presence = Presence.alone(data)
    assert run(["key", "new", "--role", "admin", "--data", str(data)]) == 2
    presence.leave()
    presence.leave()
    assert run(["key", "new", "--role", "admin", "--data", str(data)]) == 0


def test_of_many_differences_the_first_are_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An emptied table is told by its first rows and a number, and is filled again."""
    before = dump(data)
    altered(data, "DELETE FROM decision")
    assert run(["audit", "rebuild", "--data", str(data)]) == 0
    told = capsys.readouterr()
    assert (told.err.count(" is missing\n"), "more" in told.err.splitlines()[-1]) == (100, True)
    assert f"{BLOCK + 50} differences put right" in told.out
    assert dump(data) == before
