"""Where a log is: in an SQLite file or in PostgreSQL, behind the same few names."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event

from audit import postgres, sqlite
from audit.driver import driver_of, is_sqlite, padded
from audit.errors import LogRefused
from audit.postgres import settings

__all__ = [
    "Database",
    "close",
    "complaints",
    "driver_of",
    "inspecting",
    "is_sqlite",
    "locate",
    "owning",
    "padded",
    "reading",
    "refusal",
    "shown",
    "writing",
]

Database = Path | str | sa.URL
"""Where a log is: a path, a `sqlite:///PATH` or a `postgresql://USER@HOST/NAME` URL."""


def locate(database: Database) -> Path | sa.URL:
    """Return the path of an SQLite file or the URL of a PostgreSQL database; raises LogRefused for anything else."""
    if isinstance(database, Path) or (isinstance(database, str) and "://" not in database):
        return Path(database)
    url = _parse(database)
    if url.get_backend_name() == "postgresql":
        return url
    if url.get_backend_name() != "sqlite" or not url.database:
        raise LogRefused(
            f"`{url.render_as_string()}` is no place for a log; use a path, sqlite:///PATH or postgresql://"
        )
    return Path(url.database)


def shown(database: Database) -> str:
    """Return the place in words that may be printed: without a password."""
    place = locate(database)
    return str(place) if isinstance(place, Path) else place.render_as_string()


def writing(database: Database) -> sa.Engine:
    """Return the engine of the one writing connection; its transactions keep other writers out from their beginning."""
    place = locate(database)
    return sqlite.writing(place) if isinstance(place, Path) else postgres.writing(place)


def reading(database: Database) -> sa.Engine:
    """Return the engine of readers: each transaction sees one state of the log, and cannot write."""
    place = locate(database)
    return sqlite.reading(place) if isinstance(place, Path) else postgres.reading(place)


def owning(database: Database) -> sa.Engine:
    """Return an engine for who changes the schema: in PostgreSQL a superuser's, whose transactions take no lock."""
    place = locate(database)
    return sqlite.writing(place) if isinstance(place, Path) else postgres.owning(place)


def inspecting(database: Database) -> sa.Engine:
    """Return an engine for an auditor, of one connection that only reads; raises AuditError when nothing is there."""
    place = locate(database)
    return sqlite.inspecting(place) if isinstance(place, Path) else postgres.inspecting(place)


def close(engine: sa.Engine) -> None:
    """Close an engine's connections; one that a thread still uses is closed when it gives it back."""
    # The toolkit would keep it in a pool that nobody has any more, open until the garbage collector comes by.
    event.listen(engine, "checkin", lambda _driver, record: record.close())
    engine.dispose()


def _parse(database: str | sa.URL) -> sa.URL:
    try:
        return sa.make_url(database)
    except sa.exc.ArgumentError:
        raise LogRefused("the database's URL cannot be read; write postgresql://USER@HOST/NAME") from None


def complaints(connection: sa.Connection) -> list[str]:
    """Return why this database or session must not serve a log, one line each; an SQLite file is set up by us."""
    return [] if is_sqlite(connection) else list(settings.complaints(connection))


#: What a database says when it cannot be opened -> what to do.
_REMEDIES = {
    "disk is full": "make room on its disk",
    "disk I/O error": "look after its disk; if that harmed the file, restore it from a backup",
    "locked": "stop what else writes to it",
    "lock timeout": "stop what else writes to it",
    "audit_lock() does not exist": "run `grounds db init`",
    "permission denied": "make the login a member of the role it needs (`grounds db init --login`)",
    "connection failed": "start the server, or mend the URL",
}


def refusal(database: Database, error: Exception) -> str:
    """Say why a database could not be opened as a log, and what to do."""
    cause = " ".join(str(error.orig if isinstance(error, sa.exc.DBAPIError) else error).split())
    remedy = next((remedy for words, remedy in _REMEDIES.items() if words in cause), "restore it from a backup")
    return f"`{shown(database)}` cannot be opened as a log: {cause}; {remedy}"
