"""Guards in PostgreSQL: rights refuse what serves, triggers refuse everybody, and what an owner altered is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from audit import CommitUnknown, Keys, Log
from audit.errors import LogRefused, RemovalForbidden
from audit.verify import verify_database
from tests.audit.cases import NOW, TABLES, erasing, fill, plain, run
from tests.postgres import SERVICE, SUPERUSER, Server

UUID = "'00000000-0000-0000-0000-ffffffffffff'"
ENTRY = "(idx, event_id, leaf_hash, entry)"
HASHED = "sha256('\\x00'::bytea || '{}'::bytea), '{}'::bytea"
CHANGED = {
    "audit_meta": "value",
    "audit_entry": "entry",
    "audit_sealed": "ciphertext",
    "audit_erased": "by_idx",
    "audit_tile": "data",
    "audit_checkpoint": "note",
    "audit_subject": "ciphertext",
    "audit_head": "size",
}
ALLOWS = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
#: What nobody may do, not even a superuser, as long as the triggers stand.
REFUSED_TO_ALL = [
    *(f"UPDATE {table} SET {column} = {column}" for table, column in CHANGED.items()),
    *(f"DELETE FROM {table}" for table in (*TABLES, "audit_head")),
    *(f"TRUNCATE {table}" for table in (*TABLES, "audit_head")),
    "SET session_replication_role = replica; DELETE FROM audit_entry",
    "SET session_replication_role = replica; UPDATE audit_checkpoint SET note = note",
    f"INSERT INTO audit_entry {ENTRY} VALUES (0, {UUID}, {HASHED}) ON CONFLICT (idx) DO UPDATE SET entry = '{{}}'",
    f"INSERT INTO audit_entry {ENTRY} VALUES (264, {UUID}, {HASHED})",
    f"INSERT INTO audit_entry {ENTRY} VALUES (1000000, {UUID}, {HASHED})",
    f"INSERT INTO audit_entry {ENTRY} VALUES (-1, {UUID}, {HASHED})",
    f"INSERT INTO audit_entry {ENTRY} SELECT 263, event_id, leaf_hash, entry FROM audit_entry WHERE idx = 0",
    f"INSERT INTO audit_entry {ENTRY} VALUES (263, {UUID}, sha256('another'), '{{}}'::bytea)",
    f"INSERT INTO audit_entry {ENTRY} VALUES (263, 'short', {HASHED})",
    "INSERT INTO audit_sealed VALUES (900, 'k', decode(repeat('00', 12), 'hex'), decode(repeat('00', 20), 'hex'))",
    "INSERT INTO audit_sealed VALUES (251, 'k', decode(repeat('00', 12), 'hex'), decode(repeat('00', 20), 'hex'))",
    "DELETE FROM audit_sealed WHERE idx = 250",
    "DELETE FROM audit_subject_key WHERE key_id = (SELECT key_id FROM audit_sealed WHERE idx = 250)",
    "DELETE FROM audit_subject WHERE subject = (SELECT subject FROM audit_subject_key LIMIT 1)",
    "UPDATE audit_subject_key SET subject = 'another'",
    "INSERT INTO audit_erased VALUES (10, 262)",
    "INSERT INTO audit_erased VALUES (250, 900)",
    "INSERT INTO audit_erased VALUES (250, 249)",
    "INSERT INTO audit_checkpoint VALUES (255, 'a note')",
    "INSERT INTO audit_checkpoint VALUES (264, 'a note')",
    "INSERT INTO audit_meta VALUES ('origin', 'another')",
    "INSERT INTO audit_head VALUES (1, 5)",
    "UPDATE audit_head SET size = 264",
]
#: What the role that serves has no right to, whatever the triggers say.
REFUSED_TO_SERVICE = [
    f"INSERT INTO audit_entry {ENTRY} VALUES (263, {UUID}, {HASHED})",
    "INSERT INTO audit_checkpoint VALUES (263, 'a note')",
    "UPDATE audit_head SET size = size",
    "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER audit_entry_guard_delete ON audit_entry",
    "DROP TABLE audit_tile",
    "CREATE RULE swallow AS ON INSERT TO audit_entry DO INSTEAD NOTHING",
    "CREATE FUNCTION grounds.cardinality(text[]) RETURNS int LANGUAGE sql AS 'SELECT 0'",
    "SET session_replication_role = replica",
    "SET ROLE grounds_owner",
]
#: What an owner or superuser can do, and start-up then says.
FOUND = {
    "DROP TRIGGER audit_entry_guard_update ON audit_entry": (
        "trigger `audit_entry_guard_update` of `audit_entry` is missing"
    ),
    "ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_guard_delete": "trigger `audit_entry_guard_delete`",
    "ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_guard_delete": "trigger `audit_entry_guard_delete`",
    "CREATE RULE swallow AS ON INSERT TO audit_entry DO INSTEAD NOTHING": (
        "rule `swallow` of `audit_entry` does not belong"
    ),
    "ALTER TABLE audit_entry ADD COLUMN note text": "column `note` of `audit_entry` does not belong",
    "ALTER TABLE audit_entry ALTER COLUMN event_id TYPE varchar USING event_id": (
        "column `event_id` of `audit_entry` was changed"
    ),
    "ALTER TABLE audit_tile SET UNLOGGED": "table `audit_tile` was changed",
    "ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_check": (
        "constraint `audit_entry_check` of `audit_entry` is missing"
    ),
    "DROP INDEX audit_tile_root": "index `audit_tile_root` of `audit_tile` is missing",
    "GRANT INSERT ON audit_entry TO grounds_app": "right of `grounds_app` to insert on `audit_entry` does not belong",
    "GRANT UPDATE ON audit_entry TO PUBLIC": "right of `everyone` to update on `audit_entry` does not belong",
    "GRANT CREATE ON SCHEMA grounds TO grounds_app": "right of `grounds_app` to create in the schema does not belong",
    "ALTER TABLE audit_tile OWNER TO service": "table `audit_tile` was changed",
    "ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY": "table `audit_entry` was changed",
    f"CREATE OR REPLACE FUNCTION grounds.audit_entry_guard_update() {ALLOWS}": (
        "function `audit_entry_guard_update()` was changed"
    ),
    "ALTER FUNCTION audit_tile_insert SECURITY INVOKER": "function `audit_tile_insert(",
    "CREATE FUNCTION audit_append() RETURNS int LANGUAGE sql AS 'SELECT 0'": (
        "`grounds_models.audit_append` could stand"
    ),
    "CREATE TABLE grounds_models.audit_entry (idx bigint)": "`grounds_models.audit_entry` stands before the log's own",
    "ALTER ROLE service SUPERUSER": "`service` is a superuser",
    "GRANT grounds_owner TO service": "`service` is a member of `grounds_owner`",
}
UNDO = ("ALTER ROLE service NOSUPERUSER", "REVOKE grounds_owner FROM service")


@pytest.fixture(scope="module")
def filled(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Give the name of a database with something of everything, and the folder of its keys."""
    name, folder = postgres.copy(), tmp_path_factory.mktemp("filled")
    log = Log.open(postgres.url(name), Keys.open(folder, NOW))
    fill(log)
    log.close()
    return name, folder


def attempt(server: Server, name: str, user: str, statement: str) -> None:
    """Run a statement as some login would, with the log's names in reach."""
    options = "-c search_path=grounds_models,grounds,pg_temp"
    with psycopg.connect(server.url(name, user), autocommit=True, options=options) as connection:
        connection.execute(statement.encode())


@pytest.mark.parametrize("statement", REFUSED_TO_ALL)
@pytest.mark.parametrize("user", [SERVICE, SUPERUSER])
def test_the_guards_refuse(postgres: Server, filled: tuple[str, Path], user: str, statement: str) -> None:
    """An attempt to change, delete, empty or insert out of order raises, whoever makes it."""
    with pytest.raises(psycopg.Error) as caught:
        attempt(postgres, filled[0], user, statement)

    assert isinstance(caught.value, (psycopg.IntegrityError, psycopg.errors.InsufficientPrivilege))


@pytest.mark.parametrize("statement", REFUSED_TO_SERVICE)
def test_the_role_that_serves_has_no_right(postgres: Server, filled: tuple[str, Path], statement: str) -> None:
    """A service can append through functions only, and can take no guard away."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        attempt(postgres, filled[0], SERVICE, statement)


def test_nothing_changed(postgres: Server, filled: tuple[str, Path]) -> None:
    """After all that was attempted the log verifies as before."""
    name, folder = filled
    report = verify_database(postgres.url(name), Keys.load(folder))

    assert (report.findings, report.entries) == ((), 263)


@pytest.fixture
def altered(postgres: Server, filled: tuple[str, Path]) -> Iterator[str]:
    """Give a copy of the filled database to do as one pleases with."""
    name = f"{filled[0]}_copy"
    postgres.run("postgres", f"CREATE DATABASE {name} TEMPLATE {filled[0]}")
    yield name
    postgres.run("postgres", f"DROP DATABASE {name} WITH (FORCE)", *UNDO)


@pytest.mark.parametrize("statement", FOUND)
def test_an_altered_schema_is_not_served(
    postgres: Server, filled: tuple[str, Path], altered: str, statement: str
) -> None:
    """What an owner altered is named at start, and the log is not served."""
    attempt(postgres, altered, SUPERUSER, statement)

    with pytest.raises(LogRefused) as caught:
        Log.open(postgres.url(altered), Keys.load(filled[1]))
    assert FOUND[statement] in str(caught.value)


@pytest.mark.parametrize("setting", ["synchronous_commit = off", "session_replication_role = replica"])
def test_settings_that_break_promises_are_refused(
    postgres: Server, filled: tuple[str, Path], altered: str, setting: str
) -> None:
    """A database that would acknowledge before the disk has it, or skip triggers, is not served."""
    postgres.run("postgres", f"ALTER DATABASE {altered} SET {setting}")

    with pytest.raises(LogRefused, match=setting.split(" ", maxsplit=1)[0]):
        Log.open(postgres.url(altered), Keys.load(filled[1]))


def test_only_the_role_that_retains_may_erase(postgres: Server, filled: tuple[str, Path], altered: str) -> None:
    """A login that only serves is refused by its rights and changes nothing; one with both roles erases."""
    postgres.run("postgres", "CREATE ROLE no_eraser LOGIN", "GRANT grounds_app TO no_eraser")
    keys = Keys.load(filled[1])
    log = Log.open(postgres.url(altered, "no_eraser"), keys)
    with pytest.raises(RemovalForbidden):
        run(log, [erasing(log, 1_000, "person-2")])
    size = log.size()
    log.close()
    log = Log.open(postgres.url(altered), keys)
    erased = run(log, [erasing(log, 1_000, "person-2")])
    log.close()

    assert (size, erased) == (263, [4])
    assert verify_database(postgres.url(altered), keys).findings == ()


def test_rows_that_a_rule_swallows_are_missed_at_once(postgres: Server, filled: tuple[str, Path], altered: str) -> None:
    """A rule that makes inserts vanish while the log is open fails the append instead of passing for success."""
    log = Log.open(postgres.url(altered), Keys.load(filled[1]))
    attempt(postgres, altered, SUPERUSER, "CREATE RULE swallow AS ON INSERT TO audit_entry DO INSTEAD NOTHING")
    with pytest.raises(CommitUnknown):
        run(log, [plain(log, 1000)])
    assert log.size() == 263
    log.close()
