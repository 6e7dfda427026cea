"""What PostgreSQL's catalogues say of a log: every table, column, constraint, index, trigger, rule, function and right.

`pinned.json` holds the hash of each as this version makes it; a change of the schema changes that file, under review.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files

import msgspec
import sqlalchemy as sa

from audit.driver import driver_of
from audit.postgres.names import SCHEMA

_OBJECTS = files("audit.postgres").joinpath("catalogue.sql").read_text("utf-8")


def present(connection: sa.Connection) -> bool:
    """Tell whether the database holds any part of a log."""
    found = connection.exec_driver_sql("SELECT to_regclass(%s)", (f"{SCHEMA}.audit_entry",)).scalar()
    return found is not None


def differences(connection: sa.Connection) -> list[str]:
    """Return what differs between the database's log and that of this version, one line each."""
    found, expected = hashed(connection), pinned()
    lines = [f"{name} is missing" for name in expected.keys() - found.keys()]
    lines += [f"{name} does not belong to the log" for name in found.keys() - expected.keys()]
    lines += [f"{name} was changed" for name in expected.keys() & found.keys() if found[name] != expected[name]]
    return sorted(lines)


def hashed(connection: sa.Connection) -> dict[str, str]:
    """Return the hash of every object's definition, by name."""
    rows = driver_of(connection).execute(_OBJECTS).fetchall()
    return {str(name): sha256(str(definition).encode()).hexdigest()[:16] for name, definition in rows}


@cache
def pinned() -> dict[str, str]:
    """Return the hash of every object as this version makes it."""
    return msgspec.json.decode(files("audit.postgres").joinpath("pinned.json").read_bytes(), type=dict[str, str])
