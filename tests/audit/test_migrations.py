"""Migrations: an old database becomes a new one with every guard in place, and no step can lose one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from audit import Keys, Log, guards, migrations
from audit.database import writing
from audit.entry import decode
from audit.errors import LogRefused
from audit.guards import PINNED
from audit.migrations import HEAD, Place, upgrade_log
from audit.migrations.upgrading import EARLIER
from audit.verify import verify_database
from tests.audit.cases import NOW, entry, opened, plain, run

SCRIPTS = Path(migrations.__file__).parent
BATCH = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    with op.batch_alter_table("audit_meta") as batch:
        batch.alter_column("value", type_=sa.Text(), existing_type=sa.Text(), nullable=False, comment="seen")
"""


def old(path: Path) -> sa.Engine:
    """Make a database as version 0.1.0 made it."""
    engine = writing(path)
    with engine.begin() as connection:
        for statement in statements():
            connection.exec_driver_sql(statement)
    return engine


def back_to_the_first(path: Path) -> None:
    """Give a log the guards that version 0.1.0 made."""
    engine = writing(path)
    with engine.begin() as connection:
        for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for statement in statements():
            if statement.startswith("CREATE TRIGGER"):
                connection.exec_driver_sql(statement)
    engine.dispose()


def statements() -> list[str]:
    """Give what version 0.1.0 ran, one statement each."""
    text = (SCRIPTS / "versions" / "r0001_first.sql").read_text("utf-8").split("\n\n")
    return [each for each in text if not each.startswith("--")]


def test_each_revision_is_told_by_its_schema(tmp_path: Path) -> None:
    """The schema of 0.1.0 is revision 0001, a fresh one the newest, and an altered one nobody's."""
    engine = old(tmp_path / "old.db")
    with engine.begin() as connection:
        assert guards.fingerprint_of(connection) == EARLIER["0001"]["sqlite"]
        assert migrations.revision_of(connection) == "0001"
        connection.exec_driver_sql("DROP TRIGGER audit_meta_guard_update")
        assert migrations.revision_of(connection) is None
    engine.dispose()
    with opened(tmp_path) as log, log.engine.connect() as connection:
        assert migrations.revision_of(connection) == migrations.HEAD


def test_an_old_database_becomes_a_new_one(tmp_path: Path) -> None:
    """All steps lead from 0.1.0 to exactly the tables and guards a fresh database has; a second run does nothing."""
    engine = old(tmp_path / "grounds.db")
    with engine.begin() as connection:
        assert migrations.upgrade(connection) == ("0001", migrations.HEAD)
    with engine.begin() as connection:
        assert guards.differences(connection) == []
        assert migrations.upgrade(connection) == (migrations.HEAD, migrations.HEAD)
    engine.dispose()


def test_an_old_database_is_not_served(tmp_path: Path) -> None:
    """Start-up names the revision and the command rather than calling it altered."""
    old(tmp_path / "grounds.db").dispose()

    with pytest.raises(LogRefused, match="revision 0001; run `grounds db upgrade`"):
        Log.open(tmp_path / "grounds.db", Keys.open(tmp_path, NOW))


def test_an_altered_schema_is_not_migrated(tmp_path: Path) -> None:
    """A database that lacks a guard is told so, not brought up to date."""
    engine = old(tmp_path / "grounds.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_meta_guard_update")
    with (
        engine.begin() as connection,
        pytest.raises(LogRefused, match="audit_meta_guard_update` of `audit_meta` is missing"),
    ):
        migrations.upgrade(connection)
    engine.dispose()


@pytest.mark.filterwarnings("ignore:Unnamed CHECK constraint:UserWarning")  # batch mode loses those too
def test_a_step_in_batch_mode_is_undone(tmp_path: Path) -> None:
    """Alembic's batch mode makes a table anew and loses its triggers: the step is refused and leaves no trace."""
    scripts = tmp_path / "scripts"
    shutil.copytree(SCRIPTS, scripts)
    (scripts / "versions" / "r0002_retention.py").write_text(BATCH)
    engine = old(tmp_path / "grounds.db")
    with engine.connect() as connection:
        connection.begin()
        with pytest.raises(LogRefused, match="trigger `audit_meta_guard_update` of `audit_meta` is missing"):
            migrations.upgrade(connection, scripts)
        connection.rollback()
        connection.begin()
        found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name LIKE '%alembic%'").all()

        assert migrations.revision_of(connection) == "0001"
        assert found == []
    engine.dispose()


def test_a_migration_is_an_entry(tmp_path: Path) -> None:
    """The change of the schema stands in the log, in the transaction that made it, and everything verifies after."""
    with opened(tmp_path) as log:
        run(log, [plain(log, number) for number in range(3)])
    back_to_the_first(tmp_path / "grounds.db")
    heads = iter(range(100, 110))
    place = Place(tmp_path / "grounds.db", tmp_path, lambda kind: entry(next(heads), kind=kind), lambda *_: None, NOW)

    assert upgrade_log(place) == ("0001", HEAD)
    assert upgrade_log(place) == (HEAD, HEAD)
    with opened(tmp_path) as log:
        assert (log.size(), log.checkpoint().size, log.adopted) == (4, 4, 0)
        assert decode(log.entry(3)) == {
            **entry(100, kind="schema"),
            "from": "0001",
            "to": HEAD,
            "schema_sha256": PINNED,
        }
    assert verify_database(tmp_path / "grounds.db", Keys.load(tmp_path)).findings == ()


def test_entries_survive_a_migration(tmp_path: Path) -> None:
    """What was appended before stands byte for byte after, under the same checkpoints."""
    with opened(tmp_path) as log:
        run(log, [plain(log, number) for number in range(3)])
        before = [log.entry(index) for index in range(3)], log.checkpoint()
        with log.write_engine.begin() as connection:
            migrations.upgrade(connection)

        assert ([log.entry(index) for index in range(3)], log.checkpoint()) == before
