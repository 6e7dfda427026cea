"""Runs the steps from the revision a database has to the newest one, in the caller's transaction."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from audit import guards
from audit.driver import is_sqlite
from audit.errors import LogRefused
from audit.postgres.names import OWNER, SCHEMA

HEAD = "0003"
#: Revision -> the hash of its schema in each database. Databases of these revisions exist; the newest is pinned in
#: `guards` and `postgres/pinned.json`.
EARLIER = {
    "0001": {"sqlite": "989a1a56301402e43c03935613b8fa2e2963583a0a47b9df3f0501229866025f"},
    "0002": {"sqlite": "651b9ef08c4309c59684716009461b6448e3866200e0c3a2d56d9baee16d4f3f"},
}
_BOOK = "schema_revision"  #: Alembic's own note; written anew before each use


def revision_of(connection: sa.Connection) -> str | None:
    """Return the revision whose tables, guards and functions these are; None when they are nobody's."""
    found = guards.fingerprint_of(connection)
    if found == guards.pinned(connection):
        return HEAD
    database = connection.dialect.name
    return next((revision for revision, pins in EARLIER.items() if pins.get(database) == found), None)


def upgrade(connection: sa.Connection, scripts: Path | None = None) -> tuple[str, str]:
    """Bring the log's schema to the newest revision and return the one it had and the one it has.

    Raises LogRefused, and the caller's transaction must then be rolled back, when the schema is of no revision or a
    step leads to something else than it says. `scripts` is where the steps are: ours, but for tests.
    """
    if (before := revision_of(connection)) is None:
        raise LogRefused(f"the log's tables or guards were altered: {_told(connection)}; nothing was migrated")
    if scripts is not None:
        return before, _run(connection, before, scripts)
    with as_file(files("audit.migrations")) as folder:
        return before, _run(connection, before, folder)


def _run(connection: sa.Connection, before: str, scripts: Path) -> str:
    config = Config(
        attributes={"connection": connection, "check": _check, "book": _BOOK, "schema": _schema(connection)}
    )
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("path_separator", "os")
    if not is_sqlite(connection):
        connection.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")
    command.stamp(config, before, purge=True)
    command.upgrade(config, "head")
    if not is_sqlite(connection):
        connection.exec_driver_sql("RESET ROLE")
    return HEAD


def _schema(connection: sa.Connection) -> str | None:
    return None if is_sqlite(connection) else SCHEMA


def _check(*, ctx: Any, step: Any, **_: object) -> None:
    """Refuse a step that did not lead where it says; Alembic calls this after each."""
    if step.is_stamp:
        return
    reached = revision_of(ctx.connection)
    if reached != step.up_revision_id:
        raise LogRefused(
            f"step `{step.up_revision_id}` does not lead to the schema of that revision: {_told(ctx.connection)};"
            " it was undone"
        )


def _told(connection: sa.Connection) -> str:
    return "; ".join(guards.differences(connection)) or "nothing differs from this version"
